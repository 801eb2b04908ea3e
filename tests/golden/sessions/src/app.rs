//! What one worker runs.

use crate::jobs::talks::TalksJob;
use crate::tables::calls::{self, Calls};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::csv;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of sessions: what it reads, and one job per statement.
pub struct Sessions {
    calls_scan: Scan<csv::Decoder>,
    talks: TalksJob,
}

impl Sessions {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Sessions {
            calls_scan: wiring.scan(&calls::TABLE, csv::Decoder::new)?,
            talks: TalksJob::open(wiring)?,
        })
    }

    /// calls -> talks
    fn read_calls(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { calls_scan, talks } = self;
        calls_scan.read(
            event,
            |element: Element<'_, '_, Calls<'_>>| match element {
                Element::Row(row, _) => talks.calls(row),
                Element::Watermark(watermark) => talks.calls_watermark(*watermark),
            },
        )?;
        talks.run()
    }
}

impl Pipeline for Sessions {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_calls(event)
    }

    fn receive(&mut self, _: Port, from: usize, message: &Message) -> Result<()> {
        self.talks.receive_session_by_caller_and_line(from, message)
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.calls_scan)?;
        self.talks.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.talks.tick(now)
    }
}
