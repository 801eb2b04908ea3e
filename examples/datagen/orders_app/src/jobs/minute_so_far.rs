//! cell 10, line 2: INSERT INTO minute_so_far SELECT window_start, window_end, COUNT(*) AS orders, MIN(price) AS ...
//!
//! web_orders -> CumulateAll -> minute_so_far

use crate::tables::minute_so_far::{self, NewMinuteSoFar};
use crate::tables::web_orders::WebOrders;
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::print;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Max, Min};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of web_orders -> CumulateAll -> minute_so_far.
pub struct MinuteSoFarJob {
    cumulate_all: Keyed<WindowAggregate<CumulateAll>>,
    sink: SinkWriter<print::Encoder>,
}

impl MinuteSoFarJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(MinuteSoFarJob {
            cumulate_all: wiring.keyed(
                "CumulateAll",
                Origin::new(10, 3),
                WindowAggregate::new(
                        Assigner::cumulate(Millis(10_000), Millis(60_000)),
                    )
                    .newest_first(),
            ),
            sink: wiring.sink(&minute_so_far::TABLE, print::Encoder::new)?,
        })
    }

    /// A row of `web_orders` on its way to CumulateAll.
    pub fn web_orders(&mut self, row: &WebOrders) -> Result<()> {
        let input = CumulateAllInput {
            ordered_at: row.ordered_at,
            price: row.price,
        };
        self.cumulate_all.add(RowKind::Insert, &input)
    }

    pub fn web_orders_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.cumulate_all.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.cumulate_all)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_cumulate_all()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.cumulate_all.tick(now)?;
        self.run()
    }

    pub fn receive_cumulate_all(&mut self, from: usize, message: &Message) -> Result<()> {
        self.cumulate_all.receive(from, message)?;
        self.run()
    }

    /// CumulateAll -> `minute_so_far`
    #[inline(never)]
    fn run_cumulate_all(&mut self) -> Result<()> {
        let Self { cumulate_all, sink } = self;
        cumulate_all.drain(|_, result| {
            let output = NewMinuteSoFar {
                window_start: Some(result.window.start),
                window_end: Some(result.window.end),
                orders: Some(result.accumulator.count.value()),
                cheapest: result.accumulator.min.value(),
                dearest: result.accumulator.max.value(),
            };
            sink.write(RowKind::Insert, &output)
        })
    }
}

/// cell 10, line 3: SELECT window_start, window_end, COUNT(*) AS orders, MIN(price) AS cheapest, MAX(price) AS ...
pub struct CumulateAll;

/// What CumulateAll reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct CumulateAllInput {
    pub ordered_at: Timestamp,
    pub price: Option<f64>,
}

impl<'a> Codec<'a> for CumulateAllInput {
    fn encode(&self, out: &mut Vec<u8>) {
        self.ordered_at.encode(out);
        self.price.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        CumulateAllInput {
            ordered_at: Codec::decode(bytes),
            price: Codec::decode(bytes),
        }
    }
}

/// What CumulateAll keeps per key and window.
#[derive(Debug, Default)]
pub struct CumulateAllTotals {
    /// COUNT(*)
    pub count: Count,
    /// MIN(price)
    pub min: Min<f64>,
    /// MAX(price)
    pub max: Max<f64>,
}

impl Codec<'_> for CumulateAllTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.count.encode(out);
        self.min.encode(out);
        self.max.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        CumulateAllTotals {
            count: Codec::decode(bytes),
            min: Codec::decode(bytes),
            max: Codec::decode(bytes),
        }
    }
}

impl Aggregation for CumulateAll {
    type Input<'a> = CumulateAllInput;
    type KeyRef<'a> = ();
    type Key = ();
    type Accumulator = CumulateAllTotals;
    const TWO_PHASE: bool = true;

    fn key<'r, 'a>(_: &'r Self::Input<'a>) -> Self::KeyRef<'r> {}

    fn matches(_: &Self::Key, _: &Self::KeyRef<'_>) -> bool {
        true
    }

    fn own(_: &Self::KeyRef<'_>) -> Self::Key {}

    fn time(input: &CumulateAllInput) -> Timestamp {
        input.ordered_at
    }

    fn accumulate(accumulator: &mut CumulateAllTotals, input: &CumulateAllInput) -> Result<()> {
        accumulator.count.add_row();
        accumulator.min.add(input.price);
        accumulator.max.add(input.price);
        Ok(())
    }

    fn merge(accumulator: &mut CumulateAllTotals, other: &CumulateAllTotals) -> Result<()> {
        accumulator.count.merge(&other.count);
        accumulator.min.merge(&other.min);
        accumulator.max.merge(&other.max);
        Ok(())
    }
}
