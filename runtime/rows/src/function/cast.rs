//! CAST, one function per pair of types: `text_to_int`, `timestamp_to_date`.
//!
//! What needs no function is plain Rust in generated code: `as` between integers wraps and from FLOAT or
//! DOUBLE to INT and BIGINT saturates, as in Flink; a BOOLEAN is 0 or 1. TRY_CAST turns the errors given here
//! into NULL. A text made for CHAR(n) or VARCHAR(n) is fitted afterwards by [`fit_char`] or [`fit_varchar`].

use super::zone::Zone;
use crate::error::ValueError;
use crate::value::calendar::{MICROS_PER_DAY, MILLIS_PER_DAY};
use crate::value::{Arena, Date, Decimal, Millis, Months, Time, Timestamp, decimal, double, interval, iso};

#[cold]
fn cannot(text: &str, to: &str) -> ValueError {
    ValueError::new(format!("{text:?} cannot be cast to {to}"))
}

/// `TRUE` or `FALSE`.
#[inline]
pub fn boolean_to_text(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// TINYINT to BIGINT as text.
#[inline]
pub fn integer_to_text(arena: &Arena, value: impl Into<i64>) -> &str {
    arena.alloc_str(itoa::Buffer::new().format(value.into()))
}

#[inline]
pub fn float_to_text(arena: &Arena, value: f32) -> &str {
    arena.alloc_str(&double::print_float(value))
}

#[inline]
pub fn double_to_text(arena: &Arena, value: f64) -> &str {
    arena.alloc_str(&double::print(value))
}

#[inline]
pub fn decimal_to_text(arena: &Arena, value: Decimal, scale: u8) -> &str {
    arena.alloc_str(&decimal::print(value, scale))
}

#[inline]
pub fn date_to_text(arena: &Arena, value: Date) -> &str {
    arena.alloc_str(&iso::print_date(value))
}

/// TIME(p) with p digits of a second.
#[inline]
pub fn time_to_text(arena: &Arena, value: Time, precision: u8) -> &str {
    arena.alloc_str(&iso::print_time(value, precision))
}

/// TIMESTAMP(p) with a space and p digits of a second.
#[inline]
pub fn timestamp_to_text(arena: &Arena, value: Timestamp, precision: u8) -> &str {
    arena.alloc_str(&iso::print_timestamp(value, b' ', precision))
}

/// TIMESTAMP_LTZ(p) as the local time of the session.
#[inline]
pub fn instant_to_text<'a>(arena: &'a Arena, zone: &Zone, value: Timestamp, precision: u8) -> &'a str {
    timestamp_to_text(arena, zone.to_local(value), precision)
}

#[inline]
pub fn months_to_text(arena: &Arena, value: Months) -> &str {
    arena.alloc_str(&interval::print_months(value))
}

#[inline]
pub fn millis_to_text(arena: &Arena, value: Millis) -> &str {
    arena.alloc_str(&interval::print_millis(value))
}

/// BYTES read as UTF-8; what is none becomes U+FFFD.
#[inline]
pub fn bytes_to_text<'a>(arena: &'a Arena, value: &'a [u8]) -> &'a str {
    match simdutf8::basic::from_utf8(value) {
        Ok(text) => text,
        Err(_) => arena.alloc_str(&String::from_utf8_lossy(value)),
    }
}

/// Cut to `length` characters, or filled up with spaces.
pub fn fit_char<'a>(arena: &'a Arena, text: &'a str, length: usize) -> &'a str {
    let text = fit_varchar(text, length);
    let count = text.chars().count();
    if count == length {
        return text;
    }
    let mut padded = bumpalo::collections::String::with_capacity_in(text.len() + length - count, arena);
    padded.push_str(text);
    padded.extend(std::iter::repeat_n(' ', length - count));
    padded.into_bump_str()
}

/// Cut to `length` characters.
#[inline]
pub fn fit_varchar(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}

/// Cut to `length` bytes, or filled up with zeros.
pub fn fit_binary<'a>(arena: &'a Arena, bytes: &'a [u8], length: usize) -> &'a [u8] {
    if bytes.len() >= length {
        return &bytes[..length];
    }
    arena.alloc_slice_fill_with(length, |at| bytes.get(at).copied().unwrap_or(0))
}

/// Cut to `length` bytes.
#[inline]
pub fn fit_varbinary(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}

#[inline]
pub fn text_to_bytes(text: &str) -> &[u8] {
    text.as_bytes()
}

/// `t`, `true`, `y`, `yes`, `1` and their opposites in any case, without spaces around.
pub fn text_to_boolean(text: &str) -> Result<bool, ValueError> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["t", "true", "y", "yes", "1"]) {
        Ok(true)
    } else if is(&["f", "false", "n", "no", "0"]) {
        Ok(false)
    } else {
        Err(cannot(text, "BOOLEAN"))
    }
}

/// Digits with spaces around, a sign, and a fraction that is cut off.
fn integer(text: &str) -> Option<i64> {
    let digits = text.trim_matches(|c: char| c <= ' ');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let unsigned = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    if unsigned.is_empty() {
        // A lone point is zero, a lone sign or nothing is none.
        return digits.contains('.').then_some(0);
    }
    if !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole.strip_prefix('+').unwrap_or(whole).parse().ok()
}

macro_rules! text_to_integer {
    ($($name:ident -> $type:ty, $sql:literal;)*) => {$(
        #[doc = concat!("Reads a whole number, cutting off a fraction: an error where it is none, or no ", $sql, ".")]
        pub fn $name(text: &str) -> Result<$type, ValueError> {
            integer(text).and_then(|value| <$type>::try_from(value).ok()).ok_or_else(|| cannot(text, $sql))
        }
    )*};
}
text_to_integer! {
    text_to_tinyint -> i8, "TINYINT";
    text_to_smallint -> i16, "SMALLINT";
    text_to_int -> i32, "INTEGER";
    text_to_bigint -> i64, "BIGINT";
}

pub fn text_to_float(text: &str) -> Result<f32, ValueError> {
    double::parse_float(text).ok_or_else(|| cannot(text, "FLOAT"))
}

pub fn text_to_double(text: &str) -> Result<f64, ValueError> {
    double::parse(text).ok_or_else(|| cannot(text, "DOUBLE"))
}

/// Rounds half up; too many digits before the point are an error.
pub fn text_to_decimal(text: &str, precision: u8, scale: u8) -> Result<Decimal, ValueError> {
    decimal::parse(text, precision, scale).ok_or_else(|| cannot(text, &format!("DECIMAL({precision}, {scale})")))
}

pub fn text_to_date(text: &str) -> Result<Date, ValueError> {
    iso::parse_date(text).ok_or_else(|| cannot(text, "DATE"))
}

pub fn text_to_time(text: &str, precision: u8) -> Result<Time, ValueError> {
    iso::parse_time(text, precision).ok_or_else(|| cannot(text, "TIME"))
}

pub fn text_to_timestamp(text: &str, precision: u8) -> Result<Timestamp, ValueError> {
    iso::parse_timestamp(text, precision).ok_or_else(|| cannot(text, "TIMESTAMP"))
}

/// TIMESTAMP_LTZ from the local time of the session.
pub fn text_to_instant(zone: &Zone, text: &str, precision: u8) -> Result<Timestamp, ValueError> {
    match iso::parse_timestamp(text, precision) {
        Some(local) => Ok(zone.to_instant(local)),
        None => Err(cannot(text, "TIMESTAMP_LTZ")),
    }
}

/// To TINYINT by way of INT: saturates there, then wraps.
#[inline]
pub fn double_to_tinyint(value: impl Into<f64>) -> i8 {
    value.into() as i32 as i8
}

/// To SMALLINT by way of INT: saturates there, then wraps.
#[inline]
pub fn double_to_smallint(value: impl Into<f64>) -> i16 {
    value.into() as i32 as i16
}

/// NULL where it does not fit; an error for NaN and infinities.
pub fn double_to_decimal(value: f64, precision: u8, scale: u8) -> Result<Option<Decimal>, ValueError> {
    if value.is_finite() {
        Ok(decimal::of_double(value, precision, scale))
    } else {
        Err(cannot(&double::print(value), &format!("DECIMAL({precision}, {scale})")))
    }
}

/// NULL where it does not fit.
#[inline]
pub fn integer_to_decimal(value: impl Into<i64>, precision: u8, scale: u8) -> Option<Decimal> {
    decimal::rescale(Decimal(i128::from(value.into())), 0, precision, scale)
}

/// Rounds half up; NULL where it does not fit.
#[inline]
pub fn decimal_to_decimal(value: Decimal, from_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    decimal::rescale(value, from_scale, precision, scale)
}

/// Cuts the fraction off and wraps to 64 bits; `as` wraps further to narrower integers.
#[inline]
pub fn decimal_to_bigint(value: Decimal, scale: u8) -> i64 {
    (value.0 / decimal::power_of_ten(scale)) as i64
}

#[inline]
pub fn decimal_to_double(value: Decimal, scale: u8) -> f64 {
    decimal::to_double(value, scale)
}

#[inline]
pub fn decimal_to_float(value: Decimal, scale: u8) -> f32 {
    decimal::to_double(value, scale) as f32
}

#[inline]
pub fn decimal_to_boolean(value: Decimal) -> bool {
    value.0 != 0
}

#[inline]
pub fn boolean_to_decimal(value: bool, precision: u8, scale: u8) -> Option<Decimal> {
    integer_to_decimal(i64::from(value), precision, scale)
}

/// Midnight of the day.
#[inline]
pub fn date_to_timestamp(value: Date) -> Timestamp {
    Timestamp(i64::from(value.0) * MICROS_PER_DAY)
}

/// Midnight of the day in the session's zone.
#[inline]
pub fn date_to_instant(zone: &Zone, value: Date) -> Timestamp {
    zone.to_instant(date_to_timestamp(value))
}

/// The day. Flink divides milliseconds towards zero, so that a moment before 1970 that is not midnight falls
/// on the next day; so does this.
#[inline]
pub fn timestamp_to_date(value: Timestamp) -> Date {
    Date((value.millis() / MILLIS_PER_DAY) as i32)
}

#[inline]
pub fn instant_to_date(zone: &Zone, value: Timestamp) -> Date {
    timestamp_to_date(zone.to_local(value))
}

/// The time of day, to at most milliseconds.
#[inline]
pub fn timestamp_to_time(value: Timestamp, precision: u8) -> Time {
    let millis = value.millis().rem_euclid(MILLIS_PER_DAY) as i32;
    let unit = 10i32.pow(3 - u32::from(precision.min(3)));
    Time(millis / unit * unit)
}

#[inline]
pub fn instant_to_time(zone: &Zone, value: Timestamp, precision: u8) -> Time {
    timestamp_to_time(zone.to_local(value), precision)
}

/// The time on the first of January 1970.
#[inline]
pub fn time_to_timestamp(value: Time) -> Timestamp {
    Timestamp::from_millis(i64::from(value.0))
}

#[inline]
pub fn time_to_instant(zone: &Zone, value: Time) -> Timestamp {
    zone.to_instant(time_to_timestamp(value))
}

/// TIMESTAMP(p) to fewer digits: the rest is cut off.
#[inline]
pub fn timestamp_to_timestamp(value: Timestamp, precision: u8) -> Timestamp {
    let unit = 10i64.pow(6 - u32::from(precision.min(6)));
    Timestamp(value.0.div_euclid(unit) * unit)
}

#[inline]
pub fn time_to_time(value: Time, precision: u8) -> Time {
    let unit = 10i32.pow(3 - u32::from(precision.min(3)));
    Time(value.0 / unit * unit)
}

/// TIMESTAMP as the local time of the session to TIMESTAMP_LTZ.
#[inline]
pub fn timestamp_to_instant(zone: &Zone, value: Timestamp) -> Timestamp {
    zone.to_instant(value)
}

/// TIMESTAMP_LTZ to the local time of the session.
#[inline]
pub fn instant_to_timestamp(zone: &Zone, value: Timestamp) -> Timestamp {
    zone.to_local(value)
}

macro_rules! checked {
    ($($name:ident -> $type:ty, $sql:literal;)*) => {$(
        #[doc = concat!("The narrowing of an INSERT to ", $sql, ": an error where the value does not fit.")]
        #[inline]
        pub fn $name(value: impl Into<i64>) -> Result<$type, ValueError> {
            let value = value.into();
            <$type>::try_from(value).map_err(|_| ValueError::new(format!("{value} does not fit into {}", $sql)))
        }
    )*};
}
checked! {
    checked_tinyint -> i8, "TINYINT";
    checked_smallint -> i16, "SMALLINT";
    checked_int -> i32, "INTEGER";
}

#[cfg(test)]
mod tests;
