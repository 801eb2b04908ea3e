//! What one worker runs.

use crate::jobs::bids_out::BidsOutJob;
use crate::jobs::device_state::DeviceStateJob;
use crate::jobs::halves_out::HalvesOutJob;
use crate::jobs::readings_out::ReadingsOutJob;
use crate::jobs::readings_out_2::ReadingsOut2Job;
use crate::jobs::sensor_state::SensorStateJob;
use crate::jobs::wide_out::WideOutJob;
use crate::tables::csv_readings::{self, CsvReadings};
use crate::tables::devices::{self, Devices};
use crate::tables::events::{self, Events};
use crate::tables::half_readings::{self, HalfReadings};
use crate::tables::sensor_data::{self, SensorData};
use crate::tables::whole_readings::{self, WholeReadings};
use crate::tables::wide_readings::{self, WideReadings};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::{csv, json};
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of speed: what it reads, and one job per statement.
pub struct Speed {
    sensor_data_scan: Scan<json::Decoder>,
    devices_scan: Scan<json::Decoder>,
    whole_readings_scan: Scan<json::Decoder>,
    half_readings_scan: Scan<json::Decoder>,
    wide_readings_scan: Scan<json::Decoder>,
    events_scan: Scan<json::Decoder>,
    csv_readings_scan: Scan<csv::Decoder>,
    sensor_state: SensorStateJob,
    device_state: DeviceStateJob,
    readings_out: ReadingsOutJob,
    halves_out: HalvesOutJob,
    wide_out: WideOutJob,
    bids_out: BidsOutJob,
    readings_out_2: ReadingsOut2Job,
}

impl Speed {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Speed {
            sensor_data_scan: wiring.scan(&sensor_data::TABLE, json::Decoder::new)?,
            devices_scan: wiring.scan(&devices::TABLE, json::Decoder::new)?,
            whole_readings_scan: wiring.scan(&whole_readings::TABLE, json::Decoder::new)?,
            half_readings_scan: wiring.scan(&half_readings::TABLE, json::Decoder::new)?,
            wide_readings_scan: wiring.scan(&wide_readings::TABLE, json::Decoder::new)?,
            events_scan: wiring.scan(&events::TABLE, json::Decoder::new)?,
            csv_readings_scan: wiring.scan(&csv_readings::TABLE, csv::Decoder::new)?,
            sensor_state: SensorStateJob::open(wiring)?,
            device_state: DeviceStateJob::open(wiring)?,
            readings_out: ReadingsOutJob::open(wiring)?,
            halves_out: HalvesOutJob::open(wiring)?,
            wide_out: WideOutJob::open(wiring)?,
            bids_out: BidsOutJob::open(wiring)?,
            readings_out_2: ReadingsOut2Job::open(wiring)?,
        })
    }

    /// sensor_data -> sensor_state
    fn read_sensor_data(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { sensor_data_scan, sensor_state, .. } = self;
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

    /// devices -> device_state
    fn read_devices(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { devices_scan, device_state, .. } = self;
        devices_scan.read(
            event,
            |element: Element<'_, '_, Devices>| match element {
                Element::Row(row, _) => device_state.devices(row),
                Element::Watermark(watermark) => {
                    device_state.devices_watermark(*watermark)
                }
            },
        )?;
        device_state.run()
    }

    /// whole_readings -> readings_out
    fn read_whole_readings(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { whole_readings_scan, readings_out, .. } = self;
        whole_readings_scan.read(
            event,
            |element: Element<'_, '_, WholeReadings<'_>>| match element {
                Element::Row(row, _) => readings_out.whole_readings(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }

    /// half_readings -> halves_out
    fn read_half_readings(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { half_readings_scan, halves_out, .. } = self;
        half_readings_scan.read(
            event,
            |element: Element<'_, '_, HalfReadings>| match element {
                Element::Row(row, _) => halves_out.half_readings(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }

    /// wide_readings -> wide_out
    fn read_wide_readings(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { wide_readings_scan, wide_out, .. } = self;
        wide_readings_scan.read(
            event,
            |element: Element<'_, '_, WideReadings<'_>>| match element {
                Element::Row(row, _) => wide_out.wide_readings(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }

    /// events -> bids_out
    fn read_events(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { events_scan, bids_out, .. } = self;
        events_scan.read(
            event,
            |element: Element<'_, '_, Events<'_>>| match element {
                Element::Row(row, _) => bids_out.events(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }

    /// csv_readings -> readings_out_2
    fn read_csv_readings(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { csv_readings_scan, readings_out_2, .. } = self;
        csv_readings_scan.read(
            event,
            |element: Element<'_, '_, CsvReadings<'_>>| match element {
                Element::Row(row, _) => readings_out_2.csv_readings(row),
                Element::Watermark(_) => Ok(()),
            },
        )
    }
}

impl Pipeline for Speed {
    fn read(&mut self, source: SourceId, event: &ReaderEvent) -> Result<()> {
        match source.0 {
            0 => self.read_sensor_data(event),
            1 => self.read_devices(event),
            2 => self.read_whole_readings(event),
            3 => self.read_half_readings(event),
            4 => self.read_wide_readings(event),
            5 => self.read_events(event),
            _ => self.read_csv_readings(event),
        }
    }

    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()> {
        match port.0 {
            0 => self.sensor_state.receive_hop_by_status(from, message),
            _ => self.device_state.receive_hop_by_sensor_id(from, message),
        }
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.sensor_data_scan)?;
        visit(&mut self.devices_scan)?;
        visit(&mut self.whole_readings_scan)?;
        visit(&mut self.half_readings_scan)?;
        visit(&mut self.wide_readings_scan)?;
        visit(&mut self.events_scan)?;
        visit(&mut self.csv_readings_scan)?;
        self.sensor_state.stateful(visit)?;
        self.device_state.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.sensor_state.tick(now)?;
        self.device_state.tick(now)
    }
}
