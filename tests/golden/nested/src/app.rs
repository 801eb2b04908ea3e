//! What one worker runs.

use crate::jobs::select_3::Select3Job;
use crate::tables::events::{self, Events};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of nested: what it reads, and one job per statement.
pub struct Nested {
    events_scan: Scan<json::Decoder>,
    select_3: Select3Job,
}

impl Nested {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Nested {
            events_scan: wiring.scan(&events::TABLE, json::Decoder::new)?,
            select_3: Select3Job::open(wiring)?,
        })
    }

    /// events -> select_3
    fn read_events(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { events_scan, select_3 } = self;
        events_scan.read(
            event,
            |element: Element<'_, '_, Events<'_>>| match element {
                Element::Row(row, _) => select_3.events(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }
}

impl Pipeline for Nested {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_events(event)
    }

    fn receive(&mut self, _: Port, _: usize, _: &Message) -> Result<()> {
        Ok(())
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.events_scan)
    }

    fn tick(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }
}
