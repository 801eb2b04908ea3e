use super::*;
use crate::operator::accumulator::{Avg, Count, Distinct, RetractableMax, RetractableMin, RetractableSum};
use crate::operator::testing::{ByName, Direct, Reading, Row, reading, recorded_rows, seconds};
use crate::value::Text;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Groups = Direct<GroupAggregate<ByName>>;

/// `+I name,rows,..`, for all changes since the last call.
fn changes(groups: &mut Groups) -> Vec<String> {
    let mut lines = Vec::new();
    groups
        .drain(|change| {
            lines.push(format!("{},{}", change.kind.short(), change.row));
            Ok(())
        })
        .expect("nothing fails");
    lines
}

fn short(groups: &mut Groups) -> Vec<String> {
    changes(groups).iter().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(" ")).collect()
}

fn add(groups: &mut Groups, kind: RowKind, name: &str, value: f64) {
    groups.add(kind, &reading(name, value, 0.0)).expect("nothing fails");
}

#[test]
fn the_changelog_is_flinks() {
    let mut groups = Direct(GroupAggregate::new());
    let mut lines = Vec::new();
    for reading in recorded_rows() {
        groups.add(RowKind::Insert, &reading).expect("nothing fails");
        lines.extend(changes(&mut groups));
    }
    assert_eq!(lines, include_str!("../testdata/group.csv").lines().collect::<Vec<_>>());
}

#[test]
fn an_emptied_group_is_deleted_and_an_unknown_one_ignored() {
    let mut groups = Direct(GroupAggregate::new());
    add(&mut groups, RowKind::Delete, "a", 1.0);
    assert_eq!(short(&mut groups), [""; 0]);
    add(&mut groups, RowKind::Insert, "a", 1.0);
    add(&mut groups, RowKind::UpdateAfter, "a", 2.0);
    add(&mut groups, RowKind::UpdateBefore, "a", 1.0);
    add(&mut groups, RowKind::Delete, "a", 2.0);
    assert_eq!(short(&mut groups), ["+I a 1", "-U a 1", "+U a 2", "-U a 2", "+U a 1", "-D a 1"]);
    assert_eq!(groups.0.keys(), 0);
    add(&mut groups, RowKind::Insert, "a", 1.0);
    assert_eq!(short(&mut groups), ["+I a 1"]);
}

#[test]
fn a_consumer_by_key_gets_no_update_before() {
    let mut groups = Direct(GroupAggregate::new().without_update_before());
    for value in [1.0, 2.0] {
        add(&mut groups, RowKind::Insert, "a", value);
    }
    assert_eq!(short(&mut groups), ["+I a 1", "+U a 2"]);
}

#[test]
fn a_group_nobody_touched_for_the_retention_begins_anew() {
    let mut groups = Direct(GroupAggregate::new().retain(Millis(10_000)));
    groups.0.tick(seconds(0.0)).unwrap();
    add(&mut groups, RowKind::Insert, "a", 1.0);
    groups.0.tick(seconds(9.0)).unwrap();
    add(&mut groups, RowKind::Insert, "a", 1.0);
    groups.0.tick(seconds(18.9)).unwrap();
    add(&mut groups, RowKind::Insert, "a", 1.0);
    groups.0.tick(seconds(28.9)).unwrap();
    add(&mut groups, RowKind::Insert, "a", 1.0);
    assert_eq!(short(&mut groups), ["+I a 1", "-U a 1", "+U a 2", "-U a 2", "+U a 3", "+I a 1"]);
    groups.0.tick(seconds(60.0)).unwrap();
    assert_eq!(groups.0.keys(), 0);
}

/// SELECT DISTINCT name.
struct Names;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Name<'r>(Option<&'r str>);

impl<'a> Codec<'a> for Name<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(bytes: &mut &'a [u8]) -> Self {
        Name(Codec::decode(bytes))
    }
}

impl Aggregation for Names {
    type Input<'a> = Reading<'a>;
    type KeyRef<'a> = Option<&'a str>;
    type Key = Option<Text>;
    type Accumulator = ();

    fn key<'r, 'a>(input: &'r Reading<'a>) -> Option<&'r str> {
        input.name
    }
    fn matches(key: &Self::Key, borrowed: &Option<&str>) -> bool {
        key.as_deref() == *borrowed
    }
    fn own(borrowed: &Option<&str>) -> Self::Key {
        borrowed.map(Text::from)
    }
    fn accumulate(_: &mut (), _: &Reading<'_>) -> Result<()> {
        Ok(())
    }
}

impl GroupOutput for Names {
    type Output<'r> = Name<'r>;

    fn output<'r>(key: &'r Self::Key, _: &'r ()) -> Result<Name<'r>> {
        Ok(Name(key.as_deref()))
    }
}

#[test]
fn distinct_gives_each_row_once() {
    let mut names = Direct(GroupAggregate::<Names>::new());
    let mut seen = Vec::new();
    for reading in recorded_rows() {
        names.add(RowKind::Insert, &reading).expect("nothing fails");
        let each = |change: Change<Name<'_>>| {
            seen.push(format!("{} {}", change.kind.short(), change.row.0.unwrap_or("NULL")));
            Ok(())
        };
        names.drain(each).expect("nothing fails");
    }
    assert_eq!(seen, ["+I NULL", "+I a", "+I c", "+I b"]);
}

/// SELECT different, COUNT(*), SUM(rows), AVG(max), MIN(name), MAX(max), COUNT(DISTINCT name)
/// FROM (what [`ByName`] gives) GROUP BY different.
pub(super) struct ByDifferent;

#[derive(Default)]
pub(super) struct Nested {
    rows: Count,
    sum: RetractableSum<i64>,
    avg: Avg<f64>,
    min: RetractableMin<Text>,
    max: RetractableMax<f64>,
    names: Distinct<Text, Count>,
}

impl Codec<'_> for Nested {
    fn encode(&self, out: &mut Vec<u8>) {
        self.rows.encode(out);
        self.sum.encode(out);
        self.avg.encode(out);
        self.min.encode(out);
        self.max.encode(out);
        self.names.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Nested {
            rows: Codec::decode(bytes),
            sum: Codec::decode(bytes),
            avg: Codec::decode(bytes),
            min: Codec::decode(bytes),
            max: Codec::decode(bytes),
            names: Codec::decode(bytes),
        }
    }
}

impl Aggregation for ByDifferent {
    type Input<'a> = Row<'a>;
    type KeyRef<'a> = i64;
    type Key = i64;
    type Accumulator = Nested;

    fn key<'r, 'a>(input: &'r Row<'a>) -> i64 {
        input.different
    }
    fn matches(key: &i64, borrowed: &i64) -> bool {
        key == borrowed
    }
    fn own(borrowed: &i64) -> i64 {
        *borrowed
    }
    fn accumulate(accumulator: &mut Nested, input: &Row<'_>) -> Result<()> {
        accumulator.rows.add_row();
        accumulator.sum.add(input.rows);
        accumulator.avg.add(input.max);
        accumulator.min.add(input.name);
        accumulator.max.add(input.max);
        accumulator.names.add(input.name);
        Ok(())
    }
    fn retract(accumulator: &mut Nested, input: &Row<'_>) -> Result<()> {
        accumulator.rows.subtract_row();
        accumulator.sum.subtract(input.rows);
        accumulator.avg.subtract(input.max);
        accumulator.min.subtract(input.name);
        accumulator.max.subtract(input.max);
        accumulator.names.subtract(input.name);
        Ok(())
    }
    fn is_empty(accumulator: &Nested) -> bool {
        accumulator.rows.is_zero()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NestedRow<'r> {
    pub(super) different: i64,
    rows: i64,
    sum: Option<i64>,
    avg: Option<f64>,
    min: Option<&'r str>,
    max: Option<f64>,
    names: i64,
}

impl<'a> Codec<'a> for NestedRow<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.different.encode(out);
        self.rows.encode(out);
        self.sum.encode(out);
        self.avg.encode(out);
        self.min.encode(out);
        self.max.encode(out);
        self.names.encode(out);
    }
    fn decode(bytes: &mut &'a [u8]) -> Self {
        NestedRow {
            different: Codec::decode(bytes),
            rows: Codec::decode(bytes),
            sum: Codec::decode(bytes),
            avg: Codec::decode(bytes),
            min: Codec::decode(bytes),
            max: Codec::decode(bytes),
            names: Codec::decode(bytes),
        }
    }
}

impl GroupOutput for ByDifferent {
    type Output<'r> = NestedRow<'r>;

    fn output<'r>(key: &'r i64, accumulator: &'r Nested) -> Result<NestedRow<'r>> {
        Ok(NestedRow {
            different: *key,
            rows: accumulator.rows.value(),
            sum: accumulator.sum.value(),
            avg: accumulator.avg.value(),
            min: accumulator.min.value(),
            max: accumulator.max.value(),
            names: accumulator.names.value(),
        })
    }
}

#[test]
fn an_aggregate_of_an_aggregate_is_flinks() {
    let mut inner = Direct(GroupAggregate::<ByName>::new());
    let mut outer = Direct(GroupAggregate::<ByDifferent>::new());
    let mut lines = Vec::new();
    for reading in recorded_rows() {
        inner.add(RowKind::Insert, &reading).expect("nothing fails");
        let pass = |change: Change<Row<'_>>| outer.add(change.kind, &change.row);
        inner.drain(pass).expect("nothing fails");
        let each = |change: Change<NestedRow<'_>>| {
            let row = change.row;
            let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            let (sum, min) = (row.sum.map_or(String::new(), |sum| sum.to_string()), row.min.unwrap_or_default());
            let (avg, max) = (number(row.avg), number(row.max));
            let kind = change.kind.short();
            lines.push(format!("{kind},{},{},{sum},{avg},{min},{max},{}", row.different, row.rows, row.names));
            Ok(())
        };
        outer.drain(each).expect("nothing fails");
    }
    assert_eq!(lines, include_str!("../testdata/group_of_groups.csv").lines().collect::<Vec<_>>());
}

proptest! {
    /// Rows are small numbers, so that sums are exact in any order.
    #[test]
    fn a_changelog_applied_is_the_batch_result(
        changes in prop::collection::vec((0u8..4, 0u8..3, any::<bool>()), 0..80),
        by_key: bool,
    ) {
        let aggregate = GroupAggregate::<ByDifferent>::new();
        let mut groups = Direct(if by_key { aggregate.without_update_before() } else { aggregate });
        let mut rows: Vec<(u8, u8)> = Vec::new();
        let mut applied: BTreeMap<i64, String> = BTreeMap::new();
        for (group, value, take_back) in changes {
            let place = rows.iter().position(|row| *row == (group, value)).filter(|_| take_back);
            let kind = if place.is_some() { RowKind::Delete } else { RowKind::Insert };
            match place {
                Some(place) => drop(rows.remove(place)),
                None => rows.push((group, value)),
            }
            groups.add(kind, &row(group, value)).unwrap();
            groups.drain(|change| {
                let (key, line) = (change.row.different, format!("{:?}", change.row));
                match change.kind {
                    RowKind::Insert => assert!(applied.insert(key, line).is_none()),
                    RowKind::UpdateBefore => assert_eq!(applied.get(&key), Some(&line)),
                    RowKind::UpdateAfter => assert!(applied.insert(key, line.clone()).is_some_and(|old| old != line)),
                    RowKind::Delete => assert_eq!(applied.remove(&key), Some(line)),
                }
                Ok(())
            }).unwrap();
        }
        let mut batch: BTreeMap<i64, String> = BTreeMap::new();
        for group in 0..4 {
            let values: Vec<u8> = rows.iter().filter(|row| row.0 == group).map(|row| row.1).collect();
            let names: Vec<&str> = values.iter().map(|value| NAMES[usize::from(*value)]).collect();
            let sum: f64 = values.iter().copied().map(f64::from).sum();
            let result = NestedRow {
                different: i64::from(group),
                rows: values.len() as i64,
                sum: Some(values.iter().copied().map(i64::from).sum()),
                avg: Some(sum / values.len() as f64),
                min: names.iter().min().copied(),
                max: values.iter().max().copied().map(f64::from),
                names: names.iter().collect::<std::collections::BTreeSet<_>>().len() as i64,
            };
            if !values.is_empty() {
                batch.insert(i64::from(group), format!("{result:?}"));
            }
        }
        prop_assert_eq!(applied, batch);
    }
}

const NAMES: [&str; 3] = ["x", "y", "z"];

pub(super) fn row(group: u8, value: u8) -> Row<'static> {
    let number = f64::from(value);
    Row {
        name: Some(NAMES[usize::from(value)]),
        rows: i64::from(value),
        sum: None,
        avg: None,
        max: Some(number),
        different: i64::from(group),
    }
}
