//! Flink's print form: turns a row into `+I[OK, 12, 70.5, 2021-05-21T10:21:39.999]`, as the print connector
//! and `Row.toString` do. How single values look is left to [`value::print`](crate::value::print).

use crate::connector::options::Options;
use crate::error::Result;
use crate::row::{EncodeRow, RowKind};
use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp, print};

/// A generated row, or a generated struct for a ROW column, that can be printed.
pub trait Encode {
    /// Writes the columns in their order: `line.text(self.status);`.
    fn encode(&self, line: &mut Line<'_>);
}

/// Writes rows in the print form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Encoder;

impl Encoder {
    /// The form has no options.
    pub fn new(_: &Options) -> Result<Self> {
        Ok(Encoder)
    }
}

impl<T: Encode> EncodeRow<Encoder> for T {
    fn encode(&self, _encoder: &mut Encoder, kind: RowKind, out: &mut Vec<u8>) -> Result<()> {
        write_row(self, kind, out);
        Ok(())
    }
}

/// Appends the row.
pub fn write_row(row: &impl Encode, kind: RowKind, out: &mut Vec<u8>) {
    out.extend_from_slice(kind.short().as_bytes());
    out.push(b'[');
    row.encode(&mut Line { out, separator: "" });
    out.push(b']');
}

/// The line that is being written. Its methods write one value each and take an `Option` as well as a value
/// that is there.
#[derive(Debug)]
pub struct Line<'w> {
    out: &'w mut Vec<u8>,
    /// What stands before the next value.
    separator: &'static str,
}

impl<'w> Line<'w> {
    /// BOOLEAN.
    pub fn boolean(&mut self, value: impl Into<Option<bool>>) {
        self.write(value.into().map(print::boolean));
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
        let mut buffer = itoa::Buffer::new();
        self.write(value.into().map(|value| buffer.format(value)));
    }

    /// FLOAT.
    pub fn float(&mut self, value: impl Into<Option<f32>>) {
        self.write(value.into().map(print::float));
    }

    /// DOUBLE.
    pub fn double(&mut self, value: impl Into<Option<f64>>) {
        self.write(value.into().map(print::double));
    }

    /// DECIMAL.
    pub fn decimal(&mut self, value: impl Into<Option<Decimal>>, scale: u8) {
        self.write(value.into().map(|value| print::decimal(value, scale)));
    }

    /// CHAR, VARCHAR and STRING, as they are.
    pub fn text<'t>(&mut self, value: impl Into<Option<&'t str>>) {
        self.write(value.into());
    }

    /// BINARY, VARBINARY and BYTES, as a list of signed numbers.
    pub fn bytes<'t>(&mut self, value: impl Into<Option<&'t [u8]>>) {
        let mut text = String::new();
        self.write(value.into().map(|value| {
            // Writing to a String does not fail.
            let _ = print::bytes(value, &mut text);
            text
        }));
    }

    /// DATE.
    pub fn date(&mut self, value: impl Into<Option<Date>>) {
        self.write(value.into().map(print::date));
    }

    /// TIME.
    pub fn time(&mut self, value: impl Into<Option<Time>>) {
        self.write(value.into().map(print::time));
    }

    /// TIMESTAMP.
    pub fn timestamp(&mut self, value: impl Into<Option<Timestamp>>) {
        self.write(value.into().map(print::timestamp));
    }

    /// TIMESTAMP_LTZ.
    pub fn timestamp_ltz(&mut self, value: impl Into<Option<Timestamp>>) {
        self.write(value.into().map(print::instant));
    }

    /// INTERVAL YEAR TO MONTH.
    pub fn months(&mut self, value: impl Into<Option<Months>>) {
        self.write(value.into().map(print::months));
    }

    /// INTERVAL DAY TO SECOND.
    pub fn millis(&mut self, value: impl Into<Option<Millis>>) {
        self.write(value.into().map(print::millis));
    }

    /// ROW.
    pub fn row<'t, T: Encode + 't>(&mut self, value: impl Into<Option<&'t T>>) {
        match value.into() {
            Some(row) => self.nested("+I[", "]", |line| row.encode(line)),
            None => self.write(None::<&str>),
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
            None => self.write(None::<&str>),
        }
    }

    /// MAP with keys of text. `element` writes the value of one entry.
    pub fn map<'t, V: Copy + 't>(
        &mut self,
        value: impl Into<Option<&'t [(&'t str, Option<V>)]>>,
        mut element: impl FnMut(&mut Line<'w>, Option<V>),
    ) {
        let Some(entries) = value.into() else { return self.write(None::<&str>) };
        self.nested("{", "}", |line| {
            for (key, value) in entries {
                line.text(*key);
                line.separator = "=";
                element(line, *value);
            }
        });
    }

    fn write(&mut self, value: Option<impl AsRef<str>>) {
        self.out.extend_from_slice(self.separator.as_bytes());
        self.separator = ", ";
        let text = value.as_ref().map_or(print::NULL, AsRef::as_ref);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn nested(&mut self, open: &'static str, close: &'static str, write: impl FnOnce(&mut Self)) {
        self.write(Some(open));
        self.separator = "";
        write(self);
        self.out.extend_from_slice(close.as_bytes());
        self.separator = ", ";
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
        write_row(&full, RowKind::Insert, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "+I[OK, true, 12.50000000, [1, 2], 2021-05-21T10:21:33Z, [1.5, null, 1.0E10], {k=1}, +I[1, x]]"
        );
        let empty = Row { status: None, data: Some(&[]), readings: Some(&[]), counts: Some(&[]), inner: None };
        out.clear();
        write_row(&empty, RowKind::UpdateBefore, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "-U[null, true, 12.50000000, [], 2021-05-21T10:21:33Z, [], {}, null]"
        );
    }
}
