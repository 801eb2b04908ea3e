//! Table `half_readings` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;

/// cell 1, line 29: CREATE TABLE half_readings (...)
pub const TABLE: Table = Table {
    name: "half_readings",
    columns: &[
        Column::new("sensor_id", "INT"),
        Column::new("current_temperature", "DOUBLE"),
        Column::new("status", "VARCHAR(6)"),
        Column::new("event_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "in"),
        ("format", "json"),
        ("json.timestamp-format.standard", "ISO-8601"),
    ],
    origin: Origin::new(1, 29),
};

/// The columns of `half_readings` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct HalfReadings {
    /// cell 1, line 18: sensor_id INTEGER
    pub sensor_id: Option<i32>,
    /// cell 1, line 19: current_temperature DOUBLE
    pub current_temperature: Option<f64>,
}

impl<'a> json::Object<'a> for HalfReadings {
    const COLUMNS: &'static [&'static str] = &["sensor_id", "current_temperature"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.sensor_id = value.integer()?,
            _ => self.current_temperature = value.double()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for HalfReadings {}
