//! Functions that turn timestamps and dates into text and back. Tests: every value is what Flink 2.3 returns.
//!
//! Flink reads some of them with Java's `DateTimeFormatter` and some with `SimpleDateFormat`, which accept
//! different texts.

use super::{formatter, simple};
use crate::error::ValueError;
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

/// TO_TIMESTAMP_LTZ(milliseconds).
#[inline]
pub fn to_timestamp_ltz_millis(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        iso::parse_timestamp(text, 6).unwrap()
    }

    fn date(text: &str) -> Date {
        iso::parse_date(text).unwrap()
    }

    #[test]
    fn texts_to_timestamps() {
        assert_eq!(to_timestamp("2024-02-29 12:34:56.7891"), Some(at("2024-02-29 12:34:56.789")));
        assert_eq!(to_timestamp("2024-02-29T12:34:56"), None);
        assert_eq!(to_timestamp("2024-02-32 12:34:56"), None);
        assert_eq!(to_timestamp("2024-02-29 25:00:00"), None);
        assert_eq!(to_date("2024-02-30"), None);
        assert_eq!(to_date_pattern("29/02/2024", "dd/MM/yyyy"), Ok(date("2024-02-29")));
        assert_eq!(to_date_pattern("30/02/2024", "dd/MM/yyyy"), Ok(date("2024-03-01")));
        assert_eq!(to_date_pattern("9/2/24", "dd/MM/yy"), Ok(date("2024-02-09")));
        assert_eq!(to_date_pattern("9/2/2024x", "dd/MM/yyyy"), Ok(date("2024-02-09")));
        assert_eq!(to_date_pattern("20240209", "yyyyMMdd"), Ok(date("2024-02-09")));
        assert_eq!(to_date_pattern("abc", "yyyy"), Ok(date("5471-09-27")));
        assert_eq!(to_timestamp_ltz(1_709_210_096, 0), Ok(at("2024-02-29 12:34:56")));
        assert_eq!(to_timestamp_ltz(-1, 3), Ok(at("1969-12-31 23:59:59.999")));
        assert_eq!(to_timestamp_ltz(1_709_210_096_789, 6), Ok(at("1970-01-20 18:46:50.096789")));
        assert!(to_timestamp_ltz(1, 7).is_err());
        assert_eq!(to_timestamp_ltz_double(1.5, 0), Ok(at("1970-01-01 00:00:01.5")));
        assert!(to_timestamp_ltz_text("abc").is_err());
        let tokyo = to_timestamp_ltz_zone("2024-02-29 12:34", "yyyy-MM-dd HH:mm", "Asia/Tokyo");
        assert_eq!(tokyo, Ok(at("2024-02-29 03:34:00")));
    }

    #[test]
    fn seconds_since_1970() {
        let arena = Arena::new();
        assert_eq!(from_unixtime(&arena, &Zone::UTC, 1_709_210_096), "2024-02-29 12:34:56");
        assert_eq!(from_unixtime(&arena, &Zone::UTC, -1), "1969-12-31 23:59:59");
        let formatted = from_unixtime_pattern(&arena, &Zone::UTC, 1_709_210_096, "yyyy/MM/dd HH");
        assert_eq!(formatted, Ok("2024/02/29 12"));
        let formatted = from_unixtime_pattern(&arena, &Zone::UTC, 16_777_217, "u E a SSS w D");
        assert_eq!(formatted, Ok("2 Tue AM 000 29 195"));
        let seconds = |text| unix_timestamp_of(&Zone::UTC, text);
        assert_eq!(seconds("2024-02-29 12:34:56.789"), Ok(1_709_210_096));
        assert_eq!(seconds("2024-02-30 12:34:56"), Ok(1_709_296_496));
        assert_eq!(seconds("abc"), Ok(i64::MIN));
        let seconds = |text, pattern| unix_timestamp_pattern(&Zone::UTC, text, pattern);
        assert_eq!(seconds("2024/02/29", "yyyy/MM/dd"), Ok(1_709_164_800));
        assert_eq!(seconds("2024-02-29T12:34:56+02:00", "yyyy-MM-dd'T'HH:mm:ssXXX"), Ok(1_709_202_896));
    }

    #[test]
    fn converting_zones() {
        let arena = Arena::new();
        let convert = |text, from, to| convert_tz(&arena, text, from, to).unwrap();
        assert_eq!(convert("2024-02-29 12:34:56", "UTC", "Asia/Tokyo"), Some("2024-02-29 21:34:56"));
        assert_eq!(convert("2024-02-29 12:34:56", "America/New_York", "UTC"), Some("2024-02-29 17:34:56"));
        assert_eq!(convert("2024-02-29 12:34:56", "Nowhere", "UTC"), Some("2024-02-29 12:34:56"));
        assert_eq!(convert("2024-02-29 12:34:56.789", "UTC", "GMT+2"), Some("2024-02-29 14:34:56"));
        assert_eq!(convert("2024-02-29 12:34:56", "GMT-08:00", "PST"), Some("2024-02-29 12:34:56"));
        assert_eq!(convert("2024-02-29 12:34:56", "UTC+3", "EST"), Some("2024-02-29 07:34:56"));
        assert_eq!(convert("2024-03-10 02:30:00", "America/New_York", "UTC"), Some("2024-03-10 07:30:00"));
        assert_eq!(convert("2024-11-03 01:30:00", "America/New_York", "UTC"), Some("2024-11-03 06:30:00"));
        assert_eq!(convert("abc", "UTC", "Asia/Tokyo"), None);
        assert_eq!(convert("2024-02-29", "UTC", "Asia/Tokyo"), None);
    }
}
