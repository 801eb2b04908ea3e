use super::*;
use crate::operator::testing::{ByName, Direct, LateNotes, Reading, assert_recorded, reading, seconds};
use proptest::prelude::*;

type Sessions = Direct<SessionAggregate<ByName>>;

fn sessions(gap: i64) -> Sessions {
    Direct(SessionAggregate::new(Millis(gap)))
}

/// `name [start, end) rows` in whole seconds, for all that is due.
fn results(sessions: &mut Sessions) -> Vec<String> {
    let mut lines = Vec::new();
    sessions
        .drain(|result| {
            let (start, end) = (result.window.start.0 / 1_000_000, result.window.end.0 / 1_000_000);
            let name = result.key.as_deref().unwrap_or("NULL");
            lines.push(format!("{name} [{start}, {end}) {}", result.accumulator.rows.value()));
            Ok(())
        })
        .expect("nothing fails");
    lines
}

fn add(sessions: &mut Sessions, name: &str, time: f64) {
    sessions.add(RowKind::Insert, &reading(name, 1.0, time)).expect("nothing fails");
}

#[test]
fn results_are_flinks() {
    assert_recorded(SessionAggregate::new(Millis(2_000)), include_str!("../testdata/session_legacy.csv"));
}

#[test]
fn a_row_between_two_sessions_makes_them_one() {
    let mut sessions = sessions(4_000);
    for time in [1.0, 9.0, 5.0] {
        add(&mut sessions, "a", time);
    }
    sessions.0.advance(seconds(12.998)).unwrap();
    assert_eq!(results(&mut sessions), [""; 0]);
    sessions.0.advance(seconds(12.999)).unwrap();
    assert_eq!(results(&mut sessions), ["a [1, 13) 3"]);
    assert_eq!(sessions.0.keys(), 0);
}

#[test]
fn a_late_row_counts_in_a_session_that_is_still_open() {
    let mut sessions = sessions(4_000);
    let notes = LateNotes::default();
    sessions.0.late_rows().unwrap().route("Session", Box::new(notes.clone()));
    add(&mut sessions, "a", 10.0);
    sessions.0.advance(seconds(12.0)).unwrap();
    // By itself [7, 11) would be over; it touches [10, 14), which is not.
    add(&mut sessions, "a", 7.0);
    add(&mut sessions, "b", 7.0);
    assert_eq!(sessions.0.late(), 1);
    assert_eq!(notes.take(), ["Session +I b 7000 12000 11000"]);
    sessions.0.advance(Timestamp::MAX).unwrap();
    assert_eq!(results(&mut sessions), ["a [7, 14) 2"]);
}

#[test]
fn sessions_of_processing_time_go_by_the_clock() {
    let mut sessions = Direct(SessionAggregate::new(Millis(4_000)).processing_time());
    sessions.0.tick(seconds(1.0)).unwrap();
    add(&mut sessions, "a", 99.0);
    sessions.0.tick(seconds(3.0)).unwrap();
    add(&mut sessions, "a", 99.0);
    sessions.0.tick(seconds(5.0)).unwrap();
    assert_eq!(results(&mut sessions), [""; 0]);
    assert_eq!(sessions.0.next_tick(), Some(seconds(7.0)));
    sessions.0.tick(seconds(7.0)).unwrap();
    assert_eq!(results(&mut sessions), ["a [1, 7) 2"]);
}

/// As Flink has it for a TIMESTAMP_LTZ with a row every 20 minutes and a gap of an hour, around both changes of
/// the clock in 2021: the hour left out parts a session.
#[test]
fn sessions_follow_the_wall_clock_of_a_zone() {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let mut sessions = Direct(SessionAggregate::<ByName>::new(Millis(3_600_000)).in_zone(zone));
    for begin in ["2021-03-14T08:10:00Z", "2021-11-07T06:10:00Z"] {
        let begin = begin.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        for number in 0..24 {
            let time = Timestamp(begin + number * 1_200_000_000);
            sessions.add(RowKind::Insert, &Reading { name: None, value: None, time }).unwrap();
        }
    }
    sessions.0.advance(Timestamp::MAX).unwrap();
    let mut lines = Vec::new();
    sessions
        .drain(|result| {
            let [start, end, time] = [result.window.start, result.window.end, result.time]
                .map(|time| jiff::Timestamp::from_microsecond(time.0).unwrap().to_string());
            lines.push(format!("{start} {end} {time} {}", result.accumulator.rows.value()));
            Ok(())
        })
        .unwrap();
    let expected = [
        "2021-03-14T00:10:00Z 2021-03-14T02:50:00Z 2021-03-14T10:49:59.999Z 6",
        "2021-03-14T03:10:00Z 2021-03-14T09:50:00Z 2021-03-14T16:49:59.999Z 18",
        "2021-11-06T23:10:00Z 2021-11-07T06:50:00Z 2021-11-07T14:49:59.999Z 24",
    ];
    assert_eq!(lines, expected);
}

/// Sessions by merging whatever overlaps or touches, until nothing does.
#[derive(Default)]
struct Naive {
    open: Vec<(u8, i64, i64, i64)>,
    late: u64,
    results: Vec<(i64, i64, u8, i64)>,
}

impl Naive {
    fn add(&mut self, name: u8, time: i64, gap: i64, watermark: i64) {
        let meets = |session: &(u8, i64, i64, i64)| session.0 == name && session.1 <= time + gap && time <= session.2;
        let mut merged = (name, time, time + gap, 1);
        for session in self.open.iter().filter(|session| meets(session)) {
            merged = (name, merged.1.min(session.1), merged.2.max(session.2), merged.3 + session.3);
        }
        if merged.2 - 1 <= watermark {
            self.late += 1;
        } else {
            self.open.retain(|session| !meets(session));
            self.open.push(merged);
        }
    }

    fn advance(&mut self, watermark: i64) {
        let mut due: Vec<_> = self.open.extract_if(.., |session| session.2 - 1 <= watermark).collect();
        due.sort_by_key(|(name, start, end, _)| (*end, *start, *name));
        self.results.extend(due.into_iter().map(|(name, start, end, rows)| (start, end, name, rows)));
    }
}

proptest! {
    #[test]
    fn sessions_are_those_of_a_naive_merge(
        gap in 1i64..20, events in prop::collection::vec((0u8..3, -30i64..30, prop::option::of(-30i64..30)), 0..60),
    ) {
        let (mut naive, mut sessions, mut watermark) = (Naive::default(), sessions(gap), -1_000);
        let mut found = Vec::new();
        let last = (0, 0, Some(1_000_000));
        for (place, (name, time, reached)) in events.into_iter().chain([last]).enumerate() {
            let (time, text) = (time + place as i64 * 2, name.to_string());
            naive.add(name, time, gap, watermark);
            let row = Reading { name: Some(&text), value: None, time: Timestamp::from_millis(time) };
            sessions.add(RowKind::Insert, &row).unwrap();
            if let Some(reached) = reached {
                watermark = watermark.max(reached + place as i64 * 2 - 20);
                naive.advance(watermark);
                sessions.0.advance(Timestamp::from_millis(watermark)).unwrap();
                let from = found.len();
                sessions.drain(|result| {
                    let (start, end) = (result.window.start.millis(), result.window.end.millis());
                    let name = result.key.as_deref().and_then(|name| name.parse().ok()).unwrap_or(u8::MAX);
                    found.push((start, end, name, result.accumulator.rows.value()));
                    Ok(())
                }).unwrap();
                prop_assert!(found[from..].is_sorted_by_key(|result| result.1));
                found[from..].sort_by_key(|(start, end, name, _)| (*end, *start, *name));
            }
        }
        prop_assert_eq!(found, naive.results);
        prop_assert_eq!(sessions.0.late(), naive.late);
        prop_assert_eq!(sessions.0.keys(), 0);
    }
}
