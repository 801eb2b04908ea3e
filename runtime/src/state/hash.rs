//! The hash of keys.

use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;
use std::hash::{Hash, Hasher};

/// The hash of a key, from which both its worker and its place in a table are found.
///
/// Tables use the lower 32 bits.
#[inline]
pub fn hash<K: Hash>(key: &K) -> u64 {
    let mut hasher = KeyHasher { accumulator: START };
    key.hash(&mut hasher);
    hasher.finish()
}

/// What no key begins with by chance: foldhash multiplies by what differs from it. (The fraction of pi.)
const START: u64 = 0x243F_6A88_85A3_08D3;

/// Foldhash, except that it does not choose how to read a text of up to eight bytes by its length: a processor cannot
/// foretell the lengths of statuses and codes. And what it does with a number does not depend on the ones before, so that
/// there is little of it in generated code.
struct KeyHasher {
    accumulator: u64,
}

impl KeyHasher {
    /// Lets foldhash mix something in.
    #[inline(always)]
    fn mix(&mut self, write: impl FnOnce(&mut FoldHasher<'_>)) {
        let mut hasher = FoldHasher::with_seed(self.accumulator, SharedSeed::global_fixed());
        write(&mut hasher);
        self.accumulator = hasher.finish();
    }

    #[inline(never)]
    fn write_longer(&mut self, bytes: &[u8]) {
        self.mix(|hasher| hasher.write(bytes));
    }
}

impl Hasher for KeyHasher {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        if bytes.len() > 8 {
            return self.write_longer(bytes);
        }
        let (ends, few) = short(bytes);
        self.write_u128(u128::from(ends) | u128::from(few) << 64);
    }

    #[inline(always)]
    fn write_u8(&mut self, number: u8) {
        self.write_u128(number.into());
    }

    #[inline(always)]
    fn write_u16(&mut self, number: u16) {
        self.write_u128(number.into());
    }

    #[inline(always)]
    fn write_u32(&mut self, number: u32) {
        self.write_u128(number.into());
    }

    #[inline(always)]
    fn write_u64(&mut self, number: u64) {
        self.write_u128(number.into());
    }

    #[inline(always)]
    fn write_u128(&mut self, number: u128) {
        self.mix(|hasher| hasher.write_u128(number));
    }

    #[inline(always)]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline(always)]
    fn finish(&self) -> u64 {
        self.accumulator
    }
}

/// Two numbers that no other bytes have, of at most eight: the first four and the last four, zeros if there are fewer; and
/// the length with the first, the middle and the last byte, which are all of up to three.
#[inline(always)]
fn short(bytes: &[u8]) -> (u64, u32) {
    let length = bytes.len();
    let Some(&first) = bytes.first() else { return (0, 0) };
    let few = u32::from_le_bytes([first, bytes[length / 2], bytes[length - 1], length as u8]);
    const ZEROS: &[u8] = &[0; 4];
    let enough = if length >= 4 { bytes } else { ZEROS };
    // SAFETY: there are four bytes at both ends of what has at least four.
    let ends = unsafe {
        let four = |at: usize| enough.as_ptr().add(at).cast::<u32>().read_unaligned();
        u64::from(four(0)) | u64::from(four(enough.len() - 4)) << 32
    };
    (ends, few)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn different_short_texts_have_different_hashes() {
        let mut seen = HashSet::new();
        let letters = [b'a', b'b', 0, 0xFF];
        for length in 0..=8u32 {
            for number in 0..4u32.pow(length) {
                let bytes: Vec<u8> = (0..length).map(|at| letters[(number >> (2 * at) & 3) as usize]).collect();
                assert!(seen.insert(short(&bytes)), "{bytes:?}");
            }
        }
    }

    #[test]
    fn keys_have_different_hashes_in_the_half_that_tables_use() {
        let texts = ["", "\0", "\0\0", "a", "ab", "abc", "abd", "abcd", "OK", "WARN", "FAIL", "12345678", "123456789"];
        let of = |hashes: Vec<u64>| hashes.into_iter().map(|hash| hash as u32).collect::<HashSet<_>>().len();
        assert_eq!(of(texts.iter().map(hash).collect()), texts.len());
        assert_eq!(of(texts.iter().map(|text| hash(&Some(*text))).collect()), texts.len());
        assert_eq!(of(texts.iter().map(|text| hash(&(0, *text, 0_u8))).collect()), texts.len());
        assert_eq!(of((0..1000_i64).map(|number| hash(&number)).collect()), 1000);
    }
}
