//! cell 15, line 2: INSERT INTO revenue SELECT TUMBLE_START(ordered_at, INTERVAL '1' HOUR), COUNT(*) AS orders, ...
//!
//! orders -> TumbleAll -> revenue

use crate::tables::orders::Orders;
use crate::tables::revenue::{self, NewRevenue};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::json;
use sqlc_runtime::function::{cast, decimal};
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Max, Sum};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Decimal, Millis, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of orders -> TumbleAll -> revenue.
pub struct RevenueJob {
    tumble_all: Keyed<WindowAggregate<TumbleAll>>,
    sink: SinkWriter<json::Encoder>,
}

impl RevenueJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(RevenueJob {
            tumble_all: wiring.keyed(
                "TumbleAll",
                Origin::new(15, 3),
                WindowAggregate::new(Assigner::tumble(Millis(3_600_000))),
            ),
            sink: wiring.sink(&revenue::TABLE, json::Encoder::new)?,
        })
    }

    /// A row of `orders` on its way to TumbleAll.
    pub fn orders(&mut self, row: &Orders<'_>) -> Result<()> {
        let input = TumbleAllInput {
            ordered_at: row::rowtime(row.ordered_at, Origin::new(15, 3), "ordered_at")?,
            coupon: row.coupon,
            amount: row.amount,
        };
        self.tumble_all.add(RowKind::Insert, &input)
    }

    pub fn orders_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.tumble_all.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.tumble_all)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_tumble_all()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.tumble_all.tick(now)?;
        self.run()
    }

    pub fn receive_tumble_all(&mut self, from: usize, message: &Message) -> Result<()> {
        self.tumble_all.receive(from, message)?;
        self.run()
    }

    /// TumbleAll -> `revenue`
    #[inline(never)]
    fn run_tumble_all(&mut self) -> Result<()> {
        let Self { tumble_all, sink } = self;
        tumble_all.drain(|_, result| {
            // cell 15, line 8: CAST(SUM(amount) / 1.19 AS DECIMAL(18, 2))
            let net = match result.accumulator.gross.value() {
                Some(gross) => {
                    decimal::div(gross, 2, Decimal(119), 2, 38, 6).at(Origin::new(15, 8))?
                }
                None => None,
            }.and_then(|a| cast::decimal_to_decimal(a, 6, 18, 2));
            // cell 15, line 7: SUM(amount)
            let gross = result
                .accumulator
                .gross
                .value()
                .and_then(|gross| cast::decimal_to_decimal(gross, 2, 18, 2));
            // cell 15, line 9: MAX(amount)
            let largest = result
                .accumulator
                .largest
                .value()
                .and_then(|largest| cast::decimal_to_decimal(largest, 2, 18, 2));
            let output = NewRevenue {
                hour_of_day: Some(result.window.start),
                orders: Some(result.accumulator.orders.value()),
                with_coupon: Some(result.accumulator.with_coupon.value()),
                gross,
                net,
                largest,
            };
            sink.write(RowKind::Insert, &output)
        })
    }
}

/// cell 15, line 3: SELECT TUMBLE_START(ordered_at, INTERVAL '1' HOUR), COUNT(*) AS orders, COUNT(coupon) AS ...
pub struct TumbleAll;

/// What TumbleAll reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct TumbleAllInput<'a> {
    pub ordered_at: Timestamp,
    pub coupon: Option<&'a str>,
    pub amount: Option<Decimal>,
}

impl<'a> Codec<'a> for TumbleAllInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.ordered_at.encode(out);
        self.coupon.encode(out);
        self.amount.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleAllInput {
            ordered_at: Codec::decode(bytes),
            coupon: Codec::decode(bytes),
            amount: Codec::decode(bytes),
        }
    }
}

/// What TumbleAll keeps per key and window.
#[derive(Debug, Default)]
pub struct TumbleAllTotals {
    /// COUNT(*)
    pub orders: Count,
    /// COUNT(coupon)
    pub with_coupon: Count,
    /// SUM(amount)
    pub gross: Sum<Decimal>,
    /// MAX(amount)
    pub largest: Max<Decimal>,
}

impl Codec<'_> for TumbleAllTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.orders.encode(out);
        self.with_coupon.encode(out);
        self.gross.encode(out);
        self.largest.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        TumbleAllTotals {
            orders: Codec::decode(bytes),
            with_coupon: Codec::decode(bytes),
            gross: Codec::decode(bytes),
            largest: Codec::decode(bytes),
        }
    }
}

impl Aggregation for TumbleAll {
    type Input<'a> = TumbleAllInput<'a>;
    type KeyRef<'a> = ();
    type Key = ();
    type Accumulator = TumbleAllTotals;
    const TWO_PHASE: bool = true;

    fn key<'r, 'a>(_: &'r Self::Input<'a>) -> Self::KeyRef<'r> {}

    fn matches(_: &Self::Key, _: &Self::KeyRef<'_>) -> bool {
        true
    }

    fn own(_: &Self::KeyRef<'_>) -> Self::Key {}

    fn time(input: &TumbleAllInput<'_>) -> Timestamp {
        input.ordered_at
    }

    fn accumulate(accumulator: &mut TumbleAllTotals, input: &TumbleAllInput<'_>) -> Result<()> {
        accumulator.orders.add_row();
        accumulator.with_coupon.add(input.coupon);
        accumulator.gross.add(input.amount);
        accumulator.largest.add(input.amount);
        Ok(())
    }

    fn merge(accumulator: &mut TumbleAllTotals, other: &TumbleAllTotals) -> Result<()> {
        accumulator.orders.merge(&other.orders);
        accumulator.with_coupon.merge(&other.with_coupon);
        accumulator.gross.merge(&other.gross);
        accumulator.largest.merge(&other.largest);
        Ok(())
    }
}
