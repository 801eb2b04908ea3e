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

/// The type of `left op right` for two numbers, and NULL-ness as SQL has it; `None` if one is not a number.
///
/// Integers give the wider integer, anything with FLOAT or DOUBLE a DOUBLE (FLOAT with FLOAT stays FLOAT),
/// exact numbers with a DECIMAL follow Flink's decimal rules.
pub fn arithmetic(op: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    let nullable = left.nullable || right.nullable;
    let kind = match (&left.kind, &right.kind) {
        (Kind::Null, Kind::Null) => Kind::Int,
        (Kind::Null, other) | (other, Kind::Null) if other.is_numeric() => other.clone(),
        (l, r) if !l.is_numeric() || !r.is_numeric() => return None,
        (Kind::Float, Kind::Float) => Kind::Float,
        (l, r) if l.family() == Family::Approximate || r.family() == Family::Approximate => {
            // An exact number beside a FLOAT makes a DOUBLE only if it is a DECIMAL or another approximate.
            match (l, r) {
                (Kind::Float, exact) | (exact, Kind::Float) if exact.is_integer() => Kind::Float,
                _ => Kind::Double,
            }
        }
        (l, r) if l.is_integer() && r.is_integer() => {
            // The sign and size of a remainder are the divisor's: Flink types MOD by its second argument.
            if op == Arithmetic::Modulo { r.clone() } else { wider(l, r) }
        }
        (l, r) => {
            let ((p1, s1), (p2, s2)) = (l.as_decimal()?, r.as_decimal()?);
            let (precision, scale) = decimal_arithmetic(op, (p1, s1), (p2, s2));
            Kind::Decimal { precision, scale }
        }
    };
    Some(kind.with_nullability(nullable))
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

/// The type that UNION, CASE, COALESCE and VALUES give to two types, or `None` if there is none.
pub fn common(left: &Type, right: &Type) -> Option<Type> {
    let nullable = left.nullable || right.nullable || left.kind == Kind::Null || right.kind == Kind::Null;
    let kind = match (&left.kind, &right.kind) {
        (l, r) if l == r => l.clone(),
        (Kind::Null, other) | (other, Kind::Null) => other.clone(),
        (Kind::Char(a), Kind::Char(b)) => {
            // Flink keeps CHAR only for equal lengths; otherwise the result is VARCHAR of the longer.
            Kind::VarChar(*a.max(b))
        }
        (Kind::Char(a) | Kind::VarChar(a), Kind::Char(b) | Kind::VarChar(b)) => Kind::VarChar(*a.max(b)),
        (Kind::Binary(a) | Kind::VarBinary(a), Kind::Binary(b) | Kind::VarBinary(b)) => Kind::VarBinary(*a.max(b)),
        (l, r) if l.is_integer() && r.is_integer() => wider(l, r),
        (l, r) if l.is_numeric() && r.is_numeric() => {
            if l.family() == Family::Approximate || r.family() == Family::Approximate {
                match (l, r) {
                    (Kind::Float, other) | (other, Kind::Float) if other.is_integer() => Kind::Float,
                    _ => Kind::Double,
                }
            } else {
                let ((p1, s1), (p2, s2)) = (l.as_decimal()?, r.as_decimal()?);
                let scale = s1.max(s2);
                let precision = ((p1 - s1).max(p2 - s2) + scale).min(MAX_PRECISION);
                Kind::Decimal { precision, scale }
            }
        }
        (Kind::Time(a), Kind::Time(b)) => Kind::Time(*a.max(b)),
        (Kind::Timestamp(a), Kind::Timestamp(b)) => Kind::Timestamp(*a.max(b)),
        (Kind::TimestampLtz(a), Kind::TimestampLtz(b)) => Kind::TimestampLtz(*a.max(b)),
        (Kind::TimestampLtz(a), Kind::Timestamp(b)) | (Kind::Timestamp(a), Kind::TimestampLtz(b)) => {
            Kind::TimestampLtz(*a.max(b))
        }
        (Kind::Date, Kind::Timestamp(p)) | (Kind::Timestamp(p), Kind::Date) => Kind::Timestamp(*p),
        (Kind::Array(a), Kind::Array(b)) => Kind::Array(Box::new(common(a, b)?)),
        (Kind::Map(ka, va), Kind::Map(kb, vb)) => Kind::Map(Box::new(common(ka, kb)?), Box::new(common(va, vb)?)),
        _ => return None,
    };
    Some(kind.with_nullability(nullable))
}

/// The type in which two values are compared, or `None` where Flink refuses the comparison.
pub fn comparable(left: &Type, right: &Type) -> Option<Type> {
    match (left.kind.family(), right.kind.family()) {
        (Family::Date, Family::Timestamp) | (Family::Timestamp, Family::Date) => None,
        (Family::Map | Family::Multiset, _) | (_, Family::Map | Family::Multiset) => None,
        _ => common(left, right),
    }
}

/// Whether INSERT and function arguments accept `from` where `to` is declared, without a CAST.
pub fn implicitly_casts(from: &Kind, to: &Kind) -> bool {
    use Family::*;
    if from == to || *from == Kind::Null {
        return true;
    }
    match (from.family(), to.family()) {
        (Integer, Integer) => wider(from, to) == *to,
        (Integer | Decimal, Decimal) | (Integer | Decimal | Approximate, Approximate) => {
            !(from == &Kind::Double && to == &Kind::Float)
        }
        (Character, Character) | (Binary, Binary) | (Time, Time) => true,
        (Timestamp | TimestampLtz, Timestamp | TimestampLtz) => true,
        (Date, Timestamp) => true,
        (YearMonthInterval, YearMonthInterval) | (DayTimeInterval, DayTimeInterval) => true,
        _ => match (from, to) {
            (Kind::Array(a), Kind::Array(b)) | (Kind::Multiset(a), Kind::Multiset(b)) => {
                implicitly_casts(&a.kind, &b.kind)
            }
            (Kind::Map(ka, va), Kind::Map(kb, vb)) => {
                implicitly_casts(&ka.kind, &kb.kind) && implicitly_casts(&va.kind, &vb.kind)
            }
            (Kind::Row(a), Kind::Row(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| implicitly_casts(&a.ty.kind, &b.ty.kind))
            }
            _ => false,
        },
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
    fn integers_widen_and_texts_lengthen() {
        assert_eq!(common(&Kind::Int.not_null(), &Kind::BigInt.not_null()), Some(Kind::BigInt.not_null()));
        assert_eq!(common(&Kind::Char(3).not_null(), &Kind::Char(5).not_null()), Some(Kind::VarChar(5).not_null()));
        assert_eq!(common(&Kind::Int.not_null(), &Kind::STRING.not_null()), None);
        assert!(implicitly_casts(&Kind::Int, &Kind::BigInt));
        assert!(!implicitly_casts(&Kind::BigInt, &Kind::Int));
    }
}
