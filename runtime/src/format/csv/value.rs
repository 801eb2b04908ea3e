//! The types: reads a field as the type of its column, with Flink's conversions.

use super::FieldError;
use super::decode::{Record, Settings};
use crate::format::datetime::{self, Standard};
use crate::format::{base64, number};
use crate::value::{Arena, Date, Decimal, Time, Timestamp};

/// A field of a line, without its quotes, or an element of a field. It is read with the method of its column's
/// type; `None` is NULL.
#[derive(Clone, Copy, Debug)]
pub struct Value<'d, 'a> {
    pub(super) text: &'a str,
    pub(super) settings: &'d Settings,
    pub(super) arena: &'a Arena,
}

type Column<T> = Result<Option<T>, FieldError>;

impl<'a> Value<'_, 'a> {
    /// BOOLEAN. Everything but `true` is FALSE.
    pub fn boolean(&mut self) -> Column<bool> {
        self.read("a BOOLEAN", |text| Some(number::java_boolean(text)))
    }

    /// TINYINT.
    pub fn tinyint(&mut self) -> Column<i8> {
        self.read("a TINYINT", |text| i8::try_from(number::java_integer(text)?).ok())
    }

    /// SMALLINT.
    pub fn smallint(&mut self) -> Column<i16> {
        self.read("a SMALLINT", |text| i16::try_from(number::java_integer(text)?).ok())
    }

    /// INT.
    pub fn integer(&mut self) -> Column<i32> {
        self.read("an INT", |text| i32::try_from(number::java_integer(text)?).ok())
    }

    /// BIGINT.
    pub fn bigint(&mut self) -> Column<i64> {
        self.read("a BIGINT", number::java_integer)
    }

    /// FLOAT.
    pub fn float(&mut self) -> Column<f32> {
        self.read("a FLOAT", number::java_float)
    }

    /// DOUBLE.
    pub fn double(&mut self) -> Column<f64> {
        self.read("a DOUBLE", |text| {
            let mut end = 0;
            match number::short_double(text.as_bytes(), &mut end) {
                Some(double) if end == text.len() => Some(double),
                _ => number::java_double(text),
            }
        })
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
        self.read("base64", |text| base64::decode(number::java_trim(text), self.arena))
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
        self.read("a TIMESTAMP (yyyy-MM-dd HH:mm:ss)", |text| {
            datetime::timestamp(number::java_trim(text), Standard::Sql, precision)
        })
    }

    /// TIMESTAMP_LTZ(precision), as `2021-05-21 10:21:33.123Z`.
    pub fn timestamp_ltz_sql(&mut self, precision: u8) -> Column<Timestamp> {
        self.read("a TIMESTAMP_LTZ (yyyy-MM-dd HH:mm:ssZ)", |text| {
            datetime::timestamp(number::java_trim(text), Standard::SqlUtc, precision)
        })
    }

    /// ARRAY, its elements separated by `csv.array-element-delimiter`. `element` reads one of them:
    /// `value.array(|element| element.integer())`.
    pub fn array<T>(&mut self, mut element: impl FnMut(&mut Self) -> Column<T>) -> Column<&'a [Option<T>]> {
        if self.is_null() {
            return Ok(None);
        }
        let mut elements = bumpalo::collections::Vec::new_in(self.arena);
        for mut part in self.elements() {
            elements.push(element(&mut part)?);
        }
        Ok(Some(elements.into_bump_slice()))
    }

    /// ROW, its fields separated by `csv.array-element-delimiter`. No text at all is NULL.
    pub fn row<T: Record<'a>>(&mut self) -> Column<T> {
        if self.is_null() || self.text.is_empty() {
            return Ok(None);
        }
        let mut row = T::default();
        let mut column = 0;
        let mut found = 0;
        for mut part in self.elements() {
            if T::COLUMNS.get(column).is_some_and(|(place, _)| *place == found) {
                row.read(column, &mut part).map_err(|error| error.inside(T::COLUMNS[column].1))?;
                column += 1;
            }
            found += 1;
        }
        if found != T::WIDTH && !self.settings.ignore_parse_errors {
            return Err(FieldError::syntax(format!("{found} fields instead of {}", T::WIDTH)));
        }
        Ok(Some(row))
    }

    /// The parts between element delimiters; none of an empty text.
    fn elements(self) -> impl Iterator<Item = Self> {
        let parts = (!self.text.is_empty()).then(|| self.text.split(&*self.settings.dialect.element_delimiter));
        parts.into_iter().flatten().map(move |text| Value { text, ..self })
    }

    fn is_null(&self) -> bool {
        (self.settings.empty_string_as_null && self.text.is_empty())
            || self.settings.dialect.null_literal.as_deref() == Some(self.text)
    }

    #[inline]
    fn read<T>(&self, expected: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Column<T> {
        if self.is_null() {
            return Ok(None);
        }
        match read(self.text) {
            None if !self.settings.ignore_parse_errors => {
                Err(FieldError::mismatch(&format!("\"{}\"", self.text), expected))
            }
            value => Ok(value),
        }
    }
}
