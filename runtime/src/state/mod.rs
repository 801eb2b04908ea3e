//! What operators remember: values by key, looked up by a borrowed key and its hash, so that a key is
//! copied once, when it is first seen. When values leave again is left to the operators.
//!
//! Tables are made for many keys as well as for few: about 20 bytes a key on top of key and value, never copied as a
//! whole, and given back when keys leave.

mod array;
mod blocks;
mod float;
mod hash;
mod index;
mod keys;
mod members;
mod places;
mod prefetch;
mod slices;
mod snapshots;
mod table;

pub use blocks::Blocks;
pub use float::{DoubleKey, FloatKey};
pub use hash::hash;
pub use keys::{KeyId, Keys};
pub use slices::{Slices, Values};
pub use table::Table;

use prefetch::prefetch;

/// The worker of a key. Neither the highest nor the lowest bits decide, because hash tables use those.
#[inline]
pub fn owner(hash: u64, workers: usize) -> usize {
    let middle = (hash >> 16) & 0xFFFF_FFFF;
    ((middle * workers as u64) >> 32) as usize
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod model;
