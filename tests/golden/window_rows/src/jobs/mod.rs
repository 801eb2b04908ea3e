//! One module per INSERT and SELECT.

pub mod select_3;
pub mod select_4;
