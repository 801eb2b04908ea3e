//! One module per INSERT and SELECT.

pub mod select_3;
