//! Mini-batches against a change per row.

use super::tests::{ByDifferent, row};
use super::*;
use crate::operator::testing::{ByName, Direct, Row, reading, seconds};
use proptest::prelude::*;
use std::collections::BTreeMap;

const LATENCY: Millis = Millis(2_000);

type Groups = Direct<GroupAggregate<ByName>>;

fn groups(size: usize) -> Groups {
    let mut groups = Direct(GroupAggregate::new().mini_batch(LATENCY, size));
    groups.0.tick(seconds(100.0)).unwrap();
    assert_eq!(groups.short(), [""; 0]);
    groups
}

impl Groups {
    fn take(&mut self, kind: RowKind, name: &str, value: f64) -> Vec<String> {
        self.add(kind, &reading(name, value, 0.0)).unwrap();
        self.short()
    }

    /// `+I name rows`, for what is due.
    fn short(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let each = |change: Change<Row<'_>>| {
            let name = change.row.name.unwrap_or("NULL");
            lines.push(format!("{} {name} {}", change.kind.short(), change.row.rows));
            Ok(())
        };
        self.drain(each).unwrap();
        lines
    }
}

use RowKind::{Delete, Insert, UpdateAfter, UpdateBefore};

#[test]
fn a_full_batch_is_one_change_a_group() {
    let mut groups = groups(4);
    for name in ["b", "a", "b"] {
        assert_eq!(groups.take(Insert, name, 1.0), [""; 0]);
    }
    assert_eq!(groups.take(Insert, "b", 1.0), ["+I b 3", "+I a 1"]);
    for name in ["c", "b", "c"] {
        assert_eq!(groups.take(Insert, name, 1.0), [""; 0]);
    }
    assert_eq!(groups.take(Insert, "b", 1.0), ["+I c 2", "-U b 3", "+U b 5"]);
}

#[test]
fn rows_that_come_at_once_are_as_many_batches() {
    let mut groups = groups(2);
    for name in ["a", "a", "b", "a", "b"] {
        groups.add(Insert, &reading(name, 1.0, 0.0)).unwrap();
    }
    assert_eq!(groups.short(), ["+I a 2", "+I b 1", "-U a 2", "+U a 3"]);
    groups.0.flush();
    assert_eq!(groups.short(), ["-U b 1", "+U b 2"]);
}

#[test]
fn rows_wait_for_the_latency_at_most() {
    let mut groups = groups(100);
    groups.take(Insert, "a", 1.0);
    groups.0.tick(seconds(101.9)).unwrap();
    assert_eq!(groups.short(), [""; 0]);
    assert_eq!(groups.0.next_tick(), Some(seconds(102.0)));
    groups.0.tick(seconds(102.0)).unwrap();
    assert_eq!(groups.short(), ["+I a 1"]);
    assert_eq!(groups.0.next_tick(), None);
    // However long nothing has come, the next batch ends with the others.
    groups.0.tick(seconds(107.5)).unwrap();
    groups.take(Insert, "a", 1.0);
    groups.0.tick(seconds(108.0)).unwrap();
    assert_eq!(groups.short(), ["-U a 1", "+U a 2"]);
    // A clock that was set back.
    groups.take(Insert, "a", 1.0);
    groups.0.tick(seconds(50.0)).unwrap();
    assert_eq!(groups.short(), ["-U a 2", "+U a 3"]);
    groups.take(Insert, "a", 1.0);
    groups.0.tick(seconds(51.9)).unwrap();
    assert_eq!(groups.short(), [""; 0]);
    groups.0.tick(seconds(52.1)).unwrap();
    assert_eq!(groups.short(), ["-U a 3", "+U a 4"]);
}

#[test]
fn the_end_of_the_input_and_a_checkpoint_end_a_batch() {
    let mut groups = groups(100);
    groups.take(Insert, "a", 1.0);
    groups.0.advance(seconds(1_000.0)).unwrap();
    assert_eq!(groups.short(), [""; 0]);
    assert!(groups.0.begin_snapshot(&mut Vec::new(), false).is_err());
    groups.0.flush();
    assert_eq!(groups.short(), ["+I a 1"]);
    groups.0.begin_snapshot(&mut Vec::new(), false).unwrap();
    groups.take(Insert, "a", 1.0);
    groups.0.advance(Timestamp::MAX).unwrap();
    assert_eq!(groups.short(), ["-U a 1", "+U a 2"]);
}

#[test]
fn watermarks_that_pass_an_interval_end_a_batch() {
    let mut each = Direct(GroupAggregate::new().mini_batch(LATENCY, 100).flush_at_watermarks(Millis(0)));
    let mut some = Direct(GroupAggregate::new().mini_batch(LATENCY, 100).flush_at_watermarks(LATENCY));
    let mut flushed = [Vec::new(), Vec::new()];
    for watermark in [-1_500, -1_500, 0, 1_998, 1_999, 1_999, 3_998, 4_500, 5_998, 5_999, 11_999, 13_000] {
        for (groups, flushed) in [&mut each, &mut some].into_iter().zip(&mut flushed) {
            groups.take(Insert, "a", 1.0);
            groups.0.advance(Timestamp::from_millis(watermark)).unwrap();
            if !groups.short().is_empty() {
                flushed.push(watermark);
            }
        }
    }
    assert_eq!(flushed[0], [-1_500, 0, 1_998, 1_999, 3_998, 4_500, 5_998, 5_999, 11_999, 13_000]);
    assert_eq!(flushed[1], [1_999, 4_500, 5_999, 11_999]);
}

#[test]
fn what_is_taken_back_in_the_same_batch_never_was() {
    let mut groups = groups(3);
    // Of a group that was never there nothing can be taken back, but it counts as a row.
    groups.take(Delete, "a", 1.0);
    groups.take(Insert, "a", 1.0);
    assert_eq!(groups.take(Delete, "a", 1.0), [""; 0]);
    assert_eq!(groups.0.keys(), 0);
    groups.take(Insert, "a", 1.0);
    groups.take(Insert, "b", 1.0);
    assert_eq!(groups.take(Insert, "a", 2.0), ["+I a 2", "+I b 1"]);
    // `b` is empty in between, and `a` in the end.
    groups.take(UpdateBefore, "b", 1.0);
    groups.take(UpdateAfter, "b", 3.0);
    groups.take(UpdateBefore, "a", 2.0);
    groups.take(Delete, "a", 1.0);
    groups.0.flush();
    assert_eq!(groups.short(), ["-D a 1"], "`b` had its change in the batch before");
}

#[test]
fn a_group_in_the_batch_is_not_forgotten() {
    let mut groups = Direct(GroupAggregate::new().mini_batch(Millis(60_000), 100).retain(Millis(1_000)));
    groups.0.tick(seconds(0.0)).unwrap();
    groups.take(Insert, "a", 1.0);
    groups.0.tick(seconds(30.0)).unwrap();
    groups.take(Insert, "a", 1.0);
    groups.0.tick(seconds(60.0)).unwrap();
    assert_eq!(groups.short(), ["+I a 2"]);
    groups.0.tick(seconds(62.0)).unwrap();
    assert_eq!(groups.0.keys(), 0);
}

/// A changelog as it is read.
#[derive(Default)]
struct Applied(BTreeMap<i64, String>);

impl Applied {
    fn apply(&mut self, kind: RowKind, key: i64, line: String) {
        match kind {
            Insert => assert!(self.0.insert(key, line).is_none()),
            UpdateBefore => assert_eq!(self.0.get(&key), Some(&line)),
            UpdateAfter => assert!(self.0.insert(key, line.clone()).is_some_and(|old| old != line)),
            Delete => assert_eq!(self.0.remove(&key), Some(line)),
        }
    }
}

proptest! {
    /// Rows are small numbers, so that sums are exact in any order.
    #[test]
    fn batches_come_to_the_same(
        changes in prop::collection::vec((0u8..4, 0u8..3, any::<bool>(), 0i64..10), 0..120),
        by_key: bool,
        size in 1usize..30,
    ) {
        let make = || {
            let groups = GroupAggregate::<ByDifferent>::new();
            if by_key { groups.without_update_before() } else { groups }
        };
        let mut direct = Direct(make());
        let mut batched = Direct(make().mini_batch(LATENCY, size));
        let (mut each, mut some) = (Applied::default(), Applied::default());
        let mut rows: Vec<(u8, u8)> = Vec::new();
        let mut waiting = 0;
        for (group, value, take_back, step) in changes {
            let place = rows.iter().position(|row| *row == (group, value)).filter(|_| take_back);
            let kind = if place.is_some() { Delete } else { Insert };
            match place {
                Some(place) => drop(rows.remove(place)),
                None => rows.push((group, value)),
            }
            waiting += 1;
            for (groups, applied) in [(&mut direct, &mut each), (&mut batched, &mut some)] {
                groups.add(kind, &row(group, value)).unwrap();
                if step == 0 {
                    groups.0.flush();
                }
                let mut changed: BTreeMap<i64, Vec<RowKind>> = BTreeMap::new();
                groups.drain(|change| {
                    changed.entry(change.row.different).or_default().push(change.kind);
                    applied.apply(change.kind, change.row.different, format!("{:?}", change.row));
                    Ok(())
                }).unwrap();
                let update: &[RowKind] = if by_key { &[UpdateAfter] } else { &[UpdateBefore, UpdateAfter] };
                for kinds in changed.values() {
                    prop_assert!([&[Insert], &[Delete], update].contains(&kinds.as_slice()), "{kinds:?}");
                }
            }
            if waiting == size || step == 0 {
                waiting = 0;
                prop_assert_eq!(&each.0, &some.0);
            }
        }
        batched.0.advance(Timestamp::MAX).unwrap();
        batched.drain(|change| {
            some.apply(change.kind, change.row.different, format!("{:?}", change.row));
            Ok(())
        }).unwrap();
        prop_assert_eq!(&each.0, &some.0);
    }
}
