//! Which keys belong to a slice.

use super::KeyId;

/// A set of keys' places: 2 bytes each while a page of 65,536 has few of them, and one bit of each place otherwise.
#[derive(Default)]
pub(super) struct Members {
    pages: Vec<Page>,
}

enum Page {
    /// In no order.
    Few(Vec<u16>),
    Many(Box<Bits>),
}

/// A bit for each place of a page.
type Bits = [u64; 1 << 10];

/// As many as need the memory of all bits.
const FEW: usize = 1 << 12;

impl Members {
    /// Puts a place that is not there yet.
    pub fn insert(&mut self, id: KeyId) {
        let number = (id >> 16) as usize;
        if self.pages.len() <= number {
            self.pages.resize_with(number + 1, || Page::Few(Vec::new()));
        }
        let page = &mut self.pages[number];
        match page {
            Page::Few(places) if places.len() == FEW => {
                let mut bits = Box::new([0; 1 << 10]);
                places.iter().for_each(|place| set(&mut *bits, *place));
                set(&mut *bits, id as u16);
                *page = Page::Many(bits);
            }
            Page::Few(places) => places.push(id as u16),
            Page::Many(bits) => set(&mut **bits, id as u16),
        }
    }
}

/// Puts sets together. Keeps memory for the next time.
#[derive(Default)]
pub(super) struct Union {
    /// All unset between two uses.
    bits: Vec<u64>,
}

impl Union {
    /// Calls `each` for every place that some of the sets have, in order, by up to [`AT_ONCE`] places.
    pub fn each<E>(&mut self, sets: &[&Members], mut each: impl FnMut(&[KeyId]) -> Result<(), E>) -> Result<(), E> {
        let mut result = Ok(());
        self.each_while(sets, &mut |places| {
            result = each(places);
            result.is_ok()
        });
        result
    }

    /// As [`each`](Union::each), until it answers `false`; compiled once.
    fn each_while(&mut self, sets: &[&Members], each: &mut dyn FnMut(&[KeyId]) -> bool) {
        let pages = sets.iter().map(|members| members.pages.len()).max().unwrap_or(0);
        for number in 0..pages {
            // The bits above are unset.
            let mut words = 0;
            for page in sets.iter().filter_map(|members| members.pages.get(number)) {
                match page {
                    Page::Few(places) => {
                        let highest = places.iter().copied().max().map_or(0, |place| usize::from(place) / 64 + 1);
                        words = words.max(highest);
                        self.reserve(words);
                        places.iter().for_each(|place| set(&mut self.bits, *place));
                    }
                    Page::Many(others) => {
                        words = others.len();
                        self.reserve(words);
                        self.bits.iter_mut().zip(others.iter()).for_each(|(word, other)| *word |= other);
                    }
                }
            }
            if !each_bit(&mut self.bits[..words], (number as KeyId) << 16, each) {
                self.bits.clear();
                return;
            }
        }
    }

    fn reserve(&mut self, words: usize) {
        if self.bits.len() < words {
            self.bits.resize(words, 0);
        }
    }
}

/// How many places are handed out together, so that the memory of all of them can be on its way at once.
pub(super) const AT_ONCE: usize = 16;

/// Hands out what is set, and unsets it, as long as that is answered with `true`.
fn each_bit(bits: &mut [u64], first: KeyId, each: &mut dyn FnMut(&[KeyId]) -> bool) -> bool {
    let (mut places, mut length) = ([0; AT_ONCE], 0);
    for (word, start) in bits.iter_mut().zip((first..).step_by(64)) {
        while *word != 0 {
            places[length] = start + word.trailing_zeros();
            length += 1;
            *word &= *word - 1;
            if length == AT_ONCE {
                if !each(&places) {
                    return false;
                }
                length = 0;
            }
        }
    }
    length == 0 || each(&places[..length])
}

fn set(bits: &mut [u64], place: u16) {
    bits[usize::from(place) / 64] |= 1 << (place % 64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sets_together_are_in_order_and_without_repetition() {
        let (mut few, mut many, mut all) = (Members::default(), Members::default(), BTreeSet::new());
        for number in 0..20_000u32 {
            let id = number.wrapping_mul(0x9E37_79B1) >> 14;
            if number % 100 == 0 && all.insert(id) {
                few.insert(id);
            }
        }
        for id in (0..200_000).step_by(3) {
            many.insert(id);
            all.insert(id);
        }
        let mut seen = Vec::new();
        let mut union = Union::default();
        for _ in 0..2 {
            seen.clear();
            union
                .each(&[&few, &many], |ids| {
                    seen.extend_from_slice(ids);
                    Ok::<(), ()>(())
                })
                .expect("nothing fails");
        }
        assert_eq!(seen, all.into_iter().collect::<Vec<_>>());
    }
}
