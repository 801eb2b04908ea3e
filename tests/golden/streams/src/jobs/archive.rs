//! cell 3, line 10: INSERT INTO archive SELECT sensor_id, temperature, arrived FROM readings WHERE temperature IS ...
//!
//! readings -> archive

use crate::tables::archive::{self, NewArchive};
use crate::tables::readings::Readings;
use sqlc_runtime::error::Result;
use sqlc_runtime::format::csv;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of readings -> archive.
pub struct ArchiveJob {
    sink: SinkWriter<csv::Encoder>,
}

impl ArchiveJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(ArchiveJob {
            sink: wiring.sink(&archive::TABLE, csv::Encoder::new)?,
        })
    }

    /// A row of `readings` on its way to `archive`.
    pub fn readings(&mut self, row: &Readings<'_>) -> Result<()> {
        // cell 3, line 10: temperature IS NOT NULL
        if row.temperature.is_some() {
            let output = NewArchive {
                sensor_id: row.sensor_id,
                temperature: row.temperature,
                arrived: Some(row.arrived),
            };
            self.sink.write(RowKind::Insert, &output)?;
        }
        Ok(())
    }
}
