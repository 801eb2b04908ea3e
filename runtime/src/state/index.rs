//! From the hash of a key to its place.

use super::KeyId;
use super::array::Array;

/// Places by the lower half of their keys' hashes.
///
/// Hash and place are beside each other, so that looking costs one line of memory, growing moves both without
/// looking at keys, and a foreign key is asked almost never. They are in segments, each with linear probing by
/// buckets, that grow and shrink by themselves. A segment as large as they get splits in two instead, as in extendible
/// hashing: no table of millions of keys is ever copied at once, and none is there twice.
pub(super) struct Index {
    segments: Vec<Segment>,
    /// Which segment has the keys whose hashes end in these bits. Its length is a power of two.
    directory: Vec<u32>,
    length: usize,
}

struct Segment {
    /// Their number is a power of two.
    buckets: Array<Bucket>,
    used: usize,
    /// How many of the last bits of the hash its keys have in common.
    depth: u32,
}

/// As many keys as fit into one line of memory; what does not goes to the next bucket.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    hashes: [u32; KEYS],
    /// One more than the place; 0 behind the last key.
    places: [u32; KEYS],
}

const KEYS: usize = 8;
/// No place.
const NONE: KeyId = KeyId::MAX;
/// 4 MiB, which are moved in a few milliseconds.
const MOST_BUCKETS: usize = 1 << 16;
/// A segment that is this deep grows instead of splitting: hashes this much alike may all be the same.
const DEEPEST: u32 = 20;

impl Default for Index {
    fn default() -> Self {
        Index { segments: vec![Segment::new(1, 0)], directory: vec![0], length: 0 }
    }
}

impl Index {
    pub fn len(&self) -> usize {
        self.length
    }

    /// The memory of its segments.
    pub fn bytes(&self) -> usize {
        self.segments.iter().map(|segment| segment.buckets.bytes()).sum::<usize>()
            + self.directory.len() * size_of::<u32>()
    }

    /// The place with this hash of which `matches` is true.
    #[inline]
    pub fn find(&self, hash: u64, matches: impl Fn(KeyId) -> bool) -> Option<KeyId> {
        let hash = hash as u32;
        let segment = self.segment(hash);
        // If the first one is not the right one, looking begins there again.
        let (mut place, mut passed) = (segment.home_bucket(hash).first(hash), 0);
        loop {
            if place != NONE && matches(place) {
                return Some(place);
            }
            (place, passed) = segment.next(hash, passed)?;
        }
    }

    /// The first place with this hash in the bucket where it wants to be, which is almost always the right one if there is
    /// one.
    #[inline(always)]
    pub fn first(&self, hash: u64) -> Option<KeyId> {
        let hash = hash as u32;
        let place = self.segment(hash).home_bucket(hash).first(hash);
        (place != NONE).then_some(place)
    }

    /// Has the line of memory fetched where [`find`](Index::find) will begin.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        super::prefetch(self.segment(hash as u32).home_bucket(hash as u32));
    }

    /// Puts a place that is not there yet.
    pub fn insert(&mut self, hash: u64, place: KeyId) {
        let hash = hash as u32;
        while self.segment(hash).is_full() {
            self.make_room(hash);
        }
        let number = self.number(hash);
        self.segments[number].put(hash, place + 1);
        self.length += 1;
    }

    /// Forgets a place; `false` if it was not there under this hash.
    pub fn remove(&mut self, hash: u64, place: KeyId) -> bool {
        let number = self.number(hash as u32);
        let removed = self.segments[number].take(hash as u32, place + 1);
        self.length -= usize::from(removed);
        removed
    }

    /// Makes room for so many places, if there are none yet: segments then need not split again and again. Few places
    /// get none, since a small table grows quickly.
    pub fn reserve(&mut self, places: usize) {
        let depth = places.div_ceil(MOST_BUCKETS * KEYS * 3 / 4).next_power_of_two().ilog2().min(DEEPEST);
        if self.length == 0 && depth > 0 {
            self.segments = (0..1 << depth).map(|_| Segment::new(MOST_BUCKETS, depth)).collect();
            self.directory = (0..1 << depth).collect();
        }
    }

    #[inline]
    fn number(&self, hash: u32) -> usize {
        // SAFETY: the length of the directory is a power of two, so it is above what it masks.
        unsafe { *self.directory.get_unchecked(hash as usize & (self.directory.len() - 1)) as usize }
    }

    #[inline]
    fn segment(&self, hash: u32) -> &Segment {
        // SAFETY: there are never fewer segments, and the directory has only numbers of segments.
        unsafe { self.segments.get_unchecked(self.number(hash)) }
    }

    #[cold]
    fn make_room(&mut self, hash: u32) {
        let number = self.number(hash);
        let segment = &mut self.segments[number];
        if segment.buckets.len() < MOST_BUCKETS || segment.depth >= DEEPEST {
            segment.resize(segment.buckets.len() * 2);
            return;
        }
        let depth = segment.depth;
        let mut parts = [Segment::new(MOST_BUCKETS, depth + 1), Segment::new(MOST_BUCKETS, depth + 1)];
        for (hash, place) in segment.iter() {
            parts[(hash >> depth & 1) as usize].put(hash, place);
        }
        let [even, odd] = parts;
        *segment = even;
        let added = u32::try_from(self.segments.len()).expect("segments are few");
        self.segments.push(odd);
        if 1 << depth == self.directory.len() {
            self.directory.extend_from_within(..);
        }
        let first = (hash as usize & ((1 << depth) - 1)) | 1 << depth;
        for entry in self.directory.iter_mut().skip(first).step_by(2 << depth) {
            *entry = added;
        }
    }
}

impl Bucket {
    const EMPTY: Bucket = Bucket { hashes: [0; KEYS], places: [0; KEYS] };

    /// A bit for each key that has the hash.
    #[inline]
    #[cfg(target_arch = "x86_64")]
    fn with(&self, hash: u32) -> u32 {
        use std::arch::x86_64::*;
        const HALF: usize = KEYS / 2;
        // SAFETY: every x86-64 processor has SSE2; both halves of the hashes are 16 bytes, aligned as the bucket is.
        unsafe {
            let wanted = _mm_set1_epi32(hash as i32);
            let half = |first: usize| {
                let hashes = _mm_load_si128(self.hashes.as_ptr().add(first).cast::<__m128i>());
                _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(hashes, wanted))) as u32
            };
            half(0) | half(HALF) << HALF
        }
    }

    /// A bit for each key that has the hash.
    #[inline]
    #[cfg(not(target_arch = "x86_64"))]
    fn with(&self, hash: u32) -> u32 {
        let bits = self.hashes.iter().enumerate().map(|(number, other)| u32::from(*other == hash) << number);
        bits.fold(0, |bits, bit| bits | bit)
    }

    /// The first place with the hash, or [`NONE`].
    #[inline]
    fn first(&self, hash: u32) -> KeyId {
        match self.with(hash) {
            0 => NONE,
            // Behind the last key hashes are 0, and places one less than the first.
            found => self.places[found.trailing_zeros() as usize].wrapping_sub(1),
        }
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.places[KEYS - 1] != 0
    }

    fn used(&self) -> usize {
        self.places.iter().position(|place| *place == 0).unwrap_or(KEYS)
    }
}

impl Segment {
    fn new(buckets: usize, depth: u32) -> Self {
        let mut empty = Array::with_capacity(buckets);
        (0..buckets).for_each(|_| empty.push(Bucket::EMPTY));
        Segment { buckets: empty, used: 0, depth }
    }

    /// The bucket of a hash: by the first bits, while the last ones choose the segment. They are mixed before, since
    /// the hashes of numbers that follow each other may have the same ones: the golden ratio spreads what is evenly apart.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        let mixed = hash.wrapping_mul(0x9E37_79B1);
        ((u64::from(mixed) * self.buckets.len() as u64) >> 32) as usize
    }

    #[inline]
    fn home_bucket(&self, hash: u32) -> &Bucket {
        // SAFETY: a number below 1 times the number of buckets is below the number of buckets.
        unsafe { self.buckets.get_unchecked(self.home(hash)) }
    }

    #[inline]
    fn bucket(&self, at: usize) -> &Bucket {
        &self.buckets[at & (self.buckets.len() - 1)]
    }

    /// A place with this hash behind the keys that were passed, and how many are passed then.
    #[cold]
    #[inline(never)]
    fn next(&self, hash: u32, mut passed: usize) -> Option<(KeyId, usize)> {
        let home = self.home(hash);
        loop {
            let bucket = self.bucket(home + passed / KEYS);
            let found = bucket.with(hash) >> (passed % KEYS);
            if found != 0 {
                passed += found.trailing_zeros() as usize;
                // Behind the last key there is no other.
                let place = bucket.places[passed % KEYS].checked_sub(1)?;
                return Some((place, passed + 1));
            }
            if !bucket.is_full() {
                return None;
            }
            passed = (passed / KEYS + 1) * KEYS;
        }
    }

    /// At three quarters, where almost every key that is there is in its own bucket.
    fn is_full(&self) -> bool {
        (self.used + 1) * 4 > self.buckets.len() * KEYS * 3
    }

    fn put(&mut self, hash: u32, place: u32) {
        let mask = self.buckets.len() - 1;
        let mut at = self.home(hash);
        while self.buckets[at & mask].is_full() {
            at += 1;
        }
        let bucket = &mut self.buckets[at & mask];
        let free = bucket.used();
        (bucket.hashes[free], bucket.places[free]) = (hash, place);
        self.used += 1;
    }

    /// Takes a key out. If that leaves a hole in a full bucket, one from a bucket behind that wanted to be there or
    /// before moves into it, and so on.
    fn take(&mut self, hash: u32, place: u32) -> bool {
        let mask = self.buckets.len() - 1;
        let mut at = self.home(hash);
        let mut hole = loop {
            let bucket = &self.buckets[at & mask];
            if let Some(found) = bucket.places.iter().position(|other| *other == place) {
                break found;
            }
            if !bucket.is_full() {
                return false;
            }
            at += 1;
        };
        while let Some((next, number)) = self.follower(at) {
            let (from, to) = (self.buckets[next & mask], &mut self.buckets[at & mask]);
            (to.hashes[hole], to.places[hole]) = (from.hashes[number], from.places[number]);
            (at, hole) = (next, number);
        }
        let bucket = &mut self.buckets[at & mask];
        let last = bucket.used() - 1;
        (bucket.hashes[hole], bucket.places[hole]) = (bucket.hashes[last], bucket.places[last]);
        (bucket.hashes[last], bucket.places[last]) = (0, 0);
        self.used -= 1;
        if self.buckets.len() > 1 && self.used < self.buckets.len() {
            self.resize(self.buckets.len() / 2);
        }
        true
    }

    /// The first key behind a bucket that is only found if the bucket is full.
    fn follower(&self, at: usize) -> Option<(usize, usize)> {
        let mask = self.buckets.len() - 1;
        let mut next = at;
        while self.bucket(next).is_full() && next - at < mask {
            next += 1;
            let bucket = self.bucket(next);
            let passes = |hash: &u32| next.wrapping_sub(self.home(*hash)) & mask >= next - at;
            if let Some(number) = bucket.hashes[..bucket.used()].iter().position(passes) {
                return Some((next, number));
            }
        }
        None
    }

    fn resize(&mut self, buckets: usize) {
        let mut resized = Segment::new(buckets, self.depth);
        for (hash, place) in self.iter() {
            resized.put(hash, place);
        }
        *self = resized;
    }

    fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        let all = self.buckets.iter().flat_map(|bucket| bucket.hashes.into_iter().zip(bucket.places));
        all.filter(|(_, place)| *place != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn find(index: &Index, hash: u64, place: KeyId) -> bool {
        index.find(hash, |found| found == place) == Some(place)
    }

    #[test]
    fn it_splits_while_it_grows_and_gives_back_what_it_no_longer_needs() {
        let mut index = Index::default();
        let hash = |place: KeyId| crate::state::hash(&place);
        let places = 1_000_000;
        (0..places).for_each(|place| index.insert(hash(place), place));
        assert!(
            index.segments.len() >= 2 && index.segments.iter().all(|segment| segment.buckets.len() <= MOST_BUCKETS)
        );
        assert!((0..places).all(|place| find(&index, hash(place), place)));
        assert!(!(places..2 * places).any(|place| find(&index, hash(place), place)));
        assert!((0..places).all(|place| index.remove(hash(place), place)));
        assert_eq!(index.len(), 0);
        assert!(index.segments.iter().all(|segment| segment.buckets.len() == 1));
    }

    #[test]
    fn it_has_room_that_was_made_before() {
        let mut index = Index::default();
        index.reserve(1_000_000);
        let segments = index.segments.len();
        let hash = |place: KeyId| crate::state::hash(&place);
        (0..1_000_000).for_each(|place| index.insert(hash(place), place));
        assert_eq!((index.segments.len(), index.directory.len()), (segments, segments));
        assert!((0..1_000_000).all(|place| find(&index, hash(place), place)));
        assert!((0..1_000_000).all(|place| index.remove(hash(place), place)));
    }

    #[test]
    fn equal_hashes_end_neither_in_a_loop_nor_in_a_directory_without_end() {
        let mut index = Index::default();
        (0..1000).for_each(|place| index.insert(77, place));
        assert!((0..1000).all(|place| find(&index, 77, place)));
        let alike = |place: u32| u64::from(place) << 28;
        let mut index = Index::default();
        (0..60_000).for_each(|place| index.insert(alike(place), place));
        assert!(index.directory.len() <= 1 << DEEPEST);
        assert!((0..100).all(|place| find(&index, alike(place), place)));
    }

    #[test]
    fn numbers_that_follow_each_other_are_spread_over_all_buckets() {
        for numbers in [1_000, 16_000, 250_000] {
            let mut index = Index::default();
            (0..numbers).for_each(|number| index.insert(crate::state::hash(&Some(number)), number as KeyId));
            let elsewhere = (0..numbers).filter(|number| {
                let hash = crate::state::hash(&Some(*number)) as u32;
                let home = index.segment(hash).home_bucket(hash);
                !home.places.contains(&(*number as u32 + 1))
            });
            let elsewhere = elsewhere.count();
            assert!(elsewhere < numbers as usize / 20, "{elsewhere} of {numbers}");
        }
    }

    proptest! {
        /// Hashes of a few bits at either end, so that slots meet, wrap around and leave holes.
        #[test]
        fn it_finds_what_a_map_finds(steps in prop::collection::vec((0u32..24, 0u32..8, any::<bool>()), 0..400)) {
            let mut index = Index::default();
            let mut map = BTreeMap::new();
            for (place, hash, add) in steps {
                let hash = u64::from(hash) << 29 | u64::from(hash & 1);
                match map.get(&place).copied() {
                    None if add => {
                        index.insert(hash, place);
                        map.insert(place, hash);
                    }
                    Some(hash) if !add => {
                        prop_assert!(index.remove(hash, place));
                        prop_assert!(!index.remove(hash, place));
                        map.remove(&place);
                    }
                    _ => {}
                }
                prop_assert_eq!(index.len(), map.len());
                prop_assert!(map.iter().all(|(place, hash)| find(&index, *hash, *place)));
            }
        }
    }
}
