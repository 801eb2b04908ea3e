//! DISTINCT arguments.

use super::{Accumulator, Retractable, Value};
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
