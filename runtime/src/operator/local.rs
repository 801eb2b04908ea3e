//! The first of two phases: partial results of keys that other workers own.
//!
//! With several workers, a worker aggregates rows of others' keys in a small table before it sends them: one
//! key, slice and accumulator instead of many rows, as Flink's local aggregation does. Sums of FLOAT and DOUBLE
//! are then added up in another order than with one worker, as in Flink.
//!
//! The table never holds a row up or back. A key gets a place with its second row, since most keys of which there
//! are many have no second; what finds no room is sent as a row; and when few rows find their key in the table, it
//! steps aside for a while. When partial results are sent is left to
//! [`exchange`](crate::exchange).

use super::Aggregation;
use crate::error::Result;
use crate::row::Codec;
use crate::value::Timestamp;
use hashbrown::HashTable;

/// How many partial results there are at most: what a processor's second cache holds.
const CAPACITY: usize = 4_096;
/// How many bytes their keys have at most.
const KEY_BYTES: usize = 256 << 10;
/// After how many rows the table looks at what it was good for.
const TRIAL: u32 = 8_192;
/// How many rows the table leaves alone if it was good for little, at first and at last.
const PAUSES: [u32; 2] = [1 << 16, 1 << 20];

/// Partial results as the exchange sees them.
pub trait Partials {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hash of the key of a partial result.
    fn hash(&self, index: usize) -> u64;

    fn encode(&self, index: usize, out: &mut Vec<u8>);

    /// Forgets all, which have been sent.
    fn clear(&mut self);

    /// The watermark that must not overtake the partial results: it ends a window of some of them.
    fn due(&self) -> Timestamp;
}

/// Partial results by key and slice.
pub(super) struct LocalTable<A: Aggregation> {
    index: HashTable<u32>,
    entries: Vec<Entry<A::Accumulator>>,
    /// The bytes of all keys, one behind the other.
    keys: Vec<u8>,
    due: Timestamp,
    /// By the lowest bits of their mixed hashes, the highest of keys that were seen without having a place.
    seen: Vec<u16>,
    /// Rows that asked for a place since the last look, and those that found their key.
    tried: u32,
    found: u32,
    /// How many rows are to be left alone, and how many it will be the next time.
    paused: u32,
    pause: u32,
}

struct Entry<T> {
    hash: u64,
    slice: i64,
    rows: u32,
    /// Where its key begins in `keys`; it ends where that of the next entry begins.
    key: u32,
    accumulator: T,
}

impl<A: Aggregation> Default for LocalTable<A> {
    fn default() -> Self {
        LocalTable {
            index: HashTable::new(),
            entries: Vec::new(),
            keys: Vec::new(),
            due: Timestamp::MAX,
            seen: Vec::new(),
            tried: 0,
            found: 0,
            paused: 0,
            pause: PAUSES[0],
        }
    }
}

impl<A: Aggregation> LocalTable<A> {
    /// Whether the table leaves this row alone.
    #[inline]
    pub fn steps_aside(&mut self) -> bool {
        let aside = self.paused > 0;
        self.paused -= u32::from(aside);
        aside
    }

    /// Partial results that may come from now on must be sent before this watermark.
    pub fn due_before(&mut self, due: Timestamp) {
        self.due = self.due.min(due);
    }

    /// Adds a row to the partial result of its key in a slice; `false` if there is no room for one more.
    #[inline]
    pub fn add(&mut self, hash: u64, slice: i64, input: &A::Input<'_>) -> Result<bool> {
        self.tried += 1;
        if self.tried >= TRIAL {
            self.look_back();
        }
        // The key goes behind the others, where it stays if it is new.
        let start = self.keys.len();
        A::key(input).encode(&mut self.keys);
        let LocalTable { index, entries, keys, .. } = self;
        let is_same = |&id: &u32| {
            let entry = &entries[id as usize];
            entry.hash == hash && entry.slice == slice && keys_equal(entries, keys, start, id)
        };
        if let Some(&id) = index.find(mix(hash, slice), is_same) {
            self.keys.truncate(start);
            self.found += 1;
            let entry = &mut self.entries[id as usize];
            entry.rows += 1;
            A::accumulate(&mut entry.accumulator, input)?;
            return Ok(true);
        }
        self.insert(hash, slice, start, input)
    }

    #[inline(never)]
    fn insert(&mut self, hash: u64, slice: i64, start: usize, input: &A::Input<'_>) -> Result<bool> {
        if self.is_first(mix(hash, slice)) || self.entries.len() >= CAPACITY || self.keys.len() > KEY_BYTES {
            self.keys.truncate(start);
            return Ok(false);
        }
        let mut accumulator = A::Accumulator::default();
        A::accumulate(&mut accumulator, input)?;
        let id = self.entries.len() as u32;
        self.entries.push(Entry { hash, slice, rows: 1, key: start as u32, accumulator });
        let entries = &self.entries;
        self.index.insert_unique(mix(hash, slice), id, |&id| {
            let entry = &entries[id as usize];
            mix(entry.hash, entry.slice)
        });
        Ok(true)
    }

    /// Whether no other row with this mixed hash came lately, as far as a small memory tells.
    fn is_first(&mut self, mixed: u64) -> bool {
        if self.seen.is_empty() {
            self.seen.resize(CAPACITY, 0);
        }
        let (place, tag) = (mixed as usize % CAPACITY, (mixed >> 48) as u16 | 1);
        std::mem::replace(&mut self.seen[place], tag) != tag
    }

    /// Steps aside for a while if not even every fourth row found its key.
    #[cold]
    fn look_back(&mut self) {
        if self.found < self.tried / 4 {
            self.paused = self.pause;
            self.pause = (self.pause * 2).min(PAUSES[1]);
        } else {
            self.pause = PAUSES[0];
        }
        (self.tried, self.found) = (0, 0);
    }
}

impl<A: Aggregation> Partials for LocalTable<A> {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn hash(&self, index: usize) -> u64 {
        self.entries[index].hash
    }

    /// What [`Partial::decode`] reads.
    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        let entry = &self.entries[index];
        entry.slice.encode(out);
        entry.rows.encode(out);
        out.extend_from_slice(key_of(&self.entries, &self.keys, index, self.keys.len()));
        entry.accumulator.encode(out);
    }

    fn clear(&mut self) {
        self.index.clear();
        self.entries.clear();
        self.keys.clear();
        self.due = Timestamp::MAX;
    }

    fn due(&self) -> Timestamp {
        self.due
    }
}

/// A partial result that came from another worker.
pub(super) struct Partial<'a, A: Aggregation> {
    pub slice: i64,
    pub rows: u32,
    pub key: A::KeyRef<'a>,
    pub accumulator: A::Accumulator,
}

impl<'a, A: Aggregation> Partial<'a, A> {
    pub fn decode(bytes: &mut &'a [u8]) -> Self {
        Partial {
            slice: Codec::decode(bytes),
            rows: Codec::decode(bytes),
            key: Codec::decode(bytes),
            accumulator: Codec::decode(bytes),
        }
    }
}

fn key_of<'k, T>(entries: &[Entry<T>], keys: &'k [u8], index: usize, end: usize) -> &'k [u8] {
    let end = entries.get(index + 1).map_or(end, |next| next.key as usize);
    &keys[entries[index].key as usize..end]
}

/// Whether the key that begins at `start`, behind all others, is that of an entry.
#[inline]
fn keys_equal<T>(entries: &[Entry<T>], keys: &[u8], start: usize, id: u32) -> bool {
    key_of(entries, keys, id as usize, start) == &keys[start..]
}

#[inline]
fn mix(hash: u64, slice: i64) -> u64 {
    // Slices are far apart and alike in their lowest bits, which a multiplication spreads.
    hash ^ (slice as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
