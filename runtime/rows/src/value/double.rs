//! DOUBLE and FLOAT as text, the way Java prints and reads them: `70.5`, `1.0E10`, `NaN`, `-Infinity`.
//!
//! The digits are the shortest that read back to the same number, as `Double.toString` writes since JDK 19.
//! Older JDKs print a digit more for a few numbers (2.0E23 as `1.9999999999999998E23`): Flink on Java 17
//! does so too, and we don't. Reading the numbers of a record is left to [`format`](mod@crate::format).

use super::Short;

/// A DOUBLE: `1.0`, `0.001`, `1.0E7`, `-1.5E-10`, `NaN`, `Infinity`.
#[inline]
pub fn print(value: f64) -> Short {
    let magnitude = value.abs();
    if (1e-3..1e7).contains(&magnitude) {
        Short::from(zmij::Buffer::new().format_finite(value))
    } else if magnitude == 0.0 || !magnitude.is_finite() {
        Short::from(special(value))
    } else if magnitude < 1e-300 && format!("{value:.1e}").parse() == Ok(value) {
        scientific(&two_digits(zmij::Buffer::new().format_finite(value), format!("{value:.1e}")))
    } else {
        scientific(zmij::Buffer::new().format_finite(value))
    }
}

/// A FLOAT, with the digits that a FLOAT needs.
#[inline]
pub fn print_float(value: f32) -> Short {
    let magnitude = value.abs();
    if (1e-3..1e7).contains(&magnitude) {
        Short::from(zmij::Buffer::new().format_finite(value))
    } else if magnitude == 0.0 || !magnitude.is_finite() {
        Short::from(special(f64::from(value)))
    } else if magnitude < 1e-37 && format!("{value:.1e}").parse() == Ok(value) {
        scientific(&two_digits(zmij::Buffer::new().format_finite(value), format!("{value:.1e}")))
    } else {
        scientific(zmij::Buffer::new().format_finite(value))
    }
}

/// Appends a DOUBLE.
#[inline]
pub fn write_double(out: &mut Vec<u8>, value: f64) {
    if (1e-3..1e7).contains(&value.abs()) {
        return out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
    out.extend_from_slice(print(value).as_bytes());
}

/// Appends a FLOAT.
#[inline]
pub fn write_float(out: &mut Vec<u8>, value: f32) {
    out.extend_from_slice(print_float(value).as_bytes());
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value == 0.0 {
        if value.is_sign_negative() { "-0.0" } else { "0.0" }
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Java always prints two digits. Where one would do, it takes the two that are nearest (`4.9E-324`, not
/// `5.0E-324`), which only makes a difference among the smallest numbers.
#[cold]
fn two_digits(shortest: &str, two: String) -> String {
    let mantissa = shortest.split(['e', 'E']).next().unwrap_or(shortest);
    let significant = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
    if significant.skip(1).all(|digit| digit == b'0') { two } else { shortest.to_owned() }
}

/// From any spelling with the right digits to Java's `d.dddEn`.
fn scientific(shortest: &str) -> Short {
    let (mantissa, exponent) = match shortest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().expect("an exponent is a small number")),
        None => (shortest, 0),
    };
    let mut text = Short::new();
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    if unsigned.len() != mantissa.len() {
        text.push(b'-');
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut digits = [0u8; 40];
    let mut count = 0;
    let mut leading_zeros = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        if count == 0 && digit == b'0' {
            leading_zeros += 1;
        } else {
            digits[count] = digit;
            count += 1;
        }
    }
    while count > 1 && digits[count - 1] == b'0' {
        count -= 1;
    }
    text.push(digits[0]);
    text.push(b'.');
    digits[1..count.max(2)].iter().for_each(|digit| text.push((*digit).max(b'0')));
    text.push(b'E');
    text.push_str(itoa::Buffer::new().format(exponent + whole.len() as i32 - leading_zeros - 1));
    text
}

/// The printed digits of a finite number: sign, digits, and the power of ten to multiply them by.
pub fn digits(value: f64) -> Option<(bool, u64, i32)> {
    if !value.is_finite() {
        return None;
    }
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(value);
    let (mantissa, exponent) = match shortest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (shortest, 0),
    };
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
    let mut significand: u64 = 0;
    let mut zeros = 0;
    for byte in mantissa.bytes().filter(u8::is_ascii_digit) {
        // Zeros are added only once a digit follows: trailing ones could overflow.
        if byte == b'0' {
            zeros += 1;
        } else {
            significand = significand * 10u64.pow(zeros + 1) + u64::from(byte - b'0');
            zeros = 0;
        }
    }
    Some((value.is_sign_negative(), significand, exponent - fraction + zeros as i32))
}

/// Reads what Java's `Double.valueOf` reads: spaces around, `NaN`, `Infinity`, a trailing `d` or `f`.
/// Hexadecimal numbers are the one form left out.
pub fn parse(text: &str) -> Option<f64> {
    match spelling(text)? {
        Spelling::Digits(digits) => fast_float2::parse(digits).ok(),
        Spelling::Special(value) => Some(value),
    }
}

/// As [`parse`], rounded once to a FLOAT.
pub fn parse_float(text: &str) -> Option<f32> {
    match spelling(text)? {
        Spelling::Digits(digits) => fast_float2::parse(digits).ok(),
        Spelling::Special(value) => Some(value as f32),
    }
}

enum Spelling<'t> {
    Digits(&'t str),
    Special(f64),
}

fn spelling(text: &str) -> Option<Spelling<'_>> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned {
        "NaN" => return Some(Spelling::Special(f64::NAN)),
        "Infinity" if text.starts_with('-') => return Some(Spelling::Special(f64::NEG_INFINITY)),
        "Infinity" => return Some(Spelling::Special(f64::INFINITY)),
        _ => {}
    }
    // The parser knows more spellings of infinity than Java.
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    Some(Spelling::Digits(text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values and texts from a run of Flink 2.3, whose JSON sink prints with `Double.toString`.
    #[test]
    fn doubles_look_like_javas() {
        let cases: &[(f64, &str)] = &[
            (70.5, "70.5"),
            (134.22, "134.22"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (100.0, "100.0"),
            (1e10, "1.0E10"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (1e-3, "0.001"),
            (-1e-3, "-0.001"),
            (2e-3, "0.002"),
            (1e-5, "1.0E-5"),
            (123_456_789.0, "1.23456789E8"),
            (12_345_678.9, "1.23456789E7"),
            (1_234_567.8, "1234567.8"),
            (9_007_199_254_740_992.0, "9.007199254740992E15"),
            (1.7976931348623157E308, "1.7976931348623157E308"),
            (2.2250738585072014E-308, "2.2250738585072014E-308"),
            (2.220446049250313E-16, "2.220446049250313E-16"),
            (4.9E-324, "4.9E-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in cases {
            assert_eq!(&*print(*value), *text);
        }
    }

    #[test]
    fn floats_look_like_javas() {
        let cases: &[(f32, &str)] = &[
            (70.5, "70.5"),
            (1e10, "1.0E10"),
            (0.001, "0.001"),
            (9.99999e-4, "9.99999E-4"),
            (3.402_823_5e38, "3.4028235E38"),
            (16_777_216.0, "1.6777216E7"),
            (12_345_678.0, "1.2345678E7"),
            (123_456.7, "123456.7"),
            (0.333_333_34, "0.33333334"),
            (8.41e21, "8.41E21"),
            (1.4e-45, "1.4E-45"),
            (1e23, "1.0E23"),
        ];
        for (value, text) in cases {
            assert_eq!(&*print_float(*value), *text);
        }
    }

    /// What JDK 19 and later print; a Flink on Java 17 prints 1.9999999999999998E23 and so on.
    #[test]
    fn digits_are_the_shortest() {
        assert_eq!(&*print(2e23), "2.0E23");
        assert_eq!(&*print(1e23), "1.0E23");
        assert_eq!(&*print(8.41e21), "8.41E21");
        assert_eq!(&*print(9.9e-324), "9.9E-324");
        assert_eq!(&*print(2e-323), "2.0E-323");
        assert_eq!(&*print_float(2.8e-45), "2.8E-45");
        assert_eq!(&*print_float(f32::MIN_POSITIVE), "1.1754944E-38");
    }

    #[test]
    fn doubles_read_as_java_reads_them() {
        assert_eq!(parse(" 1.5 "), Some(1.5));
        assert_eq!(parse("+1e5"), Some(1e5));
        assert_eq!(parse("1.5d"), Some(1.5));
        assert_eq!(parse("5."), Some(5.0));
        assert_eq!(parse(".5"), Some(0.5));
        assert_eq!(parse("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse("1e400"), Some(f64::INFINITY));
        for wrong in ["", " ", "abc", "inf", "nan", "infinity", "1_000", "1 2", "e5", ".", "+", "+-5", "1.5dd"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
