//! Table `sensor_state` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 1, line 63: CREATE TABLE sensor_state (...)
pub const TABLE: Table = Table {
    name: "sensor_state",
    columns: &[
        Column::new("status", "VARCHAR(6)"),
        Column::new("num", "BIGINT"),
        Column::new("average", "DOUBLE"),
        Column::new("hop_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "out"), ("format", "json")],
    origin: Origin::new(1, 63),
};

/// A row for `sensor_state`.
#[derive(Clone, Copy, Debug)]
pub struct NewSensorState<'a> {
    pub status: Option<&'a str>,
    pub num: Option<i64>,
    pub average: Option<f64>,
    pub hop_time: Option<Timestamp>,
}

impl json::Encode for NewSensorState<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("status")).text(self.status);
        document.column(json::key!("num")).bigint(self.num);
        document.column(json::key!("average")).double(self.average);
        document.column(json::key!("hop_time")).timestamp_sql(self.hop_time);
    }
}

impl PartitionKey for NewSensorState<'_> {}
