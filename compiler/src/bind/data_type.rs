//! Types as they are written become types as they are meant, with Flink's defaults and limits.

use crate::diagnostic::Diagnostic;
use crate::syntax::{self, TimeUnit, TypeKind, Zone};
use crate::types::{Field, Kind, MAX_LENGTH, MAX_PRECISION, Type};

/// What is wrong with a type; `None` if the parser has said it.
pub(super) type Mistake = Option<Box<Diagnostic>>;

/// The type of a declared column or field.
pub(super) fn for_column(data_type: &syntax::DataType) -> Result<Type, Mistake> {
    let kind = kind(data_type)?;
    let refused = match &kind {
        Kind::Multiset(_) => Some("a column cannot be a MULTISET yet"),
        Kind::YearMonthInterval | Kind::DayTimeInterval => Some("a column cannot be an INTERVAL"),
        Kind::Null => Some("a column needs a type other than NULL"),
        _ => None,
    };
    match refused {
        Some(message) => Err(Some(Box::new(Diagnostic::error("unsupported-type", data_type.span, message)))),
        None => Ok(kind.with_nullability(data_type.nullable.unwrap_or(true))),
    }
}

/// The type that a CAST names; nullability comes from the operand.
pub(super) fn for_cast(data_type: &syntax::DataType) -> Result<Kind, Mistake> {
    kind(data_type)
}

fn kind(data_type: &syntax::DataType) -> Result<Kind, Mistake> {
    let span = data_type.span;
    let wrong = |message: String| Some(Box::new(Diagnostic::error("bad-type", span, message)));
    let unsupported = |message: String, help: &str| {
        Some(Box::new(Diagnostic::error("unsupported-type", span, message).help(help.to_owned())))
    };
    let length = |length: Option<u32>, default: u32| match length {
        Some(0) => Err(wrong("a length is at least 1".to_owned())),
        Some(length) if length > MAX_LENGTH => Err(wrong(format!("a length is at most {MAX_LENGTH}"))),
        Some(length) => Ok(length),
        None => Ok(default),
    };
    let fraction = |precision: Option<u32>, default: u8, most: u8, name: &str| match precision {
        None => Ok(default),
        Some(precision) if precision <= u32::from(most) => Ok(precision as u8),
        Some(precision) if precision <= 9 => Err(unsupported(
            format!("{name}({precision}) is finer than what is kept"),
            &format!(
                "write {name}({most}): times are kept in {}",
                if most == 3 { "milliseconds" } else { "microseconds" }
            ),
        )),
        Some(precision) => Err(wrong(format!("the precision of {name} is at most 9, not {precision}"))),
    };
    let field = |field: &syntax::RowField| {
        let ty = for_column(&field.data_type)?;
        Ok::<Field, Mistake>(Field { name: field.name.value.clone(), ty })
    };
    Ok(match &data_type.kind {
        TypeKind::Boolean => Kind::Boolean,
        TypeKind::TinyInt => Kind::TinyInt,
        TypeKind::SmallInt => Kind::SmallInt,
        TypeKind::Int => Kind::Int,
        TypeKind::BigInt => Kind::BigInt,
        TypeKind::Float => Kind::Float,
        TypeKind::Double => Kind::Double,
        TypeKind::Decimal { precision, scale } => {
            let (precision, scale) = (precision.unwrap_or(10), scale.unwrap_or(0));
            if precision < 1 || precision > u32::from(MAX_PRECISION) {
                return Err(wrong(format!("the precision of DECIMAL is from 1 to {MAX_PRECISION}, not {precision}")));
            }
            if scale > precision {
                return Err(wrong(format!("the scale of DECIMAL({precision}, {scale}) is larger than its precision")));
            }
            Kind::Decimal { precision: precision as u8, scale: scale as u8 }
        }
        TypeKind::Char(given) => Kind::Char(length(*given, 1)?),
        // Flink reads VARCHAR without a length as STRING, and BINARY and VARBINARY without one as of length 1.
        TypeKind::VarChar(given) => Kind::VarChar(length(*given, MAX_LENGTH)?),
        TypeKind::String => Kind::STRING,
        TypeKind::Binary(given) => Kind::Binary(length(*given, 1)?),
        TypeKind::VarBinary(given) => Kind::VarBinary(length(*given, MAX_LENGTH)?),
        TypeKind::Bytes => Kind::BYTES,
        TypeKind::Date => Kind::Date,
        TypeKind::Time(precision) => Kind::Time(fraction(*precision, 0, 3, "TIME")?),
        TypeKind::Timestamp { precision, zone: Zone::Without } => {
            Kind::Timestamp(fraction(*precision, 6, 6, "TIMESTAMP")?)
        }
        TypeKind::Timestamp { precision, zone: Zone::Local } => {
            Kind::TimestampLtz(fraction(*precision, 6, 6, "TIMESTAMP_LTZ")?)
        }
        TypeKind::Timestamp { zone: Zone::With, .. } => {
            return Err(unsupported(
                "TIMESTAMP WITH TIME ZONE is not supported, by Flink neither".to_owned(),
                "write TIMESTAMP_LTZ for an instant, TIMESTAMP for a calendar and a clock",
            ));
        }
        TypeKind::Interval { from, .. } => match from {
            TimeUnit::Year | TimeUnit::Quarter | TimeUnit::Month => Kind::YearMonthInterval,
            _ => Kind::DayTimeInterval,
        },
        TypeKind::Array(element) => Kind::Array(Box::new(for_column(element)?)),
        TypeKind::Multiset(element) => Kind::Multiset(Box::new(for_column(element)?)),
        TypeKind::Map(key, value) => Kind::Map(Box::new(for_column(key)?), Box::new(for_column(value)?)),
        TypeKind::Row(fields) => {
            let fields: Vec<Field> = fields.iter().map(field).collect::<Result<_, _>>()?;
            for (index, field) in fields.iter().enumerate() {
                if fields[..index].iter().any(|other| other.name == field.name) {
                    return Err(wrong(format!("the ROW has two fields `{}`", field.name)));
                }
            }
            Kind::Row(fields)
        }
        // There are no types with names of their own, and the parser has said so.
        TypeKind::Named(_) => return Err(None),
    })
}
