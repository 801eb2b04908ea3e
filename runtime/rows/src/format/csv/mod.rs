//! CSV: turns a line into the columns of a row and a row into a line, as Flink's format `csv`.
//!
//! A generated struct implements [`Record`] and is thereby decodable (see [`Decoder`]); it implements
//! [`Encode`] and is thereby encodable (see [`Encoder`]). Where a line begins and ends is left to the
//! connector, so that a quoted field can contain a line end only where records are messages: in files,
//! which are read by lines, it is a missing quote. Flink reads such files; it also lets a missing quote
//! swallow the lines behind it.

mod decode;
mod encode;
mod fields;
mod open;
mod scan;
mod value;

pub use decode::{Decoder, Record};
pub use encode::{Encode, Encoder, Line};
pub use fields::Fields;

use super::error::FieldError as Problem;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

/// A field cannot be read: it is not of the column's type, or the line is broken there. Its line knows why; this
/// has no size, so that a value comes back from reading in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError;

/// The options that reading and writing share.
#[derive(Clone, Debug)]
struct Dialect {
    delimiter: u8,
    /// `None`: fields are never quoted.
    quote: Option<u8>,
    escape: Option<u8>,
    element_delimiter: Box<str>,
    null_literal: Option<Box<str>>,
}

impl Dialect {
    fn new(options: &Options) -> Result<Self> {
        let disabled = options.boolean("csv.disable-quote-character")?.unwrap_or(false);
        if disabled && options.text("csv.quote-character").is_some() {
            return Err(Error::new(
                ErrorKind::Usage,
                "options 'csv.quote-character' and 'csv.disable-quote-character' exclude each other",
            ));
        }
        let quote = character(options, "csv.quote-character")?.unwrap_or(b'"');
        Ok(Dialect {
            delimiter: character(options, "csv.field-delimiter")?.unwrap_or(b','),
            quote: (!disabled).then_some(quote),
            escape: character(options, "csv.escape-character")?,
            element_delimiter: unescape(options.text("csv.array-element-delimiter").unwrap_or(";")).into(),
            null_literal: options.text("csv.null-literal").map(Into::into),
        })
    }
}

/// The value of an option that is one ASCII character, perhaps written as one of Java's escapes.
fn character(options: &Options, name: &str) -> Result<Option<u8>> {
    let Some(text) = options.text(name) else { return Ok(None) };
    match unescape(text).as_bytes() {
        [byte] if byte.is_ascii() => Ok(Some(*byte)),
        _ => Err(Error::new(ErrorKind::Usage, format!("option '{name}' is '{text}', expected one ASCII character"))),
    }
}

/// Replaces Java's escapes (`\t`, `\\`, `\u0001`), which Flink allows in these options.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        let code = escaped.strip_prefix('u').and_then(|code| u32::from_str_radix(code.get(..4)?, 16).ok());
        let (character, length) = match (escaped.chars().next(), code.and_then(char::from_u32)) {
            (_, Some(character)) => (character, 5),
            (Some('t'), _) => ('\t', 1),
            (Some('n'), _) => ('\n', 1),
            (Some('r'), _) => ('\r', 1),
            (Some('b'), _) => ('\u{8}', 1),
            (Some('f'), _) => ('\u{c}', 1),
            (Some(other), _) => (other, other.len_utf8()),
            (None, _) => ('\\', 0),
        };
        out.push(character);
        rest = &escaped[length..];
    }
    out.push_str(rest);
    out
}
