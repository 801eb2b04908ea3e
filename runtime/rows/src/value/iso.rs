//! DATE, TIME and TIMESTAMP as text in the form of SQL and ISO 8601: `2024-02-29 12:34:56.789`.
//!
//! Printing is what CAST to a text gives; reading is what CAST from a text accepts, which is a little more
//! than the standard: one digit where two are usual, the 30th of February as its last day, hour 24 of a
//! timestamp as midnight.

use super::calendar::{Civil, MICROS_PER_DAY};
use super::{Date, Short, Time, Timestamp};

/// `2024-02-29`; a year before the first carries a minus sign.
#[inline]
pub fn print_date(date: Date) -> Short {
    let mut text = Short::new();
    push_date(&mut text, date);
    text
}

/// `12:34:56`, and after a point as many digits as `precision` says.
#[inline]
pub fn print_time(time: Time, precision: u8) -> Short {
    let mut text = Short::new();
    push_time(&mut text, i64::from(time.0) * 1_000, precision);
    text
}

/// A date, `separator` (a space in SQL, `T` in ISO 8601) and a time with `precision` digits of a second.
#[inline]
pub fn print_timestamp(timestamp: Timestamp, separator: u8, precision: u8) -> Short {
    let (date, micros) = timestamp.split();
    let mut text = Short::new();
    push_date(&mut text, date);
    text.push(separator);
    push_time(&mut text, micros, precision);
    text
}

#[inline]
pub(super) fn push_date(text: &mut Short, date: Date) {
    let civil = Civil::of(date);
    if civil.year < 0 {
        text.push(b'-');
    }
    let year = civil.year.unsigned_abs();
    if year < 10_000 {
        text.push_padded(u64::from(year / 100), 2);
        text.push_padded(u64::from(year % 100), 2);
    } else {
        text.push_padded(u64::from(year), 4);
    }
    text.push(b'-');
    text.push_padded(u64::from(civil.month), 2);
    text.push(b'-');
    text.push_padded(u64::from(civil.day), 2);
}

#[inline]
fn push_time(text: &mut Short, micros: i64, precision: u8) {
    let seconds = (micros / 1_000_000) as u64;
    text.push_padded(seconds / 3_600, 2);
    text.push(b':');
    text.push_padded(seconds / 60 % 60, 2);
    text.push(b':');
    text.push_padded(seconds % 60, 2);
    if precision > 0 {
        text.push(b'.');
        let mut rest = (micros % 1_000_000) as u32;
        for _ in 0..precision {
            text.push(b'0' + (rest / 100_000) as u8);
            rest = rest % 100_000 * 10;
        }
    }
}

/// Reads `2024-02-29`, `2024-2-9`, `2024-02`, `2024`; what follows a space is ignored, spaces around are too.
pub fn parse_date(text: &str) -> Option<Date> {
    let day = match text.find(' ') {
        Some(end) if end > 0 => &text[..end],
        _ => text,
    };
    let mut parts = day.splitn(3, '-');
    let year = number(parts.next()?)?;
    let month = parts.next().map_or(Some(1), number)?;
    let day = parts.next().map_or(Some(1), number)?;
    if year > 9_999 {
        return None;
    }
    Civil::new(year as i32, month, day).map(Civil::date)
}

/// Reads `12:34:56.789`, `12:34`, `12`; digits behind `precision` are cut off.
pub fn parse_time(text: &str, precision: u8) -> Option<Time> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, fraction.trim()),
        None => (text, ""),
    };
    let mut parts = clock.splitn(3, ':');
    let hour = number(parts.next()?)?;
    let minute = parts.next().map_or(Some(0), number)?;
    let second = parts.next().map_or(Some(0), number)?;
    if hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut millis = 0;
    let mut unit = 100;
    for byte in fraction.bytes().take(usize::from(precision.min(3))) {
        millis += u32::from(byte - b'0') * unit;
        unit /= 10;
    }
    Some(Time((((hour * 60 + minute) * 60 + second) * 1_000 + millis) as i32))
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim_matches(|c: char| c <= ' ');
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Reads `2024-02-29 12:34:56.789` and `2024-02-29`; digits behind `precision` are cut off.
#[inline]
pub fn parse_timestamp(text: &str, precision: u8) -> Option<Timestamp> {
    let mut cursor = Cursor { bytes: text.as_bytes() };
    let year = cursor.year()?;
    cursor.expect(b'-')?;
    let month = cursor.one_or_two()?;
    cursor.expect(b'-')?;
    let day = cursor.one_or_two()?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = Civil::clamped(year, month, day).date();
    if cursor.bytes.is_empty() {
        return Timestamp::join(date, 0);
    }
    cursor.expect(b' ')?;
    let hour = cursor.one_or_two()?;
    cursor.expect(b':')?;
    let minute = cursor.one_or_two()?;
    cursor.expect(b':')?;
    let second = cursor.one_or_two()?;
    let micros = if cursor.bytes.is_empty() {
        0
    } else {
        cursor.expect(b'.')?;
        cursor.fraction(precision)?
    };
    if !cursor.bytes.is_empty() || minute > 59 || second > 59 {
        return None;
    }
    let of_day = (i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)) * 1_000_000 + micros;
    // The one hour too many is midnight at the day's end, and only that.
    if hour > 24 || of_day > MICROS_PER_DAY {
        return None;
    }
    Timestamp::join(date, of_day)
}

struct Cursor<'t> {
    bytes: &'t [u8],
}

impl Cursor<'_> {
    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.bytes = self.bytes.strip_prefix(&[byte])?;
        Some(())
    }

    #[inline]
    fn digit(&mut self) -> Option<u32> {
        let (first, rest) = self.bytes.split_first()?;
        let digit = first.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        self.bytes = rest;
        Some(u32::from(digit))
    }

    #[inline]
    fn year(&mut self) -> Option<i32> {
        let mut year = 0;
        for _ in 0..4 {
            year = year * 10 + self.digit()?;
        }
        // There is no year zero before the first year of our era.
        (year > 0).then_some(year as i32)
    }

    #[inline]
    fn one_or_two(&mut self) -> Option<u32> {
        let first = self.digit()?;
        Some(match self.digit() {
            Some(second) => first * 10 + second,
            None => first,
        })
    }

    /// Zero to nine digits, as microseconds.
    #[inline]
    fn fraction(&mut self, precision: u8) -> Option<i64> {
        let mut micros = 0;
        let mut unit = 100_000;
        let mut count = 0;
        while let Some(digit) = self.digit() {
            if count < precision {
                micros += i64::from(digit) * unit;
                unit /= 10;
            }
            count += 1;
        }
        (count <= 9).then_some(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamp(text: &str) -> Option<String> {
        parse_timestamp(text, 3).map(|value| print_timestamp(value, b'T', 3).to_string())
    }

    /// TRY_CAST(... AS TIMESTAMP(3)) in Flink 2.3.
    #[test]
    fn timestamps_read_as_casts_do() {
        let good = [
            ("2024-02-29 12:34:56.1239", "2024-02-29T12:34:56.123"),
            ("2024-02-29", "2024-02-29T00:00:00.000"),
            ("2024-2-9 1:2:3", "2024-02-09T01:02:03.000"),
            ("2024-02-30 00:00:00", "2024-02-29T00:00:00.000"),
            ("2024-02-29 24:00:00", "2024-03-01T00:00:00.000"),
            ("0001-01-01 00:00:00", "0001-01-01T00:00:00.000"),
            ("2024-02-29 12:34:56.", "2024-02-29T12:34:56.000"),
        ];
        for (text, expected) in good {
            assert_eq!(timestamp(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in [
            "2024-02-29 12",
            "2024-02-29 12:34",
            "2024-13-01 00:00:00",
            "2024-02-29 12:34:56Z",
            "2024-02-29 12:34:56+02:00",
            " 2024-02-29 12:34:56 ",
            "-0001-01-01 00:00:00",
            "10000-01-01 00:00:00",
            "2024-02-29 12:34:56.1234567891",
            "abc",
            "",
        ] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
    }

    /// TRY_CAST(... AS DATE) in Flink 2.3.
    #[test]
    fn dates_read_as_casts_do() {
        let date = |text| parse_date(text).map(|value| print_date(value).to_string());
        assert_eq!(date("2024-2-9").as_deref(), Some("2024-02-09"));
        assert_eq!(date("2024-02").as_deref(), Some("2024-02-01"));
        assert_eq!(date("2024").as_deref(), Some("2024-01-01"));
        assert_eq!(date(" 2024-02-29 ").as_deref(), Some("2024-02-29"));
        assert_eq!(date("2024-02-29 12:34:56").as_deref(), Some("2024-02-29"));
        for wrong in ["2024-02-30", "2024-02-29T12:34:56", "2024-02-29abc", "20240229", "abc", "", "-1-1-1"] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    /// TRY_CAST(... AS TIME(3)) in Flink 2.3.
    #[test]
    fn times_read_as_casts_do() {
        let time = |text| parse_time(text, 3).map(|value| print_time(value, 3).to_string());
        assert_eq!(time("12:34:56.7891").as_deref(), Some("12:34:56.789"));
        assert_eq!(time("12:34").as_deref(), Some("12:34:00.000"));
        assert_eq!(time("12").as_deref(), Some("12:00:00.000"));
        assert_eq!(time("1:2:3").as_deref(), Some("01:02:03.000"));
        for wrong in ["24:00:00", "12:60:00", "abc", ""] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fractions_have_the_digits_asked_for() {
        let value = parse_timestamp("1969-12-31 23:59:59.123456", 6).unwrap();
        assert_eq!(&*print_timestamp(value, b' ', 6), "1969-12-31 23:59:59.123456");
        assert_eq!(&*print_timestamp(value, b' ', 1), "1969-12-31 23:59:59.1");
        assert_eq!(&*print_timestamp(value, b' ', 0), "1969-12-31 23:59:59");
        assert_eq!(&*print_timestamp(value, b' ', 9), "1969-12-31 23:59:59.123456000");
    }
}
