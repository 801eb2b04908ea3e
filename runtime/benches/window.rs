//! What a window aggregate costs by the number of keys: CPU time a row and a result, memory a key. Counts and
//! averages by a text of about 12 bytes, in TUMBLE windows of a minute and HOP windows of a minute every 10 seconds:
//!
//!     cargo bench -p sqlc-runtime --bench window [-- tumble|hop KEYS [ROWS_A_KEY]]
//!
//! Each case has a process of its own, so that memory is what the process has grown by, the allocator's losses
//! included. CPU time is read from /proc, so this runs on Linux.

use sqlc_runtime::error::Result;
use sqlc_runtime::operator::accumulator::{Avg, Count};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::operator::{Aggregation, Drain, KeyedOperator};
use sqlc_runtime::row::{Codec, RowKind};
use sqlc_runtime::value::{Millis, Text, Timestamp};
use sqlc_runtime::window::Assigner;
use std::io::Write;

struct ByStatus;

struct Input<'a> {
    status: Option<&'a str>,
    temperature: Option<f64>,
    event_time: Timestamp,
}

impl<'a> Codec<'a> for Input<'a> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.status.encode(out);
        self.temperature.encode(out);
        self.event_time.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &'a [u8]) -> Self {
        let (status, temperature) = (Codec::decode(bytes), Codec::decode(bytes));
        Input { status, temperature, event_time: Codec::decode(bytes) }
    }
}

#[derive(Default)]
struct Totals {
    num: Count,
    avg_temperature: Avg<f64>,
}

impl Codec<'_> for Totals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.num.encode(out);
        self.avg_temperature.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Totals { num: Codec::decode(bytes), avg_temperature: Codec::decode(bytes) }
    }
}

impl Aggregation for ByStatus {
    type Input<'a> = Input<'a>;
    type KeyRef<'a> = Option<&'a str>;
    type Key = Option<Text>;
    type Accumulator = Totals;

    #[inline]
    fn key<'r, 'a>(input: &'r Input<'a>) -> Option<&'r str> {
        input.status
    }
    #[inline]
    fn matches(key: &Self::Key, borrowed: &Option<&str>) -> bool {
        key.as_deref() == *borrowed
    }
    fn own(borrowed: &Option<&str>) -> Self::Key {
        borrowed.map(Text::from)
    }
    #[inline]
    fn time(input: &Input<'_>) -> Timestamp {
        input.event_time
    }
    #[inline]
    fn accumulate(accumulator: &mut Totals, input: &Input<'_>) -> Result<()> {
        accumulator.num.add_row();
        accumulator.avg_temperature.add(input.temperature);
        Ok(())
    }
    #[inline]
    fn merge(accumulator: &mut Totals, other: &Totals) -> Result<()> {
        accumulator.num.merge(&other.num);
        accumulator.avg_temperature.merge(&other.avg_temperature);
        Ok(())
    }
}

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

/// The processor time of this thread so far.
fn cpu_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts processor time");
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("nanoseconds come first")
}

/// The memory of the process that is there.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux counts pages");
    let pages: usize = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}
