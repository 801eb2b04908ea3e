//! DOUBLE and FLOAT as text, the way Java prints them: `70.5`, `1.0E10`, `NaN`, `-Infinity`.
//!
//! The digits are the shortest that read back to the same number, as `Double.toString` writes since JDK 19.
//! Older JDKs print a digit more for a few numbers (2.0E23 as `1.9999999999999998E23`): Flink on Java 17
//! does so too, and we don't. Reading numbers is left to [`format`](mod@crate::format).

/// Appends a DOUBLE.
pub fn write_double(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    if (1e-3..1e7).contains(&magnitude) {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if magnitude == 0.0 || !magnitude.is_finite() {
        out.extend_from_slice(special(value));
    } else if magnitude < 1e-300 {
        write_scientific(
            out,
            &java_shortest(zmij::Buffer::new().format_finite(value), &format!("{value:.1e}"), |text| {
                text.parse() == Ok(value)
            }),
        );
    } else {
        write_scientific(out, zmij::Buffer::new().format_finite(value));
    }
}

/// Appends a FLOAT.
pub fn write_float(out: &mut Vec<u8>, value: f32) {
    let magnitude = value.abs();
    if (1e-3..1e7).contains(&magnitude) {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if magnitude == 0.0 || !magnitude.is_finite() {
        out.extend_from_slice(special(f64::from(value)));
    } else if magnitude < 1e-37 {
        write_scientific(
            out,
            &java_shortest(zmij::Buffer::new().format_finite(value), &format!("{value:.1e}"), |text| {
                text.parse() == Ok(value)
            }),
        );
    } else {
        write_scientific(out, zmij::Buffer::new().format_finite(value));
    }
}

/// A DOUBLE as text.
pub fn double_text(value: f64) -> String {
    let mut out = Vec::with_capacity(24);
    write_double(&mut out, value);
    String::from_utf8(out).expect("a number is ASCII")
}

/// A FLOAT as text.
pub fn float_text(value: f32) -> String {
    let mut out = Vec::with_capacity(16);
    write_float(&mut out, value);
    String::from_utf8(out).expect("a number is ASCII")
}

fn special(value: f64) -> &'static [u8] {
    if value.is_nan() {
        b"NaN"
    } else if value == 0.0 {
        if value.is_sign_negative() { b"-0.0" } else { b"0.0" }
    } else if value > 0.0 {
        b"Infinity"
    } else {
        b"-Infinity"
    }
}

/// Java always prints two digits. Where one would do, it takes the two that are nearest (`4.9E-324`, not
/// `5.0E-324`), which only makes a difference among the smallest numbers.
fn java_shortest(shortest: &str, two_digits: &str, reads_back: impl Fn(&str) -> bool) -> String {
    let digits = shortest.split(['e', 'E']).next().unwrap_or(shortest).bytes().filter(u8::is_ascii_digit);
    let significant = digits.skip_while(|digit| *digit == b'0').collect::<Vec<_>>();
    let one_digit = significant.iter().skip(1).all(|digit| *digit == b'0');
    if one_digit && reads_back(two_digits) { two_digits.to_owned() } else { shortest.to_owned() }
}

/// Turns any decimal spelling (`12345678.9`, `1e23`, `0.0000123`) into Java's `d.dddE±x`.
fn write_scientific(out: &mut Vec<u8>, text: &str) {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().expect("an exponent is a small number")),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    if unsigned.len() != mantissa.len() {
        out.push(b'-');
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
    let exponent = exponent + whole.len() as i32 - leading_zeros - 1;
    out.push(digits[0]);
    out.push(b'.');
    if count > 1 {
        out.extend_from_slice(&digits[1..count]);
    } else {
        out.push(b'0');
    }
    out.push(b'E');
    out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
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
            assert_eq!(double_text(*value), *text);
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
            assert_eq!(float_text(*value), *text);
        }
    }

    /// What JDK 19 and later print; a Flink on Java 17 prints 1.9999999999999998E23 and so on.
    #[test]
    fn digits_are_the_shortest() {
        assert_eq!(double_text(2e23), "2.0E23");
        assert_eq!(double_text(1e23), "1.0E23");
        assert_eq!(double_text(8.41e21), "8.41E21");
        assert_eq!(double_text(9.9e-324), "9.9E-324");
        assert_eq!(double_text(2e-323), "2.0E-323");
        assert_eq!(float_text(2.8e-45), "2.8E-45");
        assert_eq!(float_text(f32::MIN_POSITIVE), "1.1754944E-38");
    }
}
