//! One module per INSERT and SELECT.

pub mod alarms;
pub mod archive;
