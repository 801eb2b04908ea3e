//! Every value is what Flink 2.3 returns for the call.

use super::*;
use crate::value::iso;

fn at(text: &str) -> Timestamp {
    iso::parse_timestamp(text, 6).unwrap()
}

fn date(text: &str) -> Date {
    iso::parse_date(text).unwrap()
}

#[test]
fn extracting() {
    let leap_day = at("2024-02-29 12:34:56.789123");
    for (unit, expected) in [
        (Unit::Year, 2024),
        (Unit::Quarter, 1),
        (Unit::Month, 2),
        (Unit::Week, 9),
        (Unit::Day, 29),
        (Unit::DayOfYear, 60),
        (Unit::DayOfWeek, 5),
        (Unit::IsoDayOfWeek, 4),
        (Unit::Hour, 12),
        (Unit::Minute, 34),
        (Unit::Second, 56),
        (Unit::Millisecond, 789),
        (Unit::Microsecond, 789_123),
        (Unit::Epoch, 1_709_210_096),
        (Unit::Decade, 202),
        (Unit::Millennium, 3),
    ] {
        assert_eq!(extract(unit, leap_day), expected, "{unit:?}");
    }
    assert_eq!(extract(Unit::Century, at("2000-02-29 12:34:56")), 20);
    assert_eq!(extract(Unit::Century, at("2001-02-28 12:34:56")), 21);
    assert_eq!(extract(Unit::IsoYear, at("2024-12-31 12:34:56")), 2025);
    assert_eq!(extract_date(Unit::Week, date("2024-12-30")), 1);
    assert_eq!(extract_date(Unit::Week, date("2021-01-01")), 53);
    assert_eq!(extract_date(Unit::DayOfWeek, date("2024-03-03")), 1);
    assert_eq!(extract_date(Unit::DayOfYear, date("2024-12-31")), 366);
    assert_eq!(extract_date(Unit::Hour, date("2024-12-31")), 0);
    assert_eq!(extract_time(Unit::Millisecond, iso::parse_time("12:34:56.789", 3).unwrap()), 789);
    let interval = Millis(MILLIS_PER_DAY + 7_384_567);
    assert_eq!(extract_millis(Unit::Day, interval), 1);
    assert_eq!(extract_millis(Unit::Hour, interval), 2);
    assert_eq!(extract_millis(Unit::Second, interval), 4);
    assert_eq!(extract_months(Unit::Year, Months(14)), 1);
    assert_eq!(extract_months(Unit::Month, Months(14)), 2);
}

#[test]
fn extracting_before_1970_counts_towards_zero() {
    let old = at("1969-02-28 12:34:56.789123");
    for (unit, expected) in [
        (Unit::Hour, -11),
        (Unit::Minute, -25),
        (Unit::Second, -3),
        (Unit::Millisecond, -211),
        (Unit::Microsecond, -210_877),
        (Unit::Epoch, -26_479_503),
        (Unit::Day, 1),
        (Unit::DayOfWeek, 7),
        (Unit::Decade, 196),
    ] {
        assert_eq!(extract(unit, old), expected, "{unit:?}");
    }
}

#[test]
fn rounding() {
    let leap_day = at("2024-02-29 12:34:56.789");
    for (unit, floored, ceiled) in [
        (Unit::Second, "2024-02-29 12:34:56", "2024-02-29 12:34:57"),
        (Unit::Minute, "2024-02-29 12:34:00", "2024-02-29 12:35:00"),
        (Unit::Hour, "2024-02-29 12:00:00", "2024-02-29 13:00:00"),
        (Unit::Day, "2024-02-29", "2024-03-01"),
        (Unit::Week, "2024-02-25", "2024-03-03"),
        (Unit::Month, "2024-02-01", "2024-03-01"),
        (Unit::Quarter, "2024-01-01", "2024-04-01"),
        (Unit::Year, "2024-01-01", "2025-01-01"),
        (Unit::Decade, "2020-01-01", "2030-01-01"),
        (Unit::Century, "2001-01-01", "2101-01-01"),
        (Unit::Millennium, "2001-01-01", "3001-01-01"),
        (Unit::Millisecond, "2024-02-29 12:34:56.789", "2024-02-29 12:34:56.789"),
    ] {
        assert_eq!(floor(leap_day, unit), at(floored), "{unit:?}");
        assert_eq!(ceil(leap_day, unit), at(ceiled), "{unit:?}");
    }
    assert_eq!(floor(at("2024-03-03 12:34:56"), Unit::Week), at("2024-03-03"));
    assert_eq!(floor(at("2000-02-29"), Unit::Century), at("1901-01-01"));
    assert_eq!(floor(at("1969-02-28 12:34:56.789"), Unit::Minute), at("1969-02-28 12:34:00"));
    assert_eq!(ceil(at("1969-02-28 12:34:56.789123"), Unit::Second), at("1969-02-28 12:34:57"));
    assert_eq!(ceil(at("2024-01-01"), Unit::Year), at("2024-01-01"));
    for (unit, floored, ceiled) in [
        (Unit::Year, "1970-01-01", "1970-01-01"),
        (Unit::Week, "1969-12-28", "1970-01-04"),
        (Unit::Day, "1969-12-31", "1970-01-01"),
        (Unit::Hour, "1969-12-31 23:00:00", "1970-01-01"),
    ] {
        assert_eq!(floor(at("1969-12-31 23:59:59.999"), unit), at(floored), "{unit:?}");
        assert_eq!(ceil(at("1969-12-31 23:59:59.999"), unit), at(ceiled), "{unit:?}");
    }
    assert_eq!(ceil(at("2023-01-01 12:30:00.5"), Unit::Month), at("2023-01-01"));
    assert_eq!(floor_date(date("2024-02-29"), Unit::Hour), date("2024-02-29"));
    assert_eq!(ceil_date(date("2024-02-29"), Unit::Quarter), date("2024-04-01"));
    assert_eq!(ceil_date(date("2024-02-01"), Unit::Month), date("2024-02-01"));
    assert_eq!(floor_time(Time(45_296_000), Unit::Hour), Time(43_200_000));
    assert_eq!(ceil_time(Time(45_296_000), Unit::Hour), Time(46_800_000));
}

#[test]
fn adding() {
    let leap_day = at("2024-02-29 12:34:56.789");
    assert_eq!(add(Unit::Second, 5, leap_day), at("2024-02-29 12:35:01.789"));
    assert_eq!(add(Unit::Hour, -5, leap_day), at("2024-02-29 07:34:56.789"));
    assert_eq!(add(Unit::Week, 1, leap_day), at("2024-03-07 12:34:56.789"));
    assert_eq!(add(Unit::Month, -11, at("2024-01-31 12:34:56.789")), at("2023-02-28 12:34:56.789"));
    assert_eq!(add(Unit::Quarter, 1, at("2024-11-30")), at("2025-02-28"));
    assert_eq!(add(Unit::Year, 1, leap_day), at("2025-02-28 12:34:56.789"));
    assert_eq!(add_date(Unit::Year, -1, date("2024-02-29")), date("2023-02-28"));
    assert_eq!(add_date(Unit::Week, 1, date("2024-02-29")), date("2024-03-07"));
    assert_eq!(add_time_to_date(Unit::Hour, 36, date("2024-02-29")), at("2024-03-01 12:00:00"));
    assert_eq!(add_time(Unit::Hour, 14, Time(45_296_000)), Time(9_296_000));
    assert_eq!(minus_millis(leap_day, Millis(1_500)), at("2024-02-29 12:34:55.289"));
    assert_eq!(minus_months(at("2024-01-31 12:34:56.789"), Months(14)), at("2022-11-30 12:34:56.789"));
    assert_eq!(date_plus_millis(date("2024-02-29"), Millis(129_600_000)), date("2024-03-01"));
    assert_eq!(date_minus_millis(date("2024-02-29"), Millis(129_600_000)), date("2024-02-28"));
    assert_eq!(time_plus_millis(Time(45_296_000), Millis(43_200_000)), Time(2_096_000));
    assert_eq!(time_minus_millis(Time(45_296_000), Millis(46_800_000)), Time(84_896_000));
    assert_eq!(between(at("2024-02-29 12:34:56"), at("2024-02-28 12:34:56")), Millis(MILLIS_PER_DAY));
}

#[test]
fn differences() {
    let leap_day = at("2024-02-29 12:34:56.789");
    let march = at("2024-03-01 00:00:00");
    assert_eq!(diff(Unit::Second, leap_day, march), 41_103);
    assert_eq!(diff(Unit::Minute, leap_day, march), 685);
    assert_eq!(diff(Unit::Hour, march, leap_day), -11);
    assert_eq!(diff(Unit::Day, march, leap_day), 0);
    assert_eq!(diff(Unit::Week, at("2024-01-01 12:34:56.789"), march), 8);
    assert_eq!(diff(Unit::Second, at("1900-01-01"), march), -376_727_296);
    for (from, to, months) in [
        ("2024-01-31", "2024-02-29", 1),
        ("2024-01-29 00:00:00.001", "2024-02-29", 0),
        ("2024-02-29", "2024-01-31", -1),
        ("2024-03-31", "2024-02-29", -1),
        ("2024-03-29 00:00:00.001", "2024-02-29", -2),
        ("2024-02-29", "2024-03-29 00:00:00.001", 1),
    ] {
        assert_eq!(diff(Unit::Month, at(from), at(to)), months, "{from} {to}");
    }
    assert_eq!(diff(Unit::Quarter, at("2024-01-31"), at("2025-02-28")), 4);
    assert_eq!(diff(Unit::Year, at("2020-02-29"), at("2024-02-28")), 3);
    assert_eq!(diff(Unit::Year, at("2024-02-29"), at("2020-03-01")), -3);
    assert_eq!(diff_date(Unit::Hour, date("2024-02-29"), date("2024-03-01")), 24);
}

#[test]
fn the_present() {
    let now = Timestamp(1_709_210_096_789_123);
    let tokyo = Zone::parse("Asia/Tokyo").unwrap();
    assert_eq!(current_date(&tokyo, now), date("2024-02-29"));
    assert_eq!(current_timestamp(now), at("2024-02-29 12:34:56.789"));
    assert_eq!(local_timestamp(&tokyo, now), at("2024-02-29 21:34:56.789"));
    assert_eq!(current_time(&Zone::UTC, now), Time(45_296_000));
    assert_eq!(unix_timestamp(now), 1_709_210_096);
}
