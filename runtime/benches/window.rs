//! What a window aggregate costs by the number of keys: CPU time a row and a result, memory a key. Counts and
//! averages by a text of about 12 bytes, in TUMBLE windows of a minute and HOP windows of a minute every 10 seconds:
//!
//!     cargo bench -p sqlc-runtime --bench window [-- tumble|hop KEYS [ROWS_A_KEY]]
//!
//! Each case has a process of its own, so that memory is what the process has grown by, the allocator's losses
//! included. CPU time is read from /proc, so this runs on Linux.

mod by_status;

use by_status::{ByStatus, Input, cpu_nanos, resident};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::operator::{Drain, KeyedOperator};
use sqlc_runtime::row::RowKind;
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::Assigner;
use std::io::Write;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |place: usize| arguments.get(place).map(|text| text.parse::<usize>().expect("a number"));
    if let Some(shape) = arguments.first() {
        let keys = number(1).unwrap_or(1_000);
        return measure(shape, keys, number(2).unwrap_or_else(|| (20_000_000 / keys).max(8)));
    }
    println!("window      keys  M rows/s  M results/s  bytes a key");
    let own = std::env::current_exe().expect("a program has a path");
    for (shape, keys) in
        [("tumble", 1_000), ("tumble", 1_000_000), ("tumble", 10_000_000), ("hop", 1_000), ("hop", 1_000_000)]
    {
        let status = std::process::Command::new(&own).args([shape, &keys.to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "{shape} of {keys} keys");
    }
}

const MINUTE: i64 = 60_000_000;
/// Rows are made outside of what is measured, as many at once as a chunk has.
const CHUNK: usize = 4096;

fn measure(shape: &str, keys: usize, rows_a_key: usize) {
    let (assigner, overlap, span) = match shape {
        "tumble" => (Assigner::tumble(Millis(60_000)), 1, MINUTE),
        // Two minutes, so that every key comes to have rows in all slices of a window.
        "hop" => (Assigner::hop(Millis(10_000), Millis(60_000)), 6, 2 * MINUTE),
        _ => panic!("{shape} is neither tumble nor hop"),
    };
    let rows = keys * rows_a_key;
    let mut names = String::with_capacity(CHUNK * 24);
    let mut ends = Vec::with_capacity(CHUNK);
    let mut windows = WindowAggregate::<ByStatus>::new(assigner);
    let before = resident();
    let (mut adding, mut emitting, mut results, mut sum, mut most) = (0, 0, 0u64, 0i64, 0);
    let time = |row: usize| (row as i128 * i128::from(span) / rows as i128) as i64;
    for first in (0..rows).step_by(CHUNK) {
        names.clear();
        ends.clear();
        for row in first..rows.min(first + CHUNK) {
            // A multiplier prime to the number of keys visits them all, in an order that caches do not like.
            let key = (row as u128 * 7_919_819 % keys as u128) as usize;
            names.push_str("sensor");
            names.push_str(itoa::Buffer::new().format(key));
            ends.push(names.len());
        }
        let begun = cpu_nanos();
        let mut start = 0;
        for (row, end) in (first..).zip(&ends) {
            let status = Some(&names[start..*end]);
            start = *end;
            let input = Input { status, temperature: Some(row as f64), event_time: Timestamp(time(row)) };
            let hash = windows.hash(&input);
            windows.process(hash, RowKind::Insert, &input).expect("counting does not fail");
        }
        windows.advance(Timestamp(time(first) - 1)).expect("watermarks do not fail");
        let added = cpu_nanos();
        most = most.max(resident());
        windows
            .drain(|result| {
                results += 1;
                sum += result.accumulator.num.value();
                Ok(())
            })
            .expect("counting does not fail");
        emitting += cpu_nanos() - added;
        adding += added - begun;
    }
    windows.advance(Timestamp::MAX).expect("watermarks do not fail");
    let begun = cpu_nanos();
    windows
        .drain(|result| {
            results += 1;
            sum += result.accumulator.num.value();
            Ok(())
        })
        .expect("counting does not fail");
    emitting += cpu_nanos() - begun;
    assert_eq!(sum, (rows * overlap) as i64, "every row counts in all its windows");
    println!(
        "{shape:<6}  {keys:>8}  {:>8.1}  {:>11.1}  {:>11}",
        rows as f64 * 1e3 / adding as f64,
        results as f64 * 1e3 / emitting as f64,
        most.saturating_sub(before) / keys,
    );
    std::io::stdout().flush().expect("the table is printed");
}
