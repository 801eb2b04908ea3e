//! Table `alarms` (kinesis).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 2, line 15: CREATE TABLE alarms (...)
pub const TABLE: Table = Table {
    name: "alarms",
    columns: &[
        Column::new("sensor_id", "BIGINT"),
        Column::new("shard", "STRING"),
        Column::new("readings", "BIGINT"),
        Column::new("hottest", "FLOAT"),
        Column::new("noticed", "TIMESTAMP_LTZ(3)"),
    ],
    partition_keys: &["sensor_id"],
    options: &[
        ("connector", "kinesis"),
        ("stream", "alarms"),
        ("aws.region", "eu-west-1"),
        ("format", "json"),
    ],
    origin: Origin::new(2, 15),
};

/// A row for `alarms`.
#[derive(Clone, Copy, Debug)]
pub struct NewAlarms<'a> {
    pub sensor_id: Option<i64>,
    pub shard: Option<&'a str>,
    pub readings: Option<i64>,
    pub hottest: Option<f32>,
    pub noticed: Option<Timestamp>,
}

impl json::Encode for NewAlarms<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("sensor_id")).bigint(self.sensor_id);
        document.column(json::key!("shard")).text(self.shard);
        document.column(json::key!("readings")).bigint(self.readings);
        document.column(json::key!("hottest")).float(self.hottest);
        document.column(json::key!("noticed")).timestamp_ltz_sql(self.noticed);
    }
}

impl PartitionKey for NewAlarms<'_> {
    fn partition_key(&self, value: &mut dyn FnMut(Option<&dyn std::fmt::Display>)) -> bool {
        value(self.sensor_id.as_ref().map(|sensor_id| sensor_id as _));
        true
    }
}
