//! From a document to rows: finds the keys of the columns, in the order they had last time if possible.

use super::FieldError;
use super::cursor::Value;
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
    fn read(&mut self, column: usize, value: &mut Value<'a>) -> Result<(), FieldError>;
}

/// What a table's reader keeps between records: the format's options and the order of keys seen last.
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
    /// The keys of recent objects, in their order.
    expected: Vec<ExpectedKey>,
}

/// How many keys of recent objects are remembered: documents with ever new keys must not fill the memory.
const MOST_EXPECTED: usize = 128;

/// How many optional members in a row may be absent without a search.
const MOST_ABSENT: usize = 3;

/// The bytes from the end of one value to the beginning of the next, and the column that follows.
#[derive(Debug)]
struct ExpectedKey {
    /// The first 32 of them, padded with zeros, as words.
    words: [u64; 4],
    /// Ones where `words` count.
    masks: [u64; 4],
    /// All of them: `, "status": `.
    bytes: Box<[u8]>,
    /// Whether it stands behind another member, and so has a comma.
    behind_value: bool,
    /// `None`: nobody reads it.
    column: Option<usize>,
}

impl ExpectedKey {
    fn new(bytes: &[u8], behind_value: bool, column: Option<usize>) -> Self {
        let mut key = ExpectedKey { words: [0; 4], masks: [0; 4], bytes: bytes.into(), behind_value, column };
        for (index, byte) in bytes.iter().take(32).enumerate() {
            key.words[index / 8] |= u64::from(*byte) << (index % 8 * 8);
            key.masks[index / 8] |= 0xFF << (index % 8 * 8);
        }
        key
    }

    /// Whether the bytes from `pos` on are these, and may stand there.
    #[inline(always)]
    fn matches(&self, text: &[u8], pos: usize, behind_value: bool) -> bool {
        if self.behind_value != behind_value {
            return false;
        }
        let Some(window) = text.get(pos..pos + 32) else {
            return text.get(pos..).is_some_and(|rest| rest.starts_with(&self.bytes));
        };
        let mut difference = 0;
        for index in 0..4 {
            let word = window[index * 8..index * 8 + 8].try_into().expect("a word has eight bytes");
            difference |= (u64::from_le_bytes(word) ^ self.words[index]) & self.masks[index];
        }
        difference == 0 && (self.bytes.len() <= 32 || text[pos..].starts_with(&self.bytes))
    }
}

/// How far the decoder is in one object.
#[derive(Debug, Default)]
struct Progress {
    /// The place in the expected order.
    expected: usize,
    /// Whether a member of the object has been read.
    started: bool,
    /// How many values of columns have been read.
    columns: usize,
}

impl Decoder {
    /// Reads `json.ignore-parse-errors` and `json.fail-on-missing-field`.
    pub fn new(options: &Options) -> Result<Self> {
        let ignore_parse_errors = options.boolean("json.ignore-parse-errors")?.unwrap_or(false);
        let fail_on_missing_field = options.boolean("json.fail-on-missing-field")?.unwrap_or(false);
        Ok(Decoder { ignore_parse_errors, fail_on_missing_field, expected: Vec::new() })
    }

    /// Goes to the next column of the object at the cursor, past the members nobody reads; `None` behind the
    /// end of the object. What is inlined into generated code is only the case that a column's key, or the
    /// end, stands where it stood last time.
    #[inline(always)]
    fn next_column(
        &mut self,
        value: &mut Value<'_>,
        progress: &mut Progress,
        columns: &[&str],
    ) -> Result<Option<usize>, FieldError> {
        if progress.columns == columns.len() {
            if value.peek() == b'}' {
                value.leave();
                return Ok(None);
            }
        } else if let Some(key) = self.expected.get(progress.expected)
            && let Some(column) = key.column
            && key.matches(value.bytes(), value.pos, progress.started)
        {
            value.pos += key.bytes.len();
            // There may be more spaces than last time.
            value.skip_space();
            progress.expected += 1;
            progress.started = true;
            progress.columns += 1;
            return Ok(Some(column));
        }
        self.expected_column(value, progress, columns)
    }

    /// As [`next_column`](Decoder::next_column), past members that nobody reads or that are absent this time.
    #[inline(never)]
    fn expected_column(
        &mut self,
        value: &mut Value<'_>,
        progress: &mut Progress,
        columns: &[&str],
    ) -> Result<Option<usize>, FieldError> {
        'member: while progress.columns < columns.len() {
            for place in progress.expected..self.expected.len().min(progress.expected + 1 + MOST_ABSENT) {
                let key = &self.expected[place];
                if key.matches(value.bytes(), value.pos, progress.started) {
                    value.pos += key.bytes.len();
                    value.skip_space();
                    progress.expected = place + 1;
                    progress.started = true;
                    if let Some(column) = key.column {
                        progress.columns += 1;
                        return Ok(Some(column));
                    }
                    value.skip()?;
                    continue 'member;
                }
            }
            return self.any_column(value, progress, columns);
        }
        // Flink stops looking for columns when it has seen as many as there are, so that of duplicate keys the
        // first may win.
        while value.next_member(progress.started)? {
            value.skip_key()?;
            value.skip()?;
            progress.started = true;
        }
        Ok(None)
    }

    /// As [`next_column`](Decoder::next_column), for a key that was not expected here.
    #[inline(never)]
    fn any_column(
        &mut self,
        value: &mut Value<'_>,
        progress: &mut Progress,
        columns: &[&str],
    ) -> Result<Option<usize>, FieldError> {
        loop {
            let start = value.pos;
            let Some(key) = next_key(value, progress.started)? else {
                return if progress.columns < columns.len() && value.fail_on_missing_field {
                    Err(missing(columns))
                } else {
                    Ok(None)
                };
            };
            let column = columns.iter().position(|name| *name == key);
            self.learn(&value.bytes()[start..value.pos], progress, column);
            progress.started = true;
            if column.is_some() {
                progress.columns += 1;
                return Ok(column);
            }
            value.skip()?;
        }
    }

    /// Remembers that `bytes` stood where something else was expected. A key known from further back or
    /// ahead moves the place in the expected order instead.
    fn learn(&mut self, bytes: &[u8], progress: &mut Progress, column: Option<usize>) {
        if let Some(known) = self.expected.iter().position(|key| *key.bytes == *bytes) {
            progress.expected = known + 1;
        } else if self.expected.len() < MOST_EXPECTED {
            self.expected.insert(progress.expected, ExpectedKey::new(bytes, progress.started, column));
            progress.expected += 1;
        } else if let Some(replaced) = self.expected.get_mut(progress.expected) {
            *replaced = ExpectedKey::new(bytes, progress.started, column);
            progress.expected += 1;
        }
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
        let mut value = Value::new(text_of(record)?, arena);
        value.ignore_parse_errors = decoder.ignore_parse_errors;
        value.fail_on_missing_field = decoder.fail_on_missing_field;
        if value.peek() != b'{' {
            value.skip_to_object()?;
        }
        let mut first = true;
        while next_object(&mut value, first)? {
            first = false;
            let mut row = T::default();
            let mut progress = Progress::default();
            while let Some(column) = decoder.next_column(&mut value, &mut progress, T::COLUMNS)? {
                row.read(column, &mut value).map_err(|error| error.inside(T::COLUMNS[column]))?;
            }
            each(row);
        }
        Ok(())
    }
}

/// Reads a nested object whose keys may come in any order; see [`Value::row`].
pub(super) fn read_nested<'a, T: Object<'a>>(value: &mut Value<'a>) -> Result<T, FieldError> {
    let mut row = T::default();
    let mut started = false;
    let mut columns = 0;
    value.enter()?;
    while let Some(key) = next_key(value, started)? {
        started = true;
        match T::COLUMNS.iter().position(|name| *name == key) {
            Some(column) if columns < T::COLUMNS.len() => {
                columns += 1;
                row.read(column, value).map_err(|error| error.inside(T::COLUMNS[column]))?;
            }
            _ => value.skip()?,
        }
    }
    if columns < T::COLUMNS.len() && value.fail_on_missing_field {
        return Err(missing(T::COLUMNS));
    }
    Ok(row)
}

/// Goes to the value of the next member and gives its key; `None` behind the object's end.
#[inline]
pub(super) fn next_key<'a>(value: &mut Value<'a>, started: bool) -> Result<Option<&'a str>, FieldError> {
    if !value.next_member(started)? {
        return Ok(None);
    }
    let key = match value.peek() {
        b'"' => value.string(),
        _ => None,
    };
    let Some(key) = key else { return Err(value.unexpected("a key")) };
    value.colon()?;
    Ok(Some(key))
}

impl Value<'_> {
    /// Goes to the first object of a record that does not begin with it: past a byte order mark, which some
    /// producers put in front, spaces, and the bracket of a top-level array.
    #[inline(never)]
    fn skip_to_object(&mut self) -> Result<(), FieldError> {
        if self.bytes().starts_with("\u{feff}".as_bytes()) {
            self.pos = 3;
        }
        self.skip_space();
        if self.peek() == b'[' {
            self.enter()?;
            self.skip_space();
        }
        Ok(())
    }
}

/// Goes into the next object of the record: the only one, or the next of a top-level array. `first` says
/// whether none has been read yet. `false` when there is none left and the record ends here.
#[inline]
fn next_object(value: &mut Value<'_>, first: bool) -> Result<bool, FieldError> {
    if first && value.peek() == b'{' {
        value.enter()?;
        return Ok(true);
    }
    if !first && value.depth == 0 && value.pos == value.bytes().len() {
        return Ok(false);
    }
    next_of_array(value, first)
}

/// As [`next_object`] where the record is not simply one object without anything around.
#[inline(never)]
fn next_of_array(value: &mut Value<'_>, first: bool) -> Result<bool, FieldError> {
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
    if value.pos == value.bytes().len() { Ok(false) } else { Err(value.unexpected("the end of the record")) }
}

fn open_element(value: &mut Value<'_>) -> Result<bool, FieldError> {
    if value.peek() != b'{' {
        return Err(value.unexpected("an object"));
    }
    value.enter()?;
    Ok(true)
}

#[cold]
fn missing(columns: &[&str]) -> FieldError {
    FieldError::syntax(format!(
        "json.fail-on-missing-field is true, and not all of these are there: {}",
        columns.join(", ")
    ))
}

/// The record as text. Most are ASCII, which is quicker to see than UTF-8.
fn text_of(record: &[u8]) -> Result<&str, FieldError> {
    let mut seen = 0;
    if let Some(last) = record.last_chunk() {
        // In whole words; the last one overlaps the one before it.
        record.as_chunks().0.iter().chain([last]).for_each(|word| seen |= u64::from_le_bytes(*word));
        if seen & 0x8080_8080_8080_8080 == 0 {
            // SAFETY: ASCII is UTF-8.
            return Ok(unsafe { std::str::from_utf8_unchecked(record) });
        }
    }
    simdutf8::basic::from_utf8(record).map_err(|_| not_utf8(record))
}

#[cold]
fn not_utf8(record: &[u8]) -> FieldError {
    let valid = std::str::from_utf8(record).map_or_else(|error| error.valid_up_to(), str::len);
    FieldError::syntax(format!("not valid JSON: byte {valid} is not UTF-8"))
}
