//! cell 2, line 15: INSERT INTO halves_out SELECT sensor_id, current_temperature FROM half_readings
//!
//! half_readings -> halves_out

use crate::tables::half_readings::HalfReadings;
use crate::tables::halves_out::{self, NewHalvesOut};
use sqlc_runtime::error::Result;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of half_readings -> halves_out.
pub struct HalvesOutJob {
    sink: SinkWriter<nothing::Encoder>,
}

impl HalvesOutJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(HalvesOutJob {
            sink: wiring.sink(&halves_out::TABLE, nothing::Encoder::new)?,
        })
    }

    /// A row of `half_readings` on its way to `halves_out`.
    pub fn half_readings(&mut self, row: &HalfReadings) -> Result<()> {
        let output = NewHalvesOut {
            sensor_id: row.sensor_id,
            current_temperature: row.current_temperature,
        };
        self.sink.write(RowKind::Insert, &output)
    }
}
