//! The accumulators of the aggregate functions: the fields of a generated accumulator.
//!
//! All of them skip NULL arguments as Flink does, so that generated code reads
//! `accumulator.avg_temperature.add(input.temperature)`, for nullable and for NOT NULL columns alike. A
//! FILTER clause is an `if` around the call. What a result is named, and which accumulators an aggregation
//! has, is left to generated code.
//!
//! | SQL | field | retracting |
//! |---|---|---|
//! | `COUNT(*)` | `Count`, with `add_row` | `Count` |
//! | `COUNT(x)` | `Count` | `Count` |
//! | `SUM(x)` | `Sum<T>` | `RetractableSum<T>` |
//! | `AVG(x)` | `Avg<T>`, `DecimalAvg<SCALE>` | the same |
//! | `MIN(x)`, `MAX(x)` | `Min<T>`, `Max<T>` | `RetractableMin<T>`, `RetractableMax<T>` |
//! | `f(DISTINCT x)` | `Distinct<T, F>` | the same over a retractable `F` |
//!
//! `T` is the type as state owns it: `i32`, `f64`, `Decimal`, `Timestamp`, `Text`.

mod avg;
mod count;
mod distinct;
mod extreme;
mod multiset;
mod sum;
mod value;

pub use avg::{Avg, DecimalAvg, Mean};
pub use count::Count;
pub use distinct::Distinct;
pub use extreme::{Max, Min};
pub use multiset::{RetractableMax, RetractableMin};
pub use sum::{RetractableSum, Sum, Summand};
pub use value::Value;

/// What all accumulators of one argument have in common.
pub trait Accumulator<T: Value>: Default {
    /// Counts a value in. NULL leaves the accumulator as it is.
    fn add(&mut self, value: Option<T::Borrowed<'_>>);

    /// Takes a value that was added back. Nobody asks an accumulator that is not [`Retractable`].
    fn subtract(&mut self, value: Option<T::Borrowed<'_>>);

    /// Adds what another accumulator has seen.
    fn merge(&mut self, other: &Self);
}

/// An accumulator that gives values back, for updating input.
pub trait Retractable<T: Value>: Accumulator<T> {}

impl<T: Value> Retractable<T> for Count {}
impl<T: Summand> Retractable<T> for RetractableSum<T> {}
impl<T: Mean> Retractable<T> for Avg<T> {}
impl<const SCALE: u32> Retractable<crate::value::Decimal> for DecimalAvg<SCALE> {}
impl<T: Value> Retractable<T> for RetractableMin<T> {}
impl<T: Value> Retractable<T> for RetractableMax<T> {}

#[cfg(test)]
mod tests;
