//! From a line to a row.

use super::fields::Fields;
use super::scan::{Look, Marks};
use super::{Dialect, FieldError, Problem};
use crate::error::Result;
use crate::format::timestamp::Day;
use crate::options::Options;
use crate::row::{DecodeRow, RecordError};
use crate::value::Arena;
use std::cell::RefCell;

/// A generated row that is read from a line.
pub trait Record<'a>: Default {
    /// How many physical columns the table has.
    const WIDTH: usize;

    /// Reads the columns that someone needs, in ascending order: `self.status = line.column(2, "status").text()?;`.
    fn read(&mut self, line: &mut Fields<'_, 'a>) -> Result<(), FieldError>;
}

/// What a table's reader keeps between records: the format's options.
///
/// Gives an error if the line is broken, has too many or too few fields, or if a field does not fit the type
/// of its column. With `csv.ignore-parse-errors` a field that does not fit or is not there is NULL; the
/// others are errors all the same, and the scan skips and counts the line. With `csv.allow-comments` comments
/// and empty lines have no rows.
#[derive(Debug)]
pub struct Decoder {
    settings: Settings,
    /// A line may be read before its end is known.
    has_open_lines: bool,
    allow_comments: bool,
    ignore_trailing_unmappable: bool,
    allow_trailing_comma: bool,
    fail_on_missing_columns: bool,
}

/// What fields need to know, and what they remember.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) dialect: Dialect,
    pub(super) marks: Marks,
    pub(super) ignore_parse_errors: bool,
    pub(super) trim_spaces: bool,
    /// Whether a text can be NULL.
    pub(super) has_nulls: bool,
    /// Whether a number, date or time never contains a character with another meaning, nor is the null literal.
    pub(super) has_plain_numbers: bool,
    empty_string_as_null: bool,
    pub(super) day: Day,
    /// Why the last field that could not be read is one.
    pub(super) problem: RefCell<Option<Problem>>,
}

impl Settings {
    fn new(dialect: Dialect, options: &Options) -> Result<Self> {
        let flag = |name: &str| Ok(options.boolean(name)?.unwrap_or(false));
        let empty_string_as_null = flag("csv.empty-string-as-null")?;
        let in_number = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.: ".contains(&byte);
        let is_mark_in_number = [Some(dialect.delimiter), dialect.quote, dialect.escape]
            .into_iter()
            .flatten()
            .chain(dialect.element_delimiter.bytes().take(1))
            .any(in_number);
        // A number begins with a digit or a minus sign.
        let is_null_a_number = dialect
            .null_literal
            .as_deref()
            .is_some_and(|literal| literal.starts_with(|first: char| first.is_ascii_digit() || first == '-'));
        Ok(Settings {
            ignore_parse_errors: flag("csv.ignore-parse-errors")?,
            trim_spaces: flag("csv.trim-spaces")?,
            has_nulls: empty_string_as_null || dialect.null_literal.is_some(),
            has_plain_numbers: !is_mark_in_number && !is_null_a_number,
            empty_string_as_null,
            marks: Marks::new(&dialect),
            dialect,
            day: Day::default(),
            problem: RefCell::new(None),
        })
    }

    /// Whether a field with this text is NULL.
    pub(super) fn is_null(&self, text: &str) -> bool {
        (self.empty_string_as_null && text.is_empty()) || self.dialect.null_literal.as_deref() == Some(text)
    }
}

impl Decoder {
    /// Reads the options `csv.*`.
    pub fn new(options: &Options) -> Result<Self> {
        let flag = |name: &str, default: bool| Ok(options.boolean(name)?.unwrap_or(default));
        let settings = Settings::new(Dialect::new(options)?, options)?;
        let Dialect { delimiter, quote, escape, .. } = &settings.dialect;
        let is_odd = |mark: u8| matches!(mark, b'\0' | b'\n' | b'\r');
        let has_odd_marks = is_odd(*delimiter) || quote.is_some_and(|quote| is_odd(quote) || quote == *delimiter);
        Ok(Decoder {
            has_open_lines: settings.has_plain_numbers && !settings.trim_spaces && escape.is_none() && !has_odd_marks,
            settings,
            allow_comments: flag("csv.allow-comments", false)?,
            ignore_trailing_unmappable: flag("csv.ignore-trailing-unmappable", false)?,
            allow_trailing_comma: flag("csv.allow-trailing-comma", true)?,
            fail_on_missing_columns: flag("csv.fail-on-missing-columns", false)?,
        })
    }

    /// Finds out what is in a record without its line end; `None` if there is nothing to read.
    fn line<'a>(&self, record: &'a [u8]) -> Result<Option<(&'a str, Look)>, Problem> {
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        if self.allow_comments && (record.first() == Some(&b'#') || record.iter().all(u8::is_ascii_whitespace)) {
            return Ok(None);
        }
        let look = self.settings.marks.look(record);
        let line = match look.is_ascii {
            // SAFETY: ASCII is UTF-8.
            true => unsafe { std::str::from_utf8_unchecked(record) },
            false => simdutf8::basic::from_utf8(record)
                .map_err(|_| Problem::syntax("not valid CSV: the line is not UTF-8"))?,
        };
        Ok(Some((line, look)))
    }

    /// Whether the line that begins at `start` may be read before its end is known.
    #[inline(always)]
    fn may_open(&self, lines: &[u8], start: usize) -> bool {
        match lines.get(start) {
            None | Some(b'\n' | b'\r') => false,
            Some(b'\t'..=b'#') if self.allow_comments => false,
            Some(_) => self.has_open_lines,
        }
    }

    /// Checks that the line has as many fields as the table has columns, and that those behind the last one
    /// that is read are not broken.
    #[inline(never)]
    fn check_end(&self, fields: &mut Fields<'_, '_>, width: usize) -> Result<(), Problem> {
        let found = fields.pass(width).map_err(|FieldError| fields.problem())?;
        if found < width {
            if self.settings.ignore_parse_errors && !self.fail_on_missing_columns {
                return Ok(());
            }
            return Err(Problem::syntax(format!("{found} fields instead of {width}")));
        }
        match fields.rest() {
            None => Ok(()),
            Some("") if self.allow_trailing_comma => Ok(()),
            Some(_) if self.ignore_trailing_unmappable => Ok(()),
            Some(rest) => {
                let rest = super::super::error::shorten(rest);
                Err(Problem::syntax(format!("more than {width} fields: {rest}")))
            }
        }
    }
}

impl<'a, T: Record<'a>> DecodeRow<'a, Decoder> for T {
    fn decode(
        decoder: &mut Decoder,
        record: &'a [u8],
        arena: &'a Arena,
        mut each: impl FnMut(Self),
    ) -> Result<(), RecordError> {
        let Some((line, look)) = decoder.line(record)? else { return Ok(()) };
        let mut fields = Fields::new(line, look, &decoder.settings, arena);
        let mut row = T::default();
        if read_row(&mut row, &mut fields).is_err() {
            return Err(fields.problem().into());
        }
        if !fields.is_sound(T::WIDTH) {
            decoder.check_end(&mut fields, T::WIDTH)?;
        }
        each(row);
        Ok(())
    }

    #[inline(always)]
    fn decode_line(decoder: &mut Decoder, lines: &'a [u8], start: usize, arena: &'a Arena) -> Option<(Self, usize)> {
        if !decoder.may_open(lines, start) {
            return None;
        }
        let mut fields = Fields::open(lines, start, &decoder.settings, arena);
        let mut row = T::default();
        read_row(&mut row, &mut fields).ok()?;
        let next = fields.next_line(T::WIDTH)?;
        Some((row, next))
    }
}

/// Reads the columns of a line; compiled apart, so that there is one copy of it.
#[inline(never)]
pub(super) fn read_row<'a, T: Record<'a>>(row: &mut T, line: &mut Fields<'_, 'a>) -> Result<(), FieldError> {
    row.read(line)
}
