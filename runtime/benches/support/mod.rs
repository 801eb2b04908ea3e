//! What the benchmarks of formats share: records like those of the sensors' producer, and the clock.

use std::time::{Duration, Instant};

/// Few enough for a round to fit between two interruptions by other processes.
pub const RECORDS: u32 = 20_000;
const ROUNDS: u32 = 100;

/// Numbers that look random and are the same in every run.
pub fn noise(index: u32) -> u32 {
    index.wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(2_246_822_519)
}

#[allow(dead_code, reason = "benchmarks of encoders have no lines")]
/// The values of a record as the sensors' producer draws them: sensor, temperature, status and time.
pub fn record(index: u32) -> (u32, f64, &'static str, String) {
    let random = noise(index);
    let temperature = f64::from(random % 20_000) / 100.0;
    let status = ["OK", "FAIL", "WARN"][(random >> 16) as usize % 3];
    let (minute, second) = (index / 3_600 % 60, index / 60 % 60);
    (random % 50 + 1, temperature, status, format!("2021-05-21 10:{minute:02}:{second:02}.{:06}", random % 1_000_000))
}

#[allow(dead_code, reason = "benchmarks of encoders have no lines")]
pub fn lines(line: impl Fn(u32) -> String) -> Vec<u8> {
    (0..RECORDS).flat_map(|index| (line(index) + "\n").into_bytes()).collect()
}

/// Runs `each` over the lines and prints the rate of the best round.
#[allow(dead_code, reason = "benchmarks of encoders have no lines")]
pub fn measure<'a>(name: &str, lines: &'a [u8], mut each: impl FnMut(&'a [u8])) {
    rounds(name, || {
        let mut rest = lines;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            each(&rest[..end]);
            rest = &rest[end + 1..];
        }
    });
}

/// Times rounds of [`RECORDS`] records and prints the rate of the best one.
pub fn rounds(name: &str, mut round: impl FnMut()) {
    if std::env::args().skip(1).any(|part| !part.starts_with('-') && !name.contains(&part)) {
        return;
    }
    let mut best = Duration::MAX;
    // Tools that count instructions need few rounds.
    let rounds = std::env::var("ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("ROUNDS is a number"));
    for _ in 0..rounds {
        let start = Instant::now();
        round();
        best = best.min(start.elapsed());
    }
    let rate = f64::from(RECORDS) / best.as_secs_f64() / 1e6;
    let nanos = best.as_secs_f64() * 1e9 / f64::from(RECORDS);
    println!("{name:<44} {rate:>6.1} M records/s {nanos:>7.1} ns");
}
