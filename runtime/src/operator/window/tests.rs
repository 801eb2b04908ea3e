use super::*;
use crate::operator::accumulator::Count;
use crate::operator::testing::{ByName, Direct, LateNotes, Reading, Totals, assert_recorded, reading, seconds};
use crate::value::Millis;
use jiff::tz::TimeZone;
use std::collections::HashMap;

type Windows = Direct<WindowAggregate<ByName>>;

fn hop() -> Windows {
    Direct(WindowAggregate::new(Assigner::hop(Millis(10_000), Millis(20_000))))
}

/// `name [start, end) rows sum` in whole seconds, for all that is due.
fn results(windows: &mut Windows) -> Vec<String> {
    let mut lines = Vec::new();
    windows
        .drain(|result| {
            let Window { start, end } = result.window;
            let sum = result.accumulator.sum.value();
            let sum = sum.map_or("NULL".to_owned(), |sum| sum.to_string());
            let name = result.key.as_deref().unwrap_or("NULL");
            let rows = result.accumulator.rows.value();
            lines.push(format!("{name} [{}, {}) {rows} {sum}", start.0 / 1_000_000, end.0 / 1_000_000));
            Ok(())
        })
        .expect("nothing fails");
    lines
}

fn add(windows: &mut Windows, rows: &[Reading<'_>]) {
    for row in rows {
        windows.add(RowKind::Insert, row).expect("nothing fails");
    }
}

#[test]
fn a_window_is_due_one_millisecond_before_its_end() {
    let mut windows = hop();
    add(&mut windows, &[reading("a", 1.0, 1.0), reading("b", 2.0, 12.0), reading("a", 4.0, 13.0)]);
    windows.0.advance(seconds(9.998)).unwrap();
    assert_eq!(results(&mut windows), [""; 0]);
    windows.0.advance(seconds(9.999)).unwrap();
    assert_eq!(results(&mut windows), ["a [-10, 10) 1 1"]);
    windows.0.advance(Timestamp::MAX).unwrap();
    assert_eq!(results(&mut windows), ["a [0, 20) 2 5", "b [0, 20) 1 2", "a [10, 30) 1 4", "b [10, 30) 1 2"]);
    assert_eq!(windows.0.keys(), 0);
}

fn millis(slide: i64, size: i64) -> (Millis, Millis) {
    (Millis(slide), Millis(size))
}

#[test]
fn results_are_flinks_down_to_the_last_bit() {
    let (slide, size) = millis(10_000, 25_000);
    assert_recorded(WindowAggregate::new(Assigner::hop(slide, size)), include_str!("../testdata/hop_legacy.csv"));
    let (slide, size) = millis(5_000, 20_000);
    let even = Assigner::hop(slide, size);
    assert_recorded(WindowAggregate::new(even), include_str!("../testdata/hop_legacy_even.csv"));
    let (slide, size) = millis(15_000, 10_000);
    assert_recorded(WindowAggregate::new(Assigner::hop(slide, size)), include_str!("../testdata/hop_legacy_gaps.csv"));
    let tumble = Assigner::tumble(Millis(10_000));
    assert_recorded(WindowAggregate::new(tumble), include_str!("../testdata/tumble_legacy.csv"));
    let tumble = tumble.offset(Millis(-3_000));
    assert_recorded(WindowAggregate::new(tumble), include_str!("../testdata/tumble_tvf.csv"));
    let hop = even.offset(Millis(2_000));
    assert_recorded(WindowAggregate::new(hop).newest_first(), include_str!("../testdata/hop_tvf.csv"));
    let cumulate = Assigner::cumulate(Millis(5_000), Millis(20_000));
    assert_recorded(WindowAggregate::new(cumulate), include_str!("../testdata/cumulate_tvf.csv"));
}

#[test]
fn processing_time_windows_go_by_the_clock_and_are_not_flushed() {
    let mut windows = Direct(WindowAggregate::<ByName>::new(Assigner::tumble(Millis(10_000))).processing_time());
    let row = reading("a", 1.0, 77.0);
    assert!(windows.add(RowKind::Insert, &row).is_err(), "there is no time before the first tick");
    windows.0.tick(seconds(12.0)).unwrap();
    add(&mut windows, &[row, row]);
    assert_eq!(windows.0.next_tick(), Some(seconds(20.0)));
    windows.0.tick(seconds(19.9995)).unwrap();
    add(&mut windows, &[row]);
    assert_eq!(results(&mut windows), [""; 0]);
    windows.0.tick(seconds(20.0)).unwrap();
    assert_eq!(results(&mut windows), ["a [10, 20) 3 3"]);
    add(&mut windows, &[row]);
    windows.0.advance(Timestamp::MAX).unwrap();
    assert_eq!(results(&mut windows), [""; 0]);
    assert_eq!(windows.0.late(), 0);
}

#[test]
fn late_is_judged_by_window_and_counted_when_all_are_over() {
    let mut windows = hop();
    add(&mut windows, &[reading("a", 1.0, 12.0)]);
    windows.0.advance(seconds(12.0)).unwrap();
    assert_eq!(results(&mut windows), [""; 0]);
    // [-10, 10) is over, [0, 20) is not.
    add(&mut windows, &[reading("b", 2.0, 9.0)]);
    // [-20, 0) and [-10, 10) are both over.
    add(&mut windows, &[reading("b", 4.0, -1.0)]);
    windows.0.advance(Timestamp::MAX).unwrap();
    assert_eq!(results(&mut windows), ["a [0, 20) 1 1", "b [0, 20) 1 2", "a [10, 30) 1 1"]);
    assert_eq!(windows.0.late(), 1);
}

#[test]
fn the_memory_of_state_is_known() {
    let mut windows = hop();
    add(&mut windows, &[reading("a", 1.0, 1.0)]);
    let one = windows.0.state_bytes();
    assert!(one > 0);
    let names: Vec<String> = (0..10_000).map(|key| format!("key {key}")).collect();
    names.iter().for_each(|name| add(&mut windows, &[reading(name, 1.0, 1.0)]));
    let entry = size_of::<Option<crate::value::Text>>() + size_of::<Totals>();
    assert!(windows.0.state_bytes() > 10_000 * entry, "{}", windows.0.state_bytes());
}

#[test]
fn late_rows_go_where_somebody_wants_them() {
    let mut windows = hop();
    let notes = LateNotes::default();
    let late = windows.0.late_rows().unwrap();
    late.route("Hop", Box::new(notes.clone()));
    late.flush().unwrap();
    windows.0.advance(seconds(12.0)).unwrap();
    add(&mut windows, &[reading("a", 1.0, 9.0), reading("b", 4.0, -1.5)]);
    windows.add(RowKind::UpdateBefore, &reading("c", 4.0, -30.0)).unwrap();
    assert_eq!(windows.0.late(), 2);
    windows.0.late_rows().unwrap().flush().unwrap();
    windows.0.late_rows().unwrap().flush().unwrap();
    assert_eq!(notes.take(), ["Hop +I b -1500 12000 10000", "Hop -U c -30000 12000 -10000", "flushed"]);
    // With gaps between windows a row may belong to none.
    let mut gaps = Direct(WindowAggregate::<ByName>::new(Assigner::hop(Millis(15_000), Millis(10_000))));
    gaps.0.late_rows().unwrap().route("Gaps", Box::new(notes.clone()));
    add(&mut gaps, &[reading("a", 1.0, 12.0)]);
    assert_eq!(notes.take(), [format!("Gaps +I a 12000 {} never", Timestamp::MIN.millis())]);
}

#[test]
fn a_key_whose_rows_were_taken_back_has_no_result() {
    let mut windows = hop();
    let (a, b) = (reading("a", 1.0, 1.0), reading("b", 2.0, 2.0));
    add(&mut windows, &[a, b]);
    windows.add(RowKind::Delete, &a).unwrap();
    windows.0.advance(seconds(9.999)).unwrap();
    assert_eq!(results(&mut windows), ["b [-10, 10) 1 2"]);
}

/// The windows of the wall clock of Los Angeles around both changes of 2021, as Flink hands them out for a
/// TIMESTAMP_LTZ with a row every 20 minutes.
#[test]
fn windows_follow_the_wall_clock_of_a_zone() {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let (slide, size) = millis(1_800_000, 7_200_000);
    let mut windows = Direct(WindowAggregate::<ByName>::new(Assigner::hop(slide, size)).in_zone(zone));
    let mut lines = Vec::new();
    let mut drain = |windows: &mut Windows| {
        windows.drain(|result| {
            let text = |time: Timestamp| jiff::Timestamp::from_microsecond(time.0).unwrap().to_string();
            let rows = result.accumulator.rows.value();
            let (start, end, time) = (text(result.window.start), text(result.window.end), text(result.time));
            lines.push(format!("{} {} {time} {rows}", start.trim_end_matches('Z'), end.trim_end_matches('Z')));
            Ok(())
        })
    };
    for begin in ["2021-03-14T08:10:00Z", "2021-11-07T06:10:00Z"] {
        let begin = begin.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        for number in 0..24 {
            let time = Timestamp(begin + number * 1_200_000_000);
            windows.add(RowKind::Insert, &Reading { name: None, value: None, time }).unwrap();
            windows.0.advance(time).unwrap();
            drain(&mut windows).unwrap();
        }
    }
    windows.0.advance(Timestamp::MAX).unwrap();
    drain(&mut windows).unwrap();
    assert_eq!(lines, include_str!("../testdata/hop_in_zone.txt").lines().collect::<Vec<_>>());
    assert_eq!(windows.0.late(), 0);
}

/// SELECT COUNT(*) FROM .. GROUP BY TUMBLE(..): one result a window, and none without rows.
struct Global;

impl Aggregation for Global {
    type Input<'a> = Reading<'a>;
    type KeyRef<'a> = ();
    type Key = ();
    type Accumulator = Count;

    fn key<'r, 'a>(_: &'r Reading<'a>) {}
    fn matches((): &(), (): &()) -> bool {
        true
    }
    fn own((): &()) {}
    fn time(input: &Reading<'_>) -> Timestamp {
        input.time
    }
    fn accumulate(accumulator: &mut Count, _: &Reading<'_>) -> Result<()> {
        accumulator.add_row();
        Ok(())
    }
    fn merge(accumulator: &mut Count, other: &Count) -> Result<()> {
        accumulator.merge(other);
        Ok(())
    }
}

#[test]
fn without_a_key_a_window_has_one_result() {
    let mut windows = Direct(WindowAggregate::<Global>::new(Assigner::tumble(Millis(10_000))));
    for (name, time) in [("a", 1.0), ("b", 2.0), ("c", 31.0)] {
        windows.add(RowKind::Insert, &reading(name, 1.0, time)).unwrap();
    }
    windows.0.advance(Timestamp::MAX).unwrap();
    let mut counts = Vec::new();
    windows
        .drain(|result| {
            counts.push((result.time, result.accumulator.value()));
            Ok(())
        })
        .unwrap();
    assert_eq!(counts, [(seconds(9.999), 2), (seconds(39.999), 1)]);
}

/// A table so large that rows wait for its memory gives what a small one gives: every row counts once, in the
/// window it belongs to, and no window is handed out before the rows that wait are in it.
#[test]
fn rows_of_a_large_table_count_before_their_window_is_handed_out() {
    let keys = 40_000;
    let mut windows = Direct(WindowAggregate::<ByName>::new(Assigner::tumble(Millis(10_000))));
    let name = |key: usize| format!("{}{key}", &"a key that is longer than others"[..key % 30]);
    let names: HashMap<String, usize> = (0..keys).map(|key| (name(key), key)).collect();
    for round in 0..3 {
        let rows = |key: usize| 1 + (key + round) % 3;
        for key in 0..keys {
            let name = name(key);
            let row = reading(&name, key as f64, round as f64 * 10.0 + rows(key) as f64);
            for _ in 0..rows(key) {
                windows.add(RowKind::Insert, &row).unwrap();
            }
            if key % 1_000 == 7 {
                // One row in and one out, while others wait.
                windows.add(RowKind::Insert, &row).unwrap();
                windows.add(RowKind::Delete, &row).unwrap();
            }
        }
        windows.0.advance(seconds(round as f64 * 10.0 + 9.999)).unwrap();
        let (mut found, mut wrong) = (0, 0);
        windows
            .drain(|result| {
                let key = names[result.key.as_deref().unwrap_or_default()];
                found += 1;
                wrong += usize::from(result.accumulator.rows.value() != rows(key) as i64);
                Ok(())
            })
            .unwrap();
        assert_eq!((found, wrong), (keys, 0));
    }
    assert_eq!((windows.0.keys(), windows.0.late()), (0, 0));
}
