//! Table `traffic` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 10, line 2: CREATE TABLE traffic (...)
pub const TABLE: Table = Table {
    name: "traffic",
    columns: &[
        Column::new("section", "STRING"),
        Column::new("window_start", "TIMESTAMP(3)"),
        Column::new("pages_seen", "BIGINT"),
        Column::new("visitors", "BIGINT"),
        Column::new("average_ms", "INT"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "out/traffic"), ("format", "json")],
    origin: Origin::new(10, 2),
};

/// A row for `traffic`.
#[derive(Clone, Copy, Debug)]
pub struct NewTraffic<'a> {
    pub section: Option<&'a str>,
    pub window_start: Option<Timestamp>,
    pub pages_seen: Option<i64>,
    pub visitors: Option<i64>,
    pub average_ms: Option<i32>,
}

impl json::Encode for NewTraffic<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("section")).text(self.section);
        document.column(json::key!("window_start")).timestamp_sql(self.window_start);
        document.column(json::key!("pages_seen")).bigint(self.pages_seen);
        document.column(json::key!("visitors")).bigint(self.visitors);
        document.column(json::key!("average_ms")).integer(self.average_ms);
    }
}

impl PartitionKey for NewTraffic<'_> {}
