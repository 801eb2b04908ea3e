//! The types: reads a field as the type of its column, with Flink's conversions.
//!
//! Numbers and timestamps in their usual spelling are read where they stand; whatever is not, is cut out of the
//! line first and then read by Java's rules.

use super::decode::Record;
use super::fields::Fields;
use super::{FieldError, Problem};
use crate::format::datetime::{self, Standard};
use crate::format::{base64, number};
use crate::value::{Date, Decimal, Time, Timestamp};

type Column<T> = Result<Option<T>, FieldError>;

impl<'a> Fields<'_, 'a> {
    /// BOOLEAN. Everything but `true` is FALSE.
    pub fn boolean(&mut self) -> Column<bool> {
        self.read("a BOOLEAN", |text| Some(number::java_boolean(text)))
    }

    /// TINYINT.
    pub fn tinyint(&mut self) -> Column<i8> {
        self.integer_as("a TINYINT")
    }

    /// SMALLINT.
    pub fn smallint(&mut self) -> Column<i16> {
        self.integer_as("a SMALLINT")
    }

    /// INT.
    pub fn integer(&mut self) -> Column<i32> {
        self.integer_as("an INT")
    }

    /// BIGINT.
    pub fn bigint(&mut self) -> Column<i64> {
        self.integer_as("a BIGINT")
    }

    #[inline(always)]
    fn integer_as<T: TryFrom<i64>>(&mut self, expected: &str) -> Column<T> {
        if let Some(value) = self.short(|bytes, pos| T::try_from(number::short_integer(bytes, pos)?).ok()) {
            return Ok(Some(value));
        }
        self.read(expected, |text| T::try_from(number::java_integer(text)?).ok())
    }

    /// FLOAT.
    pub fn float(&mut self) -> Column<f32> {
        self.read("a FLOAT", number::java_float)
    }

    /// DOUBLE.
    pub fn double(&mut self) -> Column<f64> {
        if let Some(value) = self.short(number::short_double) {
            return Ok(Some(value));
        }
        self.read("a DOUBLE", number::java_double)
    }

    /// DECIMAL(precision, scale), rounded half up. NULL if it has too many digits.
    pub fn decimal(&mut self, precision: u8, scale: u8) -> Column<Decimal> {
        Ok(self.read("a DECIMAL", |text| number::parse_decimal(text, precision, scale))?.flatten())
    }

    /// CHAR, VARCHAR and STRING.
    pub fn text(&mut self) -> Column<&'a str> {
        self.read("a STRING", Some)
    }

    /// BINARY, VARBINARY and BYTES, from base64.
    pub fn bytes_base64(&mut self) -> Column<&'a [u8]> {
        let arena = self.arena;
        self.read("base64", |text| base64::decode(number::java_trim(text), arena))
    }

    /// DATE, as `2021-05-21` or `2021-5-21`.
    pub fn date(&mut self) -> Column<Date> {
        self.read("a DATE (yyyy-MM-dd)", datetime::lenient_date)
    }

    /// TIME, as `10:21:33.123`. `precision` is the column's.
    pub fn time(&mut self, precision: u8) -> Column<Time> {
        self.read("a TIME (HH:mm:ss)", |text| datetime::local_time(text, precision))
    }

    /// TIMESTAMP(precision), as `2021-05-21 10:21:33.123`.
    pub fn timestamp_sql(&mut self, precision: u8) -> Column<Timestamp> {
        self.timestamp::<false>("a TIMESTAMP (yyyy-MM-dd HH:mm:ss)", precision)
    }

    /// TIMESTAMP_LTZ(precision), as `2021-05-21 10:21:33.123Z`.
    pub fn timestamp_ltz_sql(&mut self, precision: u8) -> Column<Timestamp> {
        self.timestamp::<true>("a TIMESTAMP_LTZ (yyyy-MM-dd HH:mm:ssZ)", precision)
    }

    #[inline(always)]
    fn timestamp<const UTC: bool>(&mut self, expected: &str, precision: u8) -> Column<Timestamp> {
        let standard = if UTC { Standard::SqlUtc } else { Standard::Sql };
        let quote = self.quote();
        let short = self.short(|bytes, pos| {
            let quoted = quote.is_some() && bytes.get(*pos).copied() == quote;
            let (timestamp, end) = datetime::short_timestamp(bytes, *pos + usize::from(quoted), standard, precision)?;
            *pos = end + usize::from(quoted);
            (!quoted || bytes.get(end).copied() == quote).then_some(timestamp)
        });
        if short.is_some() {
            return Ok(short);
        }
        self.read(expected, |text| datetime::timestamp(number::java_trim(text), standard, precision))
    }

    /// ARRAY, its elements separated by `csv.array-element-delimiter`. `element` reads one of them:
    /// `line.column(2, "tags").array(|element| element.text())`.
    pub fn array<T>(&mut self, mut element: impl FnMut(&mut Self) -> Column<T>) -> Column<&'a [Option<T>]> {
        let Some(mut nested) = self.field()?.and_then(|text| self.elements(text)) else { return Ok(None) };
        let mut elements = bumpalo::collections::Vec::new_in(self.arena);
        while nested.next_element() {
            match element(&mut nested) {
                Ok(value) => elements.push(value),
                Err(FieldError) => return Err(self.fail(nested.problem())),
            }
        }
        Ok(Some(elements.into_bump_slice()))
    }

    /// ROW, its fields separated by `csv.array-element-delimiter`. No text at all is NULL.
    pub fn row<T: Record<'a>>(&mut self) -> Column<T> {
        let text = self.field()?.filter(|text| !text.is_empty());
        let Some(mut nested) = text.and_then(|text| self.elements(text)) else { return Ok(None) };
        let mut row = T::default();
        if row.read(&mut nested).is_err() {
            return Err(self.fail(nested.problem()));
        }
        let found = nested.pass(usize::MAX)?;
        if found != T::WIDTH && !self.settings.ignore_parse_errors {
            return Err(self.fail(Problem::syntax(format!("{found} fields instead of {}", T::WIDTH))));
        }
        Ok(Some(row))
    }

    /// The elements of a field, unless it is NULL.
    fn elements(&self, text: &'a str) -> Option<Self> {
        (!self.settings.is_null(text)).then(|| self.nested(text))
    }

    #[inline(always)]
    fn read<T>(&mut self, expected: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Column<T> {
        let Some(text) = self.field()? else { return Ok(None) };
        if self.settings.has_nulls && self.settings.is_null(text) {
            return Ok(None);
        }
        match read(text) {
            None if !self.settings.ignore_parse_errors => Err(self.mismatch(text, expected)),
            value => Ok(value),
        }
    }

    #[cold]
    fn mismatch(&mut self, text: &str, expected: &str) -> FieldError {
        self.fail(Problem::mismatch(&format!("\"{text}\""), expected))
    }
}
