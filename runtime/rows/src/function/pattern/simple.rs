//! Java's `SimpleDateFormat`, as FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE, CONVERT_TZ and DATE_FORMAT of a text use it.
//!
//! It is lenient: numbers may be too large and move on (the 32nd of January), words may be written in any
//! case, spaces before a value and a text behind the last are ignored.

use super::{DAYS, MONTHS, Parts, Token, Tokens, offset, push_padded, push_year, unknown};
use crate::error::ValueError;
use crate::function::zone::Zone;
use crate::value::calendar::{Civil, MICROS_PER_DAY, iso_day_of_week};
use crate::value::{Arena, Timestamp};
use bumpalo::collections::String as Text;

/// Writes a local time.
pub fn format<'a>(arena: &'a Arena, local: Timestamp, pattern: &str) -> Result<&'a str, ValueError> {
    let parts = Parts::of(local);
    let mut out = Text::with_capacity_in(pattern.len() + 8, arena);
    for token in Tokens::new(pattern, false) {
        match token? {
            Token::Literal(literal) => out.push_str(literal),
            Token::Quote => out.push('\''),
            Token::OptionalStart | Token::OptionalEnd => {}
            Token::Field(letter, count) => push_field(&mut out, &parts, letter, count)?,
        }
    }
    Ok(out.into_bump_str())
}

fn push_field(out: &mut Text<'_>, parts: &Parts, letter: u8, count: usize) -> Result<(), ValueError> {
    let number = match letter {
        b'y' => {
            push_year(out, parts.civil.year, count);
            return Ok(());
        }
        b'Y' => {
            push_year(out, parts.week_of_year().0, count);
            return Ok(());
        }
        b'M' | b'L' if count >= 3 => {
            let month = parts.month_name();
            out.push_str(if count == 3 { &month[..3] } else { month });
            return Ok(());
        }
        b'E' => {
            let day = parts.day_name();
            out.push_str(if count < 4 { &day[..3] } else { day });
            return Ok(());
        }
        b'a' => {
            out.push_str(parts.half());
            return Ok(());
        }
        b'G' => {
            out.push_str(if parts.civil.year > 0 { "AD" } else { "BC" });
            return Ok(());
        }
        b'M' | b'L' => u64::from(parts.civil.month),
        b'd' => u64::from(parts.civil.day),
        b'D' => parts.civil.day_of_year() as u64,
        b'F' => u64::from((parts.civil.day - 1) / 7 + 1),
        b'u' => iso_day_of_week(parts.date) as u64,
        b'w' => parts.week_of_year().1 as u64,
        b'W' => u64::from(parts.week_of_month()),
        b'H' => parts.hour(),
        b'k' => (parts.hour() + 23) % 24 + 1,
        b'K' => parts.hour() % 12,
        b'h' => parts.hour_of_half(),
        b'm' => parts.minute(),
        b's' => parts.second(),
        b'S' => parts.micros / 1_000 % 1_000,
        _ => return Err(unknown(letter, count)),
    };
    push_padded(out, number, count);
    Ok(())
}

/// A local time that was read, and the offset in seconds if the text had one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    local: Timestamp,
    offset: Option<i64>,
}

impl Parsed {
    /// The instant, in `zone` unless the text said its offset.
    pub fn instant(self, zone: &Zone) -> Timestamp {
        match self.offset {
            Some(seconds) => Timestamp(self.local.0.saturating_sub(seconds * 1_000_000)),
            None => zone.to_later_instant(self.local),
        }
    }
}

/// Reads a text; `None` if it does not fit, an error if the pattern is none.
pub fn parse(text: &str, pattern: &str) -> Result<Option<Parsed>, ValueError> {
    let mut found = Found::default();
    let mut rest = text;
    let mut tokens = Tokens::new(pattern, false);
    while let Some(token) = tokens.next() {
        let fits = match token? {
            Token::Literal(literal) => rest.strip_prefix(literal).map(|behind| rest = behind),
            Token::Quote => rest.strip_prefix('\'').map(|behind| rest = behind),
            Token::OptionalStart | Token::OptionalEnd => Some(()),
            Token::Field(letter, count) => {
                if !b"GyMLdDEaHkKhmsSZX".contains(&letter) {
                    return Err(unknown(letter, count));
                }
                // A number directly before another one has as many digits as letters.
                let exact = matches!(tokens.clone().next(), Some(Ok(Token::Field(next, count)))
                    if b"ydHkKhmsSD".contains(&next) || (b"ML".contains(&next) && count <= 2));
                field(&mut found, &mut rest, letter, count, exact)
            }
        };
        if fits.is_none() {
            return Ok(None);
        }
    }
    // Java takes a text of which it has read nothing for one that does not fit.
    if rest.len() == text.len() { Ok(None) } else { Ok(found.resolve()) }
}

#[derive(Clone, Copy, Debug, Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    hour_of_half: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    millis: i64,
    offset: Option<i64>,
}

fn field(found: &mut Found, rest: &mut &str, letter: u8, count: usize, exact: bool) -> Option<()> {
    *rest = rest.trim_start_matches([' ', '\t']);
    match letter {
        b'G' => word(rest, &["BC", "AD"], 2).map(|_| ())?,
        b'a' => found.afternoon = word(rest, &["AM", "PM"], 2)? == 1,
        b'E' => word(rest, &DAYS, 3).map(|_| ())?,
        b'M' | b'L' if count >= 3 => found.month = Some(word(rest, &MONTHS, 3)? as i64 + 1),
        b'Z' | b'X' => {
            let (seconds, length) = offset(rest)?;
            *rest = &rest[length..];
            found.offset = Some(seconds);
        }
        _ => {
            let before = *rest;
            let value = number(rest, if exact { count } else { usize::MAX })?;
            match letter {
                b'y' => {
                    let digits = before.len() - rest.len();
                    // Two digits are a year within 80 years back and 20 ahead of the time of writing.
                    let short = count <= 2 && digits == 2 && value >= 0;
                    found.year = Some(if short { 2_000 + value - if value >= 46 { 100 } else { 0 } } else { value });
                }
                b'd' => found.day = Some(value),
                b'D' => found.day_of_year = Some(value),
                b'H' => found.hour = Some(value),
                b'k' => found.hour = Some(if value == 24 { 0 } else { value }),
                b'h' => found.hour_of_half = Some(if value == 12 { 0 } else { value }),
                b'K' => found.hour_of_half = Some(value),
                b'm' => found.minute = value,
                b's' => found.second = value,
                b'S' => found.millis = value,
                _ => found.month = Some(value),
            }
        }
    }
    Some(())
}

fn number(rest: &mut &str, most: usize) -> Option<i64> {
    let (sign, unsigned) = match rest.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, *rest),
    };
    let length = unsigned.bytes().take(most.min(9)).take_while(u8::is_ascii_digit).count();
    let value: i64 = unsigned.get(..length)?.parse().ok()?;
    *rest = &unsigned[length..];
    Some(sign * value)
}

/// The longest of the words, or of their first letters, that the text begins with.
fn word(rest: &mut &str, words: &[&str], short: usize) -> Option<usize> {
    for whole in [true, false] {
        for (at, word) in words.iter().enumerate() {
            let word = if whole { word } else { &word[..short] };
            if rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
                *rest = &rest[word.len()..];
                return Some(at);
            }
        }
    }
    None
}

impl Found {
    fn resolve(self) -> Option<Parsed> {
        let months = self.year.unwrap_or(1970).checked_mul(12)? + self.month.unwrap_or(1) - 1;
        let (year, month) = match (self.month, self.day_of_year) {
            (None, Some(_)) => (self.year.unwrap_or(1970), 1),
            _ => (months.div_euclid(12), months.rem_euclid(12) + 1),
        };
        let first = Civil { year: i32::try_from(year).ok()?, month: month as u32, day: 1 }.date();
        let day = self.day.or(self.day_of_year).unwrap_or(1);
        let half = self.hour_of_half.unwrap_or(0) + if self.afternoon { 12 } else { 0 };
        let hours = self.hour.unwrap_or(half);
        let millis = ((hours * 60 + self.minute) * 60 + self.second) * 1_000 + self.millis;
        let micros = (i64::from(first.0) + day - 1).checked_mul(MICROS_PER_DAY)?.checked_add(millis * 1_000)?;
        Some(Parsed { local: Timestamp(micros), offset: self.offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::iso;

    #[test]
    fn reading_is_lenient() {
        let read = |text, pattern| {
            let parsed = parse(text, pattern).unwrap().map(|parsed| parsed.instant(&Zone::UTC));
            parsed.map(|instant| iso::print_timestamp(instant, b' ', 3).to_string())
        };
        assert_eq!(read("30/02/2024", "dd/MM/yyyy").as_deref(), Some("2024-03-01 00:00:00.000"));
        assert_eq!(read("9/2/2024x", "dd/MM/yyyy").as_deref(), Some("2024-02-09 00:00:00.000"));
        assert_eq!(read("20240209", "yyyyMMdd").as_deref(), Some("2024-02-09 00:00:00.000"));
        assert_eq!(read("9 FEB 2024 2 pm", "d MMM yyyy h a").as_deref(), Some("2024-02-09 14:00:00.000"));
        assert_eq!(read("abc", "yyyy"), None);
        assert_eq!(read("2024", ""), None);
        assert!(parse("2024", "bbb").is_err());
    }

    /// DATE_FORMAT of texts in Flink 2.3.
    #[test]
    fn writing() {
        let arena = Arena::new();
        let parsed = parse("2024-02-30 14:04:06", "yyyy-MM-dd HH:mm:ss").unwrap().unwrap();
        let written = format(&arena, parsed.instant(&Zone::UTC), "yyyy/MM/dd HH SSS EEE");
        assert_eq!(written, Ok("2024/03/01 14 000 Fri"));
    }
}
