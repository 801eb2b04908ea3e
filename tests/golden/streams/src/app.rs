//! What one worker runs.

use crate::jobs::alarms::AlarmsJob;
use crate::jobs::archive::ArchiveJob;
use crate::tables::readings::{self, Readings};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of streams: what it reads, and one job per statement.
pub struct Streams {
    readings_scan: Scan<json::Decoder>,
    alarms: AlarmsJob,
    archive: ArchiveJob,
}

impl Streams {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Streams {
            readings_scan: wiring.scan(&readings::TABLE, json::Decoder::new)?,
            alarms: AlarmsJob::open(wiring)?,
            archive: ArchiveJob::open(wiring)?,
        })
    }

    /// readings -> alarms, archive
    fn read_readings(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { readings_scan, alarms, archive } = self;
        readings_scan.read(
            event,
            |element: Element<'_, '_, Readings<'_>>| match element {
                Element::Row(row, _) => {
                    alarms.readings(row)?;
                    archive.readings(row)
                }
                Element::Watermark(watermark) => {
                    alarms.readings_watermark(*watermark)
                }
            },
        )?;
        alarms.run()
    }
}

impl Pipeline for Streams {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_readings(event)
    }

    fn receive(&mut self, _: Port, from: usize, message: &Message) -> Result<()> {
        self.alarms.receive_tumble_by_sensor_id_and_shard(from, message)
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.readings_scan)?;
        self.alarms.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.alarms.tick(now)
    }
}
