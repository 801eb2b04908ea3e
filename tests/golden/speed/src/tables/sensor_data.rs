//! Table `sensor_data` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::function::time;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, TableRow};
use sqlc_runtime::value::{Millis, Timestamp};

/// cell 1, line 2: CREATE TABLE sensor_data (...)
pub const TABLE: Table = Table {
    name: "sensor_data",
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
    origin: Origin::new(1, 2),
};

/// The columns of `sensor_data` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct SensorData<'a> {
    /// cell 1, line 4: current_temperature DOUBLE
    pub current_temperature: Option<f64>,
    /// cell 1, line 5: status VARCHAR(6)
    pub status: Option<&'a str>,
    /// cell 1, line 6: event_time TIMESTAMP(3)
    pub event_time: Option<Timestamp>,
}

impl<'a> json::Object<'a> for SensorData<'a> {
    const COLUMNS: &'static [&'static str] = &["current_temperature", "status", "event_time"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.current_temperature = value.double()?,
            1 => self.status = value.text()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for SensorData<'a> {
    const HAS_WATERMARK: bool = true;

    /// cell 1, line 7: WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
    fn watermark(&self) -> Result<Timestamp> {
        row::rowtime(
            self.event_time.map(|event_time| time::minus_millis(event_time, Millis(5000))),
            Origin::new(1, 7),
            "event_time",
        )
    }
}
