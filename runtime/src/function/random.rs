//! Functions that give another value with every call: RAND, RAND_INTEGER and UUID.
//!
//! Every thread has its own generator (SplitMix64), whose seed is taken from the standard library's keys for hash
//! maps. Seeded sequences, RAND(seed), are Java's own and are left out.

use crate::error::ValueError;
use crate::value::Arena;
use std::cell::Cell;
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
