//! Values in numbered places that do not move.

use super::KeyId;
use super::array::Array;
use super::snapshots::PLACES as BLOCK;
use std::hint::unreachable_unchecked;
use std::mem;

/// About how many bytes a page has: enough for a few of the pages in which systems map large memory.
const BYTES: usize = 8 << 20;
/// A page smaller than this many bytes keeps its memory when it is empty.
const SMALL: usize = 64 << 10;

/// Values in places counted from 0. A place that was left is used again: those of the first page that has some go
/// first, the last one left of a page before the others.
///
/// Places are in pages. More values need more pages, and nothing is copied; the memory of a page that has become
/// empty is given back. Since the first pages are filled first, the last ones become empty when many
/// values have gone and others come.
pub(super) struct Places<T> {
    pages: Vec<Page<T>>,
    room: Room,
}

/// Which pages have room: a bit for each, by 64 pages.
#[derive(Default)]
struct Room(Vec<u64>);

impl Room {
    /// The first page that has some.
    fn first(&self) -> Option<usize> {
        let word = self.0.iter().position(|word| *word != 0)?;
        Some(word * 64 + self.0[word].trailing_zeros() as usize)
    }

    fn add(&mut self, page: usize) {
        if self.0.len() <= page / 64 {
            self.0.resize(page / 64 + 1, 0);
        }
        self.0[page / 64] |= 1 << (page % 64);
    }

    fn remove(&mut self, page: usize) {
        self.0[page / 64] &= !(1 << (page % 64));
    }

    /// There are only so many pages.
    fn truncate(&mut self, pages: usize) {
        self.0.truncate(pages.div_ceil(64));
    }
}

struct Page<T> {
    places: Array<Place<T>>,
    taken: u32,
    /// The place left last.
    free: u32,
}

enum Place<T> {
    Taken(T),
    /// Also knows the place that was left before.
    Free(u32),
}

const NONE: u32 = u32::MAX;

impl<T> Page<T> {
    /// How many places a page has: a power of two, and whole blocks.
    const PLACES: usize = {
        let places = 1 << (BYTES / size_of::<Place<T>>()).ilog2();
        assert!(places >= BLOCK, "a value is far smaller than a page");
        places
    };
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Places { pages: Vec::new(), room: Room::default() }
    }
}

impl<T> Places<T> {
    /// The memory of its pages, without what the values point to.
    pub fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.places.bytes()).sum()
    }

    /// Every place is below.
    pub fn end(&self) -> usize {
        match self.pages.last() {
            Some(last) => (self.pages.len() - 1) * Page::<T>::PLACES + last.places.len(),
            None => 0,
        }
    }

    #[inline]
    pub fn get(&self, place: KeyId) -> Option<&T> {
        match self.pages.get(place as usize / Page::<T>::PLACES)?.places.get(place as usize % Page::<T>::PLACES)? {
            Place::Taken(value) => Some(value),
            Place::Free(_) => None,
        }
    }

    /// Returns a value without asking whether it is there: a row looks up one, which takes a third less without.
    ///
    /// # Safety
    /// The place has to be taken.
    #[inline]
    pub unsafe fn get_taken(&self, place: KeyId) -> &T {
        debug_assert!(self.get(place).is_some(), "a place has to be taken");
        // SAFETY: a place that is taken is in a page.
        unsafe {
            let page = self.pages.get_unchecked(place as usize / Page::<T>::PLACES);
            match page.places.get_unchecked(place as usize % Page::<T>::PLACES) {
                Place::Taken(value) => value,
                Place::Free(_) => unreachable_unchecked(),
            }
        }
    }

    /// As [`get_taken`](Places::get_taken).
    ///
    /// # Safety
    /// The place has to be taken.
    #[inline]
    pub unsafe fn get_taken_mut(&mut self, place: KeyId) -> &mut T {
        debug_assert!(self.get(place).is_some(), "a place has to be taken");
        // SAFETY: a place that is taken is in a page.
        unsafe {
            let page = self.pages.get_unchecked_mut(place as usize / Page::<T>::PLACES);
            match page.places.get_unchecked_mut(place as usize % Page::<T>::PLACES) {
                Place::Taken(value) => value,
                Place::Free(_) => unreachable_unchecked(),
            }
        }
    }

    #[inline]
    pub fn get_mut(&mut self, place: KeyId) -> Option<&mut T> {
        match self
            .pages
            .get_mut(place as usize / Page::<T>::PLACES)?
            .places
            .get_mut(place as usize % Page::<T>::PLACES)?
        {
            Place::Taken(value) => Some(value),
            Place::Free(_) => None,
        }
    }

    /// Has the memory of a place fetched.
    #[inline]
    pub fn prefetch(&self, place: KeyId) {
        let page = self.pages.get(place as usize / Page::<T>::PLACES);
        if let Some(value) = page.and_then(|page| page.places.get(place as usize % Page::<T>::PLACES)) {
            super::prefetch(value);
        }
    }

    #[inline(never)]
    pub fn insert(&mut self, value: T) -> KeyId {
        let number = self.page_with_room();
        let page = &mut self.pages[number];
        let place = match page.free {
            NONE => {
                if page.places.capacity() == 0 && number > 0 {
                    page.places = Array::with_capacity(Page::<T>::PLACES);
                }
                page.places.push(Place::Taken(value));
                page.places.len() - 1
            }
            free => {
                let left = mem::replace(&mut page.places[free as usize], Place::Taken(value));
                page.free = match left {
                    Place::Free(before) => before,
                    Place::Taken(_) => unreachable!("a free place is not taken"),
                };
                free as usize
            }
        };
        page.taken += 1;
        if page.taken as usize == Page::<T>::PLACES {
            self.room.remove(number);
        }
        let place = KeyId::try_from(number * Page::<T>::PLACES + place).ok().filter(|place| *place < KeyId::MAX);
        place.expect("a worker has less than four billion keys")
    }

    #[inline(never)]
    pub fn remove(&mut self, place: KeyId) -> Option<T> {
        let (number, at) = (place as usize / Page::<T>::PLACES, place as usize % Page::<T>::PLACES);
        let page = self.pages.get_mut(number)?;
        let left = page.places.get_mut(at)?;
        if matches!(left, Place::Free(_)) {
            return None;
        }
        let value = mem::replace(left, Place::Free(page.free));
        page.free = at as u32;
        page.taken -= 1;
        self.room.add(number);
        if page.taken == 0 {
            self.give_back(number);
        }
        match value {
            Place::Taken(value) => Some(value),
            Place::Free(_) => None,
        }
    }

    /// All places that are taken, in order.
    pub fn iter(&self) -> impl Iterator<Item = (KeyId, &T)> {
        let pages = self.pages.iter().zip((0..).step_by(Page::<T>::PLACES));
        let places = pages.flat_map(|(page, first)| page.places.iter().zip(first..));
        places.filter_map(|(place, number)| match place {
            Place::Taken(value) => Some((number, value)),
            Place::Free(_) => None,
        })
    }

    /// The places of a block that are taken, in order.
    pub fn block(&self, number: u32) -> impl Iterator<Item = (KeyId, &T)> {
        let first = number as usize * BLOCK;
        let page = self.pages.get(first / Page::<T>::PLACES).map_or(&[][..], |page| &page.places);
        let places = page.iter().skip(first % Page::<T>::PLACES).take(BLOCK);
        places.zip(first as KeyId..).filter_map(|(place, number)| match place {
            Place::Taken(value) => Some((number, value)),
            Place::Free(_) => None,
        })
    }

    fn page_with_room(&mut self) -> usize {
        self.room.first().unwrap_or_else(|| {
            let number = self.pages.len();
            self.pages.push(Page { places: Array::new(), taken: 0, free: NONE });
            self.room.add(number);
            number
        })
    }

    /// Makes a page that is empty one that has never been used.
    #[inline(never)]
    fn give_back(&mut self, number: usize) {
        let page = &mut self.pages[number];
        page.free = NONE;
        if size_of_val(&*page.places) > SMALL {
            page.places = Array::new();
        } else {
            page.places.clear();
        }
        while self.pages.last().is_some_and(|page| page.taken == 0) {
            let last = self.pages.len() - 1;
            if last == 0 {
                break;
            }
            self.pages.pop();
            self.room.remove(last);
        }
        self.room.truncate(self.pages.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_place_needs_no_more_than_its_value_if_that_has_a_niche() {
        assert_eq!(size_of::<Place<(Option<crate::value::Text>, [u64; 3])>>(), 40);
    }

    #[test]
    fn pages_fill_from_the_first_and_go_when_they_are_empty() {
        let mut places = Places::default();
        let page = Page::<KeyId>::PLACES as KeyId;
        let many = page * 3;
        (0..many).for_each(|value| assert_eq!(places.insert(value), value));
        (0..many).filter(|place| place % 4 != 1).for_each(|place| assert_eq!(places.remove(place), Some(place)));
        let again: Vec<KeyId> = (0..page).map(|value| places.insert(value)).collect();
        assert_eq!((again[0], again[1]), (page - 1, page - 2));
        assert!(again.iter().all(|place| *place < 2 * page));
        assert_eq!(places.end(), many as usize);
        (2 * page..many).for_each(|place| assert!(places.remove(place).is_none_or(|value| value < many)));
        assert_eq!(places.end(), 2 * page as usize);
        (0..many).for_each(|place| assert!(places.remove(place).is_none_or(|value| value < many)));
        assert_eq!((places.end(), places.pages[0].places.capacity()), (0, 0));
        assert_eq!(places.insert(7), 0);
    }

    proptest! {
        #[test]
        fn places_keep_their_values(steps in prop::collection::vec((0u32..40, any::<bool>()), 0..200)) {
            let (mut places, mut map) = (Places::default(), BTreeMap::new());
            for (number, (place, add)) in steps.into_iter().enumerate() {
                if add {
                    prop_assert!(map.insert(places.insert(number), number).is_none());
                } else {
                    prop_assert_eq!(places.remove(place), map.remove(&place));
                }
                prop_assert!(places.iter().map(|(place, value)| (place, *value)).eq(map.clone()));
                prop_assert!(map.iter().all(|(place, value)| places.get(*place) == Some(value)));
                prop_assert!(map.keys().all(|place| (*place as usize) < places.end()));
            }
        }
    }
}
