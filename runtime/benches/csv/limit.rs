//! The limit: programs written by hand for exactly these lines, without options or anything that could be looked
//! up. Every one goes once along the lines, eight or more bytes at a time, remembers the day, and answers `None`
//! for all that is not as expected.

use super::{SensorData, Statuses, Wide};
use sqlc_runtime::value::Timestamp;

/// The day of the timestamp read last: `2021-05-21 ` as two words that overlap, and its midnight in microseconds.
#[derive(Debug, Default)]
pub struct Day {
    words: (u64, u64),
    midnight: i64,
}

/// All four columns of the line at `start`, and where the next one begins.
#[inline]
pub fn four<'a>(day: &mut Day, lines: &'a [u8], start: usize) -> Option<(SensorData<'a>, usize)> {
    let mut pos = start;
    let sensor_id = integer(lines, &mut pos)?;
    pass(lines, &mut pos, b',')?;
    let current_temperature = double(lines, &mut pos)?;
    pass(lines, &mut pos, b',')?;
    let status = short_text(lines, &mut pos)?;
    let event_time = timestamp(day, lines, &mut pos)?;
    pass(lines, &mut pos, b'\n')?;
    let row = SensorData {
        sensor_id: Some(i32::try_from(sensor_id).ok()?),
        current_temperature: Some(current_temperature),
        status: Some(status),
        event_time: Some(event_time),
    };
    Some((row, pos))
}

/// Temperature and status, the rest only passed over.
#[inline]
pub fn two(lines: &[u8], start: usize) -> Option<(Statuses<'_>, usize)> {
    let mut pos = start;
    short_text(lines, &mut pos)?;
    let current_temperature = double(lines, &mut pos)?;
    pass(lines, &mut pos, b',')?;
    let status = short_text(lines, &mut pos)?;
    // There is one field more, which is ASCII.
    loop {
        let word = word(lines, pos)?;
        let line_ends = equal(word, b'\n');
        let others = equal(word, b',') | equal(word, b'"') | word & HIGH;
        if others & (line_ends ^ line_ends.wrapping_sub(1)) != 0 {
            return None;
        }
        if line_ends != 0 {
            pos += line_ends.trailing_zeros() as usize / 8 + 1;
            return Some((Statuses { current_temperature: Some(current_temperature), status: Some(status) }, pos));
        }
        pos += 8;
    }
}

/// Three columns of a line without its end.
pub fn three_of_fifty(line: &[u8]) -> Option<Wide<'_>> {
    let line = text(line)?;
    let bytes = line.as_bytes();
    let mut skipped = 0;
    let mut quotes = 0;
    let mut commas = [0; 4];
    // Which commas stand around the early field, and before the others.
    let wanted = [1, 2, 25, 47];
    let mut next = 0;
    for (start, piece) in (0..).step_by(64).zip(bytes.chunks(64)) {
        let (mask, quoted) = masks(piece);
        quotes |= quoted;
        let number = mask.count_ones() as usize;
        while next < 4 && skipped + number >= wanted[next] {
            let mut left = mask;
            (skipped + 1..wanted[next]).for_each(|_| left &= left - 1);
            commas[next] = start + left.trailing_zeros() as usize;
            next += 1;
        }
        skipped += number;
    }
    let [first, second, mut middle_at, late_at] = commas;
    if quotes != 0 || skipped != 49 {
        return None;
    }
    middle_at += 1;
    let middle = double(bytes, &mut middle_at)?;
    let late = digits(bytes.get(late_at + 1..)?)?;
    Some(Wide { early: line.get(first + 1..second), middle: Some(middle), late: Some(late) })
}

/// Where commas and quotes stand in up to 64 bytes.
#[inline(always)]
fn masks(piece: &[u8]) -> (u64, u64) {
    let mut padded = [0; 64];
    let block = match piece.first_chunk::<64>() {
        Some(block) => block,
        None => {
            padded[..piece.len()].copy_from_slice(piece);
            &padded
        }
    };
    let mut found = (0, 0);
    for (at, part) in (0..).step_by(16).zip(block.as_chunks::<16>().0) {
        found.0 |= places(part, b',') << at;
        found.1 |= places(part, b'"') << at;
    }
    found
}

/// Where `byte` stands among sixteen.
#[inline(always)]
fn places(block: &[u8; 16], byte: u8) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
        let block = _mm_loadu_si128(block.as_ptr().cast());
        u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(byte.cast_signed()))).cast_unsigned())
    }
    #[cfg(not(target_arch = "x86_64"))]
    block.iter().rev().fold(0, |mask, found| mask << 1 | u64::from(*found == byte))
}

fn text(line: &[u8]) -> Option<&str> {
    match line.is_ascii() {
        // SAFETY: ASCII is UTF-8.
        true => Some(unsafe { std::str::from_utf8_unchecked(line) }),
        false => simdutf8::basic::from_utf8(line).ok(),
    }
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

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

/// The highest bit of the first byte that is `byte`, and perhaps of some behind it.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (0x0101_0101_0101_0101 * u64::from(byte));
    difference.wrapping_sub(0x0101_0101_0101_0101) & !difference & HIGH
}

#[inline(always)]
fn pass(lines: &[u8], pos: &mut usize, byte: u8) -> Option<()> {
    let is_there = lines.get(*pos) == Some(&byte);
    *pos += 1;
    is_there.then_some(())
}

/// At most seven ASCII characters and a comma.
#[inline(always)]
fn short_text<'a>(lines: &'a [u8], pos: &mut usize) -> Option<&'a str> {
    let start = *pos;
    let word = word(lines, start)?;
    let commas = equal(word, b',');
    let others = equal(word, b'"') | equal(word, b'\n') | word & HIGH;
    if commas == 0 || others & (commas ^ commas.wrapping_sub(1)) != 0 {
        return None;
    }
    let end = start + commas.trailing_zeros() as usize / 8;
    *pos = end + 1;
    // SAFETY: there is nothing but ASCII before the comma.
    Some(unsafe { std::str::from_utf8_unchecked(&lines[start..end]) })
}

/// One to seven digits.
#[inline(always)]
fn integer(lines: &[u8], pos: &mut usize) -> Option<u64> {
    let word = word(lines, *pos)?;
    let zeros = word ^ 0x3030_3030_3030_3030;
    let above = (zeros.wrapping_add(0x7676_7676_7676_7676) | zeros) & HIGH;
    let length = above.trailing_zeros() / 8;
    *pos += length as usize;
    if length == 0 || length > 7 {
        return None;
    }
    let digits = (word & 0x0F0F_0F0F_0F0F_0F0F) << (64 - 8 * length);
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

/// Up to seven digits, and up to seven more behind a point.
#[inline(always)]
fn double(lines: &[u8], pos: &mut usize) -> Option<f64> {
    let whole = integer(lines, pos)?;
    if lines.get(*pos) != Some(&b'.') {
        return Some(whole as f64);
    }
    *pos += 1;
    let start = *pos;
    let fraction = integer(lines, pos)?;
    let power = POWERS[*pos - start];
    Some((whole * power + fraction) as f64 / power as f64)
}

/// `2021-05-21 10:21:33.123456`, cut to milliseconds.
#[inline(always)]
fn timestamp(day: &mut Day, lines: &[u8], pos: &mut usize) -> Option<Timestamp> {
    let text: &[u8; 26] = lines.get(*pos..*pos + 26)?.try_into().ok()?;
    let word = |at: usize| u64::from_le_bytes(text[at..at + 8].try_into().expect("a word has eight bytes"));
    let words = (word(0), word(3));
    if words != day.words {
        let date = std::str::from_utf8(&text[..10]).ok().filter(|_| text[10] == b' ')?;
        let days =
            date.parse::<jiff::civil::Date>().ok()?.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
        *day = Day { words, midnight: days * 86_400_000_000 };
    }
    // `10:21:33` and `3.123456`.
    let clock = pairs(word(11), *b"00:00:00")?;
    let fraction = pairs(word(18), *b"0.000000")?;
    let [hour, minute, second] = [clock[0], clock[3], clock[6]].map(i64::from);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let millis = i64::from(fraction[2]) * 10 + i64::from(fraction[4]) / 10;
    *pos += 26;
    Some(Timestamp(day.midnight + ((hour * 60 + minute) * 60 + second) * 1_000_000 + millis * 1_000))
}

/// Checks eight characters against a form in which `0` stands for a digit; then a byte before a digit and on a
/// digit is the number that these two make.
#[inline(always)]
fn pairs(word: u64, form: [u8; 8]) -> Option<[u8; 8]> {
    let limits = form.map(|character| if character == b'0' { 0x76 } else { 0x7F });
    let digits = word ^ u64::from_le_bytes(form);
    let wrong = (digits.wrapping_add(u64::from_le_bytes(limits)) | digits) & HIGH;
    (wrong == 0).then(|| (digits.wrapping_mul(10).wrapping_add(digits >> 8)).to_le_bytes())
}

/// The digits up to the next comma.
#[inline(always)]
fn digits(bytes: &[u8]) -> Option<i64> {
    let length = bytes.iter().position(|byte| *byte == b',').filter(|length| (1..19).contains(length))?;
    bytes[..length].iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}
