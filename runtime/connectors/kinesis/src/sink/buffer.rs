//! The records of a worker that wait to be sent, and the rule by which they are put into batches: a record
//! does not leave while an earlier one of the same partition key is on its way, so that failing and
//! repeating a batch cannot turn their order round.

use super::digest::digest;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use sqlc_runtime::value::Timestamp;
use std::collections::VecDeque;

/// One record on its way into the stream. Its buffer is used again for another when it has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The partition key, and the data behind it.
    bytes: Vec<u8>,
    key: usize,
    /// Stands for the key if its order matters.
    ordered: Option<u64>,
    /// How many barriers came before it.
    pub barriers: u64,
    pub since: Timestamp,
}

impl Entry {
    /// `buffer` is empty. `ordered` if a record must not be overtaken by another one of its key.
    pub fn new(mut buffer: Vec<u8>, key: &str, data: &[u8], ordered: bool, since: Timestamp) -> Entry {
        buffer.extend_from_slice(key.as_bytes());
        buffer.extend_from_slice(data);
        let ordered = ordered.then(|| digest(0, key.as_bytes()));
        Entry { bytes: buffer, key: key.len(), ordered, barriers: 0, since }
    }

    /// What the service counts: data and key.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub fn key(&self) -> &[u8] {
        &self.bytes[..self.key]
    }

    pub fn data(&self) -> &[u8] {
        &self.bytes[self.key..]
    }

    /// The buffer, to be used again.
    pub fn into_buffer(mut self) -> Vec<u8> {
        self.bytes.clear();
        self.bytes
    }
}

#[derive(Default)]
pub(crate) struct Buffer {
    waiting: VecDeque<Entry>,
    bytes: usize,
    /// How many records of each key are on their way. Two keys that happen to share a number wait for each other.
    on_the_way: HashMap<u64, usize, RandomState>,
    /// While a batch is chosen: records whose keys are on their way.
    held: Vec<Entry>,
}

impl Buffer {
    pub fn push(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        self.waiting.push_back(entry);
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The record that has been waiting longest.
    pub fn oldest(&self) -> Option<&Entry> {
        self.waiting.front()
    }

    /// The next batch, in order: empty if every key is on its way. A record larger than `max_bytes` goes
    /// alone.
    pub fn take(&mut self, max_records: usize, max_bytes: usize) -> Vec<Entry> {
        let mut batch: Vec<Entry> = Vec::with_capacity(max_records.min(self.waiting.len()));
        let mut bytes = 0;
        while batch.len() < max_records {
            let Some(entry) = self.waiting.pop_front() else { break };
            if entry.ordered.is_some_and(|key| self.on_the_way.contains_key(&key)) {
                self.held.push(entry);
                continue;
            }
            if !batch.is_empty() && bytes + entry.bytes() > max_bytes {
                self.waiting.push_front(entry);
                break;
            }
            bytes += entry.bytes();
            batch.push(entry);
        }
        while let Some(entry) = self.held.pop() {
            self.waiting.push_front(entry);
        }
        // Only now: records of one key may share a batch, which keeps their order.
        for key in batch.iter().filter_map(|entry| entry.ordered) {
            *self.on_the_way.entry(key).or_default() += 1;
        }
        self.bytes -= bytes;
        batch
    }

    /// Records that have arrived, so that others with their keys may go.
    pub fn arrived<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) {
        for key in entries.into_iter().filter_map(|entry| entry.ordered) {
            if let Some(count) = self.on_the_way.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.on_the_way.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(entries: &[(&str, &str)]) -> Buffer {
        let mut buffer = Buffer::default();
        for (key, data) in entries {
            buffer.push(Entry::new(Vec::new(), key, data.as_bytes(), true, Timestamp(0)));
        }
        buffer
    }

    fn data(batch: &[Entry]) -> Vec<&str> {
        batch.iter().map(|entry| std::str::from_utf8(entry.data()).unwrap()).collect()
    }

    #[test]
    fn batches_keep_to_their_limits_and_order() {
        let mut waiting = buffer(&[("a", "1"), ("b", "22"), ("c", "333"), ("d", "4")]);
        assert_eq!(waiting.bytes(), 11);
        assert_eq!(data(&waiting.take(500, 5)), ["1", "22"], "keys count too");
        assert_eq!(data(&waiting.take(1, 500)), ["333"]);
        assert_eq!(data(&waiting.take(500, 1)), ["4"], "larger than a batch, so it goes alone");
        assert!(waiting.is_empty());
        assert_eq!(waiting.bytes(), 0);
    }

    #[test]
    fn a_key_waits_for_its_own_records_only() {
        let mut waiting = buffer(&[("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("a", "a4"), ("b", "b2")]);
        let first = waiting.take(2, 500);
        assert_eq!(data(&first), ["a1", "a2"]);
        let second = waiting.take(500, 500);
        assert_eq!(data(&second), ["b1", "b2"]);
        assert!(waiting.take(500, 500).is_empty(), "a is on its way");
        waiting.arrived(&first[..1]);
        assert!(waiting.take(500, 500).is_empty(), "a2 was refused and is being repeated");
        waiting.arrived(&first[1..]);
        assert_eq!(data(&waiting.take(500, 500)), ["a3", "a4"]);
    }

    #[test]
    fn keys_without_order_never_wait() {
        let mut waiting = Buffer::default();
        for data in [b"1", b"2"] {
            waiting.push(Entry::new(Vec::new(), "k", data, false, Timestamp(0)));
        }
        assert_eq!(data(&waiting.take(1, 500)), ["1"]);
        assert_eq!(data(&waiting.take(1, 500)), ["2"]);
    }
}
