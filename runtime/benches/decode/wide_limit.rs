//! The limit for wide records: three of fifty members, by a decoder written by hand for just these members, their order,
//! spelling and types, with the instructions of AVX2. Where members begin is searched for in the whole record first;
//! then every value is checked as what it must be.

use super::limit::Limit;
use sqlc_runtime::value::Timestamp;
use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8,
};

/// The three members that are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Three<'a> {
    pub m07: &'a str,
    pub m21: f64,
    pub m44: Timestamp,
}

/// What stands in front of every value but the first: `,"m07":`, and a zero that does not count.
const KEYS: [u64; 50] = {
    let mut keys = [0; 50];
    let mut member = 0;
    while member < 50 {
        let digits = [b'0' + (member / 10) as u8, b'0' + (member % 10) as u8];
        keys[member] = u64::from_le_bytes([b',', b'"', b'm', digits[0], digits[1], b'"', b':', 0]);
        member += 1;
    }
    keys
};

const KEY_BYTES: u64 = (1 << 56) - 1;

/// Whether the processor has what [`three`] is compiled for.
pub fn is_possible() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

/// The columns of the record at `start`, and where the next one begins; `None` where a record looks different, and where
/// the lines end soon.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline(never)]
pub fn three<'a>(limit: &mut Limit, lines: &'a [u8], start: usize) -> Option<(Three<'a>, usize)> {
    // Where members end: at the comma before the next, or at the closing bracket.
    let mut ends = [0_u32; 128];
    let end = find_ends(lines, start, &mut ends)?;
    if lines.len() < end + 64 {
        return None;
    }
    let mut three = Three::default();
    let mut place = start;
    for group in 0..10 {
        let mut values = [(0, 0); 5];
        for (member, value) in values.iter_mut().enumerate() {
            let number = group * 5 + member;
            let first = number == 0 && lines[place] == b'{';
            let word = if first { word(lines, place) ^ u64::from(b'{' ^ b',') } else { word(lines, place) };
            if word & KEY_BYTES != KEYS[number] {
                return None;
            }
            let value_end = ends[number] as usize;
            *value = (place + 7, value_end.wrapping_sub(place + 7));
            place = value_end;
        }
        let [integer, double, text, boolean, timestamp] = values;
        if !(is_integer(lines, integer)
            && is_double(lines, double)
            && is_text(lines, text)
            && is_boolean(lines, boolean)
            && is_text(lines, timestamp))
        {
            return None;
        }
        match group {
            // SAFETY: there is nothing but ASCII in the text.
            1 => three.m07 = unsafe { std::str::from_utf8_unchecked(&lines[text.0 + 1..text.0 + text.1 - 1]) },
            4 => three.m21 = limit.double(lines, double.0)?,
            8 => three.m44 = limit.milliseconds(lines, timestamp.0)?,
            _ => {}
        }
    }
    (place == end).then_some((three, end + 2))
}

/// Writes where members end; answers where the object does. There are fifty.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
fn find_ends(lines: &[u8], start: usize, ends: &mut [u32; 128]) -> Option<usize> {
    let (mut pos, mut count) = (start + 1, 0);
    loop {
        let stretch: &[u8; 65] = lines.get(pos..)?.first_chunk()?;
        let mut found = separators(stretch, 0) | separators(stretch, 32) << 32;
        let lines_end = equal_mask(stretch, 0, b'\n') | equal_mask(stretch, 32, b'\n') << 32;
        // The places of the next record do not count.
        found &= lines_end.wrapping_sub(1) & !lines_end;
        let places = ends.get_mut(count..count + 33)?;
        count += found.count_ones() as usize;
        for place in &mut places[..6] {
            *place = pos as u32 + found.trailing_zeros();
            found &= found.wrapping_sub(1);
        }
        for place in &mut places[6..] {
            if found == 0 {
                break;
            }
            *place = pos as u32 + found.trailing_zeros();
            found &= found - 1;
        }
        if lines_end != 0 {
            let end = pos + lines_end.trailing_zeros() as usize - 1;
            ends[49] = end as u32;
            return (count == 49 && lines[end] == b'}').then_some(end);
        }
        pos += 64;
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
fn separators(stretch: &[u8; 65], at: usize) -> u64 {
    let commas = equal(load(stretch, at), b',');
    u64::from(_mm256_movemask_epi8(_mm256_and_si256(commas, equal(load(stretch, at + 1), b'"'))).cast_unsigned())
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
fn equal_mask(stretch: &[u8; 65], at: usize, byte: u8) -> u64 {
    u64::from(_mm256_movemask_epi8(equal(load(stretch, at), byte)).cast_unsigned())
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
fn equal(bytes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed()))
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
fn load(bytes: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 32 <= bytes.len());
    // SAFETY: nobody looks further than 64 bytes behind the end of a record, behind which there are so many.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at).cast()) }
}

#[inline(always)]
fn word(lines: &[u8], pos: usize) -> u64 {
    debug_assert!(pos + 8 <= lines.len());
    // SAFETY: as above.
    u64::from_le_bytes(unsafe { lines.as_ptr().add(pos).cast::<[u8; 8]>().read() })
}

/// How many of the word's first bytes are digits.
#[inline(always)]
fn digits(word: u64) -> usize {
    let zeros = word ^ 0x3030_3030_3030_3030;
    let above = (zeros.wrapping_add(0x7676_7676_7676_7676) | zeros) & 0x8080_8080_8080_8080;
    (above.trailing_zeros() / 8) as usize
}

/// One to seven digits, of which the first is no needless zero.
#[inline(always)]
fn is_integer(lines: &[u8], (pos, length): (usize, usize)) -> bool {
    let word = word(lines, pos);
    digits(word) == length && length.wrapping_sub(1) < 7 && !(word as u8 == b'0' && length > 1)
}

/// The same, or with a point and digits behind it, up to seven bytes in all.
#[inline(always)]
fn is_double(lines: &[u8], (pos, length): (usize, usize)) -> bool {
    let word = word(lines, pos);
    let whole = digits(word);
    if whole == length {
        return is_integer(lines, (pos, length));
    }
    let behind = word >> ((whole * 8) & 63);
    let fraction = digits(behind >> 8);
    let is_plain = whole > 0 && !(word as u8 == b'0' && whole > 1);
    is_plain && length < 8 && behind as u8 == b'.' && fraction > 0 && whole + 1 + fraction == length
}

/// Up to 31 bytes of ASCII between quotes, without a backslash and controls.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
fn is_text(lines: &[u8], (pos, length): (usize, usize)) -> bool {
    let bytes = load(lines, pos + 1);
    let ends = _mm256_or_si256(equal(bytes, b'"'), equal(bytes, b'\\'));
    let ends = _mm256_or_si256(ends, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes));
    let last = _mm256_movemask_epi8(ends).trailing_zeros() as usize;
    // The quote that opens it, and the one that closes it where it must end.
    last + 2 == length && word(lines, pos) as u8 == b'"' && word(lines, pos + 1 + last) as u8 == b'"'
}

#[inline(always)]
fn is_boolean(lines: &[u8], (pos, length): (usize, usize)) -> bool {
    const LITERALS: [u64; 2] = [u64::from_le_bytes(*b"true\0\0\0\0"), u64::from_le_bytes(*b"false\0\0\0")];
    length.wrapping_sub(4) < 2 && word(lines, pos) & ((1 << (length * 8)) - 1) == LITERALS[length - 4]
}
