//! What the compiler writes for `SELECT COUNT(*), AVG(temperature) ... GROUP BY status`, and what the process has used.

use sqlc_runtime::error::Result;
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Avg, Count};
use sqlc_runtime::row::Codec;
use sqlc_runtime::value::{Text, Timestamp};

/// Counts and averages by a text.
pub struct ByStatus;

pub struct Input<'a> {
    pub status: Option<&'a str>,
    pub temperature: Option<f64>,
    pub event_time: Timestamp,
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
pub struct Totals {
    pub num: Count,
    pub avg_temperature: Avg<f64>,
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

/// The processor time of this thread so far.
pub fn cpu_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts processor time");
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("nanoseconds come first")
}

/// The memory of the process that is there.
pub fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux counts pages");
    let pages: usize = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}
