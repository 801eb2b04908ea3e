//! Table `revenue` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::{Decimal, Timestamp};

/// cell 14, line 2: CREATE TABLE revenue (...)
pub const TABLE: Table = Table {
    name: "revenue",
    columns: &[
        Column::new("hour_of_day", "TIMESTAMP(3)"),
        Column::new("orders", "BIGINT"),
        Column::new("with_coupon", "BIGINT"),
        Column::new("gross", "DECIMAL(18, 2)"),
        Column::new("net", "DECIMAL(18, 2)"),
        Column::new("largest", "DECIMAL(18, 2)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "out/revenue"),
        ("format", "json"),
        ("json.encode.decimal-as-plain-number", "true"),
    ],
    origin: Origin::new(14, 2),
};

/// A row for `revenue`.
#[derive(Clone, Copy, Debug)]
pub struct NewRevenue {
    pub hour_of_day: Option<Timestamp>,
    pub orders: Option<i64>,
    pub with_coupon: Option<i64>,
    pub gross: Option<Decimal>,
    pub net: Option<Decimal>,
    pub largest: Option<Decimal>,
}

impl json::Encode for NewRevenue {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("hour_of_day")).timestamp_sql(self.hour_of_day);
        document.column(json::key!("orders")).bigint(self.orders);
        document.column(json::key!("with_coupon")).bigint(self.with_coupon);
        document.column(json::key!("gross")).decimal(self.gross, 2);
        document.column(json::key!("net")).decimal(self.net, 2);
        document.column(json::key!("largest")).decimal(self.largest, 2);
    }
}

impl PartitionKey for NewRevenue {}
