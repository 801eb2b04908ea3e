//! What rows are made of around their values: the kind of a change, the byte form in which rows cross
//! threads and are kept, and what the scan of a table asks of a generated row.

use crate::error::{Error, Origin, Result};
use crate::function::zone::Zone;
use crate::value::{Arena, Bytes, Date, Decimal, Millis, Months, Text, Time, Timestamp};

/// What a row says about the result, in Flink's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    Insert,
    UpdateBefore,
    UpdateAfter,
    Delete,
}

impl RowKind {
    /// `+I`, `-U`, `+U` or `-D`, as Flink prints it.
    pub const fn short(self) -> &'static str {
        match self {
            RowKind::Insert => "+I",
            RowKind::UpdateBefore => "-U",
            RowKind::UpdateAfter => "+U",
            RowKind::Delete => "-D",
        }
    }

    /// Whether the row takes part of the result away.
    pub const fn is_retraction(self) -> bool {
        matches!(self, RowKind::UpdateBefore | RowKind::Delete)
    }
}

/// A value as bytes: for rows and partial results on their way to the worker of their key, and for keys and
/// accumulators in a checkpoint. Decoding borrows where the value does.
///
/// Since checkpoints are kept, the form of a value is the same on every platform, and must stay as it is: integers and
/// floats in their width, lowest byte first; lengths of texts and arrays before them in 4 bytes, of lists in 8; a
/// struct is its fields in order. It says nothing about itself: what bytes are of is known from elsewhere. Equal values
/// have equal bytes, but for accumulators of DISTINCT: these write their values in the order of their table, since
/// sorting them would cost more than all the rest, and nobody compares them as bytes.
pub trait Codec<'a>: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    /// Reads what [`encode`](Codec::encode) wrote and moves `bytes` behind it.
    ///
    /// # Panics
    /// If the bytes are anything else, which is a defect: they are our own, and what comes from a checkpoint has been
    /// checked against its checksum.
    fn decode(bytes: &mut &'a [u8]) -> Self;
}

macro_rules! fixed_width {
    ($($type:ty),*) => {$(
        impl Codec<'_> for $type {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            #[inline]
            fn decode(bytes: &mut &[u8]) -> Self {
                let (value, rest) = bytes.split_first_chunk().expect("a row ends inside a value");
                *bytes = rest;
                Self::from_le_bytes(*value)
            }
        }
    )*};
}
fixed_width!(u8, u32, u64, i8, i16, i32, i64, i128, f32, f64);

macro_rules! newtype {
    ($($type:ident),*) => {$(
        impl<'a> Codec<'a> for $type {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
            #[inline]
            fn decode(bytes: &mut &'a [u8]) -> Self {
                $type(Codec::decode(bytes))
            }
        }
    )*};
}
newtype!(Timestamp, Date, Time, Decimal, Months, Millis);

impl<'a> Codec<'a> for bool {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    #[inline]
    fn decode(bytes: &mut &'a [u8]) -> Self {
        u8::decode(bytes) != 0
    }
}

impl<'a> Codec<'a> for &'a [u8] {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        u32::try_from(self.len()).expect("a value has less than 4 GiB").encode(out);
        out.extend_from_slice(self);
    }
    #[inline]
    fn decode(bytes: &mut &'a [u8]) -> Self {
        let length = u32::decode(bytes) as usize;
        let (value, rest) = bytes.split_at(length);
        *bytes = rest;
        value
    }
}

impl<'a> Codec<'a> for &'a str {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_bytes().encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &'a [u8]) -> Self {
        std::str::from_utf8(<&[u8]>::decode(bytes)).expect("a text is written as UTF-8")
    }
}

impl Codec<'_> for () {
    #[inline]
    fn encode(&self, _: &mut Vec<u8>) {}
    #[inline]
    fn decode(_: &mut &[u8]) -> Self {}
}

impl Codec<'_> for Bytes {
    fn encode(&self, out: &mut Vec<u8>) {
        (&**self).encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        <&[u8]>::decode(bytes).into()
    }
}

impl Codec<'_> for Text {
    fn encode(&self, out: &mut Vec<u8>) {
        (&**self).encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        <&str>::decode(bytes).into()
    }
}

impl<'a, T: Codec<'a>> Codec<'a> for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.len() as u64).encode(out);
        self.iter().for_each(|value| value.encode(out));
    }
    fn decode(bytes: &mut &'a [u8]) -> Self {
        let length = u64::decode(bytes);
        (0..length).map(|_| T::decode(bytes)).collect()
    }
}

impl<'a, A: Codec<'a>, B: Codec<'a>> Codec<'a> for (A, B) {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
    #[inline]
    fn decode(bytes: &mut &'a [u8]) -> Self {
        (A::decode(bytes), B::decode(bytes))
    }
}

impl<'a, T: Codec<'a>> Codec<'a> for Option<T> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }
    #[inline]
    fn decode(bytes: &mut &'a [u8]) -> Self {
        bool::decode(bytes).then(|| T::decode(bytes))
    }
}

/// Where a record came from, for metadata columns and for errors.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'a> {
    /// The file's path, or the shard's id.
    pub split: &'a str,
    /// The byte offset in a file, or the sequence number in a shard.
    pub position: Position<'a>,
    /// When the service took the record (Kinesis: ApproximateArrivalTimestamp), or the file's
    /// modification time.
    pub timestamp: Timestamp,
    /// How many bytes the file has; 0 for records that come from no file.
    pub file_size: u64,
}

#[derive(Clone, Copy, Debug)]
pub enum Position<'a> {
    Offset(u64),
    Sequence(&'a str),
}

/// The values of metadata columns.
impl<'a> Provenance<'a> {
    /// Kinesis `timestamp`.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Kinesis `shard-id`.
    pub fn shard_id(&self) -> &'a str {
        self.split
    }

    /// Kinesis `sequence-number`.
    pub fn sequence_number(&self) -> &'a str {
        match self.position {
            Position::Sequence(number) => number,
            Position::Offset(_) => "",
        }
    }

    /// Filesystem `file.path`.
    pub fn file_path(&self) -> &'a str {
        self.split
    }

    /// Filesystem `file.name`.
    pub fn file_name(&self) -> &'a str {
        self.split.rsplit('/').next().unwrap_or(self.split)
    }

    /// Filesystem `file.size`.
    pub fn file_size(&self) -> i64 {
        i64::try_from(self.file_size).unwrap_or(i64::MAX)
    }

    /// The value of a PARTITIONED BY column of a filesystem table: that of the folder `key=value` in the file's
    /// path. `None` is NULL, which Flink spells `__HIVE_DEFAULT_PARTITION__`.
    pub fn partition(&self, key: &str, arena: &'a Arena) -> Option<&'a str> {
        let folders = self.split.rsplit('/').skip(1);
        let value = folders.filter_map(|folder| folder.split_once('=')).find(|(name, _)| *name == key)?.1;
        match value {
            NULL_PARTITION => None,
            value if value.contains('%') => Some(unescape(value, arena)),
            value => Some(value),
        }
    }

    /// Filesystem `file.modification-time`.
    pub fn file_modification_time(&self) -> Timestamp {
        self.timestamp
    }
}

/// The name of the folder for NULL, Flink's default of `partition.default-name`.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// Folder names escape what file systems do not like as `%3A`.
#[cold]
fn unescape<'a>(value: &str, arena: &'a Arena) -> &'a str {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => u8::from_str_radix(&format!("{}{}", *high as char, *low as char), 16).ok(),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { after };
    }
    arena.alloc_str(&String::from_utf8_lossy(&bytes))
}

impl std::fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Position::Offset(offset) => write!(f, "offset {offset}"),
            Position::Sequence(number) => write!(f, "sequence number {number}"),
        }
    }
}

/// Why bytes are not a row. The scan decides by the table's options what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// What is wrong, naming the column in the user's words: `column current_temperature: "hot" is not a DOUBLE`.
    pub message: String,
}

/// A row that a decoder `D` (JSON, CSV, raw) can make from the bytes of one record.
///
/// Implemented by the formats for everything that implements the format's own trait, which is what
/// generated code implements.
pub trait DecodeRow<'a, D>: Sized {
    /// Hands every row of the record to `each`: one as a rule, several for a JSON array at top level,
    /// none where the format's options skip the record (counted by the decoder itself).
    fn decode(decoder: &mut D, record: &'a [u8], arena: &'a Arena, each: impl FnMut(Self)) -> Result<(), RecordError>;

    /// The quick way for a plain record: the row of the one that begins at `start`, and where the next one
    /// begins, behind the line end or at the end of `lines`.
    ///
    /// `None` leaves the record to [`decode`](DecodeRow::decode), whose rows are the same; so everything odd may
    /// be `None`: a bad record, keys nobody has seen, an empty line, a record of no or several rows. A line end
    /// is never passed inside a record. Nobody has checked that `lines` are UTF-8: what becomes text has to be
    /// checked here, and so does what is skipped.
    #[inline(always)]
    fn decode_line(decoder: &mut D, lines: &'a [u8], start: usize, arena: &'a Arena) -> Option<(Self, usize)> {
        let _ = (decoder, lines, start, arena);
        None
    }
}

/// What the scan of a table asks of its generated row, beyond decoding.
pub trait TableRow<'a>: Sized {
    /// Whether the table declares a WATERMARK.
    const HAS_WATERMARK: bool = false;

    /// Whether some flow over the table may let the row pass. It looks only at columns that are read at once;
    /// the others of a row that nobody wants may be missing.
    #[inline]
    fn wanted(&self) -> bool {
        true
    }

    /// Fills metadata and computed columns, in the order of the table.
    #[inline]
    fn complete(&mut self, provenance: &Provenance<'a>, context: &Context<'a>) -> Result<()> {
        let _ = (provenance, context);
        Ok(())
    }

    /// The value of the WATERMARK expression for this row. A NULL rowtime is an error, as in Flink.
    #[inline]
    fn watermark(&self) -> Result<Timestamp> {
        Ok(Timestamp::MIN)
    }
}

/// What surrounds a row while generated code works on it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Where texts and arrays computed from the row live; they are gone when the chunk (or the result of a
    /// stateful operator) has been handed on.
    pub arena: &'a Arena,
    /// Processing time, read once per chunk.
    pub now: Timestamp,
    /// `CURRENT_WATERMARK`: the last one before this row, none before the first.
    pub watermark: Option<Timestamp>,
    /// The session's time zone, `table.local-time-zone`.
    pub zone: &'a Zone,
}

/// A row that an encoder `E` (JSON, CSV, raw, print) can write as one record.
///
/// Implemented by the formats for everything that implements the format's own trait, which is what
/// generated code implements.
pub trait EncodeRow<E> {
    /// Appends the record, without a line end.
    fn encode(&self, encoder: &mut E, kind: RowKind, out: &mut Vec<u8>) -> Result<()>;
}

/// The values of the PARTITIONED BY columns of a row that is written, for sinks that partition by them.
pub trait PartitionKey {
    /// Hands out the columns' values, one call of `value` each and `None` for NULL; `false` if the table has
    /// no such columns.
    #[inline]
    fn partition_key(&self, value: &mut dyn FnMut(Option<&dyn std::fmt::Display>)) -> bool {
        let _ = value;
        false
    }
}

/// The rowtime of a row, without which it cannot be placed in time.
///
/// # Errors
/// If it is NULL, as in Flink.
#[inline]
pub fn rowtime(value: Option<Timestamp>, origin: Origin, column: &str) -> Result<Timestamp> {
    value.ok_or_else(|| null_rowtime(origin, column))
}

/// The error that a row without a rowtime ends the application with, as in Flink.
#[cold]
pub fn null_rowtime(origin: Origin, column: &str) -> Error {
    Error::data(origin, format!("column {column} is NULL, but it is the rowtime of its table, which must not be NULL"))
}

/// The error for a record without a value for a column that is declared NOT NULL.
#[cold]
pub fn missing_value(origin: Origin, column: &str) -> Error {
    Error::data(origin, format!("column {column} is declared NOT NULL, but the record has no value for it"))
}

/// The error for a NULL that is to be written into a column that is declared NOT NULL.
#[cold]
pub fn null_for_not_null(origin: Origin, column: &str) -> Error {
    Error::data(origin, format!("column {column} of the target is NOT NULL, but the row has NULL for it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_the_values_of_partitions() {
        let split = "in/day=2024-01-01/k=a%3Ab%zz/n=__HIVE_DEFAULT_PARTITION__/x=y.json";
        let at = Provenance { split, position: Position::Offset(0), timestamp: Timestamp(0), file_size: 0 };
        let arena = Arena::new();
        assert_eq!(at.partition("day", &arena), Some("2024-01-01"));
        assert_eq!(at.partition("k", &arena), Some("a:b%zz"));
        assert_eq!(at.partition("n", &arena), None);
        assert_eq!(at.partition("x", &arena), None, "the file is no folder");
    }
}
