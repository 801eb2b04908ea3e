//! FLOOR and CEIL of dates and times to a unit. Weeks begin with Sunday here.
//!
//! Units longer than a day look at the date alone, as Flink does: CEIL(TIMESTAMP '2023-01-01 12:30:00' TO YEAR) is
//! 2023-01-01. And as everywhere in Flink, the date of a moment before 1970 is the next one, unless it is midnight.

use super::Unit;
use crate::function::cast::timestamp_to_date;
use crate::function::zone::Zone;
use crate::value::calendar::{Civil, MICROS_PER_DAY, iso_day_of_week};
use crate::value::{Date, Time, Timestamp};

/// FLOOR(timestamp TO unit).
#[inline]
pub fn floor(timestamp: Timestamp, unit: Unit) -> Timestamp {
    match clock(unit) {
        Some(micros) => Timestamp(timestamp.0.div_euclid(micros) * micros),
        None => midnight(floor_date(timestamp_to_date(timestamp), unit)),
    }
}

/// CEIL(timestamp TO unit).
#[inline]
pub fn ceil(timestamp: Timestamp, unit: Unit) -> Timestamp {
    match clock(unit) {
        Some(micros) => {
            Timestamp(timestamp.0.div_euclid(micros) * micros + if timestamp.0 % micros == 0 { 0 } else { micros })
        }
        None => midnight(ceil_date(timestamp_to_date(timestamp), unit)),
    }
}

/// The length of a day and what is shorter.
#[inline]
fn clock(unit: Unit) -> Option<i64> {
    if unit == Unit::Week { None } else { unit.micros() }
}

/// FLOOR(TIMESTAMP_LTZ TO unit), in the session's zone.
#[inline]
pub fn floor_instant(zone: &Zone, instant: Timestamp, unit: Unit) -> Timestamp {
    zone.to_instant(floor(zone.to_local(instant), unit))
}

/// CEIL(TIMESTAMP_LTZ TO unit), in the session's zone.
#[inline]
pub fn ceil_instant(zone: &Zone, instant: Timestamp, unit: Unit) -> Timestamp {
    zone.to_instant(ceil(zone.to_local(instant), unit))
}

/// FLOOR(date TO unit); units below a day change nothing.
#[inline]
pub fn floor_date(date: Date, unit: Unit) -> Date {
    let civil = Civil::of(date);
    let first = |year: i32, month: u32| Civil { year, month, day: 1 }.date();
    match unit {
        Unit::Week => Date(date.0 - iso_day_of_week(date) % 7),
        Unit::Month => first(civil.year, civil.month),
        Unit::Quarter => first(civil.year, (civil.month - 1) / 3 * 3 + 1),
        Unit::Year => first(civil.year, 1),
        Unit::Decade => first(civil.year.div_euclid(10) * 10, 1),
        // The first century began with the year 1.
        Unit::Century => first((civil.year - 1).div_euclid(100) * 100 + 1, 1),
        Unit::Millennium => first((civil.year - 1).div_euclid(1_000) * 1_000 + 1, 1),
        _ => date,
    }
}

/// CEIL(date TO unit).
#[inline]
pub fn ceil_date(date: Date, unit: Unit) -> Date {
    let floor = floor_date(date, unit);
    if floor == date { date } else { next(unit, floor) }
}

/// The beginning of the unit after the one that begins with `floor`.
fn next(unit: Unit, floor: Date) -> Date {
    match (unit.months(), unit) {
        (Some(months), _) => Civil::of(floor).plus_months(months).date(),
        (None, Unit::Week) => Date(floor.0 + 7),
        (None, _) => Date(floor.0 + 1),
    }
}

fn midnight(date: Date) -> Timestamp {
    Timestamp(i64::from(date.0) * MICROS_PER_DAY)
}

/// FLOOR(time TO unit).
#[inline]
pub fn floor_time(time: Time, unit: Unit) -> Time {
    match unit.micros() {
        Some(micros @ 1_000..) => {
            let millis = (micros / 1_000) as i32;
            Time(time.0 / millis * millis)
        }
        _ => time,
    }
}

/// CEIL(time TO unit).
#[inline]
pub fn ceil_time(time: Time, unit: Unit) -> Time {
    match unit.micros() {
        Some(micros @ 1_000..) => {
            let millis = (micros / 1_000) as i32;
            Time((time.0 + millis - 1) / millis * millis)
        }
        _ => time,
    }
}
