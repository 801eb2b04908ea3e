//! The values of one key.

use super::Older;
use crate::state::places::Places;

/// The values of one key in a run of slices, oldest first.
pub struct Values<'a, V> {
    /// Where the older ones are.
    pub(super) places: &'a [u32],
    pub(super) older: &'a Places<Older<V>>,
    pub(super) newest: Option<&'a V>,
}

impl<'a, V> Iterator for Values<'a, V> {
    type Item = &'a V;

    #[inline]
    fn next(&mut self) -> Option<&'a V> {
        match self.places.split_first() {
            Some((place, rest)) => {
                self.places = rest;
                self.older.get(*place).map(|older| &older.value)
            }
            None => self.newest.take(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self.places.len() + usize::from(self.newest.is_some());
        (length, Some(length))
    }
}

impl<V> DoubleEndedIterator for Values<'_, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if let Some(newest) = self.newest.take() {
            return Some(newest);
        }
        let (place, rest) = self.places.split_last()?;
        self.places = rest;
        self.older.get(*place).map(|older| &older.value)
    }
}

impl<V> ExactSizeIterator for Values<'_, V> {}
