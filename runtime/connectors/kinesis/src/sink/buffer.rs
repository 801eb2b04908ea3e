//! The records of a worker that wait to be sent, and the rule by which they are put into batches: a record
//! does not leave while an earlier one of the same partition key is on its way, so that failing and
//! repeating a batch cannot turn their order round.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::collections::VecDeque;
use tokio::time::Instant;

/// One record on its way into the stream.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: Box<str>,
    /// Whether order among equal keys matters; not if keys are random.
    pub ordered: bool,
    pub data: Vec<u8>,
    pub since: Instant,
}

impl Entry {
    /// What the service counts: data and key.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.key.len()
    }
}

#[derive(Default)]
pub(crate) struct Buffer {
    waiting: VecDeque<Entry>,
    bytes: usize,
    /// How many records of each key are on their way.
    on_the_way: HashMap<Box<str>, usize, RandomState>,
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

    /// Since when the first record has been waiting.
    pub fn oldest(&self) -> Option<Instant> {
        self.waiting.front().map(|entry| entry.since)
    }

    /// The next batch, in order: empty if every key is on its way. A record larger than `max_bytes` goes
    /// alone.
    pub fn take(&mut self, max_records: usize, max_bytes: usize) -> Vec<Entry> {
        let mut batch: Vec<Entry> = Vec::with_capacity(max_records.min(self.waiting.len()));
        let mut held = Vec::new();
        let mut bytes = 0;
        while batch.len() < max_records {
            let Some(entry) = self.waiting.pop_front() else { break };
            if entry.ordered && self.on_the_way.contains_key(&entry.key) {
                held.push(entry);
                continue;
            }
            if !batch.is_empty() && bytes + entry.bytes() > max_bytes {
                self.waiting.push_front(entry);
                break;
            }
            bytes += entry.bytes();
            batch.push(entry);
        }
        for entry in held.into_iter().rev() {
            self.waiting.push_front(entry);
        }
        // Only now: records of one key may share a batch, which keeps their order.
        for entry in batch.iter().filter(|entry| entry.ordered) {
            match self.on_the_way.get_mut(&entry.key) {
                Some(count) => *count += 1,
                None => drop(self.on_the_way.insert(entry.key.clone(), 1)),
            }
        }
        self.bytes -= bytes;
        batch
    }

    /// Records that have arrived, so that others with their keys may go.
    pub fn arrived<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) {
        for entry in entries.into_iter().filter(|entry| entry.ordered) {
            if let Some(count) = self.on_the_way.get_mut(&entry.key) {
                *count -= 1;
                if *count == 0 {
                    self.on_the_way.remove(&entry.key);
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
            let since = Instant::now();
            buffer.push(Entry { key: (*key).into(), ordered: true, data: data.as_bytes().to_vec(), since });
        }
        buffer
    }

    fn data(batch: &[Entry]) -> Vec<&str> {
        batch.iter().map(|entry| std::str::from_utf8(&entry.data).unwrap()).collect()
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
    fn random_keys_never_wait() {
        let mut waiting = Buffer::default();
        for data in [b"1", b"2"] {
            waiting.push(Entry { key: "k".into(), ordered: false, data: data.to_vec(), since: Instant::now() });
        }
        assert_eq!(data(&waiting.take(1, 500)), ["1"]);
        assert_eq!(data(&waiting.take(1, 500)), ["2"]);
    }
}
