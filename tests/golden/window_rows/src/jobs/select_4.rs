//! cell 4, line 3: SELECT TUMBLE_END(minute_time, INTERVAL '1' HOUR) AS hour_end, MAX(bids) AS best FROM ( SELECT ...
//!
//! bids -> TumbleAll -> TumbleAll2 -> the user

use crate::tables::bids::Bids;
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::{json, print};
use sqlc_runtime::job::{SelectWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Max};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of bids -> TumbleAll -> TumbleAll2 -> the user.
pub struct Select4Job {
    tumble_all: Keyed<WindowAggregate<TumbleAll>>,
    tumble_all2: Keyed<WindowAggregate<TumbleAll2>>,
    rows: SelectWriter,
}

impl Select4Job {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Select4Job {
            tumble_all: wiring.keyed(
                "TumbleAll",
                Origin::new(4, 5),
                WindowAggregate::new(Assigner::tumble(Millis(60_000))),
            ),
            tumble_all2: wiring.keyed(
                "TumbleAll2",
                Origin::new(4, 3),
                WindowAggregate::new(Assigner::tumble(Millis(3_600_000))),
            ),
            rows: wiring.select(2)?,
        })
    }

    /// A row of `bids` on its way to TumbleAll.
    pub fn bids(&mut self, row: &Bids<'_>) -> Result<()> {
        let input = TumbleAllInput {
            bid_time: row::rowtime(row.bid_time, Origin::new(4, 5), "bid_time")?,
        };
        self.tumble_all.add(RowKind::Insert, &input)
    }

    pub fn bids_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.tumble_all.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.tumble_all)?;
        visit(&mut self.tumble_all2)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_tumble_all()?;
        self.run_tumble_all2()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.tumble_all.tick(now)?;
        self.run()?;
        self.tumble_all2.tick(now)?;
        self.run()?;
        Ok(())
    }

    pub fn receive_tumble_all(&mut self, from: usize, message: &Message) -> Result<()> {
        self.tumble_all.receive(from, message)?;
        self.run()
    }

    /// TumbleAll -> TumbleAll2
    #[inline(never)]
    fn run_tumble_all(&mut self) -> Result<()> {
        let Self { tumble_all, tumble_all2, .. } = self;
        tumble_all.drain(|_, result| {
            let input = TumbleAll2Input {
                tumble_rowtime: result.time,
                count: result.accumulator.count.value(),
            };
            tumble_all2.add(RowKind::Insert, &input)
        })?;
        tumble_all2.advance(tumble_all.watermark())
    }

    pub fn receive_tumble_all2(&mut self, from: usize, message: &Message) -> Result<()> {
        self.tumble_all2.receive(from, message)?;
        self.run()
    }

    /// TumbleAll2 -> the user
    #[inline(never)]
    fn run_tumble_all2(&mut self) -> Result<()> {
        let Self { tumble_all2, rows, .. } = self;
        tumble_all2.drain(|_, result| {
            let output = Select4Row {
                hour_end: result.window.end,
                best: result.accumulator.best.value().unwrap_or_default(),
            };
            rows.write(RowKind::Insert, &output)
        })
    }
}

/// A row of the SELECT in cell 4.
#[derive(Clone, Copy, Debug)]
pub struct Select4Row {
    pub hour_end: Timestamp,
    pub best: i64,
}

impl print::Encode for Select4Row {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.timestamp(self.hour_end);
        line.bigint(self.best);
    }
}

impl json::Encode for Select4Row {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("hour_end")).timestamp_sql(self.hour_end);
        document.column(json::key!("best")).bigint(self.best);
    }
}

/// cell 4, line 5: SELECT TUMBLE_ROWTIME(bid_time, INTERVAL '1' MINUTE) AS minute_time, COUNT(*) AS bids FROM bids ...
pub struct TumbleAll;

/// What TumbleAll reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct TumbleAllInput {
    pub bid_time: Timestamp,
}

impl<'a> Codec<'a> for TumbleAllInput {
    fn encode(&self, out: &mut Vec<u8>) {
        self.bid_time.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleAllInput { bid_time: Codec::decode(bytes) }
    }
}

/// What TumbleAll keeps per key and window.
#[derive(Debug, Default)]
pub struct TumbleAllTotals {
    /// COUNT(*)
    pub count: Count,
}

impl Codec<'_> for TumbleAllTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.count.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        TumbleAllTotals { count: Codec::decode(bytes) }
    }
}

impl Aggregation for TumbleAll {
    type Input<'a> = TumbleAllInput;
    type KeyRef<'a> = ();
    type Key = ();
    type Accumulator = TumbleAllTotals;
    const TWO_PHASE: bool = true;

    fn key<'r, 'a>(_: &'r Self::Input<'a>) -> Self::KeyRef<'r> {}

    fn matches(_: &Self::Key, _: &Self::KeyRef<'_>) -> bool {
        true
    }

    fn own(_: &Self::KeyRef<'_>) -> Self::Key {}

    fn time(input: &TumbleAllInput) -> Timestamp {
        input.bid_time
    }

    fn accumulate(accumulator: &mut TumbleAllTotals, _: &TumbleAllInput) -> Result<()> {
        accumulator.count.add_row();
        Ok(())
    }

    fn merge(accumulator: &mut TumbleAllTotals, other: &TumbleAllTotals) -> Result<()> {
        accumulator.count.merge(&other.count);
        Ok(())
    }
}

/// cell 4, line 3: SELECT TUMBLE_END(minute_time, INTERVAL '1' HOUR) AS hour_end, MAX(bids) AS best FROM ( SELECT ...
pub struct TumbleAll2;

/// What TumbleAll2 reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct TumbleAll2Input {
    pub tumble_rowtime: Timestamp,
    pub count: i64,
}

impl<'a> Codec<'a> for TumbleAll2Input {
    fn encode(&self, out: &mut Vec<u8>) {
        self.tumble_rowtime.encode(out);
        self.count.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleAll2Input {
            tumble_rowtime: Codec::decode(bytes),
            count: Codec::decode(bytes),
        }
    }
}

/// What TumbleAll2 keeps per key and window.
#[derive(Debug, Default)]
pub struct TumbleAll2Totals {
    /// MAX(count)
    pub best: Max<i64>,
}

impl Codec<'_> for TumbleAll2Totals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.best.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        TumbleAll2Totals { best: Codec::decode(bytes) }
    }
}

impl Aggregation for TumbleAll2 {
    type Input<'a> = TumbleAll2Input;
    type KeyRef<'a> = ();
    type Key = ();
    type Accumulator = TumbleAll2Totals;
    const TWO_PHASE: bool = true;

    fn key<'r, 'a>(_: &'r Self::Input<'a>) -> Self::KeyRef<'r> {}

    fn matches(_: &Self::Key, _: &Self::KeyRef<'_>) -> bool {
        true
    }

    fn own(_: &Self::KeyRef<'_>) -> Self::Key {}

    fn time(input: &TumbleAll2Input) -> Timestamp {
        input.tumble_rowtime
    }

    fn accumulate(accumulator: &mut TumbleAll2Totals, input: &TumbleAll2Input) -> Result<()> {
        accumulator.best.add(input.count);
        Ok(())
    }

    fn merge(accumulator: &mut TumbleAll2Totals, other: &TumbleAll2Totals) -> Result<()> {
        accumulator.best.merge(&other.best);
        Ok(())
    }
}
