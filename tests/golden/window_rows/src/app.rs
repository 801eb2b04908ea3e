//! What one worker runs.

use crate::jobs::select_3::Select3Job;
use crate::jobs::select_4::Select4Job;
use crate::tables::bids::{self, Bids};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of window_rows: what it reads, and one job per statement.
pub struct WindowRows {
    bids_scan: Scan<json::Decoder>,
    select_3: Select3Job,
    select_4: Select4Job,
}

impl WindowRows {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(WindowRows {
            bids_scan: wiring.scan(&bids::TABLE, json::Decoder::new)?,
            select_3: Select3Job::open(wiring)?,
            select_4: Select4Job::open(wiring)?,
        })
    }

    /// bids -> select_3, select_4
    fn read_bids(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { bids_scan, select_3, select_4 } = self;
        bids_scan.read(
            event,
            |element: Element<'_, '_, Bids<'_>>| match element {
                Element::Row(row, context) => {
                    select_3.bids(row, context)?;
                    select_4.bids(row)
                }
                Element::Watermark(watermark) => select_4.bids_watermark(*watermark),
            },
        )?;
        select_4.run()
    }
}

impl Pipeline for WindowRows {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_bids(event)
    }

    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()> {
        match port.0 {
            0 => self.select_4.receive_tumble_all(from, message),
            _ => self.select_4.receive_tumble_all2(from, message),
        }
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.bids_scan)?;
        self.select_4.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.select_4.tick(now)
    }
}
