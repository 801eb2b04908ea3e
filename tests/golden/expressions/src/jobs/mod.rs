//! One module per INSERT and SELECT.

pub mod results;
pub mod select_4;
