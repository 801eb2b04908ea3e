//! Table `device_state` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::csv;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 1, line 74: CREATE TABLE device_state (...)
pub const TABLE: Table = Table {
    name: "device_state",
    columns: &[
        Column::new("sensor_id", "INT"),
        Column::new("num", "BIGINT"),
        Column::new("average", "DOUBLE"),
        Column::new("hop_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "out"), ("format", "csv")],
    origin: Origin::new(1, 74),
};

/// A row for `device_state`.
#[derive(Clone, Copy, Debug)]
pub struct NewDeviceState {
    pub sensor_id: Option<i32>,
    pub num: Option<i64>,
    pub average: Option<f64>,
    pub hop_time: Option<Timestamp>,
}

impl csv::Encode for NewDeviceState {
    fn encode(&self, line: &mut csv::Line<'_>) {
        line.integer(self.sensor_id);
        line.bigint(self.num);
        line.double(self.average);
        line.timestamp(self.hop_time);
    }
}

impl PartitionKey for NewDeviceState {}
