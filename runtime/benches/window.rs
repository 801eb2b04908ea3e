//! Rows per second and bytes per key of HOP windows of 60 seconds every 10, counting and averaging by a text:
//! `cargo bench -p sqlc-runtime --bench window`.

use sqlc_runtime::error::Result;
use sqlc_runtime::operator::accumulator::{Avg, Count};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::operator::{Aggregation, Drain, KeyedOperator};
use sqlc_runtime::row::{Codec, RowKind};
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::Assigner;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct HopByStatus;

struct Input<'a> {
    status: Option<&'a str>,
    temperature: Option<f64>,
    event_time: Timestamp,
}

impl<'a> Codec<'a> for Input<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status.encode(out);
        self.temperature.encode(out);
        self.event_time.encode(out);
    }
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

impl Aggregation for HopByStatus {
    type Input<'a> = Input<'a>;
    type KeyRef<'a> = Option<&'a str>;
    type Key = Option<Box<str>>;
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
        borrowed.map(Box::from)
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
    println!("{:>9}  {:>14}  {:>14}  {:>13}  {:>11}", "keys", "rows/s", "results/s", "bytes per key", "of one slice");
    for keys in [1, 1_000, 1_000_000] {
        measure(keys);
    }
}

fn measure(keys: usize) {
    let rows: usize = 20_000_000;
    // Event time moves on by two minutes in all, so that every key has rows in every slice.
    let span = 120_000_000 / rows as i64;
    let names: Vec<String> = (0..keys).map(|key| format!("sensor{key}")).collect();
    let before = ALLOCATED.load(Ordering::Relaxed);
    let slide = Millis(10_000);
    let mut windows = WindowAggregate::<HopByStatus>::new(Assigner::hop(slide, Millis(60_000)));
    let (mut results, mut sum, mut most, mut first) = (0u64, 0i64, 0, 0);
    let mut emitting = std::time::Duration::ZERO;
    let started = Instant::now();
    for row in 0..rows {
        let time = row as i64 * span;
        // A multiplier prime to the number of keys visits them all, in an order that caches do not like.
        let name = &names[row.wrapping_mul(7_919_819) % keys];
        let event_time = Timestamp(time);
        let input = Input { status: Some(name), temperature: Some(row as f64), event_time };
        let hash = windows.hash(&input);
        windows.process(hash, RowKind::Insert, &input).expect("counting does not fail");
        if row % 1024 == 0 {
            if row * 12 / rows == 0 {
                first = ALLOCATED.load(Ordering::Relaxed) - before;
            }
            most = most.max(ALLOCATED.load(Ordering::Relaxed) - before);
            let begun = Instant::now();
            windows.advance(Timestamp(time - 1_000_000)).expect("watermarks do not fail");
            windows
                .drain(|result| {
                    results += 1;
                    sum += result.accumulator.num.value();
                    Ok(())
                })
                .expect("counting does not fail");
            emitting += begun.elapsed();
        }
    }
    let adding = started.elapsed() - emitting;
    windows.advance(Timestamp::MAX).expect("watermarks do not fail");
    let begun = Instant::now();
    windows
        .drain(|result| {
            results += 1;
            sum += result.accumulator.num.value();
            Ok(())
        })
        .expect("counting does not fail");
    emitting += begun.elapsed();
    assert_eq!(sum, rows as i64 * 6, "every row counts in six windows");
    println!(
        "{keys:>9}  {:>14.0}  {:>14.0}  {:>13}  {:>11}",
        rows as f64 / adding.as_secs_f64(),
        results as f64 / emitting.as_secs_f64(),
        most / keys,
        first / keys,
    );
}
