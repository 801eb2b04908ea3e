//! Flink's types: what they are called, how they combine, which become which without being asked.
//!
//! How a type is spelled in Rust is left to `emit`.
//!
//! The rules are those of Flink's documentation (Data Types) and of its `LogicalTypeMerging` and
//! `LogicalTypeCasts`, checked against Flink 2.3.

mod coerce;

pub use coerce::{Arithmetic, arithmetic, common, comparable, implicitly_casts, merged};

use std::fmt;

/// The length of STRING and BYTES.
pub const MAX_LENGTH: u32 = 2_147_483_647;
/// The most digits a DECIMAL has.
pub const MAX_PRECISION: u8 = 38;

/// A type with its nullability, as in `INT NOT NULL`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    pub kind: Kind,
    pub nullable: bool,
}

/// A type without its nullability.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The type of a bare NULL.
    Null,
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Char(u32),
    /// STRING is `VarChar(MAX_LENGTH)`.
    VarChar(u32),
    Binary(u32),
    /// BYTES is `VarBinary(MAX_LENGTH)`.
    VarBinary(u32),
    Date,
    Time(u8),
    Timestamp(u8),
    TimestampLtz(u8),
    /// INTERVAL YEAR TO MONTH and its parts.
    YearMonthInterval,
    /// INTERVAL DAY TO SECOND and its parts, in milliseconds.
    DayTimeInterval,
    Array(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Multiset(Box<Type>),
    Row(Vec<Field>),
}

/// A field of a ROW.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub name: String,
    pub ty: Type,
}

/// What a type is of, as signatures of functions speak of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Null,
    Boolean,
    Integer,
    Decimal,
    Approximate,
    Character,
    Binary,
    Date,
    Time,
    Timestamp,
    TimestampLtz,
    YearMonthInterval,
    DayTimeInterval,
    Array,
    Map,
    Multiset,
    Row,
}

impl Kind {
    pub const STRING: Kind = Kind::VarChar(MAX_LENGTH);
    pub const BYTES: Kind = Kind::VarBinary(MAX_LENGTH);

    pub fn nullable(self) -> Type {
        Type { kind: self, nullable: true }
    }

    pub fn not_null(self) -> Type {
        Type { kind: self, nullable: false }
    }

    pub fn with_nullability(self, nullable: bool) -> Type {
        Type { kind: self, nullable }
    }

    pub fn family(&self) -> Family {
        match self {
            Kind::Null => Family::Null,
            Kind::Boolean => Family::Boolean,
            Kind::TinyInt | Kind::SmallInt | Kind::Int | Kind::BigInt => Family::Integer,
            Kind::Decimal { .. } => Family::Decimal,
            Kind::Float | Kind::Double => Family::Approximate,
            Kind::Char(_) | Kind::VarChar(_) => Family::Character,
            Kind::Binary(_) | Kind::VarBinary(_) => Family::Binary,
            Kind::Date => Family::Date,
            Kind::Time(_) => Family::Time,
            Kind::Timestamp(_) => Family::Timestamp,
            Kind::TimestampLtz(_) => Family::TimestampLtz,
            Kind::YearMonthInterval => Family::YearMonthInterval,
            Kind::DayTimeInterval => Family::DayTimeInterval,
            Kind::Array(_) => Family::Array,
            Kind::Map(..) => Family::Map,
            Kind::Multiset(_) => Family::Multiset,
            Kind::Row(_) => Family::Row,
        }
    }

    pub fn is_numeric(&self) -> bool {
        matches!(self.family(), Family::Integer | Family::Decimal | Family::Approximate)
    }

    pub fn is_integer(&self) -> bool {
        self.family() == Family::Integer
    }

    pub fn is_character(&self) -> bool {
        self.family() == Family::Character
    }

    /// The DECIMAL that holds every value of an exact type.
    pub fn as_decimal(&self) -> Option<(u8, u8)> {
        match self {
            Kind::TinyInt => Some((3, 0)),
            Kind::SmallInt => Some((5, 0)),
            Kind::Int => Some((10, 0)),
            Kind::BigInt => Some((19, 0)),
            Kind::Decimal { precision, scale } => Some((*precision, *scale)),
            _ => None,
        }
    }
}

impl Type {
    /// The same type, nullable if `nullable` or if it was.
    pub fn or_nullable(self, nullable: bool) -> Type {
        Type { nullable: self.nullable || nullable, ..self }
    }
}

/// Flink's summary string: `VARCHAR(6)`, `STRING`, `ROW<a INT, b STRING NOT NULL>`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Null => f.write_str("NULL"),
            Kind::Boolean => f.write_str("BOOLEAN"),
            Kind::TinyInt => f.write_str("TINYINT"),
            Kind::SmallInt => f.write_str("SMALLINT"),
            Kind::Int => f.write_str("INT"),
            Kind::BigInt => f.write_str("BIGINT"),
            Kind::Float => f.write_str("FLOAT"),
            Kind::Double => f.write_str("DOUBLE"),
            Kind::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Kind::Char(length) => write!(f, "CHAR({length})"),
            Kind::VarChar(MAX_LENGTH) => f.write_str("STRING"),
            Kind::VarChar(length) => write!(f, "VARCHAR({length})"),
            Kind::Binary(length) => write!(f, "BINARY({length})"),
            Kind::VarBinary(MAX_LENGTH) => f.write_str("BYTES"),
            Kind::VarBinary(length) => write!(f, "VARBINARY({length})"),
            Kind::Date => f.write_str("DATE"),
            Kind::Time(precision) => write!(f, "TIME({precision})"),
            Kind::Timestamp(precision) => write!(f, "TIMESTAMP({precision})"),
            Kind::TimestampLtz(precision) => write!(f, "TIMESTAMP_LTZ({precision})"),
            Kind::YearMonthInterval => f.write_str("INTERVAL YEAR TO MONTH"),
            Kind::DayTimeInterval => f.write_str("INTERVAL DAY TO SECOND"),
            Kind::Array(element) => write!(f, "ARRAY<{element}>"),
            Kind::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            Kind::Multiset(element) => write!(f, "MULTISET<{element}>"),
            Kind::Row(fields) => {
                f.write_str("ROW<")?;
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{} {}", field.name, field.ty)?;
                }
                f.write_str(">")
            }
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.nullable {
            f.write_str(" NOT NULL")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_print_as_flink_prints_them() {
        let row = Kind::Row(vec![
            Field { name: "a".into(), ty: Kind::Int.not_null() },
            Field { name: "b".into(), ty: Kind::STRING.nullable() },
        ]);
        assert_eq!(row.nullable().to_string(), "ROW<a INT NOT NULL, b STRING>");
        assert_eq!(Kind::Decimal { precision: 10, scale: 2 }.not_null().to_string(), "DECIMAL(10, 2) NOT NULL");
        assert_eq!(Kind::VarChar(6).nullable().to_string(), "VARCHAR(6)");
    }
}
