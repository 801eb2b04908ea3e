//! From a row to a document, in exactly the form that Flink's JSON sink writes.

use super::text::{Astral, write_escaped};
use crate::connector::options::Options;
use crate::error::Result;
use crate::format::datetime::{write_date, write_time, write_timestamp};
use crate::format::{base64, number};
use crate::row::{EncodeRow, RowKind};
use crate::value::double::{write_double, write_float};
use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp, decimal};

/// A generated row, or a generated struct for a ROW column, that is written as a JSON object.
pub trait Encode {
    /// Writes the columns in their order: `document.column("status").text(self.status);`.
    fn encode(&self, document: &mut Document<'_>);
}

/// What a table's writer knows: the format's options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Encoder {
    ignore_null_fields: bool,
    decimal_as_plain_number: bool,
}

impl Encoder {
    /// Reads `json.encode.ignore-null-fields` and `json.encode.decimal-as-plain-number`.
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Encoder {
            ignore_null_fields: options.boolean("json.encode.ignore-null-fields")?.unwrap_or(false),
            decimal_as_plain_number: options.boolean("json.encode.decimal-as-plain-number")?.unwrap_or(false),
        })
    }

    /// Appends the row as an object.
    pub fn write(&self, row: &impl Encode, out: &mut Vec<u8>) {
        let mut document = Document { out, encoder: *self };
        document.object(row);
    }
}

impl<T: Encode> EncodeRow<Encoder> for T {
    fn encode(&self, encoder: &mut Encoder, _kind: RowKind, out: &mut Vec<u8>) -> Result<()> {
        encoder.write(self, out);
        Ok(())
    }
}

/// The line of a change in the output of `sqlc run --format json`: `{"op":"+I","row":{...}}`.
pub fn write_change(row: &impl Encode, kind: RowKind, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"op\":\"");
    out.extend_from_slice(kind.short().as_bytes());
    out.extend_from_slice(b"\",\"row\":");
    Encoder::default().write(row, out);
    out.push(b'}');
}

/// A column's name as it must be given to [`Document::column`]: with JSON's escapes.
pub fn escape_key(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    write_escaped(&mut out, name, Astral::Escaped);
    String::from_utf8(out).expect("escapes keep a text a text")
}

/// The document that is being written.
#[derive(Debug)]
pub struct Document<'w> {
    out: &'w mut Vec<u8>,
    encoder: Encoder,
}

/// The place of a value: behind a key in an object, or in an array. It is filled by the method of the value's
/// type, all of which take an `Option` as well as a value that is there.
#[derive(Debug)]
pub struct Member<'d, 'w> {
    document: &'d mut Document<'w>,
    /// `None` in an array.
    key: Option<&'d str>,
    /// Whether a null may be left out: a column's may, an entry's of a map may not.
    optional: bool,
}

impl<'w> Document<'w> {
    /// The place of a column's value. The key is the column's name as [`escape_key`] gives it.
    #[inline]
    pub fn column<'d>(&'d mut self, key: &'d str) -> Member<'d, 'w> {
        Member { document: self, key: Some(key), optional: true }
    }

    fn object(&mut self, row: &impl Encode) {
        self.out.push(b'{');
        row.encode(self);
        self.out.push(b'}');
    }

    fn quoted(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }
}

impl<'d, 'w> Member<'d, 'w> {
    /// BOOLEAN.
    pub fn boolean(self, value: impl Into<Option<bool>>) {
        self.fill(value.into(), |document, value| {
            document.out.extend_from_slice(if value { b"true" } else { b"false" });
        });
    }

    /// TINYINT.
    pub fn tinyint(self, value: impl Into<Option<i8>>) {
        self.bigint(value.into().map(i64::from));
    }

    /// SMALLINT.
    pub fn smallint(self, value: impl Into<Option<i16>>) {
        self.bigint(value.into().map(i64::from));
    }

    /// INT.
    pub fn integer(self, value: impl Into<Option<i32>>) {
        self.bigint(value.into().map(i64::from));
    }

    /// BIGINT.
    pub fn bigint(self, value: impl Into<Option<i64>>) {
        self.fill(value.into(), |document, value| {
            document.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        });
    }

    /// FLOAT. What is no number becomes a string: `"NaN"`.
    pub fn float(self, value: impl Into<Option<f32>>) {
        self.fill(value.into(), |document, value| match value.is_finite() {
            true => write_float(document.out, value),
            false => document.quoted(|out| write_float(out, value)),
        });
    }

    /// DOUBLE. What is no number becomes a string: `"NaN"`.
    pub fn double(self, value: impl Into<Option<f64>>) {
        self.fill(value.into(), |document, value| match value.is_finite() {
            true => write_double(document.out, value),
            false => document.quoted(|out| write_double(out, value)),
        });
    }

    /// DECIMAL: without trailing zeros and perhaps with an exponent (`1E+20`), or with all its digits if
    /// `json.encode.decimal-as-plain-number` is set.
    pub fn decimal(self, value: impl Into<Option<Decimal>>, scale: u8) {
        self.fill(value.into(), |document, value| match document.encoder.decimal_as_plain_number {
            true => document.out.extend_from_slice(decimal::print(value, scale).as_bytes()),
            false => number::write_decimal_stripped(document.out, value, scale),
        });
    }

    /// CHAR, VARCHAR and STRING.
    pub fn text<'t>(self, value: impl Into<Option<&'t str>>) {
        self.fill(value.into(), |document, value| {
            document.quoted(|out| write_escaped(out, value, Astral::Escaped));
        });
    }

    /// BINARY, VARBINARY and BYTES, as base64.
    pub fn bytes_base64<'t>(self, value: impl Into<Option<&'t [u8]>>) {
        self.fill(value.into(), |document, value| document.quoted(|out| base64::encode(out, value)));
    }

    /// DATE.
    pub fn date(self, value: impl Into<Option<Date>>) {
        self.fill(value.into(), |document, value| document.quoted(|out| write_date(out, value)));
    }

    /// TIME.
    pub fn time(self, value: impl Into<Option<Time>>) {
        self.fill(value.into(), |document, value| document.quoted(|out| write_time(out, value)));
    }

    /// TIMESTAMP, as `2021-05-21 10:21:33.12`.
    pub fn timestamp_sql(self, value: impl Into<Option<Timestamp>>) {
        self.timestamp(value.into(), b' ', b"");
    }

    /// TIMESTAMP, as `2021-05-21T10:21:33.12`.
    pub fn timestamp_iso(self, value: impl Into<Option<Timestamp>>) {
        self.timestamp(value.into(), b'T', b"");
    }

    /// TIMESTAMP with the standard ISO-8601-WITH-OFFSET, as `2021-05-21T10:21:33.12Z`.
    pub fn timestamp_iso_offset(self, value: impl Into<Option<Timestamp>>) {
        self.timestamp(value.into(), b'T', b"Z");
    }

    /// TIMESTAMP_LTZ, as `2021-05-21 10:21:33.12Z`.
    pub fn timestamp_ltz_sql(self, value: impl Into<Option<Timestamp>>) {
        self.timestamp(value.into(), b' ', b"Z");
    }

    /// TIMESTAMP_LTZ, as `2021-05-21T10:21:33.12Z`.
    pub fn timestamp_ltz_iso(self, value: impl Into<Option<Timestamp>>) {
        self.timestamp(value.into(), b'T', b"Z");
    }

    /// TIMESTAMP_LTZ with the standard ISO-8601-WITH-OFFSET, as `2021-05-21T10:21:33.12Z`.
    pub fn timestamp_ltz_iso_offset(self, value: impl Into<Option<Timestamp>>) {
        self.timestamp(value.into(), b'T', b"Z");
    }

    fn timestamp(self, value: Option<Timestamp>, separator: u8, suffix: &[u8]) {
        self.fill(value, |document, value| {
            document.quoted(|out| {
                write_timestamp(out, value, separator);
                out.extend_from_slice(suffix);
            });
        });
    }

    /// INTERVAL YEAR TO MONTH, as a number of months.
    pub fn months(self, value: impl Into<Option<Months>>) {
        self.bigint(value.into().map(|value| i64::from(value.0)));
    }

    /// INTERVAL DAY TO SECOND, as a number of milliseconds.
    pub fn millis(self, value: impl Into<Option<Millis>>) {
        self.bigint(value.into().map(|value| value.0));
    }

    /// ROW.
    pub fn row<'t, T: Encode + 't>(self, value: impl Into<Option<&'t T>>) {
        self.fill(value.into(), |document, value| document.object(value));
    }

    /// ARRAY. `element` writes one of them: `.array(self.readings, |place, reading| place.double(reading))`.
    pub fn array<'t, T: Copy + 't>(
        self,
        value: impl Into<Option<&'t [Option<T>]>>,
        mut element: impl FnMut(Member<'_, 'w>, Option<T>),
    ) {
        self.fill(value.into(), |document, elements| {
            document.out.push(b'[');
            for value in elements {
                element(Member { document: &mut *document, key: None, optional: false }, *value);
            }
            document.out.push(b']');
        });
    }

    /// MAP with keys of text. `element` writes the value of one entry.
    pub fn map<'t, V: Copy + 't>(
        self,
        value: impl Into<Option<&'t [(&'t str, Option<V>)]>>,
        mut element: impl FnMut(Member<'_, 'w>, Option<V>),
    ) {
        self.fill(value.into(), |document, entries| {
            document.out.push(b'{');
            for (key, value) in entries {
                let key = escape_key(key);
                element(Member { document: &mut *document, key: Some(&key), optional: false }, *value);
            }
            document.out.push(b'}');
        });
    }

    /// Writes the key and the value; a null perhaps not at all.
    #[inline]
    fn fill<T>(self, value: Option<T>, write: impl FnOnce(&mut Document<'w>, T)) {
        let document = self.document;
        if value.is_none() && self.optional && document.encoder.ignore_null_fields {
            return;
        }
        if !matches!(document.out.last(), Some(b'{' | b'[')) {
            document.out.push(b',');
        }
        if let Some(key) = self.key {
            document.out.push(b'"');
            document.out.extend_from_slice(key.as_bytes());
            document.out.extend_from_slice(b"\":");
        }
        match value {
            Some(value) => write(document, value),
            None => document.out.extend_from_slice(b"null"),
        }
    }
}
