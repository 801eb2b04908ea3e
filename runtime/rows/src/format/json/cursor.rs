//! The place in a document where the decoder stands, and how it moves over strings, numbers and whole
//! values. Everything it passes is checked against the JSON grammar.

use super::expected::{KeyId, Memory, RECORD};
use super::waiting::Waiting;
use super::wide::Places;
use crate::format::block::{Block, window};
use crate::format::error::{FieldError, shorten};
use crate::format::short_number::ShortNumber;
use crate::format::timestamp::Day;
use crate::value::Arena;

/// How deep objects and arrays may nest, the document itself included. The limit is Flink's.
const MAX_DEPTH: u32 = 1000;

/// The end of a record that nobody has searched for.
pub(super) const UNKNOWN: usize = usize::MAX;

/// The value that comes next in a document. Generated code reads it with the method of its column's type,
/// which moves behind it.
///
/// What is read as a rule is inlined and keeps the place in a register; everything else happens aside (see
/// [`aside`](Value::aside)), in functions that are compiled once.
#[derive(Debug)]
pub struct Value<'c, 'a> {
    /// The record, or lines of which it is one. What lies before the cursor has been checked to be UTF-8.
    pub(super) bytes: &'a [u8],
    pub(super) pos: usize,
    pub(super) arena: &'a Arena,
    pub(super) state: &'c mut State,
    /// The member whose value, or a part of whose value, is at the cursor.
    pub(super) member: KeyId,
}

/// What is known beside the place.
#[derive(Debug)]
pub(super) struct State {
    pub ignore_parse_errors: bool,
    pub fail_on_missing_field: bool,
    /// In how many objects and arrays the cursor is.
    pub depth: u32,
    /// Where the record ends, unless it is [`UNKNOWN`].
    pub end: usize,
    pub memory: Memory,
    pub day: Day,
    pub waiting: Waiting,
    pub places: Places,
    /// Why an object could not be read.
    pub error: Option<FieldError>,
}

/// A string, number or boolean.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    /// What is between the quotes, escapes replaced.
    Text(&'a str),
    Integer(&'a str),
    /// A number with a fraction or an exponent.
    Float(&'a str),
    Boolean(bool),
}

impl<'c, 'a> Value<'c, 'a> {
    /// The record that begins at `pos` and ends at `end`, or at the end of its line if that is [`UNKNOWN`].
    #[inline(always)]
    pub(super) fn new(bytes: &'a [u8], pos: usize, end: usize, arena: &'a Arena, state: &'c mut State) -> Self {
        state.depth = 0;
        state.end = end;
        Value { bytes, pos, arena, state, member: RECORD }
    }

    /// The same place again. What is done with the copy leaves the place of the original alone, which can
    /// stay in a register.
    #[inline(always)]
    pub(super) fn copy(&mut self) -> Value<'_, 'a> {
        Value { bytes: self.bytes, pos: self.pos, arena: self.arena, state: self.state, member: self.member }
    }

    /// Does what is not inlined: with a copy that ends where the record ends.
    #[inline(always)]
    pub(super) fn aside<T>(&mut self, read: impl FnOnce(&mut Value<'_, 'a>) -> T) -> T {
        let end = self.end();
        let mut copy = self.copy();
        copy.bytes = &copy.bytes[..end];
        let result = read(&mut copy);
        (self.pos, self.member) = (copy.pos, copy.member);
        result
    }

    /// Where the record ends.
    #[inline(always)]
    fn end(&mut self) -> usize {
        if self.state.end == UNKNOWN {
            self.state.end = end_of_line(self.bytes, self.pos);
        }
        self.state.end
    }

    /// The next byte, 0 at the end. (A 0 in the document is no valid token either.)
    #[inline(always)]
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.pos).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(super) fn skip_space(&mut self) {
        if self.peek() <= b' ' {
            self.skip_some_space();
        }
    }

    #[inline(never)]
    fn skip_some_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.pos += 1;
        }
    }

    /// Cuts out what has been passed over, from where a token begins to where one ends.
    #[inline(always)]
    pub(super) fn cut(&self, start: usize, end: usize) -> &'a str {
        debug_assert!(std::str::from_utf8(&self.bytes[start..end]).is_ok());
        // SAFETY: positions only move forward and stay within the bytes, so that the range is one of them.
        // Numbers, literals and brackets are ASCII, and strings are checked when they are passed over.
        unsafe { std::str::from_utf8_unchecked(self.bytes.get_unchecked(start..end)) }
    }

    /// Whether the value is null; moves behind it if so.
    #[inline(always)]
    pub(super) fn null(&mut self) -> bool {
        self.peek() == b'n' && self.literal("null")
    }

    /// Reads a string, number or boolean. `None` if there is something else, broken tokens included; then the
    /// position is undefined.
    #[inline]
    pub(super) fn scalar(&mut self) -> Option<Scalar<'a>> {
        match self.peek() {
            b'"' => self.string().map(Scalar::Text),
            b'-' | b'0'..=b'9' => self.number(),
            b't' if self.literal("true") => Some(Scalar::Boolean(true)),
            b'f' if self.literal("false") => Some(Scalar::Boolean(false)),
            _ => None,
        }
    }

    #[inline(always)]
    pub(super) fn literal(&mut self, literal: &str) -> bool {
        let found = self.bytes.get(self.pos..).is_some_and(|rest| rest.starts_with(literal.as_bytes()));
        if found {
            self.pos += literal.len();
        }
        found
    }

    /// Reads the string at the cursor if it has no escapes and is short and ASCII; otherwise it stays.
    #[inline(always)]
    pub(super) fn short_string(&mut self) -> Option<&'a str> {
        let mut spare = None;
        let window = window(self.bytes, self.pos, &mut spare);
        if window[0] != b'"' {
            return None;
        }
        let start = self.pos + 1;
        let end = start + plain_length(Block::of(window, 1))?;
        self.pos = end + 1;
        Some(self.cut(start, end))
    }

    /// As [`short_string`](Value::short_string) up to four times as long.
    #[inline(always)]
    fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.pos + 1;
        let mut pos = start;
        for _ in 0..4 {
            let block = Block::at(self.bytes, pos);
            if let Some(length) = plain_length(block) {
                self.pos = pos + length + 1;
                return Some(self.cut(start, pos + length));
            }
            if block.equal(b'"') | block.unusual() != 0 {
                return None;
            }
            pos += 16;
        }
        None
    }

    /// Reads the string at the cursor's quote; `None` if it is broken.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&'a str> {
        match self.plain_string() {
            Some(text) => Some(text),
            None => self.any_string(),
        }
    }

    #[inline(never)]
    fn any_string(&mut self) -> Option<&'a str> {
        let (text, end) = read_string(self.bytes, self.pos, self.arena)?;
        self.pos = end;
        Some(text)
    }

    /// As [`string`](Value::string), if there is a quote.
    pub(super) fn string_at_cursor(&mut self) -> Option<&'a str> {
        if self.peek() == b'"' { self.string() } else { None }
    }

    /// Reads the number at the cursor.
    #[inline]
    pub(super) fn number(&mut self) -> Option<Scalar<'a>> {
        let start = self.pos;
        let is_float = self.skip_number()?;
        let text = self.cut(start, self.pos);
        Some(if is_float { Scalar::Float(text) } else { Scalar::Integer(text) })
    }

    /// Moves behind a number and says whether it has a fraction or an exponent.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Option<bool> {
        if self.peek() == b'-' {
            self.pos += 1;
        }
        match self.peek() {
            b'0' => self.pos += 1,
            b'1'..=b'9' => self.skip_digits(),
            _ => return None,
        }
        let mut is_float = false;
        if self.peek() == b'.' {
            is_float = true;
            self.pos += 1;
            if !self.peek().is_ascii_digit() {
                return None;
            }
            self.skip_digits();
        }
        if self.peek() | 0x20 == b'e' {
            is_float = true;
            self.pos += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.pos += 1;
            }
            if !self.peek().is_ascii_digit() {
                return None;
            }
            self.skip_digits();
        }
        Some(is_float)
    }

    #[inline(always)]
    pub(super) fn skip_digits(&mut self) {
        while self.peek().is_ascii_digit() {
            self.pos += 1;
        }
    }

    /// Moves behind the string at the cursor's quote, checking its escapes.
    #[inline(always)]
    fn skip_string(&mut self) -> Option<()> {
        match self.plain_string() {
            Some(_) => Some(()),
            None => self.skip_any_string(),
        }
    }

    #[inline(never)]
    fn skip_any_string(&mut self) -> Option<()> {
        let mut pos = self.pos + 1;
        let start = pos;
        loop {
            let end = find_quote_or_escape(self.bytes, pos)?;
            if self.bytes[end] == b'"' {
                simdutf8::basic::from_utf8(&self.bytes[start..end]).ok()?;
                self.pos = end + 1;
                return Some(());
            }
            pos = end + unescape(&self.bytes[end..])?.1;
        }
    }

    /// Moves behind the value at the cursor, whatever it is.
    #[inline(always)]
    pub(super) fn skip(&mut self) -> Result<(), FieldError> {
        let skipped = match self.peek() {
            b'"' => self.plain_string().is_some(),
            b'-' | b'0'..=b'9' => self.skip_short_number(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => false,
        };
        if skipped { Ok(()) } else { self.aside(|value| value.skip_any()) }
    }

    #[inline(always)]
    fn skip_short_number(&mut self) -> bool {
        let mut spare = None;
        let Some(number) = ShortNumber::of_json(window(self.bytes, self.pos, &mut spare)) else { return false };
        self.pos += number.length;
        true
    }

    /// As [`skip`](Value::skip), past spaces too.
    #[inline(never)]
    fn skip_any(&mut self) -> Result<(), FieldError> {
        self.skip_space();
        match self.peek() {
            b'{' | b'[' => self.skip_nested(),
            _ => self.skip_scalar(),
        }
    }

    #[inline(always)]
    fn skip_scalar(&mut self) -> Result<(), FieldError> {
        let start = self.pos;
        let skipped = match self.peek() {
            b'"' => self.skip_string(),
            b'-' | b'0'..=b'9' => self.skip_number().map(|_| ()),
            b't' => self.literal("true").then_some(()),
            b'f' => self.literal("false").then_some(()),
            b'n' => self.literal("null").then_some(()),
            _ => None,
        };
        skipped.ok_or_else(|| {
            self.pos = start;
            self.unexpected("a value")
        })
    }

    /// Moves behind an object or array without recursion: one bit a level says which of the two it is.
    fn skip_nested(&mut self) -> Result<(), FieldError> {
        let mut is_object = [0u64; MAX_DEPTH as usize / 64 + 1];
        let outer = self.state.depth;
        loop {
            // At the beginning of a value.
            let opening = self.peek();
            if matches!(opening, b'{' | b'[') {
                self.enter()?;
                self.pos += 1;
                let level = self.state.depth as usize;
                let bit = 1 << (level % 64);
                is_object[level / 64] = is_object[level / 64] & !bit | if opening == b'{' { bit } else { 0 };
                self.skip_space();
                // Both closing brackets stand two behind the opening ones in ASCII.
                if self.peek() != opening + 2 {
                    if opening == b'{' {
                        self.skip_key()?;
                    }
                    continue;
                }
                self.leave();
            } else {
                self.skip_scalar()?;
            }
            // Behind a value: close what ends here, or go to the next value.
            loop {
                if self.state.depth == outer {
                    return Ok(());
                }
                let level = self.state.depth as usize;
                let in_object = is_object[level / 64] >> (level % 64) & 1 == 1;
                self.skip_space();
                match self.peek() {
                    b',' => {
                        self.pos += 1;
                        self.skip_space();
                        if in_object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    b'}' if in_object => {}
                    b']' if !in_object => {}
                    _ => return Err(self.unexpected(if in_object { "',' or '}'" } else { "',' or ']'" })),
                }
                self.leave();
            }
        }
    }

    /// Goes one level deeper. Who calls it moves behind the bracket that opens an object or array.
    #[inline(always)]
    pub(super) fn enter(&mut self) -> Result<(), FieldError> {
        if self.state.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.state.depth += 1;
        Ok(())
    }

    /// Moves behind the bracket that closes an object or array.
    #[inline(always)]
    pub(super) fn leave(&mut self) {
        self.state.depth -= 1;
        self.pos += 1;
    }

    /// Goes to the key of the next member of an object; `false` behind the object's end. `started` says
    /// whether a member stands before it.
    #[inline]
    pub(super) fn next_member(&mut self, started: bool) -> Result<bool, FieldError> {
        self.skip_space();
        match self.peek() {
            b'}' => {
                self.leave();
                Ok(false)
            }
            b',' if started => {
                self.pos += 1;
                self.skip_space();
                Ok(true)
            }
            _ if started => Err(self.unexpected("',' or '}'")),
            _ => Ok(true),
        }
    }

    /// Moves behind a key and its colon.
    pub(super) fn skip_key(&mut self) -> Result<(), FieldError> {
        if self.peek() != b'"' || self.skip_string().is_none() {
            return Err(self.unexpected("a key"));
        }
        self.colon()
    }

    /// Moves from behind a key to its value.
    #[inline]
    pub(super) fn colon(&mut self) -> Result<(), FieldError> {
        self.skip_space();
        if self.peek() != b':' {
            return Err(self.unexpected("':'"));
        }
        self.pos += 1;
        self.skip_space();
        Ok(())
    }

    /// The error that something else than `expected` stands at the cursor.
    #[cold]
    pub(super) fn unexpected(&self, expected: &str) -> FieldError {
        // A character that ends in front of the cursor is shown whole.
        let mut start = self.pos.min(self.bytes.len());
        while start > 0 && self.bytes.get(start).is_some_and(|byte| byte & 0xC0 == 0x80) {
            start -= 1;
        }
        let found = match &*String::from_utf8_lossy(&self.bytes[start..]) {
            "" => "the end".to_owned(),
            rest => format!("'{}'", shorten(rest).chars().take(20).collect::<String>()),
        };
        FieldError::syntax(format!("not valid JSON: expected {expected} at byte {start}, found {found}"))
    }
}

#[cold]
fn end_of_line(bytes: &[u8], pos: usize) -> usize {
    bytes.get(pos..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(bytes.len(), |length| pos + length)
}

#[cold]
fn too_deep() -> FieldError {
    FieldError::syntax(format!("not valid JSON: nested deeper than {MAX_DEPTH} levels"))
}

/// How many bytes stand before the first quote, if there is one and they are ASCII without a backslash and a
/// line end, which might be the record's.
#[inline(always)]
fn plain_length(block: Block) -> Option<usize> {
    let quotes = block.equal(b'"');
    // Ones up to the first quote; those above it are quotes, which are not unusual.
    let before = quotes.wrapping_sub(1);
    (quotes != 0 && block.unusual() & before == 0).then_some(quotes.trailing_zeros() as usize)
}

/// The position of the next `"` or `\` from `from` on.
#[inline]
fn find_quote_or_escape(bytes: &[u8], from: usize) -> Option<usize> {
    let mut pos = from;
    // Most texts are shorter than what the vectorised search needs to get going.
    for _ in 0..4 {
        let block = Block::at(bytes, pos);
        let hits = block.equal(b'"') | block.equal(b'\\');
        if hits != 0 {
            return Some(pos + hits.trailing_zeros() as usize);
        }
        pos += 16;
    }
    memchr::memchr2(b'"', b'\\', bytes.get(pos..)?).map(|found| pos + found)
}

/// The string whose opening quote stands at `pos`, and where it ends; `None` if it is broken. One with escapes
/// lies in the arena.
pub(super) fn read_string<'a>(bytes: &'a [u8], pos: usize, arena: &'a Arena) -> Option<(&'a str, usize)> {
    let mut from = pos + 1;
    let end = find_quote_or_escape(bytes, from)?;
    if bytes[end] == b'"' {
        return Some((simdutf8::basic::from_utf8(&bytes[from..end]).ok()?, end + 1));
    }
    let mut text = bumpalo::collections::String::new_in(arena);
    loop {
        let end = find_quote_or_escape(bytes, from)?;
        text.push_str(simdutf8::basic::from_utf8(&bytes[from..end]).ok()?);
        if bytes[end] == b'"' {
            return Some((text.into_bump_str(), end + 1));
        }
        let (character, length) = unescape(&bytes[end..])?;
        text.push(character);
        from = end + length;
    }
}

/// The character that an escape (beginning at its backslash) stands for, and its length. Half a surrogate
/// pair becomes `?`, as in Flink.
fn unescape(bytes: &[u8]) -> Option<(char, usize)> {
    let character = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = hex(bytes.get(2..6)?)?;
            if let 0xD800..0xDC00 = unit {
                let low = bytes.get(6..12).filter(|next| next.starts_with(b"\\u")).and_then(|next| hex(&next[2..]));
                if let Some(low @ 0xDC00..0xE000) = low {
                    let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    return Some((char::from_u32(code)?, 12));
                }
            }
            return Some((char::from_u32(unit).unwrap_or('?'), 6));
        }
        _ => return None,
    };
    Some((character, 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}
