//! What the operators' tests aggregate: values by a name.

use super::accumulator::{Avg, Count, Distinct, Max, Sum};
use super::group::GroupOutput;
use super::late::{LateRow, LateRows};
use super::window::WindowResult;
use super::{Aggregation, Drain};
use crate::error::Result;
use crate::row::{Codec, RowKind};
use crate::value::{Text, Timestamp};
use std::sync::{Arc, Mutex};

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

impl Codec<'_> for Totals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.rows.encode(out);
        self.sum.encode(out);
        self.avg.encode(out);
        self.max.encode(out);
        self.different.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Totals {
            rows: Codec::decode(bytes),
            sum: Codec::decode(bytes),
            avg: Codec::decode(bytes),
            max: Codec::decode(bytes),
            different: Codec::decode(bytes),
        }
    }
}

impl Aggregation for ByName {
    type Input<'a> = Reading<'a>;
    type KeyRef<'a> = Option<&'a str>;
    type Key = Option<Text>;
    type Accumulator = Totals;

    fn key<'r, 'a>(input: &'r Reading<'a>) -> Option<&'r str> {
        input.name
    }
    fn matches(key: &Self::Key, borrowed: &Option<&str>) -> bool {
        key.as_deref() == *borrowed
    }
    fn own(borrowed: &Option<&str>) -> Self::Key {
        borrowed.map(Text::from)
    }
    fn time(input: &Reading<'_>) -> Timestamp {
        input.time
    }
    fn show(input: &Reading<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(input.name.unwrap_or("null").as_bytes());
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
        Ok(row(key, accumulator))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'r> {
    pub name: Option<&'r str>,
    pub rows: i64,
    pub sum: Option<f64>,
    pub avg: Option<f64>,
    pub max: Option<f64>,
    pub different: i64,
}

impl<'a> Codec<'a> for Row<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        self.rows.encode(out);
        self.sum.encode(out);
        self.avg.encode(out);
        self.max.encode(out);
        self.different.encode(out);
    }
    fn decode(bytes: &mut &'a [u8]) -> Self {
        Row {
            name: Codec::decode(bytes),
            rows: Codec::decode(bytes),
            sum: Codec::decode(bytes),
            avg: Codec::decode(bytes),
            max: Codec::decode(bytes),
            different: Codec::decode(bytes),
        }
    }
}

pub fn row<'r>(key: &'r Option<Text>, totals: &'r Totals) -> Row<'r> {
    Row {
        name: key.as_deref(),
        rows: totals.rows.value(),
        sum: totals.sum.value(),
        avg: totals.avg.value(),
        max: totals.max.value(),
        different: totals.different.value(),
    }
}

impl std::fmt::Display for Row<'_> {
    /// As a line of the recorded files: empty for NULL, numbers in their shortest form.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let (sum, avg, max) = (number(self.sum), number(self.avg), number(self.max));
        write!(f, "{},{},{sum},{avg},{max},{}", self.name.unwrap_or_default(), self.rows, self.different)
    }
}

/// The rows that the recorded results are of.
pub fn recorded_rows() -> impl Iterator<Item = Reading<'static>> {
    include_str!("testdata/rows.csv").lines().map(|line| {
        let mut fields = line.split(',');
        let mut field = || fields.next().filter(|field| !field.is_empty());
        Reading {
            name: field(),
            value: field().map(|value| value.parse().expect("a number")),
            time: Timestamp::from_millis(field().expect("a time").parse().expect("milliseconds")),
        }
    })
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

/// Writes down the late rows that it is given.
#[derive(Clone, Default)]
pub struct LateNotes(Arc<Mutex<Vec<String>>>);

impl LateNotes {
    /// `operator kind row time watermark ended` in whole milliseconds, since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("nobody panics"))
    }
}

impl LateRows for LateNotes {
    fn take(&mut self, row: &LateRow<'_>) -> Result<()> {
        let ended = row.ended.map_or("never".to_owned(), |ended| ended.millis().to_string());
        let shown = row.row.map(|row| String::from_utf8_lossy(row).into_owned());
        let (kind, text) = (row.kind.short(), shown.unwrap_or_else(|rows| format!("{rows} rows")));
        let (time, watermark) = (row.time.millis(), row.watermark.millis());
        let line = format!("{} {kind} {text} {time} {watermark} {ended}", row.operator);
        self.0.lock().expect("nobody panics").push(line);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.lock().expect("nobody panics").push("flushed".to_owned());
        Ok(())
    }
}

pub fn seconds(time: f64) -> Timestamp {
    Timestamp((time * 1e6).round() as i64)
}

pub fn reading(name: &str, value: f64, time: f64) -> Reading<'_> {
    Reading { name: Some(name), value: Some(value), time: seconds(time) }
}

/// Runs windows over the recorded rows as Flink did: a watermark five seconds behind after every row that
/// raises it, the last one after the end. Results are compared with those recorded from Flink, windows in
/// order, keys inside a window in any order.
pub fn assert_recorded<O>(operator: O, recorded: &str)
where
    O: for<'a, 'r> Drain<Input<'a> = Reading<'a>, Item<'r> = WindowResult<'r, ByName>>,
{
    let mut operator = Direct(operator);
    let mut results: Vec<(i64, String)> = Vec::new();
    let mut drain = |operator: &mut Direct<O>| {
        operator.drain(|result| {
            let (start, end) = (result.window.start.millis(), result.window.end.millis());
            results.push((end, format!("{start},{end},{}", row(result.key, result.accumulator))));
            Ok(())
        })
    };
    // Flink's generator begins at the epoch: it never emits an earlier watermark.
    let mut watermark = Timestamp(0);
    for reading in recorded_rows() {
        operator.add(RowKind::Insert, &reading).expect("nothing fails");
        let delayed = Timestamp(reading.time.0 - 5_000_000);
        if delayed > watermark {
            watermark = delayed;
            operator.0.advance(watermark).expect("nothing fails");
            drain(&mut operator).expect("nothing fails");
        }
    }
    operator.0.advance(Timestamp::MAX).expect("nothing fails");
    drain(&mut operator).expect("nothing fails");
    assert!(results.is_sorted_by_key(|(end, _)| *end), "windows come by their ends");
    let mut results: Vec<String> = results.into_iter().map(|(_, line)| line).collect();
    let mut expected: Vec<String> = recorded.lines().map(str::to_owned).collect();
    results.sort();
    expected.sort();
    assert_eq!(results, expected);
}
