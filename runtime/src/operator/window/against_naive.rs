//! Arbitrary windows, rows and watermarks, against an implementation that keeps every row.

use super::*;
use crate::operator::testing::{ByName, Direct, Reading, seconds};
use crate::value::Millis;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
enum Event {
    Row { name: u8, time: i64 },
    Watermark(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let row = (0u8..4, -60i64..60).prop_map(|(name, time)| Event::Row { name, time });
    let watermark = (-60i64..60).prop_map(Event::Watermark);
    // The stream as a whole moves on, so that rows and watermarks meet at all heights.
    let drift = |(place, event): (usize, Event)| match event {
        Event::Row { name, time } => Event::Row { name, time: time + place as i64 * 2 },
        Event::Watermark(time) => Event::Watermark(time + place as i64 * 2 - 40),
    };
    prop::collection::vec(prop_oneof![4 => row, 1 => watermark], 0..80)
        .prop_map(move |events| events.into_iter().enumerate().map(drift).collect())
}

type Results = Vec<(i64, i64, String, i64)>;

fn naive(assigner: Assigner, events: &[Event]) -> (Results, u64) {
    let mut rows: Vec<(u8, Vec<Window>)> = Vec::new();
    let (mut watermark, mut late, mut results) = (Timestamp::MIN, 0, Vec::new());
    for event in events.iter().copied().chain([Event::Watermark(i64::MAX)]) {
        match event {
            Event::Row { name, time } => {
                let windows = assigner.windows(Timestamp::from_millis(time));
                let open: Vec<Window> = windows.filter(|window| window.time() > watermark).collect();
                late += u64::from(open.is_empty());
                rows.push((name, open));
            }
            Event::Watermark(time) => {
                watermark = watermark.max(Timestamp::from_millis(time));
                let mut due: BTreeMap<(Timestamp, Timestamp, u8), i64> = BTreeMap::new();
                for (name, windows) in &mut rows {
                    for window in windows.extract_if(.., |window| window.time() <= watermark) {
                        *due.entry((window.end, window.start, *name)).or_default() += 1;
                    }
                }
                let line = |((end, start, name), rows): ((Timestamp, Timestamp, u8), i64)| {
                    (end.millis(), start.millis(), name.to_string(), rows)
                };
                results.extend(due.into_iter().map(line));
            }
        }
    }
    (results, late)
}

fn ours(assigner: Assigner, events: &[Event]) -> (Results, u64) {
    let mut windows = Direct(WindowAggregate::<ByName>::new(assigner));
    let mut results: Results = Vec::new();
    for event in events.iter().copied().chain([Event::Watermark(i64::MAX)]) {
        match event {
            Event::Row { name, time } => {
                let (name, time) = (name.to_string(), Timestamp::from_millis(time));
                let row = Reading { name: Some(&name), value: Some(1.0), time };
                windows.add(RowKind::Insert, &row).unwrap();
            }
            Event::Watermark(time) => {
                windows.0.advance(Timestamp::from_millis(time)).unwrap();
                let from = results.len();
                windows
                    .drain(|result| {
                        let (start, end) = (result.window.start.millis(), result.window.end.millis());
                        let name = result.key.as_deref().unwrap_or_default().to_owned();
                        results.push((end, start, name, result.accumulator.rows.value()));
                        Ok(())
                    })
                    .unwrap();
                assert!(results[from..].is_sorted_by_key(|result| result.0));
                results[from..].sort();
            }
        }
    }
    assert_eq!(windows.0.keys(), 0, "nothing is left behind");
    (results, windows.0.late())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn hops_are_those_of_every_row_in_every_window(
        slide in 1i64..30, size in 1i64..60, offset in -50i64..50, events in events(),
    ) {
        let assigner = Assigner::hop(Millis(slide), Millis(size)).offset(Millis(offset));
        prop_assert_eq!(ours(assigner, &events), naive(assigner, &events));
    }

    #[test]
    fn tumbles_are_those_of_every_row_in_every_window(size in 1i64..60, offset in -50i64..50, events in events()) {
        let assigner = Assigner::tumble(Millis(size)).offset(Millis(offset));
        prop_assert_eq!(ours(assigner, &events), naive(assigner, &events));
    }

    #[test]
    fn cumulates_are_those_of_every_row_in_every_window(
        step in 1i64..20, steps in 1i64..6, offset in -50i64..50, events in events(),
    ) {
        let assigner = Assigner::cumulate(Millis(step), Millis(step * steps)).offset(Millis(offset));
        prop_assert_eq!(ours(assigner, &events), naive(assigner, &events));
    }
}

/// `name [start, end) rows` for CUMULATE, where a key is repeated at every step after its first row.
#[test]
fn cumulate_repeats_a_key_until_its_window_is_full() {
    let mut windows = Direct(WindowAggregate::<ByName>::new(Assigner::cumulate(Millis(5_000), Millis(20_000))));
    let mut lines = Vec::new();
    let row = |name, time| Reading { name: Some(name), value: Some(1.0), time: seconds(time) };
    let steps = [(row("a", 6.0), 5.0), (row("b", 12.0), 16.0), (row("a", 3.0), 17.0), (row("a", 21.0), 99.0)];
    for (row, watermark) in steps {
        windows.add(RowKind::Insert, &row).unwrap();
        windows.0.advance(seconds(watermark)).unwrap();
        windows
            .drain(|result| {
                let (start, end) = (result.window.start.0 / 1_000_000, result.window.end.0 / 1_000_000);
                let name = result.key.as_deref().unwrap_or_default();
                lines.push(format!("{name} [{start}, {end}) {}", result.accumulator.rows.value()));
                Ok(())
            })
            .unwrap();
    }
    let first = ["a [0, 10) 1", "a [0, 15) 1", "b [0, 15) 1", "a [0, 20) 2", "b [0, 20) 1"];
    let second = ["a [20, 25) 1", "a [20, 30) 1", "a [20, 35) 1", "a [20, 40) 1"];
    assert_eq!(lines, [&first[..], &second[..]].concat());
}
