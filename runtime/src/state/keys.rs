//! One value per key, in places that do not move while the key lives.

use hashbrown::HashTable;

/// The place of a key in [`Keys`].
pub type KeyId = u32;

/// A table from keys to values. Places are counted from 0 in order of first arrival; the place of a removed
/// key is used again.
pub struct Keys<K, V> {
    index: HashTable<KeyId>,
    entries: Vec<Option<Entry<K, V>>>,
    free: Vec<KeyId>,
}

struct Entry<K, V> {
    hash: u64,
    key: K,
    value: V,
}

impl<K, V> Default for Keys<K, V> {
    fn default() -> Self {
        Keys { index: HashTable::new(), entries: Vec::new(), free: Vec::new() }
    }
}

impl<K, V> Keys<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// How many places there are, used or free: every [`KeyId`] is below.
    pub fn places(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub fn find(&self, hash: u64, matches: impl Fn(&K) -> bool) -> Option<KeyId> {
        self.index
            .find(hash, |&id| self.entry(id).is_some_and(|entry| entry.hash == hash && matches(&entry.key)))
            .copied()
    }

    /// Puts a key that [`find`](Keys::find) did not find.
    pub fn insert(&mut self, hash: u64, key: K, value: V) -> KeyId {
        let entry = Some(Entry { hash, key, value });
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                self.entries.push(entry);
                KeyId::try_from(self.entries.len() - 1).expect("a worker has less than four billion keys")
            }
        };
        let entries = &self.entries;
        self.index.insert_unique(hash, id, |&id| entries[id as usize].as_ref().map_or(0, |entry| entry.hash));
        id
    }

    #[inline]
    pub fn get(&self, id: KeyId) -> Option<(&K, &V)> {
        self.entry(id).map(|entry| (&entry.key, &entry.value))
    }

    #[inline]
    pub fn get_mut(&mut self, id: KeyId) -> Option<(&K, &mut V)> {
        self.entries.get_mut(id as usize)?.as_mut().map(|entry| (&entry.key, &mut entry.value))
    }

    pub fn remove(&mut self, id: KeyId) -> Option<(K, V)> {
        let entry = self.entries.get_mut(id as usize)?.take()?;
        if let Ok(found) = self.index.find_entry(entry.hash, |&other| other == id) {
            found.remove();
        }
        if self.index.is_empty() {
            self.entries.clear();
            self.free.clear();
        } else {
            self.free.push(id);
        }
        Some((entry.key, entry.value))
    }

    /// Gives memory back that a much larger number of keys needed.
    pub fn shrink(&mut self) {
        if self.index.is_empty() && self.entries.capacity() > 1024 {
            *self = Keys::default();
        }
    }

    #[inline]
    fn entry(&self, id: KeyId) -> Option<&Entry<K, V>> {
        self.entries.get(id as usize)?.as_ref()
    }
}
