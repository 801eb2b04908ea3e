//! One module per table.

pub mod votes;
