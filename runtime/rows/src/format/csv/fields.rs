//! Goes along a line from field to field and takes quotes and escapes off.

use super::decode::Settings;
use super::open::{self, End};
use super::scan::{self, Look};
use super::{Dialect, FieldError, Problem};
use crate::format::block::{Window, window};
use crate::value::Arena;

/// A byte that no text has.
const NO_DELIMITER: u8 = 0xFF;

/// The place behind the last field of an open line.
const ENDED: usize = usize::MAX;

/// The fields of a line, or the elements of a field, from left to right. [`column`](Fields::column) goes to one
/// of them, and the method of its type reads it; `None` is NULL.
///
/// What is read as a rule is inlined; everything else happens in functions that are compiled once.
#[derive(Debug)]
pub struct Fields<'d, 'a> {
    /// The line, or lines of which it is one if it `is_open`.
    bytes: &'a [u8],
    /// The line as text; nothing if it `is_open`.
    pub(super) line: &'a str,
    /// Where the next field begins; beyond the end of the line behind the last one, or at the next line if this
    /// one `is_open`.
    pub(super) pos: usize,
    /// How many fields lie before `pos`; [`ENDED`] behind the last field of an open line.
    pub(super) place: usize,
    /// Nobody has searched for the end of the line, nor checked it. Whatever is not plain in it is an error,
    /// after which the line is read again as one that is not open.
    is_open: bool,
    /// Texts are as they look, and none of them is NULL.
    has_plain_texts: bool,
    /// The place and name of the column that is read next.
    wanted: usize,
    pub(super) name: &'d str,
    pub(super) delimiter: u8,
    /// Every delimiter ends a field, and fields are as they look.
    pub(super) is_flat: bool,
    /// Of a flat line.
    delimiters: usize,
    /// These are elements of a field, without quotes and escapes.
    is_nested: bool,
    pub(super) settings: &'d Settings,
    pub(super) arena: &'a Arena,
}

impl<'d, 'a> Fields<'d, 'a> {
    pub(super) fn new(line: &'a str, look: Look, settings: &'d Settings, arena: &'a Arena) -> Self {
        let is_flat = look.is_flat && !settings.trim_spaces;
        Fields {
            bytes: line.as_bytes(),
            line,
            pos: 0,
            is_open: false,
            has_plain_texts: is_flat && !settings.has_nulls,
            place: 0,
            wanted: 0,
            name: "",
            delimiter: settings.dialect.delimiter,
            is_flat,
            delimiters: look.delimiters,
            is_nested: false,
            settings,
            arena,
        }
    }

    /// The line that begins at `start`.
    #[inline(always)]
    pub(super) fn open(lines: &'a [u8], start: usize, settings: &'d Settings, arena: &'a Arena) -> Self {
        Fields {
            bytes: lines,
            line: "",
            pos: start,
            is_open: true,
            has_plain_texts: !settings.has_nulls,
            place: 0,
            wanted: 0,
            name: "",
            delimiter: settings.dialect.delimiter,
            is_flat: false,
            delimiters: 0,
            is_nested: false,
            settings,
            arena,
        }
    }

    /// The elements of a field with this text; none of an empty one.
    pub(super) fn nested(&self, text: &'a str) -> Self {
        let delimiter = match self.settings.dialect.element_delimiter.as_bytes() {
            [delimiter] => *delimiter,
            _ => NO_DELIMITER,
        };
        Fields {
            bytes: text.as_bytes(),
            line: text,
            pos: usize::from(text.is_empty()),
            is_open: false,
            has_plain_texts: delimiter != NO_DELIMITER && !self.settings.has_nulls,
            place: 0,
            wanted: 0,
            name: "",
            delimiter,
            is_flat: delimiter != NO_DELIMITER,
            delimiters: 0,
            is_nested: true,
            settings: self.settings,
            arena: self.arena,
        }
    }

    /// Goes to a column, given by its place counted from 0, and its name for messages. Columns are read in
    /// ascending order.
    #[inline(always)]
    pub fn column(&mut self, place: usize, name: &'d str) -> &mut Self {
        self.wanted = place;
        self.name = name;
        self
    }

    /// Makes the next element the one that is read; `false` if there is none.
    pub(super) fn next_element(&mut self) -> bool {
        self.wanted = self.place;
        self.rest().is_some()
    }

    /// Keeps why the column that is being read cannot be, for whoever handles the error.
    #[cold]
    pub(super) fn fail(&mut self, problem: Problem) -> FieldError {
        self.settings.problem.replace(Some(problem.inside(self.name)));
        FieldError
    }

    /// What was kept with the last error.
    #[cold]
    pub(super) fn problem(&self) -> Problem {
        self.settings.problem.take().unwrap_or_else(|| Problem::syntax("not valid CSV"))
    }

    /// Whether what is wrong with the line is of no interest, since it is read again.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// What may stand around a field.
    #[inline(always)]
    pub(super) fn quote(&self) -> Option<u8> {
        if self.is_nested { None } else { self.settings.dialect.quote }
    }

    /// What has not been read yet; `None` behind the last field.
    pub(super) fn rest(&self) -> Option<&'a str> {
        self.line.get(self.pos..)
    }

    /// Whether the line is known to have this many fields and none that is broken.
    #[inline]
    pub(super) fn is_sound(&self, fields: usize) -> bool {
        self.is_flat && !self.is_nested && self.delimiters + 1 == fields
    }

    /// Goes on until `fields` of them lie behind, or all there are, and gives their number.
    pub(super) fn pass(&mut self, fields: usize) -> Result<usize, FieldError> {
        while self.place < fields && self.cut()?.is_some() {}
        Ok(self.place)
    }

    /// Goes to the wanted column, if nothing on the way is broken or missing: the cases that are not worth
    /// being quick are left to [`field`](Fields::field).
    #[inline(always)]
    pub(super) fn seek(&mut self) -> bool {
        self.place == self.wanted || self.skip()
    }

    #[inline(never)]
    fn skip(&mut self) -> bool {
        if !self.is_open {
            return self.skip_closed();
        }
        // The place behind the last field is beyond every other.
        let Some(count @ 1..) = self.wanted.checked_sub(self.place) else { return false };
        let Some(pos) = open::skip(self.bytes, self.pos, count, self.settings.marks) else { return false };
        (self.pos, self.place) = (pos, self.wanted);
        true
    }

    fn skip_closed(&mut self) -> bool {
        if !self.is_flat {
            return self.pass(self.wanted).is_ok_and(|found| found == self.wanted);
        }
        match scan::skip(self.bytes, self.pos, self.delimiter, self.wanted.saturating_sub(self.place)) {
            Ok(pos) => {
                self.pos = pos;
                self.place = self.wanted;
                true
            }
            Err(found) => {
                if self.rest().is_some() {
                    self.place += found + 1;
                    self.pos = self.line.len() + 1;
                }
                false
            }
        }
    }

    /// Reads a field without quotes where it stands: `read` gets the bytes from which on it does, and says how
    /// long it is. `None`, without having moved, if it cannot, or if that is not the end of the field.
    #[inline(always)]
    pub(super) fn short<T>(&mut self, read: impl FnOnce(&Window) -> Option<(T, usize)>) -> Option<T> {
        if !self.settings.has_plain_numbers || !self.seek() {
            return None;
        }
        let mut spare = None;
        let (value, length) = read(window(self.bytes, self.pos, &mut spare))?;
        self.go_behind(self.pos + length).then_some(value)
    }

    /// Goes to what is behind a field that is said to end at `end`, if it does.
    #[inline(always)]
    fn go_behind(&mut self, end: usize) -> bool {
        if self.bytes.get(end) == Some(&self.delimiter) {
            self.pos = end + 1;
            self.place += 1;
            return true;
        }
        self.end_at(end)
    }

    /// Goes behind the line's last field if it ends at `end`.
    #[inline(never)]
    fn end_at(&mut self, end: usize) -> bool {
        if !self.is_open {
            let is_last = end == self.bytes.len();
            self.pos = if is_last { end + 1 } else { self.pos };
            self.place += usize::from(is_last);
            return is_last;
        }
        let Some(next) = open::next_line(self.bytes, end) else { return false };
        (self.pos, self.place) = (next, ENDED);
        true
    }

    /// Where the next line begins, if this one has been read and has as many fields. It must be open.
    #[inline(always)]
    pub(super) fn next_line(&self, fields: usize) -> Option<usize> {
        if self.place == ENDED {
            return (self.wanted + 1 == fields).then_some(self.pos);
        }
        open::rest(self.bytes, self.pos, fields.checked_sub(self.place + 1)?, self.settings.marks)
    }

    /// The text of the wanted column if it is short, and neither NULL nor the last one.
    #[inline(always)]
    pub(super) fn short_text(&mut self) -> Option<&'a str> {
        if !self.has_plain_texts || !self.seek() {
            return None;
        }
        let (text, next) = open::short_text(self.bytes, self.pos, self.settings.marks, self.delimiter)?;
        self.pos = next;
        self.place += 1;
        Some(text)
    }

    /// The text of the wanted column; `None` if the line ends before it.
    pub(super) fn field(&mut self) -> Result<Option<&'a str>, FieldError> {
        if self.is_open {
            return self.open_field().map(Some).ok_or(FieldError);
        }
        if self.is_flat && self.seek() {
            return Ok(self.cut_flat());
        }
        self.broken_field()
    }

    fn open_field(&mut self) -> Option<&'a str> {
        if !self.seek() {
            return None;
        }
        let (text, End { next, is_last }) = open::text(self.bytes, self.pos, self.settings.marks)?;
        (self.pos, self.place) = (next, if is_last { ENDED } else { self.place + 1 });
        Some(text)
    }

    /// The text of a field that is quoted, or that comes after one that is broken or missing.
    #[inline(never)]
    fn broken_field(&mut self) -> Result<Option<&'a str>, FieldError> {
        match self.pass(self.wanted)? == self.wanted {
            true => self.cut(),
            false => Ok(None),
        }
    }

    #[inline(always)]
    fn cut_flat(&mut self) -> Option<&'a str> {
        let end = scan::find(self.line.as_bytes(), self.pos, self.delimiter).unwrap_or(self.line.len());
        let text = self.line.get(self.pos..end)?;
        self.pos = end + 1;
        self.place += 1;
        Some(text)
    }

    /// The next field; `None` behind the last one.
    fn cut(&mut self) -> Result<Option<&'a str>, FieldError> {
        if self.is_flat {
            return Ok(self.cut_flat());
        }
        let Some(rest) = self.rest() else { return Ok(None) };
        let Settings { dialect, trim_spaces, .. } = self.settings;
        let cut = match self.is_nested {
            true => Ok(element(rest, &dialect.element_delimiter)),
            false => Cutter { rest, dialect, arena: self.arena }.field(*trim_spaces),
        };
        let (text, length) = match cut {
            Ok(cut) => cut,
            Err(problem) => {
                self.settings.problem.replace(Some(problem));
                return Err(FieldError);
            }
        };
        self.pos += length;
        self.place += 1;
        Ok(Some(text))
    }
}

/// The first element, and how far it is to the next one.
fn element<'a>(rest: &'a str, delimiter: &str) -> (&'a str, usize) {
    match rest.find(delimiter) {
        Some(length) => (&rest[..length], length + delimiter.len()),
        None => (rest, rest.len() + 1),
    }
}

/// What is left of a line, in the full generality of quotes and escapes. Fields come with how far it is to the
/// next one: one more than what is left behind the last.
struct Cutter<'d, 'a> {
    rest: &'a str,
    dialect: &'d Dialect,
    arena: &'a Arena,
}

impl<'a> Cutter<'_, 'a> {
    fn field(&self, trim_spaces: bool) -> Result<(&'a str, usize), Problem> {
        let bytes = self.rest.as_bytes();
        let start = match trim_spaces {
            true => bytes.iter().take_while(|byte| **byte == b' ').count(),
            false => 0,
        };
        if self.dialect.quote.is_some() && bytes.get(start).copied() == self.dialect.quote {
            return self.quoted(start + 1);
        }
        let (text, length) = self.plain(start)?;
        Ok((if trim_spaces { text.trim_end_matches(' ') } else { text }, length))
    }

    fn plain(&self, start: usize) -> Result<(&'a str, usize), Problem> {
        let Some(escape) = self.dialect.escape else {
            let end = scan::find(self.rest.as_bytes(), start, self.dialect.delimiter).unwrap_or(self.rest.len());
            let text = &self.rest[start..end];
            if memchr::memchr(b'\n', text.as_bytes()).is_some() {
                return Err(Problem::syntax("not valid CSV: a line ends in the middle of a record"));
            }
            return Ok((text, end + 1));
        };
        self.plain_with_escapes(start, escape)
    }

    fn plain_with_escapes(&self, start: usize, escape: u8) -> Result<(&'a str, usize), Problem> {
        let bytes = self.rest.as_bytes();
        let mut unescaped = None;
        let mut from = start;
        loop {
            let found = memchr::memchr2(self.dialect.delimiter, escape, &bytes[from..]);
            let end = found.map_or(bytes.len(), |length| from + length);
            if end < bytes.len() && bytes[end] == escape && escape != self.dialect.delimiter {
                from = self.push_escaped(&mut unescaped, from, end)?;
                continue;
            }
            return Ok((self.finished(unescaped, from, end), end + 1));
        }
    }

    /// A field from behind its opening quote on.
    fn quoted(&self, start: usize) -> Result<(&'a str, usize), Problem> {
        let bytes = self.rest.as_bytes();
        let quote = self.dialect.quote.unwrap_or(b'"');
        let escape = self.dialect.escape.unwrap_or(quote);
        let mut unescaped = None;
        let mut from = start;
        loop {
            let Some(length) = memchr::memchr2(quote, escape, &bytes[from..]) else {
                return Err(Problem::syntax("not valid CSV: the closing quote of a field is missing"));
            };
            let end = from + length;
            if bytes[end] != quote {
                from = self.push_escaped(&mut unescaped, from, end)?;
            } else if bytes.get(end + 1) == Some(&quote) {
                unescaped.get_or_insert_default().push_str(&self.rest[from..=end]);
                from = end + 2;
            } else {
                return Ok((self.finished(unescaped, from, end), self.behind_quote(end + 1)?));
            }
        }
    }

    /// Takes over what stands from `from` on before the escape at `end`, and the character behind it; gives
    /// where it goes on.
    fn push_escaped(&self, unescaped: &mut Option<String>, from: usize, end: usize) -> Result<usize, Problem> {
        let Some(character) = self.rest[end + 1..].chars().next() else {
            return Err(Problem::syntax("not valid CSV: the line ends behind an escape"));
        };
        let text = unescaped.get_or_insert_default();
        text.push_str(&self.rest[from..end]);
        text.push(match character {
            '0' => '\0',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        });
        Ok(end + 1 + character.len_utf8())
    }

    fn finished(&self, unescaped: Option<String>, from: usize, end: usize) -> &'a str {
        match unescaped {
            None => &self.rest[from..end],
            Some(mut text) => {
                text.push_str(&self.rest[from..end]);
                self.arena.alloc_str(&text)
            }
        }
    }

    /// Where the field behind a closing quote begins. Only spaces may stand before its delimiter.
    fn behind_quote(&self, from: usize) -> Result<usize, Problem> {
        let bytes = self.rest.as_bytes();
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            if *byte == self.dialect.delimiter {
                return Ok(at + 1);
            }
            if *byte > b' ' {
                let found = self.rest[from..].trim_start().chars().next().unwrap_or_default();
                return Err(Problem::syntax(format!("not valid CSV: '{found}' stands behind a closing quote")));
            }
        }
        Ok(bytes.len() + 1)
    }
}
