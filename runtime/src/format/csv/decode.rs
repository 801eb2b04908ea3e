//! From a line to a row.

use super::split::Splitter;
use super::value::Value;
use super::{Dialect, FieldError};
use crate::connector::options::Options;
use crate::error::Result;
use crate::row::{DecodeRow, RecordError};
use crate::value::Arena;

/// A generated row that is read from a line.
pub trait Record<'a>: Default {
    /// How many physical columns the table has.
    const WIDTH: usize;

    /// The columns that are read: their place in the line, counted from 0, and their name, in ascending order.
    const COLUMNS: &'static [(usize, &'static str)];

    /// Reads the field of a column, given by its place in [`COLUMNS`](Record::COLUMNS).
    fn read(&mut self, column: usize, value: &mut Value<'_, 'a>) -> Result<(), FieldError>;
}

/// What a table's reader keeps between records: the format's options.
///
/// Gives an error if the line is broken, has too many or too few fields, or if a field does not fit the type
/// of its column. With `csv.ignore-parse-errors` a field that does not fit or is not there is NULL; the
/// others are errors all the same, and the scan skips and counts the line. With `csv.allow-comments` comments
/// and empty lines have no rows.
#[derive(Debug)]
pub struct Decoder {
    pub(super) settings: Settings,
    allow_comments: bool,
    trim_spaces: bool,
    ignore_trailing_unmappable: bool,
    allow_trailing_comma: bool,
    fail_on_missing_columns: bool,
}

/// What fields need to know.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) dialect: Dialect,
    pub(super) ignore_parse_errors: bool,
    pub(super) empty_string_as_null: bool,
}

impl Decoder {
    /// Reads the options `csv.*`.
    pub fn new(options: &Options) -> Result<Self> {
        let flag = |name: &str, default: bool| Ok(options.boolean(name)?.unwrap_or(default));
        Ok(Decoder {
            settings: Settings {
                dialect: Dialect::new(options)?,
                ignore_parse_errors: flag("csv.ignore-parse-errors", false)?,
                empty_string_as_null: flag("csv.empty-string-as-null", false)?,
            },
            allow_comments: flag("csv.allow-comments", false)?,
            trim_spaces: flag("csv.trim-spaces", false)?,
            ignore_trailing_unmappable: flag("csv.ignore-trailing-unmappable", false)?,
            allow_trailing_comma: flag("csv.allow-trailing-comma", true)?,
            fail_on_missing_columns: flag("csv.fail-on-missing-columns", false)?,
        })
    }

    /// The text of a record without its line end; `None` if there is nothing to read in it.
    fn line<'a>(&self, record: &'a [u8]) -> Result<Option<&'a str>, FieldError> {
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        if self.allow_comments && (record.first() == Some(&b'#') || record.iter().all(u8::is_ascii_whitespace)) {
            return Ok(None);
        }
        match simdutf8::basic::from_utf8(record) {
            Ok(line) => Ok(Some(line)),
            Err(_) => Err(FieldError::syntax("not valid CSV: the line is not UTF-8")),
        }
    }

    /// Checks that the line ends behind its last column.
    fn check_end(&self, splitter: &Splitter<'_, '_>, fields: usize) -> Result<(), FieldError> {
        match splitter.rest() {
            None => Ok(()),
            Some("") if self.allow_trailing_comma => Ok(()),
            Some(_) if self.ignore_trailing_unmappable => Ok(()),
            Some(rest) => {
                Err(FieldError::syntax(format!("more than {fields} fields: {}", super::super::error::shorten(rest))))
            }
        }
    }

    /// What follows from a line that ends early.
    fn check_missing(&self, found: usize, fields: usize) -> Result<(), FieldError> {
        if found == fields || (self.settings.ignore_parse_errors && !self.fail_on_missing_columns) {
            return Ok(());
        }
        Err(FieldError::syntax(format!("{found} fields instead of {fields}")))
    }
}

impl<'a, T: Record<'a>> DecodeRow<'a, Decoder> for T {
    #[inline]
    fn decode(
        decoder: &mut Decoder,
        record: &'a [u8],
        arena: &'a Arena,
        mut each: impl FnMut(Self),
    ) -> Result<(), RecordError> {
        let Some(line) = decoder.line(record)? else { return Ok(()) };
        let mut splitter = Splitter::new(line, &decoder.settings.dialect, decoder.trim_spaces, arena);
        let mut row = T::default();
        let mut column = 0;
        let mut found = 0;
        while found < T::WIDTH {
            let Some(text) = splitter.field()? else { break };
            if T::COLUMNS.get(column).is_some_and(|(place, _)| *place == found) {
                let mut value = Value { text, settings: &decoder.settings, arena };
                row.read(column, &mut value).map_err(|error| error.inside(T::COLUMNS[column].1))?;
                column += 1;
            }
            found += 1;
        }
        decoder.check_missing(found, T::WIDTH)?;
        decoder.check_end(&splitter, T::WIDTH)?;
        each(row);
        Ok(())
    }
}
