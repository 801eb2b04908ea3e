//! Table `store_orders` (datagen).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;

/// cell 4, line 2: CREATE TABLE store_orders (...)
pub const TABLE: Table = Table {
    name: "store_orders",
    columns: &[
        Column::new("product", "INT"),
        Column::new("price", "DOUBLE"),
        Column::new("paid_cash", "BOOLEAN"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "datagen"),
        ("rows-per-second", "5"),
        ("number-of-rows", "50"),
        ("fields.product.min", "1"),
        ("fields.product.max", "5"),
        ("fields.price.min", "1"),
        ("fields.price.max", "100"),
    ],
    origin: Origin::new(4, 2),
};

/// The columns of `store_orders` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreOrders {
    /// cell 4, line 3: product INT
    pub product: Option<i32>,
    /// cell 4, line 4: price DOUBLE
    pub price: Option<f64>,
    /// cell 4, line 5: paid_cash BOOLEAN
    pub paid_cash: Option<bool>,
}

impl<'a> json::Object<'a> for StoreOrders {
    const COLUMNS: &'static [&'static str] = &["product", "price", "paid_cash"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.product = value.integer()?,
            1 => self.price = value.double()?,
            _ => self.paid_cash = value.boolean()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for StoreOrders {}
