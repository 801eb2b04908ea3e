//! The format `raw`: turns all bytes of a record into the one column of its table, and back.
//!
//! How wide a number is follows from its type; what is wrong with a record of another length is said here.

pub use super::error::FieldError;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::row::{DecodeRow, EncodeRow, RecordError, RowKind};
use crate::value::Arena;

/// A generated row that is read from the bytes of a record.
pub trait Record<'a>: Default {
    /// Reads the only column with the method of its type.
    fn read(&mut self, value: &mut Value<'a>) -> Result<(), FieldError>;
}

/// A generated row that is written as the bytes of a record.
pub trait Encode {
    /// Writes the column with the method of its type.
    fn encode(&self, line: &mut Line<'_>);
}

/// How texts are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    /// US-ASCII: what is above becomes a replacement character when read and `?` when written.
    Ascii,
    Latin1,
    Utf16Be,
    Utf16Le,
}

/// The format's options.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    charset: Charset,
    little_endian: bool,
}

/// The format's options, for writing.
#[derive(Clone, Copy, Debug)]
pub struct Encoder(Decoder);

impl Decoder {
    /// Reads `raw.charset` and `raw.endianness`.
    pub fn new(options: &Options) -> Result<Self> {
        let charset = match options.text("raw.charset").unwrap_or("UTF-8").to_ascii_uppercase().as_str() {
            "UTF-8" => Charset::Utf8,
            "US-ASCII" => Charset::Ascii,
            "ISO-8859-1" => Charset::Latin1,
            "UTF-16BE" => Charset::Utf16Be,
            "UTF-16LE" => Charset::Utf16Le,
            other => return Err(unknown("raw.charset", other, "UTF-8, US-ASCII, ISO-8859-1, UTF-16BE or UTF-16LE")),
        };
        let little_endian = match options.text("raw.endianness").unwrap_or("big-endian") {
            "big-endian" => false,
            "little-endian" => true,
            other => return Err(unknown("raw.endianness", other, "big-endian or little-endian")),
        };
        Ok(Decoder { charset, little_endian })
    }
}

fn unknown(name: &str, value: &str, expected: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("option '{name}' is '{value}', expected {expected}"))
}

impl Encoder {
    /// Reads `raw.charset` and `raw.endianness`.
    pub fn new(options: &Options) -> Result<Self> {
        Decoder::new(options).map(Encoder)
    }
}

impl<'a, T: Record<'a>> DecodeRow<'a, Decoder> for T {
    fn decode(
        decoder: &mut Decoder,
        record: &'a [u8],
        arena: &'a Arena,
        mut each: impl FnMut(Self),
    ) -> Result<(), RecordError> {
        let mut row = T::default();
        row.read(&mut Value { record, decoder: *decoder, arena })?;
        each(row);
        Ok(())
    }
}

impl<T: Encode> EncodeRow<Encoder> for T {
    fn encode(&self, encoder: &mut Encoder, _kind: RowKind, out: &mut Vec<u8>) -> Result<()> {
        Encode::encode(self, &mut Line { out, settings: encoder.0 });
        Ok(())
    }
}

/// The bytes of a record.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    record: &'a [u8],
    decoder: Decoder,
    arena: &'a Arena,
}

macro_rules! numbers_read {
    ($($(#[$doc:meta])* $name:ident: $type:ty, $expected:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(&mut self) -> Result<Option<$type>, FieldError> {
            let bytes = self.exactly($expected)?;
            Ok(Some(if self.decoder.little_endian { <$type>::from_le_bytes(bytes) } else { <$type>::from_be_bytes(bytes) }))
        }
    )*};
}

impl<'a> Value<'a> {
    numbers_read! {
        /// TINYINT.
        tinyint: i8, "a TINYINT";
        /// SMALLINT.
        smallint: i16, "a SMALLINT";
        /// INT.
        integer: i32, "an INT";
        /// BIGINT.
        bigint: i64, "a BIGINT";
        /// FLOAT.
        float: f32, "a FLOAT";
        /// DOUBLE.
        double: f64, "a DOUBLE";
    }

    /// BOOLEAN: one byte, TRUE unless it is 0.
    pub fn boolean(&mut self) -> Result<Option<bool>, FieldError> {
        self.exactly::<1>("a BOOLEAN").map(|[byte]| Some(byte != 0))
    }

    /// CHAR, VARCHAR and STRING. Bytes that are no text become replacement characters, as in Flink.
    pub fn text(&mut self) -> Result<Option<&'a str>, FieldError> {
        let text = match self.decoder.charset {
            Charset::Utf8 => match simdutf8::basic::from_utf8(self.record) {
                Ok(text) => return Ok(Some(text)),
                Err(_) => String::from_utf8_lossy(self.record).into_owned(),
            },
            Charset::Ascii => {
                self.record.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' }).collect()
            }
            Charset::Latin1 => self.record.iter().map(|byte| char::from(*byte)).collect(),
            Charset::Utf16Be => self.utf16(u16::from_be_bytes),
            Charset::Utf16Le => self.utf16(u16::from_le_bytes),
        };
        Ok(Some(self.arena.alloc_str(&text)))
    }

    fn utf16(&self, unit: fn([u8; 2]) -> u16) -> String {
        let (pairs, odd) = self.record.as_chunks();
        let units = pairs.iter().map(|pair| unit(*pair));
        let mut text: String = char::decode_utf16(units).map(|character| character.unwrap_or('\u{fffd}')).collect();
        if !odd.is_empty() {
            text.push('\u{fffd}');
        }
        text
    }

    /// BINARY, VARBINARY and BYTES.
    pub fn bytes(&mut self) -> Result<Option<&'a [u8]>, FieldError> {
        Ok(Some(self.record))
    }

    fn exactly<const N: usize>(&self, expected: &str) -> Result<[u8; N], FieldError> {
        let length = self.record.len();
        self.record
            .try_into()
            .map_err(|_| FieldError::syntax(format!("a record of {length} bytes is not {expected}, which has {N}")))
    }
}

/// Where the bytes of a record go. NULL is written as no bytes.
#[derive(Debug)]
pub struct Line<'w> {
    out: &'w mut Vec<u8>,
    settings: Decoder,
}

macro_rules! numbers_written {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&mut self, value: impl Into<Option<$type>>) {
            if let Some(value) = value.into() {
                let bytes = if self.settings.little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
                self.out.extend_from_slice(&bytes);
            }
        }
    )*};
}

impl Line<'_> {
    numbers_written! {
        /// TINYINT.
        tinyint: i8;
        /// SMALLINT.
        smallint: i16;
        /// INT.
        integer: i32;
        /// BIGINT.
        bigint: i64;
        /// FLOAT.
        float: f32;
        /// DOUBLE.
        double: f64;
    }

    /// BOOLEAN.
    pub fn boolean(&mut self, value: impl Into<Option<bool>>) {
        self.out.extend(value.into().map(u8::from));
    }

    /// CHAR, VARCHAR and STRING.
    pub fn text<'t>(&mut self, value: impl Into<Option<&'t str>>) {
        let Some(text) = value.into() else { return };
        match self.settings.charset {
            Charset::Utf8 => self.out.extend_from_slice(text.as_bytes()),
            Charset::Ascii => self.narrow(text, 0x7F),
            Charset::Latin1 => self.narrow(text, 0xFF),
            Charset::Utf16Be => self.out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Charset::Utf16Le => self.out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        }
    }

    fn narrow(&mut self, text: &str, most: u32) {
        self.out.extend(text.chars().map(|character| match u32::from(character) {
            code if code <= most => code as u8,
            _ => b'?',
        }));
    }

    /// BINARY, VARBINARY and BYTES.
    pub fn bytes<'t>(&mut self, value: impl Into<Option<&'t [u8]>>) {
        self.out.extend_from_slice(value.into().unwrap_or_default());
    }
}
