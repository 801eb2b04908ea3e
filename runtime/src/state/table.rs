//! A table that can be written while it changes.

use super::Blocks;
use super::keys::{KeyId, Keys};
use super::snapshots::{NONE, PLACES, Snapshots};
use crate::row::Codec;
use std::hash::Hash;

/// [`Keys`] with snapshots: see [`KeyedOperator`](crate::operator::KeyedOperator) for what begins, writes and ends one.
pub struct Table<K, V> {
    keys: Keys<K, V>,
    snapshots: Snapshots,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { keys: Keys::default(), snapshots: Snapshots::default() }
    }
}

impl<K: Hash + for<'a> Codec<'a>, V: for<'a> Codec<'a>> Table<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The memory of the table, without what keys and values point to.
    pub fn bytes(&self) -> usize {
        self.keys.bytes()
    }

    /// How many places there are, used or free: every [`KeyId`] is below.
    pub fn places(&self) -> usize {
        self.keys.places()
    }

    #[inline]
    pub fn find(&self, hash: u64, matches: impl Fn(&K) -> bool) -> Option<KeyId> {
        self.keys.find(hash, matches)
    }

    #[inline]
    pub fn get(&self, id: KeyId) -> Option<(&K, &V)> {
        self.keys.get(id)
    }

    /// A value that may change.
    #[inline]
    pub fn get_mut(&mut self, id: KeyId) -> Option<(&K, &mut V)> {
        self.change(id);
        self.keys.get_mut(id)
    }

    /// Puts a key that [`find`](Table::find) did not find.
    pub fn insert(&mut self, hash: u64, key: K, value: V) -> KeyId {
        let id = self.keys.insert(hash, key, value);
        if self.snapshots.is_unchanged(id) {
            self.write_first(id, id);
        }
        id
    }

    pub fn remove(&mut self, id: KeyId) -> Option<(K, V)> {
        self.change(id);
        self.keys.remove(id)
    }

    /// The cut of a snapshot: answers how many blocks there are.
    pub fn begin_snapshot(&mut self, changes: bool) -> u32 {
        self.snapshots.begin(self.keys.places(), changes)
    }

    pub fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        let Table { keys, snapshots } = self;
        snapshots.write(blocks, enough, &mut |number, out| write(keys, number, NONE, out))
    }

    /// How many bytes have been written before their turn.
    pub fn early(&self) -> usize {
        self.snapshots.early()
    }

    pub fn snapshot_ended(&mut self, kept: bool) {
        self.snapshots.ended(kept);
    }

    /// Makes room for the keys of so many blocks.
    pub fn expect_blocks(&mut self, blocks: usize) {
        self.keys.reserve(blocks * PLACES);
    }

    /// Puts the keys of a block whose hashes are `owned`, and hands out where. A key is made its own by `own`.
    pub fn restore_block<'b, B: Hash + Codec<'b>>(
        &mut self,
        mut bytes: &'b [u8],
        owned: &dyn Fn(u64) -> bool,
        own: impl Fn(&B) -> K,
        mut each: impl FnMut(KeyId, &V),
    ) {
        let borrowed = read_keys::<B>(&mut bytes);
        borrowed.iter().for_each(|(hash, _)| self.keys.prefetch_index(*hash));
        for (hash, key) in borrowed {
            let value = V::decode(&mut bytes);
            if owned(hash) {
                let id = self.insert(hash, own(&key), value);
                self.get(id).into_iter().for_each(|(_, value)| each(id, value));
            }
        }
    }

    #[inline]
    fn change(&mut self, id: KeyId) {
        if self.snapshots.is_unchanged(id) {
            self.write_first(id, NONE);
        }
    }

    #[cold]
    #[inline(never)]
    fn write_first(&mut self, id: KeyId, except: KeyId) {
        let Table { keys, snapshots } = self;
        if let Some((number, out)) = snapshots.change(id) {
            write(keys, number, except, out);
        }
    }
}

/// Writes a block but for one place: the keys, and then their values.
fn write<K: Hash + for<'a> Codec<'a>, V: for<'a> Codec<'a>>(
    keys: &Keys<K, V>,
    number: u32,
    except: KeyId,
    out: &mut Vec<u8>,
) {
    write_keys(keys, number, except, out);
    for (_, _, value) in keys.block(number).filter(|(id, ..)| *id != except) {
        value.encode(out);
    }
}

/// Writes how many keys a block has, but for one place, and the keys. They come before their values, so that who reads
/// them can look for all of them at once.
pub(super) fn write_keys<K: Hash + for<'a> Codec<'a>, V>(
    keys: &Keys<K, V>,
    number: u32,
    except: KeyId,
    out: &mut Vec<u8>,
) {
    let length = out.len();
    out.push(0);
    for (_, key, _) in keys.block(number).filter(|(id, ..)| *id != except) {
        out[length] += 1;
        key.encode(out);
    }
}

/// The keys at the front of a block, with their hashes.
pub(super) fn read_keys<'b, B: Hash + Codec<'b>>(bytes: &mut &'b [u8]) -> Vec<(u64, B)> {
    let keys = (0..u8::decode(bytes)).map(|_| B::decode(bytes));
    keys.map(|key| (super::hash(&key), key)).collect()
}
