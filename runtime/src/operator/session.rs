//! SESSION windows: runs of rows of one key with no pause as long as the gap.

use super::head::Heads;
use super::late::Late;
use super::window::WindowResult;
use super::{Aggregation, Drain, KeyedOperator};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Codec, RowKind};
use crate::state::{self, Blocks, KeyId, Table};
use crate::value::{Millis, Timestamp};
use crate::window::{LocalTime, MILLISECOND, Window};
use jiff::tz::TimeZone;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Aggregates rows by key and session.
///
/// A row by itself is a session from its time to its time plus the gap; sessions of a key that overlap or
/// touch are one. A row is late (dropped, and counted) if the session it ends up in is over.
///
/// Results come by the ends of the sessions, those that end together by when their sessions began to exist.
pub struct SessionAggregate<A: Aggregation> {
    /// Microseconds.
    gap: i64,
    sessions: Table<A::Key, Vec<Session<A::Accumulator>>>,
    /// When to look at which session. A session that has grown since is put back at its new end.
    timers: BinaryHeap<Reverse<Timer>>,
    created: u64,
    watermark: Timestamp,
    clock: Option<LocalTime>,
    processing_time: bool,
    late: Late,
    heads: Heads,
}

struct Session<T> {
    start: i64,
    end: i64,
    number: u64,
    accumulator: T,
}

impl<T: for<'a> Codec<'a>> Codec<'_> for Session<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.start.encode(out);
        self.end.encode(out);
        self.number.encode(out);
        self.accumulator.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Session {
            start: Codec::decode(bytes),
            end: Codec::decode(bytes),
            number: Codec::decode(bytes),
            accumulator: Codec::decode(bytes),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    end: i64,
    number: u64,
    key: KeyId,
}

impl<A: Aggregation> SessionAggregate<A> {
    /// Sessions of event time.
    pub fn new(gap: Millis) -> Self {
        SessionAggregate {
            gap: gap.0.saturating_mul(MILLISECOND),
            sessions: Table::default(),
            timers: BinaryHeap::new(),
            created: 0,
            watermark: Timestamp::MIN,
            clock: None,
            processing_time: false,
            late: Late::default(),
            heads: Heads::default(),
        }
    }

    /// Sessions of processing time, under the same terms as
    /// [`WindowAggregate::processing_time`](super::window::WindowAggregate::processing_time).
    pub fn processing_time(mut self) -> Self {
        self.processing_time = true;
        self
    }

    /// For a time that is a TIMESTAMP_LTZ: sessions go by the wall clock of the session's time zone, and so may
    /// come apart or together when it is changed, as in Flink.
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.clock = Some(LocalTime::new(zone));
        self
    }

    /// How many keys are in state.
    pub fn keys(&self) -> usize {
        self.sessions.len()
    }

    fn time(&mut self, input: &A::Input<'_>) -> Result<i64> {
        let time = match self.processing_time {
            false => A::time(input),
            true if self.watermark == Timestamp::MIN => {
                let message = "a session of processing time got a row before its first tick";
                return Err(Error::new(ErrorKind::Internal, message));
            }
            true => Timestamp(self.watermark.0.saturating_add(MILLISECOND)),
        };
        Ok(self.clock.as_mut().map_or(time, |clock| clock.local(time)).0)
    }

    fn over(&self, end: i64) -> Timestamp {
        Window::over(end, self.clock.as_ref())
    }
}

impl<T> Session<T> {
    fn meets(&self, start: i64, end: i64) -> bool {
        self.start <= end && start <= self.end
    }
}

impl<A: Aggregation> KeyedOperator for SessionAggregate<A> {
    type Input<'a> = A::Input<'a>;

    #[inline]
    fn hash(&self, input: &Self::Input<'_>) -> u64 {
        state::hash(&A::key(input))
    }

    fn process(&mut self, hash: u64, kind: RowKind, input: &Self::Input<'_>) -> Result<()> {
        let start = self.time(input)?;
        let end = start.saturating_add(self.gap);
        let key = A::key(input);
        let found = self.sessions.find(hash, |own| A::matches(own, &key));
        let open = found.and_then(|id| self.sessions.get(id)).map_or(&[][..], |(_, open)| open.as_slice());
        // The sessions of a key are apart from each other, so a row meets two at most.
        let met = open.iter().rposition(|session| session.meets(start, end));
        let reached = met.map_or(end, |met| end.max(open[met].end));
        if self.over(reached) <= self.watermark {
            let over = self.over(reached);
            return self.late.drop_row::<A>(kind, input, self.watermark, Some(over));
        }
        let id = found.unwrap_or_else(|| self.sessions.insert(hash, A::own(&key), Vec::new()));
        let Some((_, open)) = self.sessions.get_mut(id) else { return Ok(()) };
        let place = match met {
            Some(place) => {
                open[place].start = open[place].start.min(start);
                open[place].end = reached;
                if place > 0 && open[place - 1].meets(start, end) {
                    let later = open.remove(place);
                    let session = &mut open[place - 1];
                    session.end = later.end;
                    A::merge(&mut session.accumulator, &later.accumulator)?;
                    place - 1
                } else {
                    place
                }
            }
            None => {
                let place = open.partition_point(|session| session.start < start);
                let number = self.created;
                self.created += 1;
                open.insert(place, Session { start, end, number, accumulator: A::Accumulator::default() });
                self.timers.push(Reverse(Timer { end, number, key: id }));
                place
            }
        };
        let accumulator = &mut open[place].accumulator;
        if kind.is_retraction() { A::retract(accumulator, input) } else { A::accumulate(accumulator, input) }
    }

    #[inline]
    fn advance(&mut self, watermark: Timestamp) -> Result<()> {
        if !self.processing_time {
            self.watermark = self.watermark.max(watermark);
        }
        Ok(())
    }

    #[inline]
    fn tick(&mut self, now: Timestamp) -> Result<()> {
        if self.processing_time {
            self.watermark = self.watermark.max(Timestamp(now.0.saturating_sub(MILLISECOND)));
        }
        Ok(())
    }

    fn next_tick(&self) -> Option<Timestamp> {
        self.timers
            .peek()
            .filter(|_| self.processing_time)
            .map(|Reverse(timer)| Timestamp(self.over(timer.end).0.saturating_add(MILLISECOND)))
    }

    fn late(&self) -> u64 {
        self.late.count()
    }

    fn late_rows(&mut self) -> Option<&mut Late> {
        Some(&mut self.late)
    }

    fn state_keys(&self) -> usize {
        self.keys()
    }

    fn state_bytes(&self) -> usize {
        self.sessions.bytes()
    }

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32> {
        Heads::write(head, &[self.watermark]);
        self.created.encode(head);
        Ok(self.sessions.begin_snapshot(changes))
    }

    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        self.sessions.snapshot(blocks, enough)
    }

    fn early(&self) -> usize {
        self.sessions.early()
    }

    fn snapshot_ended(&mut self, kept: bool) {
        self.sessions.snapshot_ended(kept);
    }

    fn restore_head(&mut self, mut head: &[u8]) -> Result<()> {
        self.heads.restore(&mut head, &mut [&mut self.watermark]);
        self.created = self.created.max(u64::decode(&mut head));
        Ok(())
    }

    fn expect_blocks(&mut self, blocks: usize) {
        self.sessions.expect_blocks(blocks);
    }

    /// Timers are made anew from the sessions.
    fn restore_block(&mut self, block: &[u8], owned: &dyn Fn(u64) -> bool) -> Result<()> {
        let timers = &mut self.timers;
        let put = |key: KeyId, open: &Vec<Session<A::Accumulator>>| {
            timers.extend(open.iter().map(|session| Reverse(Timer { end: session.end, number: session.number, key })));
        };
        self.sessions.restore_block(block, owned, |key: &A::KeyRef<'_>| A::own(key), put);
        Ok(())
    }
}

impl<A: Aggregation> Drain for SessionAggregate<A> {
    type Item<'r> = WindowResult<'r, A>;

    fn drain(&mut self, mut each: impl FnMut(WindowResult<'_, A>) -> Result<()>) -> Result<()> {
        while let Some(Reverse(timer)) = self.timers.peek().copied() {
            if self.over(timer.end) > self.watermark {
                break;
            }
            self.timers.pop();
            let Some((key, open)) = self.sessions.get(timer.key) else { continue };
            // A session that became part of an earlier one is found there.
            let Some(place) = open.iter().position(|session| session.number == timer.number) else { continue };
            let session = &open[place];
            if session.end != timer.end {
                self.timers.push(Reverse(Timer { end: session.end, ..timer }));
                continue;
            }
            if !A::is_empty(&session.accumulator) {
                let window = Window { start: Timestamp(session.start), end: Timestamp(session.end) };
                let time = self.clock.as_ref().map_or(window.time(), |clock| clock.instant(window.time()));
                each(WindowResult { key, window, time, accumulator: &session.accumulator })?;
            }
            if open.len() == 1 {
                self.sessions.remove(timer.key);
            } else if let Some((_, open)) = self.sessions.get_mut(timer.key) {
                open.remove(place);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
