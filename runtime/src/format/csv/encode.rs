//! From a row to a line, in exactly the form that Flink's CSV sink writes.

use super::Dialect;
use crate::connector::options::Options;
use crate::error::Result;
use crate::format::datetime::{write_date, write_time, write_timestamp};
use crate::format::{base64, number};
use crate::row::{EncodeRow, RowKind};
use crate::value::double::{write_double, write_float};
use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp};

/// Texts longer than this are quoted without looking at them.
const LONGEST_UNQUOTED: usize = 24;

/// A generated row, or a generated struct for a ROW column, that is written as a line.
pub trait Encode {
    /// Writes the columns in their order: `line.text(self.status);`.
    fn encode(&self, line: &mut Line<'_>);
}

/// What a table's writer knows: the format's options.
#[derive(Clone, Debug)]
pub struct Encoder {
    dialect: Dialect,
    /// Characters below this one make a text be quoted.
    least_safe: u32,
    scientific: bool,
}

impl Encoder {
    /// Reads the options `csv.*`.
    pub fn new(options: &Options) -> Result<Self> {
        let dialect = Dialect::new(options)?;
        let least_safe = u32::from(dialect.delimiter.max(dialect.quote.unwrap_or(0)).max(b'\n')) + 1;
        let scientific = options.boolean("csv.write-bigdecimal-in-scientific-notation")?.unwrap_or(true);
        Ok(Encoder { dialect, least_safe, scientific })
    }

    /// Appends the row as a line without its end.
    pub fn write(&self, row: &impl Encode, out: &mut Vec<u8>) {
        row.encode(&mut Line { out, encoder: self, started: false, nested: false });
    }

    /// The quote that the text needs around it. Flink only looks at whether a text has characters that come
    /// before the delimiter or quote in ASCII.
    fn quote_for(&self, text: &[u8]) -> Option<u8> {
        let quote = self.dialect.quote?;
        let units = text.iter().filter(|byte| !matches!(byte, 0x80..0xC0)).count();
        let is_unsafe = |byte: &u8| {
            let special = match self.dialect.escape {
                Some(escape) => *byte == escape,
                None => matches!(byte, b'"' | b'\\'),
            };
            special || (u32::from(*byte) < self.least_safe && *byte < 0x80)
        };
        (units > LONGEST_UNQUOTED || text.iter().any(is_unsafe)).then_some(quote)
    }

    /// Puts quotes around what has been written from `start` on, if it needs them.
    fn quote(&self, out: &mut Vec<u8>, start: usize) {
        let Some(quote) = self.quote_for(&out[start..]) else { return };
        let text = out.split_off(start);
        out.push(quote);
        for byte in text {
            if byte == quote || Some(byte) == self.dialect.escape {
                out.push(byte);
            }
            out.push(byte);
        }
        out.push(quote);
    }
}

impl<T: Encode> EncodeRow<Encoder> for T {
    fn encode(&self, encoder: &mut Encoder, _kind: RowKind, out: &mut Vec<u8>) -> Result<()> {
        encoder.write(self, out);
        Ok(())
    }
}

/// The line that is being written. Its methods write one field each and take an `Option` as well as a value
/// that is there.
#[derive(Debug)]
pub struct Line<'w> {
    out: &'w mut Vec<u8>,
    encoder: &'w Encoder,
    started: bool,
    /// Inside an ARRAY or ROW, which are quoted as a whole.
    nested: bool,
}

impl<'w> Line<'w> {
    /// BOOLEAN.
    pub fn boolean(&mut self, value: impl Into<Option<bool>>) {
        self.bare(value.into(), |out, value| out.extend_from_slice(if value { b"true" } else { b"false" }));
    }

    /// TINYINT.
    pub fn tinyint(&mut self, value: impl Into<Option<i8>>) {
        self.bigint(value.into().map(i64::from));
    }

    /// SMALLINT.
    pub fn smallint(&mut self, value: impl Into<Option<i16>>) {
        self.bigint(value.into().map(i64::from));
    }

    /// INT.
    pub fn integer(&mut self, value: impl Into<Option<i32>>) {
        self.bigint(value.into().map(i64::from));
    }

    /// BIGINT.
    pub fn bigint(&mut self, value: impl Into<Option<i64>>) {
        self.bare(value.into(), |out, value| out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()));
    }

    /// FLOAT.
    pub fn float(&mut self, value: impl Into<Option<f32>>) {
        self.bare(value.into(), write_float);
    }

    /// DOUBLE.
    pub fn double(&mut self, value: impl Into<Option<f64>>) {
        self.bare(value.into(), write_double);
    }

    /// DECIMAL, without trailing zeros, and with an exponent (`1E+5`) unless
    /// `csv.write-bigdecimal-in-scientific-notation` is false.
    pub fn decimal(&mut self, value: impl Into<Option<Decimal>>, scale: u8) {
        let scientific = self.encoder.scientific;
        self.bare(value.into(), |out, value| match scientific {
            true => number::write_decimal_stripped(out, value, scale),
            false => number::write_decimal_short(out, value, scale),
        });
    }

    /// CHAR, VARCHAR and STRING.
    pub fn text<'t>(&mut self, value: impl Into<Option<&'t str>>) {
        self.quotable(value.into(), |out, value| out.extend_from_slice(value.as_bytes()));
    }

    /// BINARY, VARBINARY and BYTES, as base64.
    pub fn bytes_base64<'t>(&mut self, value: impl Into<Option<&'t [u8]>>) {
        self.quotable(value.into(), base64::encode);
    }

    /// DATE.
    pub fn date(&mut self, value: impl Into<Option<Date>>) {
        self.quotable(value.into(), write_date);
    }

    /// TIME.
    pub fn time(&mut self, value: impl Into<Option<Time>>) {
        self.quotable(value.into(), write_time);
    }

    /// TIMESTAMP, as `2021-05-21 10:21:33.12`.
    pub fn timestamp(&mut self, value: impl Into<Option<Timestamp>>) {
        self.quotable(value.into(), |out, value| write_timestamp(out, value, b' '));
    }

    /// TIMESTAMP_LTZ, as `2021-05-21 10:21:33.12Z`.
    pub fn timestamp_ltz(&mut self, value: impl Into<Option<Timestamp>>) {
        self.quotable(value.into(), |out, value| {
            write_timestamp(out, value, b' ');
            out.push(b'Z');
        });
    }

    /// INTERVAL YEAR TO MONTH, as a number of months.
    pub fn months(&mut self, value: impl Into<Option<Months>>) {
        self.bigint(value.into().map(|value| i64::from(value.0)));
    }

    /// INTERVAL DAY TO SECOND, as a number of milliseconds.
    pub fn millis(&mut self, value: impl Into<Option<Millis>>) {
        self.bigint(value.into().map(|value| value.0));
    }

    /// ARRAY. `element` writes one of them: `line.array(self.readings, |line, reading| line.double(reading))`.
    pub fn array<'t, T: Copy + 't>(
        &mut self,
        value: impl Into<Option<&'t [Option<T>]>>,
        mut element: impl FnMut(&mut Line<'_>, Option<T>),
    ) {
        let encoder = self.encoder;
        self.quotable(value.into(), |out, elements| {
            let mut line = Line { out, encoder, started: false, nested: true };
            elements.iter().for_each(|value| element(&mut line, *value));
        });
    }

    /// ROW.
    pub fn row<'t, T: Encode + 't>(&mut self, value: impl Into<Option<&'t T>>) {
        let encoder = self.encoder;
        self.quotable(value.into(), |out, row| {
            row.encode(&mut Line { out, encoder, started: false, nested: true });
        });
    }

    /// Writes a field that is never quoted.
    fn bare<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        if self.started {
            match self.nested {
                true => self.out.extend_from_slice(self.encoder.dialect.element_delimiter.as_bytes()),
                false => self.out.push(self.encoder.dialect.delimiter),
            }
        }
        self.started = true;
        match value {
            Some(value) => write(self.out, value),
            None => self.out.extend_from_slice(self.encoder.dialect.null_literal.as_deref().unwrap_or("").as_bytes()),
        }
    }

    /// Writes a field that is quoted if it has to be.
    fn quotable<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        let (encoder, nested) = (self.encoder, self.nested);
        self.bare(value, |out, value| {
            let start = out.len();
            write(out, value);
            if !nested {
                encoder.quote(out, start);
            }
        });
    }
}
