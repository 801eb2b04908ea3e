//! The primitives that generated decoders and encoders are made of: they turn the bytes of one record into
//! the columns of a generated row, and back.
//!
//! Generated code says which columns there are and of which type (`json::Object`, `csv::Record`,
//! `raw::Record`, and `Encode` of each for writing); everything that is the same for every table is
//! compiled here, once. Where records begin and end, and what happens to a bad one, is left to connectors
//! and to the scan of a table.

mod base64;
mod block;
pub mod csv;
mod datetime;
mod error;
pub mod json;
pub mod nothing;
mod number;
pub mod print;
pub mod raw;
mod short_number;
mod timestamp;
mod values;
