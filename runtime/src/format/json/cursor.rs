//! The place in a document where the decoder stands, and how it moves over strings, numbers and whole
//! values. Everything it passes is checked against the JSON grammar.

use crate::format::error::{FieldError, shorten};
use crate::value::Arena;
use std::borrow::Cow;

/// How deep objects and arrays may nest, the document itself included. The limit is Flink's.
const MAX_DEPTH: u32 = 1000;

/// The value that comes next in a document. Generated code reads it with the method of its column's type,
/// which moves behind it.
#[derive(Debug)]
pub struct Value<'a> {
    /// The record, checked to be UTF-8. Cutting it at ASCII characters therefore always gives valid text.
    text: &'a str,
    pub(super) pos: usize,
    pub(super) depth: u32,
    pub(super) ignore_parse_errors: bool,
    pub(super) fail_on_missing_field: bool,
    pub(super) arena: &'a Arena,
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

impl<'a> Value<'a> {
    #[inline(always)]
    pub(super) fn new(text: &'a str, arena: &'a Arena) -> Self {
        Value { text, pos: 0, depth: 0, ignore_parse_errors: false, fail_on_missing_field: false, arena }
    }

    #[inline(always)]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The next byte, 0 at the end. (A 0 in the document is no valid token either.)
    #[inline(always)]
    pub(super) fn peek(&self) -> u8 {
        self.bytes().get(self.pos).copied().unwrap_or(0)
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

    /// Cuts the document. Both ends must stand beside an ASCII character or at an end of the document.
    #[inline(always)]
    pub(super) fn cut(&self, start: usize, end: usize) -> &'a str {
        debug_assert!(self.text.is_char_boundary(start) && self.text.is_char_boundary(end));
        // SAFETY: start <= end <= len for every caller (positions only move forward and are checked against
        // the length when they do), and both ends are character borders as said above.
        unsafe { self.text.get_unchecked(start..end) }
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

    pub(super) fn literal(&mut self, literal: &str) -> bool {
        let found = self.bytes()[self.pos..].starts_with(literal.as_bytes());
        self.pos += if found { literal.len() } else { 0 };
        found
    }

    /// Reads the string at the cursor's quote; `None` if it is broken.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&'a str> {
        let start = self.pos + 1;
        let end = self.find_quote_or_escape(start)?;
        if self.bytes()[end] == b'"' {
            self.pos = end + 1;
            return Some(self.cut(start, end));
        }
        self.escaped_string(start)
    }

    /// The position of the next `"` or `\` from `from` on.
    #[inline(always)]
    fn find_quote_or_escape(&self, from: usize) -> Option<usize> {
        let bytes = self.bytes();
        let mut pos = from;
        // Names and states are short: look at a few words before calling the vectorised search.
        for _ in 0..4 {
            let Some(word) = bytes.get(pos..pos + 8) else { break };
            let word = u64::from_le_bytes(word.try_into().expect("eight bytes were asked for"));
            let hit = bytes_equal_to(word, b'"') | bytes_equal_to(word, b'\\');
            if hit != 0 {
                return Some(pos + (hit.trailing_zeros() / 8) as usize);
            }
            pos += 8;
        }
        memchr::memchr2(b'"', b'\\', bytes.get(pos..)?).map(|found| pos + found)
    }

    /// Reads a string that has escapes into the arena.
    #[cold]
    fn escaped_string(&mut self, start: usize) -> Option<&'a str> {
        let mut text = bumpalo::collections::String::new_in(self.arena);
        let mut from = start;
        loop {
            let end = self.find_quote_or_escape(from)?;
            text.push_str(self.cut(from, end));
            if self.bytes()[end] == b'"' {
                self.pos = end + 1;
                return Some(text.into_bump_str());
            }
            let (character, length) = unescape(&self.bytes()[end..])?;
            text.push(character);
            from = end + length;
        }
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
    pub(super) fn skip_string(&mut self) -> Option<()> {
        let mut pos = self.pos + 1;
        loop {
            let end = self.find_quote_or_escape(pos)?;
            if self.bytes()[end] == b'"' {
                self.pos = end + 1;
                return Some(());
            }
            pos = end + unescape(&self.bytes()[end..])?.1;
        }
    }

    /// Moves behind the value at the cursor, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), FieldError> {
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
        let outer = self.depth;
        loop {
            // At the beginning of a value.
            let opening = self.peek();
            if matches!(opening, b'{' | b'[') {
                self.enter()?;
                let level = self.depth as usize;
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
                if self.depth == outer {
                    return Ok(());
                }
                let level = self.depth as usize;
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

    /// Moves behind the bracket that opens an object or array.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), FieldError> {
        if self.depth == MAX_DEPTH {
            return Err(FieldError::syntax(format!("not valid JSON: nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        self.pos += 1;
        Ok(())
    }

    /// Moves behind the bracket that closes an object or array.
    #[inline(always)]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
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
        let mut start = self.pos.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let found = match &self.text[start..] {
            "" => Cow::Borrowed("the end"),
            rest => Cow::Owned(format!("'{}'", shorten(rest).chars().take(20).collect::<String>())),
        };
        FieldError::syntax(format!("not valid JSON: expected {expected} at byte {start}, found {found}"))
    }
}

/// A bit in every byte of `word` that equals `byte`. Only the lowest hit is exact.
#[inline(always)]
fn bytes_equal_to(word: u64, byte: u8) -> u64 {
    let difference = word ^ (0x0101_0101_0101_0101 * u64::from(byte));
    difference.wrapping_sub(0x0101_0101_0101_0101) & !difference & 0x8080_8080_8080_8080
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
