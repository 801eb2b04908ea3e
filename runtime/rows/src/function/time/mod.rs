//! Functions of dates, times, timestamps and intervals.
//!
//! A TIMESTAMP is a local time, a TIMESTAMP_LTZ an instant: functions of the latter take the session's zone
//! and work on its local time. Text is read and written by [`pattern`](super::pattern).

mod round;

pub use round::{ceil, ceil_date, ceil_instant, ceil_time, floor, floor_date, floor_instant, floor_time};

use super::zone::Zone;
use crate::value::calendar::{Civil, MICROS_PER_DAY, MILLIS_PER_DAY, iso_day_of_week, iso_week};
use crate::value::{Date, Millis, Months, Time, Timestamp};

/// The units of EXTRACT, FLOOR, CEIL, TIMESTAMPADD and TIMESTAMPDIFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    Day,
    DayOfYear,
    DayOfWeek,
    IsoDayOfWeek,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Epoch,
}

impl Unit {
    /// The length of a unit that always has the same.
    #[inline]
    const fn micros(self) -> Option<i64> {
        Some(match self {
            Unit::Week => 7 * MICROS_PER_DAY,
            Unit::Day => MICROS_PER_DAY,
            Unit::Hour => 3_600_000_000,
            Unit::Minute => 60_000_000,
            Unit::Second => 1_000_000,
            Unit::Millisecond => 1_000,
            Unit::Microsecond => 1,
            _ => return None,
        })
    }

    #[inline]
    const fn months(self) -> Option<i64> {
        Some(match self {
            Unit::Millennium => 12_000,
            Unit::Century => 1_200,
            Unit::Decade => 120,
            Unit::Year => 12,
            Unit::Quarter => 3,
            Unit::Month => 1,
            _ => return None,
        })
    }
}

/// EXTRACT(unit FROM timestamp), and YEAR, MONTH, HOUR and their like.
///
/// Flink divides milliseconds towards zero, so that hours, minutes and seconds before 1970 are negative and days
/// that have begun count as the next: EXTRACT(HOUR FROM TIMESTAMP '1969-02-28 12:34:56') is -11. So does this.
#[inline]
pub fn extract(unit: Unit, timestamp: Timestamp) -> i64 {
    let millis = timestamp.millis();
    let of_day = millis % MILLIS_PER_DAY;
    match unit {
        Unit::Hour => of_day / 3_600_000,
        Unit::Minute => of_day / 60_000 % 60,
        Unit::Second => of_day / 1_000 % 60,
        Unit::Millisecond => millis % 1_000,
        Unit::Microsecond => millis % 1_000 * 1_000 + timestamp.0.rem_euclid(1_000),
        Unit::Nanosecond => (millis % 1_000 * 1_000 + timestamp.0.rem_euclid(1_000)) * 1_000,
        Unit::Epoch => millis / 1_000,
        _ => extract_date(unit, Date((millis / MILLIS_PER_DAY) as i32)),
    }
}

/// EXTRACT from TIMESTAMP_LTZ, in the session's zone.
#[inline]
pub fn extract_instant(zone: &Zone, unit: Unit, instant: Timestamp) -> i64 {
    match unit {
        Unit::Epoch => extract(unit, instant),
        _ => extract(unit, zone.to_local(instant)),
    }
}

/// EXTRACT from DATE; units of time are 0.
#[inline]
pub fn extract_date(unit: Unit, date: Date) -> i64 {
    let civil = Civil::of(date);
    let year = i64::from(civil.year);
    match unit {
        Unit::Millennium => era(year, 1_000),
        Unit::Century => era(year, 100),
        Unit::Decade => year / 10,
        Unit::Year => year,
        Unit::IsoYear => i64::from(iso_week(date).0),
        Unit::Quarter => i64::from(civil.month.div_ceil(3)),
        Unit::Month => i64::from(civil.month),
        Unit::Week => i64::from(iso_week(date).1),
        Unit::Day => i64::from(civil.day),
        Unit::DayOfYear => i64::from(civil.day_of_year()),
        Unit::DayOfWeek => i64::from(iso_day_of_week(date) % 7 + 1),
        Unit::IsoDayOfWeek => i64::from(iso_day_of_week(date)),
        Unit::Epoch => i64::from(date.0) * (MILLIS_PER_DAY / 1_000),
        _ => 0,
    }
}

/// The century or millennium of a year: the first began with the year 1.
fn era(year: i64, length: i64) -> i64 {
    if year > 0 { (year + length - 1) / length } else { year / length - 1 }
}

/// EXTRACT from TIME.
#[inline]
pub fn extract_time(unit: Unit, time: Time) -> i64 {
    match unit {
        Unit::Hour | Unit::Minute | Unit::Second | Unit::Millisecond | Unit::Microsecond | Unit::Epoch => {
            extract(unit, Timestamp::from_millis(i64::from(time.0)))
        }
        _ => 0,
    }
}

/// EXTRACT from an interval of days and seconds.
#[inline]
pub fn extract_millis(unit: Unit, interval: Millis) -> i64 {
    match unit {
        Unit::Day => interval.0 / MILLIS_PER_DAY,
        Unit::Epoch => interval.0 / 1_000,
        _ => extract_time(unit, Time((interval.0 % MILLIS_PER_DAY) as i32)),
    }
}

/// EXTRACT from an interval of years and months.
#[inline]
pub fn extract_months(unit: Unit, interval: Months) -> i64 {
    let months = i64::from(interval.0);
    match unit {
        Unit::Year => months / 12,
        Unit::Quarter => months % 12 / 3 + 1,
        Unit::Month => months % 12,
        Unit::Decade => months / 120,
        Unit::Century => months / 1_200,
        Unit::Millennium => months / 12_000,
        _ => 0,
    }
}

/// Timestamp + INTERVAL DAY TO SECOND.
#[inline]
pub fn plus_millis(timestamp: Timestamp, interval: Millis) -> Timestamp {
    Timestamp(timestamp.0.wrapping_add(interval.0.wrapping_mul(1_000)))
}

/// Timestamp - INTERVAL DAY TO SECOND.
#[inline]
pub fn minus_millis(timestamp: Timestamp, interval: Millis) -> Timestamp {
    Timestamp(timestamp.0.wrapping_sub(interval.0.wrapping_mul(1_000)))
}

/// Timestamp + INTERVAL YEAR TO MONTH: a day that the month lacks becomes its last.
#[inline]
pub fn plus_months(timestamp: Timestamp, interval: Months) -> Timestamp {
    let (date, micros) = timestamp.split();
    Timestamp(i64::from(date_plus_months(date, interval).0).wrapping_mul(MICROS_PER_DAY).wrapping_add(micros))
}

/// Timestamp - INTERVAL YEAR TO MONTH.
#[inline]
pub fn minus_months(timestamp: Timestamp, interval: Months) -> Timestamp {
    plus_months(timestamp, Months(interval.0.wrapping_neg()))
}

/// DATE + INTERVAL DAY TO SECOND stays a DATE: whole days only, towards zero.
#[inline]
pub fn date_plus_millis(date: Date, interval: Millis) -> Date {
    Date(date.0.wrapping_add((interval.0 / MILLIS_PER_DAY) as i32))
}

#[inline]
pub fn date_minus_millis(date: Date, interval: Millis) -> Date {
    date_plus_millis(date, Millis(interval.0.wrapping_neg()))
}

#[inline]
pub fn date_plus_months(date: Date, interval: Months) -> Date {
    Civil::of(date).plus_months(i64::from(interval.0)).date()
}

#[inline]
pub fn date_minus_months(date: Date, interval: Months) -> Date {
    date_plus_months(date, Months(interval.0.wrapping_neg()))
}

/// TIME + INTERVAL DAY TO SECOND goes round the clock.
#[inline]
pub fn time_plus_millis(time: Time, interval: Millis) -> Time {
    Time((i64::from(time.0) + interval.0 % MILLIS_PER_DAY).rem_euclid(MILLIS_PER_DAY) as i32)
}

#[inline]
pub fn time_minus_millis(time: Time, interval: Millis) -> Time {
    time_plus_millis(time, Millis(interval.0.wrapping_neg()))
}

/// INTERVAL YEAR TO MONTH and INTERVAL DAY TO SECOND.
pub trait Interval: Copy {
    fn count(self) -> i64;
    fn of(count: i64) -> Self;
}

impl Interval for Months {
    #[inline]
    fn count(self) -> i64 {
        i64::from(self.0)
    }
    #[inline]
    fn of(count: i64) -> Self {
        Months(count as i32)
    }
}

impl Interval for Millis {
    #[inline]
    fn count(self) -> i64 {
        self.0
    }
    #[inline]
    fn of(count: i64) -> Self {
        Millis(count)
    }
}

#[inline]
pub fn add_intervals<I: Interval>(left: I, right: I) -> I {
    I::of(left.count().wrapping_add(right.count()))
}

#[inline]
pub fn subtract_intervals<I: Interval>(left: I, right: I) -> I {
    I::of(left.count().wrapping_sub(right.count()))
}

#[inline]
pub fn multiply_interval<I: Interval>(interval: I, factor: impl Into<i64>) -> I {
    I::of(interval.count().wrapping_mul(factor.into()))
}

#[inline]
pub fn negate_interval<I: Interval>(interval: I) -> I {
    I::of(interval.count().wrapping_neg())
}

/// `(later - earlier) DAY TO SECOND`, in milliseconds.
#[inline]
pub fn between(later: Timestamp, earlier: Timestamp) -> Millis {
    Millis(later.millis() - earlier.millis())
}

/// `(later - earlier) YEAR TO MONTH`.
#[inline]
pub fn months_between(later: Timestamp, earlier: Timestamp) -> Months {
    Months(subtract_months(later, earlier) as i32)
}

/// TIMESTAMPADD(unit, count, timestamp).
#[inline]
pub fn add(unit: Unit, count: i64, timestamp: Timestamp) -> Timestamp {
    match (unit.micros(), unit.months()) {
        (Some(micros), _) => Timestamp(timestamp.0.wrapping_add(count.wrapping_mul(micros))),
        (None, Some(months)) => plus_months(timestamp, Months(count.wrapping_mul(months) as i32)),
        (None, None) => timestamp,
    }
}

/// TIMESTAMPADD(unit, count, date) for days and longer units.
#[inline]
pub fn add_date(unit: Unit, count: i64, date: Date) -> Date {
    match unit.months() {
        Some(months) => date_plus_months(date, Months(count.wrapping_mul(months) as i32)),
        None => {
            let days = unit.micros().unwrap_or(0) / MICROS_PER_DAY;
            Date(date.0.wrapping_add(count.wrapping_mul(days) as i32))
        }
    }
}

/// TIMESTAMPADD(unit, count, date) for hours and shorter units: a TIMESTAMP.
#[inline]
pub fn add_time_to_date(unit: Unit, count: i64, date: Date) -> Timestamp {
    add(unit, count, Timestamp(i64::from(date.0) * MICROS_PER_DAY))
}

/// TIMESTAMPADD(unit, count, time), round the clock.
#[inline]
pub fn add_time(unit: Unit, count: i64, time: Time) -> Time {
    time_plus_millis(time, Millis(count.wrapping_mul(unit.micros().unwrap_or(0) / 1_000)))
}

/// TIMESTAMPDIFF(unit, from, to): whole units, towards zero; wraps like an INT.
#[inline]
pub fn diff(unit: Unit, from: Timestamp, to: Timestamp) -> i32 {
    match (unit.micros(), unit.months()) {
        (Some(micros), _) if micros >= 1_000 => ((to.millis() - from.millis()) / (micros / 1_000)) as i32,
        (Some(_), _) => to.0.wrapping_sub(from.0) as i32,
        (None, Some(months)) => (subtract_months(to, from) / months) as i32,
        (None, None) => 0,
    }
}

/// TIMESTAMPDIFF of two dates.
#[inline]
pub fn diff_date(unit: Unit, from: Date, to: Date) -> i32 {
    let midnight = |date: Date| Timestamp(i64::from(date.0) * MICROS_PER_DAY);
    diff(unit, midnight(from), midnight(to))
}

/// TIMESTAMPDIFF of two times.
#[inline]
pub fn diff_time(unit: Unit, from: Time, to: Time) -> i32 {
    diff(unit, Timestamp::from_millis(i64::from(from.0)), Timestamp::from_millis(i64::from(to.0)))
}

/// How many months `to` lies behind `from`. As in Calcite, one is taken off where only the time of day is too
/// early, which counts a month too many backwards: kept, because Flink does so.
fn subtract_months(to: Timestamp, from: Timestamp) -> i64 {
    let ((to_date, to_micros), (from_date, from_micros)) = (to.split(), from.split());
    let months = subtract_date_months(to_date, from_date);
    let reached = date_plus_months(from_date, Months(months as i32));
    if reached == to_date && to_micros / 1_000 < from_micros / 1_000 { months - 1 } else { months }
}

fn subtract_date_months(to: Date, from: Date) -> i64 {
    if to < from {
        return -subtract_date_months(from, to);
    }
    let plus = |months: i64| Civil::of(from).plus_months(months).date();
    // No month has more than 31 days, so that the estimate is not above the truth.
    let mut months = i64::from(to.0 - from.0) / 31;
    while plus(months) < to && plus(months + 1) <= to {
        months += 1;
    }
    months
}

/// CURRENT_DATE: the day in the session's zone.
#[inline]
pub fn current_date(zone: &Zone, now: Timestamp) -> Date {
    zone.to_local(now).split().0
}

/// CURRENT_TIME and LOCALTIME: whole seconds.
#[inline]
pub fn current_time(zone: &Zone, now: Timestamp) -> Time {
    Time((zone.to_local(now).split().1 / 1_000_000 * 1_000) as i32)
}

/// CURRENT_TIMESTAMP, NOW and CURRENT_ROW_TIMESTAMP: TIMESTAMP_LTZ(3).
#[inline]
pub fn current_timestamp(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.millis())
}

/// LOCALTIMESTAMP: TIMESTAMP(3).
#[inline]
pub fn local_timestamp(zone: &Zone, now: Timestamp) -> Timestamp {
    Timestamp::from_millis(zone.to_local(now).millis())
}

/// UNIX_TIMESTAMP(): seconds since 1970.
#[inline]
pub fn unix_timestamp(now: Timestamp) -> i64 {
    now.millis().div_euclid(1_000)
}

#[cfg(test)]
mod tests;
