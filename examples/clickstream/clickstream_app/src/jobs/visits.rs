//! cell 8, line 2: INSERT INTO visits SELECT visitor_id, SESSION_START(viewed_at, INTERVAL '30' MINUTE), ...
//!
//! page_views -> SessionByVisitorId -> visits

use crate::tables::page_views::PageViews;
use crate::tables::visits::{self, NewVisits};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::json;
use sqlc_runtime::function::{cast, decimal, like};
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Sum};
use sqlc_runtime::operator::session::SessionAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Decimal, Millis, Timestamp};

/// One worker's part of page_views -> SessionByVisitorId -> visits.
pub struct VisitsJob {
    session_by_visitor_id: Keyed<SessionAggregate<SessionByVisitorId>>,
    sink: SinkWriter<json::Encoder>,
}

impl VisitsJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(VisitsJob {
            session_by_visitor_id: wiring.keyed(
                "SessionByVisitorId",
                Origin::new(8, 3),
                SessionAggregate::new(Millis(1_800_000)),
            ),
            sink: wiring.sink(&visits::TABLE, json::Encoder::new)?,
        })
    }

    /// A row of `page_views` on its way to SessionByVisitorId.
    pub fn page_views(&mut self, row: &PageViews<'_>) -> Result<()> {
        // cell 5, line 5: visitor_id > 0 AND url NOT LIKE '/status%'
        if row.visitor_id.is_some_and(|visitor_id| visitor_id > 0_i64)
            && match row.url {
                Some(url) => Some(like::like(url, "/status%").at(Origin::new(5, 5))?),
                None => None,
            } == Some(false)
        {
            // cell 8, line 8: CAST(duration_ms AS DECIMAL(10, 3)) / 1000
            let seconds = match row
                .duration_ms
                .and_then(|duration_ms| cast::integer_to_decimal(duration_ms, 10, 3))
            {
                Some(a) => {
                    decimal::div(a, 3, Decimal(1000), 0, 21, 14).at(Origin::new(8, 8))?
                }
                None => None,
            };
            // cell 8, line 9: section = 'cart'
            let filter = row.section.map(|section| section == "cart");
            let input = SessionByVisitorIdInput {
                visitor_id: row.visitor_id,
                viewed_at: row::rowtime(row.viewed_at, Origin::new(8, 3), "viewed_at")?,
                seconds,
                filter,
            };
            self.session_by_visitor_id.add(RowKind::Insert, &input)?;
        }
        Ok(())
    }

    pub fn page_views_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.session_by_visitor_id.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.session_by_visitor_id)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_session_by_visitor_id()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.session_by_visitor_id.tick(now)?;
        self.run()
    }

    pub fn receive_session_by_visitor_id(&mut self, from: usize, message: &Message) -> Result<()> {
        self.session_by_visitor_id.receive(from, message)?;
        self.run()
    }

    /// SessionByVisitorId -> `visits`
    #[inline(never)]
    fn run_session_by_visitor_id(&mut self) -> Result<()> {
        let Self { session_by_visitor_id, sink } = self;
        session_by_visitor_id.drain(|_, result| {
            // cell 8, line 9: COUNT(*) FILTER (WHERE section = 'cart') > 0
            let reached_cart = result.accumulator.count.value() > 0_i64;
            // cell 8, line 8: SUM(CAST(duration_ms AS DECIMAL(10, 3)) / 1000)
            let seconds = result
                .accumulator
                .seconds
                .value()
                .and_then(|seconds| cast::decimal_to_decimal(seconds, 14, 10, 3));
            let output = NewVisits {
                visitor_id: result.key.visitor_id,
                started_at: Some(result.window.start),
                ended_at: Some(result.window.end),
                pages_seen: Some(result.accumulator.pages_seen.value()),
                seconds,
                reached_cart: Some(reached_cart),
            };
            sink.write(RowKind::Insert, &output)
        })
    }
}

/// cell 8, line 3: SELECT visitor_id, SESSION_START(viewed_at, INTERVAL '30' MINUTE), SESSION_END(viewed_at, ...
pub struct SessionByVisitorId;

/// What SessionByVisitorId reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct SessionByVisitorIdInput {
    pub visitor_id: Option<i64>,
    pub viewed_at: Timestamp,
    pub seconds: Option<Decimal>,
    pub filter: Option<bool>,
}

impl<'a> Codec<'a> for SessionByVisitorIdInput {
    fn encode(&self, out: &mut Vec<u8>) {
        self.visitor_id.encode(out);
        self.viewed_at.encode(out);
        self.seconds.encode(out);
        self.filter.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        SessionByVisitorIdInput {
            visitor_id: Codec::decode(bytes),
            viewed_at: Codec::decode(bytes),
            seconds: Codec::decode(bytes),
            filter: Codec::decode(bytes),
        }
    }
}

/// The key of SessionByVisitorId: visitor_id.
#[derive(Debug, Hash)]
pub struct SessionByVisitorIdKey {
    pub visitor_id: Option<i64>,
}

impl Codec<'_> for SessionByVisitorIdKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.visitor_id.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        SessionByVisitorIdKey { visitor_id: Codec::decode(bytes) }
    }
}

/// What SessionByVisitorId keeps per key and window.
#[derive(Debug, Default)]
pub struct SessionByVisitorIdTotals {
    /// COUNT(*)
    pub pages_seen: Count,
    /// SUM(argument)
    pub seconds: Sum<Decimal>,
    /// COUNT(*) FILTER (...)
    pub count: Count,
}

impl Codec<'_> for SessionByVisitorIdTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.pages_seen.encode(out);
        self.seconds.encode(out);
        self.count.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        SessionByVisitorIdTotals {
            pages_seen: Codec::decode(bytes),
            seconds: Codec::decode(bytes),
            count: Codec::decode(bytes),
        }
    }
}

impl Aggregation for SessionByVisitorId {
    type Input<'a> = SessionByVisitorIdInput;
    type KeyRef<'a> = SessionByVisitorIdKey;
    type Key = SessionByVisitorIdKey;
    type Accumulator = SessionByVisitorIdTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        SessionByVisitorIdKey { visitor_id: input.visitor_id }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.visitor_id == borrowed.visitor_id
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        SessionByVisitorIdKey { visitor_id: borrowed.visitor_id }
    }

    fn time(input: &SessionByVisitorIdInput) -> Timestamp {
        input.viewed_at
    }

    fn accumulate(
        accumulator: &mut SessionByVisitorIdTotals,
        input: &SessionByVisitorIdInput,
    ) -> Result<()> {
        accumulator.pages_seen.add_row();
        accumulator.seconds.add(input.seconds);
        if input.filter == Some(true) {
            accumulator.count.add_row();
        }
        Ok(())
    }

    fn merge(
        accumulator: &mut SessionByVisitorIdTotals,
        other: &SessionByVisitorIdTotals,
    ) -> Result<()> {
        accumulator.pages_seen.merge(&other.pages_seen);
        accumulator.seconds.merge(&other.seconds);
        accumulator.count.merge(&other.count);
        Ok(())
    }
}
