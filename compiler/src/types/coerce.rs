//! Which type comes out of two, and which type becomes which by itself.

use super::{Family, Kind, MAX_PRECISION, Type};

/// The arithmetic operators whose result type follows a rule of its own for decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// The type of `left op right` for two numbers, and NULL-ness as SQL has it; `None` if Flink refuses them.
///
/// Integers give the wider integer (a remainder has the type of its divisor), two approximate numbers give the
/// type of the first, FLOAT with an integer a FLOAT, a DECIMAL with an approximate number a DOUBLE, exact numbers
/// with a DECIMAL follow Flink's decimal rules. `%` takes exact numbers only.
pub fn arithmetic(op: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    let nullable = left.nullable || right.nullable;
    let (l, r) = (&left.kind, &right.kind);
    if !l.is_numeric() || !r.is_numeric() {
        return None;
    }
    let kind = if l.is_integer() && r.is_integer() {
        if op == Arithmetic::Modulo { r.clone() } else { wider(l, r) }
    } else if let (Some(left), Some(right)) = (l.as_decimal(), r.as_decimal()) {
        let (precision, scale) = decimal_arithmetic(op, left, right);
        Kind::Decimal { precision, scale }
    } else if op == Arithmetic::Modulo {
        return None;
    } else {
        approximate(l, r)
    };
    Some(kind.with_nullability(nullable))
}

/// The approximate type of two numbers of which one is approximate.
fn approximate(left: &Kind, right: &Kind) -> Kind {
    match (left, right) {
        (Kind::Float | Kind::Double, Kind::Float | Kind::Double) => left.clone(),
        (Kind::Float, exact) | (exact, Kind::Float) if exact.is_integer() => Kind::Float,
        _ => Kind::Double,
    }
}

/// Flink's decimal rules (those of T-SQL): precision and scale of the exact result, cut to 38 digits.
fn decimal_arithmetic(op: Arithmetic, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> (u8, u8) {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let (precision, scale) = match op {
        Arithmetic::Add | Arithmetic::Subtract => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        Arithmetic::Multiply => (p1 + p2 + 1, s1 + s2),
        Arithmetic::Divide => {
            let scale = (s1 + p2 + 1).max(6);
            (p1 - s1 + s2 + scale, scale)
        }
        Arithmetic::Modulo => {
            let scale = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + scale, scale)
        }
    };
    cut_to_38(precision, scale)
}

fn cut_to_38(precision: i32, scale: i32) -> (u8, u8) {
    let max = i32::from(MAX_PRECISION);
    let (precision, scale) = if precision <= max {
        (precision, scale)
    } else {
        // Digits before the point are kept; at least six after it if there were as many.
        let integer_digits = precision - scale;
        (max, (max - integer_digits).max(scale.min(6)))
    };
    (precision as u8, scale as u8)
}

fn wider(left: &Kind, right: &Kind) -> Kind {
    let rank = |kind: &Kind| match kind {
        Kind::TinyInt => 0,
        Kind::SmallInt => 1,
        Kind::Int => 2,
        _ => 3,
    };
    if rank(left) >= rank(right) { left.clone() } else { right.clone() }
}

/// The type that CASE, IF, UNION, VALUES and ARRAY give to two types (Calcite's least restrictive type), or
/// `None` if there is none.
///
/// Of two approximate types the first is taken, and timestamps with and without zone mix in an odd way; COALESCE
/// follows [`merged`], which is stricter and wider.
pub fn common(left: &Type, right: &Type) -> Option<Type> {
    let nullable = left.nullable || right.nullable || left.kind == Kind::Null || right.kind == Kind::Null;
    let kind = match (&left.kind, &right.kind) {
        (Kind::Row(_), _) | (_, Kind::Row(_)) if left.kind != right.kind => return None,
        (l, r) if l.family() == Family::Approximate && r.family() == Family::Approximate => l.clone(),
        (Kind::Timestamp(a), Kind::TimestampLtz(b)) => {
            if a == b {
                left.kind.clone()
            } else {
                Kind::TimestampLtz(*a.max(b))
            }
        }
        (Kind::TimestampLtz(a), Kind::Timestamp(b)) => {
            if a == b {
                left.kind.clone()
            } else {
                Kind::Timestamp(*a.max(b))
            }
        }
        (Kind::Date, Kind::Timestamp(_)) | (Kind::Timestamp(_), Kind::Date) => return None,
        (Kind::Array(a), Kind::Array(b)) => Kind::Array(Box::new(common(a, b)?)),
        (Kind::Map(ka, va), Kind::Map(kb, vb)) => Kind::Map(Box::new(common(ka, kb)?), Box::new(common(va, vb)?)),
        _ => return merged(left, right),
    };
    Some(kind.with_nullability(nullable))
}

/// The type that COALESCE, IFNULL, GREATEST and LEAST give to two types (Flink's `LogicalTypeMerging`), or `None` if
/// there is none.
pub fn merged(left: &Type, right: &Type) -> Option<Type> {
    let nullable = left.nullable || right.nullable || left.kind == Kind::Null || right.kind == Kind::Null;
    let kind = match (&left.kind, &right.kind) {
        (l, r) if l == r => l.clone(),
        (Kind::Null, other) | (other, Kind::Null) => other.clone(),
        // CHAR stays CHAR only for equal lengths, which are equal kinds.
        (Kind::Char(a) | Kind::VarChar(a), Kind::Char(b) | Kind::VarChar(b)) => Kind::VarChar(*a.max(b)),
        (Kind::Binary(a) | Kind::VarBinary(a), Kind::Binary(b) | Kind::VarBinary(b)) => Kind::VarBinary(*a.max(b)),
        (l, r) if l.is_integer() && r.is_integer() => wider(l, r),
        (l, r) if l.family() == Family::Approximate && r.family() == Family::Approximate => Kind::Double,
        (l, r) if l.is_numeric() && r.is_numeric() => match (l.as_decimal(), r.as_decimal()) {
            (Some((p1, s1)), Some((p2, s2))) => {
                let scale = s1.max(s2);
                let precision = (p1 - s1).max(p2 - s2) + scale;
                if precision <= MAX_PRECISION {
                    Kind::Decimal { precision, scale }
                } else {
                    // Digits before the point are kept at the cost of those behind it.
                    let whole = (p1 - s1).max(p2 - s2).min(MAX_PRECISION);
                    Kind::Decimal { precision: MAX_PRECISION, scale: MAX_PRECISION - whole }
                }
            }
            _ => approximate(l, r),
        },
        (Kind::Time(a), Kind::Time(b)) => Kind::Time(*a.max(b)),
        (Kind::Timestamp(a), Kind::Timestamp(b)) => Kind::Timestamp(*a.max(b)),
        (Kind::TimestampLtz(a), Kind::TimestampLtz(b))
        | (Kind::TimestampLtz(a), Kind::Timestamp(b))
        | (Kind::Timestamp(a), Kind::TimestampLtz(b)) => Kind::TimestampLtz(*a.max(b)),
        (Kind::Date, Kind::Timestamp(_)) | (Kind::Timestamp(_), Kind::Date) => Kind::Date,
        (Kind::Array(a), Kind::Array(b)) => Kind::Array(Box::new(merged(a, b)?)),
        (Kind::Map(ka, va), Kind::Map(kb, vb)) => Kind::Map(Box::new(merged(ka, kb)?), Box::new(merged(va, vb)?)),
        (Kind::Row(a), Kind::Row(b)) if a.len() == b.len() => {
            let field = |(a, b): (&super::Field, &super::Field)| {
                Some(super::Field { name: a.name.clone(), ty: merged(&a.ty, &b.ty)? })
            };
            Kind::Row(a.iter().zip(b).map(field).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    Some(kind.with_nullability(nullable))
}

/// The kind in which two values are compared, or `None` where Flink refuses the comparison. A text is compared
/// with a BOOLEAN, a DATE, a TIME or a timestamp as a value of that type.
pub fn comparable(left: &Kind, right: &Kind) -> Option<Kind> {
    use Family::*;
    let reads_text = |family| matches!(family, Boolean | Date | Time | Timestamp | TimestampLtz);
    match (left.family(), right.family()) {
        (Date, Timestamp) | (Timestamp, Date) => None,
        (Character, other) if reads_text(other) => Some(right.clone()),
        (other, Character) if reads_text(other) => Some(left.clone()),
        (Timestamp, TimestampLtz) => Some(right.clone()),
        (TimestampLtz, Timestamp) => Some(left.clone()),
        (Null, Null) => Some(Kind::Boolean),
        _ => merged(&left.clone().nullable(), &right.clone().nullable()).map(|ty| ty.kind),
    }
}

/// Whether INSERT accepts `from` where `to` is declared, without a CAST (Flink's implicit casts).
pub fn implicitly_casts(from: &Kind, to: &Kind) -> bool {
    use Family::*;
    if from == to || *from == Kind::Null {
        return true;
    }
    match (from, to) {
        // A VARCHAR is not made a CHAR, which would pad it.
        (Kind::VarChar(_), Kind::Char(_)) | (Kind::VarBinary(_), Kind::Binary(_)) => return false,
        (Kind::Double, Kind::Float) => return false,
        (Kind::Array(a), Kind::Array(b)) | (Kind::Multiset(a), Kind::Multiset(b)) => {
            return implicitly_casts(&a.kind, &b.kind);
        }
        (Kind::Map(ka, va), Kind::Map(kb, vb)) => {
            return implicitly_casts(&ka.kind, &kb.kind) && implicitly_casts(&va.kind, &vb.kind);
        }
        (Kind::Row(a), Kind::Row(b)) => {
            return a.len() == b.len() && a.iter().zip(b).all(|(a, b)| implicitly_casts(&a.ty.kind, &b.ty.kind));
        }
        _ => {}
    }
    match (from.family(), to.family()) {
        (Integer, Integer) => wider(from, to) == *to,
        (Integer | Decimal | Approximate, Decimal | Approximate) => true,
        (Character, Character) | (Binary, Binary) | (Time, Time) => true,
        (Timestamp | TimestampLtz, Timestamp | TimestampLtz) => true,
        (Timestamp, Date | Time) => true,
        (YearMonthInterval, YearMonthInterval) | (DayTimeInterval, DayTimeInterval) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(precision: u8, scale: u8) -> Type {
        Kind::Decimal { precision, scale }.nullable()
    }

    #[test]
    fn decimals_follow_flinks_rules() {
        let (a, b) = (decimal(10, 2), decimal(10, 2));
        let result = |op| arithmetic(op, &a, &b).map(|ty| ty.to_string());
        assert_eq!(result(Arithmetic::Add).as_deref(), Some("DECIMAL(11, 2)"));
        assert_eq!(result(Arithmetic::Multiply).as_deref(), Some("DECIMAL(21, 4)"));
        assert_eq!(result(Arithmetic::Divide).as_deref(), Some("DECIMAL(23, 13)"));
        assert_eq!(result(Arithmetic::Modulo).as_deref(), Some("DECIMAL(10, 2)"));
    }

    #[test]
    fn approximate_numbers_follow_calcite() {
        let result = |left: Kind, right: Kind| {
            arithmetic(Arithmetic::Add, &left.nullable(), &right.not_null()).map(|ty| ty.to_string())
        };
        assert_eq!(result(Kind::Float, Kind::Double).as_deref(), Some("FLOAT"));
        assert_eq!(result(Kind::Double, Kind::Float).as_deref(), Some("DOUBLE"));
        assert_eq!(result(Kind::BigInt, Kind::Float).as_deref(), Some("FLOAT"));
        assert_eq!(result(Kind::Float, Kind::Decimal { precision: 3, scale: 1 }).as_deref(), Some("DOUBLE"));
        assert_eq!(arithmetic(Arithmetic::Modulo, &Kind::Double.nullable(), &Kind::Int.nullable()), None);
    }

    #[test]
    fn integers_widen_and_texts_lengthen() {
        assert_eq!(common(&Kind::Int.not_null(), &Kind::BigInt.not_null()), Some(Kind::BigInt.not_null()));
        assert_eq!(common(&Kind::Char(3).not_null(), &Kind::Char(5).not_null()), Some(Kind::VarChar(5).not_null()));
        assert_eq!(common(&Kind::Int.not_null(), &Kind::STRING.not_null()), None);
        assert!(implicitly_casts(&Kind::Int, &Kind::BigInt));
        assert!(!implicitly_casts(&Kind::BigInt, &Kind::Int));
    }
}
