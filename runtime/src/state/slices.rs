//! Values by key and slice of time: what windows that overlap share.

use super::{KeyId, Keys};
use std::collections::VecDeque;

/// A value for every pair of key and slice that has been touched. A slice is named by its start.
///
/// A key keeps its newest slice in place and older ones behind a pointer, since rows come almost in order:
/// most of them belong to the newest slice of their key.
pub struct Slices<K, V> {
    keys: Keys<K, Slots<V>>,
    /// Which keys have a value in which slice, oldest slice first.
    slices: VecDeque<Slice>,
    /// Which slice of `slices` was found last.
    recent: usize,
}

struct Slots<V> {
    start: i64,
    newest: V,
    /// Ascending by start, all before `start`.
    older: VecDeque<(i64, V)>,
}

struct Slice {
    start: i64,
    keys: Vec<KeyId>,
}

impl<K, V> Default for Slices<K, V> {
    fn default() -> Self {
        Slices { keys: Keys::default(), slices: VecDeque::new(), recent: 0 }
    }
}

impl<K, V: Default> Slices<K, V> {
    /// How many keys have a value in some slice.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The start of the oldest slice.
    #[inline]
    pub fn oldest(&self) -> Option<i64> {
        self.slices.front().map(|slice| slice.start)
    }

    /// The value of a key in a slice, made by `Default` where there is none yet.
    #[inline]
    pub fn value(&mut self, hash: u64, start: i64, matches: impl Fn(&K) -> bool, own: impl FnOnce() -> K) -> &mut V {
        let id = match self.keys.find(hash, matches) {
            Some(id) => id,
            None => self.insert(hash, own(), start),
        };
        if self.slots(id).start != start {
            self.open(id, start);
        }
        let slots = self.slots(id);
        if slots.start == start {
            return &mut slots.newest;
        }
        let place = slots.older.partition_point(|(other, _)| *other < start);
        &mut slots.older[place].1
    }

    /// Calls `each` for every key with a value in the slices from `start` up to and without `end`, in the
    /// order of the keys' places, with the values of these slices, oldest first.
    pub fn each_key<E>(
        &self,
        start: i64,
        end: i64,
        mut each: impl FnMut(&K, Values<'_, V>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut emit = |id: KeyId| match self.keys.get(id) {
            Some((key, slots)) => match slots.between(start, end) {
                Some(values) => each(key, values),
                None => Ok(()),
            },
            None => Ok(()),
        };
        let lists = || self.slices.iter().filter(|slice| (start..end).contains(&slice.start)).map(|slice| &slice.keys);
        let values: usize = lists().map(Vec::len).sum();
        if values * 4 >= self.keys.places() {
            return (0..self.keys.places() as KeyId).try_for_each(emit);
        }
        let mut ids: Vec<KeyId> = lists().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().try_for_each(&mut emit)
    }

    /// Moves the values of slice `from` into the older slice `into`, through `merge` where a key has both.
    pub fn fold<E>(
        &mut self,
        from: i64,
        into: i64,
        mut merge: impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<(), E> {
        let Ok(place) = self.slices.binary_search_by_key(&from, |slice| slice.start) else { return Ok(()) };
        if from == into {
            return Ok(());
        }
        let moved = self.slices.remove(place).map(|slice| slice.keys).unwrap_or_default();
        let target = self.slice_place(into);
        for id in moved {
            let slots = self.slots(id);
            match slots.older.iter().position(|(start, _)| *start == into) {
                None if slots.start == from => slots.start = into,
                None => {
                    if let Some(slot) = slots.older.iter_mut().find(|(start, _)| *start == from) {
                        slot.0 = into;
                    }
                }
                Some(base) => {
                    if slots.start == from {
                        // The base is the only older one: what lies between was folded before.
                        let (start, value) = slots.older.remove(base).expect("position found it");
                        let newest = std::mem::replace(&mut slots.newest, value);
                        slots.start = start;
                        merge(&mut slots.newest, &newest)?;
                    } else if let Some(other) = slots.older.iter().position(|(start, _)| *start == from) {
                        let (_, value) = slots.older.remove(other).expect("position found it");
                        merge(&mut slots.older[base].1, &value)?;
                    }
                    continue;
                }
            }
            self.slices[target].keys.push(id);
        }
        Ok(())
    }

    /// Forgets the oldest slice, and the keys that have no other.
    pub fn drop_oldest(&mut self) {
        let Some(slice) = self.slices.pop_front() else { return };
        self.recent = 0;
        for id in slice.keys {
            let slots = self.slots(id);
            if slots.start == slice.start {
                // Nothing is older than the oldest slice, so the key has no other.
                self.keys.remove(id);
            } else if slots.older.front().is_some_and(|(start, _)| *start == slice.start) {
                slots.older.pop_front();
            }
        }
        self.keys.shrink();
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, hash: u64, key: K, start: i64) -> KeyId {
        let id = self.keys.insert(hash, key, Slots { start, newest: V::default(), older: VecDeque::new() });
        let place = self.slice_place(start);
        self.slices[place].keys.push(id);
        id
    }

    /// Makes sure that the key has a value in the slice.
    #[cold]
    #[inline(never)]
    fn open(&mut self, id: KeyId, start: i64) {
        let slots = self.slots(id);
        if start > slots.start {
            let newest = std::mem::take(&mut slots.newest);
            slots.reserve();
            slots.older.push_back((slots.start, newest));
            slots.start = start;
        } else {
            let place = slots.older.partition_point(|(other, _)| *other < start);
            if slots.older.get(place).is_some_and(|(other, _)| *other == start) {
                return;
            }
            slots.reserve();
            slots.older.insert(place, (start, V::default()));
        }
        let place = self.slice_place(start);
        self.slices[place].keys.push(id);
    }

    #[inline]
    fn slots(&mut self, id: KeyId) -> &mut Slots<V> {
        self.keys.get_mut(id).expect("the key of a slice is there").1
    }

    /// Where the slice is in `slices`; it is put there if it is new.
    fn slice_place(&mut self, start: i64) -> usize {
        if self.slices.get(self.recent).is_some_and(|slice| slice.start == start) {
            return self.recent;
        }
        let place = self.slices.partition_point(|slice| slice.start < start);
        if self.slices.get(place).is_none_or(|slice| slice.start != start) {
            self.slices.insert(place, Slice { start, keys: Vec::new() });
        }
        self.recent = place;
        place
    }
}

impl<V> Slots<V> {
    /// Room for one more, growing from one place rather than from four.
    fn reserve(&mut self) {
        if self.older.len() == self.older.capacity() {
            self.older.reserve_exact(self.older.len().max(1));
        }
    }

    fn between(&self, start: i64, end: i64) -> Option<Values<'_, V>> {
        let first = self.older.partition_point(|(other, _)| *other < start);
        let behind = self.older.partition_point(|(other, _)| *other < end);
        let newest = (start..end).contains(&self.start).then_some(&self.newest);
        let values = Values { older: self.older.range(first..behind), newest };
        (values.len() > 0).then_some(values)
    }
}

/// The values of one key in a run of slices, oldest first.
pub struct Values<'a, V> {
    older: std::collections::vec_deque::Iter<'a, (i64, V)>,
    newest: Option<&'a V>,
}

impl<'a, V> Iterator for Values<'a, V> {
    type Item = &'a V;

    #[inline]
    fn next(&mut self) -> Option<&'a V> {
        self.older.next().map(|(_, value)| value).or_else(|| self.newest.take())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self.older.len() + usize::from(self.newest.is_some());
        (length, Some(length))
    }
}

impl<V> DoubleEndedIterator for Values<'_, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.newest.take().or_else(|| self.older.next_back().map(|(_, value)| value))
    }
}

impl<V> ExactSizeIterator for Values<'_, V> {}
