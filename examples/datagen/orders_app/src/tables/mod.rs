//! One module per table.

pub mod minute_so_far;
pub mod product_sales;
pub mod store_orders;
pub mod web_orders;
