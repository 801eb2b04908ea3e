//! One module per INSERT and SELECT.

pub mod minute_so_far;
pub mod product_sales;
