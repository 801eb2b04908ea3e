//! COUNT.

use super::{Accumulator, Value};
use crate::row::Codec;

/// `COUNT(*)` and `COUNT(x)`: a BIGINT, 0 without rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(i64);

impl Count {
    /// Counts a row, whatever its values.
    #[inline]
    pub fn add_row(&mut self) {
        self.0 = self.0.wrapping_add(1);
    }

    #[inline]
    pub fn subtract_row(&mut self) {
        self.0 = self.0.wrapping_sub(1);
    }

    /// Counts a value that is not NULL. (A column that never is counts by [`add_row`](Count::add_row).)
    #[inline]
    pub fn add<T>(&mut self, value: Option<T>) {
        self.0 = self.0.wrapping_add(i64::from(value.is_some()));
    }

    #[inline]
    pub fn subtract<T>(&mut self, value: Option<T>) {
        self.0 = self.0.wrapping_sub(i64::from(value.is_some()));
    }

    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.0 = self.0.wrapping_add(other.0);
    }

    #[inline]
    pub fn value(&self) -> i64 {
        self.0
    }

    /// Whether every row that was counted was taken back.
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl<T: Value> Accumulator<T> for Count {
    #[inline]
    fn add(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        Count::add(self, value);
    }
    #[inline]
    fn subtract(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
        Count::subtract(self, value);
    }
    #[inline]
    fn merge(&mut self, other: &Self) {
        Count::merge(self, other);
    }
}

impl Codec<'_> for Count {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &[u8]) -> Self {
        Count(Codec::decode(bytes))
    }
}
