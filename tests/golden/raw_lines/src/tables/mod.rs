//! One module per table.

pub mod failures;
pub mod log_lines;
