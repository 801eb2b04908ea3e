//! One module per table.

pub mod bids;
