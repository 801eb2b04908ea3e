//! Timestamps and dates from and to text, by Java's two languages of date patterns, in English:
//! `DateTimeFormatter` (`formatter`) and the older, lenient `SimpleDateFormat` (`simple`).
//!
//! Patterns are read anew with every row, which takes no memory. Names of time zones are left out.

mod formatter;
mod functions;
mod simple;

pub use functions::{
    convert_tz, date_format, date_format_instant, date_format_text, from_unixtime, from_unixtime_pattern, to_date,
    to_date_pattern, to_timestamp, to_timestamp_ltz, to_timestamp_ltz_double, to_timestamp_ltz_millis,
    to_timestamp_ltz_pattern, to_timestamp_ltz_text, to_timestamp_ltz_zone, to_timestamp_pattern, unix_timestamp_of,
    unix_timestamp_pattern,
};

use crate::error::ValueError;
use crate::value::calendar::{Civil, iso_day_of_week};
use crate::value::{Date, Timestamp};
use bumpalo::collections::String as Text;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Monday first.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a pattern is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'p> {
    /// A letter, so many times.
    Field(u8, usize),
    /// Text to be found as it is.
    Literal(&'p str),
    /// A quote sign.
    Quote,
    OptionalStart,
    OptionalEnd,
}

/// Takes a pattern apart. The last token is an error if a quote is not closed.
#[derive(Clone)]
struct Tokens<'p> {
    rest: &'p str,
    /// Inside quotes.
    quoted: bool,
    /// Whether brackets mean optional parts.
    optional: bool,
}

impl<'p> Tokens<'p> {
    fn new(pattern: &'p str, optional: bool) -> Self {
        Tokens { rest: pattern, quoted: false, optional }
    }

    fn literal(&mut self, length: usize) -> Token<'p> {
        let (literal, rest) = self.rest.split_at(length);
        self.rest = rest;
        Token::Literal(literal)
    }
}

impl<'p> Iterator for Tokens<'p> {
    type Item = Result<Token<'p>, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = self.rest.bytes().next();
            if self.quoted {
                return match self.rest.find('\'') {
                    None => Some(Err(ValueError::new("a quote in a date pattern is not closed"))),
                    Some(0) if self.rest.starts_with("''") => {
                        self.rest = &self.rest[2..];
                        Some(Ok(Token::Quote))
                    }
                    Some(0) => {
                        self.rest = &self.rest[1..];
                        self.quoted = false;
                        continue;
                    }
                    Some(end) => Some(Ok(self.literal(end))),
                };
            }
            return Some(Ok(match first? {
                b'\'' if self.rest.starts_with("''") => {
                    self.rest = &self.rest[2..];
                    Token::Quote
                }
                b'\'' => {
                    self.rest = &self.rest[1..];
                    self.quoted = true;
                    continue;
                }
                b'[' if self.optional => {
                    self.rest = &self.rest[1..];
                    Token::OptionalStart
                }
                b']' if self.optional => {
                    self.rest = &self.rest[1..];
                    Token::OptionalEnd
                }
                letter if letter.is_ascii_alphabetic() => {
                    let count = self.rest.bytes().take_while(|byte| *byte == letter).count();
                    self.rest = &self.rest[count..];
                    Token::Field(letter, count)
                }
                _ => {
                    let special = |c: char| c.is_ascii_alphabetic() || c == '\'' || (self.optional && "[]".contains(c));
                    let end = self.rest.find(special).unwrap_or(self.rest.len());
                    self.literal(end)
                }
            }));
        }
    }
}

/// A timestamp by its parts.
struct Parts {
    date: Date,
    civil: Civil,
    /// Microseconds since midnight.
    micros: u64,
}

impl Parts {
    fn of(timestamp: Timestamp) -> Parts {
        let (date, micros) = timestamp.split();
        Parts { date, civil: Civil::of(date), micros: micros as u64 }
    }

    fn hour(&self) -> u64 {
        self.micros / 3_600_000_000
    }

    fn minute(&self) -> u64 {
        self.micros / 60_000_000 % 60
    }

    fn second(&self) -> u64 {
        self.micros / 1_000_000 % 60
    }

    /// 1 to 12.
    fn hour_of_half(&self) -> u64 {
        (self.hour() + 11) % 12 + 1
    }

    fn half(&self) -> &'static str {
        if self.hour() < 12 { "AM" } else { "PM" }
    }

    fn month_name(&self) -> &'static str {
        MONTHS[self.civil.month as usize - 1]
    }

    fn day_name(&self) -> &'static str {
        DAYS[iso_day_of_week(self.date) as usize - 1]
    }

    /// American weeks begin with Sunday; the one with the first of January is the first.
    fn week_of_year(&self) -> (i32, i32) {
        let sunday = self.date.0 - iso_day_of_week(self.date) % 7;
        let saturday = Civil::of(Date(sunday + 6));
        let first = Date(saturday.date().0 - (saturday.day_of_year() - 1));
        let first_sunday = first.0 - iso_day_of_week(first) % 7;
        (saturday.year, (sunday - first_sunday) / 7 + 1)
    }

    fn week_of_month(&self) -> u32 {
        let first = Civil { day: 1, ..self.civil }.date();
        (self.civil.day - 1 + (iso_day_of_week(first) % 7) as u32) / 7 + 1
    }
}

fn push_padded(out: &mut Text<'_>, value: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value);
    out.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
    out.push_str(digits);
}

/// A year, with its sign where it is before the first.
fn push_year(out: &mut Text<'_>, year: i32, count: usize) {
    if count == 2 {
        push_padded(out, year.rem_euclid(100) as u64, 2);
        return;
    }
    if year < 0 {
        out.push('-');
    }
    push_padded(out, u64::from(year.unsigned_abs()), count);
}

#[cold]
fn unknown(letter: u8, count: usize) -> ValueError {
    let letters = String::from(char::from(letter)).repeat(count);
    ValueError::new(format!("{letters:?} means nothing in a date pattern, or is not supported"))
}

/// An offset such as `Z`, `+02`, `+0200` or `+02:00` at the start of a text, in seconds, and its length.
fn offset(text: &str) -> Option<(i64, usize)> {
    if text.starts_with('Z') {
        return Some((0, 1));
    }
    if !text.starts_with(['+', '-']) {
        return None;
    }
    let length = text[1..].find(|c: char| !c.is_ascii_digit() && c != ':').map_or(text.len(), |end| end + 1);
    Some((super::zone::offset_seconds(&text[..length])?, length))
}
