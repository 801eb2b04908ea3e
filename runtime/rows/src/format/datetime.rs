//! DATE, TIME and TIMESTAMP as text, in the forms that Flink's formats read and write.

use crate::value::{Date, Time, Timestamp};
use std::cell::Cell;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// The forms of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standard {
    /// `2021-05-21 10:21:33.123`
    Sql,
    /// `2021-05-21 10:21:33.123Z`
    SqlUtc,
    /// `2021-05-21T10:21:33.123`, seconds optional; the only one that knows how long a month is.
    Iso,
    /// `2021-05-21T10:21:33.123Z`, seconds optional.
    IsoUtc,
    /// `2021-05-21T10:21:33.123+02:00`, seconds optional.
    IsoOffset,
}

/// Whether a day that a month does not have is an error, or its last day; and whether there is a 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rigour {
    Strict,
    Smart,
}

/// Reads `2021-05-21`.
pub(super) fn date(text: &str) -> Option<Date> {
    let mut fields = Fields { bytes: text.as_bytes(), pos: 0 };
    let days = fields.date(Rigour::Strict)?;
    (fields.at_end()).then_some(Date(i32::try_from(days).ok()?))
}

/// Reads `2021-05-21` or `2021-5-21`, as Java's `java.sql.Date.valueOf`: a day that the month does not have
/// counts into the next one.
pub(super) fn lenient_date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(Date(i32::try_from(days_from_civil(year, month, 1) + day - 1).ok()?))
}

/// Reads `10:21:33.123`; digits beyond `precision` are cut off.
pub(super) fn time(text: &str, precision: u8) -> Option<Time> {
    let mut fields = Fields { bytes: text.as_bytes(), pos: 0 };
    let micros = fields.time(Rigour::Smart, true, precision.min(3))?;
    fields.at_end().then_some(Time((micros % MICROS_PER_DAY / 1000) as i32))
}

/// Reads `10:21`, `10:21:33` or `10:21:33.123`, as Java's `LocalTime.parse`.
pub(super) fn local_time(text: &str, precision: u8) -> Option<Time> {
    let mut fields = Fields { bytes: text.as_bytes(), pos: 0 };
    let micros = fields.time(Rigour::Strict, false, precision.min(3))?;
    fields.at_end().then_some(Time((micros / 1000) as i32))
}

/// Reads a timestamp; digits beyond `precision` are cut off.
#[inline]
pub(super) fn timestamp(text: &str, standard: Standard, precision: u8) -> Option<Timestamp> {
    let rigour = if standard == Standard::Iso { Rigour::Strict } else { Rigour::Smart };
    let mut fields = Fields { bytes: text.as_bytes(), pos: 0 };
    let days = fields.date(rigour)?;
    match (standard, fields.next()?) {
        (Standard::Sql | Standard::SqlUtc, b' ') => {}
        (Standard::Iso, b'T' | b't') | (Standard::IsoUtc | Standard::IsoOffset, b'T') => {}
        _ => return None,
    }
    let seconds_required = matches!(standard, Standard::Sql | Standard::SqlUtc);
    let mut micros = fields.time(rigour, seconds_required, precision)?;
    match standard {
        Standard::Sql | Standard::Iso => {}
        Standard::SqlUtc | Standard::IsoUtc => {
            if fields.next()? != b'Z' {
                return None;
            }
        }
        Standard::IsoOffset => micros -= fields.offset()?,
    }
    if !fields.at_end() {
        return None;
    }
    days.checked_mul(MICROS_PER_DAY)?.checked_add(micros).map(Timestamp)
}

/// Reads a text from left to right.
struct Fields<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl Fields<'_> {
    #[inline(always)]
    fn at_end(&self) -> bool {
        self.pos == self.bytes.len()
    }

    #[inline(always)]
    fn peek(&self) -> u8 {
        self.bytes.get(self.pos).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.pos).copied();
        self.pos += 1;
        byte
    }

    #[inline(always)]
    fn skip(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    #[inline(always)]
    fn two_digits(&mut self) -> Option<i64> {
        let pair = self.bytes.get(self.pos..self.pos + 2)?;
        let (tens, ones) = (pair[0].wrapping_sub(b'0'), pair[1].wrapping_sub(b'0'));
        self.pos += 2;
        (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
    }

    /// Days since the epoch.
    #[inline(always)]
    fn date(&mut self, rigour: Rigour) -> Option<i64> {
        let year = match self.peek() {
            b'0'..=b'9' => self.two_digits()? * 100 + self.two_digits()?,
            _ => self.signed_year()?,
        };
        self.skip(b'-')?;
        let month = self.two_digits()?;
        self.skip(b'-')?;
        let mut day = self.two_digits()?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        if day > 28 && day > month_length(year, month) {
            if rigour == Rigour::Strict {
                return None;
            }
            day = month_length(year, month);
        }
        Some(days_from_civil(year, month, day))
    }

    /// A year outside 0 to 9999: a sign and 4 to 10 digits, with a plus at least 5.
    #[cold]
    fn signed_year(&mut self) -> Option<i64> {
        let sign = self.next()?;
        let digits = self.bytes.get(self.pos..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let fits = match sign {
            b'+' => (5..=10).contains(&digits),
            b'-' => (4..=10).contains(&digits),
            _ => false,
        };
        if !fits {
            return None;
        }
        let year =
            self.bytes[self.pos..self.pos + digits].iter().fold(0, |year, digit| year * 10 + i64::from(digit - b'0'));
        self.pos += digits;
        Some(if sign == b'-' { -year } else { year })
    }

    /// Microseconds since midnight, cut to `precision` digits.
    #[inline(always)]
    fn time(&mut self, rigour: Rigour, seconds_required: bool, precision: u8) -> Option<i64> {
        let hour = self.two_digits()?;
        self.skip(b':')?;
        let minute = self.two_digits()?;
        let mut second = 0;
        let mut fraction = 0;
        let mut has_fraction = false;
        if self.peek() == b':' {
            self.pos += 1;
            second = self.two_digits()?;
            if self.peek() == b'.' {
                self.pos += 1;
                (fraction, has_fraction) = self.fraction(precision)?;
            }
        } else if seconds_required {
            return None;
        }
        let midnight = rigour == Rigour::Smart && hour == 24 && minute == 0 && second == 0 && !has_fraction;
        if (hour > 23 && !midnight) || minute > 59 || second > 59 {
            return None;
        }
        Some(((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + fraction)
    }

    /// Up to nine digits of a second in microseconds, cut to `precision` digits, and whether they were not
    /// all zero.
    #[inline(always)]
    fn fraction(&mut self, precision: u8) -> Option<(i64, bool)> {
        let mut micros = 0;
        let mut any = false;
        let mut weight = 100_000;
        let least = match precision {
            0 => 1_000_000,
            1 => 100_000,
            2 => 10_000,
            3 => 1_000,
            4 => 100,
            5 => 10,
            _ => 1,
        };
        let start = self.pos;
        while let Some(digit) = self.bytes.get(self.pos).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            if weight >= least {
                micros += i64::from(digit) * weight;
            }
            any |= digit != 0;
            weight /= 10;
            self.pos += 1;
        }
        (self.pos - start <= 9).then_some((micros, any))
    }

    /// `Z`, `+02:00` or `-05:30:15`, in microseconds.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.next()? {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.two_digits()?;
        self.skip(b':')?;
        let minutes = self.two_digits()?;
        let mut seconds = 0;
        if self.peek() == b':' {
            self.pos += 1;
            seconds = self.two_digits()?;
        }
        let total = (hours * 60 + minutes) * 60 + seconds;
        (minutes < 60 && seconds < 60 && total <= 18 * 3600).then_some(sign * total * MICROS_PER_SECOND)
    }
}

#[inline(always)]
fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar, which is taken to have begun in March so that the day of
/// the year follows from the month by one formula.
#[inline(always)]
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, month and day of a day since 1970-01-01: [`days_from_civil`] backwards.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The day written last, and its text: most rows are of the day of the one before.
#[derive(Clone, Debug)]
pub(super) struct LastDay(Cell<(i64, [u8; 10])>);

impl Default for LastDay {
    fn default() -> Self {
        LastDay(Cell::new((0, *b"1970-01-01")))
    }
}

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

#[inline(always)]
fn pair(value: u64) -> [u8; 2] {
    PAIRS[value as usize % 100]
}

/// Appends `2021-05-21`.
pub(super) fn write_date(out: &mut Vec<u8>, date: Date) {
    write_days(out, i64::from(date.0));
}

fn write_days(out: &mut Vec<u8>, days: i64) {
    let (year, month, day) = civil_from_days(days);
    match short_date(year, month, day) {
        Some(text) => out.extend_from_slice(&text),
        None => {
            out.push(if year < 0 { b'-' } else { b'+' });
            out.extend_from_slice(format!("{:04}-{month:02}-{day:02}", year.unsigned_abs()).as_bytes());
        }
    }
}

/// A date in the years 0 to 9999.
fn short_date(year: i64, month: i64, day: i64) -> Option<[u8; 10]> {
    let year = u64::try_from(year).ok().filter(|year| *year < 10_000)?;
    let ([a, b], [c, d]) = (pair(year / 100), pair(year % 100));
    let ([e, f], [g, h]) = (pair(month as u64), pair(day as u64));
    Some([a, b, c, d, b'-', e, f, b'-', g, h])
}

/// Appends `10:21:33.12`, with as few digits behind the point as are needed.
pub(super) fn write_time(out: &mut Vec<u8>, time: Time) {
    let micros = i64::from(time.0) * 1000;
    let text = clock(micros);
    out.extend_from_slice(&text[..shortest_clock(micros)]);
}

/// Appends a timestamp with `separator` between date and time, and with as few digits behind the point as are
/// needed.
#[inline]
pub(super) fn write_timestamp(out: &mut Vec<u8>, timestamp: Timestamp, separator: u8, last: &LastDay) {
    let micros = timestamp.0.rem_euclid(MICROS_PER_DAY);
    write_clock(out, timestamp, separator, shortest_clock(micros), last);
}

/// Appends a timestamp as Java's `LocalDateTime` (`2021-05-21T10:21`) or, if `utc`, as its `Instant`
/// (`2021-05-21T10:21:00Z`): with three or six digits behind the point, or none.
#[inline]
pub(super) fn write_java_timestamp(out: &mut Vec<u8>, timestamp: Timestamp, utc: bool, last: &LastDay) {
    let micros = timestamp.0.rem_euclid(MICROS_PER_DAY);
    let length = match micros % MICROS_PER_SECOND {
        0 if !utc && micros % (60 * MICROS_PER_SECOND) == 0 => 5,
        0 => 8,
        fraction if fraction % 1_000 == 0 => 12,
        _ => 15,
    };
    write_clock(out, timestamp, b'T', length, last);
    if utc {
        out.push(b'Z');
    }
}

/// Appends a timestamp with the first `length` characters of its time of day.
#[inline(always)]
fn write_clock(out: &mut Vec<u8>, timestamp: Timestamp, separator: u8, length: usize, last: &LastDay) {
    let days = timestamp.0.div_euclid(MICROS_PER_DAY);
    let clock = clock(timestamp.0.rem_euclid(MICROS_PER_DAY));
    let (mut known, mut date) = last.0.get();
    if known != days {
        let (year, month, day) = civil_from_days(days);
        let Some(other) = short_date(year, month, day) else {
            write_days(out, days);
            out.push(separator);
            return out.extend_from_slice(&clock[..length]);
        };
        (known, date) = (days, other);
        last.0.set((known, date));
    }
    // All of it is appended in one piece of known length, and what is too much taken off.
    let mut text = [0; 26];
    text[..10].copy_from_slice(&date);
    text[10] = separator;
    text[11..].copy_from_slice(&clock);
    out.extend_from_slice(&text);
    out.truncate(out.len() - clock.len() + length);
}

/// `10:21:33.123456`.
#[inline(always)]
fn clock(micros: i64) -> [u8; 15] {
    let (seconds, fraction) = (micros as u64 / 1_000_000, micros as u64 % 1_000_000);
    let ([a, b], [c, d], [e, f]) = (pair(seconds / 3600), pair(seconds / 60 % 60), pair(seconds % 60));
    let ([g, h], [i, j], [k, l]) = (pair(fraction / 10_000), pair(fraction / 100), pair(fraction));
    [a, b, b':', c, d, b':', e, f, b'.', g, h, i, j, k, l]
}

/// How many characters of a [`clock`] are needed.
#[inline(always)]
fn shortest_clock(micros: i64) -> usize {
    let mut fraction = micros as u64 % 1_000_000;
    if fraction == 0 {
        return 8;
    }
    let mut length = 15;
    if fraction.is_multiple_of(1_000) {
        fraction /= 1_000;
        length = 12;
    }
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        length -= 1;
    }
    length
}
