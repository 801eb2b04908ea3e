//! What one worker runs.

use crate::jobs::failures::FailuresJob;
use crate::tables::log_lines::{self, LogLines};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::raw;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of raw_lines: what it reads, and one job per statement.
pub struct RawLines {
    log_lines_scan: Scan<raw::Decoder>,
    failures: FailuresJob,
}

impl RawLines {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(RawLines {
            log_lines_scan: wiring.scan(&log_lines::TABLE, raw::Decoder::new)?,
            failures: FailuresJob::open(wiring)?,
        })
    }

    /// log_lines -> failures
    fn read_log_lines(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { log_lines_scan, failures } = self;
        log_lines_scan.read(
            event,
            |element: Element<'_, '_, LogLines<'_>>| match element {
                Element::Row(row, _) => failures.log_lines(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }
}

impl Pipeline for RawLines {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_log_lines(event)
    }

    fn receive(&mut self, _: Port, _: usize, _: &Message) -> Result<()> {
        Ok(())
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.log_lines_scan)
    }

    fn tick(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }
}
