//! The types: reads a field as the type of its column, with Flink's conversions.
//!
//! Numbers and timestamps in their usual spelling are read where they stand; whatever is not, is cut out of the
//! line first and then read by Java's rules.

use super::decode::{Record, read_row};
use super::fields::Fields;
use super::{FieldError, Problem};
use crate::format::datetime::{self, Standard};
use crate::format::short_number::ShortNumber;
use crate::format::timestamp::short_timestamp;
use crate::format::{base64, number};
use crate::value::{Date, Decimal, Time, Timestamp};

type Column<T> = Result<Option<T>, FieldError>;

impl<'a> Fields<'_, 'a> {
    /// BOOLEAN. Everything but `true` is FALSE.
    #[inline(always)]
    pub fn boolean(&mut self) -> Column<bool> {
        self.any_boolean()
    }

    #[inline(never)]
    fn any_boolean(&mut self) -> Column<bool> {
        self.read("a BOOLEAN", |text| Some(number::java_boolean(text)))
    }

    /// TINYINT.
    #[inline(always)]
    pub fn tinyint(&mut self) -> Column<i8> {
        self.any_tinyint()
    }

    #[inline(never)]
    fn any_tinyint(&mut self) -> Column<i8> {
        self.read("a TINYINT", |text| i8::try_from(number::java_integer(text)?).ok())
    }

    /// SMALLINT.
    #[inline(always)]
    pub fn smallint(&mut self) -> Column<i16> {
        self.any_smallint()
    }

    #[inline(never)]
    fn any_smallint(&mut self) -> Column<i16> {
        self.read("a SMALLINT", |text| i16::try_from(number::java_integer(text)?).ok())
    }

    /// INT.
    #[inline(always)]
    pub fn integer(&mut self) -> Column<i32> {
        let short = self.short(|window| {
            let number = ShortNumber::of(window)?;
            Some((i32::try_from(number.integer(window)?).ok()?, number.length))
        });
        match short {
            Some(value) => Ok(Some(value)),
            None => self.any_integer(),
        }
    }

    #[inline(never)]
    fn any_integer(&mut self) -> Column<i32> {
        self.read("an INT", |text| i32::try_from(number::java_integer(text)?).ok())
    }

    /// BIGINT.
    #[inline(always)]
    pub fn bigint(&mut self) -> Column<i64> {
        let short = self.short(|window| {
            let number = ShortNumber::of(window)?;
            Some((number.integer(window)?, number.length))
        });
        match short {
            Some(value) => Ok(Some(value)),
            None => self.any_bigint(),
        }
    }

    #[inline(never)]
    fn any_bigint(&mut self) -> Column<i64> {
        self.read("a BIGINT", number::java_integer)
    }

    /// FLOAT.
    #[inline(always)]
    pub fn float(&mut self) -> Column<f32> {
        self.any_float()
    }

    #[inline(never)]
    fn any_float(&mut self) -> Column<f32> {
        self.read("a FLOAT", number::java_float)
    }

    /// DOUBLE.
    #[inline(always)]
    pub fn double(&mut self) -> Column<f64> {
        let short = self.short(|window| {
            let number = ShortNumber::of(window)?;
            Some((number.double(window), number.length))
        });
        match short {
            Some(value) => Ok(Some(value)),
            None => self.any_double(),
        }
    }

    #[inline(never)]
    fn any_double(&mut self) -> Column<f64> {
        self.read("a DOUBLE", |text| {
            let mut end = 0;
            let short = number::short_double(text.as_bytes(), &mut end).filter(|_| end == text.len());
            short.or_else(|| number::java_double(text))
        })
    }

    /// DECIMAL(precision, scale), rounded half up. NULL if it has too many digits.
    #[inline(always)]
    pub fn decimal(&mut self, precision: u8, scale: u8) -> Column<Decimal> {
        self.any_decimal(precision, scale)
    }

    #[inline(never)]
    fn any_decimal(&mut self, precision: u8, scale: u8) -> Column<Decimal> {
        Ok(self.read("a DECIMAL", |text| number::parse_decimal(text, precision, scale))?.flatten())
    }

    /// CHAR, VARCHAR and STRING.
    #[inline(always)]
    pub fn text(&mut self) -> Column<&'a str> {
        match self.short_text() {
            Some(text) => Ok(Some(text)),
            None => self.any_text(),
        }
    }

    #[inline(never)]
    fn any_text(&mut self) -> Column<&'a str> {
        self.read("a STRING", Some)
    }

    /// BINARY, VARBINARY and BYTES, from base64.
    #[inline(always)]
    pub fn bytes_base64(&mut self) -> Column<&'a [u8]> {
        self.any_bytes()
    }

    #[inline(never)]
    fn any_bytes(&mut self) -> Column<&'a [u8]> {
        let arena = self.arena;
        self.read("base64", |text| base64::decode(number::java_trim(text), arena))
    }

    /// DATE, as `2021-05-21` or `2021-5-21`.
    #[inline(always)]
    pub fn date(&mut self) -> Column<Date> {
        self.any_date()
    }

    #[inline(never)]
    fn any_date(&mut self) -> Column<Date> {
        self.read("a DATE (yyyy-MM-dd)", datetime::lenient_date)
    }

    /// TIME, as `10:21:33.123`. `precision` is the column's.
    #[inline(always)]
    pub fn time(&mut self, precision: u8) -> Column<Time> {
        self.any_time(precision)
    }

    #[inline(never)]
    fn any_time(&mut self, precision: u8) -> Column<Time> {
        self.read("a TIME (HH:mm:ss)", |text| datetime::local_time(text, precision))
    }

    /// TIMESTAMP(precision), as `2021-05-21 10:21:33.123`.
    #[inline(always)]
    pub fn timestamp_sql(&mut self, precision: u8) -> Column<Timestamp> {
        self.timestamp("a TIMESTAMP (yyyy-MM-dd HH:mm:ss)", Standard::Sql, precision)
    }

    /// TIMESTAMP_LTZ(precision), as `2021-05-21 10:21:33.123Z`.
    #[inline(always)]
    pub fn timestamp_ltz_sql(&mut self, precision: u8) -> Column<Timestamp> {
        self.timestamp("a TIMESTAMP_LTZ (yyyy-MM-dd HH:mm:ssZ)", Standard::SqlUtc, precision)
    }

    #[inline(always)]
    fn timestamp(&mut self, expected: &str, standard: Standard, precision: u8) -> Column<Timestamp> {
        let settings = self.settings;
        let quote = self.quote();
        let short = self.short(|window| {
            if quote.is_none() || quote != Some(window[0]) {
                return short_timestamp(&settings.day, window, 0, standard, precision);
            }
            let (timestamp, end) = short_timestamp(&settings.day, window, 1, standard, precision)?;
            (quote == Some(window[end])).then_some((timestamp, end + 1))
        });
        match short {
            Some(value) => Ok(Some(value)),
            None => self.any_timestamp(expected, standard, precision),
        }
    }

    #[inline(never)]
    fn any_timestamp(&mut self, expected: &str, standard: Standard, precision: u8) -> Column<Timestamp> {
        self.read(expected, |text| datetime::timestamp(number::java_trim(text), standard, precision))
    }

    /// ARRAY, its elements separated by `csv.array-element-delimiter`. `element` reads one of them:
    /// `line.column(2, "tags").array(|element| element.text())`.
    #[inline(always)]
    pub fn array<T>(&mut self, element: impl FnMut(&mut Self) -> Column<T>) -> Column<&'a [Option<T>]> {
        self.any_array(element)
    }

    #[inline(never)]
    fn any_array<T>(&mut self, mut element: impl FnMut(&mut Self) -> Column<T>) -> Column<&'a [Option<T>]> {
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
    #[inline(always)]
    pub fn row<T: Record<'a>>(&mut self) -> Column<T> {
        self.any_row()
    }

    #[inline(never)]
    fn any_row<T: Record<'a>>(&mut self) -> Column<T> {
        let text = self.field()?.filter(|text| !text.is_empty());
        let Some(mut nested) = text.and_then(|text| self.elements(text)) else { return Ok(None) };
        let mut row = T::default();
        if read_row(&mut row, &mut nested).is_err() {
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
            None if self.is_open() => Err(FieldError),
            None if !self.settings.ignore_parse_errors => Err(self.mismatch(text, expected)),
            value => Ok(value),
        }
    }

    #[cold]
    fn mismatch(&mut self, text: &str, expected: &str) -> FieldError {
        self.fail(Problem::mismatch(&format!("\"{text}\""), expected))
    }
}
