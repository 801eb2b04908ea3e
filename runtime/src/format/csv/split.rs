//! Cuts a line into fields and takes quotes and escapes off.

use super::{Dialect, FieldError};
use crate::value::Arena;

/// A line that is being cut, from left to right.
pub(super) struct Splitter<'d, 'a> {
    line: &'a str,
    /// Where the next field begins; `None` behind the last one.
    next: Option<usize>,
    dialect: &'d Dialect,
    trim_spaces: bool,
    arena: &'a Arena,
}

impl<'d, 'a> Splitter<'d, 'a> {
    pub(super) fn new(line: &'a str, dialect: &'d Dialect, trim_spaces: bool, arena: &'a Arena) -> Self {
        Splitter { line, next: Some(0), dialect, trim_spaces, arena }
    }

    /// What has not been cut yet; `None` behind the last field.
    pub(super) fn rest(&self) -> Option<&'a str> {
        self.next.map(|next| &self.line[next..])
    }

    /// The next field; `None` behind the last one.
    pub(super) fn field(&mut self) -> Result<Option<&'a str>, FieldError> {
        let Some(mut start) = self.next else { return Ok(None) };
        let bytes = self.line.as_bytes();
        if self.trim_spaces {
            start += bytes[start..].iter().take_while(|byte| **byte == b' ').count();
        }
        if self.dialect.quote.is_some() && bytes.get(start).copied() == self.dialect.quote {
            return self.quoted(start + 1).map(Some);
        }
        self.plain(start).map(Some)
    }

    fn plain(&mut self, start: usize) -> Result<&'a str, FieldError> {
        let bytes = self.line.as_bytes();
        let text = match self.dialect.escape {
            None => {
                let length = memchr::memchr(self.dialect.delimiter, &bytes[start..]);
                self.next = length.map(|length| start + length + 1);
                &self.line[start..length.map_or(bytes.len(), |length| start + length)]
            }
            Some(escape) => self.plain_with_escapes(start, escape)?,
        };
        if memchr::memchr(b'\n', text.as_bytes()).is_some() && self.dialect.escape.is_none() {
            return Err(FieldError::syntax("not valid CSV: a line ends in the middle of a record"));
        }
        Ok(if self.trim_spaces { text.trim_end_matches(' ') } else { text })
    }

    fn plain_with_escapes(&mut self, start: usize, escape: u8) -> Result<&'a str, FieldError> {
        let bytes = self.line.as_bytes();
        let mut unescaped: Option<String> = None;
        let mut from = start;
        loop {
            let found = memchr::memchr2(self.dialect.delimiter, escape, &bytes[from..]);
            let end = found.map_or(bytes.len(), |length| from + length);
            if end < bytes.len() && bytes[end] == escape && escape != self.dialect.delimiter {
                let text = unescaped.get_or_insert_default();
                text.push_str(&self.line[from..end]);
                from = end + 1 + push_escaped(text, &self.line[end + 1..])?;
                continue;
            }
            self.next = found.map(|_| end + 1);
            return Ok(match unescaped {
                None => &self.line[from..end],
                Some(mut text) => {
                    text.push_str(&self.line[from..end]);
                    self.arena.alloc_str(&text)
                }
            });
        }
    }

    /// A field from behind its opening quote on.
    fn quoted(&mut self, start: usize) -> Result<&'a str, FieldError> {
        let bytes = self.line.as_bytes();
        let quote = self.dialect.quote.unwrap_or(b'"');
        let escape = self.dialect.escape.unwrap_or(quote);
        let mut unescaped: Option<String> = None;
        let mut from = start;
        loop {
            let Some(length) = memchr::memchr2(quote, escape, &bytes[from..]) else {
                return Err(FieldError::syntax("not valid CSV: the closing quote of a field is missing"));
            };
            let end = from + length;
            if bytes[end] != quote {
                let text = unescaped.get_or_insert_default();
                text.push_str(&self.line[from..end]);
                from = end + 1 + push_escaped(text, &self.line[end + 1..])?;
            } else if bytes.get(end + 1) == Some(&quote) {
                unescaped.get_or_insert_default().push_str(&self.line[from..=end]);
                from = end + 2;
            } else {
                self.next = self.behind_quote(end + 1)?;
                return Ok(match unescaped {
                    None => &self.line[from..end],
                    Some(mut text) => {
                        text.push_str(&self.line[from..end]);
                        self.arena.alloc_str(&text)
                    }
                });
            }
        }
    }

    /// Where the field behind a closing quote begins. Only spaces may stand before its delimiter.
    fn behind_quote(&self, from: usize) -> Result<Option<usize>, FieldError> {
        let bytes = self.line.as_bytes();
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            if *byte == self.dialect.delimiter {
                return Ok(Some(at + 1));
            }
            if *byte > b' ' {
                let found = self.line[from..].trim_start().chars().next().unwrap_or_default();
                return Err(FieldError::syntax(format!("not valid CSV: '{found}' stands behind a closing quote")));
            }
        }
        Ok(None)
    }
}

/// Appends the character behind an escape and gives its length.
fn push_escaped(out: &mut String, rest: &str) -> Result<usize, FieldError> {
    let Some(character) = rest.chars().next() else {
        return Err(FieldError::syntax("not valid CSV: the line ends behind an escape"));
    };
    out.push(match character {
        '0' => '\0',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    });
    Ok(character.len_utf8())
}
