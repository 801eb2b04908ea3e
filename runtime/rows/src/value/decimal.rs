//! DECIMAL(p, s) as unscaled integers: rounding to a scale, fitting a precision, text.
//!
//! Arithmetic with Flink's result types is left to [`function::decimal`](crate::function::decimal).

use super::{Decimal, Short};
use ethnum::U256;

/// The most digits a DECIMAL has.
pub const MAX_PRECISION: u8 = 38;

const fn powers() -> [i128; 39] {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < 39 {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
}

const POWERS: [i128; 39] = powers();

/// 10 to the `exponent`, which is at most 38.
#[inline]
pub const fn power_of_ten(exponent: u8) -> i128 {
    POWERS[exponent as usize]
}

/// The value if it has at most `precision` digits.
#[inline]
pub const fn fit(unscaled: i128, precision: u8) -> Option<Decimal> {
    if unscaled.unsigned_abs() < power_of_ten(precision) as u128 { Some(Decimal(unscaled)) } else { None }
}

/// Divides by a positive number, half away from zero.
#[inline]
pub const fn divide_half_up(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    let rest = (value % divisor).unsigned_abs();
    if rest >= (divisor as u128).div_ceil(2) { quotient + value.signum() } else { quotient }
}

/// The same number in another type, rounded half up; `None` where it has too many digits before the point.
#[inline]
pub const fn rescale(value: Decimal, from_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    if scale >= from_scale {
        match value.0.checked_mul(power_of_ten(scale - from_scale)) {
            Some(unscaled) => fit(unscaled, precision),
            None => None,
        }
    } else {
        fit(divide_half_up(value.0, power_of_ten(from_scale - scale)), precision)
    }
}

/// Takes `digits` digits off a wide magnitude, half up, and gives it its sign and type.
pub fn narrow(magnitude: U256, negative: bool, digits: u8, precision: u8) -> Option<Decimal> {
    let mut magnitude = magnitude;
    let mut digits = digits;
    // Digits dropped first only matter if they could complete a half, which they cannot.
    while digits > MAX_PRECISION {
        magnitude /= wide(power_of_ten(MAX_PRECISION));
        digits -= MAX_PRECISION;
    }
    if digits > 0 {
        let divisor = wide(power_of_ten(digits));
        let rest = magnitude % divisor;
        magnitude /= divisor;
        if rest >= divisor / 2 {
            magnitude += U256::ONE;
        }
    }
    let unscaled = i128::try_from(magnitude.as_u128()).ok().filter(|_| *magnitude.high() == 0)?;
    fit(if negative { -unscaled } else { unscaled }, precision)
}

#[inline]
pub const fn wide(value: i128) -> U256 {
    U256::new(value.unsigned_abs())
}

/// `-12.50`: as many digits behind the point as the scale says, never an exponent.
pub fn print(value: Decimal, scale: u8) -> Short {
    let mut text = Short::new();
    if value.0 < 0 {
        text.push(b'-');
    }
    let magnitude = value.0.unsigned_abs();
    let scale = usize::from(scale);
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(magnitude);
    if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        text.push_str(whole);
        if scale > 0 {
            text.push(b'.');
            text.push_str(fraction);
        }
    } else {
        text.push_str("0.");
        (digits.len()..scale).for_each(|_| text.push(b'0'));
        text.push_str(digits);
    }
    text
}

/// As Java's `BigDecimal.toString`: with an exponent where the first digit is more than six places behind
/// the point (`1E-10`, `0E-18`).
pub fn print_java(value: Decimal, scale: u8) -> Short {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.0.unsigned_abs());
    let exponent = digits.len() as i32 - 1 - i32::from(scale);
    if exponent >= -6 {
        return print(value, scale);
    }
    let mut text = Short::new();
    if value.0 < 0 {
        text.push(b'-');
    }
    text.push_str(&digits[..1]);
    if digits.len() > 1 {
        text.push(b'.');
        text.push_str(&digits[1..]);
    }
    text.push(b'E');
    text.push_str(itoa::Buffer::new().format(exponent));
    text
}

/// Reads `12.5`, `-.5`, `1e2` with spaces around, rounding half up to the type; `None` if it is no number
/// or has too many digits before the point.
pub fn parse(text: &str, precision: u8, scale: u8) -> Option<Decimal> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // How many of the digits lie before the last kept place.
    let kept = i64::from(exponent) + whole.len() as i64 + i64::from(scale);
    let mut unscaled: i128 = 0;
    let mut round_up = false;
    let mut position = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        if position < kept {
            unscaled = unscaled.checked_mul(10).and_then(|n| n.checked_add(i128::from(byte - b'0')))?;
        } else if position == kept {
            round_up = byte >= b'5';
        }
        position += 1;
    }
    for _ in position..kept {
        if unscaled == 0 {
            break;
        }
        unscaled = unscaled.checked_mul(10)?;
    }
    unscaled += i128::from(round_up);
    fit(if negative { -unscaled } else { unscaled }, precision)
}

/// The nearest DOUBLE.
pub fn to_double(value: Decimal, scale: u8) -> f64 {
    const EXACT: i128 = 1 << 53;
    if value.0.abs() <= EXACT && scale <= 22 {
        // Both are exact, so that one division rounds once.
        return value.0 as f64 / POWERS[usize::from(scale)] as f64;
    }
    fast_float2::parse(print(value, scale).as_str()).unwrap_or(f64::NAN)
}

/// The DECIMAL that is nearest to how the DOUBLE prints; `None` where it does not fit, or is no number.
pub fn of_double(value: f64, precision: u8, scale: u8) -> Option<Decimal> {
    if !value.is_finite() {
        return None;
    }
    parse(zmij::Buffer::new().format_finite(value), precision, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_away_from_zero() {
        let to_two = |unscaled| rescale(Decimal(unscaled), 3, 10, 2).map(|value| value.0);
        assert_eq!(to_two(1_005), Some(101));
        assert_eq!(to_two(-1_005), Some(-101));
        assert_eq!(to_two(1_004), Some(100));
        assert_eq!(rescale(Decimal(999), 1, 2, 0), None);
        assert_eq!(rescale(Decimal(5), 0, 10, 2), Some(Decimal(500)));
    }

    #[test]
    fn decimals_print_plainly_or_as_java_does() {
        assert_eq!(&*print(Decimal(15_000), 4), "1.5000");
        assert_eq!(&*print(Decimal(0), 4), "0.0000");
        assert_eq!(&*print(Decimal(-5), 2), "-0.05");
        assert_eq!(&*print(Decimal(7), 0), "7");
        assert_eq!(&*print(Decimal(i128::pow(10, 38) - 1), 38), format!("0.{}", "9".repeat(38)));
        assert_eq!(&*print_java(Decimal(100_000_000), 18), "1.00000000E-10");
        assert_eq!(&*print_java(Decimal(0), 18), "0E-18");
        assert_eq!(&*print_java(Decimal(-15), 1), "-1.5");
        assert_eq!(&*print_java(Decimal(1), 6), "0.000001");
        assert_eq!(&*print_java(Decimal(1), 7), "1E-7");
    }

    #[test]
    fn decimals_read_as_casts_do() {
        assert_eq!(parse("12.345", 10, 2), Some(Decimal(1_235)));
        assert_eq!(parse("1e2", 10, 2), Some(Decimal(10_000)));
        assert_eq!(parse("12E-1", 10, 2), Some(Decimal(120)));
        assert_eq!(parse("5e-3", 10, 2), Some(Decimal(1)));
        assert_eq!(parse("5e-4", 10, 2), Some(Decimal(0)));
        assert_eq!(parse("+5.5", 3, 1), Some(Decimal(55)));
        assert_eq!(parse("-.5", 3, 1), Some(Decimal(-5)));
        assert_eq!(parse("5.", 3, 1), Some(Decimal(50)));
        assert_eq!(parse("99.95", 3, 1), None);
        assert_eq!(parse("0e999999999", 3, 1), Some(Decimal(0)));
        for wrong in ["1000", "abc", "", "-", ".", "1_0", "0x10", "1e", "1 2", "NaN", "1e400"] {
            assert_eq!(parse(wrong, 3, 0), None, "{wrong}");
        }
    }

    #[test]
    fn doubles_convert_by_their_printed_digits() {
        assert_eq!(of_double(1.005, 10, 2), Some(Decimal(101)));
        assert_eq!(of_double(1e20, 10, 2), None);
        assert_eq!(of_double(f64::NAN, 10, 2), None);
        assert_eq!(to_double(Decimal(123_456_789_123_456_789), 9), 123_456_789.123_456_79);
        assert_eq!(to_double(Decimal(11), 1), 1.1);
    }
}
