//! One module per table.

pub mod results;
pub mod samples;
