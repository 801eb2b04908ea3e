//! One module per table.

pub mod calls;
pub mod talks;
