//! Table `readings_out` (blackhole).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 1, line 85: CREATE TABLE readings_out (...)
pub const TABLE: Table = Table {
    name: "readings_out",
    columns: &[
        Column::new("sensor_id", "INT"),
        Column::new("current_temperature", "DOUBLE"),
        Column::new("status", "VARCHAR(6)"),
        Column::new("event_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[("connector", "blackhole")],
    origin: Origin::new(1, 85),
};

/// A row for `readings_out`.
#[derive(Clone, Copy, Debug)]
pub struct NewReadingsOut<'a> {
    pub sensor_id: Option<i32>,
    pub current_temperature: Option<f64>,
    pub status: Option<&'a str>,
    pub event_time: Option<Timestamp>,
}

impl nothing::Encode for NewReadingsOut<'_> {
    fn discard(&self) {
        std::hint::black_box((
            self.sensor_id,
            self.current_temperature,
            self.status,
            self.event_time,
        ));
    }
}

impl PartitionKey for NewReadingsOut<'_> {}
