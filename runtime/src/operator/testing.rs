//! What the operators' tests aggregate: values by a name.

use super::accumulator::{Avg, Count, Distinct, Max, Sum};
use super::group::GroupOutput;
use super::{Aggregation, Drain};
use crate::error::Result;
use crate::row::{Codec, RowKind};
use crate::value::Timestamp;

#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub name: Option<&'a str>,
    pub value: Option<f64>,
    pub time: Timestamp,
}

impl<'a> Codec<'a> for Reading<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        self.value.encode(out);
        self.time.encode(out);
    }
    fn decode(bytes: &mut &'a [u8]) -> Self {
        Reading { name: Codec::decode(bytes), value: Codec::decode(bytes), time: Codec::decode(bytes) }
    }
}

/// COUNT(*), SUM(value), AVG(value), MAX(value), COUNT(DISTINCT value) by name.
pub struct ByName;

#[derive(Debug, Default)]
pub struct Totals {
    pub rows: Count,
    pub sum: Sum<f64>,
    pub avg: Avg<f64>,
    pub max: Max<f64>,
    pub different: Distinct<f64, Count>,
}

impl Aggregation for ByName {
    type Input<'a> = Reading<'a>;
    type KeyRef<'a> = Option<&'a str>;
    type Key = Option<Box<str>>;
    type Accumulator = Totals;

    fn key<'r, 'a>(input: &'r Reading<'a>) -> Option<&'r str> {
        input.name
    }
    fn matches(key: &Self::Key, borrowed: &Option<&str>) -> bool {
        key.as_deref() == *borrowed
    }
    fn own(borrowed: &Option<&str>) -> Self::Key {
        borrowed.map(Box::from)
    }
    fn time(input: &Reading<'_>) -> Timestamp {
        input.time
    }
    fn accumulate(accumulator: &mut Totals, input: &Reading<'_>) -> Result<()> {
        accumulator.rows.add_row();
        accumulator.sum.add(input.value);
        accumulator.avg.add(input.value);
        accumulator.max.add(input.value);
        accumulator.different.add(input.value);
        Ok(())
    }
    fn retract(accumulator: &mut Totals, input: &Reading<'_>) -> Result<()> {
        accumulator.rows.subtract_row();
        accumulator.avg.subtract(input.value);
        accumulator.different.subtract(input.value);
        Ok(())
    }
    fn merge(accumulator: &mut Totals, other: &Totals) -> Result<()> {
        accumulator.rows.merge(&other.rows);
        accumulator.sum.merge(&other.sum);
        accumulator.avg.merge(&other.avg);
        accumulator.max.merge(&other.max);
        accumulator.different.merge(&other.different);
        Ok(())
    }
    fn is_empty(accumulator: &Totals) -> bool {
        accumulator.rows.is_zero()
    }
}

impl GroupOutput for ByName {
    type Output<'r> = Row<'r>;

    fn output<'r>(key: &'r Self::Key, accumulator: &'r Totals) -> Result<Row<'r>> {
        Ok(Row { name: key.as_deref(), rows: accumulator.rows.value(), avg: accumulator.avg.value() })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'r> {
    pub name: Option<&'r str>,
    pub rows: i64,
    pub avg: Option<f64>,
}

impl<'a> Codec<'a> for Row<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        self.rows.encode(out);
        self.avg.encode(out);
    }
    fn decode(bytes: &mut &'a [u8]) -> Self {
        Row { name: Codec::decode(bytes), rows: Codec::decode(bytes), avg: Codec::decode(bytes) }
    }
}

/// What the exchange does with an operator, on one worker.
pub struct Direct<O>(pub O);

impl<O: Drain> Direct<O> {
    pub fn add(&mut self, kind: RowKind, input: &O::Input<'_>) -> Result<()> {
        let hash = self.0.hash(input);
        self.0.process(hash, kind, input)
    }

    pub fn drain(&mut self, each: impl FnMut(O::Item<'_>) -> Result<()>) -> Result<()> {
        self.0.drain(each)
    }
}

pub fn seconds(time: f64) -> Timestamp {
    Timestamp((time * 1e6).round() as i64)
}

pub fn reading(name: &str, value: f64, time: f64) -> Reading<'_> {
    Reading { name: Some(name), value: Some(value), time: seconds(time) }
}
