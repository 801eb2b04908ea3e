//! The values of Flink's types as Rust sees them.
//!
//! BOOLEAN is `bool`, the integers `i8` to `i64`, FLOAT `f32`, DOUBLE `f64`, CHAR, VARCHAR and STRING
//! `&'a str` borrowed from a chunk or an [`Arena`] ([`Text`] in state), BYTES `&'a [u8]` ([`Bytes`] in state),
//! ARRAY `&'a [Option<T>]`, MAP `&'a [(K, Option<V>)]`, ROW a generated struct. A nullable value is an `Option`.
//! The remaining types are the newtypes below. What functions do with values is left to
//! [`function`](crate::function).
//!
//! Each type has two texts: that of CAST ([`iso`], [`decimal`], [`double`], [`interval`]) and that of a printed
//! row ([`print`]).

pub mod calendar;
pub mod decimal;
pub mod double;
pub mod interval;
pub mod iso;
pub mod print;
mod short;
mod text;

pub use short::Short;
pub use text::{Bytes, Text};

use std::time::Duration;

/// Where texts and arrays made while a chunk is processed live; emptied after every chunk.
pub type Arena = bumpalo::Bump;

/// TIMESTAMP(p) (a local date and time) or TIMESTAMP_LTZ(p) (an instant in UTC): microseconds since
/// 1970-01-01T00:00:00. Precisions above 6 are refused at compile time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// DATE: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i32);

/// TIME(p): milliseconds since midnight. Flink keeps at most three digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i32);

/// DECIMAL(p, s): the unscaled value. Precision and scale are known at compile time and handed to the
/// functions that need them; generated code never mixes scales without saying so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub i128);

/// INTERVAL YEAR TO MONTH: months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Months(pub i32);

/// INTERVAL DAY TO SECOND: milliseconds, as Flink keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Timestamp {
    /// Before every event: the watermark of an input that has not told one yet.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After every event: the watermark at the end of a bounded input.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis.saturating_mul(1_000))
    }

    /// Milliseconds since the epoch, rounded towards the past.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This long after, at most [`MAX`](Timestamp::MAX).
    pub fn after(self, wait: Duration) -> Self {
        Timestamp(self.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long before this an earlier moment was; nothing if it was not earlier.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
