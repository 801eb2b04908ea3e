//! The types: reads the value at the cursor as the type of its column, with Flink's conversions.
//!
//! Every method gives `None` for null. A value that does not fit is an error, or `None` with
//! `json.ignore-parse-errors`.

use super::FieldError;
use super::cursor::{Scalar, Value};
use super::decode::{Object, next_key};
use super::text;
use crate::format::block::window;
use crate::format::datetime::{self, Standard};
use crate::format::short_number::{ShortNumber, small_number};
use crate::format::timestamp::short_timestamp;
use crate::format::{base64, number};
use crate::value::{Date, Decimal, Time, Timestamp};

type Field<T> = Result<Option<T>, FieldError>;

impl<'a> Value<'_, 'a> {
    /// BOOLEAN. Numbers and strings other than `"true"` are FALSE.
    #[inline(always)]
    pub fn boolean(&mut self) -> Field<bool> {
        if self.peek() == b't' && self.literal("true") {
            return Ok(Some(true));
        }
        if self.peek() == b'f' && self.literal("false") {
            return Ok(Some(false));
        }
        self.aside(|value| value.any_boolean())
    }

    #[inline(never)]
    fn any_boolean(&mut self) -> Field<bool> {
        self.read("a BOOLEAN", |value| match value.scalar()? {
            Scalar::Boolean(truth) => Some(truth),
            Scalar::Text(text) => Some(number::java_boolean(text)),
            Scalar::Integer(_) | Scalar::Float(_) => Some(false),
        })
    }

    /// TINYINT.
    #[inline(always)]
    pub fn tinyint(&mut self) -> Field<i8> {
        self.aside(|value| value.any_tinyint())
    }

    #[inline(never)]
    fn any_tinyint(&mut self) -> Field<i8> {
        self.read("a TINYINT", |value| i8::try_from(value.small_integer()?).ok())
    }

    /// SMALLINT.
    #[inline(always)]
    pub fn smallint(&mut self) -> Field<i16> {
        self.aside(|value| value.any_smallint())
    }

    #[inline(never)]
    fn any_smallint(&mut self) -> Field<i16> {
        self.read("a SMALLINT", |value| i16::try_from(value.small_integer()?).ok())
    }

    /// INT. A number with a fraction loses it.
    #[inline(always)]
    pub fn integer(&mut self) -> Field<i32> {
        if let Some((integer, end)) = self.short_integer()
            && let Ok(integer) = i32::try_from(integer)
        {
            self.pos = end;
            return Ok(Some(integer));
        }
        // As BIGINT, whose parts travel in registers of their own.
        Ok(self.aside(|value| value.any_integer())?.map(|integer| integer as i32))
    }

    #[inline(never)]
    fn any_integer(&mut self) -> Field<i64> {
        self.read("an INT", |value| value.long_integer().filter(|integer| i32::try_from(*integer).is_ok()))
    }

    /// BIGINT. A number with a fraction loses it.
    #[inline(always)]
    pub fn bigint(&mut self) -> Field<i64> {
        if let Some((integer, end)) = self.short_integer() {
            self.pos = end;
            return Ok(Some(integer));
        }
        self.aside(|value| value.any_bigint())
    }

    #[inline(never)]
    fn any_bigint(&mut self) -> Field<i64> {
        self.read("a BIGINT", Value::long_integer)
    }

    /// FLOAT.
    #[inline(always)]
    pub fn float(&mut self) -> Field<f32> {
        self.aside(|value| value.any_float())
    }

    #[inline(never)]
    fn any_float(&mut self) -> Field<f32> {
        self.read("a FLOAT", |value| match value.scalar()? {
            Scalar::Integer(text) | Scalar::Float(text) => text.parse().ok(),
            Scalar::Text(text) => number::java_float(text),
            Scalar::Boolean(_) => None,
        })
    }

    /// DOUBLE.
    #[inline(always)]
    pub fn double(&mut self) -> Field<f64> {
        let mut spare = None;
        let window = window(self.bytes, self.pos, &mut spare);
        if let Some(number) = ShortNumber::of_json(window) {
            self.pos += number.length;
            return Ok(Some(number.double(window)));
        }
        self.aside(|value| value.any_double())
    }

    #[inline(never)]
    fn any_double(&mut self) -> Field<f64> {
        self.read("a DOUBLE", |value| {
            let start = value.pos;
            if let Some(double) = number::short_double(value.bytes, &mut value.pos) {
                return Some(double);
            }
            value.pos = start;
            match value.scalar()? {
                Scalar::Integer(text) | Scalar::Float(text) => number::parse_double(text),
                Scalar::Text(text) => number::java_double(text),
                Scalar::Boolean(_) => None,
            }
        })
    }

    /// DECIMAL(precision, scale), rounded half up. NULL if it has too many digits.
    #[inline(always)]
    pub fn decimal(&mut self, precision: u8, scale: u8) -> Field<Decimal> {
        self.aside(|value| value.any_decimal(precision, scale))
    }

    #[inline(never)]
    fn any_decimal(&mut self, precision: u8, scale: u8) -> Field<Decimal> {
        let decimal = self.read("a DECIMAL", |value| match value.scalar()? {
            Scalar::Integer(text) | Scalar::Float(text) => number::parse_decimal(text, precision, scale),
            Scalar::Text(text) => number::parse_decimal(number::java_trim(text), precision, scale),
            Scalar::Boolean(_) => None,
        })?;
        Ok(decimal.flatten())
    }

    /// CHAR, VARCHAR and STRING. Numbers and booleans keep their spelling; an object or array becomes its
    /// JSON text.
    #[inline(always)]
    pub fn text(&mut self) -> Field<&'a str> {
        match self.short_string() {
            Some(text) => Ok(Some(text)),
            None => self.aside(|value| value.any_text()),
        }
    }

    #[inline(never)]
    fn any_text(&mut self) -> Field<&'a str> {
        if self.peek() == b'"'
            && let Some(text) = self.string()
        {
            return Ok(Some(text));
        }
        self.skip_space();
        if matches!(self.peek(), b'{' | b'[') {
            let start = self.pos;
            self.skip()?;
            return Ok(Some(text::compact(self.cut(start, self.pos), self.arena)));
        }
        self.read("a STRING", |value| match value.scalar()? {
            Scalar::Text(text) | Scalar::Integer(text) | Scalar::Float(text) => Some(text),
            Scalar::Boolean(truth) => Some(if truth { "true" } else { "false" }),
        })
    }

    /// BINARY, VARBINARY and BYTES, from base64.
    #[inline(always)]
    pub fn bytes_base64(&mut self) -> Field<&'a [u8]> {
        self.aside(|value| value.any_bytes())
    }

    #[inline(never)]
    fn any_bytes(&mut self) -> Field<&'a [u8]> {
        self.read("base64", |value| match value.scalar()? {
            Scalar::Text(text) => base64::decode(text, value.arena),
            _ => None,
        })
    }

    /// DATE, as `2021-05-21`.
    #[inline(always)]
    pub fn date(&mut self) -> Field<Date> {
        self.aside(|value| value.any_date())
    }

    #[inline(never)]
    fn any_date(&mut self) -> Field<Date> {
        self.read("a DATE (yyyy-MM-dd)", |value| match value.scalar()? {
            Scalar::Text(text) => datetime::date(text),
            _ => None,
        })
    }

    /// TIME, as `10:21:33.123`. `precision` is the column's.
    #[inline(always)]
    pub fn time(&mut self, precision: u8) -> Field<Time> {
        self.aside(|value| value.any_time(precision))
    }

    #[inline(never)]
    fn any_time(&mut self, precision: u8) -> Field<Time> {
        self.read("a TIME (HH:mm:ss)", |value| match value.scalar()? {
            Scalar::Text(text) => datetime::time(text, precision),
            _ => None,
        })
    }

    /// TIMESTAMP(precision), as `2021-05-21 10:21:33.123`.
    #[inline(always)]
    pub fn timestamp_sql(&mut self, precision: u8) -> Field<Timestamp> {
        self.timestamp("a TIMESTAMP (yyyy-MM-dd HH:mm:ss)", Standard::Sql, precision)
    }

    /// TIMESTAMP(precision), as `2021-05-21T10:21:33.123`.
    #[inline(always)]
    pub fn timestamp_iso(&mut self, precision: u8) -> Field<Timestamp> {
        self.timestamp("a TIMESTAMP (yyyy-MM-ddTHH:mm:ss)", Standard::Iso, precision)
    }

    /// TIMESTAMP(precision), as `2021-05-21T10:21:33.123+02:00`: the time at Greenwich.
    #[inline(always)]
    pub fn timestamp_iso_offset(&mut self, precision: u8) -> Field<Timestamp> {
        self.timestamp("a TIMESTAMP (yyyy-MM-ddTHH:mm:ss+HH:mm)", Standard::IsoOffset, precision)
    }

    /// TIMESTAMP_LTZ(precision), as `2021-05-21 10:21:33.123Z`.
    #[inline(always)]
    pub fn timestamp_ltz_sql(&mut self, precision: u8) -> Field<Timestamp> {
        self.timestamp("a TIMESTAMP_LTZ (yyyy-MM-dd HH:mm:ssZ)", Standard::SqlUtc, precision)
    }

    /// TIMESTAMP_LTZ(precision), as `2021-05-21T10:21:33.123Z`.
    #[inline(always)]
    pub fn timestamp_ltz_iso(&mut self, precision: u8) -> Field<Timestamp> {
        self.timestamp("a TIMESTAMP_LTZ (yyyy-MM-ddTHH:mm:ssZ)", Standard::IsoUtc, precision)
    }

    /// TIMESTAMP_LTZ(precision), as `2021-05-21T10:21:33.123+02:00`.
    #[inline(always)]
    pub fn timestamp_ltz_iso_offset(&mut self, precision: u8) -> Field<Timestamp> {
        self.timestamp("a TIMESTAMP_LTZ (yyyy-MM-ddTHH:mm:ss+HH:mm)", Standard::IsoOffset, precision)
    }

    #[inline(always)]
    fn timestamp(&mut self, expected: &str, standard: Standard, precision: u8) -> Field<Timestamp> {
        let mut spare = None;
        let window = window(self.bytes, self.pos, &mut spare);
        if window[0] == b'"'
            && let Some((timestamp, end)) = short_timestamp(&self.state.day, window, 1, standard, precision)
            && window[end] == b'"'
        {
            self.pos += end + 1;
            return Ok(Some(timestamp));
        }
        self.aside(|value| value.any_timestamp(expected, standard, precision))
    }

    #[inline(never)]
    fn any_timestamp(&mut self, expected: &str, standard: Standard, precision: u8) -> Field<Timestamp> {
        self.read(expected, |value| match value.scalar()? {
            Scalar::Text(text) => datetime::timestamp(text, standard, precision),
            _ => None,
        })
    }

    /// ROW, as an object.
    #[inline(always)]
    pub fn row<T: Object<'a>>(&mut self) -> Field<T> {
        if self.peek() != b'{' && !self.aside(|value| value.is_object())? {
            return Ok(None);
        }
        let mut row = T::default();
        self.pos = self.object(&mut row)?;
        Ok(Some(row))
    }

    /// Whether there is an object behind spaces; passes over anything else.
    #[inline(never)]
    fn is_object(&mut self) -> Result<bool, FieldError> {
        self.skip_space();
        if self.peek() == b'{' {
            return Ok(true);
        }
        self.read::<()>("an object", |_| None)?;
        Ok(false)
    }

    /// ARRAY. `element` reads one element: `value.array(|element| element.double())`.
    #[inline(always)]
    pub fn array<T>(&mut self, element: impl FnMut(&mut Value<'_, 'a>) -> Field<T>) -> Field<&'a [Option<T>]> {
        self.aside(|value| value.any_array(element))
    }

    #[inline(never)]
    fn any_array<T>(&mut self, mut element: impl FnMut(&mut Value<'_, 'a>) -> Field<T>) -> Field<&'a [Option<T>]> {
        self.skip_space();
        if self.peek() != b'[' {
            return self.read("an array", |_| None);
        }
        let mut elements = bumpalo::collections::Vec::new_in(self.arena);
        self.enter()?;
        self.pos += 1;
        while self.next_element(!elements.is_empty())? {
            elements.push(element(self)?);
        }
        Ok(Some(elements.into_bump_slice()))
    }

    /// Goes to the next element of the array at the cursor; `false` behind its end.
    fn next_element(&mut self, started: bool) -> Result<bool, FieldError> {
        self.skip_space();
        match self.peek() {
            b']' => {
                self.leave();
                return Ok(false);
            }
            b',' if started => {
                self.pos += 1;
                self.skip_space();
            }
            _ if started => return Err(self.unexpected("',' or ']'")),
            _ => {}
        }
        Ok(true)
    }

    /// MAP with keys of text, as an object. `element` reads the value of one entry. Entries keep their order;
    /// of equal keys the last value counts.
    #[inline(always)]
    pub fn map<V: Copy>(
        &mut self,
        element: impl FnMut(&mut Value<'_, 'a>) -> Field<V>,
    ) -> Field<&'a [(&'a str, Option<V>)]> {
        self.aside(|value| value.any_map(element))
    }

    #[inline(never)]
    fn any_map<V: Copy>(
        &mut self,
        mut element: impl FnMut(&mut Value<'_, 'a>) -> Field<V>,
    ) -> Field<&'a [(&'a str, Option<V>)]> {
        self.skip_space();
        if self.peek() != b'{' {
            return self.read("an object", |_| None);
        }
        let mut entries: bumpalo::collections::Vec<'a, (&'a str, Option<V>)> =
            bumpalo::collections::Vec::new_in(self.arena);
        self.enter()?;
        self.pos += 1;
        let mut started = false;
        while let Some(key) = next_key(self, started)? {
            started = true;
            let value = element(self)?;
            match entries.iter_mut().find(|entry| entry.0 == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Some(entries.into_bump_slice()))
    }

    /// Reads null or what `read` finds. What `read` does not take is passed over and is an error or NULL.
    #[inline(always)]
    fn read<T>(&mut self, expected: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Field<T> {
        self.skip_space();
        let start = self.pos;
        if self.null() {
            return Ok(None);
        }
        if let Some(value) = read(self) {
            return Ok(Some(value));
        }
        self.pos = start;
        self.mismatch(expected)?;
        Ok(None)
    }

    /// Passes over the value at the cursor because it is not of the type that was `expected`.
    #[cold]
    fn mismatch(&mut self, expected: &str) -> Result<(), FieldError> {
        let start = self.pos;
        self.skip()?;
        if self.state.ignore_parse_errors {
            return Ok(());
        }
        Err(FieldError::mismatch(self.cut(start, self.pos), expected))
    }

    /// An integer of at most fifteen digits, and where it ends.
    #[inline(always)]
    fn short_integer(&self) -> Option<(i64, usize)> {
        let mut spare = None;
        let window = window(self.bytes, self.pos, &mut spare);
        if let Some((number, length)) = small_number(window) {
            return Some((number.cast_signed(), self.pos + length));
        }
        let number = ShortNumber::of_json(window)?;
        Some((number.integer(window)?, self.pos + number.length))
    }

    /// INT and BIGINT.
    fn long_integer(&mut self) -> Option<i64> {
        let start = self.pos;
        if let Some(integer) = number::short_integer(self.bytes, &mut self.pos) {
            return Some(integer);
        }
        self.pos = start;
        match self.scalar()? {
            Scalar::Integer(text) => text.parse().ok(),
            Scalar::Float(text) => number::truncate(number::parse_double(text)?),
            Scalar::Text(text) => number::java_integer(text),
            Scalar::Boolean(_) => None,
        }
    }

    /// TINYINT and SMALLINT, which take no number with a fraction.
    fn small_integer(&mut self) -> Option<i64> {
        match self.scalar()? {
            Scalar::Integer(text) => text.parse().ok(),
            Scalar::Text(text) => number::java_integer(text),
            Scalar::Float(_) | Scalar::Boolean(_) => None,
        }
    }
}
