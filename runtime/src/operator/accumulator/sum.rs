//! SUM.

use super::{Accumulator, Value};
use crate::row::Codec;
use crate::value::Decimal;

/// A type that can be added up.
pub trait Summand: Value + Copy + for<'a> Value<Borrowed<'a> = Self> {
    const ZERO: Self;

    /// Integers wrap around; a DECIMAL of more than 38 digits is `None`.
    fn plus(self, other: Self) -> Option<Self>;
    fn minus(self, other: Self) -> Option<Self>;
}

macro_rules! wrapping {
    ($($type:ty),*) => {$(
        impl Summand for $type {
            const ZERO: Self = 0;

            #[inline]
            fn plus(self, other: Self) -> Option<Self> {
                Some(self.wrapping_add(other))
            }
            #[inline]
            fn minus(self, other: Self) -> Option<Self> {
                Some(self.wrapping_sub(other))
            }
        }
    )*};
}
wrapping!(i8, i16, i32, i64);

macro_rules! floating {
    ($($type:ty),*) => {$(
        impl Summand for $type {
            const ZERO: Self = 0.0;

            #[inline]
            fn plus(self, other: Self) -> Option<Self> {
                Some(self + other)
            }
            #[inline]
            fn minus(self, other: Self) -> Option<Self> {
                Some(self - other)
            }
        }
    )*};
}
floating!(f32, f64);

/// The first number of more than 38 digits.
pub(super) const DECIMAL_LIMIT: i128 = 10i128.pow(38);

impl Summand for Decimal {
    const ZERO: Self = Decimal(0);

    #[inline]
    fn plus(self, other: Self) -> Option<Self> {
        // Two numbers of 38 digits can add up to more than i128 holds.
        self.0.checked_add(other.0).filter(|sum| sum.unsigned_abs() < DECIMAL_LIMIT.unsigned_abs()).map(Decimal)
    }
    #[inline]
    fn minus(self, other: Self) -> Option<Self> {
        self.plus(Decimal(-other.0))
    }
}

/// `SUM(x)`: of the type of `x`, a DECIMAL(p, s) as DECIMAL(38, s); NULL without values. A sum of DECIMAL that
/// overflows is NULL and begins anew with the next value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum<T>(Option<T>);

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Sum(None)
    }
}

impl<T: Summand> Sum<T> {
    #[inline]
    pub fn add(&mut self, value: impl Into<Option<T>>) {
        if let Some(value) = value.into() {
            self.0 = match self.0 {
                Some(sum) => sum.plus(value),
                None => Some(value),
            };
        }
    }

    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.add(other.0);
    }

    #[inline]
    pub fn value(&self) -> Option<T> {
        self.0
    }
}

impl<T: Summand> Accumulator<T> for Sum<T> {
    #[inline]
    fn add(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        Sum::add(self, value);
    }
    #[inline]
    fn subtract(&mut self, _: Option<<T as Value>::Borrowed<'_>>) {}
    #[inline]
    fn merge(&mut self, other: &Self) {
        Sum::merge(self, other);
    }
}

/// `SUM(x)` over updating input: knows how many values there are, so that it is NULL again without any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetractableSum<T> {
    sum: Option<T>,
    count: i64,
}

impl<T> Default for RetractableSum<T> {
    fn default() -> Self {
        RetractableSum { sum: None, count: 0 }
    }
}

impl<T: Summand> RetractableSum<T> {
    #[inline]
    pub fn add(&mut self, value: impl Into<Option<T>>) {
        if let Some(value) = value.into() {
            self.plus(value);
            self.count += 1;
        }
    }

    #[inline]
    pub fn subtract(&mut self, value: impl Into<Option<T>>) {
        if let Some(value) = value.into() {
            self.sum = self.sum.unwrap_or(T::ZERO).minus(value);
            self.count -= 1;
        }
    }

    #[inline]
    pub fn merge(&mut self, other: &Self) {
        if let Some(sum) = other.sum {
            self.plus(sum);
        }
        self.count += other.count;
    }

    #[inline]
    pub fn value(&self) -> Option<T> {
        self.sum.filter(|_| self.count != 0)
    }

    #[inline]
    fn plus(&mut self, value: T) {
        self.sum = match self.sum {
            Some(sum) => sum.plus(value),
            None => Some(value),
        };
    }
}

impl<T: Summand> Accumulator<T> for RetractableSum<T> {
    #[inline]
    fn add(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        RetractableSum::add(self, value);
    }
    #[inline]
    fn subtract(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        RetractableSum::subtract(self, value);
    }
    #[inline]
    fn merge(&mut self, other: &Self) {
        RetractableSum::merge(self, other);
    }
}

impl<T: Summand> Codec<'_> for Sum<T> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &[u8]) -> Self {
        Sum(Codec::decode(bytes))
    }
}

impl<T: Summand> Codec<'_> for RetractableSum<T> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.sum.encode(out);
        self.count.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &[u8]) -> Self {
        RetractableSum { sum: Codec::decode(bytes), count: Codec::decode(bytes) }
    }
}
