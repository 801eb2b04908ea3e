//! Records that the Kinesis Producer Library packed into one: unpacked again, as Flink and the Kinesis
//! Client Library do. What looks like such a record but is not whole is left as it is.
//!
//! The form is four magic bytes, a protobuf message and the MD5 of the message:
//!
//! ```text
//! AggregatedRecord { 1: partition keys (text), 2: explicit hash keys (text), 3: records }
//! Record           { 1: index of partition key, 2: index of explicit hash key, 3: data (bytes) }
//! ```

use md5::{Digest, Md5};
use std::ops::Range;

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST: usize = 16;

/// The hash keys that belong to a shard, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HashRange {
    pub start: u128,
    pub end: u128,
}

/// Where the data of the packed records lies, in order, or nothing if this is a plain record.
///
/// A record whose hash key belongs to another shard is left out: the producer packed it before it knew of
/// a split, and has sent it again to where it belongs.
pub(crate) fn unpack(bytes: &[u8], range: Option<HashRange>) -> Option<Vec<Range<usize>>> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (message, digest) = rest.split_at_checked(rest.len().checked_sub(DIGEST)?)?;
    if Md5::digest(message).as_slice() != digest {
        return None;
    }
    let (mut keys, mut hash_keys, mut records) = (Vec::new(), Vec::new(), Vec::new());
    let mut fields = Fields(message);
    while let Some(field) = fields.next()? {
        match field {
            (1, Value::Bytes(key)) => keys.push(key),
            (2, Value::Bytes(key)) => hash_keys.push(key),
            (3, Value::Bytes(record)) => records.push(record),
            _ => {}
        }
    }
    let mut unpacked = Vec::with_capacity(records.len());
    for record in records {
        let (mut key, mut hash_key, mut data) = (None, None, None);
        let mut fields = Fields(record);
        while let Some(field) = fields.next()? {
            match field {
                (1, Value::Number(index)) => key = Some(index),
                (2, Value::Number(index)) => hash_key = Some(index),
                (3, Value::Bytes(bytes)) => data = Some(bytes),
                _ => {}
            }
        }
        let key = at(&keys, key?)?;
        let hash = match hash_key {
            Some(index) => std::str::from_utf8(at(&hash_keys, index)?).ok()?.parse().ok()?,
            None => u128::from_be_bytes(Md5::digest(key).into()),
        };
        if range.is_none_or(|range| (range.start..=range.end).contains(&hash)) {
            // Both are parts of one slice.
            let start = data?.as_ptr() as usize - bytes.as_ptr() as usize;
            unpacked.push(start..start + data?.len());
        }
    }
    Some(unpacked)
}

fn at<'a>(keys: &[&'a [u8]], index: u64) -> Option<&'a [u8]> {
    keys.get(usize::try_from(index).ok()?).copied()
}

/// The fields of a protobuf message.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Skipped,
}

impl<'a> Fields<'a> {
    /// The next field's number and value; `Some(None)` at the end, `None` if the message is broken.
    #[expect(clippy::option_option, reason = "the question mark then ends at broken messages")]
    fn next(&mut self) -> Option<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => {
                self.bytes(8)?;
                Value::Skipped
            }
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.bytes(length)?)
            }
            5 => {
                self.bytes(4)?;
                Value::Skipped
            }
            _ => return None,
        };
        Some(Some((tag >> 3, value)))
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        assert!(bytes.len() < 128, "a length of one byte");
        [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
    }

    fn record(key: u8, hash_key: Option<u8>, data: &[u8]) -> Vec<u8> {
        let hash_key = hash_key.map_or(vec![], |index| vec![0x10, index]);
        // An unknown field of each kind is skipped.
        let unknown = [0x78, 0xff, 0x01, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4];
        field(3, &[&[0x08, key], hash_key.as_slice(), &field(3, data), &unknown].concat())
    }

    fn packed(message: &[u8]) -> Vec<u8> {
        [&MAGIC, message, Md5::digest(message).as_slice()].concat()
    }

    fn two_keys() -> Vec<u8> {
        [
            field(1, b"a"),
            field(1, b"b"),
            field(2, b"170141183460469231731687303715884105728"),
            record(0, None, b"a1"),
            record(1, None, b"b1"),
            record(0, Some(0), b"a2"),
            record(1, None, b""),
        ]
        .concat()
    }

    fn texts(bytes: &[u8], range: Option<HashRange>) -> Vec<&str> {
        let ranges = unpack(bytes, range).unwrap();
        ranges.into_iter().map(|part| std::str::from_utf8(&bytes[part]).unwrap()).collect()
    }

    #[test]
    fn packed_records_come_out_in_order() {
        assert_eq!(texts(&packed(&two_keys()), None), ["a1", "b1", "a2", ""]);
        assert_eq!(texts(&packed(b""), None), [""; 0]);
    }

    #[test]
    fn records_of_other_shards_are_left_out() {
        // MD5 of "a" begins with 0c, of "b" with 92; the explicit hash key is 2^127.
        let lower = HashRange { start: 0, end: u128::MAX / 2 };
        let upper = HashRange { start: u128::MAX / 2 + 1, end: u128::MAX };
        assert_eq!(texts(&packed(&two_keys()), Some(lower)), ["a1"]);
        assert_eq!(texts(&packed(&two_keys()), Some(upper)), ["b1", "a2", ""]);
    }

    #[test]
    fn what_is_not_whole_is_a_plain_record() {
        let whole = packed(&two_keys());
        for length in 0..whole.len() {
            assert_eq!(unpack(&whole[..length], None), None, "cut at {length}");
        }
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            assert_eq!(unpack(&damaged, None), None, "damaged at {position}");
        }
        assert_eq!(unpack(br#"{"sensor_id": 1}"#, None), None);
        // The digest is right, but the message is not what it should be.
        for message in [b"\xff".as_slice(), &field(3, b"\x1a"), &record(5, None, b"no such key"), b"\x07"] {
            assert_eq!(unpack(&packed(message), None), None);
        }
    }
}
