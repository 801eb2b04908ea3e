//! The start time of AT_TIMESTAMP: a date in a pattern of Java's SimpleDateFormat, or seconds since 1970 as
//! a number, tried in this order as Flink does.

use super::usage;
use jiff::Timestamp as Instant;
use jiff::civil::Date;
use sqlc_runtime::error::Result;
use sqlc_runtime::value::Timestamp;

pub(crate) const DEFAULT_PATTERN: &str = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

/// What option `name` says in the given pattern; without a zone it is UTC.
pub(crate) fn parse(name: &str, text: &str, pattern: &str) -> Result<Timestamp> {
    let fields = compile(pattern).map_err(|reason| usage(format!("the format '{pattern}' of '{name}': {reason}")))?;
    let parsed = by_pattern(text.trim(), &fields).or_else(|| by_number(text.trim()));
    parsed.ok_or_else(|| {
        usage(format!(
            "option '{name}' is '{text}', expected a date like {pattern}, or seconds since 1970 such as 1577836800.5"
        ))
    })
}

fn by_number(text: &str) -> Option<Timestamp> {
    let seconds: f64 = text.parse().ok()?;
    // Flink multiplies by 1000 and drops what is left, and refuses what lies before 1970.
    (seconds.is_finite() && seconds >= 0.0).then(|| Timestamp::from_millis((seconds * 1000.0) as i64))
}

/// A piece of a pattern.
enum Field {
    Literal(String),
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    /// `+01`, `+0100`, `+01:00` or `Z`.
    Zone,
}

fn compile(pattern: &str) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter == '\'' {
            let mut literal = String::new();
            loop {
                match rest.next() {
                    Some('\'') if rest.peek() == Some(&'\'') => literal.extend(rest.next()),
                    Some('\'') => break,
                    Some(other) => literal.push(other),
                    None => return Err("a quote is not closed".to_owned()),
                }
            }
            fields.push(Field::Literal(if literal.is_empty() { "'".to_owned() } else { literal }));
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            fields.push(Field::Literal(letter.to_string()));
            continue;
        }
        while rest.next_if_eq(&letter).is_some() {}
        fields.push(match letter {
            'y' => Field::Year,
            'M' => Field::Month,
            'd' => Field::Day,
            'H' => Field::Hour,
            'm' => Field::Minute,
            's' => Field::Second,
            'S' => Field::Fraction,
            'X' | 'Z' => Field::Zone,
            other => return Err(format!("the letter {other} is not supported; use y, M, d, H, m, s, S, X and Z")),
        });
    }
    Ok(fields)
}

fn by_pattern(text: &str, fields: &[Field]) -> Option<Timestamp> {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    let (mut hour, mut minute, mut second, mut millis, mut offset) = (0, 0, 0, 0, 0);
    let mut rest = text;
    for (index, field) in fields.iter().enumerate() {
        // Digits are only counted where another number follows at once, as in `yyyyMMdd`.
        let abutting = fields.get(index + 1).is_some_and(|next| !matches!(next, Field::Literal(_) | Field::Zone));
        let mut number = |width: usize| digits(&mut rest, if abutting { width } else { usize::MAX });
        match field {
            Field::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
            Field::Year => year = number(4)?,
            Field::Month => month = number(2)?,
            Field::Day => day = number(2)?,
            Field::Hour => hour = number(2)?,
            Field::Minute => minute = number(2)?,
            Field::Second => second = number(2)?,
            // SimpleDateFormat reads a number of milliseconds, not a fraction.
            Field::Fraction => millis = number(3)?,
            Field::Zone => offset = zone(&mut rest)?,
        }
    }
    // SimpleDateFormat leaves what follows the pattern unread, but a position in time deserves care.
    if !rest.is_empty() {
        return None;
    }
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let midnight: Instant = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let seconds = midnight.as_second() + hour * 3600 + minute * 60 + second - offset;
    Some(Timestamp::from_millis(seconds * 1000 + millis))
}

fn digits(rest: &mut &str, width: usize) -> Option<i64> {
    let length = rest.bytes().take(width.min(9)).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(length);
    *rest = after;
    number.parse().ok()
}

/// Seconds east of Greenwich.
fn zone(rest: &mut &str) -> Option<i64> {
    if let Some(after) = rest.strip_prefix('Z') {
        *rest = after;
        return Some(0);
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    *rest = &rest[1..];
    let hours = digits(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { digits(rest, 2)? };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str, pattern: &str) -> Option<i64> {
        parse("t", text, pattern).ok().map(Timestamp::millis)
    }

    #[test]
    fn the_default_pattern_and_numbers_are_read() {
        assert_eq!(millis("2020-01-01T00:00:00.250Z", DEFAULT_PATTERN), Some(1_577_836_800_250));
        assert_eq!(millis("2020-01-01T01:00:00.000+01:00", DEFAULT_PATTERN), Some(1_577_836_800_000));
        assert_eq!(millis("2019-12-31T19:30:00.000-04:30", DEFAULT_PATTERN), Some(1_577_836_800_000));
        assert_eq!(millis("1577836800.25", DEFAULT_PATTERN), Some(1_577_836_800_250));
        assert_eq!(millis("1577836800", DEFAULT_PATTERN), Some(1_577_836_800_000));
        for wrong in ["yesterday", "-5", "2020-01-01", "2020-02-30T00:00:00.000Z", "2020-01-01T00:00:00.000Zz", "nan"] {
            assert_eq!(millis(wrong, DEFAULT_PATTERN), None, "{wrong}");
        }
    }

    #[test]
    fn other_patterns_are_read() {
        assert_eq!(millis("20200102 030405", "yyyyMMdd HHmmss"), Some(1_577_934_245_000));
        assert_eq!(millis("2020-01-02", "yyyy-MM-dd"), Some(1_577_923_200_000));
        assert_eq!(millis("at 2020", "'at 'yyyy"), Some(1_577_836_800_000));
        let refused = parse("t", "Mon 2020", "EEE yyyy").unwrap_err().to_string();
        assert!(refused.contains("the letter E is not supported"), "{refused}");
        assert!(parse("t", "2020", "yyyy'").is_err());
    }
}
