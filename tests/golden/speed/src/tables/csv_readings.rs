//! Table `csv_readings` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::csv;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;
use sqlc_runtime::value::Timestamp;

/// cell 1, line 52: CREATE TABLE csv_readings (...)
pub const TABLE: Table = Table {
    name: "csv_readings",
    columns: &[
        Column::new("sensor_id", "INT"),
        Column::new("current_temperature", "DOUBLE"),
        Column::new("status", "VARCHAR(6)"),
        Column::new("event_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "in"), ("format", "csv")],
    origin: Origin::new(1, 52),
};

/// The columns of `csv_readings` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvReadings<'a> {
    /// cell 1, line 53: sensor_id INTEGER
    pub sensor_id: Option<i32>,
    /// cell 1, line 54: current_temperature DOUBLE
    pub current_temperature: Option<f64>,
    /// cell 1, line 55: status VARCHAR(6)
    pub status: Option<&'a str>,
    /// cell 1, line 56: event_time TIMESTAMP(3)
    pub event_time: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for CsvReadings<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.sensor_id = line.column(0, "sensor_id").integer()?;
        self.current_temperature = line.column(1, "current_temperature").double()?;
        self.status = line.column(2, "status").text()?;
        self.event_time = line.column(3, "event_time").timestamp_sql(3)?;
        Ok(())
    }
}

impl<'a> TableRow<'a> for CsvReadings<'a> {}
