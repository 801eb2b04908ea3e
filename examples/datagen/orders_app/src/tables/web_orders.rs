//! Table `web_orders` (datagen).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::function::time;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{Context, Provenance, TableRow};
use sqlc_runtime::value::Timestamp;

/// cell 3, line 2: CREATE TABLE web_orders (...)
pub const TABLE: Table = Table {
    name: "web_orders",
    columns: &[
        Column::new("order_id", "BIGINT"),
        Column::new("product", "INT"),
        Column::new("price", "DOUBLE"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "datagen"),
        ("rows-per-second", "20"),
        ("fields.order_id.kind", "sequence"),
        ("fields.order_id.start", "1"),
        ("fields.order_id.end", "200"),
        ("fields.product.min", "1"),
        ("fields.product.max", "5"),
        ("fields.price.min", "1"),
        ("fields.price.max", "100"),
    ],
    origin: Origin::new(3, 2),
};

/// The columns of `web_orders` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebOrders {
    /// cell 3, line 4: product INT
    pub product: Option<i32>,
    /// cell 3, line 5: price DOUBLE
    pub price: Option<f64>,
    /// cell 3, line 6: ordered_at AS LOCALTIMESTAMP
    pub ordered_at: Timestamp,
}

impl<'a> json::Object<'a> for WebOrders {
    const COLUMNS: &'static [&'static str] = &["product", "price"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.product = value.integer()?,
            _ => self.price = value.double()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for WebOrders {
    const HAS_WATERMARK: bool = true;

    /// cell 3, line 7: WATERMARK FOR ordered_at AS ordered_at
    fn watermark(&self) -> Result<Timestamp> {
        Ok(self.ordered_at)
    }

    fn complete(&mut self, _: &Provenance<'a>, context: &Context<'a>) -> Result<()> {
        // cell 3, line 6: ordered_at AS LOCALTIMESTAMP
        self.ordered_at = time::local_timestamp(context.zone, context.now);
        Ok(())
    }
}
