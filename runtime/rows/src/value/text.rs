//! Texts and bytes as state owns them.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::MaybeUninit;
use std::ops::Deref;

/// How many bytes a [`Bytes`] has room for without the heap.
const IN_PLACE: usize = 15;

/// A BYTES value that owns itself, in 16 bytes: up to 15 in place, more behind a pointer. `Option<Bytes>` is as
/// small.
#[repr(C, align(8))]
pub struct Bytes {
    /// The bytes; or, if they are on the heap, their address (8 bytes) and their number (4 bytes).
    place: MaybeUninit<[u8; IN_PLACE]>,
    length: Length,
}

/// How many bytes are in place. An enum, so that `Option` finds an unused value here.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[rustfmt::skip]
enum Length { L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15, Heap }

use Length::*;

const LENGTHS: [Length; IN_PLACE + 1] = [L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15];

#[repr(C)]
#[derive(Clone, Copy)]
struct OnHeap {
    address: *mut u8,
    length: u32,
}

impl Bytes {
    /// # Panics
    /// If there are 4 GiB or more.
    #[inline]
    pub fn new(bytes: &[u8]) -> Self {
        match LENGTHS.get(bytes.len()) {
            Some(length) => {
                let mut place = [0; IN_PLACE];
                place[..bytes.len()].copy_from_slice(bytes);
                Bytes { place: MaybeUninit::new(place), length: *length }
            }
            None => Bytes::on_heap(bytes.into()),
        }
    }

    #[cold]
    fn on_heap(bytes: Box<[u8]>) -> Self {
        let length = u32::try_from(bytes.len()).expect("a value has less than 4 GiB");
        let address = Box::into_raw(bytes).cast::<u8>();
        let mut made = Bytes { place: MaybeUninit::uninit(), length: Heap };
        // SAFETY: `place` has room for the 12 bytes and, being the first field of a struct aligned to 8, their
        // alignment. The fields are written one by one: the padding of `OnHeap` would reach into `length`.
        unsafe {
            let place = made.place.as_mut_ptr().cast::<OnHeap>();
            (&raw mut (*place).address).write(address);
            (&raw mut (*place).length).write(length);
        }
        made
    }

    /// The address and the number of bytes on the heap.
    ///
    /// # Safety
    /// `length` has to be `Heap`.
    #[inline]
    unsafe fn heap(&self) -> (*mut u8, usize) {
        let place = self.place.as_ptr().cast::<OnHeap>();
        // SAFETY: `on_heap` has written both fields and nothing else has since.
        unsafe { ((&raw const (*place).address).read(), (&raw const (*place).length).read() as usize) }
    }
}

impl Drop for Bytes {
    #[inline]
    fn drop(&mut self) {
        if self.length == Heap {
            // SAFETY: `length` says so, and the box came from `on_heap`; nobody can use it after this.
            drop(unsafe {
                let (address, length) = self.heap();
                Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, length))
            });
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: as `length` says, either that many bytes in place were written by `new`, or the box from
        // `on_heap` is there as long as `self` is.
        unsafe {
            let (address, length) = match self.length {
                Heap => self.heap(),
                length => (self.place.as_ptr().cast::<u8>().cast_mut(), length as usize),
            };
            std::slice::from_raw_parts(address, length)
        }
    }
}

/// A CHAR, VARCHAR or STRING value that owns itself, in 16 bytes: up to 15 bytes of UTF-8 in place, more behind a
/// pointer. `Option<Text>` is as small.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Bytes);

impl Text {
    /// # Panics
    /// If the text has 4 GiB or more.
    #[inline]
    pub fn new(text: &str) -> Self {
        Text(Bytes::new(text.as_bytes()))
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        // SAFETY: a `Text` is only ever made of a text, and its bytes never change.
        unsafe { std::str::from_utf8_unchecked(&self.0) }
    }
}

impl Hash for Text {
    /// The hash of the borrowed text, so that keys are found by either.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        str::hash(self, state);
    }
}

impl Hash for Bytes {
    /// The hash of the borrowed bytes, so that keys are found by either.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        <[u8]>::hash(self, state);
    }
}

impl PartialEq for Bytes {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(other)
    }
}

impl Clone for Bytes {
    fn clone(&self) -> Self {
        Bytes::new(self)
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes::new(&[])
    }
}

impl From<&[u8]> for Bytes {
    #[inline]
    fn from(bytes: &[u8]) -> Self {
        Bytes::new(bytes)
    }
}

impl From<&str> for Text {
    #[inline]
    fn from(text: &str) -> Self {
        Text::new(text)
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

// SAFETY: the bytes on the heap belong to the value alone, as those of a `Box<[u8]>` do, and are never written.
unsafe impl Send for Bytes {}
// SAFETY: as above.
unsafe impl Sync for Bytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

    fn hash<K: Hash>(key: &K) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
    }

    #[test]
    fn they_are_small_and_so_are_optional_ones() {
        let sizes = [size_of::<Text>(), size_of::<Option<Text>>(), size_of::<Bytes>(), size_of::<Option<Bytes>>()];
        assert_eq!(sizes, [16; 4]);
    }

    #[test]
    fn every_length_around_the_limit_is_kept() {
        let all = "abcdefghijklmnopqrstuvwxyz0123456789äöü";
        for end in (0..=all.len()).filter(|end| all.is_char_boundary(*end)) {
            let text = Text::new(&all[..end]);
            assert_eq!(&*text, &all[..end]);
            assert_eq!(&*text.clone(), &all[..end]);
            assert_eq!(&*Bytes::new(&all.as_bytes()[..end]), &all.as_bytes()[..end]);
        }
    }

    proptest! {
        #[test]
        fn they_behave_as_what_they_are_made_of(a in ".{0,24}", b in ".{0,24}") {
            let (x, y) = (Some(Text::new(&a)), Some(Text::new(&b)));
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(hash(&x), hash(&Some(a.as_str())));
            prop_assert_eq!(x.as_deref(), Some(a.as_str()));
            let bytes = Some(Bytes::new(a.as_bytes()));
            prop_assert_eq!(hash(&bytes), hash(&Some(a.as_bytes())));
            prop_assert_eq!(format!("{x:?}"), format!("{:?}", Some(a)));
        }
    }
}
