//! Separate messages of a chunk, one behind the other in buffers of the chunk, so that a message costs no
//! allocation and a chunk crosses threads as a whole.

use crate::value::Timestamp;
use std::ops::Range;

/// Consecutive messages of one split.
#[derive(Debug, Default)]
pub struct Messages {
    bytes: Vec<u8>,
    sequences: String,
    places: Vec<Place>,
}

/// Where a message lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    bytes: (u32, u32),
    sequence: (u32, u32),
    timestamp: Timestamp,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub bytes: &'a [u8],
    /// Kinesis: the sequence number.
    pub sequence: &'a str,
    /// Kinesis: the approximate time of arrival.
    pub timestamp: Timestamp,
}

impl Messages {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many bytes all of them have, and what belongs to them.
    pub fn weight(&self) -> usize {
        self.bytes.len() + self.sequences.len() + self.places.len() * size_of::<Place>()
    }

    /// How many bytes are allocated.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity() + self.sequences.capacity() + self.places.capacity() * size_of::<Place>()
    }

    /// Forgets the messages and keeps the buffers.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.sequences.clear();
        self.places.clear();
    }

    /// Appends a message, whose bytes `fill` appends to the buffer that it is given. `None` if it does not succeed.
    pub fn push(
        &mut self,
        sequence: &str,
        timestamp: Timestamp,
        fill: impl FnOnce(&mut Vec<u8>) -> Option<()>,
    ) -> Option<()> {
        let (start, sequence_start) = (self.bytes.len(), self.sequences.len());
        if fill(&mut self.bytes).is_none() {
            self.bytes.truncate(start);
            return None;
        }
        self.sequences.push_str(sequence);
        let bytes = (offset(start), offset(self.bytes.len()));
        let sequence = (offset(sequence_start), offset(self.sequences.len()));
        self.places.push(Place { bytes, sequence, timestamp });
        Some(())
    }

    /// Puts parts of the last message in its place, each as a message. The ranges are those of its bytes.
    pub fn split_last(&mut self, parts: impl IntoIterator<Item = Range<usize>>) {
        let Some(whole) = self.places.pop() else { return };
        self.places.extend(parts.into_iter().map(|part| {
            let bytes = (whole.bytes.0 + offset(part.start), whole.bytes.0 + offset(part.end));
            Place { bytes, ..whole }
        }));
    }

    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn get(&self, index: usize) -> Message<'_> {
        let Place { bytes, sequence, timestamp } = self.places[index];
        Message {
            bytes: &self.bytes[bytes.0 as usize..bytes.1 as usize],
            sequence: &self.sequences[sequence.0 as usize..sequence.1 as usize],
            timestamp,
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Message<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }
}

#[inline]
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a chunk has less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_appended_and_split_where_they_lie() {
        let mut messages = Messages::default();
        let fill = |text: &'static str| {
            move |bytes: &mut Vec<u8>| {
                bytes.extend_from_slice(text.as_bytes());
                Some(())
            }
        };
        messages.push("1", Timestamp(1), fill("one")).unwrap();
        let broken = messages.push("2", Timestamp(2), |bytes| {
            bytes.push(b'x');
            None
        });
        assert_eq!(broken, None);
        messages.push("22", Timestamp(3), fill("<two three>")).unwrap();
        messages.split_last([1..4, 5..10, 10..10]);
        let found: Vec<_> =
            messages.iter().map(|message| (message.bytes, message.sequence, message.timestamp.0)).collect();
        let expected: [(&[u8], _, _); 4] = [(b"one", "1", 1), (b"two", "22", 3), (b"three", "22", 3), (b"", "22", 3)];
        assert_eq!(found, expected);
        messages.clear();
        assert!(messages.is_empty() && messages.capacity() > 0);
    }
}
