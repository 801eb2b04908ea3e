//! Table `visits` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::{Decimal, Timestamp};

/// cell 7, line 2: CREATE TABLE visits (...)
pub const TABLE: Table = Table {
    name: "visits",
    columns: &[
        Column::new("visitor_id", "BIGINT"),
        Column::new("started_at", "TIMESTAMP(3)"),
        Column::new("ended_at", "TIMESTAMP(3)"),
        Column::new("pages_seen", "BIGINT"),
        Column::new("seconds", "DECIMAL(10, 3)"),
        Column::new("reached_cart", "BOOLEAN"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "out/visits"), ("format", "json")],
    origin: Origin::new(7, 2),
};

/// A row for `visits`.
#[derive(Clone, Copy, Debug)]
pub struct NewVisits {
    pub visitor_id: Option<i64>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub pages_seen: Option<i64>,
    pub seconds: Option<Decimal>,
    pub reached_cart: Option<bool>,
}

impl json::Encode for NewVisits {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("visitor_id")).bigint(self.visitor_id);
        document.column(json::key!("started_at")).timestamp_sql(self.started_at);
        document.column(json::key!("ended_at")).timestamp_sql(self.ended_at);
        document.column(json::key!("pages_seen")).bigint(self.pages_seen);
        document.column(json::key!("seconds")).decimal(self.seconds, 3);
        document.column(json::key!("reached_cart")).boolean(self.reached_cart);
    }
}

impl PartitionKey for NewVisits {}
