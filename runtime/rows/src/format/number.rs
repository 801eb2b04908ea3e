//! Numbers as text: reads them by Java's rules, where Flink hands a text to Java, and writes decimals.

use crate::value::{Decimal, decimal};

/// Without the spaces and control characters at both ends, as `String.trim`.
pub(super) fn java_trim(text: &str) -> &str {
    text.trim_matches(|character| character <= ' ')
}

/// As `Boolean.parseBoolean`: everything but `true` in any case is false.
pub(super) fn java_boolean(text: &str) -> bool {
    java_trim(text).eq_ignore_ascii_case("true")
}

/// As `Long.parseLong`: digits with an optional sign.
pub(super) fn java_integer(text: &str) -> Option<i64> {
    java_trim(text).parse().ok()
}

/// As `Double.parseDouble`, without hexadecimal numbers: `1.5e3`, `.5`, `1d`, `NaN`, `-Infinity`.
pub(super) fn java_double(text: &str) -> Option<f64> {
    match java_special(text)? {
        Ok(special) => Some(special),
        Err(decimal) => decimal.parse().ok(),
    }
}

/// As `Float.parseFloat`, without hexadecimal numbers.
pub(super) fn java_float(text: &str) -> Option<f32> {
    match java_special(text)? {
        Ok(special) => Some(special as f32),
        Err(decimal) => decimal.parse().ok(),
    }
}

/// A value that has a name, or else the decimal number to read.
fn java_special(text: &str) -> Option<Result<f64, &str>> {
    let text = java_trim(text);
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "NaN" => return Some(Ok(f64::NAN)),
        "Infinity" if text.starts_with('-') => return Some(Ok(f64::NEG_INFINITY)),
        "Infinity" => return Some(Ok(f64::INFINITY)),
        _ => {}
    }
    let decimal = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    // Rust has its own names for numbers that are none.
    let is_decimal = decimal.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
    is_decimal.then_some(Err(decimal))
}

/// Reads a number that has the form of a JSON number.
#[inline]
pub(super) fn parse_double(text: &str) -> Option<f64> {
    fast_float2::parse(text).ok()
}

/// The whole part, if a BIGINT can hold it.
pub(super) fn truncate(value: f64) -> Option<i64> {
    (value >= i64::MIN as f64 && value <= i64::MAX as f64).then_some(value as i64)
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Reads a JSON number of at most 18 digits without an exponent from `pos` on, exactly: then both the digits
/// and the power of ten are exact doubles, and one division rounds correctly. `None`, with `pos` anywhere, if
/// the number is longer or is none.
#[inline(always)]
pub(super) fn short_double(bytes: &[u8], pos: &mut usize) -> Option<f64> {
    let negative = bytes.get(*pos) == Some(&b'-');
    *pos += usize::from(negative);
    let start = *pos;
    let mut mantissa = digits(bytes, pos, 0);
    let whole = *pos - start;
    if whole == 0 || whole > 18 || (whole > 1 && bytes[start] == b'0') {
        return None;
    }
    let mut fraction = 0;
    if bytes.get(*pos) == Some(&b'.') {
        *pos += 1;
        let start = *pos;
        mantissa = digits(bytes, pos, mantissa);
        fraction = *pos - start;
        if fraction == 0 || whole + fraction > 18 {
            return None;
        }
    }
    if mantissa > 1 << 53 || bytes.get(*pos).is_some_and(|byte| byte | 0x20 == b'e') {
        return None;
    }
    let value = mantissa as f64 / POWERS[fraction];
    Some(if negative { -value } else { value })
}

/// Reads a JSON integer of at most 18 digits from `pos` on. `None`, with `pos` anywhere, if the number is
/// longer, has a fraction, or is none.
#[inline(always)]
pub(super) fn short_integer(bytes: &[u8], pos: &mut usize) -> Option<i64> {
    let negative = bytes.get(*pos) == Some(&b'-');
    *pos += usize::from(negative);
    let start = *pos;
    let value = digits(bytes, pos, 0) as i64;
    let length = *pos - start;
    let ends = !matches!(bytes.get(*pos), Some(b'.' | b'e' | b'E'));
    let is_short = length > 0 && length <= 18 && (length == 1 || bytes[start] != b'0');
    (is_short && ends).then_some(if negative { value.wrapping_neg() } else { value })
}

/// Adds the digits from `pos` on to `value`, modulo 2^64.
#[inline(always)]
fn digits(bytes: &[u8], pos: &mut usize, mut value: u64) -> u64 {
    while let Some(digit) = bytes.get(*pos).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        *pos += 1;
    }
    value
}

/// Reads a decimal number as `new BigDecimal(text)` and rounds it half up to `scale` digits. The outer `None`
/// is a text that is no number, the inner one a number of more than `precision` digits.
pub(super) fn parse_decimal(text: &str, precision: u8, scale: u8) -> Option<Option<Decimal>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if whole.len() + fraction.len() == 0 || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let leading_zeros = digits().take_while(|digit| *digit == b'0').count();
    let mut significant = digits().skip(leading_zeros).map(|digit| i128::from(digit - b'0'));
    // How many of the significant digits stand before the last place of the scale; perhaps more than there
    // are, perhaps fewer than none.
    let kept = whole.len() as i64 - leading_zeros as i64 + exponent + i64::from(scale);
    if whole.len() + fraction.len() == leading_zeros || kept < 0 {
        return Some(Some(Decimal(0)));
    }
    if kept > 38 {
        return Some(None);
    }
    let mut unscaled = 0i128;
    for _ in 0..kept {
        unscaled = unscaled * 10 + significant.next().unwrap_or(0);
    }
    if significant.next().is_some_and(|digit| digit >= 5) {
        unscaled += 1;
    }
    if unscaled >= 10i128.pow(u32::from(precision)) {
        return Some(None);
    }
    Some(Some(Decimal(if negative { -unscaled } else { unscaled })))
}

/// Appends a decimal as `BigDecimal.stripTrailingZeros().toString()` does: `12.5`, `1E+20`, `0`.
pub(super) fn write_decimal_stripped(out: &mut Vec<u8>, value: Decimal, scale: u8) {
    let (mut unscaled, mut scale) = (value.0, i32::from(scale));
    if unscaled == 0 {
        scale = 0;
    }
    while unscaled != 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    write_big_decimal(out, unscaled, scale);
}

/// Appends a decimal without trailing zeros or exponent: `100000`.
pub(super) fn write_decimal_short(out: &mut Vec<u8>, value: Decimal, scale: u8) {
    let text = decimal::print(value, scale);
    let text = if scale > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &*text };
    out.extend_from_slice(text.as_bytes());
}

fn write_big_decimal(out: &mut Vec<u8>, unscaled: i128, scale: i32) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs()).as_bytes();
    let exponent = digits.len() as i32 - 1 - scale;
    if scale >= 0 && exponent >= -6 {
        return out.extend_from_slice(decimal::print(Decimal(unscaled), scale as u8).as_bytes());
    }
    if unscaled < 0 {
        out.push(b'-');
    }
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    out.push(b'E');
    if exponent >= 0 {
        out.push(b'+');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
}
