//! Table `whole_readings` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;
use sqlc_runtime::value::Timestamp;

/// cell 1, line 17: CREATE TABLE whole_readings (...)
pub const TABLE: Table = Table {
    name: "whole_readings",
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
    origin: Origin::new(1, 17),
};

/// The columns of `whole_readings` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct WholeReadings<'a> {
    /// cell 1, line 18: sensor_id INTEGER
    pub sensor_id: Option<i32>,
    /// cell 1, line 19: current_temperature DOUBLE
    pub current_temperature: Option<f64>,
    /// cell 1, line 20: status VARCHAR(6)
    pub status: Option<&'a str>,
    /// cell 1, line 21: event_time TIMESTAMP(3)
    pub event_time: Option<Timestamp>,
}

impl<'a> json::Object<'a> for WholeReadings<'a> {
    const COLUMNS: &'static [&'static str] = &[
        "sensor_id",
        "current_temperature",
        "status",
        "event_time",
    ];
    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.sensor_id = value.integer()?,
            1 => self.current_temperature = value.double()?,
            2 => self.status = value.text()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for WholeReadings<'a> {}
