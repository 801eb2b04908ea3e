//! Table `sensor_state` (kinesis).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// catalog/sensors.sql, cell 2, line 2: CREATE TABLE sensor_state (...)
pub const TABLE: Table = Table {
    name: "sensor_state",
    columns: &[
        Column::new("status", "VARCHAR(6)"),
        Column::new("num", "INT"),
        Column::new("avg_current_temperature", "DOUBLE"),
        Column::new("hop_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "kinesis"),
        ("stream", "my-output-stream"),
        ("aws.region", "us-east-1"),
        ("scan.stream.initpos", "LATEST"),
        ("format", "json"),
        ("json.timestamp-format.standard", "ISO-8601"),
    ],
    origin: Origin::in_file("catalog/sensors.sql", 2, 2),
};

/// A row for `sensor_state`.
#[derive(Clone, Copy, Debug)]
pub struct NewSensorState<'a> {
    pub status: Option<&'a str>,
    pub num: Option<i32>,
    pub avg_current_temperature: Option<f64>,
    pub hop_time: Option<Timestamp>,
}

impl json::Encode for NewSensorState<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("status")).text(self.status);
        document.column(json::key!("num")).integer(self.num);
        document.column(json::key!("avg_current_temperature")).double(self.avg_current_temperature);
        document.column(json::key!("hop_time")).timestamp_iso(self.hop_time);
    }
}

impl PartitionKey for NewSensorState<'_> {}
