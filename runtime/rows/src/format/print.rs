//! Flink's print form: turns a row into `+I[OK, 12, 70.5, 2021-05-21T10:21:39.999]`, as the print connector
//! and `Row.toString` do. How single values look is left to [`value::print`](crate::value::print).

use crate::error::Result;
use crate::format::datetime::{LastDay, write_date, write_java_timestamp};
use crate::format::values::{Timestamps, Values, timestamp_methods, value_methods, writer_methods};
use crate::options::Options;
use crate::row::{EncodeRow, RowKind};
use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp, print};

/// A generated row, or a generated struct for a ROW column, that can be printed.
pub trait Encode {
    /// Writes the columns in their order: `line.text(self.status);`.
    fn encode(&self, line: &mut Line<'_>);
}

/// Writes rows in the print form.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    last_day: LastDay,
}

impl Encoder {
    /// The form has no options.
    pub fn new(_: &Options) -> Result<Self> {
        Ok(Encoder::default())
    }

    /// Appends the row.
    pub fn write(&self, row: &impl Encode, kind: RowKind, out: &mut Vec<u8>) {
        out.extend_from_slice(kind.short().as_bytes());
        out.push(b'[');
        row.encode(&mut Line { out, separator: "", encoder: self });
        out.push(b']');
    }
}

impl<T: Encode> EncodeRow<Encoder> for T {
    fn encode(&self, encoder: &mut Encoder, kind: RowKind, out: &mut Vec<u8>) -> Result<()> {
        encoder.write(self, kind, out);
        Ok(())
    }
}

/// The line that is being written. Its methods write one value each and take an `Option` as well as a value
/// that is there.
#[derive(Debug)]
pub struct Line<'w> {
    out: &'w mut Vec<u8>,
    /// What stands before the next value.
    separator: &'static str,
    encoder: &'w Encoder,
}

impl<'w> Line<'w> {
    value_methods!();
    timestamp_methods!();
    writer_methods! {
        /// BINARY, VARBINARY and BYTES, as a list of signed numbers.
        bytes<'t>(&'t [u8]) => put_bytes by Line::write_bytes;
    }

    /// ROW.
    pub fn row<'t, T: Encode + 't>(&mut self, value: impl Into<Option<&'t T>>) {
        match value.into() {
            Some(row) => self.nested("+I[", "]", |line| row.encode(line)),
            None => self.null(),
        }
    }

    /// ARRAY. `element` writes one of them: `line.array(self.readings, |line, reading| line.double(reading))`.
    pub fn array<'t, T: Copy + 't>(
        &mut self,
        value: impl Into<Option<&'t [Option<T>]>>,
        mut element: impl FnMut(&mut Line<'w>, Option<T>),
    ) {
        match value.into() {
            Some(elements) => self.nested("[", "]", |line| elements.iter().for_each(|value| element(line, *value))),
            None => self.null(),
        }
    }

    /// MAP with keys of text. `element` writes the value of one entry.
    pub fn map<'t, V: Copy + 't>(
        &mut self,
        value: impl Into<Option<&'t [(&'t str, Option<V>)]>>,
        mut element: impl FnMut(&mut Line<'w>, Option<V>),
    ) {
        let Some(entries) = value.into() else { return self.null() };
        self.nested("{", "}", |line| {
            for (key, value) in entries {
                line.text(*key);
                line.separator = "=";
                element(line, *value);
            }
        });
    }

    fn null(&mut self) {
        self.place(true);
    }

    fn write_bytes(&mut self, value: Option<&[u8]>) {
        self.printed(value, |value| {
            let mut text = String::new();
            // Writing to a String does not fail.
            let _ = print::bytes(value, &mut text);
            text
        });
    }

    #[inline(always)]
    fn printed<T, S: AsRef<str>>(&mut self, value: Option<T>, print: impl FnOnce(T) -> S) {
        if let Some((out, value)) = self.fill(value) {
            out.extend_from_slice(print(value).as_ref().as_bytes());
        }
    }

    fn nested(&mut self, open: &'static str, close: &'static str, write: impl FnOnce(&mut Self)) {
        self.put_text(Some(open));
        self.separator = "";
        write(self);
        self.out.extend_from_slice(close.as_bytes());
        self.separator = ", ";
    }
}

impl Values for Line<'_> {
    #[inline(always)]
    fn place(&mut self, is_null: bool) -> Option<&mut Vec<u8>> {
        self.out.extend_from_slice(self.separator.as_bytes());
        self.separator = ", ";
        if is_null {
            self.out.extend_from_slice(print::NULL.as_bytes());
            return None;
        }
        Some(self.out)
    }

    fn write_decimal(&mut self, value: Option<Decimal>, scale: u8) {
        self.printed(value, |value| print::decimal(value, scale));
    }

    /// As it is.
    #[inline(always)]
    fn write_text(&mut self, value: Option<&str>) {
        self.printed(value, |value| value);
    }

    fn write_date(&mut self, value: Option<Date>) {
        if let Some((out, value)) = self.fill(value) {
            write_date(out, value);
        }
    }

    fn write_time(&mut self, value: Option<Time>) {
        self.printed(value, print::time);
    }

    fn write_months(&mut self, value: Option<Months>) {
        self.printed(value, print::months);
    }

    fn write_millis(&mut self, value: Option<Millis>) {
        self.printed(value, print::millis);
    }
}

impl Timestamps for Line<'_> {
    #[inline(always)]
    fn write_timestamp(&mut self, value: Option<Timestamp>) {
        let last_day = &self.encoder.last_day;
        if let Some((out, value)) = self.fill(value) {
            write_java_timestamp(out, value, false, last_day);
        }
    }

    #[inline(always)]
    fn write_instant(&mut self, value: Option<Timestamp>) {
        let last_day = &self.encoder.last_day;
        if let Some((out, value)) = self.fill(value) {
            write_java_timestamp(out, value, true, last_day);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Inner {
        a: Option<i32>,
        b: Option<&'static str>,
    }

    impl Encode for Inner {
        fn encode(&self, line: &mut Line<'_>) {
            line.integer(self.a);
            line.text(self.b);
        }
    }

    struct Row {
        status: Option<&'static str>,
        data: Option<&'static [u8]>,
        readings: Option<&'static [Option<f64>]>,
        counts: Option<&'static [(&'static str, Option<i32>)]>,
        inner: Option<Inner>,
    }

    impl Encode for Row {
        fn encode(&self, line: &mut Line<'_>) {
            line.text(self.status);
            line.boolean(true);
            line.decimal(Decimal(1_250_000_000), 8);
            line.bytes(self.data);
            line.timestamp_ltz(Timestamp(1_621_592_493_000_000));
            line.array(self.readings, |line, reading| line.double(reading));
            line.map(self.counts, |line, count| line.integer(count));
            line.row(self.inner.as_ref());
        }
    }

    /// Lines from the print sink of Flink 2.3.
    #[test]
    fn rows_print_as_in_flink() {
        let full = Row {
            status: Some("OK"),
            data: Some(&[1, 2]),
            readings: Some(&[Some(1.5), None, Some(1e10)]),
            counts: Some(&[("k", Some(1))]),
            inner: Some(Inner { a: Some(1), b: Some("x") }),
        };
        let mut out = Vec::new();
        Encoder::default().write(&full, RowKind::Insert, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "+I[OK, true, 12.50000000, [1, 2], 2021-05-21T10:21:33Z, [1.5, null, 1.0E10], {k=1}, +I[1, x]]"
        );
        let empty = Row { status: None, data: Some(&[]), readings: Some(&[]), counts: Some(&[]), inner: None };
        out.clear();
        Encoder::default().write(&empty, RowKind::UpdateBefore, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "-U[null, true, 12.50000000, [], 2021-05-21T10:21:33Z, [], {}, null]"
        );
    }
}
