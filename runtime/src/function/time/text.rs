//! Timestamps and dates from and to text.
//!
//! Flink reads some of them with Java's `DateTimeFormatter` and some with `SimpleDateFormat`, which accept
//! different texts: [`pattern`](crate::function::pattern) has both.

use crate::error::ValueError;
use crate::function::pattern::{formatter, simple};
use crate::function::zone::Zone;
use crate::value::{Arena, Date, Timestamp, iso};

/// What `SimpleDateFormat` is given where the user gives nothing.
const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

/// DATE_FORMAT(timestamp, pattern); an error for a pattern that Java does not know.
pub fn date_format<'a>(arena: &'a Arena, timestamp: Timestamp, pattern: &str) -> Result<&'a str, ValueError> {
    formatter::format(arena, timestamp, pattern)
}

/// DATE_FORMAT(TIMESTAMP_LTZ, pattern), in the session's zone.
pub fn date_format_instant<'a>(
    arena: &'a Arena,
    zone: &Zone,
    instant: Timestamp,
    pattern: &str,
) -> Result<&'a str, ValueError> {
    formatter::format(arena, zone.to_local(instant), pattern)
}

/// DATE_FORMAT(text, pattern): the text is `yyyy-MM-dd HH:mm:ss`, else the result is NULL.
pub fn date_format_text<'a>(arena: &'a Arena, text: &str, pattern: &str) -> Result<Option<&'a str>, ValueError> {
    match simple::parse(text, DEFAULT_PATTERN)? {
        Some(parsed) => simple::format(arena, parsed.instant(&Zone::UTC), pattern).map(Some),
        None => Ok(None),
    }
}

/// TO_TIMESTAMP(text): what CAST reads, but NULL for everything else.
pub fn to_timestamp(text: &str) -> Option<Timestamp> {
    iso::parse_timestamp(text, 3)
}

/// TO_TIMESTAMP(text, pattern): NULL for a text or pattern that does not fit.
pub fn to_timestamp_pattern(text: &str, pattern: &str) -> Option<Timestamp> {
    let parsed = formatter::parse(text, pattern).or_else(|| formatter::parse_fallback(text))?;
    Some(Timestamp::from_millis(parsed.millis()))
}

/// TO_DATE(text).
pub fn to_date(text: &str) -> Option<Date> {
    iso::parse_date(text)
}

/// TO_DATE(text, pattern). A text that does not fit gives 5471-09-27: Flink takes it for the smallest number of
/// milliseconds, whose day wraps to that.
pub fn to_date_pattern(text: &str, pattern: &str) -> Result<Date, ValueError> {
    const OF_NO_DATE: Date = Date(1_278_983);
    let parsed = simple::parse(text, pattern)?;
    Ok(parsed.map_or(OF_NO_DATE, |parsed| parsed.instant(&Zone::UTC).split().0))
}

/// TO_TIMESTAMP_LTZ(number, precision): seconds for 0, milliseconds for 3, microseconds for 6. The type has at
/// least three digits.
pub fn to_timestamp_ltz(number: i64, precision: i32) -> Result<Timestamp, ValueError> {
    let unit = match precision {
        0..=6 => 10i64.pow(6 - precision as u32),
        _ => return Err(ValueError::new(format!("TO_TIMESTAMP_LTZ has a precision of 0 to 6, not {precision}"))),
    };
    match number.checked_mul(unit) {
        Some(micros) => Ok(Timestamp(micros)),
        None => Err(ValueError::new(format!("{number} is beyond the range of timestamps"))),
    }
}

/// TO_TIMESTAMP_LTZ(number with a fraction, precision): the fraction counts down to milliseconds.
pub fn to_timestamp_ltz_double(number: f64, precision: i32) -> Result<Timestamp, ValueError> {
    let scale = match precision {
        0..=6 => 10f64.powi(3 - precision),
        _ => return Err(ValueError::new(format!("TO_TIMESTAMP_LTZ has a precision of 0 to 6, not {precision}"))),
    };
    Ok(Timestamp::from_millis((number * scale) as i64))
}

/// TO_TIMESTAMP_LTZ(text), in UTC; an error for anything that CAST does not read.
pub fn to_timestamp_ltz_text(text: &str) -> Result<Timestamp, ValueError> {
    iso::parse_timestamp(text, 3).ok_or_else(|| unparsable(text))
}

/// TO_TIMESTAMP_LTZ(text, pattern), in UTC.
pub fn to_timestamp_ltz_pattern(text: &str, pattern: &str) -> Result<Timestamp, ValueError> {
    to_timestamp_pattern(text, pattern).ok_or_else(|| unparsable(text))
}

/// TO_TIMESTAMP_LTZ(text, pattern, zone).
pub fn to_timestamp_ltz_zone(text: &str, pattern: &str, zone: &str) -> Result<Timestamp, ValueError> {
    let zone = Zone::parse(zone).ok_or_else(|| ValueError::new(format!("{zone:?} is no time zone")))?;
    to_timestamp_ltz_pattern(text, pattern).map(|local| zone.to_instant(local))
}

#[cold]
fn unparsable(text: &str) -> ValueError {
    ValueError::new(format!("{text:?} is not a timestamp"))
}

/// FROM_UNIXTIME(seconds), in the session's zone.
pub fn from_unixtime<'a>(arena: &'a Arena, zone: &Zone, seconds: i64) -> &'a str {
    arena.alloc_str(&iso::print_timestamp(zone.to_local(of_seconds(seconds)), b' ', 0))
}

/// FROM_UNIXTIME(seconds, pattern).
pub fn from_unixtime_pattern<'a>(
    arena: &'a Arena,
    zone: &Zone,
    seconds: i64,
    pattern: &str,
) -> Result<&'a str, ValueError> {
    simple::format(arena, zone.to_local(of_seconds(seconds)), pattern)
}

fn of_seconds(seconds: i64) -> Timestamp {
    Timestamp(seconds.saturating_mul(1_000_000))
}

/// UNIX_TIMESTAMP(text), in the session's zone: the smallest BIGINT for a text that does not fit.
pub fn unix_timestamp_of(zone: &Zone, text: &str) -> Result<i64, ValueError> {
    unix_timestamp_pattern(zone, text, DEFAULT_PATTERN)
}

/// UNIX_TIMESTAMP(text, pattern).
pub fn unix_timestamp_pattern(zone: &Zone, text: &str, pattern: &str) -> Result<i64, ValueError> {
    let parsed = simple::parse(text, pattern)?;
    Ok(parsed.map_or(i64::MIN, |parsed| parsed.instant(zone).millis() / 1_000))
}

/// CONVERT_TZ(text, from, to): a zone that Java does not know is UTC; NULL for a text that does not fit.
pub fn convert_tz<'a>(arena: &'a Arena, text: &str, from: &str, to: &str) -> Result<Option<&'a str>, ValueError> {
    let Some(parsed) = simple::parse(text, DEFAULT_PATTERN)? else { return Ok(None) };
    let local = Zone::java(to).to_local(parsed.instant(&Zone::java(from)));
    Ok(Some(arena.alloc_str(&iso::print_timestamp(local, b' ', 0))))
}
