//! One module per INSERT and SELECT.

pub mod revenue;
pub mod traffic;
pub mod visits;
