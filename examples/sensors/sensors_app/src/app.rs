//! What one worker runs.

use crate::jobs::sensor_state::SensorStateJob;
use crate::tables::sensor_data::{self, SensorData};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of sensors_app: what it reads, and one job per statement.
pub struct SensorsApp {
    sensor_data_scan: Scan<json::Decoder>,
    sensor_state: SensorStateJob,
}

impl SensorsApp {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(SensorsApp {
            sensor_data_scan: wiring.scan(&sensor_data::TABLE, json::Decoder::new)?,
            sensor_state: SensorStateJob::open(wiring)?,
        })
    }

    /// sensor_data -> sensor_state
    fn read_sensor_data(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { sensor_data_scan, sensor_state } = self;
        sensor_data_scan.read(
            event,
            |element: Element<'_, '_, SensorData<'_>>| match element {
                Element::Row(row, _) => sensor_state.sensor_data(row),
                Element::Watermark(watermark) => {
                    sensor_state.sensor_data_watermark(*watermark)
                }
            },
        )?;
        sensor_state.run()
    }
}

impl Pipeline for SensorsApp {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        self.read_sensor_data(event)
    }

    fn receive(&mut self, _: Port, from: usize, message: &Message) -> Result<()> {
        self.sensor_state.receive_hop_by_status(from, message)
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.sensor_data_scan)?;
        self.sensor_state.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.sensor_state.tick(now)
    }
}
