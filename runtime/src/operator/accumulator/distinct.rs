//! DISTINCT arguments.

use super::{Accumulator, Retractable, Value};
use crate::row::Codec;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::ops::Deref;

/// `f(DISTINCT x)`: hands each value to `F` once, however often it comes. Reads as `F`:
/// `accumulator.channels.value()`. Keeps every distinct value.
#[derive(Clone, Debug)]
pub struct Distinct<T, F> {
    seen: HashTable<(T, i64)>,
    inner: F,
}

impl<T, F: Default> Default for Distinct<T, F> {
    fn default() -> Self {
        Distinct { seen: HashTable::new(), inner: F::default() }
    }
}

impl<T: Value, F: Accumulator<T>> Distinct<T, F> {
    pub fn add<'a>(&mut self, value: impl Into<Option<T::Borrowed<'a>>>) {
        if let Some(value) = value.into() {
            self.change(value, 1);
        }
    }

    /// Takes a value back; `F` loses it with the last one of its kind.
    pub fn subtract<'a>(&mut self, value: impl Into<Option<T::Borrowed<'a>>>)
    where
        F: Retractable<T>,
    {
        if let Some(value) = value.into() {
            self.change(value, -1);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (value, count) in &other.seen {
            self.change(value.borrow(), *count);
        }
    }

    fn change(&mut self, value: T::Borrowed<'_>, by: i64) {
        let equal = |(other, _): &(T, i64)| T::compare(other.borrow(), value).is_eq();
        match self.seen.entry(T::hash(value), equal, |(other, _)| T::hash(other.borrow())) {
            Entry::Vacant(vacant) => {
                vacant.insert((T::own(value), by));
                if by > 0 {
                    self.inner.add(Some(value));
                }
            }
            Entry::Occupied(mut occupied) => {
                let count = &mut occupied.get_mut().1;
                let before = *count;
                *count += by;
                let after = *count;
                if after == 0 {
                    occupied.remove();
                }
                match (before > 0, after > 0) {
                    (false, true) => self.inner.add(Some(value)),
                    (true, false) => self.inner.subtract(Some(value)),
                    _ => {}
                }
            }
        }
    }
}

impl<T, F> Deref for Distinct<T, F> {
    type Target = F;

    #[inline]
    fn deref(&self) -> &F {
        &self.inner
    }
}

/// What `F` has seen, and the values with their counts.
impl<T: Value, F: for<'a> Codec<'a>> Codec<'_> for Distinct<T, F> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.inner.encode(out);
        (self.seen.len() as u64).encode(out);
        for (value, count) in &self.seen {
            value.encode(out);
            count.encode(out);
        }
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        let inner = F::decode(bytes);
        let values = u64::decode(bytes);
        let mut seen = HashTable::new();
        for _ in 0..values {
            let value = (T::decode(bytes), i64::decode(bytes));
            seen.insert_unique(T::hash(value.0.borrow()), value, |(other, _)| T::hash(other.borrow()));
        }
        Distinct { seen, inner }
    }
}
