//! From a row to a document, in exactly the form that Flink's JSON sink writes.

use super::text::{Astral, write_escaped};
use crate::error::Result;
use crate::format::datetime::{LastDay, write_date, write_time, write_timestamp};
use crate::format::values::{Values, value_methods, writer_methods};
use crate::format::{base64, number};
use crate::options::Options;
use crate::row::{EncodeRow, RowKind};
use crate::value::double::{write_double, write_float};
use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp, decimal};

/// A generated row, or a generated struct for a ROW column, that is written as a JSON object.
pub trait Encode {
    /// Writes the columns in their order: `document.column(json::key!("status")).text(self.status);`.
    fn encode(&self, document: &mut Document<'_>);
}

/// What a table's writer knows: the format's options.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    ignore_null_fields: bool,
    decimal_as_plain_number: bool,
    last_day: LastDay,
}

impl Encoder {
    /// Reads `json.encode.ignore-null-fields` and `json.encode.decimal-as-plain-number`.
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Encoder {
            ignore_null_fields: options.boolean("json.encode.ignore-null-fields")?.unwrap_or(false),
            decimal_as_plain_number: options.boolean("json.encode.decimal-as-plain-number")?.unwrap_or(false),
            last_day: LastDay::default(),
        })
    }

    /// Appends the row as an object.
    pub fn write(&self, row: &impl Encode, out: &mut Vec<u8>) {
        Document { out, encoder: self, key: "", optional: false }.object(row);
    }
}

impl<T: Encode> EncodeRow<Encoder> for T {
    fn encode(&self, encoder: &mut Encoder, _kind: RowKind, out: &mut Vec<u8>) -> Result<()> {
        encoder.write(self, out);
        Ok(())
    }
}

/// A column's name as it must be given to [`key!`](super::key): with JSON's escapes.
pub fn escape_key(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    write_escaped(&mut out, name, Astral::Escaped);
    String::from_utf8(out).expect("escapes keep a text a text")
}

/// All that stands between the values of two columns: `json::key!("status")` is `,"status":`. The name must have
/// JSON's escapes.
#[macro_export]
#[doc(hidden)]
macro_rules! json_key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// The document that is being written. The methods of the types write a value to the place that
/// [`column`](Document::column) or an array has gone to.
#[derive(Debug)]
pub struct Document<'w> {
    out: &'w mut Vec<u8>,
    encoder: &'w Encoder,
    /// What stands before the next value.
    key: &'static str,
    /// Whether the next value may be left out if it is NULL: a column's may, an entry's of a map may not.
    optional: bool,
}

impl<'w> Document<'w> {
    /// Goes to the place of a column's value. The key is what [`key!`](super::key) makes of the column's name.
    #[inline]
    pub fn column(&mut self, key: &'static str) -> &mut Self {
        self.key = key;
        self.optional = true;
        self
    }

    value_methods!();
    writer_methods! {
        /// BINARY, VARBINARY and BYTES, as base64.
        bytes_base64<'t>(&'t [u8]) => put_bytes by Document::write_bytes;
        /// TIMESTAMP, as `2021-05-21 10:21:33.12`.
        timestamp_sql(Timestamp) => put_sql by Document::write_sql;
        /// TIMESTAMP, as `2021-05-21T10:21:33.12`.
        timestamp_iso(Timestamp) => put_iso by Document::write_iso;
        /// TIMESTAMP with the standard ISO-8601-WITH-OFFSET, as `2021-05-21T10:21:33.12Z`.
        timestamp_iso_offset(Timestamp) => put_iso_offset by Document::write_iso_utc;
        /// TIMESTAMP_LTZ, as `2021-05-21 10:21:33.12Z`.
        timestamp_ltz_sql(Timestamp) => put_ltz_sql by Document::write_sql_utc;
        /// TIMESTAMP_LTZ, as `2021-05-21T10:21:33.12Z`.
        timestamp_ltz_iso(Timestamp) => put_ltz_iso by Document::write_iso_utc;
        /// TIMESTAMP_LTZ with the standard ISO-8601-WITH-OFFSET, as `2021-05-21T10:21:33.12Z`.
        timestamp_ltz_iso_offset(Timestamp) => put_ltz_iso_offset by Document::write_iso_utc;
    }

    /// ROW.
    pub fn row<'t, T: Encode + 't>(&mut self, value: impl Into<Option<&'t T>>) {
        let value = value.into();
        if self.place(value.is_none()).is_some()
            && let Some(row) = value
        {
            self.object(row);
        }
    }

    /// ARRAY. `element` writes one of them: `.array(self.readings, |place, reading| place.double(reading))`.
    pub fn array<'t, T: Copy + 't>(
        &mut self,
        value: impl Into<Option<&'t [Option<T>]>>,
        mut element: impl FnMut(&mut Self, Option<T>),
    ) {
        let value = value.into();
        if self.place(value.is_none()).is_some()
            && let Some(elements) = value
        {
            self.enclosed(b"[]", |document| {
                for value in elements {
                    document.key = ",";
                    document.optional = false;
                    element(document, *value);
                }
            });
        }
    }

    /// MAP with keys of text. `element` writes the value of one entry.
    pub fn map<'t, V: Copy + 't>(
        &mut self,
        value: impl Into<Option<&'t [(&'t str, Option<V>)]>>,
        mut element: impl FnMut(&mut Self, Option<V>),
    ) {
        let value = value.into();
        if self.place(value.is_none()).is_some()
            && let Some(entries) = value
        {
            self.enclosed(b"{}", |document| {
                for (key, value) in entries {
                    document.out.extend_from_slice(b",\"");
                    write_escaped(document.out, key, Astral::Escaped);
                    document.key = "\":";
                    document.optional = false;
                    element(document, *value);
                }
            });
        }
    }

    #[inline]
    fn object(&mut self, row: &impl Encode) {
        self.enclosed(b"{}", |document| row.encode(document));
    }

    /// Puts brackets around what is written: the first one where every member has its comma.
    #[inline(always)]
    fn enclosed(&mut self, brackets: &[u8; 2], write: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        write(self);
        match self.out.get_mut(start) {
            Some(comma) => *comma = brackets[0],
            None => self.out.push(brackets[0]),
        }
        self.out.push(brackets[1]);
    }

    #[inline(always)]
    fn quoted<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        if let Some((out, value)) = self.fill(value) {
            out.push(b'"');
            write(out, value);
            out.push(b'"');
        }
    }

    #[inline(always)]
    fn write_bytes(&mut self, value: Option<&[u8]>) {
        self.quoted(value, base64::encode);
    }

    fn write_sql(&mut self, value: Option<Timestamp>) {
        self.write_timestamp(value, b' ', b"\"");
    }

    fn write_iso(&mut self, value: Option<Timestamp>) {
        self.write_timestamp(value, b'T', b"\"");
    }

    fn write_sql_utc(&mut self, value: Option<Timestamp>) {
        self.write_timestamp(value, b' ', b"Z\"");
    }

    fn write_iso_utc(&mut self, value: Option<Timestamp>) {
        self.write_timestamp(value, b'T', b"Z\"");
    }

    #[inline(always)]
    fn write_timestamp(&mut self, value: Option<Timestamp>, separator: u8, end: &[u8]) {
        let last_day = &self.encoder.last_day;
        if let Some((out, value)) = self.fill(value) {
            out.push(b'"');
            write_timestamp(out, value, separator, last_day);
            out.extend_from_slice(end);
        }
    }
}

impl Values for Document<'_> {
    #[inline(always)]
    fn place(&mut self, is_null: bool) -> Option<&mut Vec<u8>> {
        if !is_null {
            self.out.extend_from_slice(self.key.as_bytes());
            return Some(self.out);
        }
        if !self.optional || !self.encoder.ignore_null_fields {
            self.out.extend_from_slice(self.key.as_bytes());
            self.out.extend_from_slice(b"null");
        }
        None
    }

    /// What is no number becomes a string: `"NaN"`.
    #[inline(always)]
    fn write_float(&mut self, value: Option<f32>) {
        match value.is_none_or(f32::is_finite) {
            true => self.fill(value).map_or((), |(out, value)| write_float(out, value)),
            false => self.quoted(value, write_float),
        }
    }

    /// What is no number becomes a string: `"NaN"`.
    #[inline(always)]
    fn write_double(&mut self, value: Option<f64>) {
        match value.is_none_or(f64::is_finite) {
            true => self.fill(value).map_or((), |(out, value)| write_double(out, value)),
            false => self.quoted(value, write_double),
        }
    }

    /// Without trailing zeros and perhaps with an exponent (`1E+20`), or with all its digits if
    /// `json.encode.decimal-as-plain-number` is set.
    fn write_decimal(&mut self, value: Option<Decimal>, scale: u8) {
        let is_plain = self.encoder.decimal_as_plain_number;
        if let Some((out, value)) = self.fill(value) {
            match is_plain {
                true => out.extend_from_slice(decimal::print(value, scale).as_bytes()),
                false => number::write_decimal_stripped(out, value, scale),
            }
        }
    }

    #[inline(always)]
    fn write_text(&mut self, value: Option<&str>) {
        self.quoted(value, |out, value| write_escaped(out, value, Astral::Escaped));
    }

    #[inline(always)]
    fn write_date(&mut self, value: Option<Date>) {
        self.quoted(value, write_date);
    }

    #[inline(always)]
    fn write_time(&mut self, value: Option<Time>) {
        self.quoted(value, write_time);
    }
}
