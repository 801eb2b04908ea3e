//! cell 3, line 4: INSERT INTO alarms SELECT sensor_id, shard, COUNT(*), MAX(temperature), TUMBLE_END(seen, ...
//!
//! readings -> TumbleBySensorIdAndShard -> alarms

use crate::tables::alarms::{self, NewAlarms};
use crate::tables::readings::Readings;
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::json;
use sqlc_runtime::function::cast;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Max};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Text, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of readings -> TumbleBySensorIdAndShard -> alarms.
pub struct AlarmsJob {
    tumble_by_sensor_id_and_shard: Keyed<WindowAggregate<TumbleBySensorIdAndShard>>,
    sink: SinkWriter<json::Encoder>,
}

impl AlarmsJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(AlarmsJob {
            tumble_by_sensor_id_and_shard: wiring.keyed(
                "TumbleBySensorIdAndShard",
                Origin::new(3, 5),
                WindowAggregate::new(Assigner::tumble(Millis(60_000)))
                    .processing_time()
                    .in_zone(wiring.zone()),
            ),
            sink: wiring.sink(&alarms::TABLE, json::Encoder::new)?,
        })
    }

    /// A row of `readings` on its way to TumbleBySensorIdAndShard.
    pub fn readings(&mut self, row: &Readings<'_>) -> Result<()> {
        let input = TumbleBySensorIdAndShardInput {
            sensor_id: row.sensor_id,
            shard: row.shard,
            temperature: row.temperature,
        };
        self.tumble_by_sensor_id_and_shard.add(RowKind::Insert, &input)
    }

    pub fn readings_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.tumble_by_sensor_id_and_shard.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.tumble_by_sensor_id_and_shard)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_tumble_by_sensor_id_and_shard()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.tumble_by_sensor_id_and_shard.tick(now)?;
        self.run()
    }

    pub fn receive_tumble_by_sensor_id_and_shard(
        &mut self,
        from: usize,
        message: &Message,
    ) -> Result<()> {
        self.tumble_by_sensor_id_and_shard.receive(from, message)?;
        self.run()
    }

    /// TumbleBySensorIdAndShard -> `alarms`
    #[inline(never)]
    fn run_tumble_by_sensor_id_and_shard(&mut self) -> Result<()> {
        let Self { tumble_by_sensor_id_and_shard, sink } = self;
        tumble_by_sensor_id_and_shard.drain(|context, result| {
            // cell 3, line 8: MAX(temperature) > 100
            if result.accumulator.hottest.value().is_some_and(|hottest| hottest > 100.0_f32) {
                // cell 3, line 5: TUMBLE_END(seen, INTERVAL '1' MINUTE)
                let noticed = cast::timestamp_to_instant(context.zone, result.window.end);
                let output = NewAlarms {
                    sensor_id: result.key.sensor_id,
                    shard: Some(&*result.key.shard),
                    readings: Some(result.accumulator.readings.value()),
                    hottest: result.accumulator.hottest.value(),
                    noticed: Some(noticed),
                };
                sink.write(RowKind::Insert, &output)?;
            }
            Ok(())
        })
    }
}

/// cell 3, line 5: SELECT sensor_id, shard, COUNT(*), MAX(temperature), TUMBLE_END(seen, INTERVAL '1' MINUTE) FROM ...
pub struct TumbleBySensorIdAndShard;

/// What TumbleBySensorIdAndShard reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct TumbleBySensorIdAndShardInput<'a> {
    pub sensor_id: Option<i64>,
    pub shard: &'a str,
    pub temperature: Option<f32>,
}

impl<'a> Codec<'a> for TumbleBySensorIdAndShardInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.sensor_id.encode(out);
        self.shard.encode(out);
        self.temperature.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleBySensorIdAndShardInput {
            sensor_id: Codec::decode(bytes),
            shard: Codec::decode(bytes),
            temperature: Codec::decode(bytes),
        }
    }
}

/// The key of TumbleBySensorIdAndShard: sensor_id, shard.
#[derive(Debug, Hash)]
pub struct TumbleBySensorIdAndShardKey<Text> {
    pub sensor_id: Option<i64>,
    pub shard: Text,
}

impl<'a, Text: Codec<'a>> Codec<'a> for TumbleBySensorIdAndShardKey<Text> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.sensor_id.encode(out);
        self.shard.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleBySensorIdAndShardKey {
            sensor_id: Codec::decode(bytes),
            shard: Codec::decode(bytes),
        }
    }
}

/// What TumbleBySensorIdAndShard keeps per key and window.
#[derive(Debug, Default)]
pub struct TumbleBySensorIdAndShardTotals {
    /// COUNT(*)
    pub readings: Count,
    /// MAX(temperature)
    pub hottest: Max<f32>,
}

impl Codec<'_> for TumbleBySensorIdAndShardTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.readings.encode(out);
        self.hottest.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        TumbleBySensorIdAndShardTotals {
            readings: Codec::decode(bytes),
            hottest: Codec::decode(bytes),
        }
    }
}

impl Aggregation for TumbleBySensorIdAndShard {
    type Input<'a> = TumbleBySensorIdAndShardInput<'a>;
    type KeyRef<'a> = TumbleBySensorIdAndShardKey<&'a str>;
    type Key = TumbleBySensorIdAndShardKey<Text>;
    type Accumulator = TumbleBySensorIdAndShardTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        TumbleBySensorIdAndShardKey {
            sensor_id: input.sensor_id,
            shard: input.shard,
        }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.sensor_id == borrowed.sensor_id && &*key.shard == borrowed.shard
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        TumbleBySensorIdAndShardKey {
            sensor_id: borrowed.sensor_id,
            shard: Text::from(borrowed.shard),
        }
    }

    fn accumulate(
        accumulator: &mut TumbleBySensorIdAndShardTotals,
        input: &TumbleBySensorIdAndShardInput<'_>,
    ) -> Result<()> {
        accumulator.readings.add_row();
        accumulator.hottest.add(input.temperature);
        Ok(())
    }

    fn merge(
        accumulator: &mut TumbleBySensorIdAndShardTotals,
        other: &TumbleBySensorIdAndShardTotals,
    ) -> Result<()> {
        accumulator.readings.merge(&other.readings);
        accumulator.hottest.merge(&other.hottest);
        Ok(())
    }
}
