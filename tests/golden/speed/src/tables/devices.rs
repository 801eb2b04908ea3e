//! Table `devices` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::function::time;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, TableRow};
use sqlc_runtime::value::{Millis, Timestamp};

/// cell 1, line 15: CREATE TABLE devices (...)
pub const TABLE: Table = Table {
    name: "devices",
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
    origin: Origin::new(1, 15),
};

/// The columns of `devices` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Devices {
    /// cell 1, line 3: sensor_id INTEGER
    pub sensor_id: Option<i32>,
    /// cell 1, line 4: current_temperature DOUBLE
    pub current_temperature: Option<f64>,
    /// cell 1, line 6: event_time TIMESTAMP(3)
    pub event_time: Option<Timestamp>,
}

impl<'a> json::Object<'a> for Devices {
    const COLUMNS: &'static [&'static str] = &["sensor_id", "current_temperature", "event_time"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.sensor_id = value.integer()?,
            1 => self.current_temperature = value.double()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Devices {
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
