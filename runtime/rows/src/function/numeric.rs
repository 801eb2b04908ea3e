//! Arithmetic on integers, FLOAT and DOUBLE.
//!
//! Integers wrap as Java's do; functions of DOUBLE give NaN and infinities instead of failing. Rounding works
//! on the digits that a number prints, half away from zero: ROUND(1.005, 2) is 1.01. Trigonometric and
//! hyperbolic functions are those of `libm`, which agree with Java's to the last digit where those of C do not.

use crate::error::ValueError;
use crate::value::{Arena, double};
use std::f64::consts;

/// TINYINT, SMALLINT, INT and BIGINT.
pub trait Integer: Copy {
    fn wide(self) -> i64;
    /// Cuts off what does not fit.
    fn wrap(value: i128) -> Self;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Integer for $type {
            #[inline]
            fn wide(self) -> i64 {
                self as i64
            }
            #[inline]
            fn wrap(value: i128) -> Self {
                value as Self
            }
        }
    )*};
}
integers!(i8, i16, i32, i64);

/// FLOAT and DOUBLE.
pub trait Float: Copy {
    fn wide(self) -> f64;
    fn narrow(value: f64) -> Self;
}

impl Float for f64 {
    #[inline]
    fn wide(self) -> f64 {
        self
    }
    #[inline]
    fn narrow(value: f64) -> f64 {
        value
    }
}

impl Float for f32 {
    #[inline]
    fn wide(self) -> f64 {
        f64::from(self)
    }
    #[inline]
    fn narrow(value: f64) -> f32 {
        value as f32
    }
}

#[cold]
pub(super) fn division_by_zero() -> ValueError {
    ValueError::new("division by zero")
}

/// `a / b` of integers, towards zero.
#[inline]
pub fn div<T: Integer>(dividend: T, divisor: T) -> Result<T, ValueError> {
    match divisor.wide() {
        0 => Err(division_by_zero()),
        divisor => Ok(T::wrap(i128::from(dividend.wide().wrapping_div(divisor)))),
    }
}

/// MOD and `%` of integers; the sign is the dividend's.
#[inline]
pub fn modulo<T: Integer, U: Integer>(dividend: T, divisor: U) -> Result<U, ValueError> {
    match divisor.wide() {
        0 => Err(division_by_zero()),
        divisor => Ok(U::wrap(i128::from(dividend.wide().wrapping_rem(divisor)))),
    }
}

/// ABS; the smallest integer stays as it is.
#[inline]
pub fn abs<T: Integer>(value: T) -> T {
    T::wrap(i128::from(value.wide()).abs())
}

#[inline]
pub fn abs_float<T: Float>(value: T) -> T {
    T::narrow(value.wide().abs())
}

/// SIGN: -1, 0 or 1.
#[inline]
pub fn sign<T: Integer>(value: T) -> T {
    T::wrap(i128::from(value.wide().signum()))
}

/// SIGN of an approximate number; zeros and NaN stay what they are.
#[inline]
pub fn sign_float<T: Float>(value: T) -> T {
    let value = value.wide();
    T::narrow(if value == 0.0 || value.is_nan() { value } else { value.signum() })
}

/// CEIL and FLOOR of integers, and ROUND without digits.
#[inline]
pub fn same<T>(value: T) -> T {
    value
}

#[inline]
pub fn ceil_float<T: Float>(value: T) -> T {
    T::narrow(value.wide().ceil())
}

#[inline]
pub fn floor_float<T: Float>(value: T) -> T {
    T::narrow(value.wide().floor())
}

/// ROUND(integer, digits): a negative number of digits rounds before the point; the result wraps.
pub fn round<T: Integer>(value: T, digits: i32) -> T {
    adjust(value, digits, Rounding::HalfUp)
}

/// TRUNCATE(integer, digits).
pub fn truncate<T: Integer>(value: T, digits: i32) -> T {
    adjust(value, digits, Rounding::Down)
}

fn adjust<T: Integer>(value: T, digits: i32, rounding: Rounding) -> T {
    let exponent = digits.saturating_neg();
    if exponent <= 0 {
        return value;
    }
    if exponent > 20 {
        return T::wrap(0);
    }
    let unit = 10i128.pow(exponent as u32);
    let wide = i128::from(value.wide());
    T::wrap(drop_digits(wide.unsigned_abs(), unit as u128, rounding) as i128 * wide.signum() * unit)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    HalfUp,
    Down,
}

fn drop_digits(value: u128, unit: u128, rounding: Rounding) -> u128 {
    let quotient = value / unit;
    if rounding == Rounding::HalfUp && value % unit >= unit.div_ceil(2) { quotient + 1 } else { quotient }
}

/// ROUND(number, digits). NaN and infinities have no digits: an error, as in Flink.
pub fn round_float<T: Float>(value: T, digits: i32) -> Result<T, ValueError> {
    adjust_float(value.wide(), digits, Rounding::HalfUp).map(T::narrow)
}

/// TRUNCATE(number, digits).
pub fn truncate_float<T: Float>(value: T, digits: i32) -> Result<T, ValueError> {
    adjust_float(value.wide(), digits, Rounding::Down).map(T::narrow)
}

/// ROUND(number).
pub fn round_float_whole<T: Float>(value: T) -> Result<T, ValueError> {
    round_float(value, 0)
}

/// TRUNCATE(number).
pub fn truncate_float_whole<T: Float>(value: T) -> Result<T, ValueError> {
    truncate_float(value, 0)
}

fn adjust_float(value: f64, digits: i32, rounding: Rounding) -> Result<f64, ValueError> {
    let Some((negative, significand, exponent)) = double::digits(value) else {
        return Err(ValueError::new(format!("{} cannot be rounded", double::print(value))));
    };
    // How many of the printed digits lie behind the last place that is kept.
    let surplus = -i64::from(exponent) - i64::from(digits);
    if surplus <= 0 {
        return Ok(value);
    }
    if surplus > 20 {
        return Ok(0.0);
    }
    let kept = drop_digits(u128::from(significand), 10u128.pow(surplus as u32), rounding);
    let sign = if negative { "-" } else { "" };
    Ok(format!("{sign}{kept}e{}", -i64::from(digits)).parse::<f64>().map_or(value, |rounded| rounded + 0.0))
}

#[inline]
pub fn sqrt(value: f64) -> f64 {
    value.sqrt()
}

#[inline]
pub fn exp(value: f64) -> f64 {
    value.exp()
}

/// LN(x) and LOG(x).
#[inline]
pub fn ln(value: f64) -> f64 {
    value.ln()
}

/// LOG(base, x).
#[inline]
pub fn log(base: f64, value: f64) -> f64 {
    value.ln() / base.ln()
}

#[inline]
pub fn log10(value: f64) -> f64 {
    value.log10()
}

#[inline]
pub fn log2(value: f64) -> f64 {
    value.ln() / consts::LN_2
}

#[inline]
pub fn power(base: f64, exponent: f64) -> f64 {
    // Java has no opinion on 1 to the power of NaN or infinity; IEEE says 1.
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) { f64::NAN } else { base.powf(exponent) }
}

macro_rules! of_double {
    ($($name:ident),*) => {$(
        #[inline]
        pub fn $name(value: f64) -> f64 {
            libm::$name(value)
        }
    )*};
}
of_double!(sin, cos, tan, asin, acos, atan, sinh, cosh, tanh);

#[inline]
pub fn cot(value: f64) -> f64 {
    1.0 / libm::tan(value)
}

#[inline]
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

#[inline]
pub fn degrees(radians: f64) -> f64 {
    radians * (180.0 / consts::PI)
}

#[inline]
pub fn radians(degrees: f64) -> f64 {
    degrees * (consts::PI / 180.0)
}

#[inline]
pub fn pi() -> f64 {
    consts::PI
}

#[inline]
pub fn e() -> f64 {
    consts::E
}

/// BIN: the bits of a BIGINT.
pub fn bin<T: Integer>(arena: &Arena, value: T) -> &str {
    bumpalo::format!(in arena, "{:b}", value.wide()).into_bump_str()
}

/// HEX of an integer, in capitals.
pub fn hex<T: Integer>(arena: &Arena, value: T) -> &str {
    bumpalo::format!(in arena, "{:X}", value.wide()).into_bump_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_and_divide_as_javas() {
        assert_eq!(div(-7, 2), Ok(-3));
        assert_eq!(div(i32::MIN, -1), Ok(i32::MIN));
        assert_eq!(div(1i64, 0).unwrap_err().to_string(), "division by zero");
        assert_eq!(modulo(-7, 3), Ok(-1));
        assert_eq!(modulo(7, -3i64), Ok(1i64));
        assert_eq!(modulo(i64::MIN, -1i64), Ok(0));
        assert_eq!(abs(i8::MIN), -128);
        assert_eq!(abs(i32::MIN), i32::MIN);
        assert_eq!(abs(-5i64), 5);
        assert_eq!(sign(-5), -1);
    }

    #[test]
    fn integers_round_before_the_point() {
        assert_eq!(round(15, -1), 20);
        assert_eq!(round(14, -1), 10);
        assert_eq!(round(-15, -1), -20);
        assert_eq!(round(i32::MAX, -1), -2_147_483_646);
        assert_eq!(round(127i8, -1), -126);
        assert_eq!(round(15, 1), 15);
        assert_eq!(round(15, i32::MIN), 0);
        assert_eq!(truncate(42, -1), 40);
        assert_eq!(truncate(-49i64, -1), -40);
    }

    #[test]
    fn doubles_round_by_their_printed_digits() {
        assert_eq!(round_float(1.235, 2), Ok(1.24));
        assert_eq!(round_float(2.5, 0), Ok(3.0));
        assert_eq!(round_float(-2.5, 0), Ok(-3.0));
        assert_eq!(round_float(1.005, 2), Ok(1.01));
        assert_eq!(round_float(1_234.5, -2), Ok(1_200.0));
        assert_eq!(round_float(1e300, 2), Ok(1e300));
        assert_eq!(round_float(1e-300, 2), Ok(0.0));
        assert_eq!(round_float(1.255f32, 2), Ok(1.25));
        assert_eq!(truncate_float(42.345, 2), Ok(42.34));
        assert_eq!(truncate_float(-42.999, 0), Ok(-42.0));
        assert_eq!(truncate_float(42.345f32, 2), Ok(42.34));
        assert!(round_float(f64::NAN, 2).is_err());
    }

    #[test]
    fn mathematics() {
        assert_eq!(log(2.0, 8.0), 3.0);
        assert_eq!(log2(8.0), 3.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert!(ln(-1.0).is_nan());
        assert_eq!(power(2.0, 10.0), 1_024.0);
        assert_eq!(power(2.0, 0.5), consts::SQRT_2);
        assert_eq!(degrees(1.0), 57.29577951308232);
        assert_eq!(exp(1.0), consts::E);
        assert_eq!(sin(2.5), 0.5984721441039564);
        assert_eq!(cosh(1.0), 1.543080634815244);
        assert_eq!(acos(-2.5 / 3.0), 2.555907110132642);
        assert_eq!(radians(180.5), 3.1503192998497647);
        assert_eq!(sign_float(-5.5), -1.0);
        assert!(sign_float(f64::NAN).is_nan());
    }

    #[test]
    fn negative_integers_have_64_bits() {
        let arena = Arena::new();
        assert_eq!(bin(&arena, -4), format!("{}100", "1".repeat(61)));
        assert_eq!(bin(&arena, 12i64), "1100");
        assert_eq!(hex(&arena, -1i8), "FFFFFFFFFFFFFFFF");
        assert_eq!(hex(&arena, 255), "FF");
    }
}
