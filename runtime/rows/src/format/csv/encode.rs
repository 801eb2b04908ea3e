//! From a row to a line, in exactly the form that Flink's CSV sink writes.

use super::Dialect;
use crate::error::Result;
use crate::format::datetime::{LastDay, write_date, write_time, write_timestamp};
use crate::format::values::{Timestamps, Values, timestamp_methods, value_methods, writer_methods};
use crate::format::{base64, number};
use crate::options::Options;
use crate::row::{EncodeRow, RowKind};
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
    least_safe: u8,
    /// So do these two.
    special: [u8; 2],
    scientific: bool,
    /// The quote around every timestamp, whose space needs one in nearly all dialects.
    timestamp_quote: Option<u8>,
    last_day: LastDay,
}

impl Encoder {
    /// Reads the options `csv.*`.
    pub fn new(options: &Options) -> Result<Self> {
        let dialect = Dialect::new(options)?;
        let least_safe = dialect.delimiter.max(dialect.quote.unwrap_or(0)).max(b'\n') + 1;
        let special = dialect.escape.map_or([b'"', b'\\'], |escape| [escape, escape]);
        let scientific = options.boolean("csv.write-bigdecimal-in-scientific-notation")?.unwrap_or(true);
        let is_mark = |byte: &u8| Some(*byte) == dialect.quote || Some(*byte) == dialect.escape;
        let has_simple_timestamps = least_safe > b' ' && !b"0123456789-:. Z".iter().any(is_mark);
        let timestamp_quote = dialect.quote.filter(|_| has_simple_timestamps);
        let last_day = LastDay::default();
        Ok(Encoder { dialect, least_safe, special, scientific, timestamp_quote, last_day })
    }

    /// Appends the row as a line without its end.
    pub fn write(&self, row: &impl Encode, out: &mut Vec<u8>) {
        row.encode(&mut Line { out, encoder: self, started: false, nested: false });
    }

    /// The quote that the text needs around it. Flink only looks at whether a text has characters that come
    /// before the delimiter or quote in ASCII.
    #[inline(always)]
    fn quote_for(&self, text: &[u8]) -> Option<u8> {
        let quote = self.dialect.quote?;
        let (least_safe, [one, other]) = (self.least_safe, self.special);
        // No branch in this loop, so that many bytes are looked at with one instruction.
        let is_unsafe =
            text.iter().fold(false, |found, byte| found | (*byte < least_safe) | (*byte == one) | (*byte == other));
        (is_unsafe || is_long(text)).then_some(quote)
    }

    /// Puts quotes around what has been written from `start` on, if it needs them.
    #[inline(always)]
    fn quote(&self, out: &mut Vec<u8>, start: usize) {
        if let Some(quote) = self.quote_for(&out[start..]) {
            self.put_quotes(out, start, quote);
        }
    }

    fn put_quotes(&self, out: &mut Vec<u8>, start: usize, quote: u8) {
        let text = out.split_off(start);
        self.write_quoted(out, &text, quote);
    }

    /// Appends a text in quotes, and what means something in them twice.
    fn write_quoted(&self, out: &mut Vec<u8>, text: &[u8], quote: u8) {
        let escape = self.dialect.escape.unwrap_or(quote);
        out.push(quote);
        let mut rest = text;
        while let Some(at) = memchr::memchr2(quote, escape, rest) {
            out.extend_from_slice(&rest[..=at]);
            out.push(rest[at]);
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        out.push(quote);
    }
}

/// Whether a text has too many of Java's characters to be looked at.
#[inline(always)]
fn is_long(text: &[u8]) -> bool {
    text.len() > LONGEST_UNQUOTED && text.iter().filter(|byte| !matches!(byte, 0x80..0xC0)).count() > LONGEST_UNQUOTED
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

impl Line<'_> {
    value_methods!();
    timestamp_methods!();
    writer_methods! {
        /// BINARY, VARBINARY and BYTES, as base64.
        bytes_base64<'t>(&'t [u8]) => put_bytes by Line::write_bytes;
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

    fn write_bytes(&mut self, value: Option<&[u8]>) {
        self.quotable(value, base64::encode);
    }

    #[inline(always)]
    fn timestamp_and(&mut self, value: Option<Timestamp>, suffix: &[u8]) {
        let encoder = self.encoder;
        let write = |out: &mut Vec<u8>, value| {
            write_timestamp(out, value, b' ', &encoder.last_day);
            out.extend_from_slice(suffix);
        };
        let Some(quote) = encoder.timestamp_quote.filter(|_| !self.nested) else {
            return self.quotable(value, write);
        };
        if let Some((out, value)) = self.fill(value) {
            out.push(quote);
            write(out, value);
            out.push(quote);
        }
    }

    /// Writes a field that is quoted if it has to be.
    #[inline(always)]
    fn quotable<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        let (encoder, nested) = (self.encoder, self.nested);
        if let Some((out, value)) = self.fill(value) {
            let start = out.len();
            write(out, value);
            if !nested {
                encoder.quote(out, start);
            }
        }
    }
}

impl Values for Line<'_> {
    #[inline(always)]
    fn place(&mut self, is_null: bool) -> Option<&mut Vec<u8>> {
        let dialect = &self.encoder.dialect;
        if self.started {
            match self.nested {
                true => self.out.extend_from_slice(dialect.element_delimiter.as_bytes()),
                false => self.out.push(dialect.delimiter),
            }
        }
        self.started = true;
        if is_null {
            self.out.extend_from_slice(dialect.null_literal.as_deref().unwrap_or("").as_bytes());
            return None;
        }
        Some(self.out)
    }

    /// Without trailing zeros, and with an exponent (`1E+5`) unless
    /// `csv.write-bigdecimal-in-scientific-notation` is false.
    fn write_decimal(&mut self, value: Option<Decimal>, scale: u8) {
        let scientific = self.encoder.scientific;
        if let Some((out, value)) = self.fill(value) {
            match scientific {
                true => number::write_decimal_stripped(out, value, scale),
                false => number::write_decimal_short(out, value, scale),
            }
        }
    }

    #[inline(always)]
    fn write_text(&mut self, value: Option<&str>) {
        let (encoder, nested) = (self.encoder, self.nested);
        if let Some((out, text)) = self.fill(value) {
            match encoder.quote_for(text.as_bytes()).filter(|_| !nested) {
                None => out.extend_from_slice(text.as_bytes()),
                Some(quote) => encoder.write_quoted(out, text.as_bytes(), quote),
            }
        }
    }

    #[inline(always)]
    fn write_date(&mut self, value: Option<Date>) {
        self.quotable(value, write_date);
    }

    #[inline(always)]
    fn write_time(&mut self, value: Option<Time>) {
        self.quotable(value, write_time);
    }
}

impl Timestamps for Line<'_> {
    /// As `2021-05-21 10:21:33.12`.
    #[inline(always)]
    fn write_timestamp(&mut self, value: Option<Timestamp>) {
        self.timestamp_and(value, b"");
    }

    /// As `2021-05-21 10:21:33.12Z`.
    #[inline(always)]
    fn write_instant(&mut self, value: Option<Timestamp>) {
        self.timestamp_and(value, b"Z");
    }
}
