//! One value per key, in places that do not move while the key lives.

use super::hash;
use super::index::Index;
use super::places::Places;
use std::hash::Hash;

/// The place of a key in [`Keys`].
pub type KeyId = u32;

/// A table from keys to values.
///
/// Places are counted from 0 in order of first arrival. The place of a removed key is used again, those at the
/// beginning of the table first. Going through the table is going through memory in order.
///
/// The hash of a key is [`state::hash`](super::hash) of it, which has to be that of the borrowed key too.
pub struct Keys<K, V> {
    index: Index,
    entries: Places<Entry<K, V>>,
}

struct Entry<K, V> {
    key: K,
    value: V,
}

impl<K, V> Default for Keys<K, V> {
    fn default() -> Self {
        Keys { index: Index::default(), entries: Places::default() }
    }
}

impl<K: Hash, V> Keys<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn is_empty(&self) -> bool {
        self.index.len() == 0
    }

    /// The memory of the table, without what keys and values point to.
    pub fn bytes(&self) -> usize {
        self.index.bytes() + self.entries.bytes()
    }

    /// How many places there are, used or free: every [`KeyId`] is below.
    pub fn places(&self) -> usize {
        self.entries.end()
    }

    #[inline]
    pub fn find(&self, hash: u64, matches: impl Fn(&K) -> bool) -> Option<KeyId> {
        // SAFETY: the index has only places of keys that are there.
        self.index.find(hash, |id| matches(unsafe { &self.entries.get_taken(id).key }))
    }

    /// As [`find`](Keys::find), only where almost every key is that is there.
    #[inline(always)]
    pub fn find_at_once(&self, hash: u64, matches: impl Fn(&K) -> bool) -> Option<KeyId> {
        // SAFETY: the index has only places of keys that are there.
        self.index.first(hash).filter(|id| matches(unsafe { &self.entries.get_taken(*id).key }))
    }

    /// The value of a key that has just been [found](Keys::find).
    ///
    /// # Safety
    /// The key has to be there.
    #[inline]
    pub(super) unsafe fn get_found_mut(&mut self, id: KeyId) -> &mut V {
        // SAFETY: as promised.
        unsafe { &mut self.entries.get_taken_mut(id).value }
    }

    /// Puts a key that [`find`](Keys::find) did not find.
    pub fn insert(&mut self, hash: u64, key: K, value: V) -> KeyId {
        debug_assert_eq!(hash, super::hash(&key), "an owned key has the hash of the borrowed one");
        let id = self.entries.insert(Entry { key, value });
        self.index.insert(hash, id);
        id
    }

    #[inline]
    pub fn get(&self, id: KeyId) -> Option<(&K, &V)> {
        self.entries.get(id).map(|entry| (&entry.key, &entry.value))
    }

    #[inline]
    pub fn get_mut(&mut self, id: KeyId) -> Option<(&K, &mut V)> {
        self.entries.get_mut(id).map(|entry| (&entry.key, &mut entry.value))
    }

    pub fn remove(&mut self, id: KeyId) -> Option<(K, V)> {
        // First from the index, which never has a place that is free.
        let removed = self.index.remove(hash(&self.entries.get(id)?.key), id);
        assert!(removed, "a key has always the same hash");
        self.entries.remove(id).map(|entry| (entry.key, entry.value))
    }

    /// All keys with their values, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (KeyId, &K, &V)> {
        self.entries.iter().map(|(id, entry)| (id, &entry.key, &entry.value))
    }

    /// The keys of a block of [`PLACES`](super::snapshots::PLACES) places with their values, in the order of the places.
    pub(super) fn block(&self, number: u32) -> impl Iterator<Item = (KeyId, &K, &V)> {
        self.entries.block(number).map(|(id, entry)| (id, &entry.key, &entry.value))
    }

    /// Makes room in the index for so many keys, if there are none yet. Entries need no room: they never move.
    pub(super) fn reserve(&mut self, keys: usize) {
        self.index.reserve(keys);
    }

    /// Has the memory fetched where [`find`](Keys::find) begins.
    #[inline]
    pub(super) fn prefetch_index(&self, hash: u64) {
        self.index.prefetch(hash);
    }

    /// Has the memory fetched where [`find`](Keys::find) will most likely find the key.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        if let Some(id) = self.index.find(hash, |_| true) {
            self.entries.prefetch(id);
        }
    }

    /// Has the memory of a key fetched.
    #[inline]
    pub(super) fn prefetch(&self, id: KeyId) {
        self.entries.prefetch(id);
    }
}
