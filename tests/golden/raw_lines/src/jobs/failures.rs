//! cell 3, line 2: INSERT INTO failures SELECT line FROM log_lines WHERE line LIKE '% ERROR %'
//!
//! log_lines -> failures

use crate::tables::failures::{self, NewFailures};
use crate::tables::log_lines::LogLines;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::format::raw;
use sqlc_runtime::function::like;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of log_lines -> failures.
pub struct FailuresJob {
    sink: SinkWriter<raw::Encoder>,
}

impl FailuresJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(FailuresJob {
            sink: wiring.sink(&failures::TABLE, raw::Encoder::new)?,
        })
    }

    /// A row of `log_lines` on its way to `failures`.
    pub fn log_lines(&mut self, row: &LogLines<'_>) -> Result<()> {
        // cell 3, line 2: line LIKE '% ERROR %'
        if match row.line {
            Some(line) => Some(like::like(line, "% ERROR %").at(Origin::new(3, 2))?),
            None => None,
        } == Some(true) {
            let output = NewFailures { line: row.line };
            self.sink.write(RowKind::Insert, &output)?;
        }
        Ok(())
    }
}
