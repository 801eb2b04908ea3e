//! Text in JSON: writes strings with their escapes, and objects and arrays that are read into STRING.

use super::cursor::read_string;
use crate::value::Arena;
use crate::value::double::write_double;

/// How characters outside the basic plane are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Astral {
    /// As they are, as in a JSON text that becomes a STRING.
    Plain,
    /// As two escapes (`\uD83D\uDE00`), as Flink's JSON sink does.
    Escaped,
}

/// Appends `text` without quotes, with JSON's escapes.
#[inline]
pub(super) fn write_escaped(out: &mut Vec<u8>, text: &str, astral: Astral) {
    // No branch in this loop, so that many bytes are looked at with one instruction.
    let odd =
        text.bytes().fold(false, |odd, byte| odd | (byte < b' ') | (byte == b'"') | (byte == b'\\') | (byte >= 0xF0));
    match odd {
        false => out.extend_from_slice(text.as_bytes()),
        true => write_odd(out, text, astral),
    }
}

/// Appends a text in which something perhaps has to be escaped.
#[inline(never)]
fn write_odd(out: &mut Vec<u8>, text: &str, astral: Astral) {
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let is_astral = byte >= 0xF0 && astral == Astral::Escaped;
        if byte >= b' ' && byte != b'"' && byte != b'\\' && !is_astral {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            9 => out.extend_from_slice(b"\\t"),
            10 => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            13 => out.extend_from_slice(b"\\r"),
            0..b' ' => write_unit(out, u16::from(byte)),
            _ => {
                let character = text[at..].chars().next().expect("a character begins here");
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write_unit(out, *unit);
                }
                plain_from = at + character.len_utf8();
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain_from..]);
}

fn write_unit(out: &mut Vec<u8>, unit: u16) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |shift: u16| HEX[usize::from(unit >> shift & 15)];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

/// Writes a valid JSON text as Flink does when it reads an object or array into a STRING: without spaces,
/// with characters instead of needless escapes, and numbers with a fraction as Java prints a DOUBLE.
pub(super) fn compact<'a>(json: &str, arena: &'a Arena) -> &'a str {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b' ' | b'\t' | b'\n' | b'\r' => 1,
            b'"' => {
                let length = string_length(rest);
                let text = read_string(rest.as_bytes(), 0, arena).map_or("", |(text, _)| text);
                out.push(b'"');
                write_escaped(&mut out, text, Astral::Plain);
                out.push(b'"');
                length
            }
            b'-' | b'0'..=b'9' => {
                let is_number = |byte: u8| matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let length = rest.bytes().position(|byte| !is_number(byte)).unwrap_or(rest.len());
                write_number(&mut out, &rest[..length]);
                length
            }
            other => {
                out.push(other);
                1
            }
        };
        rest = &rest[length..];
    }
    arena.alloc_str(&String::from_utf8_lossy(&out))
}

/// The length of the string that `json` begins with, quotes included.
fn string_length(json: &str) -> usize {
    let bytes = json.as_bytes();
    let mut end = 1;
    while bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    end + 1
}

fn write_number(out: &mut Vec<u8>, number: &str) {
    match number.parse::<f64>() {
        Ok(double) if number.contains(['.', 'e', 'E']) => {
            let quote: &[u8] = if double.is_finite() { b"" } else { b"\"" };
            out.extend_from_slice(quote);
            write_double(out, double);
            out.extend_from_slice(quote);
        }
        _ if number == "-0" => out.push(b'0'),
        _ => out.extend_from_slice(number.as_bytes()),
    }
}
