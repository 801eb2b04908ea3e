//! GREATEST and LEAST.
//!
//! The comparison operators are Rust's, NaN included, which equals nothing as a column. (A constant comparison
//! such as `CAST('NaN' AS DOUBLE) = CAST('NaN' AS DOUBLE)` is TRUE in Flink, because its planner takes `x = x` for
//! granted.) DECIMALs of different scales are compared by [`decimal::compare`](super::decimal::compare).

use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp};

/// What can be the greatest or least of several.
pub trait Comparable: Copy {
    fn is_greater(self, other: Self) -> bool;
}

macro_rules! ordered {
    ($($type:ty),*) => {$(
        impl Comparable for $type {
            #[inline]
            fn is_greater(self, other: Self) -> bool {
                self > other
            }
        }
    )*};
}
ordered!(bool, i8, i16, i32, i64, &str, &[u8], Timestamp, Date, Time, Decimal, Months, Millis);

macro_rules! ordered_float {
    ($($type:ty),*) => {$(
        impl Comparable for $type {
            /// NaN is the greatest, and -0.0 less than 0.0, as Java orders them.
            #[inline]
            fn is_greater(self, other: Self) -> bool {
                if self.is_nan() || other.is_nan() {
                    return self.is_nan() && !other.is_nan();
                }
                self.total_cmp(&other).is_gt()
            }
        }
    )*};
}
ordered_float!(f32, f64);

/// GREATEST of at least one value. It is NULL if one of them is, so that it sees none.
#[inline]
pub fn greatest<T: Comparable>(values: &[T]) -> T {
    let (first, rest) = values.split_first().expect("GREATEST has an argument");
    rest.iter().fold(*first, |best, value| if value.is_greater(best) { *value } else { best })
}

/// LEAST of at least one value.
#[inline]
pub fn least<T: Comparable>(values: &[T]) -> T {
    let (first, rest) = values.split_first().expect("LEAST has an argument");
    rest.iter().fold(*first, |best, value| if best.is_greater(*value) { *value } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Flink 2.3.
    #[test]
    fn extremes() {
        assert_eq!(greatest(&[1, 3, 2]), 3);
        assert_eq!(least(&["a", "B"]), "B");
        assert!(greatest(&[true, false]));
        assert!(greatest(&[f64::NAN, 0.1]).is_nan() && greatest(&[0.1, f64::NAN]).is_nan());
        assert_eq!(least(&[f64::NAN, 0.1]), 0.1);
        assert!(least(&[-0.0f64, 0.0]).is_sign_negative());
    }
}
