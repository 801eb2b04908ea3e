//! Slices on their way into a checkpoint and back.

use super::{AT_ONCE, KeyId, Keys, Newest, Older, Places, Slices, chain, fetch};
use crate::row::Codec;
use crate::state::Blocks;
use crate::state::snapshots::{NONE, PLACES};
use crate::state::table::{read_keys, write_keys};
use std::hash::Hash;

impl<K: Hash + for<'a> Codec<'a>, V: Default + for<'a> Codec<'a>> Slices<K, V> {
    /// The cut of a snapshot: answers how many blocks there are.
    pub fn begin_snapshot(&mut self, changes: bool) -> u32 {
        self.left = None;
        self.snapshots.begin(self.keys.places(), changes)
    }

    pub fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        let Slices { keys, older, slices, chains, snapshots, left, .. } = self;
        let more = match left {
            Some((keys, start)) => {
                let older = Places::default();
                let mut view = View { keys, older: &older, start: &|_| *start, chains };
                snapshots.write(blocks, enough, &mut |number, out| view.write(number, NONE, out))
            }
            None => {
                let start = |number: super::Number| slices[number.get() as usize - 1].start;
                let mut view = View { keys, older, start: &start, chains };
                snapshots.write(blocks, enough, &mut |number, out| view.write(number, NONE, out))
            }
        };
        if !more {
            *left = None;
        }
        more
    }

    /// Makes room for the keys of so many blocks.
    pub fn expect_blocks(&mut self, blocks: usize) {
        self.keys.reserve(blocks * PLACES);
    }

    /// How many bytes have been written before their turn.
    pub fn early(&self) -> usize {
        self.snapshots.early()
    }

    pub fn snapshot_ended(&mut self, kept: bool) {
        self.left = None;
        self.snapshots.ended(kept);
    }

    /// Puts the keys of a block whose hashes are `owned`. A key is made its own by `own`.
    pub fn restore_block<'b, B: Hash + Codec<'b>>(
        &mut self,
        mut bytes: &'b [u8],
        owned: &dyn Fn(u64) -> bool,
        own: impl Fn(&B) -> K,
    ) {
        let borrowed = read_keys::<B>(&mut bytes);
        borrowed.iter().for_each(|(hash, _)| self.keys.prefetch_index(*hash));
        for (hash, key) in borrowed {
            let mut id = None;
            let mut key = owned(hash).then_some(key);
            for _ in 0..u32::decode(&mut bytes) {
                let (start, value) = (i64::decode(&mut bytes), V::decode(&mut bytes));
                if let Some(key) = key.take() {
                    let slice = self.slice(start);
                    let id = *id.insert(self.insert(hash, own(&key), slice));
                    self.newest(id).value = value;
                } else if let Some(id) = id {
                    let slice = self.slice(start);
                    *self.value_of(id, slice) = value;
                }
            }
        }
    }

    /// The key or one of its values is about to change.
    #[inline]
    pub(super) fn change(&mut self, id: KeyId) {
        if self.snapshots.is_unchanged(id) {
            self.write_first(id, NONE);
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn write_first(&mut self, id: KeyId, except: KeyId) {
        let Slices { keys, older, slices, chains, snapshots, .. } = self;
        if let Some((number, out)) = snapshots.change(id) {
            let start = |number: super::Number| slices[number.get() as usize - 1].start;
            View { keys, older, start: &start, chains }.write(number, except, out);
        }
    }
}

/// What a block is written of.
struct View<'s, K, V> {
    keys: &'s Keys<K, Newest<V>>,
    older: &'s Places<Older<V>>,
    start: &'s dyn Fn(super::Number) -> i64,
    chains: &'s mut Vec<u32>,
}

impl<K: Hash + for<'a> Codec<'a>, V: for<'a> Codec<'a>> View<'_, K, V> {
    /// Writes a block but for one place: the keys, and then for each how many values it has, and these with the starts
    /// of their slices, oldest first.
    fn write(&mut self, number: u32, except: KeyId, out: &mut Vec<u8>) {
        write_keys(self.keys, number, except, out);
        let (mut ids, mut length) = ([0; AT_ONCE], 0);
        let mut places = self.keys.block(number).map(|(id, ..)| id).filter(|id| *id != except).peekable();
        while let Some(id) = places.next() {
            ids[length] = id;
            length += 1;
            if length == AT_ONCE || places.peek().is_none() {
                self.write_values(&ids[..std::mem::take(&mut length)], out);
            }
        }
    }

    fn write_values(&mut self, ids: &[KeyId], out: &mut Vec<u8>) {
        fetch(self.keys, self.older, self.chains, ids);
        for (_, newest) in ids.iter().filter_map(|id| self.keys.get(*id)) {
            let length = out.len();
            let mut values = 1u32;
            values.encode(out);
            for (_, older) in chain(self.older, newest.older) {
                values += 1;
                (self.start)(older.slice).encode(out);
                older.value.encode(out);
            }
            (self.start)(newest.slice).encode(out);
            newest.value.encode(out);
            out[length..length + 4].copy_from_slice(&values.to_le_bytes());
        }
    }
}
