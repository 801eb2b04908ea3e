//! Brings a value to the type that its place needs: literals become literals of that type, everything else is cast.

use super::literal;
use crate::plan::{CastMode, Expr, Literal, Scalar};
use crate::types::{Family, Kind};

impl Scalar {
    pub(super) fn is_null_literal(&self) -> bool {
        matches!(self.expr, Expr::Literal(Literal::Null))
    }

    pub(super) fn is_literal(&self) -> bool {
        matches!(self.expr, Expr::Literal(_))
    }
}

/// The value as one of this kind, its nullability kept. The kinds must be castable.
pub(super) fn to_kind(scalar: Scalar, kind: &Kind) -> Scalar {
    if scalar.ty.kind == *kind {
        return scalar;
    }
    let ty = kind.clone().with_nullability(scalar.ty.nullable);
    if let Expr::Literal(literal) = &scalar.expr
        && let Some(literal) = literal_as(literal, &scalar.ty.kind, kind)
    {
        return Scalar { expr: Expr::Literal(literal), ty, span: scalar.span };
    }
    let span = scalar.span;
    Scalar { expr: Expr::Cast { operand: Box::new(scalar), mode: CastMode::Cast }, ty, span }
}

/// A whole number as a literal of a narrower type, if it fits.
pub(super) fn fitting_literal(scalar: &Scalar, kind: &Kind) -> Option<Scalar> {
    let Expr::Literal(literal @ Literal::Integer(_)) = &scalar.expr else { return None };
    let literal = literal_as(literal, &scalar.ty.kind, kind).filter(|_| kind.is_integer())?;
    let ty = kind.clone().with_nullability(scalar.ty.nullable);
    Some(Scalar { expr: Expr::Literal(literal), ty, span: scalar.span })
}

/// The value as an operand beside one of this kind: as it is if only lengths or precisions differ, which do not
/// matter to comparisons.
pub(super) fn to_operand(scalar: Scalar, kind: &Kind) -> Scalar {
    let same_family = match (scalar.ty.kind.family(), kind.family()) {
        (Family::Integer | Family::Approximate, _) => false,
        (from, to) => from == to && !matches!(from, Family::Array | Family::Map | Family::Multiset | Family::Row),
    };
    if same_family { scalar } else { to_kind(scalar, kind) }
}

/// A literal of one kind as a literal of another, where that needs no rounding and cannot fail.
fn literal_as(literal: &Literal, from: &Kind, to: &Kind) -> Option<Literal> {
    match (literal, to) {
        (Literal::Null, _) => Some(Literal::Null),
        (Literal::Integer(value), Kind::BigInt) => Some(Literal::Integer(*value)),
        (Literal::Integer(value), Kind::Int) => i32::try_from(*value).is_ok().then_some(Literal::Integer(*value)),
        (Literal::Integer(value), Kind::SmallInt) => i16::try_from(*value).is_ok().then_some(Literal::Integer(*value)),
        (Literal::Integer(value), Kind::TinyInt) => i8::try_from(*value).is_ok().then_some(Literal::Integer(*value)),
        (Literal::Integer(value), Kind::Double) if value.unsigned_abs() < 1 << 53 => {
            Some(Literal::Double(*value as f64))
        }
        (Literal::Integer(value), Kind::Float) if value.unsigned_abs() < 1 << 24 => {
            Some(Literal::Double(*value as f64))
        }
        (Literal::Integer(value), Kind::Decimal { precision, scale }) => {
            rescaled(i128::from(*value), 0, *precision, *scale).map(Literal::Decimal)
        }
        (Literal::Decimal(unscaled), Kind::Decimal { precision, scale }) => {
            let (_, from_scale) = from.as_decimal()?;
            rescaled(*unscaled, from_scale, *precision, *scale).map(Literal::Decimal)
        }
        (Literal::Decimal(unscaled), Kind::Double) => {
            let (_, scale) = from.as_decimal()?;
            literal::decimal_text(*unscaled, scale).parse().ok().map(Literal::Double)
        }
        (Literal::Text(text), Kind::VarChar(length)) => {
            (text.chars().count() <= *length as usize).then(|| Literal::Text(text.clone()))
        }
        (Literal::Text(text), Kind::Char(length)) => {
            (text.chars().count() == *length as usize).then(|| Literal::Text(text.clone()))
        }
        (Literal::Text(text), Kind::Date) => literal::parse_date(text).map(Literal::Date),
        (Literal::Text(text), Kind::Timestamp(precision)) => {
            let (micros, digits) = literal::parse_timestamp(text)?;
            (digits <= *precision).then_some(Literal::Timestamp(micros))
        }
        (Literal::Bytes(bytes), Kind::VarBinary(length)) => {
            (bytes.len() <= *length as usize).then(|| Literal::Bytes(bytes.clone()))
        }
        (Literal::Timestamp(micros), Kind::Timestamp(_)) if matches!(from, Kind::Timestamp(p) if shorter(*p, to)) => {
            Some(Literal::Timestamp(*micros))
        }
        (Literal::Time(millis), Kind::Time(_)) if matches!(from, Kind::Time(p) if shorter(*p, to)) => {
            Some(Literal::Time(*millis))
        }
        _ => None,
    }
}

fn shorter(precision: u8, to: &Kind) -> bool {
    matches!(to, Kind::Timestamp(wider) | Kind::Time(wider) if *wider >= precision)
}

/// The unscaled value at another scale, if no digit is lost and it fits.
fn rescaled(unscaled: i128, from: u8, precision: u8, scale: u8) -> Option<i128> {
    let digits = scale.checked_sub(from)?;
    let value = unscaled.checked_mul(10_i128.checked_pow(u32::from(digits))?)?;
    (value.unsigned_abs() < 10_u128.pow(u32::from(precision))).then_some(value)
}
