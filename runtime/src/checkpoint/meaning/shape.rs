//! What the bytes of a key or of an accumulator are, as data: the notation in which the compiler describes them, which is
//! that of Flink's types.
//!
//! | notation | bytes |
//! |---|---|
//! | `INT NOT NULL` | 4, and so on for all types of a fixed length |
//! | `STRING NOT NULL`, `BYTES NOT NULL` | the length in 4 bytes, and as many |
//! | `INT` | a byte that says whether there is a value, and the value |
//! | `ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>` | one field after the other |
//! | `ARRAY<...>` | how many in 8 bytes, and one element after the other |
//!
//! An accumulator that has seen nothing yet is all zero bytes.

use std::fmt;

/// What a value's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    Scalar(Scalar),
    Nullable(Scalar),
    /// Fields with their names.
    Row(Vec<(String, Shape)>),
    Array(Box<Shape>),
}

/// A type of SQL: its name with what stands between parentheses, `DECIMAL` and 10 and 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    pub name: String,
    pub arguments: Vec<u32>,
}

/// How long a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Fixed(usize),
    /// The length comes first, in 4 bytes.
    Prefixed,
}

impl Scalar {
    /// `None` for types that state does not keep.
    pub(super) fn width(&self) -> Option<Width> {
        Some(match self.name.as_str() {
            "NULL" => Width::Fixed(0),
            "BOOLEAN" | "TINYINT" => Width::Fixed(1),
            "SMALLINT" => Width::Fixed(2),
            "INT" | "FLOAT" | "DATE" | "TIME" | "INTERVAL YEAR TO MONTH" => Width::Fixed(4),
            "BIGINT" | "DOUBLE" | "TIMESTAMP" | "TIMESTAMP_LTZ" | "INTERVAL DAY TO SECOND" => Width::Fixed(8),
            "DECIMAL" => Width::Fixed(16),
            "CHAR" | "VARCHAR" | "STRING" | "BINARY" | "VARBINARY" | "BYTES" => Width::Prefixed,
            _ => return None,
        })
    }
}

impl Shape {
    /// Reads the notation; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Shape> {
        let mut rest = text;
        let shape = parse(&mut rest)?;
        rest.is_empty().then_some(shape)
    }

    /// A row of shapes without names.
    pub fn tuple(shapes: Vec<Shape>) -> Shape {
        Shape::Row(shapes.into_iter().map(|shape| (String::new(), shape)).collect())
    }

    /// The bytes of a value at the front of `bytes`, which moves behind it; `None` if it does not fit.
    pub fn take<'b>(&self, bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
        let whole = *bytes;
        self.skip(bytes)?;
        Some(&whole[..whole.len() - bytes.len()])
    }

    pub(super) fn skip(&self, bytes: &mut &[u8]) -> Option<()> {
        match self {
            Shape::Scalar(scalar) => scalar.skip(bytes),
            Shape::Nullable(scalar) => match take_bytes(bytes, 1)? {
                [0] => Some(()),
                [1] => scalar.skip(bytes),
                _ => None,
            },
            Shape::Row(fields) => fields.iter().try_for_each(|(_, shape)| shape.skip(bytes)),
            Shape::Array(element) => (0..take_count(bytes)?).try_for_each(|_| element.skip(bytes)),
        }
    }

    /// Appends an accumulator that has seen nothing yet.
    pub fn initial(&self, out: &mut Vec<u8>) {
        let zeros = match self {
            Shape::Scalar(scalar) => match scalar.width() {
                Some(Width::Fixed(bytes)) => bytes,
                _ => 4,
            },
            Shape::Nullable(_) => 1,
            Shape::Row(fields) => return fields.iter().for_each(|(_, shape)| shape.initial(out)),
            Shape::Array(_) => 8,
        };
        out.resize(out.len() + zeros, 0);
    }
}

impl Scalar {
    fn skip(&self, bytes: &mut &[u8]) -> Option<()> {
        let length = match self.width()? {
            Width::Fixed(length) => length,
            Width::Prefixed => u32::from_le_bytes(take_bytes(bytes, 4)?.try_into().ok()?) as usize,
        };
        take_bytes(bytes, length).map(|_| ())
    }
}

pub(super) fn take_bytes<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// How many elements a list has. Every one of them has at least a byte: what claims more is damaged.
pub(super) fn take_count(bytes: &mut &[u8]) -> Option<u64> {
    let count = u64::from_le_bytes(take_bytes(bytes, 8)?.try_into().ok()?);
    (count <= bytes.len() as u64).then_some(count)
}

fn parse(rest: &mut &str) -> Option<Shape> {
    if let Some(inner) = rest.strip_prefix("ARRAY<") {
        *rest = inner;
        let element = parse(rest)?;
        *rest = rest.strip_prefix('>')?;
        return Some(Shape::Array(Box::new(element)));
    }
    if let Some(inner) = rest.strip_prefix("ROW<") {
        *rest = inner;
        let mut fields = Vec::new();
        loop {
            let (name, shape) = rest.split_once(' ')?;
            *rest = shape;
            fields.push((name.to_owned(), parse(rest)?));
            match rest.strip_prefix(", ") {
                Some(next) => *rest = next,
                None => break,
            }
        }
        *rest = rest.strip_prefix('>')?;
        return Some(Shape::Row(fields));
    }
    let scalar = scalar(rest)?;
    match rest.strip_prefix(" NOT NULL") {
        Some(behind) => {
            *rest = behind;
            Some(Shape::Scalar(scalar))
        }
        None => Some(Shape::Nullable(scalar)),
    }
}

fn scalar(rest: &mut &str) -> Option<Scalar> {
    let end = rest.find(['(', ',', '>']).unwrap_or(rest.len());
    let name = rest[..end].strip_suffix(" NOT NULL").unwrap_or(&rest[..end]);
    let mut scalar = Scalar { name: name.to_owned(), arguments: Vec::new() };
    *rest = &rest[name.len()..];
    if let Some(inner) = rest.strip_prefix('(') {
        let (arguments, behind) = inner.split_once(')')?;
        scalar.arguments = arguments.split(", ").map(|argument| argument.parse().ok()).collect::<Option<_>>()?;
        *rest = behind;
    }
    scalar.width().map(|_| scalar)
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.arguments.as_slice() {
            [] => Ok(()),
            [one] => write!(f, "({one})"),
            [one, others @ ..] => {
                write!(f, "({one}")?;
                others.iter().try_for_each(|other| write!(f, ", {other}"))?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Scalar(scalar) => write!(f, "{scalar} NOT NULL"),
            Shape::Nullable(scalar) => write!(f, "{scalar}"),
            Shape::Array(element) => write!(f, "ARRAY<{element}>"),
            Shape::Row(fields) => {
                f.write_str("ROW<")?;
                for (index, (name, shape)) in fields.iter().enumerate() {
                    write!(f, "{}{name} {shape}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(">")
            }
        }
    }
}

#[cfg(test)]
mod tests;
