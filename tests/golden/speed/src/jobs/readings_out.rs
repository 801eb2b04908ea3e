//! cell 2, line 14: INSERT INTO readings_out SELECT sensor_id, current_temperature, status, event_time FROM ...
//!
//! whole_readings -> readings_out

use crate::tables::readings_out::{self, NewReadingsOut};
use crate::tables::whole_readings::WholeReadings;
use sqlc_runtime::error::Result;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of whole_readings -> readings_out.
pub struct ReadingsOutJob {
    sink: SinkWriter<nothing::Encoder>,
}

impl ReadingsOutJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(ReadingsOutJob {
            sink: wiring.sink(&readings_out::TABLE, nothing::Encoder::new)?,
        })
    }

    /// A row of `whole_readings` on its way to `readings_out`.
    pub fn whole_readings(&mut self, row: &WholeReadings<'_>) -> Result<()> {
        let output = NewReadingsOut {
            sensor_id: row.sensor_id,
            current_temperature: row.current_temperature,
            status: row.status,
            event_time: row.event_time,
        };
        self.sink.write(RowKind::Insert, &output)
    }
}
