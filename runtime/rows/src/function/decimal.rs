//! Arithmetic on DECIMAL.
//!
//! Precision and scale of the result come from Flink's type rules and are handed in; what has too many
//! digits for them is NULL, not an error.

use super::numeric::division_by_zero;
use crate::error::ValueError;
use crate::value::Decimal;
use crate::value::decimal::{MAX_PRECISION, divide_half_up, fit, narrow, power_of_ten, rescale, wide};
use ethnum::{I256, U256};
use std::cmp::Ordering;

/// `a + b`, rounded half up to the result's scale.
#[inline]
pub fn add(a: Decimal, a_scale: u8, b: Decimal, b_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    let common = a_scale.max(b_scale);
    match (raise(a, common - a_scale), raise(b, common - b_scale)) {
        // Both have at most 38 digits, so that the sum has room.
        (Some(a), Some(b)) => rescale(Decimal(a + b), common, precision, scale),
        _ => {
            let sum = raise_wide(a, common - a_scale) + raise_wide(b, common - b_scale);
            narrow(sum.unsigned_abs(), sum.is_negative(), common - scale.min(common), precision)
        }
    }
}

/// `a - b`.
#[inline]
pub fn sub(a: Decimal, a_scale: u8, b: Decimal, b_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    add(a, a_scale, Decimal(-b.0), b_scale, precision, scale)
}

/// `a * b`.
#[inline]
pub fn mul(a: Decimal, a_scale: u8, b: Decimal, b_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    let exact = a_scale + b_scale;
    match a.0.checked_mul(b.0) {
        Some(product) if exact - scale <= MAX_PRECISION => rescale(Decimal(product), exact, precision, scale),
        _ => narrow(wide(a.0) * wide(b.0), (a.0 < 0) != (b.0 < 0), exact - scale, precision),
    }
}

/// `a / b`, rounded half up to the result's scale.
pub fn div(
    a: Decimal,
    a_scale: u8,
    b: Decimal,
    b_scale: u8,
    precision: u8,
    scale: u8,
) -> Result<Option<Decimal>, ValueError> {
    if b.0 == 0 {
        return Err(division_by_zero());
    }
    let divisor = b.0.unsigned_abs();
    let mut quotient = a.0.unsigned_abs() / divisor;
    let mut rest = a.0.unsigned_abs() % divisor;
    // Long division, up to 38 more digits at a time. The type rules never ask for fewer digits than the
    // integer division gives.
    let mut digits = (scale + b_scale).saturating_sub(a_scale);
    while digits > 0 {
        let step = digits.min(MAX_PRECISION);
        let unit = power_of_ten(step) as u128;
        let numerator = U256::new(rest) * U256::new(unit);
        let Some(shifted) = quotient.checked_mul(unit) else { return Ok(None) };
        let Some(sum) = shifted.checked_add((numerator / U256::new(divisor)).as_u128()) else { return Ok(None) };
        quotient = sum;
        rest = (numerator % U256::new(divisor)).as_u128();
        digits -= step;
    }
    if rest >= divisor.div_ceil(2) {
        quotient += 1;
    }
    let Ok(magnitude) = i128::try_from(quotient) else { return Ok(None) };
    Ok(fit(if (a.0 < 0) != (b.0 < 0) { -magnitude } else { magnitude }, precision))
}

/// MOD and `%`; the sign is the dividend's.
pub fn modulo(
    a: Decimal,
    a_scale: u8,
    b: Decimal,
    b_scale: u8,
    precision: u8,
    scale: u8,
) -> Result<Option<Decimal>, ValueError> {
    if b.0 == 0 {
        return Err(division_by_zero());
    }
    let common = a_scale.max(b_scale);
    Ok(match (raise(a, common - a_scale), raise(b, common - b_scale)) {
        (Some(a), Some(b)) => rescale(Decimal(a % b), common, precision, scale),
        _ => {
            let rest = raise_wide(a, common - a_scale) % raise_wide(b, common - b_scale);
            narrow(rest.unsigned_abs(), rest.is_negative(), common - scale.min(common), precision)
        }
    })
}

/// Which of two decimals of any scales is larger.
#[inline]
pub fn compare(a: Decimal, a_scale: u8, b: Decimal, b_scale: u8) -> Ordering {
    let common = a_scale.max(b_scale);
    match (raise(a, common - a_scale), raise(b, common - b_scale)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => raise_wide(a, common - a_scale).cmp(&raise_wide(b, common - b_scale)),
    }
}

/// Multiplies by a power of ten, as long as there are at most 38 digits.
#[inline]
fn raise(value: Decimal, digits: u8) -> Option<i128> {
    let raised = value.0.checked_mul(power_of_ten(digits))?;
    fit(raised, MAX_PRECISION).map(|value| value.0)
}

fn raise_wide(value: Decimal, digits: u8) -> I256 {
    I256::from(value.0) * I256::from(power_of_ten(digits))
}

/// Unary minus.
#[inline]
pub fn negate(value: Decimal) -> Decimal {
    Decimal(-value.0)
}

#[inline]
pub fn abs(value: Decimal) -> Decimal {
    Decimal(value.0.abs())
}

/// SIGN, in the type of the argument.
#[inline]
pub fn sign(value: Decimal, scale: u8) -> Decimal {
    Decimal(value.0.signum() * power_of_ten(scale))
}

/// CEIL: DECIMAL(p, s) becomes DECIMAL(p, 0).
#[inline]
pub fn ceil(value: Decimal, scale: u8) -> Decimal {
    Decimal(-((-value.0).div_euclid(power_of_ten(scale))))
}

/// FLOOR: DECIMAL(p, s) becomes DECIMAL(p, 0).
#[inline]
pub fn floor(value: Decimal, scale: u8) -> Decimal {
    Decimal(value.0.div_euclid(power_of_ten(scale)))
}

/// ROUND(decimal, digits), half away from zero, to the result's type.
pub fn round(value: Decimal, digits: i32, value_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    adjust(value, value_scale, digits, precision, scale, divide_half_up)
}

/// ROUND(decimal).
pub fn round_whole(value: Decimal, value_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    round(value, 0, value_scale, precision, scale)
}

/// TRUNCATE(decimal).
pub fn truncate_whole(value: Decimal, value_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    truncate(value, 0, value_scale, precision, scale)
}

/// TRUNCATE(decimal, digits), to the result's type.
pub fn truncate(value: Decimal, digits: i32, value_scale: u8, precision: u8, scale: u8) -> Option<Decimal> {
    adjust(value, value_scale, digits, precision, scale, |value, divisor| value / divisor)
}

fn adjust(
    value: Decimal,
    value_scale: u8,
    digits: i32,
    precision: u8,
    scale: u8,
    divide: fn(i128, i128) -> i128,
) -> Option<Decimal> {
    let surplus = i32::from(value_scale).saturating_sub(digits);
    if surplus <= 0 {
        return rescale(value, value_scale, precision, scale);
    }
    let Ok(surplus @ 0..=MAX_PRECISION) = u8::try_from(surplus) else { return Some(Decimal(0)) };
    let kept = divide(value.0, power_of_ten(surplus)).checked_mul(power_of_ten(surplus))?;
    rescale(Decimal(kept), value_scale, precision, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(unscaled: i128) -> Decimal {
        Decimal(unscaled)
    }

    /// 38 nines.
    const MAX: i128 = power_of_ten(38) - 1;

    /// Operands and results as Flink 2.3 gives them for the types in the comments.
    #[test]
    fn sums_and_products() {
        // DECIMAL(10, 2) + DECIMAL(10, 3)
        assert_eq!(add(d(123), 2, d(1_234), 3, 12, 3), Some(d(2_464)));
        assert_eq!(sub(d(123), 2, d(1_234), 3, 12, 3), Some(d(-4)));
        // DECIMAL(38, 10) + DECIMAL(38, 3) is DECIMAL(38, 6)
        assert_eq!(add(d(12_300_000_000), 10, d(1_234), 3, 38, 6), Some(d(2_464_000)));
        assert_eq!(add(d(12_300_000_000), 10, d(MAX / 10_000), 3, 38, 6), Some(d((MAX / 10_000) * 1_000 + 1_230_000)));
        assert_eq!(add(d(MAX), 0, d(1), 0, 38, 0), None);
        assert_eq!(mul(d(123), 2, d(1_234), 3, 21, 5), Some(d(151_782)));
        // DECIMAL(38, 18) * DECIMAL(38, 18) is DECIMAL(38, 6)
        let (a, b) = (d(1_230_000_000_000_000_000), d(1_234_000_000_000_000_000));
        assert_eq!(mul(a, 18, b, 18, 38, 6), Some(d(1_517_820)));
        let (a, b) = (d(12_345_678_901_234_567_890_123_456_789_012_345_678), d(1_000_000_000_000_000_001));
        assert_eq!(mul(a, 18, b, 18, 38, 6), Some(d(12_345_678_901_234_567_902_469_136)));
        assert_eq!(mul(d(MAX), 0, d(10), 0, 38, 0), None);
    }

    #[test]
    fn quotients_round_half_up() {
        // DECIMAL(38, 18) / DECIMAL(38, 18) is DECIMAL(38, 6)
        assert_eq!(div(d(power_of_ten(18)), 18, d(3 * power_of_ten(18)), 18, 38, 6), Ok(Some(d(333_333))));
        assert_eq!(div(d(power_of_ten(37)), 37, d(3 * power_of_ten(37)), 37, 38, 6), Ok(Some(d(333_333))));
        // 2 / 7.5 is DECIMAL(17, 6)
        assert_eq!(div(d(2), 0, d(75), 1, 17, 6), Ok(Some(d(266_667))));
        assert_eq!(div(d(-2), 0, d(75), 1, 17, 6), Ok(Some(d(-266_667))));
        // 10.00 / 4 is DECIMAL(15, 13)
        assert_eq!(div(d(1_000), 2, d(4), 0, 15, 13), Ok(Some(d(25_000_000_000_000))));
        assert_eq!(div(d(123_456), 3, d(1), 1, 10, 6), Ok(Some(d(1_234_560_000))));
        assert_eq!(div(d(MAX), 0, d(1), 38, 38, 6), Ok(None));
        assert!(div(d(1), 0, d(0), 0, 38, 6).is_err());
    }

    #[test]
    fn remainders_have_the_dividends_sign() {
        assert_eq!(modulo(d(-755), 2, d(20), 1, 3, 2), Ok(Some(d(-155))));
        assert_eq!(modulo(d(755), 2, d(2_125), 3, 5, 3), Ok(Some(d(1_175))));
        assert_eq!(modulo(d(75), 1, d(-225), 2, 3, 2), Ok(Some(d(75))));
        assert_eq!(modulo(d(MAX), 0, d(7), 38, 38, 38), Ok(Some(d(2))));
        assert!(modulo(d(1), 0, d(0), 0, 1, 0).is_err());
    }

    #[test]
    fn scales_do_not_matter_to_comparisons() {
        assert_eq!(compare(d(15), 1, d(150), 2), Ordering::Equal);
        assert_eq!(compare(d(15), 1, d(151), 2), Ordering::Less);
        assert_eq!(compare(d(MAX), 0, d(MAX), 38), Ordering::Greater);
        assert_eq!(compare(d(-MAX), 0, d(1), 38), Ordering::Less);
    }

    #[test]
    fn rounding_functions() {
        assert_eq!(ceil(d(521), 2), d(6));
        assert_eq!(ceil(d(-521), 2), d(-5));
        assert_eq!(floor(d(521), 2), d(5));
        assert_eq!(floor(d(-521), 2), d(-6));
        assert_eq!(sign(d(-55), 1), d(-10));
        assert_eq!(round(d(1_235), 2, 3, 10, 2), Some(d(124)));
        assert_eq!(round(d(-1_235), 2, 3, 10, 2), Some(d(-124)));
        assert_eq!(round(d(1_235), 5, 3, 10, 3), Some(d(1_235)));
        assert_eq!(round(d(155_235), -1, 3, 8, 0), Some(d(160)));
        assert_eq!(round(d(999), 1, 2, 3, 1), Some(d(100)));
        assert_eq!(truncate(d(42_345), 2, 3, 5, 2), Some(d(4_234)));
        assert_eq!(truncate(d(-42_345), 1, 3, 4, 1), Some(d(-423)));
        assert_eq!(truncate(d(1_234_567_891), -2, 3, 10, 0), Some(d(1_234_500)));
    }
}
