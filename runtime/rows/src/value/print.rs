//! Values as Flink's print connector and `Row.toString` show them, which is not how CAST writes them:
//! timestamps carry a `T` and only the digits they need, DECIMAL may carry an exponent, BYTES are a list of
//! signed numbers. NULL is `null`, a text is itself, an ARRAY is `[1, null]`, a MAP is `{a=1}`, a ROW is
//! `+I[1, z]`.

use super::calendar::Civil;
use super::{Date, Millis, Months, Short, Time, Timestamp};
use std::fmt::{self, Write};

pub use super::decimal::print_java as decimal;
pub use super::double::{print as double, print_float as float};

/// What stands for NULL.
pub const NULL: &str = "null";

/// `true` or `false`.
pub const fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// `2021-05-21`.
#[inline]
pub fn date(value: Date) -> Short {
    let mut text = Short::new();
    push_date(&mut text, value);
    text
}

/// `10:21` or `10:21:39.999`, as Java's `LocalTime`.
#[inline]
pub fn time(value: Time) -> Short {
    let mut text = Short::new();
    push_time(&mut text, i64::from(value.0) * 1_000, false);
    text
}

/// TIMESTAMP: `2021-05-21T10:21:39.999`, as Java's `LocalDateTime`.
#[inline]
pub fn timestamp(value: Timestamp) -> Short {
    let (date, micros) = value.split();
    let mut text = Short::new();
    push_date(&mut text, date);
    text.push(b'T');
    push_time(&mut text, micros, false);
    text
}

/// TIMESTAMP_LTZ: `2021-05-21T10:21:39.999Z`, as Java's `Instant`.
#[inline]
pub fn instant(value: Timestamp) -> Short {
    let (date, micros) = value.split();
    let mut text = Short::new();
    push_date(&mut text, date);
    text.push(b'T');
    push_time(&mut text, micros, true);
    text.push(b'Z');
    text
}

fn push_date(text: &mut Short, date: Date) {
    if Civil::of(date).year > 9_999 {
        text.push(b'+');
    }
    super::iso::push_date(text, date);
}

/// Seconds appear if they, or anything behind them, are not zero; a fraction has 3 or 6 digits.
#[inline]
fn push_time(text: &mut Short, micros: i64, always_seconds: bool) {
    let micros = micros as u64;
    let seconds = micros / 1_000_000;
    let fraction = micros % 1_000_000;
    text.push_padded(seconds / 3_600, 2);
    text.push(b':');
    text.push_padded(seconds / 60 % 60, 2);
    if seconds.is_multiple_of(60) && fraction == 0 && !always_seconds {
        return;
    }
    text.push(b':');
    text.push_padded(seconds % 60, 2);
    if fraction != 0 {
        text.push(b'.');
        if fraction.is_multiple_of(1_000) {
            text.push_padded(fraction / 1_000, 3);
        } else {
            text.push_padded(fraction, 6);
        }
    }
}

/// INTERVAL YEAR TO MONTH: `P1Y2M`, as Java's `Period`.
pub fn months(value: Months) -> Short {
    let mut text = Short::from("P");
    let (years, months) = (value.0 / 12, value.0 % 12);
    for (count, unit) in [(years, b'Y'), (months, b'M')] {
        if count != 0 {
            text.push_str(itoa::Buffer::new().format(count));
            text.push(unit);
        }
    }
    if value.0 == 0 {
        text.push_str("0D");
    }
    text
}

/// INTERVAL DAY TO SECOND: `PT26H3M4.567S`, as Java's `Duration`.
pub fn millis(value: Millis) -> Short {
    if value.0 == 0 {
        return Short::from("PT0S");
    }
    let mut text = Short::from("PT");
    let (hours, minutes) = (value.0 / 3_600_000, value.0 / 60_000 % 60);
    for (count, unit) in [(hours, b'H'), (minutes, b'M')] {
        if count != 0 {
            text.push_str(itoa::Buffer::new().format(count));
            text.push(unit);
        }
    }
    let rest = value.0 % 60_000;
    if rest != 0 {
        if rest < 0 {
            text.push(b'-');
        }
        let rest = rest.unsigned_abs();
        text.push_padded(rest / 1_000, 1);
        let fraction = rest % 1_000;
        if fraction != 0 {
            text.push(b'.');
            text.push_padded(fraction, 3);
            let zeros = if fraction.is_multiple_of(100) { 2 } else { usize::from(fraction.is_multiple_of(10)) };
            text.shorten(zeros);
        }
        text.push(b'S');
    }
    text
}

/// BYTES: `[97, -1]`.
pub fn bytes(value: &[u8], out: &mut impl Write) -> fmt::Result {
    out.write_char('[')?;
    for (position, byte) in value.iter().enumerate() {
        if position > 0 {
            out.write_str(", ")?;
        }
        out.write_str(itoa::Buffer::new().format(*byte as i8))?;
    }
    out.write_char(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a print sink of Flink 2.3.
    #[test]
    fn values_print_as_in_a_row_of_flink() {
        let at = |text| super::super::iso::parse_timestamp(text, 6).unwrap();
        assert_eq!(&*timestamp(at("2021-05-21 10:21:39.999")), "2021-05-21T10:21:39.999");
        assert_eq!(&*timestamp(at("2021-05-21 10:00:00")), "2021-05-21T10:00");
        assert_eq!(&*timestamp(at("2021-05-21 10:21:39.123450")), "2021-05-21T10:21:39.123450");
        assert_eq!(&*instant(at("2021-05-21 10:21:39.9")), "2021-05-21T10:21:39.900Z");
        assert_eq!(&*instant(at("2021-05-21 10:00:00")), "2021-05-21T10:00:00Z");
        assert_eq!(&*time(Time(37_260_000)), "10:21");
        assert_eq!(&*date(Date(18_768)), "2021-05-21");
        let mut text = String::new();
        bytes(b"abc\xff", &mut text).unwrap();
        assert_eq!(text, "[97, 98, 99, -1]");
    }

    /// From the documentation of `java.time.Period` and `java.time.Duration`.
    #[test]
    fn intervals_print_as_javas() {
        assert_eq!(&*months(Months(14)), "P1Y2M");
        assert_eq!(&*months(Months(-14)), "P-1Y-2M");
        assert_eq!(&*months(Months(0)), "P0D");
        assert_eq!(&*millis(Millis(93_784_567)), "PT26H3M4.567S");
        assert_eq!(&*millis(Millis(20_345)), "PT20.345S");
        assert_eq!(&*millis(Millis(1_500)), "PT1.5S");
        assert_eq!(&*millis(Millis(-1_500)), "PT-1.5S");
        assert_eq!(&*millis(Millis(0)), "PT0S");
    }
}
