//! One module per INSERT and SELECT.

pub mod talks;
