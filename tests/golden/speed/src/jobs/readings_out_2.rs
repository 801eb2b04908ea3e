//! cell 2, line 18: INSERT INTO readings_out SELECT sensor_id, current_temperature, status, event_time FROM ...
//!
//! csv_readings -> readings_out

use crate::tables::csv_readings::CsvReadings;
use crate::tables::readings_out::{self, NewReadingsOut};
use sqlc_runtime::error::Result;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of csv_readings -> readings_out.
pub struct ReadingsOut2Job {
    sink: SinkWriter<nothing::Encoder>,
}

impl ReadingsOut2Job {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(ReadingsOut2Job {
            sink: wiring.sink(&readings_out::TABLE, nothing::Encoder::new)?,
        })
    }

    /// A row of `csv_readings` on its way to `readings_out`.
    pub fn csv_readings(&mut self, row: &CsvReadings<'_>) -> Result<()> {
        let output = NewReadingsOut {
            sensor_id: row.sensor_id,
            current_temperature: row.current_temperature,
            status: row.status,
            event_time: row.event_time,
        };
        self.sink.write(RowKind::Insert, &output)
    }
}
