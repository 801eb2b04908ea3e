//! cell 3, line 2: INSERT INTO talks SELECT caller, line, SESSION_START(placed, INTERVAL '15' MINUTE), ...
//!
//! calls -> SessionByCallerAndLine -> talks

use crate::tables::calls::{self, Calls};
use crate::tables::talks::{self, NewTalks};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::{json, nothing};
use sqlc_runtime::function::cast;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Max, Sum};
use sqlc_runtime::operator::session::SessionAggregate;
use sqlc_runtime::row::{self, Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Millis, Text, Timestamp};

/// One worker's part of calls -> SessionByCallerAndLine -> talks.
pub struct TalksJob {
    session_by_caller_and_line: Keyed<SessionAggregate<SessionByCallerAndLine>>,
    sink: SinkWriter<nothing::Encoder>,
}

impl TalksJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(TalksJob {
            session_by_caller_and_line: wiring
                .keyed(
                    "SessionByCallerAndLine",
                    Origin::new(3, 3),
                    SessionAggregate::new(Millis(900_000)).in_zone(wiring.zone()),
                )
                .late_to(wiring.late_rows(&[&calls::TABLE])?),
            sink: wiring.sink(&talks::TABLE, nothing::Encoder::new)?,
        })
    }

    /// A row of `calls` on its way to SessionByCallerAndLine.
    pub fn calls(&mut self, row: &Calls<'_>) -> Result<()> {
        // cell 3, line 12: seconds > 0 AND line IS DISTINCT FROM 7
        if row.seconds.is_some_and(|seconds| seconds > 0.0_f64)
            && row.line.map(|line| i32::from(line)) != Some(7_i32)
        {
            let input = SessionByCallerAndLineInput {
                caller: row.caller.unwrap_or_default(),
                line: row.line,
                placed: row::rowtime(row.placed, Origin::new(3, 3), "placed")?,
                seconds: row.seconds,
            };
            self.session_by_caller_and_line.add(RowKind::Insert, &input)?;
        }
        Ok(())
    }

    pub fn calls_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.session_by_caller_and_line.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.session_by_caller_and_line)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_session_by_caller_and_line()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.session_by_caller_and_line.tick(now)?;
        self.run()
    }

    pub fn receive_session_by_caller_and_line(
        &mut self,
        from: usize,
        message: &Message,
    ) -> Result<()> {
        self.session_by_caller_and_line.receive(from, message)?;
        self.run()
    }

    /// SessionByCallerAndLine -> `talks`
    #[inline(never)]
    fn run_session_by_caller_and_line(&mut self) -> Result<()> {
        let Self { session_by_caller_and_line, sink } = self;
        session_by_caller_and_line.drain(|context, result| {
            // cell 3, line 10: SUM(seconds) > 3600
            let is_heavy = result.accumulator.sum.value().map(|sum| sum > 3600.0_f64);
            // cell 3, line 6: SESSION_START(placed, INTERVAL '15' MINUTE)
            let opened = cast::timestamp_to_instant(context.zone, result.window.start);
            // cell 3, line 7: SESSION_END(placed, INTERVAL '15' MINUTE)
            let closed = cast::timestamp_to_instant(context.zone, result.window.end);
            let output = NewTalks {
                caller: &*result.key.caller,
                line: result.key.line,
                opened: Some(opened),
                closed: Some(closed),
                calls: Some(result.accumulator.calls.value()),
                longest: result.accumulator.longest.value(),
                is_heavy,
            };
            sink.write(RowKind::Insert, &output)
        })
    }
}

/// cell 3, line 3: SELECT caller, line, SESSION_START(placed, INTERVAL '15' MINUTE), SESSION_END(placed, INTERVAL ...
pub struct SessionByCallerAndLine;

/// What SessionByCallerAndLine reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct SessionByCallerAndLineInput<'a> {
    pub caller: &'a str,
    pub line: Option<i16>,
    pub placed: Timestamp,
    pub seconds: Option<f64>,
}

impl<'a> Codec<'a> for SessionByCallerAndLineInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.caller.encode(out);
        self.line.encode(out);
        self.placed.encode(out);
        self.seconds.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        SessionByCallerAndLineInput {
            caller: Codec::decode(bytes),
            line: Codec::decode(bytes),
            placed: Codec::decode(bytes),
            seconds: Codec::decode(bytes),
        }
    }
}

impl json::Encode for SessionByCallerAndLineInput<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("caller")).text(self.caller);
        document.column(json::key!("line")).smallint(self.line);
        document.column(json::key!("placed")).timestamp_ltz_sql(self.placed);
        document.column(json::key!("seconds")).double(self.seconds);
    }
}

/// The key of SessionByCallerAndLine: caller, line.
#[derive(Debug, Hash)]
pub struct SessionByCallerAndLineKey<Text> {
    pub caller: Text,
    pub line: Option<i16>,
}

impl<'a, Text: Codec<'a>> Codec<'a> for SessionByCallerAndLineKey<Text> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.caller.encode(out);
        self.line.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        SessionByCallerAndLineKey {
            caller: Codec::decode(bytes),
            line: Codec::decode(bytes),
        }
    }
}

/// What SessionByCallerAndLine keeps per key and window.
#[derive(Debug, Default)]
pub struct SessionByCallerAndLineTotals {
    /// COUNT(*)
    pub calls: Count,
    /// MAX(seconds)
    pub longest: Max<f64>,
    /// SUM(seconds)
    pub sum: Sum<f64>,
}

impl Codec<'_> for SessionByCallerAndLineTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.calls.encode(out);
        self.longest.encode(out);
        self.sum.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        SessionByCallerAndLineTotals {
            calls: Codec::decode(bytes),
            longest: Codec::decode(bytes),
            sum: Codec::decode(bytes),
        }
    }
}

impl Aggregation for SessionByCallerAndLine {
    type Input<'a> = SessionByCallerAndLineInput<'a>;
    type KeyRef<'a> = SessionByCallerAndLineKey<&'a str>;
    type Key = SessionByCallerAndLineKey<Text>;
    type Accumulator = SessionByCallerAndLineTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        SessionByCallerAndLineKey {
            caller: input.caller,
            line: input.line,
        }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        &*key.caller == borrowed.caller && key.line == borrowed.line
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        SessionByCallerAndLineKey {
            caller: Text::from(borrowed.caller),
            line: borrowed.line,
        }
    }

    fn time(input: &SessionByCallerAndLineInput<'_>) -> Timestamp {
        input.placed
    }

    fn show(input: &SessionByCallerAndLineInput<'_>, out: &mut Vec<u8>) {
        json::Encoder::default().write(input, out);
    }

    fn accumulate(
        accumulator: &mut SessionByCallerAndLineTotals,
        input: &SessionByCallerAndLineInput<'_>,
    ) -> Result<()> {
        accumulator.calls.add_row();
        accumulator.longest.add(input.seconds);
        accumulator.sum.add(input.seconds);
        Ok(())
    }

    fn merge(
        accumulator: &mut SessionByCallerAndLineTotals,
        other: &SessionByCallerAndLineTotals,
    ) -> Result<()> {
        accumulator.calls.merge(&other.calls);
        accumulator.longest.merge(&other.longest);
        accumulator.sum.merge(&other.sum);
        Ok(())
    }
}
