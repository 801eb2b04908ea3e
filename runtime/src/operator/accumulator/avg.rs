//! AVG.

use super::sum::{DECIMAL_LIMIT, Summand};
use super::{Accumulator, Value};
use crate::row::Codec;
use crate::value::Decimal;

/// A number type that AVG returns as it takes it, adding up in a wider one.
pub trait Mean: Value + Copy + for<'a> Value<Borrowed<'a> = Self> {
    type Sum: Summand;

    fn widen(self) -> Self::Sum;
    fn divide(sum: Self::Sum, count: i64) -> Self;
}

macro_rules! truncating {
    ($($type:ty),*) => {$(
        impl Mean for $type {
            type Sum = i64;

            #[inline]
            fn widen(self) -> i64 {
                i64::from(self)
            }
            #[inline]
            #[allow(clippy::cast_possible_truncation, trivial_numeric_casts)]
            fn divide(sum: i64, count: i64) -> Self {
                sum.wrapping_div(count) as $type
            }
        }
    )*};
}
truncating!(i8, i16, i32, i64);

impl Mean for f32 {
    type Sum = f64;

    #[inline]
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline]
    fn divide(sum: f64, count: i64) -> Self {
        (sum / count as f64) as f32
    }
}

impl Mean for f64 {
    type Sum = f64;

    #[inline]
    fn widen(self) -> f64 {
        self
    }
    #[inline]
    fn divide(sum: f64, count: i64) -> Self {
        sum / count as f64
    }
}

/// `AVG(x)` of an integer type, FLOAT or DOUBLE: of the type of `x`, NULL without values. Integers are added up
/// as BIGINT, which wraps, and the quotient is truncated; FLOAT is added up as DOUBLE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Avg<T: Mean> {
    sum: T::Sum,
    count: i64,
}

impl<T: Mean> Default for Avg<T> {
    fn default() -> Self {
        Avg { sum: T::Sum::ZERO, count: 0 }
    }
}

impl<T: Mean> Avg<T> {
    #[inline]
    pub fn add(&mut self, value: impl Into<Option<T>>) {
        if let Some(value) = value.into() {
            self.sum = self.sum.plus(value.widen()).unwrap_or(T::Sum::ZERO);
            self.count += 1;
        }
    }

    #[inline]
    pub fn subtract(&mut self, value: impl Into<Option<T>>) {
        if let Some(value) = value.into() {
            self.sum = self.sum.minus(value.widen()).unwrap_or(T::Sum::ZERO);
            self.count -= 1;
        }
    }

    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.sum = self.sum.plus(other.sum).unwrap_or(T::Sum::ZERO);
        self.count += other.count;
    }

    #[inline]
    pub fn value(&self) -> Option<T> {
        (self.count != 0).then(|| T::divide(self.sum, self.count))
    }
}

impl<T: Mean> Accumulator<T> for Avg<T> {
    #[inline]
    fn add(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        Avg::add(self, value);
    }
    #[inline]
    fn subtract(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        Avg::subtract(self, value);
    }
    #[inline]
    fn merge(&mut self, other: &Self) {
        Avg::merge(self, other);
    }
}

/// `AVG(x)` of DECIMAL(p, SCALE): a DECIMAL(38, max(6, SCALE)), rounded half up. Once the sum has overflowed 38
/// digits it is NULL for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalAvg<const SCALE: u32> {
    sum: Option<Decimal>,
    count: i64,
}

impl<const SCALE: u32> Default for DecimalAvg<SCALE> {
    fn default() -> Self {
        DecimalAvg { sum: Some(Decimal(0)), count: 0 }
    }
}

impl<const SCALE: u32> DecimalAvg<SCALE> {
    #[inline]
    pub fn add(&mut self, value: impl Into<Option<Decimal>>) {
        if let Some(value) = value.into() {
            self.sum = self.sum.and_then(|sum| sum.plus(value));
            self.count += 1;
        }
    }

    #[inline]
    pub fn subtract(&mut self, value: impl Into<Option<Decimal>>) {
        if let Some(value) = value.into() {
            self.sum = self.sum.and_then(|sum| sum.minus(value));
            self.count -= 1;
        }
    }

    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.sum = self.sum.zip(other.sum).and_then(|(sum, other)| sum.plus(other));
        self.count += other.count;
    }

    pub fn value(&self) -> Option<Decimal> {
        let count = i128::from(self.count);
        let sum = self.sum.filter(|_| count != 0)?.0;
        let widened = 10i128.pow(6u32.saturating_sub(SCALE));
        // The whole part first, so that only a result of more than 38 digits overflows.
        let (whole, rest) = (sum / count, sum % count);
        let fraction = rest * widened;
        let half_up =
            i128::from((fraction % count).unsigned_abs() * 2 >= count.unsigned_abs()) * (sum.signum() * count.signum());
        let value = whole.checked_mul(widened)?.checked_add(fraction / count + half_up)?;
        (value.unsigned_abs() < DECIMAL_LIMIT.unsigned_abs()).then_some(Decimal(value))
    }
}

impl<const SCALE: u32> Accumulator<Decimal> for DecimalAvg<SCALE> {
    #[inline]
    fn add(&mut self, value: Option<<Decimal as Value>::Borrowed<'_>>) {
        DecimalAvg::add(self, value);
    }
    #[inline]
    fn subtract(&mut self, value: Option<<Decimal as Value>::Borrowed<'_>>) {
        DecimalAvg::subtract(self, value);
    }
    #[inline]
    fn merge(&mut self, other: &Self) {
        DecimalAvg::merge(self, other);
    }
}

impl<T: Mean> Codec<'_> for Avg<T> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.sum.encode(out);
        self.count.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &[u8]) -> Self {
        Avg { sum: Codec::decode(bytes), count: Codec::decode(bytes) }
    }
}

/// Whether the sum has overflowed, the sum, and the count: all zero at the beginning.
impl<const SCALE: u32> Codec<'_> for DecimalAvg<SCALE> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.sum.is_none().encode(out);
        self.sum.unwrap_or_default().encode(out);
        self.count.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &[u8]) -> Self {
        let has_overflowed = bool::decode(bytes);
        let sum = Decimal::decode(bytes);
        DecimalAvg { sum: (!has_overflowed).then_some(sum), count: Codec::decode(bytes) }
    }
}
