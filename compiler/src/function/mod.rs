//! The scalar functions there are: names, signatures, result types, and how generated code calls them.
//!
//! Operators of the language (arithmetic, comparison, AND, CASE, CAST, COALESCE) are expressions of their own in
//! the plan; aggregate functions and window functions are known to `bind`. What a function computes is
//! left to the runtime.

use crate::types::{Family, Type};

/// A function by its SQL names, the usual one first.
#[derive(Debug)]
pub struct Function {
    pub names: &'static [&'static str],
    /// Tried in order; the first whose parameters accept the arguments is taken.
    pub overloads: &'static [Overload],
    /// `SUBSTRING(text, start [, length])`, for messages.
    pub usage: &'static str,
}

/// One signature of a function.
#[derive(Debug)]
pub struct Overload {
    pub parameters: &'static [Parameter],
    /// Whether the last parameter may be given any number of times more.
    pub variadic: bool,
    pub result: ResultType,
    pub nullability: Nullability,
    pub call: RustCall,
}

/// What an argument may be. An argument of the right family is passed as it is unless `kind` demands a cast.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// Any of these families, passed in its own type.
    Any(&'static [Family]),
    /// INT: narrower integers are widened; a BIGINT is refused.
    Int,
    BigInt,
    Double,
    /// DECIMAL of its own precision and scale; integers become decimals.
    Decimal,
    /// CHAR, VARCHAR or STRING.
    Text,
    Bytes,
    Boolean,
    Date,
    /// TIMESTAMP of any precision (TIMESTAMP_LTZ is converted by the session zone).
    Timestamp,
    TimestampLtz,
    /// A literal word that is not a value: a time unit. Passed as a Rust path given by the registry.
    Unit,
}

/// The type of a result. Nullability comes from [`Nullability`].
#[derive(Clone, Copy, Debug)]
pub enum ResultType {
    Boolean,
    Int,
    BigInt,
    Double,
    /// STRING.
    Text,
    Bytes,
    Date,
    Time(u8),
    Timestamp(u8),
    TimestampLtz(u8),
    /// The kind of argument `0`.
    Argument(usize),
    /// The common type of all arguments, to which they are cast.
    Common,
    /// Anything else. Gets the arguments' types.
    Rule(fn(&[Type]) -> Type),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nullability {
    /// NULL if an argument is NULL, and then only.
    Arguments,
    /// May be NULL whatever the arguments are.
    Always,
    /// Never NULL.
    Never,
}

/// How generated code calls the runtime.
#[derive(Clone, Copy, Debug)]
pub struct RustCall {
    /// Below `sqlc_runtime::function`: `text::upper`.
    pub path: &'static str,
    /// What is passed before the SQL arguments, in this order.
    pub before: &'static [Extra],
    /// What is passed behind them, in this order.
    pub after: &'static [Extra],
    /// Whether it returns `Result<_, ValueError>`.
    pub fails: bool,
    /// Whether it returns an `Option`, inside the `Result` if it fails.
    pub optional: bool,
    /// Whether it takes `Option`s and decides itself what NULL means. Otherwise it is called only when no
    /// argument is NULL.
    pub sees_null: bool,
    /// Whether variadic arguments are passed as one slice.
    pub slice: bool,
}

/// An argument that is not in the SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// `&Arena`, where new texts are made.
    Arena,
    /// The session time zone.
    Zone,
    /// The time of the row (`Timestamp`, an instant).
    Now,
    /// The scale of SQL argument `i` as `u8`.
    Scale(usize),
    /// The precision of SQL argument `i` as `u8`.
    Precision(usize),
    /// Precision and scale of the result as two `u8`.
    ResultDecimal,
    /// The length of the result's CHAR or VARCHAR as `usize`.
    ResultLength,
}
