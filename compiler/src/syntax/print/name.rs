//! Prints names, texts, types and units.

use super::{list, tuple};
use crate::syntax::{DataType, Ident, IntervalLiteral, ObjectName, RowField, StringLiteral, TimeUnit, TypeKind, Zone};
use std::fmt::{self, Display, Formatter};

impl Display for Ident {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "`{}`", self.value.replace('`', "``")) } else { f.write_str(&self.value) }
    }
}

impl Display for ObjectName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        path(f, &self.parts)
    }
}

/// Parts with dots between them.
pub(super) fn path(f: &mut Formatter<'_>, parts: &[Ident]) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(".")?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}

impl Display for StringLiteral {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quote(f, &self.value)
    }
}

pub(super) fn quote(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

impl Display for IntervalLiteral {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        write!(f, "INTERVAL {sign}{} ", self.text)?;
        units(f, self.from, self.from_precision, self.to, self.to_precision)
    }
}

fn units(
    f: &mut Formatter<'_>,
    from: TimeUnit,
    from_precision: Option<u32>,
    to: Option<TimeUnit>,
    to_precision: Option<u32>,
) -> fmt::Result {
    write!(f, "{from}")?;
    match (from_precision, to, to_precision) {
        (Some(leading), None, Some(fraction)) => return write!(f, "({leading}, {fraction})"),
        (Some(leading), _, _) => write!(f, "({leading})")?,
        (None, _, _) => {}
    }
    if let Some(to) = to {
        write!(f, " TO {to}")?;
        sized(f, "", to_precision)?;
    }
    Ok(())
}

fn sized(f: &mut Formatter<'_>, name: &str, size: Option<u32>) -> fmt::Result {
    f.write_str(name)?;
    size.map_or(Ok(()), |size| write!(f, "({size})"))
}

impl Display for DataType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match self.nullable {
            Some(false) => f.write_str(" NOT NULL"),
            Some(true) => f.write_str(" NULL"),
            None => Ok(()),
        }
    }
}

impl Display for TypeKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TypeKind::Boolean => f.write_str("BOOLEAN"),
            TypeKind::TinyInt => f.write_str("TINYINT"),
            TypeKind::SmallInt => f.write_str("SMALLINT"),
            TypeKind::Int => f.write_str("INT"),
            TypeKind::BigInt => f.write_str("BIGINT"),
            TypeKind::Float => f.write_str("FLOAT"),
            TypeKind::Double => f.write_str("DOUBLE"),
            TypeKind::Decimal { precision, scale } => match (precision, scale) {
                (Some(precision), Some(scale)) => write!(f, "DECIMAL({precision}, {scale})"),
                (precision, _) => sized(f, "DECIMAL", *precision),
            },
            TypeKind::Char(length) => sized(f, "CHAR", *length),
            TypeKind::VarChar(length) => sized(f, "VARCHAR", *length),
            TypeKind::String => f.write_str("STRING"),
            TypeKind::Binary(length) => sized(f, "BINARY", *length),
            TypeKind::VarBinary(length) => sized(f, "VARBINARY", *length),
            TypeKind::Bytes => f.write_str("BYTES"),
            TypeKind::Date => f.write_str("DATE"),
            TypeKind::Time(precision) => sized(f, "TIME", *precision),
            TypeKind::Timestamp { precision, zone: Zone::Without } => sized(f, "TIMESTAMP", *precision),
            TypeKind::Timestamp { precision, zone: Zone::Local } => sized(f, "TIMESTAMP_LTZ", *precision),
            TypeKind::Timestamp { precision, zone: Zone::With } => {
                sized(f, "TIMESTAMP", *precision)?;
                f.write_str(" WITH TIME ZONE")
            }
            TypeKind::Interval { from, from_precision, to, to_precision } => {
                f.write_str("INTERVAL ")?;
                units(f, *from, *from_precision, *to, *to_precision)
            }
            TypeKind::Array(element) => write!(f, "ARRAY<{element}>"),
            TypeKind::Multiset(element) => write!(f, "MULTISET<{element}>"),
            TypeKind::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            TypeKind::Row(fields) => {
                f.write_str("ROW<")?;
                list(f, fields)?;
                f.write_str(">")
            }
            TypeKind::Named(name) => write!(f, "{name}"),
        }
    }
}

impl Display for RowField {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.data_type)?;
        self.comment.as_ref().map_or(Ok(()), |comment| write!(f, " {comment}"))
    }
}

/// ` (a, b)`, or nothing for no names.
pub(super) fn columns(f: &mut Formatter<'_>, names: &[Ident]) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    f.write_str(" ")?;
    tuple(f, names)
}
