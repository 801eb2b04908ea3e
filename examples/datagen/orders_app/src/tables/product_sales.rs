//! Table `product_sales` (print).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::print;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Decimal;

/// cell 6, line 2: CREATE TABLE product_sales (...)
pub const TABLE: Table = Table {
    name: "product_sales",
    columns: &[
        Column::new("product", "INT"),
        Column::new("shops", "BIGINT"),
        Column::new("orders", "BIGINT"),
        Column::new("revenue", "DECIMAL(12, 2)"),
    ],
    partition_keys: &[],
    options: &[("connector", "print"), ("print-identifier", "sales")],
    origin: Origin::new(6, 2),
};

/// A row for `product_sales`.
#[derive(Clone, Copy, Debug)]
pub struct NewProductSales {
    pub product: Option<i32>,
    pub shops: Option<i64>,
    pub orders: Option<i64>,
    pub revenue: Option<Decimal>,
}

impl print::Encode for NewProductSales {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.integer(self.product);
        line.bigint(self.shops);
        line.bigint(self.orders);
        line.decimal(self.revenue, 2);
    }
}

impl PartitionKey for NewProductSales {}
