//! What the programs of `src/bin` share.

pub mod paced;
pub mod random;
pub mod sensors;
pub mod stream;
