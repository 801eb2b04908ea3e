//! Table `halves_out` (blackhole).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;

/// cell 1, line 86: CREATE TABLE halves_out (...)
pub const TABLE: Table = Table {
    name: "halves_out",
    columns: &[Column::new("sensor_id", "INT"), Column::new("current_temperature", "DOUBLE")],
    partition_keys: &[],
    options: &[("connector", "blackhole")],
    origin: Origin::new(1, 86),
};

/// A row for `halves_out`.
#[derive(Clone, Copy, Debug)]
pub struct NewHalvesOut {
    pub sensor_id: Option<i32>,
    pub current_temperature: Option<f64>,
}

impl nothing::Encode for NewHalvesOut {
    fn discard(&self) {
        std::hint::black_box((self.sensor_id, self.current_temperature));
    }
}

impl PartitionKey for NewHalvesOut {}
