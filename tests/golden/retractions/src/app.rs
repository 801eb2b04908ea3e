//! What one worker runs.

use crate::jobs::select_3::Select3Job;
use crate::tables::votes::{self, Votes};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of retractions: what it reads, and one job per statement.
pub struct Retractions {
    votes_scan: Scan<json::Decoder>,
    select_3: Select3Job,
}

impl Retractions {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Retractions {
            votes_scan: wiring.scan(&votes::TABLE, json::Decoder::new)?,
            select_3: Select3Job::open(wiring)?,
        })
    }

    /// votes -> select_3
    fn read_votes(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { votes_scan, select_3 } = self;
        votes_scan.read(
            event,
            |element: Element<'_, '_, Votes<'_>>| match element {
                Element::Row(row, _) => select_3.votes(row),
                Element::Watermark(watermark) => select_3.votes_watermark(*watermark),
            },
        )?;
        select_3.run()
    }
}

impl Pipeline for Retractions {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_votes(event)
    }

    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()> {
        match port.0 {
            0 => self.select_3.receive_group_by_party(from, message),
            _ => self.select_3.receive_group_by_count(from, message),
        }
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.votes_scan)?;
        self.select_3.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.select_3.tick(now)
    }
}
