use super::*;
use crate::value::Millis;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().expect("an instant").as_microsecond())
}

fn windows(assigner: Assigner, millis: i64) -> Vec<(i64, i64)> {
    let windows = assigner.windows(Timestamp::from_millis(millis));
    windows.map(|window| (window.start.millis(), window.end.millis())).collect()
}

#[test]
fn a_hop_attaches_the_latest_window_first() {
    let hop = Assigner::hop(Millis(5_000), Millis(20_000)).offset(Millis(2_000));
    let expected = [(-18_000, 2_000), (-23_000, -3_000), (-28_000, -8_000), (-33_000, -13_000)];
    assert_eq!(windows(hop, -17_337), expected);
    let expected = [(-23_000, -3_000), (-28_000, -8_000), (-33_000, -13_000), (-38_000, -18_000)];
    assert_eq!(windows(hop, -22_209), expected);
    assert_eq!(windows(Assigner::hop(Millis(15), Millis(10)), 12), []);
    assert_eq!(windows(Assigner::hop(Millis(10), Millis(25)), 12), [(10, 35), (0, 25), (-10, 15)]);
}

#[test]
fn cumulate_attaches_the_shortest_window_first() {
    let cumulate = Assigner::cumulate(Millis(5_000), Millis(20_000));
    let expected = [(-20_000, -15_000), (-20_000, -10_000), (-20_000, -5_000), (-20_000, 0)];
    assert_eq!(windows(cumulate, -17_337), expected);
    assert_eq!(windows(cumulate, -22_209), [(-40_000, -20_000)]);
}

#[test]
fn the_wall_clock_jumps_where_it_is_changed() {
    let mut clock = LocalTime::new(TimeZone::get("America/Los_Angeles").unwrap());
    for (instant, local) in [
        ("2021-03-14T09:50:00Z", "2021-03-14T01:50:00Z"),
        ("2021-03-14T10:10:00Z", "2021-03-14T03:10:00Z"),
        ("2021-11-07T08:10:00Z", "2021-11-07T01:10:00Z"),
        ("2021-11-07T09:10:00Z", "2021-11-07T01:10:00Z"),
        ("2021-03-14T09:50:00Z", "2021-03-14T01:50:00Z"),
    ] {
        assert_eq!(clock.local(at(instant)), at(local), "{instant}");
    }
    // The rowtimes of windows that end in the hour left out and in the hour that comes twice.
    assert_eq!(clock.instant(at("2021-03-14T02:29:59.999Z")), at("2021-03-14T10:29:59.999Z"));
    assert_eq!(clock.instant(at("2021-11-07T01:59:59.999Z")), at("2021-11-07T08:59:59.999Z"));
    // When they are over.
    assert_eq!(clock.over(at("2021-03-14T01:59:59.999Z")), at("2021-03-14T09:59:59.999Z"));
    assert_eq!(clock.over(at("2021-03-14T02:29:59.999Z")), at("2021-03-14T10:00:00Z"));
    assert_eq!(clock.over(at("2021-03-14T03:29:59.999Z")), at("2021-03-14T10:29:59.999Z"));
    assert_eq!(clock.over(at("2021-11-07T01:59:59.999Z")), at("2021-11-07T09:59:59.999Z"));
    assert_eq!(clock.over(at("2021-11-07T02:29:59.999Z")), at("2021-11-07T10:29:59.999Z"));
}

#[test]
fn attached_windows_have_a_rowtime_of_their_own() {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let mut table = WindowTable::new(Assigner::tumble(Millis(3_600_000))).in_zone(zone);
    for (instant, start, end, time) in [
        ("2021-03-14T09:50:00Z", "2021-03-14T01:00:00Z", "2021-03-14T02:00:00Z", "2021-03-14T09:59:59.999Z"),
        ("2021-03-14T10:10:00Z", "2021-03-14T03:00:00Z", "2021-03-14T04:00:00Z", "2021-03-14T10:59:59.999Z"),
    ] {
        let window = Window { start: at(start), end: at(end) };
        assert_eq!(table.windows(at(instant)).collect::<Vec<_>>(), [Attached { window, time: at(time) }]);
    }
    let mut table = WindowTable::new(Assigner::tumble(Millis(10)));
    let window = Window { start: Timestamp(-10_000), end: Timestamp(0) };
    let attached = Attached { window, time: Timestamp(-1_000) };
    assert_eq!(table.windows(Timestamp(-1)).collect::<Vec<_>>(), [attached]);
}

/// All windows of a time, found by trying all that could be.
fn naive(shape: (bool, i64, i64), offset: i64, time: i64) -> Vec<(i64, i64)> {
    let (cumulate, step, size) = shape;
    let (every, ends) = if cumulate { (size, size / step) } else { (step, 1) };
    let first = (time - size - offset).div_euclid(every) - 1;
    let last = (time + size - offset).div_euclid(every) + 1;
    let mut found = Vec::new();
    for start in (first..=last).map(|number| number * every + offset) {
        for end in 1..=ends {
            let window = (start, if cumulate { start + end * step } else { start + size });
            if (window.0..window.1).contains(&time) {
                found.push(window);
            }
        }
    }
    found
}

proptest! {
    #[test]
    fn windows_are_those_found_by_trying(
        cumulate: bool, step in 1i64..40, times in 1i64..6, more in 0i64..40, offset in -100i64..100, time in -500i64..500,
    ) {
        let size = if cumulate { step * times } else { step * (times - 1) + more + 1 };
        let assigner = match cumulate {
            true => Assigner::cumulate(Millis(step), Millis(size)),
            false => Assigner::hop(Millis(step), Millis(size)),
        };
        let assigner = assigner.offset(Millis(offset));
        let mut found = windows(assigner, time);
        found.sort_unstable();
        let naive = naive((cumulate, step, size), offset, time);
        prop_assert_eq!(&found, &naive);

        // The slice lies in all of these windows, and they follow each other by their ends.
        let slice = assigner.slice_start(time * 1_000);
        let mut ends = Vec::new();
        let mut after = i64::MIN;
        while let Some(end) = assigner.first_end(slice, after) {
            ends.push((assigner.start_of(end) / 1_000, end / 1_000));
            after = end;
        }
        ends.sort_unstable();
        prop_assert_eq!(&ends, &naive);
        prop_assert_eq!(assigner.last_end(slice), (!ends.is_empty()).then_some(after));
    }

    #[test]
    fn no_time_is_too_far_away(time: i64, cumulate: bool, offset in -100i64..100, zoned: bool) {
        let assigner = match cumulate {
            true => Assigner::cumulate(Millis(1_000), Millis(5_000)),
            false => Assigner::hop(Millis(1_000), Millis(2_500)),
        };
        let assigner = assigner.offset(Millis(offset));
        for time in [time, i64::MAX - time.rem_euclid(10_000_000), i64::MIN + time.rem_euclid(10_000_000)] {
            let table = WindowTable::new(assigner);
            let zone = TimeZone::get("America/Los_Angeles").unwrap();
            let mut table = if zoned { table.in_zone(zone) } else { table };
            prop_assert!(table.windows(Timestamp(time)).count() <= 6);
            let slice = assigner.slice_start(time);
            let mut after = i64::MIN;
            while let Some(end) = assigner.first_end(slice, after) {
                prop_assert!(end > after && assigner.start_of(end) <= end);
                Window::over(end, zoned.then(|| LocalTime::new(TimeZone::UTC)).as_ref());
                after = end;
                if after == i64::MAX {
                    break;
                }
            }
        }
    }
}
