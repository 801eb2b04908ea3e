//! What one worker runs.

use crate::jobs::results::ResultsJob;
use crate::jobs::select_4::Select4Job;
use crate::tables::samples::{self, Samples};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::row::Context;
use sqlc_runtime::value::Timestamp;

/// One worker's copy of expressions: what it reads, and one job per statement.
pub struct Expressions {
    samples_scan: Scan<json::Decoder>,
    results: ResultsJob,
    select_4: Select4Job,
}

impl Expressions {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Expressions {
            samples_scan: wiring.scan(&samples::TABLE, json::Decoder::new)?,
            results: ResultsJob::open(wiring)?,
            select_4: Select4Job::open(wiring)?,
        })
    }

    /// samples -> results
    fn read_samples(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { samples_scan, results, .. } = self;
        samples_scan.read(
            event,
            |element: Element<'_, '_, Samples<'_>>| match element {
                Element::Row(row, context) => results.samples(row, context),
                Element::Watermark(_) => Ok(()),
            },
        )
    }
}

impl Pipeline for Expressions {
    fn start(&mut self, first: bool, _: &Context<'_>) -> Result<()> {
        self.select_4.values(first)
    }

    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_samples(event)
    }

    fn receive(&mut self, _: Port, _: usize, _: &Message) -> Result<()> {
        Ok(())
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.samples_scan)
    }

    fn tick(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }
}
