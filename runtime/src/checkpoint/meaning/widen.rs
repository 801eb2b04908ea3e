//! A value of one shape as a value of a wider one: INT as BIGINT, NOT NULL as nullable.

use super::shape::{Scalar, Shape, Width, take_bytes, take_count};

/// Whether every value of one shape has a value of another one that means the same. With `equal`, values that were
/// equal to a value of the new type, when it was written as text, still are: not so for FLOAT, whose 0.1 is not the 0.1
/// of DOUBLE.
pub fn widens(old: &Shape, new: &Shape, equal: bool) -> bool {
    match (old, new) {
        (Shape::Scalar(old), Shape::Scalar(new) | Shape::Nullable(new))
        | (Shape::Nullable(old), Shape::Nullable(new)) => scalar_widens(old, new, equal),
        (Shape::Row(old), Shape::Row(new)) => {
            old.len() == new.len()
                && old.iter().zip(new).all(|((name, old), (other, new))| name == other && widens(old, new, equal))
        }
        // What is kept as a list is looked for again.
        (Shape::Array(old), Shape::Array(new)) => widens(old, new, true),
        _ => false,
    }
}

fn scalar_widens(old: &Scalar, new: &Scalar, equal: bool) -> bool {
    let (from, to) = (old.arguments.as_slice(), new.arguments.as_slice());
    let longer = match (from, to) {
        (_, []) => true,
        ([from], [to]) => from <= to,
        _ => false,
    };
    match (old.name.as_str(), new.name.as_str()) {
        _ if old == new => true,
        ("FLOAT", "DOUBLE") => !equal,
        ("DECIMAL", "DECIMAL") => decimal_widens(from, to),
        (_, "DECIMAL") => digits(old).is_some_and(|digits| decimal_widens(&[digits, 0], to)),
        ("CHAR" | "VARCHAR", "VARCHAR" | "STRING") | ("BINARY" | "VARBINARY", "VARBINARY" | "BYTES") => longer,
        ("TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ", name) => name == old.name && longer,
        _ => digits(old).zip(digits(new)).is_some_and(|(old, new)| old < new),
    }
}

/// Digits before and behind the point. Sums have 38 of them however long their values are: there, one that gets more
/// digits behind the point is checked when it is converted.
fn decimal_widens(from: &[u32], to: &[u32]) -> bool {
    match (from, to) {
        ([digits, scale], [more, wider]) => {
            scale <= wider && (digits - scale.min(digits) <= more - wider.min(more) || *more == 38)
        }
        _ => false,
    }
}

/// How many digits an integer has.
fn digits(scalar: &Scalar) -> Option<u32> {
    match scalar.name.as_str() {
        "TINYINT" => Some(3),
        "SMALLINT" => Some(5),
        "INT" => Some(10),
        "BIGINT" => Some(19),
        _ => None,
    }
}

/// What is different about two shapes, for people: only the types that are, not what they are part of.
pub fn difference(old: &Shape, new: &Shape) -> (String, String) {
    match (old, new) {
        (Shape::Row(fields), Shape::Row(others)) if fields.len() == others.len() => {
            let different = fields.iter().zip(others).find(|(one, other)| one != other);
            different.map_or_else(Default::default, |((_, old), (_, new))| difference(old, new))
        }
        (Shape::Array(old), Shape::Array(new)) => difference(old, new),
        (old, new) => (old.to_string(), new.to_string()),
    }
}

/// Whether a value of a wider shape has the same bytes.
pub fn is_same(old: &Shape, new: &Shape) -> bool {
    match (old, new) {
        (Shape::Scalar(old), Shape::Scalar(new)) | (Shape::Nullable(old), Shape::Nullable(new)) => {
            old.width() == new.width() && scale(old) == scale(new) && (old.name == "FLOAT") == (new.name == "FLOAT")
        }
        (Shape::Row(old), Shape::Row(new)) => old.iter().zip(new).all(|((_, old), (_, new))| is_same(old, new)),
        (Shape::Array(old), Shape::Array(new)) => is_same(old, new),
        _ => false,
    }
}

/// Writes the value at the front of `bytes` as one of a [wider](widens) shape. `None` if the bytes do not fit the old
/// shape, or a DECIMAL has too many digits for the new one.
pub fn convert(old: &Shape, new: &Shape, bytes: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
    match (old, new) {
        (Shape::Scalar(old), Shape::Scalar(new)) => scalar(old, new, bytes, out),
        (Shape::Scalar(old), Shape::Nullable(new)) => {
            out.push(1);
            scalar(old, new, bytes, out)
        }
        (Shape::Nullable(old), Shape::Nullable(new)) => {
            let is_there = take_bytes(bytes, 1)?[0];
            out.push(is_there);
            if is_there == 0 { Some(()) } else { scalar(old, new, bytes, out) }
        }
        (Shape::Row(old), Shape::Row(new)) => {
            old.iter().zip(new).try_for_each(|((_, old), (_, new))| convert(old, new, bytes, out))
        }
        (Shape::Array(old), Shape::Array(new)) => {
            let count = take_count(bytes)?;
            out.extend_from_slice(&count.to_le_bytes());
            (0..count).try_for_each(|_| convert(old, new, bytes, out))
        }
        _ => None,
    }
}

fn scalar(old: &Scalar, new: &Scalar, bytes: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
    let value = Shape::Scalar(old.clone()).take(bytes)?;
    if old.name == "FLOAT" && new.name == "DOUBLE" {
        let value = f32::from_le_bytes(value.try_into().ok()?);
        out.extend_from_slice(&f64::from(value).to_le_bytes());
    } else if new.name == "DECIMAL" {
        let value = integer(value)?.checked_mul(10i128.checked_pow(scale(new) - scale(old))?)?;
        let limit = 10u128.checked_pow(*new.arguments.first()?)?;
        out.extend_from_slice(&Some(value).filter(|value| value.unsigned_abs() < limit)?.to_le_bytes());
    } else {
        match new.width()? {
            Width::Fixed(length) if length > value.len() => {
                out.extend_from_slice(&integer(value)?.to_le_bytes()[..length]);
            }
            _ => out.extend_from_slice(value),
        }
    }
    Some(())
}

/// Digits behind the point.
fn scale(scalar: &Scalar) -> u32 {
    match scalar.arguments.as_slice() {
        [_, scale] => *scale,
        _ => 0,
    }
}

/// A little-endian integer of any length up to 16 bytes.
fn integer(bytes: &[u8]) -> Option<i128> {
    let is_negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut wide = [if is_negative { 0xFF } else { 0 }; 16];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i128::from_le_bytes(wide))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::accumulator::{DecimalAvg, Distinct, Max, RetractableMin, Sum};
    use crate::row::Codec;
    use crate::state::DoubleKey;
    use crate::value::{Decimal, Text};

    fn shape(text: &str) -> Shape {
        Shape::parse(text).unwrap_or_else(|| panic!("{text} is a shape"))
    }

    fn encoded<'a>(value: &impl Codec<'a>) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        bytes
    }

    /// The old value is read as the new one.
    fn becomes<'a, 'b>(old: &str, value: &impl Codec<'a>, new: &str, wider: &impl Codec<'b>) {
        let (old, new, bytes) = (shape(old), shape(new), encoded(value));
        assert!(widens(&old, &new, false), "{old} to {new}");
        let (mut rest, mut out) = (bytes.as_slice(), Vec::new());
        assert_eq!(convert(&old, &new, &mut rest, &mut out), Some(()), "{old} to {new}");
        assert_eq!((rest.len(), &out), (0, &encoded(wider)), "{old} to {new}");
        assert!(!is_same(&old, &new) || out == bytes, "{old} to {new}");
        for end in 0..bytes.len() {
            assert_eq!(convert(&old, &new, &mut &bytes[..end], &mut Vec::new()), None, "{old} cut off at {end}");
        }
    }

    #[test]
    fn numbers_become_wider() {
        becomes("INT NOT NULL", &-7i32, "BIGINT NOT NULL", &-7i64);
        becomes("TINYINT", &Some(-7i8), "INT", &Some(-7i32));
        becomes("SMALLINT NOT NULL", &7i16, "BIGINT", &Some(7i64));
        becomes("INT", &None::<i32>, "BIGINT", &None::<i64>);
        becomes("INT NOT NULL", &-12i32, "DECIMAL(12, 2) NOT NULL", &Decimal(-1200));
        becomes("DECIMAL(10, 2)", &Some(Decimal(-150)), "DECIMAL(14, 4)", &Some(Decimal(-15000)));
        becomes("DECIMAL(10, 2)", &Some(Decimal(150)), "DECIMAL(12, 2)", &Some(Decimal(150)));
        becomes("FLOAT NOT NULL", &0.1f32, "DOUBLE NOT NULL", &f64::from(0.1f32));
        becomes("DOUBLE NOT NULL", &DoubleKey::from(0.1), "DOUBLE", &Some(DoubleKey::from(0.1)));
    }

    #[test]
    fn texts_and_times_become_longer_as_they_are() {
        let (text, time) = (Text::from("abc"), crate::value::Timestamp(7));
        for (old, new) in [("VARCHAR(3)", "VARCHAR(9)"), ("VARCHAR(3)", "STRING"), ("CHAR(3)", "VARCHAR(3)")] {
            becomes(old, &Some(text.clone()), new, &Some(text.clone()));
            assert!(is_same(&shape(old), &shape(new)));
        }
        becomes("TIMESTAMP(3) NOT NULL", &time, "TIMESTAMP(6)", &Some(time));
        assert!(!is_same(&shape("INT NOT NULL"), &shape("INT")));
        assert!(!is_same(&shape("INT"), &shape("FLOAT")));
        assert!(!is_same(&shape("DECIMAL(10, 2)"), &shape("DECIMAL(12, 4)")));
    }

    #[test]
    fn accumulators_become_those_of_wider_arguments() {
        let (mut old, mut new) = (Sum::<i32>::default(), Sum::<i64>::default());
        becomes("INT", &old, "BIGINT", &new);
        old.add(5);
        new.add(5);
        becomes("INT", &old, "BIGINT", &new);
        let (mut old, mut new) = (DecimalAvg::<2>::default(), DecimalAvg::<4>::default());
        old.add(Decimal(150));
        new.add(Decimal(15000));
        let avg = |scale| {
            format!("ROW<overflowed BOOLEAN NOT NULL, sum DECIMAL(38, {scale}) NOT NULL, count BIGINT NOT NULL>")
        };
        becomes(&avg(2), &old, &avg(4), &new);
        let (mut old, mut new) = (Distinct::<i32, Max<i32>>::default(), Distinct::<i64, Max<i64>>::default());
        old.add(5);
        new.add(5);
        let max = |ty| format!("ROW<total {ty}, seen ARRAY<ROW<value {ty} NOT NULL, count BIGINT NOT NULL>>>");
        becomes(&max("INT"), &old, &max("BIGINT"), &new);
        let (mut old, mut new) = (RetractableMin::<i32>::default(), RetractableMin::<i64>::default());
        old.add(5);
        new.add(5);
        old.add(-6);
        new.add(-6);
        let min = |ty| format!("ARRAY<ARRAY<ROW<value {ty} NOT NULL, count BIGINT NOT NULL>>>");
        becomes(&min("INT"), &old, &min("BIGINT"), &new);
        assert!(!widens(&shape(&min("FLOAT")), &shape(&min("DOUBLE")), false), "what is taken back would not be found");
    }

    #[test]
    fn what_is_narrower_or_of_another_kind_is_not_wider() {
        let pairs = [
            ("BIGINT", "INT"),
            ("INT", "INT NOT NULL"),
            ("INT", "STRING"),
            ("STRING", "VARCHAR(9)"),
            ("VARCHAR(9)", "VARCHAR(8)"),
            ("VARCHAR(3)", "CHAR(3)"),
            ("CHAR(3)", "CHAR(4)"),
            ("DECIMAL(10, 2)", "DECIMAL(10, 4)"),
            ("DECIMAL(10, 4)", "DECIMAL(12, 2)"),
            ("INT", "DECIMAL(10, 2)"),
            ("INT", "DOUBLE"),
            ("DOUBLE", "FLOAT"),
            ("TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"),
            ("TIMESTAMP(6)", "TIMESTAMP(3)"),
            ("DATE", "TIMESTAMP(3)"),
            ("ROW<sum BIGINT NOT NULL>", "ROW<total BIGINT NOT NULL>"),
            ("ROW<sum BIGINT NOT NULL>", "BIGINT NOT NULL"),
        ];
        for (old, new) in pairs {
            assert!(!widens(&shape(old), &shape(new), false), "{old} to {new}");
        }
        assert!(!widens(&shape("FLOAT"), &shape("DOUBLE"), true));
    }

    #[test]
    fn a_sum_with_too_many_digits_is_not_converted() {
        let (old, new) = (shape("DECIMAL(38, 2)"), shape("DECIMAL(38, 4)"));
        assert!(widens(&old, &new, true));
        let large = encoded(&Some(Decimal(10i128.pow(37))));
        assert_eq!(convert(&old, &new, &mut large.as_slice(), &mut Vec::new()), None);
    }
}
