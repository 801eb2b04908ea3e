//! Values as accumulators keep and compare them.

use crate::row::Codec;
use crate::value::{Bytes, Date, Decimal, Millis, Months, Text, Time, Timestamp};
use std::cmp::Ordering;

/// A type that can be an argument of MIN, MAX, COUNT and DISTINCT.
pub trait Value: for<'a> Codec<'a> + Send + Sized + 'static {
    /// The value as a row has it: the same for numbers and times, a borrowed text for [`Text`].
    type Borrowed<'a>: Copy;

    fn own(value: Self::Borrowed<'_>) -> Self;
    fn borrow(&self) -> Self::Borrowed<'_>;

    /// SQL's `a < b`. For FLOAT and DOUBLE nothing is less than NaN, nor NaN less than anything.
    fn less(a: Self::Borrowed<'_>, b: Self::Borrowed<'_>) -> bool;

    /// A total order, for ordered sets: -0.0 before 0.0, NaN last.
    fn compare(a: Self::Borrowed<'_>, b: Self::Borrowed<'_>) -> Ordering;

    /// Equal values (by [`compare`](Value::compare)) have equal hashes.
    fn hash(value: Self::Borrowed<'_>) -> u64;
}

macro_rules! plain_values {
    ($($type:ty),*) => {$(
        impl Value for $type {
            type Borrowed<'a> = $type;

            #[inline]
            fn own(value: $type) -> Self {
                value
            }
            #[inline]
            fn borrow(&self) -> $type {
                *self
            }
            #[inline]
            fn less(a: $type, b: $type) -> bool {
                a < b
            }
            #[inline]
            fn compare(a: $type, b: $type) -> Ordering {
                a.cmp(&b)
            }
            #[inline]
            fn hash(value: $type) -> u64 {
                crate::state::hash(&value)
            }
        }
    )*};
}
plain_values!(bool, i8, i16, i32, i64, Timestamp, Date, Time, Decimal, Months, Millis);

macro_rules! float_values {
    ($($type:ty),*) => {$(
        impl Value for $type {
            type Borrowed<'a> = $type;

            #[inline]
            fn own(value: $type) -> Self {
                value
            }
            #[inline]
            fn borrow(&self) -> $type {
                *self
            }
            #[inline]
            fn less(a: $type, b: $type) -> bool {
                a < b
            }
            #[inline]
            fn compare(a: $type, b: $type) -> Ordering {
                match (a.is_nan(), b.is_nan()) {
                    (false, false) => a.total_cmp(&b),
                    (a, b) => a.cmp(&b),
                }
            }
            #[inline]
            fn hash(value: $type) -> u64 {
                let value = if value.is_nan() { <$type>::NAN } else { value };
                crate::state::hash(&value.to_bits())
            }
        }
    )*};
}
float_values!(f32, f64);

macro_rules! borrowed_values {
    ($($owned:ty => $borrowed:ty),*) => {$(
        impl Value for $owned {
            type Borrowed<'a> = &'a $borrowed;

            #[inline]
            fn own(value: &$borrowed) -> Self {
                value.into()
            }
            #[inline]
            fn borrow(&self) -> &$borrowed {
                self
            }
            #[inline]
            fn less(a: &$borrowed, b: &$borrowed) -> bool {
                a < b
            }
            #[inline]
            fn compare(a: &$borrowed, b: &$borrowed) -> Ordering {
                a.cmp(b)
            }
            #[inline]
            fn hash(value: &$borrowed) -> u64 {
                crate::state::hash(&value)
            }
        }
    )*};
}
borrowed_values!(Text => str, Bytes => [u8]);
