//! From a document to rows: the objects of a record, each with its columns.

use super::FieldError;
use super::cursor::Value;
use super::expected::{Memory, Progress, RECORD};
use super::timestamp::Day;
use crate::connector::options::Options;
use crate::error::Result;
use crate::row::{DecodeRow, RecordError};
use crate::value::Arena;

/// A generated row, or a generated struct for a ROW column, that is read from a JSON object.
pub trait Object<'a>: Default {
    /// The keys of the columns that are read.
    const COLUMNS: &'static [&'static str];

    /// Reads the value of a column, given by its place in [`COLUMNS`](Object::COLUMNS). It must read it: the
    /// decoder goes on behind it.
    fn read(&mut self, column: usize, value: &mut Value<'_, 'a>) -> Result<(), FieldError>;
}

/// What a table's reader keeps between records: the format's options and what it remembers of them.
///
/// [`DecodeRow::decode`] calls back for every object of the record (one, or as many as a top-level array has)
/// and gives an error if the record is no JSON, or if a column has a value that does not fit its type. With
/// `json.ignore-parse-errors` the latter is NULL; the former is an error all the same, and the scan skips
/// and counts the record. Rows of an array that were complete before the error have been handed out then, as
/// Flink does. A record of no bytes has no rows and is no error.
#[derive(Debug)]
pub struct Decoder {
    ignore_parse_errors: bool,
    fail_on_missing_field: bool,
    memory: Memory,
    day: Day,
}

impl Decoder {
    /// Reads `json.ignore-parse-errors` and `json.fail-on-missing-field`.
    pub fn new(options: &Options) -> Result<Self> {
        let ignore_parse_errors = options.boolean("json.ignore-parse-errors")?.unwrap_or(false);
        let fail_on_missing_field = options.boolean("json.fail-on-missing-field")?.unwrap_or(false);
        let (memory, day) = (Memory::default(), Day::default());
        Ok(Decoder { ignore_parse_errors, fail_on_missing_field, memory, day })
    }
}

impl<'a, T: Object<'a>> DecodeRow<'a, Decoder> for T {
    #[inline]
    fn decode(
        decoder: &mut Decoder,
        record: &'a [u8],
        arena: &'a Arena,
        mut each: impl FnMut(Self),
    ) -> Result<(), RecordError> {
        if record.is_empty() {
            return Ok(());
        }
        decoder.memory.make_room();
        let mut value = Value::new(record, arena, &mut decoder.memory, &mut decoder.day);
        value.ignore_parse_errors = decoder.ignore_parse_errors;
        value.fail_on_missing_field = decoder.fail_on_missing_field;
        decode_objects(&mut value, &mut each).map_err(|error| wrong(record, error))
    }
}

#[inline(always)]
fn decode_objects<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, each: &mut impl FnMut(T)) -> Result<(), FieldError> {
    if value.peek() != b'{' {
        value.skip_to_object()?;
    }
    let mut first = true;
    while next_object(value, first)? {
        first = false;
        value.member = RECORD;
        each(read_members(value)?);
    }
    Ok(())
}

/// Reads the object that begins at the cursor.
#[inline(always)]
fn read_members<'a, T: Object<'a>>(value: &mut Value<'_, 'a>) -> Result<T, FieldError> {
    value.enter()?;
    let mut row = T::default();
    let mut object = Progress::new(value);
    while let Some(column) = value.next_column(&mut object, T::COLUMNS)? {
        row.read(column, value).map_err(|error| error.inside(T::COLUMNS[column]))?;
    }
    Ok(row)
}

/// As [`read_members`], once for every type of nested objects.
#[inline(never)]
pub(super) fn read_object<'a, T: Object<'a>>(value: &mut Value<'_, 'a>) -> Result<T, FieldError> {
    read_members(value)
}

/// Goes to the value of the next member and gives its key; `None` behind the object's end.
#[inline]
pub(super) fn next_key<'a>(value: &mut Value<'_, 'a>, started: bool) -> Result<Option<&'a str>, FieldError> {
    if !value.next_member(started)? {
        return Ok(None);
    }
    let Some(key) = value.string_at_cursor() else { return Err(value.unexpected("a key")) };
    value.colon()?;
    Ok(Some(key))
}

impl Value<'_, '_> {
    /// Goes to the first object of a record that does not begin with it: past a byte order mark, which some
    /// producers put in front, spaces, and the bracket of a top-level array.
    #[inline(never)]
    fn skip_to_object(&mut self) -> Result<(), FieldError> {
        if self.bytes.starts_with("\u{feff}".as_bytes()) {
            self.pos = 3;
        }
        self.skip_space();
        if self.peek() == b'[' {
            self.enter()?;
            self.pos += 1;
            self.skip_space();
        }
        Ok(())
    }
}

/// Goes to the next object of the record: the only one, or the next of a top-level array. `first` says
/// whether none has been read yet. `false` when there is none left and the record ends here.
#[inline]
fn next_object(value: &mut Value<'_, '_>, first: bool) -> Result<bool, FieldError> {
    if first && value.peek() == b'{' {
        return Ok(true);
    }
    if !first && value.depth == 0 && value.pos == value.bytes.len() {
        return Ok(false);
    }
    next_of_array(value, first)
}

/// As [`next_object`] where the record is not simply one object without anything around.
#[inline(never)]
fn next_of_array(value: &mut Value<'_, '_>, first: bool) -> Result<bool, FieldError> {
    value.skip_space();
    if value.depth == 1 {
        match value.peek() {
            b']' => {
                value.pos += 1;
                value.depth = 0;
                value.skip_space();
            }
            b',' if !first => {
                value.pos += 1;
                value.skip_space();
                return open_element(value);
            }
            _ if first => return open_element(value),
            _ => return Err(value.unexpected("',' or ']'")),
        }
    } else if first {
        return Err(value.unexpected("an object"));
    }
    if value.pos == value.bytes.len() { Ok(false) } else { Err(value.unexpected("the end of the record")) }
}

fn open_element(value: &mut Value<'_, '_>) -> Result<bool, FieldError> {
    if value.peek() != b'{' {
        return Err(value.unexpected("an object"));
    }
    Ok(true)
}

/// The error of a record. If it is not even text, that is what is wrong.
#[cold]
fn wrong(record: &[u8], error: FieldError) -> RecordError {
    match std::str::from_utf8(record) {
        Ok(_) => error.into(),
        Err(invalid) => {
            FieldError::syntax(format!("not valid JSON: byte {} is not UTF-8", invalid.valid_up_to())).into()
        }
    }
}
