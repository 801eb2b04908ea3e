//! The limit: decoders written by hand for the sensors' records and nothing else. Keys, their order and the
//! spacing are constants, eight bytes are looked at at a time, the day is cached, and whatever looks different
//! is refused. What a generated decoder, which takes any JSON, loses against these is the price of generality.

use sqlc_runtime::value::Timestamp;

/// What the records hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    pub sensor_id: i32,
    pub current_temperature: f64,
    pub status: &'a str,
    pub event_time: Timestamp,
}

/// Two of the four columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status<'a> {
    pub current_temperature: f64,
    pub status: &'a str,
}

/// A decoder with the day that it saw last.
#[derive(Debug, Default)]
pub struct Limit {
    /// `2021-05-21T`, as two words that overlap.
    day: (u64, u64),
    /// Its midnight in microseconds.
    midnight: i64,
}

const SENSOR: &[u8; 14] = b"{\"sensor_id\": ";
const TEMPERATURE: &[u8; 25] = b", \"current_temperature\": ";
const STATUS: &[u8; 13] = b", \"status\": \"";
const TIME: &[u8; 17] = b"\", \"event_time\": ";
const END: &[u8; 2] = b"}\n";

impl Limit {
    /// All four columns of the record at `start`, and where the next one begins. There is no check of UTF-8 but
    /// that of the status: everything else is compared with what it must be.
    #[inline]
    pub fn reading<'a>(&mut self, lines: &'a [u8], start: usize) -> Option<(Reading<'a>, usize)> {
        let mut pos = start;
        skip(lines, &mut pos, SENSOR)?;
        let sensor_id = integer(lines, &mut pos)? as i32;
        skip(lines, &mut pos, TEMPERATURE)?;
        let current_temperature = double(lines, &mut pos)?;
        skip(lines, &mut pos, STATUS)?;
        let status = string(lines, &mut pos)?;
        skip(lines, &mut pos, TIME)?;
        let event_time = self.timestamp(lines, &mut pos)?;
        skip(lines, &mut pos, END)?;
        Some((Reading { sensor_id, current_temperature, status, event_time }, pos))
    }

    /// Temperature and status, the rest only passed over.
    #[inline]
    pub fn status<'a>(&mut self, lines: &'a [u8], start: usize) -> Option<(Status<'a>, usize)> {
        let mut pos = start;
        skip(lines, &mut pos, SENSOR)?;
        pos += digits(word(lines, pos)?);
        skip(lines, &mut pos, TEMPERATURE)?;
        let current_temperature = double(lines, &mut pos)?;
        skip(lines, &mut pos, STATUS)?;
        let status = string(lines, &mut pos)?;
        skip(lines, &mut pos, TIME)?;
        skip(lines, &mut pos, b"\"")?;
        string(lines, &mut pos)?;
        skip(lines, &mut pos, b"\"")?;
        skip(lines, &mut pos, END)?;
        Some((Status { current_temperature, status }, pos))
    }

    /// The number at a place.
    #[inline(always)]
    pub fn double(&self, lines: &[u8], mut pos: usize) -> Option<f64> {
        double(lines, &mut pos)
    }

    /// `"2021-05-21T10:21:33.123"`.
    #[inline(always)]
    pub fn milliseconds(&mut self, lines: &[u8], pos: usize) -> Option<Timestamp> {
        let mut text = *b"\"2021-05-21T10:21:33.000000\"";
        text[..24].copy_from_slice(lines.get(pos..pos + 24)?);
        self.timestamp(&text, &mut 0)
    }

    /// `"2021-05-21T10:21:33.123456"`, cut to milliseconds.
    #[inline(always)]
    fn timestamp(&mut self, record: &[u8], pos: &mut usize) -> Option<Timestamp> {
        let text: &[u8; 28] = record.get(*pos..*pos + 28)?.try_into().ok()?;
        let word = |at: usize| u64::from_le_bytes(text[at..at + 8].try_into().expect("a word has eight bytes"));
        let day = (word(1), word(4));
        if day != self.day {
            self.midnight = midnight(text)?;
            self.day = day;
        }
        // `10:21:33` and `.123456"`.
        let clock = pairs(word(12), *b"00:00:00")?;
        let fraction = pairs(word(20) ^ (u64::from(b'"') << 56), *b".000000\0")?;
        let [hour, minute, second] = [clock[0], clock[3], clock[6]].map(i64::from);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let millis = i64::from(fraction[1]) * 10 + i64::from(fraction[3]) / 10;
        *pos += 28;
        Some(Timestamp(self.midnight + ((hour * 60 + minute) * 60 + second) * 1_000_000 + millis * 1_000))
    }
}

#[cold]
fn midnight(text: &[u8; 28]) -> Option<i64> {
    let date = std::str::from_utf8(&text[1..11]).ok().filter(|_| text[0] == b'"' && text[11] == b'T')?;
    let days = date.parse::<jiff::civil::Date>().ok()?.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
    Some(days * 86_400_000_000)
}

#[inline(always)]
fn word(lines: &[u8], pos: usize) -> Option<u64> {
    match lines.get(pos..)?.first_chunk() {
        Some(word) => Some(u64::from_le_bytes(*word)),
        None => Some(last_word(&lines[pos..])),
    }
}

#[cold]
fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(word)
}

#[inline(always)]
fn skip<const N: usize>(record: &[u8], pos: &mut usize, expected: &[u8; N]) -> Option<()> {
    let found: &[u8; N] = record.get(*pos..*pos + N)?.try_into().ok()?;
    *pos += N;
    (found == expected).then_some(())
}

/// How many of the word's first bytes are digits.
#[inline(always)]
fn digits(word: u64) -> usize {
    let zeros = word ^ 0x3030_3030_3030_3030;
    let above = (zeros.wrapping_add(0x7676_7676_7676_7676) | zeros) & 0x8080_8080_8080_8080;
    (above.trailing_zeros() / 8) as usize
}

/// The number that the word's first `length` bytes write, which are one to eight digits.
#[inline(always)]
fn number(word: u64, length: usize) -> u64 {
    let digits = (word & 0x0F0F_0F0F_0F0F_0F0F) << (64 - 8 * length);
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[inline(always)]
fn integer(record: &[u8], pos: &mut usize) -> Option<u64> {
    let word = word(record, *pos)?;
    let length = digits(word);
    *pos += length;
    (length > 0 && length < 8).then(|| number(word, length))
}

/// Up to seven digits, and up to seven more behind a point.
#[inline(always)]
fn double(record: &[u8], pos: &mut usize) -> Option<f64> {
    const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    let whole = integer(record, pos)?;
    if record.get(*pos) != Some(&b'.') {
        return Some(whole as f64);
    }
    *pos += 1;
    let start = *pos;
    let fraction = integer(record, pos)?;
    let power = POWERS[*pos - start];
    Some((whole * power + fraction) as f64 / power as f64)
}

/// Up to the next quote; strings with escapes or beyond ASCII are refused.
#[inline(always)]
fn string<'a>(lines: &'a [u8], pos: &mut usize) -> Option<&'a str> {
    let start = *pos;
    loop {
        let word = word(lines, *pos)?;
        let equal = |byte: u8| {
            let difference = word ^ (0x0101_0101_0101_0101 * u64::from(byte));
            difference.wrapping_sub(0x0101_0101_0101_0101) & !difference & 0x8080_8080_8080_8080
        };
        let quotes = equal(b'"');
        let others = equal(b'\\') | equal(b'\n') | word & 0x8080_8080_8080_8080;
        if others & (quotes ^ quotes.wrapping_sub(1)) != 0 {
            return None;
        }
        if quotes == 0 {
            *pos += 8;
            continue;
        }
        *pos += (quotes.trailing_zeros() / 8) as usize;
        // SAFETY: there is nothing but ASCII before the quote.
        return Some(unsafe { std::str::from_utf8_unchecked(&lines[start..*pos]) });
    }
}

/// Checks eight characters against a form in which `0` stands for a digit; then a byte before a digit and on a
/// digit is the number that these two make.
#[inline(always)]
fn pairs(word: u64, form: [u8; 8]) -> Option<[u8; 8]> {
    let limits = form.map(|character| if character == b'0' { 0x76 } else { 0x7F });
    let digits = word ^ u64::from_le_bytes(form);
    let wrong = (digits.wrapping_add(u64::from_le_bytes(limits)) | digits) & 0x8080_8080_8080_8080;
    (wrong == 0).then(|| (digits.wrapping_mul(10).wrapping_add(digits >> 8)).to_le_bytes())
}
