//! How long the snapshots of a large table keep rows waiting: a TUMBLE window of 16,000,000 keys of about 12 bytes (1 GB), which
//! random rows update in chunks of 1,000 as quickly as they can while it is written in steps of 1 MB, a step after every
//! chunk. Then the table is restored from what was written.
//!
//!     cargo bench -p sqlc-runtime --bench snapshot [-- KEYS [ROUNDS]]
//!
//! Pauses are too short for the system's count of CPU time, so they are wall time: on a machine that does other work the
//! longest ones are its. The time of restoring is CPU time, read from /proc, so this runs on Linux. Writing to files is
//! part of neither.

mod by_status;

use by_status::{ByStatus, Input, cpu_nanos, resident};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::operator::{Drain, KeyedOperator};
use sqlc_runtime::row::RowKind;
use sqlc_runtime::state::Blocks;
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::Assigner;
use std::collections::BTreeMap;
use std::time::Instant;

const CHUNK: usize = 1_000;
const STEP: usize = 1 << 20;
/// The one window never ends.
const DAY: Millis = Millis(86_400_000);
/// Of how many keys one is updated where only changes are written. Rows of all keys would soon touch every block.
const FEW: usize = 20;

struct Bench {
    windows: WindowAggregate<ByStatus>,
    /// How many of the keys get rows.
    updated: usize,
    random: u64,
    names: String,
    ends: Vec<usize>,
}

impl Bench {
    /// A chunk of rows of random keys. Answers its nanoseconds.
    fn random_chunk(&mut self) -> u64 {
        let keys = self.updated as u64;
        let mut random = self.random;
        let nanos = self.chunk(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((random >> 32) * keys) >> 32
        });
        self.random = random;
        nanos
    }

    fn chunk(&mut self, mut key: impl FnMut(usize) -> u64) -> u64 {
        let Bench { windows, names, ends, .. } = self;
        names.clear();
        ends.clear();
        for row in 0..CHUNK {
            names.push_str("sensor");
            names.push_str(itoa::Buffer::new().format(key(row)));
            ends.push(names.len());
        }
        let begun = Instant::now();
        let mut start = 0;
        for end in ends {
            let input =
                Input { status: Some(&names[start..*end]), temperature: Some(20.5), event_time: Timestamp(1_000_000) };
            start = *end;
            let hash = windows.hash(&input);
            windows.process(hash, RowKind::Insert, &input).expect("counting does not fail");
        }
        // Rows that were put aside count with the watermark behind their chunk.
        windows.advance(Timestamp(999_999)).expect("watermarks do not fail");
        nanos(begun)
    }

    /// A snapshot from its beginning to its end, with a chunk of rows between every two steps. What is written is given
    /// to `take`.
    fn snapshot(&mut self, changes: bool, times: &mut Times, mut take: impl FnMut(u32, &[u8])) -> Vec<u8> {
        let (mut head, mut blocks) = (Vec::new(), Blocks::default());
        let begun = Instant::now();
        self.windows.begin_snapshot(&mut head, changes).expect("nothing is amiss");
        times.begins.push(nanos(begun));
        loop {
            times.chunks.push(self.random_chunk());
            let begun = Instant::now();
            let more = self.windows.snapshot(&mut blocks, STEP);
            times.steps.push(nanos(begun));
            times.bytes += blocks.size();
            blocks.iter().for_each(|(number, block)| take(number, block));
            blocks.clear();
            if !more {
                break;
            }
        }
        self.windows.snapshot_ended(true);
        head
    }
}

/// Nanoseconds.
#[derive(Default)]
struct Times {
    begins: Vec<u64>,
    steps: Vec<u64>,
    chunks: Vec<u64>,
    bytes: usize,
}

impl Times {
    fn print(mut self, name: &str, undisturbed: u64) {
        print(&format!("{name}: its cut"), &mut self.begins);
        print(&format!("{name}: a step"), &mut self.steps);
        print(&format!("{name}: a chunk meanwhile"), &mut self.chunks);
        let snapshots = self.begins.len() as u64;
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        // What rows took longer because of the snapshot is its work, too.
        let chunks: u64 = self.chunks.iter().sum();
        let writing = self.steps.iter().sum::<u64>() + chunks.saturating_sub(undisturbed * self.chunks.len() as u64);
        println!(
            "{name}: {:.1} MB each, {} chunks, {:.2} s of work, {:.0} MB/s",
            self.bytes as f64 / snapshots as f64 / 1e6,
            self.chunks.len() as u64 / snapshots,
            seconds(writing) / snapshots as f64,
            self.bytes as f64 / 1e6 / seconds(writing),
        );
    }
}

fn nanos(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).expect("a bench ends")
}

/// What the kernel has done for this process, such as handing out empty memory: where a virtual machine has to ask for it
/// in its turn, that is most of the time.
fn kernel_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux counts processor time");
    // The thirteenth number behind the name, which is in brackets, in hundredths of a second.
    let ticks = text.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(12));
    ticks.and_then(|ticks| ticks.parse::<f64>().ok()).expect("a number of ticks") / 100.0
}

fn print(name: &str, times: &mut [u64]) {
    times.sort_unstable();
    let micros = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize] as f64 / 1e3;
    println!("{name:<40} {:>10.1} {:>10.1} {:>10.1}", micros(0.5), micros(0.99), micros(1.0));
}

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let numbers: Vec<usize> = arguments.map(|text| text.parse().expect("a number")).collect();
    let keys = numbers.first().map_or(16_000_000, |keys| keys.next_multiple_of(CHUNK));
    let rounds = numbers.get(1).copied().unwrap_or(10);

    let windows = || WindowAggregate::<ByStatus>::new(Assigner::tumble(DAY));
    let mut bench = Bench { windows: windows(), updated: keys, random: 1, names: String::new(), ends: Vec::new() };
    let empty = resident();
    for first in (0..keys).step_by(CHUNK) {
        bench.chunk(|row| (first + row) as u64);
    }
    println!("{keys} keys in {:.0} MB", (resident() - empty) as f64 / 1e6);
    println!("{:<40} {:>10} {:>10} {:>10}", "microseconds", "p50", "p99", "most");

    let mut undisturbed: Vec<u64> = (0..5_000).map(|_| bench.random_chunk()).collect();
    let mean = undisturbed.iter().sum::<u64>() / undisturbed.len() as u64;
    print("a chunk without a snapshot", &mut undisturbed);

    let mut times = Times::default();
    for _ in 1..rounds {
        bench.snapshot(false, &mut times, |_, _| ());
    }
    let mut written = BTreeMap::new();
    let mut head = bench.snapshot(false, &mut times, |number, block| {
        written.insert(number, block.to_vec());
    });
    times.print("everything", mean);

    bench.updated = keys / FEW;
    // The first one writes what rows of all keys have changed since the cut of the last one.
    for measured in [false, true] {
        let mut times = Times::default();
        for _ in 0..if measured { rounds } else { 1 } {
            head = bench.snapshot(true, &mut times, |number, block| {
                written.insert(number, block.to_vec());
            });
        }
        if measured {
            times.print("changes", mean);
        }
    }

    let mut restored = windows();
    let (begun, kernel_begun) = (cpu_nanos(), kernel_seconds());
    restored.restore_head(&head).expect("a head");
    restored.expect_blocks(written.len());
    written.values().try_for_each(|block| restored.restore_block(block, &|_| true)).expect("blocks");
    let seconds = (cpu_nanos() - begun) as f64 / 1e9;
    let bytes: usize = written.values().map(Vec::len).sum();
    let kernel = kernel_seconds() - kernel_begun;
    println!("restored: {:.0} MB of blocks in {seconds:.2} s, of which {kernel:.2} in the kernel", bytes as f64 / 1e6);

    restored.advance(Timestamp(i64::MAX - 1)).expect("watermarks do not fail");
    let mut results = 0;
    restored
        .drain(|_| {
            results += 1;
            Ok(())
        })
        .expect("counting does not fail");
    assert_eq!(results, keys, "every key has come back");
}
