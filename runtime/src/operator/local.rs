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
/// How many places remember which partial result a row found: enough that two rarely want the same.
const RECENT: usize = 8_192;
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
    entries: Vec<Entry<A>>,
    /// By the lowest bits of their mixed hashes, the entry that was found last. It may be another's.
    recent: Vec<u16>,
    /// How many bytes the keys have in all, and those of one.
    key_bytes: usize,
    key: Vec<u8>,
    due: Timestamp,
    /// By the lowest bits of their mixed hashes, the highest of keys that were seen without having a place.
    seen: Vec<u16>,
    /// Rows that found their key since the last look, and those that did not.
    found: u32,
    missed: u32,
    /// How many rows are to be left alone, and how many it will be the next time.
    paused: u32,
    pause: u32,
}

struct Entry<A: Aggregation> {
    hash: u64,
    slice: i64,
    key: A::Key,
    accumulator: A::Accumulator,
    rows: u32,
}

impl<A: Aggregation> Default for LocalTable<A> {
    fn default() -> Self {
        LocalTable {
            index: HashTable::new(),
            entries: Vec::new(),
            recent: Vec::new(),
            key_bytes: 0,
            key: Vec::new(),
            due: Timestamp::MAX,
            seen: Vec::new(),
            found: 0,
            missed: 0,
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
        let recent = self.recent.get(mix(hash, slice) as usize % RECENT).copied().unwrap_or(u16::MAX);
        if let Some(entry) = self.entries.get_mut(usize::from(recent))
            && entry.is(hash, slice, &A::key(input))
        {
            self.found += 1;
            return entry.add(input);
        }
        self.add_other(hash, slice, input)
    }

    #[inline(never)]
    fn add_other(&mut self, hash: u64, slice: i64, input: &A::Input<'_>) -> Result<bool> {
        if self.found + self.missed >= TRIAL {
            self.look_back();
        }
        let (key, mixed) = (A::key(input), mix(hash, slice));
        let LocalTable { index, entries, .. } = self;
        let Some(&id) = index.find(mixed, |&id| entries[id as usize].is(hash, slice, &key)) else {
            self.missed += 1;
            return self.insert(hash, slice, input);
        };
        self.found += 1;
        self.recent[mixed as usize % RECENT] = id as u16;
        self.entries[id as usize].add(input)
    }

    fn insert(&mut self, hash: u64, slice: i64, input: &A::Input<'_>) -> Result<bool> {
        let mixed = mix(hash, slice);
        if self.is_first(mixed) || self.entries.len() >= CAPACITY || self.key_bytes > KEY_BYTES {
            return Ok(false);
        }
        self.recent.resize(RECENT, u16::MAX);
        let key = A::key(input);
        self.key.clear();
        key.encode(&mut self.key);
        self.key_bytes += self.key.len();
        let mut accumulator = A::Accumulator::default();
        A::accumulate(&mut accumulator, input)?;
        let id = self.entries.len() as u32;
        self.entries.push(Entry { hash, slice, key: A::own(&key), accumulator, rows: 1 });
        self.recent[mixed as usize % RECENT] = id as u16;
        let entries = &self.entries;
        self.index.insert_unique(mixed, id, |&id| {
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
        if self.found < (self.found + self.missed) / 4 {
            self.paused = self.pause;
            self.pause = (self.pause * 2).min(PAUSES[1]);
        } else {
            self.pause = PAUSES[0];
        }
        (self.found, self.missed) = (0, 0);
    }
}

impl<A: Aggregation> Entry<A> {
    #[inline]
    fn is(&self, hash: u64, slice: i64, key: &A::KeyRef<'_>) -> bool {
        self.hash == hash && self.slice == slice && A::matches(&self.key, key)
    }

    #[inline]
    fn add(&mut self, input: &A::Input<'_>) -> Result<bool> {
        self.rows += 1;
        A::accumulate(&mut self.accumulator, input)?;
        Ok(true)
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
        entry.key.encode(out);
        entry.accumulator.encode(out);
    }

    fn clear(&mut self) {
        self.index.clear();
        self.entries.clear();
        self.key_bytes = 0;
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

#[inline]
fn mix(hash: u64, slice: i64) -> u64 {
    // Slices are far apart and alike in their lowest bits, which a multiplication spreads.
    hash ^ (slice as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
