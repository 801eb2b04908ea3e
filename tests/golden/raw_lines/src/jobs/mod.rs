//! One module per INSERT and SELECT.

pub mod failures;
