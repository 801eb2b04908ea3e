//! Java's `DateTimeFormatter`, as DATE_FORMAT and TO_TIMESTAMP use it.

use super::{DAYS, MONTHS, Parts, Token, Tokens, offset, push_padded, push_year, unknown};
use crate::error::ValueError;
use crate::value::calendar::{Civil, iso_day_of_week};
use crate::value::{Arena, Date, Timestamp};
use bumpalo::collections::String as Text;

/// Writes a timestamp; an error for letters without a meaning and for time zones, which it has none of.
pub fn format<'a>(arena: &'a Arena, timestamp: Timestamp, pattern: &str) -> Result<&'a str, ValueError> {
    let parts = Parts::of(timestamp);
    let mut out = Text::with_capacity_in(pattern.len() + 8, arena);
    for token in Tokens::new(pattern, true) {
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
    let number = match (letter, count) {
        (b'y' | b'u', _) => {
            push_year(out, parts.civil.year, count);
            return Ok(());
        }
        (b'Y', _) => {
            push_year(out, parts.week_of_year().0, count);
            return Ok(());
        }
        (b'M' | b'L', 3..=5) => {
            out.push_str(name(parts.month_name(), count));
            return Ok(());
        }
        (b'E', 1..=5) | (b'e' | b'c', 3..=5) => {
            out.push_str(name(parts.day_name(), count.max(3)));
            return Ok(());
        }
        (b'Q' | b'q', 3..=5) => {
            push_quarter(out, parts.civil.month.div_ceil(3), count);
            return Ok(());
        }
        (b'a', 1) => {
            out.push_str(parts.half());
            return Ok(());
        }
        (b'G', 1..=5) => {
            let (short, full) = if parts.civil.year > 0 { ("AD", "Anno Domini") } else { ("BC", "Before Christ") };
            out.push_str(match count {
                4 => full,
                5 => &short[..1],
                _ => short,
            });
            return Ok(());
        }
        (b'S', 1..=9) => {
            let mut rest = parts.micros % 1_000_000;
            for _ in 0..count {
                push_padded(out, rest / 100_000, 1);
                rest = rest % 100_000 * 10;
            }
            return Ok(());
        }
        (b'M' | b'L', 1 | 2) => u64::from(parts.civil.month),
        (b'Q' | b'q', 1 | 2) => u64::from(parts.civil.month.div_ceil(3)),
        (b'd', 1 | 2) => u64::from(parts.civil.day),
        (b'D', 1..=3) => parts.civil.day_of_year() as u64,
        (b'e', 1 | 2) | (b'c', 1) => iso_day_of_week(parts.date) as u64 % 7 + 1,
        (b'w', 1 | 2) => parts.week_of_year().1 as u64,
        (b'W', 1) => u64::from(parts.week_of_month()),
        (b'F', 1) => u64::from((parts.civil.day - 1) % 7 + 1),
        (b'H', 1 | 2) => parts.hour(),
        (b'k', 1 | 2) => (parts.hour() + 23) % 24 + 1,
        (b'K', 1 | 2) => parts.hour() % 12,
        (b'h', 1 | 2) => parts.hour_of_half(),
        (b'm', 1 | 2) => parts.minute(),
        (b's', 1 | 2) => parts.second(),
        (b'A', _) => parts.micros / 1_000,
        (b'n', _) => parts.micros % 1_000_000 * 1_000,
        (b'N', _) => parts.micros * 1_000,
        _ => return Err(unknown(letter, count)),
    };
    push_padded(out, number, count);
    Ok(())
}

fn name(name: &'static str, count: usize) -> &'static str {
    match count {
        4 => name,
        5 => &name[..1],
        _ => &name[..3],
    }
}

fn push_quarter(out: &mut Text<'_>, quarter: u32, count: usize) {
    if count == 4 {
        out.push_str(["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"][quarter as usize - 1]);
    } else {
        if count == 3 {
            out.push('Q');
        }
        push_padded(out, u64::from(quarter), 1);
    }
}

/// What a text said, before it is a timestamp.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    weekday: Option<i32>,
    hour: Option<u32>,
    hour_of_half: Option<u32>,
    afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    micros: u32,
}

/// Reads a timestamp; `None` for a text or a pattern that does not fit. An offset is read and ignored.
pub fn parse(text: &str, pattern: &str) -> Option<Timestamp> {
    let mut found = Found::default();
    let mut rest = text;
    let mut tokens = Tokens::new(pattern, true);
    // Where to go on if an optional part does not fit, the innermost last.
    let mut fallbacks: Vec<(&str, Found)> = Vec::new();
    while let Some(token) = tokens.next() {
        let fits = match token.ok()? {
            Token::Literal(literal) => rest.strip_prefix(literal).map(|behind| rest = behind),
            Token::Quote => rest.strip_prefix('\'').map(|behind| rest = behind),
            Token::OptionalStart => {
                fallbacks.push((rest, found));
                Some(())
            }
            Token::OptionalEnd => fallbacks.pop().map(|_| ()),
            Token::Field(letter, count) => field(&mut found, &mut rest, letter, count, &tokens),
        };
        if fits.is_none() {
            (rest, found) = fallbacks.pop()?;
            skip_optional(&mut tokens)?;
        }
    }
    if rest.is_empty() { found.resolve() } else { None }
}

/// Moves behind the end of the optional part that the tokens are in.
fn skip_optional(tokens: &mut Tokens<'_>) -> Option<()> {
    let mut depth = 1;
    while depth > 0 {
        match tokens.next()?.ok()? {
            Token::OptionalStart => depth += 1,
            Token::OptionalEnd => depth -= 1,
            _ => {}
        }
    }
    Some(())
}

/// How many digits the fields need that follow directly.
fn reserved(following: &Tokens<'_>) -> usize {
    let mut digits = 0;
    for token in following.clone() {
        match token {
            Ok(Token::Field(b'M' | b'd' | b'H' | b'h' | b'k' | b'K' | b'm' | b's', 2)) => digits += 2,
            Ok(Token::Field(b'D', count @ 3)) | Ok(Token::Field(b'S', count)) => digits += count,
            _ => break,
        }
    }
    digits
}

fn field(found: &mut Found, rest: &mut &str, letter: u8, count: usize, following: &Tokens<'_>) -> Option<()> {
    // Two letters are two digits; one letter is as many as there are.
    let mut number = |least: usize, most: usize| -> Option<u32> {
        let available = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length =
            if least == most { most } else { available.saturating_sub(reserved(following)).clamp(least, most) };
        if length == 0 || length > available {
            return None;
        }
        let (digits, behind) = rest.split_at(length);
        *rest = behind;
        digits.parse().ok()
    };
    let in_range = |value: u32, range: std::ops::RangeInclusive<u32>| range.contains(&value).then_some(value);
    match (letter, count) {
        (b'y' | b'u', 2) => found.year = Some(2_000 + number(2, 2)? as i32),
        (b'y' | b'u', 4) => found.year = Some(number(4, 4)? as i32),
        (b'y' | b'u', _) => found.year = Some(number(count, 9)? as i32),
        (b'M' | b'L', 1) => found.month = Some(in_range(number(1, 9)?, 1..=12)?),
        (b'M' | b'L', 2) => found.month = Some(in_range(number(2, 2)?, 1..=12)?),
        (b'M' | b'L', 3 | 4) => {
            let at = MONTHS.iter().position(|month| take(rest, if count == 3 { &month[..3] } else { month }))?;
            found.month = Some(at as u32 + 1);
        }
        (b'E', 1..=4) => {
            let at = DAYS.iter().position(|day| take(rest, if count < 4 { &day[..3] } else { day }))?;
            found.weekday = Some(at as i32 + 1);
        }
        (b'd', 1 | 2) => found.day = Some(in_range(digits(&mut number, count)?, 1..=31)?),
        (b'D', 1..=3) => {
            let value = if count == 3 { number(3, 3)? } else { number(count, 3)? };
            found.day_of_year = Some(in_range(value, 1..=366)?);
        }
        (b'H', 1 | 2) => found.hour = Some(in_range(digits(&mut number, count)?, 0..=24)?),
        (b'k', 1 | 2) => found.hour = Some(in_range(digits(&mut number, count)?, 1..=24)? % 24),
        (b'h', 1 | 2) => found.hour_of_half = Some(in_range(digits(&mut number, count)?, 1..=12)? % 12),
        (b'K', 1 | 2) => found.hour_of_half = Some(in_range(digits(&mut number, count)?, 0..=11)?),
        (b'm', 1 | 2) => found.minute = Some(in_range(digits(&mut number, count)?, 0..=59)?),
        (b's', 1 | 2) => found.second = Some(in_range(digits(&mut number, count)?, 0..=59)?),
        (b'S', 1..=9) => {
            let value = u64::from(number(count, count)?);
            found.micros = (value * 10u64.pow(9 - count as u32) / 1_000) as u32;
        }
        (b'a', 1) => found.afternoon = Some(take(rest, "PM") || !take(rest, "AM").then_some(true)?),
        (b'G', 1..=3) => take(rest, "AD").then_some(())?,
        (b'X' | b'x', 1..=5) | (b'Z', 1..=5) => {
            let (_, length) = offset(rest)?;
            *rest = &rest[length..];
        }
        (b'z', 1..=4) | (b'V', 2) => {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/_+-:".contains(c)).unwrap_or(rest.len());
            super::super::zone::Zone::parse(&rest[..length])?;
            *rest = &rest[length..];
        }
        _ => return None,
    }
    Some(())
}

fn digits(number: &mut impl FnMut(usize, usize) -> Option<u32>, count: usize) -> Option<u32> {
    if count == 2 { number(2, 2) } else { number(1, 9) }
}

fn take(rest: &mut &str, word: &str) -> bool {
    match rest.strip_prefix(word) {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    }
}

impl Found {
    /// What was not said is that of 1970-01-01T00:00.
    fn resolve(self) -> Option<Timestamp> {
        let year = self.year.unwrap_or(1970);
        // The first year of our era follows no year zero.
        if year == 0 || self.month == Some(0) {
            return None;
        }
        let date = match (self.month, self.day_of_year) {
            (None, Some(day)) => {
                let first = Civil { year, month: 1, day: 1 }.date();
                let date = Date(first.0 + day as i32 - 1);
                (Civil::of(date).year == year).then_some(date)?
            }
            (month, _) => Civil::clamped(year, month.unwrap_or(1), self.day.unwrap_or(1)).date(),
        };
        if self.weekday.is_some_and(|weekday| weekday != iso_day_of_week(date)) {
            return None;
        }
        // The hour of a half day says nothing without the half.
        let half = self.hour_of_half.zip(self.afternoon).map(|(hour, afternoon)| hour + if afternoon { 12 } else { 0 });
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        let hour = self.hour.or(half).unwrap_or(0);
        if hour == 24 && (minute, second, self.micros) != (0, 0, 0) {
            return None;
        }
        let seconds = i64::from(hour * 3_600 + minute * 60 + second);
        Timestamp::join(date, seconds * 1_000_000 + i64::from(self.micros))
    }
}

/// What Flink tries where the pattern did not fit, whatever it is: `2024-2-9` and `2024-2-9 1:2:3.4` as Java's SQL
/// classes read them, too large days, hours and minutes moving on.
pub fn parse_fallback(text: &str) -> Option<Timestamp> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let (day, clock) = match text.split_once(' ') {
        Some((day, clock)) => (day, Some(clock)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let (year, month, day_of_month) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() > 2 || day_of_month.len() > 2 {
        return None;
    }
    let (year, month, day) = (unsigned(year)? as i32, unsigned(month)?, unsigned(day_of_month)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = Date(Civil { year, month, day: 1 }.date().0 + day as i32 - 1);
    let Some(clock) = clock else { return Timestamp::join(date, 0) };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (unsigned(parts.next()?)?, unsigned(parts.next()?)?, unsigned(parts.next()?)?);
    if parts.next().is_some() || fraction.len() > 9 {
        return None;
    }
    let nanos = u64::from(unsigned(fraction)?) * 10u64.pow(9 - fraction.len() as u32);
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Timestamp::join(date, seconds * 1_000_000 + (nanos / 1_000) as i64)
}

fn unsigned(text: &str) -> Option<u32> {
    (text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::iso;

    /// DATE_FORMAT in Flink 2.3.
    #[test]
    fn formatting() {
        let arena = Arena::new();
        let of = |text, pattern| format(&arena, iso::parse_timestamp(text, 6).unwrap(), pattern);
        for (text, pattern, expected) in [
            ("2024-02-29 12:34:56.789", "yyyy-MM-dd HH:mm:ss.SSS", "2024-02-29 12:34:56.789"),
            ("2024-02-09 02:04:06.789", "y-M-d H:m:s.S", "2024-2-9 2:4:6.7"),
            (
                "2024-02-09 02:04:06.789",
                "yy MMM MMMM E EEEE a h hh k K D w W e u n N A",
                "24 Feb February Fri Friday AM 2 02 2 2 40 6 2 6 2024 789000000 7446789000000 7446789",
            ),
            ("2024-02-09 14:04:06.789", "yyyyMMdd", "20240209"),
            ("2024-02-09 14:04:06.789", "hh:mm a", "02:04 PM"),
            ("2024-02-09 14:04:06.789", "EEE, d MMM yyyy", "Fri, 9 Feb 2024"),
            ("2024-02-09 14:04:06.789", "'Q'Q QQQ", "Q1 Q1"),
            ("2024-02-09 14:04:06.789", "SS SSSSSS SSSSSSSSS", "78 789000 789000000"),
            ("2024-02-09 14:04:06.789", "DDD", "040"),
            ("2024-02-09 14:04:06.789", "uuuu-MM-dd'T'HH:mm:ss", "2024-02-09T14:04:06"),
            ("2024-02-09 14:04:06.789", "G", "AD"),
            ("2024-02-09 14:04:06.789", "LLL ccc", "Feb Fri"),
            ("2024-02-29", "YYYY-ww e W c", "2024-09 5 5 5"),
            ("2024-02-29", "qqq QQQQ LLLL MMMMM EEEEE F ccc eee", "Q1 1st quarter February F T 1 Thu Thu"),
            ("2024-02-29", "[yyyy] MM", "2024 02"),
            ("2024-02-29", "yyyyy yyy uu", "02024 2024 24"),
            ("2024-02-29", "AAAAAAAAA nnn NNN", "000000000 000 000"),
            ("2024-02-29", "", ""),
        ] {
            assert_eq!(of(text, pattern), Ok(expected), "{pattern}");
        }
        for wrong in ["b", "XXX", "ddd", "'open"] {
            assert!(of("2024-02-29", wrong).is_err(), "{wrong}");
        }
    }

    /// TO_TIMESTAMP in Flink 2.3.
    #[test]
    fn parsing() {
        for (text, pattern, expected) in [
            ("29/02/2024 12:34", "dd/MM/yyyy HH:mm", Some("2024-02-29 12:34:00")),
            ("2024-02-30 12:34", "yyyy-MM-dd HH:mm", Some("2024-02-29 12:34:00")),
            ("2024-04-31", "yyyy-MM-dd", Some("2024-04-30")),
            ("2024-04-32", "yyyy-MM-dd", None),
            ("20240229123456", "yyyyMMddHHmmss", Some("2024-02-29 12:34:56")),
            ("2024-02-29T12:34:56.789", "yyyy-MM-dd'T'HH:mm:ss.SSS", Some("2024-02-29 12:34:56.789")),
            ("2024-02-29T12:34:56.7", "yyyy-MM-dd'T'HH:mm:ss.SSS", None),
            ("2024-02-29T12:34:56.789Z", "yyyy-MM-dd'T'HH:mm:ss.SSSX", Some("2024-02-29 12:34:56.789")),
            ("2024-02-29T12:34:56.789+02:00", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Some("2024-02-29 12:34:56.789")),
            ("2024-02-09T10:00:00+0100", "yyyy-MM-dd'T'HH:mm:ssZ", Some("2024-02-09 10:00:00")),
            ("2024-02-09T10:00:00 UTC", "yyyy-MM-dd'T'HH:mm:ss z", Some("2024-02-09 10:00:00")),
            ("Feb 9, 2024 2:04 PM", "MMM d, yyyy h:mm a", Some("2024-02-09 14:04:00")),
            ("9-2-24", "d-M-yy", Some("2024-02-09")),
            ("9-2-85", "d-M-yy", Some("2085-02-09")),
            ("12:34", "HH:mm", Some("1970-01-01 12:34:00")),
            ("2024", "yyyy", Some("2024-01-01")),
            ("2024-02", "yyyy-MM", Some("2024-02-01")),
            ("2024-02-09 extra", "yyyy-MM-dd", None),
            ("Friday 09 February 2024", "EEEE dd MMMM yyyy", Some("2024-02-09")),
            ("Fri 2024-02-10", "EEE yyyy-MM-dd", None),
            ("2024-060", "yyyy-DDD", Some("2024-02-29")),
            ("2024-02-09 2:04 pm", "yyyy-MM-dd h:mm a", None),
            ("2024-02-09 14:04 PM", "yyyy-MM-dd hh:mm a", None),
            ("2024-02-09 24:00", "yyyy-MM-dd HH:mm", Some("2024-02-10")),
            ("2024-02-09 24:00", "yyyy-MM-dd kk:mm", Some("2024-02-09")),
            ("2024-02-09 12", "yyyy-MM-dd hh", Some("2024-02-09")),
            ("09FEB2024", "ddMMMyyyy", None),
            ("09Feb2024", "ddMMMyyyy", Some("2024-02-09")),
            ("2024-02-09 10:00:00.123", "yyyy-MM-dd HH:mm:ss[.SSS]", Some("2024-02-09 10:00:00.123")),
            ("2024-02-09 10:00:00", "yyyy-MM-dd HH:mm:ss[.SSS]", Some("2024-02-09 10:00:00")),
            ("1709210096", "s", None),
            ("2024-13-01", "yyyy-MM-dd", None),
            ("2024", "bbb", None),
            // These fit no pattern, but are read without one.
            ("2024-2-9", "yyyy-MM-dd", Some("2024-02-09")),
            ("2024-2-30", "yyyy-MM-dd", Some("2024-03-01")),
            ("2024-2-9 25:61:00", "yyyy-MM-dd", Some("2024-02-10 02:01:00")),
        ] {
            let parsed = parse(text, pattern).or_else(|| parse_fallback(text));
            assert_eq!(parsed, expected.map(|text| iso::parse_timestamp(text, 6).unwrap()), "{text} {pattern}");
        }
    }
}
