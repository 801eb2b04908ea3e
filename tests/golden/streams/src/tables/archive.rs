//! Table `archive` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::csv;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 2, line 28: CREATE TABLE archive (...)
pub const TABLE: Table = Table {
    name: "archive",
    columns: &[
        Column::new("sensor_id", "BIGINT"),
        Column::new("temperature", "FLOAT"),
        Column::new("arrived", "TIMESTAMP_LTZ(3)"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "archive"), ("format", "csv")],
    origin: Origin::new(2, 28),
};

/// A row for `archive`.
#[derive(Clone, Copy, Debug)]
pub struct NewArchive {
    pub sensor_id: Option<i64>,
    pub temperature: Option<f32>,
    pub arrived: Option<Timestamp>,
}

impl csv::Encode for NewArchive {
    fn encode(&self, line: &mut csv::Line<'_>) {
        line.bigint(self.sensor_id);
        line.float(self.temperature);
        line.timestamp_ltz(self.arrived);
    }
}

impl PartitionKey for NewArchive {}
