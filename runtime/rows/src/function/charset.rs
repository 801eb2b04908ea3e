//! ENCODE and DECODE: the character sets that every Java knows.

use super::cast::bytes_to_text;
use crate::error::ValueError;
use crate::value::Arena;
use bumpalo::collections::{String as Text, Vec};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
    /// With a byte order mark when written.
    Utf16,
    Utf16BigEndian,
    Utf16LittleEndian,
}

impl Charset {
    fn parse(name: &str) -> Result<Charset, ValueError> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "US-ASCII" | "ASCII" => Charset::Ascii,
            "ISO-8859-1" | "LATIN1" => Charset::Latin1,
            "UTF-8" | "UTF8" => Charset::Utf8,
            "UTF-16" => Charset::Utf16,
            "UTF-16BE" => Charset::Utf16BigEndian,
            "UTF-16LE" => Charset::Utf16LittleEndian,
            _ => return Err(ValueError::new(format!("{name:?} is no character set"))),
        })
    }
}

/// ENCODE(text, character set): what the set lacks becomes a question mark.
pub fn encode<'a>(arena: &'a Arena, text: &'a str, set: &str) -> Result<&'a [u8], ValueError> {
    let set = Charset::parse(set)?;
    let mut bytes = Vec::with_capacity_in(text.len(), arena);
    match set {
        Charset::Utf8 => return Ok(text.as_bytes()),
        Charset::Ascii | Charset::Latin1 => {
            let limit = if set == Charset::Ascii { 0x80 } else { 0x100 };
            bytes.extend(text.chars().map(|c| if u32::from(c) < limit { u32::from(c) as u8 } else { b'?' }));
        }
        Charset::Utf16 | Charset::Utf16BigEndian => {
            if set == Charset::Utf16 && !text.is_empty() {
                bytes.extend([0xFE, 0xFF]);
            }
            bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        }
        Charset::Utf16LittleEndian => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
    }
    Ok(bytes.into_bump_slice())
}

/// DECODE(bytes, character set): what is none of its characters becomes U+FFFD.
pub fn decode<'a>(arena: &'a Arena, bytes: &'a [u8], set: &str) -> Result<&'a str, ValueError> {
    let set = Charset::parse(set)?;
    let mut text = Text::with_capacity_in(bytes.len(), arena);
    match set {
        Charset::Utf8 => return Ok(bytes_to_text(arena, bytes)),
        Charset::Ascii => {
            text.extend(bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' }));
        }
        Charset::Latin1 => text.extend(bytes.iter().map(|byte| char::from(*byte))),
        _ => {
            let (little, bytes) = match bytes {
                [0xFF, 0xFE, rest @ ..] if set == Charset::Utf16 => (true, rest),
                [0xFE, 0xFF, rest @ ..] if set == Charset::Utf16 => (false, rest),
                _ => (set == Charset::Utf16LittleEndian, bytes),
            };
            let pairs = bytes.chunks_exact(2);
            let incomplete = !pairs.remainder().is_empty();
            let units = pairs.map(|pair| {
                let pair = [pair[0], pair[1]];
                if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
            });
            text.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')));
            if incomplete {
                text.push('\u{fffd}');
            }
        }
    }
    Ok(text.into_bump_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Flink 2.3.
    #[test]
    fn texts_survive_their_bytes() {
        let arena = Arena::new();
        assert_eq!(encode(&arena, "ün🚀", "US-ASCII"), Ok(&b"?n?"[..]));
        assert_eq!(encode(&arena, "hé", "UTF-16BE"), Ok(&[0, b'h', 0, 0xE9][..]));
        assert_eq!(encode(&arena, "hé", "UTF-8"), Ok("hé".as_bytes()));
        assert_eq!(decode(&arena, b"h\xe9", "ISO-8859-1"), Ok("hé"));
        for set in ["UTF-8", "UTF-16", "UTF-16BE", "utf-16le"] {
            let bytes = encode(&arena, "ünïcödé 🚀", set).unwrap();
            assert_eq!(decode(&arena, bytes, set), Ok("ünïcödé 🚀"), "{set}");
        }
        assert!(encode(&arena, "a", "EBCDIC").is_err());
    }
}
