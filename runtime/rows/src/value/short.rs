//! A short text on the stack.

use std::fmt;
use std::ops::Deref;

/// The text of one number, date or timestamp, built without the heap. Only ASCII goes in.
#[derive(Clone, Copy)]
pub struct Short {
    bytes: [u8; Short::CAPACITY],
    length: u8,
}

impl Short {
    /// The longest text is a DECIMAL(38, 38) with its sign, zero and point, or a year with nine digits in a
    /// timestamp: both are far below.
    pub const CAPACITY: usize = 64;

    #[inline]
    pub const fn new() -> Self {
        Short { bytes: [0; Short::CAPACITY], length: 0 }
    }

    #[inline]
    pub fn push(&mut self, byte: u8) {
        debug_assert!(byte.is_ascii());
        self.bytes[usize::from(self.length)] = byte;
        self.length += 1;
    }

    #[inline]
    pub fn push_str(&mut self, text: &str) {
        debug_assert!(text.is_ascii());
        let start = usize::from(self.length);
        self.bytes[start..start + text.len()].copy_from_slice(text.as_bytes());
        self.length += text.len() as u8;
    }

    /// Writes `value` in decimal, with zeros before it up to `width` digits; never fewer digits than it has.
    #[inline]
    pub fn push_padded(&mut self, value: u64, width: usize) {
        if width == 2 && value < 100 {
            self.push(b'0' + (value / 10) as u8);
            self.push(b'0' + (value % 10) as u8);
            return;
        }
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(value);
        for _ in digits.len()..width {
            self.push(b'0');
        }
        self.push_str(digits);
    }

    /// Takes `count` characters off the end.
    pub fn shorten(&mut self, count: usize) {
        self.length -= count as u8;
    }

    #[inline]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("only ASCII goes in")
    }
}

impl Default for Short {
    fn default() -> Self {
        Short::new()
    }
}

impl Deref for Short {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Short {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Short {
    fn from(text: &str) -> Self {
        let mut short = Short::new();
        short.push_str(text);
        short
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
