//! Table `orders` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::csv;
use sqlc_runtime::function::{cast, decimal, time};
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, Context, Provenance, TableRow};
use sqlc_runtime::value::{Decimal, Millis, Timestamp};

/// cell 13, line 2: CREATE TABLE orders (...)
pub const TABLE: Table = Table {
    name: "orders",
    columns: &[
        Column::new("order_id", "BIGINT"),
        Column::new("visitor_id", "BIGINT"),
        Column::new("unit_price", "DECIMAL(10, 2)"),
        Column::new("quantity", "INT"),
        Column::new("coupon", "STRING"),
        Column::new("ordered_at", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "data/orders.csv"),
        ("format", "csv"),
        ("csv.ignore-parse-errors", "true"),
        ("csv.null-literal", "-"),
    ],
    origin: Origin::new(13, 2),
};

/// The columns of `orders` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Orders<'a> {
    /// cell 13, line 5: unit_price DECIMAL(10, 2)
    pub unit_price: Option<Decimal>,
    /// cell 13, line 6: quantity INT
    pub quantity: Option<i32>,
    /// cell 13, line 7: coupon STRING
    pub coupon: Option<&'a str>,
    /// cell 13, line 8: ordered_at TIMESTAMP(3)
    pub ordered_at: Option<Timestamp>,
    /// cell 13, line 9: amount AS unit_price * quantity
    pub amount: Option<Decimal>,
}

impl<'a> csv::Record<'a> for Orders<'a> {
    const WIDTH: usize = 6;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.unit_price = line.column(2, "unit_price").decimal(10, 2)?;
        self.quantity = line.column(3, "quantity").integer()?;
        self.coupon = line.column(4, "coupon").text()?;
        self.ordered_at = line.column(5, "ordered_at").timestamp_sql(3)?;
        Ok(())
    }
}

impl<'a> TableRow<'a> for Orders<'a> {
    const HAS_WATERMARK: bool = true;

    /// cell 13, line 10: WATERMARK FOR ordered_at AS ordered_at - INTERVAL '10' SECOND
    fn watermark(&self) -> Result<Timestamp> {
        row::rowtime(
            self.ordered_at.map(|ordered_at| time::minus_millis(ordered_at, Millis(10_000))),
            Origin::new(13, 10),
            "ordered_at",
        )
    }

    fn complete(&mut self, _: &Provenance<'a>, _: &Context<'a>) -> Result<()> {
        // cell 13, line 9: amount AS unit_price * quantity
        self.amount = self
            .unit_price
            .zip(self.quantity.and_then(|quantity| cast::integer_to_decimal(quantity, 10, 0)))
            .and_then(|(unit_price, b)| decimal::mul(unit_price, 2, b, 0, 21, 2));
        Ok(())
    }
}
