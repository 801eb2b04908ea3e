//! Functions of texts. Positions and lengths count characters (code points) from 1, except where Flink counts
//! Java's UTF-16 units, which is said.

use super::utf16;
use crate::error::ValueError;
use crate::value::Arena;
use bumpalo::collections::String as Text;
use memchr::memmem;

/// UPPER.
pub fn upper<'a>(arena: &'a Arena, text: &'a str) -> &'a str {
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return text;
        }
        let upper = arena.alloc_str(text);
        upper.make_ascii_uppercase();
        return upper;
    }
    let mut upper = Text::with_capacity_in(text.len(), arena);
    upper.extend(text.chars().flat_map(char::to_uppercase));
    upper.into_bump_str()
}

/// LOWER.
pub fn lower<'a>(arena: &'a Arena, text: &'a str) -> &'a str {
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return text;
        }
        let lower = arena.alloc_str(text);
        lower.make_ascii_lowercase();
        return lower;
    }
    // The standard library knows the sigma that ends a word.
    arena.alloc_str(&text.to_lowercase())
}

/// INITCAP: the first of ASCII letters and digits in a row becomes a capital, the others small; everything
/// else stays and separates.
pub fn initcap<'a>(arena: &'a Arena, text: &'a str) -> &'a str {
    let mut result = Text::with_capacity_in(text.len(), arena);
    let mut start = true;
    for c in text.chars() {
        result.push(if start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
        start = !c.is_ascii_alphanumeric();
    }
    result.into_bump_str()
}

/// CHAR_LENGTH.
#[inline]
pub fn char_length(text: &str) -> i32 {
    text.chars().count() as i32
}

/// TRIM(text) and TRIM(BOTH ' ' FROM text): spaces only, no other white space.
#[inline]
pub fn trim(text: &str) -> &str {
    text.trim_matches(' ')
}

#[inline]
pub fn ltrim(text: &str) -> &str {
    text.trim_start_matches(' ')
}

#[inline]
pub fn rtrim(text: &str) -> &str {
    text.trim_end_matches(' ')
}

/// TRIM(BOTH set FROM text) and BTRIM(text, set): any of the set's characters.
#[inline]
pub fn trim_of<'a>(text: &'a str, set: &str) -> &'a str {
    text.trim_matches(|c| set.contains(c))
}

#[inline]
pub fn ltrim_of<'a>(text: &'a str, set: &str) -> &'a str {
    text.trim_start_matches(|c| set.contains(c))
}

#[inline]
pub fn rtrim_of<'a>(text: &'a str, set: &str) -> &'a str {
    text.trim_end_matches(|c| set.contains(c))
}

/// The byte offset of a character counted from 0, or the text's end.
#[inline]
fn offset(text: &str, characters: usize) -> usize {
    if text.is_ascii() {
        return characters.min(text.len());
    }
    text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset)
}

/// SUBSTRING(text, start): from the end if `start` is negative; 0 is the first character, too.
#[inline]
pub fn substring_from(text: &str, start: i32) -> &str {
    let skip = if start > 0 {
        start as usize - 1
    } else if start < 0 {
        match text.chars().count().checked_sub(start.unsigned_abs() as usize) {
            Some(skip) => skip,
            None => return "",
        }
    } else {
        0
    };
    &text[offset(text, skip)..]
}

/// SUBSTRING(text, start, length): NULL if the length is negative.
#[inline]
pub fn substring(text: &str, start: i32, length: i32) -> Option<&str> {
    let length = usize::try_from(length).ok()?;
    let rest = substring_from(text, start);
    Some(&rest[..offset(rest, length)])
}

/// LEFT: nothing if the length is negative.
#[inline]
pub fn left(text: &str, length: i32) -> &str {
    &text[..offset(text, length.max(0) as usize)]
}

/// RIGHT: nothing if the length is negative.
#[inline]
pub fn right(text: &str, length: i32) -> &str {
    let count = text.chars().count();
    &text[offset(text, count - count.min(length.max(0) as usize))..]
}

/// POSITION(needle IN text): 0 if it is not there.
#[inline]
pub fn position(needle: &str, text: &str) -> i32 {
    found(text, memmem::find(text.as_bytes(), needle.as_bytes()))
}

/// INSTR(text, needle).
#[inline]
pub fn instr(text: &str, needle: &str) -> i32 {
    position(needle, text)
}

/// LOCATE(needle, text, start): a start before the first character is the first.
pub fn locate(needle: &str, text: &str, start: i32) -> i32 {
    let from = offset(text, start.max(1) as usize - 1);
    found(text, memmem::find(&text.as_bytes()[from..], needle.as_bytes()).map(|at| from + at))
}

fn found(text: &str, offset: Option<usize>) -> i32 {
    offset.map_or(0, |offset| text[..offset].chars().count() as i32 + 1)
}

/// INSTR(text, needle, start).
pub fn instr_start(text: &str, needle: &str, start: i32) -> i32 {
    instr_nth(text, needle, start, 0)
}

/// INSTR(text, needle, start, occurrence): searches backwards from a negative start.
pub fn instr_from(text: &str, needle: &str, start: i32, occurrence: i32) -> Result<i32, ValueError> {
    if occurrence < 1 {
        return Err(ValueError::new(format!("the occurrence of INSTR must be positive, not {occurrence}")));
    }
    Ok(instr_nth(text, needle, start, occurrence as usize - 1))
}

fn instr_nth(text: &str, needle: &str, start: i32, occurrence: usize) -> i32 {
    if start == 0 {
        return 0;
    }
    let starts_here = |at: &usize| text[*at..].starts_with(needle);
    let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let at = if start > 0 {
        places.skip(start as usize - 1).filter(starts_here).nth(occurrence)
    } else {
        // The last place is the empty one behind the text.
        places.next_back();
        places.rev().skip(start.unsigned_abs() as usize - 1).filter(starts_here).nth(occurrence)
    };
    found(text, at)
}

/// REPLACE: every occurrence; an empty needle stands between all characters.
pub fn replace<'a>(arena: &'a Arena, text: &'a str, needle: &str, with: &str) -> &'a str {
    if memmem::find(text.as_bytes(), needle.as_bytes()).is_none() {
        return text;
    }
    let mut result = Text::with_capacity_in(text.len(), arena);
    let mut rest = 0;
    for (at, _) in text.match_indices(needle) {
        result.push_str(&text[rest..at]);
        result.push_str(with);
        rest = at + needle.len();
    }
    result.push_str(&text[rest..]);
    result.into_bump_str()
}

/// OVERLAY(text PLACING with FROM start FOR length), in UTF-16 units. A length that is not positive, or
/// reaches behind the text, replaces all the rest.
pub fn overlay_for<'a>(arena: &'a Arena, text: &'a str, with: &str, start: i32, length: i32) -> &'a str {
    let units = utf16::length(text) as i64;
    if start <= 0 || i64::from(start) > units {
        return text;
    }
    let mut result = Text::with_capacity_in(text.len() + with.len(), arena);
    utf16::push(&mut result, text, 0, start as usize - 1);
    result.push_str(with);
    if length > 0 && i64::from(start) + i64::from(length) <= units {
        utf16::push(&mut result, text, start as usize - 1 + length as usize, units as usize);
    }
    result.into_bump_str()
}

/// OVERLAY(text PLACING with FROM start): as many units as `with` has.
pub fn overlay<'a>(arena: &'a Arena, text: &'a str, with: &str, start: i32) -> &'a str {
    overlay_for(arena, text, with, start, utf16::length(with) as i32)
}

/// CONCAT and `||`.
pub fn concat<'a>(arena: &'a Arena, texts: &[&'a str]) -> &'a str {
    if let [text] = texts {
        return text;
    }
    let mut result = Text::with_capacity_in(texts.iter().map(|text| text.len()).sum(), arena);
    texts.iter().for_each(|text| result.push_str(text));
    result.into_bump_str()
}

/// CONCAT_WS(separator, texts): skips NULLs; NULL if the separator is.
pub fn concat_ws<'a>(arena: &'a Arena, separator: Option<&str>, texts: &[Option<&'a str>]) -> Option<&'a str> {
    let separator = separator?;
    let mut result = Text::new_in(arena);
    let mut first = true;
    for text in texts.iter().flatten() {
        if !first {
            result.push_str(separator);
        }
        result.push_str(text);
        first = false;
    }
    Some(result.into_bump_str())
}

/// LPAD, in UTF-16 units: NULL if the length is negative or there is nothing to pad with.
pub fn lpad<'a>(arena: &'a Arena, text: &'a str, length: i32, pad: &str) -> Option<&'a str> {
    let (kept, missing) = padding(text, length, pad)?;
    let mut result = Text::with_capacity_in(text.len() + missing, arena);
    push_pad(&mut result, pad, missing);
    utf16::push(&mut result, text, 0, kept);
    Some(result.into_bump_str())
}

/// RPAD, as [`lpad`].
pub fn rpad<'a>(arena: &'a Arena, text: &'a str, length: i32, pad: &str) -> Option<&'a str> {
    let (kept, missing) = padding(text, length, pad)?;
    let mut result = Text::with_capacity_in(text.len() + missing, arena);
    utf16::push(&mut result, text, 0, kept);
    push_pad(&mut result, pad, missing);
    Some(result.into_bump_str())
}

/// How many units of the text are kept, and how many are missing.
fn padding(text: &str, length: i32, pad: &str) -> Option<(usize, usize)> {
    let length = usize::try_from(length).ok()?;
    if pad.is_empty() {
        return None;
    }
    let units = utf16::length(text);
    Some((units.min(length), length.saturating_sub(units)))
}

fn push_pad(result: &mut Text<'_>, pad: &str, missing: usize) {
    let units = utf16::length(pad);
    for _ in 0..missing / units {
        result.push_str(pad);
    }
    utf16::push(result, pad, 0, missing % units);
}

/// REPEAT: nothing if the count is not positive.
pub fn repeat<'a>(arena: &'a Arena, text: &'a str, count: i32) -> &'a str {
    let count = count.max(0) as usize;
    let mut result = Text::with_capacity_in(text.len() * count, arena);
    (0..count).for_each(|_| result.push_str(text));
    result.into_bump_str()
}

/// REVERSE, by characters.
pub fn reverse<'a>(arena: &'a Arena, text: &'a str) -> &'a str {
    let mut result = Text::with_capacity_in(text.len(), arena);
    result.extend(text.chars().rev());
    result.into_bump_str()
}

/// SPLIT_INDEX(text, separator, index from 0): NULL outside, and for an empty text. An empty separator
/// stands for white space.
pub fn split_index<'a>(text: &'a str, separator: &str, index: i32) -> Option<&'a str> {
    let index = usize::try_from(index).ok()?;
    if text.is_empty() {
        None
    } else if separator.is_empty() {
        text.split(char::is_whitespace).nth(index)
    } else {
        text.split(separator).nth(index)
    }
}

/// SPLIT_INDEX with the separator as a code from 1 to 255.
pub fn split_index_code(text: &str, separator: i32, index: i32) -> Option<&str> {
    let separator = u8::try_from(separator).ok().filter(|code| *code > 0)?;
    let index = usize::try_from(index).ok()?;
    if text.is_empty() { None } else { text.split(char::from(separator)).nth(index) }
}

/// ASCII: the first byte as a signed number, 0 without one.
#[inline]
pub fn ascii(text: &str) -> i32 {
    text.as_bytes().first().map_or(0, |byte| i32::from(*byte as i8))
}

/// CHR: the character of the code modulo 256; nothing for a negative one.
pub fn chr(arena: &Arena, code: i64) -> &str {
    if code < 0 {
        return "";
    }
    arena.alloc_str(char::from(code as u8).encode_utf8(&mut [0; 4]))
}

/// STARTSWITH.
#[inline]
pub fn starts_with(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
}

/// ENDSWITH.
#[inline]
pub fn ends_with(text: &str, suffix: &str) -> bool {
    text.ends_with(suffix)
}

/// TRANSLATE: each character of `from` becomes the one at its place in `to`, or vanishes if there is none.
/// Sees NULL: without `from` nothing changes, without `to` all of them vanish.
pub fn translate<'a>(arena: &'a Arena, text: Option<&'a str>, from: Option<&str>, to: Option<&str>) -> Option<&'a str> {
    let text = text?;
    let from = from.unwrap_or_default();
    let to = to.unwrap_or_default();
    if !text.contains(|c| from.contains(c)) {
        return Some(text);
    }
    let mut result = Text::with_capacity_in(text.len(), arena);
    for c in text.chars() {
        match from.chars().position(|candidate| candidate == c) {
            Some(place) => result.extend(to.chars().nth(place)),
            None => result.push(c),
        }
    }
    Some(result.into_bump_str())
}

/// ELT(index from 1, texts): NULL outside.
pub fn elt<'a>(index: Option<i32>, texts: &[Option<&'a str>]) -> Option<&'a str> {
    let index = usize::try_from(index?).ok()?.checked_sub(1)?;
    texts.get(index).copied().flatten()
}

/// IS_ALPHA: only letters, and at least one. FALSE for NULL. Characters beyond the first 65,536 are no
/// letters, as in Java.
pub fn is_alpha(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty() && text.chars().all(|c| c.is_alphabetic() && c.len_utf16() == 1))
}

/// IS_DIGIT: only decimal digits of any script, and at least one. FALSE for NULL.
pub fn is_digit(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty() && text.chars().all(is_decimal_digit))
}

/// Unicode's decimal digits come in blocks of ten, and are numeric; other numbers (fractions, Roman
/// numerals) are told apart by their block.
fn is_decimal_digit(c: char) -> bool {
    /// The zeros of the scripts in the first plane.
    const ZEROS: [u32; 37] = [
        0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
        0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
        0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ];
    c.is_ascii_digit() || ZEROS.iter().any(|zero| (*zero..zero + 10).contains(&u32::from(c)))
}

/// IS_DECIMAL: whether it reads as a DOUBLE. FALSE for NULL.
pub fn is_decimal(text: Option<&str>) -> bool {
    text.is_some_and(|text| crate::value::double::parse(text).is_some())
}

/// STR_TO_MAP(text): pairs end in a comma, keys in an equals sign.
pub fn str_to_map_by_default<'a>(arena: &'a Arena, text: &'a str) -> &'a [(&'a str, Option<&'a str>)] {
    str_to_map(arena, text, ",", "=")
}

/// STR_TO_MAP(text, pair separator, key separator); without a key separator in a pair its value is NULL.
/// The separators are regular expressions in Flink; here they are texts, which is the same for `,` and `=`.
pub fn str_to_map<'a>(arena: &'a Arena, text: &'a str, pairs: &str, key: &str) -> &'a [(&'a str, Option<&'a str>)] {
    if text.is_empty() {
        return &[];
    }
    let mut map: bumpalo::collections::Vec<'a, (&'a str, Option<&'a str>)> = bumpalo::collections::Vec::new_in(arena);
    for pair in text.split(pairs) {
        let (name, value) = match pair.split_once(key) {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        match map.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => map.push((name, value)),
        }
    }
    map.into_bump_slice()
}

#[cfg(test)]
mod tests;
