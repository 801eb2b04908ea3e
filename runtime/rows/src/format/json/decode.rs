//! From a document to rows: the objects of a record, each with its columns.

use super::FieldError;
use super::cursor::{State, UNKNOWN, Value};
use super::expected::{Memory, Progress, RECORD};
use super::in_order::{MOST_COLUMNS, read_in_order};
use super::waiting::{Place, Waiting};
use super::wide::Places;
use crate::error::Result;
use crate::format::timestamp::Day;
use crate::options::Options;
use crate::row::{DecodeRow, RecordError, TableRow};
use crate::value::Arena;

/// A generated row, or a generated struct for a ROW column, that is read from a JSON object.
pub trait Object<'a>: Default {
    /// The keys of the columns that are read.
    const COLUMNS: &'static [&'static str];

    /// How many of the columns are read at once, the first ones. The others wait until the whole record has been
    /// seen, and are read only if the row is [wanted](TableRow::wanted); otherwise they stay as they are in a new
    /// row. That they are JSON is checked all the same, but a value of the wrong type is no error in a row that
    /// nobody wants.
    const AT_ONCE: usize = usize::MAX;

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
    state: State,
}

impl Decoder {
    /// Reads `json.ignore-parse-errors` and `json.fail-on-missing-field`.
    pub fn new(options: &Options) -> Result<Self> {
        let state = State {
            ignore_parse_errors: options.boolean("json.ignore-parse-errors")?.unwrap_or(false),
            fail_on_missing_field: options.boolean("json.fail-on-missing-field")?.unwrap_or(false),
            depth: 0,
            end: 0,
            memory: Memory::default(),
            day: Day::default(),
            waiting: Waiting::default(),
            places: Places::default(),
            error: None,
        };
        Ok(Decoder { state })
    }
}

impl<'a, T: Object<'a> + TableRow<'a>> DecodeRow<'a, Decoder> for T {
    fn decode(
        decoder: &mut Decoder,
        record: &'a [u8],
        arena: &'a Arena,
        mut each: impl FnMut(Self),
    ) -> Result<(), RecordError> {
        if record.is_empty() {
            return Ok(());
        }
        decoder.state.memory.make_room();
        let mut value = Value::new(record, 0, record.len(), arena, &mut decoder.state);
        read_rows(&mut value, &mut each).map_err(|error| wrong(record, error))
    }

    #[inline(always)]
    fn decode_line(decoder: &mut Decoder, lines: &'a [u8], start: usize, arena: &'a Arena) -> Option<(Self, usize)> {
        if lines.get(start) != Some(&b'{') {
            return None;
        }
        decoder.state.memory.make_room();
        // The end of the line is searched for only if it is needed.
        let mut value = Value::new(lines, start, UNKNOWN, arena, &mut decoder.state);
        let mut row = T::default();
        let waits = value.state.waiting.pays;
        let end = if waits && T::AT_ONCE < T::COLUMNS.len() {
            read_late(&mut value, &mut row).ok()?
        } else {
            // One of the wrong type is an error in any row: who wants to know the truth reads it again.
            read_members(&mut value, &mut row).ok()?;
            value.pos
        };
        if T::AT_ONCE < T::COLUMNS.len() {
            decoder.state.waiting.row(|| row.wanted());
        }
        match lines.get(end..)? {
            [] => Some((row, end)),
            [b'\n', ..] => Some((row, end + 1)),
            [b'\r', b'\n', ..] => Some((row, end + 2)),
            _ => None,
        }
    }
}

/// Hands all rows of a record to `each`.
fn read_rows<'a, T: Object<'a> + TableRow<'a>>(
    value: &mut Value<'_, 'a>,
    each: &mut impl FnMut(T),
) -> Result<(), FieldError> {
    if value.peek() != b'{' {
        value.skip_to_object()?;
    }
    let mut first = true;
    while next_object(value, first)? {
        first = false;
        value.member = RECORD;
        let mut row = T::default();
        value.pos =
            if T::AT_ONCE < T::COLUMNS.len() { read_late(value, &mut row)? } else { read_odd(value, &mut row)? };
        each(row);
    }
    Ok(())
}

/// As [`read_object`], for rows that may turn out not to be wanted.
#[inline(never)]
fn read_late<'a, T: Object<'a> + TableRow<'a>>(value: &mut Value<'_, 'a>, row: &mut T) -> Result<usize, FieldError> {
    value.enter()?;
    let mut object = Progress::new(value);
    value.state.waiting.values.clear();
    while let Some(column) = value.next_column(&mut object, T::COLUMNS)? {
        if (column as usize) < T::AT_ONCE {
            read_column(value, row, column)?;
        } else {
            let (pos, member) = (value.pos, value.member);
            value.state.waiting.values.push(Place { column, pos, member });
            value.skip().map_err(|error| error.inside(T::COLUMNS[column as usize]))?;
        }
    }
    let end = value.pos;
    if row.wanted() {
        for index in 0..value.state.waiting.values.len() {
            let place = value.state.waiting.values[index];
            (value.pos, value.member) = (place.pos, place.member);
            read_column(value, row, place.column)?;
        }
    }
    Ok(end)
}

/// Reads the object at the cursor and answers where it ends, without a copy of its own of what reads the columns: for
/// records that [`decode_line`](DecodeRow::decode_line) leaves aside.
#[inline(never)]
fn read_odd<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, row: &mut T) -> Result<usize, FieldError> {
    value.enter()?;
    let mut object = Progress::new(value);
    while let Some(column) = value.next_column(&mut object, T::COLUMNS)? {
        read_column(value, row, column)?;
    }
    Ok(value.pos)
}

/// Reads one value; compiled apart, so that there are no more than two copies of what is inlined there.
#[inline(never)]
pub(super) fn read_column<'a, T: Object<'a>>(
    value: &mut Value<'_, 'a>,
    row: &mut T,
    column: u32,
) -> Result<(), FieldError> {
    let column = column as usize;
    row.read(column, value).map_err(|error| error.inside(T::COLUMNS[column]))
}

/// Reads the object that begins at `pos` and answers where it ends; if it cannot be read, `value.state.error` says
/// why. So places come and go in registers.
#[inline(never)]
fn read_object<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, pos: usize, row: &mut T) -> Option<usize> {
    let mut value = Value { pos, ..value.copy() };
    match read_members(&mut value, row) {
        Ok(()) => Some(value.pos),
        Err(error) => {
            value.state.error = Some(error);
            None
        }
    }
}

#[inline(always)]
fn read_members<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, row: &mut T) -> Result<(), FieldError> {
    value.enter()?;
    if T::COLUMNS.len() <= MOST_COLUMNS {
        return read_in_order(value, row);
    }
    let mut object = Progress::new(value);
    while let Some(column) = value.next_column(&mut object, T::COLUMNS)? {
        let column = column as usize;
        row.read(column, value).map_err(|error| error.inside(T::COLUMNS[column]))?;
    }
    Ok(())
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

impl<'a> Value<'_, 'a> {
    /// Reads the object at the cursor and answers where it ends.
    #[inline(always)]
    pub(super) fn object<T: Object<'a>>(&mut self, row: &mut T) -> Result<usize, FieldError> {
        let pos = self.pos;
        match read_object(&mut self.copy(), pos, row) {
            Some(end) => Ok(end),
            None => Err(self.state.error.take().expect("who gives up says why")),
        }
    }

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
    if !first && value.state.depth == 0 && value.pos == value.bytes.len() {
        return Ok(false);
    }
    next_of_array(value, first)
}

/// As [`next_object`] where the record is not simply one object without anything around.
#[inline(never)]
fn next_of_array(value: &mut Value<'_, '_>, first: bool) -> Result<bool, FieldError> {
    value.skip_space();
    if value.state.depth == 1 {
        match value.peek() {
            b']' => {
                value.pos += 1;
                value.state.depth = 0;
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
