//! cell 2, line 2: INSERT INTO sensor_state SELECT sensor_data.status, COUNT(*) AS num, ...
//!
//! sensor_data -> HopByStatus -> sensor_state

use crate::tables::sensor_data::SensorData;
use crate::tables::sensor_state::{self, NewSensorState};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::json;
use sqlc_runtime::function::cast;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Avg, Count};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Text, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of sensor_data -> HopByStatus -> sensor_state.
pub struct SensorStateJob {
    hop_by_status: Keyed<WindowAggregate<HopByStatus>>,
    sink: SinkWriter<json::Encoder>,
}

impl SensorStateJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(SensorStateJob {
            hop_by_status: wiring.keyed(
                "HopByStatus",
                Origin::new(2, 3),
                WindowAggregate::new(Assigner::hop(Millis(10_000), Millis(60_000))),
            ),
            sink: wiring.sink(&sensor_state::TABLE, json::Encoder::new)?,
        })
    }

    /// A row of `sensor_data` on its way to HopByStatus.
    pub fn sensor_data(&mut self, row: &SensorData<'_>) -> Result<()> {
        let input = HopByStatusInput {
            status: row.status,
            event_time: row::rowtime(row.event_time, Origin::new(2, 3), "event_time")?,
            current_temperature: row.current_temperature,
        };
        self.hop_by_status.add(RowKind::Insert, &input)
    }

    pub fn sensor_data_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.hop_by_status.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.hop_by_status)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_hop_by_status()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.hop_by_status.tick(now)?;
        self.run()
    }

    pub fn receive_hop_by_status(&mut self, from: usize, message: &Message) -> Result<()> {
        self.hop_by_status.receive(from, message)?;
        self.run()
    }

    /// HopByStatus -> `sensor_state`
    #[inline(never)]
    fn run_hop_by_status(&mut self) -> Result<()> {
        let Self { hop_by_status, sink } = self;
        hop_by_status.drain(|_, result| {
            // cell 2, line 3: COUNT(*)
            let num = cast::checked_int(result.accumulator.num.value()).at(Origin::new(2, 3))?;
            let output = NewSensorState {
                status: result.key.status.as_deref(),
                num: Some(num),
                avg_current_temperature: result.accumulator.avg_current_temperature.value(),
                hop_time: Some(result.time),
            };
            sink.write(RowKind::Insert, &output)
        })
    }
}

/// cell 2, line 3: SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS ...
pub struct HopByStatus;

/// What HopByStatus reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct HopByStatusInput<'a> {
    pub status: Option<&'a str>,
    pub event_time: Timestamp,
    pub current_temperature: Option<f64>,
}

impl<'a> Codec<'a> for HopByStatusInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status.encode(out);
        self.event_time.encode(out);
        self.current_temperature.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        HopByStatusInput {
            status: Codec::decode(bytes),
            event_time: Codec::decode(bytes),
            current_temperature: Codec::decode(bytes),
        }
    }
}

/// The key of HopByStatus: status.
#[derive(Debug, Hash)]
pub struct HopByStatusKey<Text> {
    pub status: Option<Text>,
}

impl<'a, Text: Codec<'a>> Codec<'a> for HopByStatusKey<Text> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        HopByStatusKey { status: Codec::decode(bytes) }
    }
}

/// What HopByStatus keeps per key and window.
#[derive(Debug, Default)]
pub struct HopByStatusTotals {
    /// COUNT(*)
    pub num: Count,
    /// AVG(current_temperature)
    pub avg_current_temperature: Avg<f64>,
}

impl Codec<'_> for HopByStatusTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.num.encode(out);
        self.avg_current_temperature.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        HopByStatusTotals {
            num: Codec::decode(bytes),
            avg_current_temperature: Codec::decode(bytes),
        }
    }
}

impl Aggregation for HopByStatus {
    type Input<'a> = HopByStatusInput<'a>;
    type KeyRef<'a> = HopByStatusKey<&'a str>;
    type Key = HopByStatusKey<Text>;
    type Accumulator = HopByStatusTotals;
    const TWO_PHASE: bool = true;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        HopByStatusKey { status: input.status }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.status.as_deref() == borrowed.status
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        HopByStatusKey { status: borrowed.status.map(Text::from) }
    }

    fn time(input: &HopByStatusInput<'_>) -> Timestamp {
        input.event_time
    }

    fn accumulate(accumulator: &mut HopByStatusTotals, input: &HopByStatusInput<'_>) -> Result<()> {
        accumulator.num.add_row();
        accumulator.avg_current_temperature.add(input.current_temperature);
        Ok(())
    }

    fn merge(accumulator: &mut HopByStatusTotals, other: &HopByStatusTotals) -> Result<()> {
        accumulator.num.merge(&other.num);
        accumulator.avg_current_temperature.merge(&other.avg_current_temperature);
        Ok(())
    }
}
