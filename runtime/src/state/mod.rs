//! What operators remember: values by key, looked up by a borrowed key and its hash, so that a key is
//! copied once, when it is first seen. When values leave again is left to the operators.

mod float;
mod keys;
mod slices;

pub use float::{DoubleKey, FloatKey};
pub use keys::{KeyId, Keys};
pub use slices::{Slices, Values};

use std::hash::Hash;

/// The hash of a key, from which both its worker and its place in a table are found.
///
/// Tables use the lowest and the highest bits; an exchange should choose workers by bits in between.
#[inline]
pub fn hash<K: Hash>(key: &K) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::default().hash_one(key)
}

#[cfg(test)]
mod tests;
