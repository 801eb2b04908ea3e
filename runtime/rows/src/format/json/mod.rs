//! JSON: turns a document into the columns of a row and a row into a document, as Flink's format `json`.
//!
//! A generated struct implements [`Object`] and is thereby decodable (see [`Decoder`]); it implements
//! [`Encode`] and is thereby encodable (see [`Encoder`]). Which columns a statement needs is left to the
//! compiler.
//!
//! The decoder accepts what Flink accepts, with these differences, all of them towards saying what is wrong:
//!
//! - The whole record must be one JSON document. Flink stops reading at the end of the first one, so that it
//!   drops `{"a":2}` of `{"a":1}{"a":2}` silently, and takes an array that nobody closed.
//! - An object or array where a BOOLEAN is expected is an error; Flink reads FALSE and loses its place.
//! - DOUBLE and FLOAT do not accept Java's hexadecimal literals in strings (`"0x1p3"`).
//! - An object or array read into STRING keeps duplicate keys.

mod cursor;
mod decode;
mod encode;
mod expected;
mod in_order;
mod lanes;
mod skip;
mod text;
mod value;
mod waiting;
mod wide;

pub use super::error::FieldError;
pub use crate::json_key as key;
pub use cursor::Value;
pub use decode::{Decoder, Object};
pub use encode::{Document, Encode, Encoder, escape_key};
