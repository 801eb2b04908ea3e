//! Values by key and slice of time: what windows that overlap share.

mod snapshot;
mod values;

pub use values::Values;

use super::members::{AT_ONCE, Members, Union};
use super::places::Places;
use super::snapshots::Snapshots;
use super::{KeyId, Keys};
use crate::row::Codec;
use std::collections::VecDeque;
use std::hash::Hash;
use std::num::NonZeroU32;

/// A value for every pair of key and slice that has been touched. A slice is named by its start.
///
/// A key keeps the value of its newest slice beside itself, since rows come almost in order and most of them belong
/// there. Values of older slices are in a table of their own, each knowing the next newer one of its key, the
/// newest of them the oldest: adding behind the newest and forgetting the oldest both take one step.
pub struct Slices<K, V> {
    keys: Keys<K, Newest<V>>,
    older: Places<Older<V>>,
    slices: Vec<Slice>,
    /// The numbers of the slices there are, oldest slice first.
    order: VecDeque<Number>,
    /// Numbers that can be used again.
    free: Vec<Number>,
    /// The slice that was asked for last.
    recent: Option<(i64, Number)>,
    union: Union,
    chains: Vec<u32>,
    snapshots: Snapshots,
    /// What a snapshot still has to write of keys that are all gone, and the slice that they had values in.
    left: Option<(Keys<K, Newest<V>>, i64)>,
}

/// Tells slices apart: one more than its place among `slices`.
type Number = NonZeroU32;

struct Newest<V> {
    value: V,
    slice: Number,
    /// The place of the newest older value, or [`NONE`].
    older: u32,
}

struct Older<V> {
    value: V,
    slice: Number,
    /// The place of the next newer value; of the newest one, that of the oldest.
    next: u32,
}

const NONE: u32 = u32::MAX;

/// How many keys make a table large: from here on waiting for their memory costs more than putting rows aside.
const LARGE: usize = 1 << 15;

#[derive(Default)]
struct Slice {
    start: i64,
    /// The keys that have a value in it.
    members: Members,
}

impl<K, V> Default for Slices<K, V> {
    fn default() -> Self {
        Slices {
            keys: Keys::default(),
            older: Places::default(),
            slices: Vec::new(),
            order: VecDeque::new(),
            free: Vec::new(),
            recent: None,
            union: Union::default(),
            chains: Vec::new(),
            snapshots: Snapshots::default(),
            left: None,
        }
    }
}

impl<K: Hash + for<'a> Codec<'a>, V: Default + for<'a> Codec<'a>> Slices<K, V> {
    /// How many keys have a value in some slice.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The memory of the tables, without what keys and values point to.
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.older.bytes()
    }

    /// The start of the oldest slice.
    #[inline]
    pub fn oldest(&self) -> Option<i64> {
        self.order.front().map(|number| self.start(*number))
    }

    /// The value of a key in a slice, made by `Default` where there is none yet. What is inlined is only the case that
    /// a key is where its hash says and has a value in the slice that was asked for last.
    #[inline(always)]
    pub fn value(&mut self, hash: u64, start: i64, matches: impl Fn(&K) -> bool, own: impl FnOnce() -> K) -> &mut V {
        if let Some((recent, slice)) = self.recent
            && recent == start
            && let Some(id) = self.keys.find_at_once(hash, &matches)
            && !self.snapshots.is_unchanged(id)
        {
            // SAFETY: it has just been found.
            let newest = unsafe { self.keys.get_found_mut(id) };
            if newest.slice == slice {
                let value = &raw mut newest.value;
                // SAFETY: the value is borrowed as long as `self` is, which this path does not touch again. The compiler
                // would borrow `self` on the other paths too.
                return unsafe { &mut *value };
            }
        }
        self.value_anywhere(hash, start, matches, own)
    }

    #[inline(never)]
    fn value_anywhere(
        &mut self,
        hash: u64,
        start: i64,
        matches: impl Fn(&K) -> bool,
        own: impl FnOnce() -> K,
    ) -> &mut V {
        let slice = self.slice(start);
        let id = match self.keys.find(hash, matches) {
            Some(id) => {
                self.change(id);
                id
            }
            None => self.insert(hash, own(), slice),
        };
        self.value_of(id, slice)
    }

    /// The value of a key that is there, in a slice that may not be its newest.
    fn value_of(&mut self, id: KeyId, slice: Number) -> &mut V {
        if self.newest(id).slice != slice
            && let Some(place) = self.open(id, slice)
        {
            return &mut self.older.get_mut(place).expect("a value that was just found").value;
        }
        &mut self.newest(id).value
    }

    /// Whether the table is larger than a processor's nearer caches, so that it pays to ask for memory some rows
    /// ahead.
    #[inline]
    pub fn is_large(&self) -> bool {
        self.keys.len() >= LARGE
    }

    /// Has the memory fetched where [`value`](Slices::value) begins to look: the first of two steps.
    #[inline]
    pub fn prefetch_index(&self, hash: u64) {
        self.keys.prefetch_index(hash);
    }

    /// Has the memory of the key fetched that [`value`](Slices::value) will most likely find, once that of the
    /// first step is there.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        self.keys.prefetch_entry(hash);
    }

    /// Calls `each` for every key with a value in the slices from `start` up to and without `end`, in the
    /// order of the keys' places, with the values of these slices, oldest first.
    pub fn each_key<E>(
        &mut self,
        start: i64,
        end: i64,
        mut each: impl FnMut(&K, Values<'_, V>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Slices { keys, older, slices, order, union, chains, .. } = self;
        let start_of = |number: Number| slices[number.get() as usize - 1].start;
        let within = |number: Number| (start..end).contains(&start_of(number));
        let members = |number: &Number| &slices[number.get() as usize - 1].members;
        let members: Vec<&Members> = order.iter().filter(|number| within(**number)).map(members).collect();
        union.each(&members, |ids| {
            fetch(keys, older, chains, ids);
            for id in ids {
                let Some((key, newest)) = keys.get(*id) else { continue };
                chains.clear();
                chains.extend(
                    chain(older, newest.older).filter(|(_, older)| within(older.slice)).map(|(place, _)| place),
                );
                let newest = within(newest.slice).then_some(&newest.value);
                each(key, Values { places: chains, older, newest })?;
            }
            Ok(())
        })
    }

    /// Moves the values of slice `from` into the older slice `into`, through `merge` where a key has both. There
    /// must be no slice between them.
    pub fn fold<E>(
        &mut self,
        from: i64,
        into: i64,
        mut merge: impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(from) = self.known(from).filter(|_| from != into) else { return Ok(()) };
        let into = self.number(into);
        let moved = self.forget(from);
        let mut union = std::mem::take(&mut self.union);
        let folded = union.each(&[&moved], |ids| {
            fetch(&self.keys, &self.older, &mut self.chains, ids);
            ids.iter().try_for_each(|id| self.fold_key(*id, from, into, &mut merge))
        });
        self.union = union;
        folded
    }

    fn fold_key<E>(
        &mut self,
        id: KeyId,
        from: Number,
        into: Number,
        merge: &mut impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<(), E> {
        self.change(id);
        let (first, slice) = (self.newest(id).older, self.newest(id).slice);
        let place_of = |slices: &Self, wanted: Number| {
            chain(&slices.older, first).find(|(_, older)| older.slice == wanted).map(|(place, _)| place)
        };
        let base = place_of(self, into);
        match (slice == from, base) {
            (true, Some(base)) => {
                let base = self.unlink(id, base);
                let newest = self.newest(id);
                let later = std::mem::replace(&mut newest.value, base);
                newest.slice = into;
                merge(&mut newest.value, &later)
            }
            (true, None) => {
                self.newest(id).slice = into;
                self.member(into, id);
                Ok(())
            }
            (false, Some(base)) => {
                let Some(later) = place_of(self, from) else { return Ok(()) };
                let later = self.unlink(id, later);
                merge(&mut self.older.get_mut(base).expect("a value that was just found").value, &later)
            }
            (false, None) => {
                let older = place_of(self, from).and_then(|place| self.older.get_mut(place));
                older.expect("a member has a value").slice = into;
                self.member(into, id);
                Ok(())
            }
        }
    }

    /// Forgets the oldest slice, and the keys that have no other.
    pub fn drop_oldest(&mut self) {
        let Some(oldest) = self.order.front().copied() else { return };
        let oldest_start = self.start(oldest);
        let members = self.forget(oldest);
        if self.order.is_empty() {
            self.forget_all(oldest_start);
            return;
        }
        let mut union = std::mem::take(&mut self.union);
        let Ok(()) = union.each(&[&members], |ids| {
            self.fetch_to_forget(ids);
            for id in ids {
                self.change(*id);
                let newest = self.newest(*id);
                if newest.slice == oldest {
                    // Nothing is older than the oldest slice, so the key has no other.
                    self.keys.remove(*id);
                } else {
                    let first = newest.older;
                    let place = self.older.get(first).expect("a key has a value in each slice it belongs to").next;
                    self.unlink(*id, place);
                }
            }
            Ok::<(), std::convert::Infallible>(())
        });
        self.union = union;
    }

    /// The memory of all keys is given back, or left to the snapshot that still has to write them.
    fn forget_all(&mut self, start: i64) {
        let keys = std::mem::take(&mut self.keys);
        self.older = Places::default();
        if self.snapshots.begin_anew() {
            // One that is there already was all gone before the table had any of its keys now.
            self.left.get_or_insert((keys, start));
        }
    }

    /// All values with their key and the start of their slice: key by key, a key's oldest first.
    #[cfg(test)]
    pub(super) fn each_value<E>(&self, mut each: impl FnMut(&K, i64, &V) -> Result<(), E>) -> Result<(), E> {
        self.keys.iter().try_for_each(|(_, key, newest)| {
            chain(&self.older, newest.older)
                .try_for_each(|(_, older)| each(key, self.start(older.slice), &older.value))?;
            each(key, self.start(newest.slice), &newest.value)
        })
    }

    /// How many places there are for keys and for older values, used or free.
    #[cfg(test)]
    pub(super) fn places(&self) -> (usize, usize) {
        (self.keys.places(), self.older.end())
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, hash: u64, key: K, slice: Number) -> KeyId {
        let id = self.keys.insert(hash, key, Newest { value: V::default(), slice, older: NONE });
        self.member(slice, id);
        if self.snapshots.is_unchanged(id) {
            self.write_first(id, id);
        }
        id
    }

    /// Makes sure that the key has a value in the slice, and says where if it is an older one.
    #[inline(never)]
    fn open(&mut self, id: KeyId, slice: Number) -> Option<u32> {
        let start = self.start(slice);
        let newest = self.newest(id);
        let (first, before) = (newest.older, newest.slice);
        if self.start(before) < start {
            let newest = self.newest(id);
            newest.slice = slice;
            let value = std::mem::take(&mut newest.value);
            self.link(id, first, before, value);
            self.member(slice, id);
            return None;
        }
        // The last one that is not newer: the new one comes behind it.
        let mut found = None;
        for (place, older) in chain(&self.older, first) {
            if older.slice == slice {
                return Some(place);
            }
            if self.start(older.slice) < start {
                found = Some(place);
            }
        }
        self.member(slice, id);
        match found {
            Some(before) if before != first => {
                let next = self.older.get(before).expect("a value that was just found").next;
                let place = self.older.insert(Older { value: V::default(), slice, next });
                self.older.get_mut(before).expect("a value that was just found").next = place;
                Some(place)
            }
            Some(_) => Some(self.link(id, first, slice, V::default())),
            None if first == NONE => Some(self.link(id, first, slice, V::default())),
            None => {
                // Older than all: between the newest of the older ones and what was the oldest.
                let last = self.older.get(first).expect("a key knows its older values").next;
                let place = self.older.insert(Older { value: V::default(), slice, next: last });
                self.older.get_mut(first).expect("a key knows its older values").next = place;
                Some(place)
            }
        }
    }

    /// Puts a value behind the newest of a key's older ones, which is at `first`.
    #[inline(never)]
    fn link(&mut self, id: KeyId, first: u32, slice: Number, value: V) -> u32 {
        let oldest = self.older.get(first).map(|older| older.next);
        let place = self.older.insert(Older { value, slice, next: oldest.unwrap_or(NONE) });
        let before = if oldest.is_some() { first } else { place };
        self.older.get_mut(before).expect("a key knows its older values").next = place;
        self.newest(id).older = place;
        if let Some(oldest) = oldest {
            self.older.get_mut(place).expect("it was just put").next = oldest;
        }
        place
    }

    /// Takes a value from a key's older ones.
    #[inline(never)]
    fn unlink(&mut self, id: KeyId, place: u32) -> V {
        let first = self.newest(id).older;
        let before = match self.older.get(first) {
            Some(newest) if newest.next == place => first,
            _ => {
                let mut chain = chain(&self.older, first);
                chain.find(|(_, older)| older.next == place).expect("an older value is linked").0
            }
        };
        let removed = self.older.remove(place).expect("an older value is linked");
        if before == place {
            self.newest(id).older = NONE;
        } else {
            self.older.get_mut(before).expect("a value that was just found").next = removed.next;
            if first == place {
                self.newest(id).older = before;
            }
        }
        removed.value
    }

    #[inline]
    fn newest(&mut self, id: KeyId) -> &mut Newest<V> {
        self.keys.get_mut(id).expect("the key of a slice is there").1
    }

    #[inline]
    fn start(&self, number: Number) -> i64 {
        self.slices[number.get() as usize - 1].start
    }

    fn member(&mut self, number: Number, id: KeyId) {
        self.slices[number.get() as usize - 1].members.insert(id);
    }

    /// The number of a slice; it gets one if it is new.
    #[inline]
    fn slice(&mut self, start: i64) -> Number {
        match self.recent {
            Some((recent, number)) if recent == start => number,
            _ => self.number(start),
        }
    }

    #[cold]
    #[inline(never)]
    fn number(&mut self, start: i64) -> Number {
        let number = self.known(start).unwrap_or_else(|| {
            let slice = Slice { start, members: Members::default() };
            let number = self.free.pop().unwrap_or_else(|| {
                self.slices.push(Slice::default());
                Number::try_from(self.slices.len() as u32).expect("slices are fewer than four billion")
            });
            self.slices[number.get() as usize - 1] = slice;
            let place = self.order.partition_point(|other| self.slices[other.get() as usize - 1].start < start);
            self.order.insert(place, number);
            number
        });
        self.recent = Some((start, number));
        number
    }

    fn known(&self, start: i64) -> Option<Number> {
        let place = self.order.binary_search_by_key(&start, |number| self.start(*number)).ok()?;
        Some(self.order[place])
    }

    fn forget(&mut self, number: Number) -> Members {
        self.recent = None;
        self.order.retain(|other| *other != number);
        if self.order.is_empty() {
            self.free.clear();
            return std::mem::take(&mut self.slices).swap_remove(number.get() as usize - 1).members;
        }
        self.free.push(number);
        // Its start is still needed by values that are written before they go.
        std::mem::take(&mut self.slices[number.get() as usize - 1].members)
    }

    /// Has the memory fetched that forgetting the oldest value of these keys takes.
    fn fetch_to_forget(&self, ids: &[KeyId]) {
        ids.iter().for_each(|id| self.keys.prefetch(*id));
        let mut firsts = [NONE; AT_ONCE];
        for (id, first) in ids.iter().zip(&mut firsts) {
            match self.keys.get(*id) {
                Some((key, newest)) if newest.older == NONE => self.keys.prefetch_index(super::hash(key)),
                Some((_, newest)) => {
                    *first = newest.older;
                    self.older.prefetch(newest.older);
                }
                None => {}
            }
        }
        for first in firsts.into_iter().filter(|first| *first != NONE) {
            if let Some(older) = self.older.get(first) {
                self.older.prefetch(older.next);
            }
        }
    }
}

/// Has the memory of all values of some keys fetched. What one value tells about the next is read for all keys
/// before the step after it, so that the keys wait together.
fn fetch<K: Hash, V>(keys: &Keys<K, Newest<V>>, older: &Places<Older<V>>, chains: &mut Vec<u32>, ids: &[KeyId]) {
    ids.iter().for_each(|id| keys.prefetch(*id));
    chains.clear();
    let first = |id: &KeyId| keys.get(*id).map(|(_, newest)| newest.older).filter(|older| *older != NONE);
    // Per key: where its chain began, and how far it was followed.
    for first in ids.iter().filter_map(first) {
        chains.push(first);
        chains.push(first);
    }
    while !chains.is_empty() {
        chains.as_chunks::<2>().0.iter().for_each(|[_, next]| older.prefetch(*next));
        let mut kept = 0;
        for number in 0..chains.len() / 2 {
            let first = chains[2 * number];
            let next = older.get(chains[2 * number + 1]).map_or(first, |older| older.next);
            if next != first {
                (chains[kept], chains[kept + 1]) = (first, next);
                kept += 2;
            }
        }
        chains.truncate(kept);
    }
}

/// A key's older values with their places, oldest first; `first` is the place of the newest of them.
fn chain<V>(older: &Places<Older<V>>, first: u32) -> impl Iterator<Item = (u32, &Older<V>)> {
    let mut next = older.get(first).map(|older| older.next);
    std::iter::from_fn(move || {
        let place = next.take()?;
        let value = older.get(place)?;
        next = (place != first).then_some(value.next);
        Some((place, value))
    })
}
