//! Digests, base 64 and hexadecimal.

use crate::error::ValueError;
use crate::value::Arena;
use base64::Engine;
use base64::alphabet;
use base64::display::Base64Display;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bumpalo::collections::{String as Text, Vec};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use std::fmt::Write;

fn hexadecimal<'a>(arena: &'a Arena, bytes: &[u8], digits: &[u8; 16]) -> &'a str {
    let mut text = Text::with_capacity_in(bytes.len() * 2, arena);
    for byte in bytes {
        text.push(char::from(digits[usize::from(byte >> 4)]));
        text.push(char::from(digits[usize::from(byte & 15)]));
    }
    text.into_bump_str()
}

macro_rules! digests {
    ($($name:ident $digest:ty, $sql:literal;)*) => {$(
        #[doc = concat!($sql, ", in small hexadecimal digits.")]
        pub fn $name<'a>(arena: &'a Arena, text: &str) -> &'a str {
            hexadecimal(arena, &<$digest>::digest(text), b"0123456789abcdef")
        }
    )*};
}
digests! {
    md5 md5::Md5, "MD5";
    sha1 sha1::Sha1, "SHA1";
    sha224 Sha224, "SHA224";
    sha256 Sha256, "SHA256";
    sha384 Sha384, "SHA384";
    sha512 Sha512, "SHA512";
}

/// SHA2(text, bits): 224, 256, 384 or 512 bits.
pub fn sha2<'a>(arena: &'a Arena, text: &str, bits: i32) -> Result<&'a str, ValueError> {
    match bits {
        224 => Ok(sha224(arena, text)),
        256 => Ok(sha256(arena, text)),
        384 => Ok(sha384(arena, text)),
        512 => Ok(sha512(arena, text)),
        _ => Err(ValueError::new(format!("SHA2 has 224, 256, 384 or 512 bits, not {bits}"))),
    }
}

/// HEX of a text's bytes, in capitals.
pub fn hex_text<'a>(arena: &'a Arena, text: &str) -> &'a str {
    hexadecimal(arena, text.as_bytes(), b"0123456789ABCDEF")
}

/// UNHEX: NULL for anything but hexadecimal digits; an odd first digit stands alone.
pub fn unhex<'a>(arena: &'a Arena, text: &str) -> Option<&'a [u8]> {
    let mut bytes = Vec::with_capacity_in(text.len().div_ceil(2), arena);
    let mut high = (text.len() % 2 == 1).then_some(0);
    for c in text.chars() {
        let digit = c.to_digit(16)? as u8;
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.push(high << 4 | digit);
                None
            }
        };
    }
    Some(bytes.into_bump_slice())
}

/// Padding is written, and may be missing when reading.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// TO_BASE64, with padding.
pub fn to_base64<'a>(arena: &'a Arena, text: &str) -> &'a str {
    let mut result = Text::with_capacity_in(text.len().div_ceil(3) * 4, arena);
    // Writing to a text in the arena cannot fail.
    let _ = write!(result, "{}", Base64Display::new(text.as_bytes(), &BASE64));
    result.into_bump_str()
}

/// FROM_BASE64: padding may be missing, anything else wrong is an error; bytes that are no UTF-8 become U+FFFD.
pub fn from_base64<'a>(arena: &'a Arena, text: &str) -> Result<&'a str, ValueError> {
    let bytes = arena.alloc_slice_fill_copy(base64::decoded_len_estimate(text.len()), 0);
    match BASE64.decode_slice_unchecked(text, bytes) {
        Ok(length) => Ok(super::cast::bytes_to_text(arena, &bytes[..length])),
        Err(_) => Err(ValueError::new(format!("{text:?} is not base 64"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests() {
        let arena = Arena::new();
        assert_eq!(md5(&arena, "abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(md5(&arena, ""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(sha1(&arena, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(sha224(&arena, "abc"), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha2(&arena, "abc", 256), Ok(sha256));
        assert!(sha2(&arena, "abc", 0).is_err());
        assert!(sha384(&arena, "abc").starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert!(sha512(&arena, "abc").starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn base_64() {
        let arena = Arena::new();
        assert_eq!(to_base64(&arena, "hello"), "aGVsbG8=");
        assert_eq!(to_base64(&arena, "hell"), "aGVsbA==");
        assert_eq!(to_base64(&arena, "hel"), "aGVs");
        assert_eq!(to_base64(&arena, ""), "");
        assert_eq!(from_base64(&arena, "aGVsbG8="), Ok("hello"));
        assert_eq!(from_base64(&arena, "aGVsbG8"), Ok("hello"));
        assert_eq!(from_base64(&arena, "aGVsbA=="), Ok("hell"));
        assert_eq!(from_base64(&arena, ""), Ok(""));
        assert!(from_base64(&arena, "!!!").is_err());
        assert!(from_base64(&arena, "aGVsbG8==").is_err());
    }

    #[test]
    fn hexadecimal_texts() {
        let arena = Arena::new();
        assert_eq!(hex_text(&arena, "héllo"), "68C3A96C6C6F");
        assert_eq!(unhex(&arena, "FF"), Some(&[255][..]));
        assert_eq!(unhex(&arena, "F"), Some(&[15][..]));
        assert_eq!(unhex(&arena, "zz"), None);
    }
}
