//! One module per table.

pub mod events;
