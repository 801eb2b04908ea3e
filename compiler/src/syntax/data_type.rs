//! Types as they are written in declarations and casts. What a missing length or precision means is left to others.

use super::interval::TimeUnit;
use super::name::{Ident, ObjectName, StringLiteral};
use crate::text::Span;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataType {
    pub kind: TypeKind,
    /// `NOT NULL` is `Some(false)`, `NULL` is `Some(true)`; `None` if neither was written.
    pub nullable: Option<bool>,
    pub span: Span,
}

/// Lengths and precisions are `None` where the user wrote none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal {
        precision: Option<u32>,
        scale: Option<u32>,
    },
    Char(Option<u32>),
    VarChar(Option<u32>),
    String,
    Binary(Option<u32>),
    VarBinary(Option<u32>),
    Bytes,
    Date,
    Time(Option<u32>),
    Timestamp {
        precision: Option<u32>,
        zone: Zone,
    },
    Interval {
        from: TimeUnit,
        from_precision: Option<u32>,
        to: Option<TimeUnit>,
        to_precision: Option<u32>,
    },
    Array(Box<DataType>),
    Multiset(Box<DataType>),
    Map(Box<DataType>, Box<DataType>),
    Row(Vec<RowField>),
    /// A name that is no type, which the parser has reported.
    Named(ObjectName),
}

/// Which point in time a timestamp means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `TIMESTAMP` [`WITHOUT TIME ZONE`]: a calendar and a clock.
    Without,
    /// `TIMESTAMP WITH TIME ZONE`, which Flink parses and does not support.
    With,
    /// `TIMESTAMP_LTZ` or `TIMESTAMP WITH LOCAL TIME ZONE`: an instant.
    Local,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowField {
    pub name: Ident,
    pub data_type: DataType,
    pub comment: Option<StringLiteral>,
}
