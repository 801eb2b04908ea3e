//! cell 2, line 16: INSERT INTO wide_out SELECT c02, c12, c22 FROM wide_readings
//!
//! wide_readings -> wide_out

use crate::tables::wide_out::{self, NewWideOut};
use crate::tables::wide_readings::WideReadings;
use sqlc_runtime::error::Result;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of wide_readings -> wide_out.
pub struct WideOutJob {
    sink: SinkWriter<nothing::Encoder>,
}

impl WideOutJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(WideOutJob {
            sink: wiring.sink(&wide_out::TABLE, nothing::Encoder::new)?,
        })
    }

    /// A row of `wide_readings` on its way to `wide_out`.
    pub fn wide_readings(&mut self, row: &WideReadings<'_>) -> Result<()> {
        let output = NewWideOut {
            c02: row.c02,
            c12: row.c12,
            c22: row.c22,
        };
        self.sink.write(RowKind::Insert, &output)
    }
}
