//! cell 2, line 8: INSERT INTO device_state SELECT sensor_id, COUNT(*), AVG(current_temperature), ...
//!
//! devices -> HopBySensorId -> device_state

use crate::tables::device_state::{self, NewDeviceState};
use crate::tables::devices::Devices;
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::csv;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Avg, Count};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of devices -> HopBySensorId -> device_state.
pub struct DeviceStateJob {
    hop_by_sensor_id: Keyed<WindowAggregate<HopBySensorId>>,
    sink: SinkWriter<csv::Encoder>,
}

impl DeviceStateJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(DeviceStateJob {
            hop_by_sensor_id: wiring.keyed(
                "HopBySensorId",
                Origin::new(2, 9),
                WindowAggregate::new(Assigner::hop(Millis(10_000), Millis(60_000))),
            ),
            sink: wiring.sink(&device_state::TABLE, csv::Encoder::new)?,
        })
    }

    /// A row of `devices` on its way to HopBySensorId.
    pub fn devices(&mut self, row: &Devices) -> Result<()> {
        let input = HopBySensorIdInput {
            sensor_id: row.sensor_id,
            event_time: row::rowtime(row.event_time, Origin::new(2, 9), "event_time")?,
            current_temperature: row.current_temperature,
        };
        self.hop_by_sensor_id.add(RowKind::Insert, &input)
    }

    pub fn devices_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.hop_by_sensor_id.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.hop_by_sensor_id)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_hop_by_sensor_id()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.hop_by_sensor_id.tick(now)?;
        self.run()
    }

    pub fn receive_hop_by_sensor_id(&mut self, from: usize, message: &Message) -> Result<()> {
        self.hop_by_sensor_id.receive(from, message)?;
        self.run()
    }

    /// HopBySensorId -> `device_state`
    #[inline(never)]
    fn run_hop_by_sensor_id(&mut self) -> Result<()> {
        let Self { hop_by_sensor_id, sink } = self;
        hop_by_sensor_id.drain(|_, result| {
            let output = NewDeviceState {
                sensor_id: result.key.sensor_id,
                num: Some(result.accumulator.num.value()),
                average: result.accumulator.average.value(),
                hop_time: Some(result.time),
            };
            sink.write(RowKind::Insert, &output)
        })
    }
}

/// cell 2, line 9: SELECT sensor_id, COUNT(*), AVG(current_temperature), HOP_ROWTIME(event_time, INTERVAL '10' ...
pub struct HopBySensorId;

/// What HopBySensorId reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct HopBySensorIdInput {
    pub sensor_id: Option<i32>,
    pub event_time: Timestamp,
    pub current_temperature: Option<f64>,
}

impl<'a> Codec<'a> for HopBySensorIdInput {
    fn encode(&self, out: &mut Vec<u8>) {
        self.sensor_id.encode(out);
        self.event_time.encode(out);
        self.current_temperature.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        HopBySensorIdInput {
            sensor_id: Codec::decode(bytes),
            event_time: Codec::decode(bytes),
            current_temperature: Codec::decode(bytes),
        }
    }
}

/// The key of HopBySensorId: sensor_id.
#[derive(Debug, Hash)]
pub struct HopBySensorIdKey {
    pub sensor_id: Option<i32>,
}

impl Codec<'_> for HopBySensorIdKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.sensor_id.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        HopBySensorIdKey { sensor_id: Codec::decode(bytes) }
    }
}

/// What HopBySensorId keeps per key and window.
#[derive(Debug, Default)]
pub struct HopBySensorIdTotals {
    /// COUNT(*)
    pub num: Count,
    /// AVG(current_temperature)
    pub average: Avg<f64>,
}

impl Codec<'_> for HopBySensorIdTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.num.encode(out);
        self.average.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        HopBySensorIdTotals {
            num: Codec::decode(bytes),
            average: Codec::decode(bytes),
        }
    }
}

impl Aggregation for HopBySensorId {
    type Input<'a> = HopBySensorIdInput;
    type KeyRef<'a> = HopBySensorIdKey;
    type Key = HopBySensorIdKey;
    type Accumulator = HopBySensorIdTotals;
    const TWO_PHASE: bool = true;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        HopBySensorIdKey { sensor_id: input.sensor_id }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.sensor_id == borrowed.sensor_id
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        HopBySensorIdKey { sensor_id: borrowed.sensor_id }
    }

    fn time(input: &HopBySensorIdInput) -> Timestamp {
        input.event_time
    }

    fn accumulate(accumulator: &mut HopBySensorIdTotals, input: &HopBySensorIdInput) -> Result<()> {
        accumulator.num.add_row();
        accumulator.average.add(input.current_temperature);
        Ok(())
    }

    fn merge(accumulator: &mut HopBySensorIdTotals, other: &HopBySensorIdTotals) -> Result<()> {
        accumulator.num.merge(&other.num);
        accumulator.average.merge(&other.average);
        Ok(())
    }
}
