//! Functions that give another value with every call: RAND, RAND_INTEGER and UUID.
//!
//! Every thread has its own generator (SplitMix64), whose seed is taken from the standard library's keys for hash
//! maps. A seeded sequence is that of Java's `Random`; calls with the same seed share one per thread, where Flink has
//! one for each place of the call.

use crate::error::ValueError;
use crate::value::Arena;
use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};

thread_local! {
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(std::thread::current().id()));
}

fn next() -> u64 {
    STATE.with(|state| {
        let at = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        state.set(at);
        let mixed = (at ^ (at >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}

/// RAND(): from 0 to below 1.
pub fn rand() -> f64 {
    (next() >> 11) as f64 / (1u64 << 53) as f64
}

/// RAND_INTEGER(bound): from 0 to below the bound.
pub fn rand_integer(bound: i32) -> Result<i32, ValueError> {
    match u64::try_from(bound) {
        Ok(bound @ 1..) => Ok(((u128::from(next()) * u128::from(bound)) >> 64) as i32),
        _ => Err(ValueError::new(format!("the bound of RAND_INTEGER must be positive, not {bound}"))),
    }
}

thread_local! {
    /// Java's generators by their seeds.
    static SEEDED: RefCell<Vec<(i32, i64)>> = const { RefCell::new(Vec::new()) };
}

/// So many bits of the sequence of a seed, as `java.util.Random` gives them.
fn seeded(seed: i32, bits: u32) -> i32 {
    const MULTIPLIER: i64 = 0x5_DEEC_E66D;
    const MASK: i64 = (1 << 48) - 1;
    SEEDED.with_borrow_mut(|generators| {
        let place = generators.iter().position(|(known, _)| *known == seed).unwrap_or_else(|| {
            generators.push((seed, (i64::from(seed) ^ MULTIPLIER) & MASK));
            generators.len() - 1
        });
        let state = &mut generators[place].1;
        *state = (state.wrapping_mul(MULTIPLIER) + 0xB) & MASK;
        (*state >> (48 - bits)) as i32
    })
}

/// RAND(seed).
pub fn rand_seeded(seed: i32) -> f64 {
    let high = i64::from(seeded(seed, 26));
    ((high << 27) + i64::from(seeded(seed, 27))) as f64 / (1u64 << 53) as f64
}

/// RAND_INTEGER(seed, bound).
pub fn rand_integer_seeded(seed: i32, bound: i32) -> Result<i32, ValueError> {
    if bound <= 0 {
        return rand_integer(bound);
    }
    if bound & (bound - 1) == 0 {
        return Ok(((i64::from(bound) * i64::from(seeded(seed, 31))) >> 31) as i32);
    }
    loop {
        let bits = seeded(seed, 31);
        let value = bits % bound;
        // The last, incomplete run of remainders would favour small ones.
        if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
            return Ok(value);
        }
    }
}

/// UUID(): a random one, version 4.
pub fn uuid(arena: &Arena) -> &str {
    let bits = (u128::from(next()) << 64) | u128::from(next());
    let bits = (bits & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let part = |shift: u32, digits: u32| (bits >> shift) & ((1 << (4 * digits)) - 1);
    bumpalo::format!(
        in arena,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8), part(80, 4), part(64, 4), part(48, 4), part(0, 12)
    )
    .into_bump_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_range() {
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&rand()));
            assert!((0..7).contains(&rand_integer(7).unwrap()));
        }
        assert_eq!(rand_integer(1), Ok(0));
        assert!(rand_integer(0).is_err());
    }

    /// The first values of Flink 2.3.
    #[test]
    fn seeds_give_javas_sequences() {
        assert_eq!(rand_seeded(7), 0.7306990420600421);
        assert_eq!(rand_seeded(5), 0.730519863614471);
        assert_eq!(rand_integer_seeded(1_005, 1), Ok(0));
        let first = |seed, bound| std::thread::spawn(move || rand_integer_seeded(seed, bound)).join().unwrap();
        assert_eq!(first(5, 100), Ok(87));
        assert_eq!(first(7, 1_000_000), Ok(164_236));
        assert_eq!(first(7, 1_024), Ok(748));
    }

    #[test]
    fn uuids_are_of_version_4() {
        let arena = Arena::new();
        let (first, second) = (uuid(&arena), uuid(&arena));
        assert_ne!(first, second);
        assert_eq!(first.len(), 36);
        assert_eq!(&first[14..15], "4");
        assert!(["8", "9", "a", "b"].contains(&&first[19..20]));
    }
}
