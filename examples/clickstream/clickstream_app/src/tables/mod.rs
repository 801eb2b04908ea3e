//! One module per table.

pub mod orders;
pub mod page_views;
pub mod revenue;
pub mod traffic;
pub mod visits;
