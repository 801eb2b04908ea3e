//! cell 11, line 2: INSERT INTO traffic SELECT section, window_start, COUNT(*) AS pages_seen, COUNT(DISTINCT ...
//!
//! page_views -> TumbleBySection -> traffic

use crate::tables::page_views::PageViews;
use crate::tables::traffic::{self, NewTraffic};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::json;
use sqlc_runtime::function::like;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Avg, Count, Distinct};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Text, Timestamp};
use sqlc_runtime::window::Assigner;

/// One worker's part of page_views -> TumbleBySection -> traffic.
pub struct TrafficJob {
    tumble_by_section: Keyed<WindowAggregate<TumbleBySection>>,
    sink: SinkWriter<json::Encoder>,
}

impl TrafficJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(TrafficJob {
            tumble_by_section: wiring.keyed(
                "TumbleBySection",
                Origin::new(11, 3),
                WindowAggregate::new(Assigner::tumble(Millis(600_000))).newest_first(),
            ),
            sink: wiring.sink(&traffic::TABLE, json::Encoder::new)?,
        })
    }

    /// A row of `page_views` on its way to TumbleBySection.
    pub fn page_views(&mut self, row: &PageViews<'_>) -> Result<()> {
        // cell 5, line 5: visitor_id > 0 AND url NOT LIKE '/status%'
        if row.visitor_id.is_some_and(|visitor_id| visitor_id > 0_i64)
            && match row.url {
                Some(url) => Some(like::like(url, "/status%").at(Origin::new(5, 5))?),
                None => None,
            } == Some(false)
        {
            let input = TumbleBySectionInput {
                section: row.section,
                viewed_at: row::rowtime(row.viewed_at, Origin::new(11, 3), "viewed_at")?,
                visitor_id: row.visitor_id,
                duration_ms: row.duration_ms,
            };
            self.tumble_by_section.add(RowKind::Insert, &input)?;
        }
        Ok(())
    }

    pub fn page_views_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.tumble_by_section.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.tumble_by_section)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_tumble_by_section()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.tumble_by_section.tick(now)?;
        self.run()
    }

    pub fn receive_tumble_by_section(&mut self, from: usize, message: &Message) -> Result<()> {
        self.tumble_by_section.receive(from, message)?;
        self.run()
    }

    /// TumbleBySection -> `traffic`
    #[inline(never)]
    fn run_tumble_by_section(&mut self) -> Result<()> {
        let Self { tumble_by_section, sink } = self;
        tumble_by_section.drain(|_, result| {
            // cell 11, line 11: COUNT(*) > 1
            if result.accumulator.pages_seen.value() > 1_i64 {
                let output = NewTraffic {
                    section: result.key.section.as_deref(),
                    window_start: Some(result.window.start),
                    pages_seen: Some(result.accumulator.pages_seen.value()),
                    visitors: Some(result.accumulator.visitors.value()),
                    average_ms: result.accumulator.average_ms.value(),
                };
                sink.write(RowKind::Insert, &output)?;
            }
            Ok(())
        })
    }
}

/// cell 11, line 3: SELECT section, window_start, COUNT(*) AS pages_seen, COUNT(DISTINCT visitor_id) AS visitors, ...
pub struct TumbleBySection;

/// What TumbleBySection reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct TumbleBySectionInput<'a> {
    pub section: Option<&'a str>,
    pub viewed_at: Timestamp,
    pub visitor_id: Option<i64>,
    pub duration_ms: Option<i32>,
}

impl<'a> Codec<'a> for TumbleBySectionInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.section.encode(out);
        self.viewed_at.encode(out);
        self.visitor_id.encode(out);
        self.duration_ms.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleBySectionInput {
            section: Codec::decode(bytes),
            viewed_at: Codec::decode(bytes),
            visitor_id: Codec::decode(bytes),
            duration_ms: Codec::decode(bytes),
        }
    }
}

/// The key of TumbleBySection: section.
#[derive(Debug, Hash)]
pub struct TumbleBySectionKey<Text> {
    pub section: Option<Text>,
}

impl<'a, Text: Codec<'a>> Codec<'a> for TumbleBySectionKey<Text> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.section.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        TumbleBySectionKey { section: Codec::decode(bytes) }
    }
}

/// What TumbleBySection keeps per key and window.
#[derive(Debug, Default)]
pub struct TumbleBySectionTotals {
    /// COUNT(*)
    pub pages_seen: Count,
    /// COUNT(DISTINCT visitor_id)
    pub visitors: Distinct<i64, Count>,
    /// AVG(duration_ms)
    pub average_ms: Avg<i32>,
}

impl Codec<'_> for TumbleBySectionTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.pages_seen.encode(out);
        self.visitors.encode(out);
        self.average_ms.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        TumbleBySectionTotals {
            pages_seen: Codec::decode(bytes),
            visitors: Codec::decode(bytes),
            average_ms: Codec::decode(bytes),
        }
    }
}

impl Aggregation for TumbleBySection {
    type Input<'a> = TumbleBySectionInput<'a>;
    type KeyRef<'a> = TumbleBySectionKey<&'a str>;
    type Key = TumbleBySectionKey<Text>;
    type Accumulator = TumbleBySectionTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        TumbleBySectionKey { section: input.section }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.section.as_deref() == borrowed.section
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        TumbleBySectionKey {
            section: borrowed.section.map(Text::from),
        }
    }

    fn time(input: &TumbleBySectionInput<'_>) -> Timestamp {
        input.viewed_at
    }

    fn accumulate(
        accumulator: &mut TumbleBySectionTotals,
        input: &TumbleBySectionInput<'_>,
    ) -> Result<()> {
        accumulator.pages_seen.add_row();
        accumulator.visitors.add(input.visitor_id);
        accumulator.average_ms.add(input.duration_ms);
        Ok(())
    }

    fn merge(accumulator: &mut TumbleBySectionTotals, other: &TumbleBySectionTotals) -> Result<()> {
        accumulator.pages_seen.merge(&other.pages_seen);
        accumulator.visitors.merge(&other.visitors);
        accumulator.average_ms.merge(&other.average_ms);
        Ok(())
    }
}
