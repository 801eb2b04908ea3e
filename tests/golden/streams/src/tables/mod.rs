//! One module per table.

pub mod alarms;
pub mod archive;
pub mod readings;
