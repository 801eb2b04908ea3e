//! TUMBLE, HOP and CUMULATE windows: GROUP BY over windows of fixed lengths.
//!
//! A row is counted once, in its slice, however many windows overlap there. When a window is over, the
//! slices that make it up are merged, for every key that has rows in it.

use super::delayed::Delayed;
use super::head::Heads;
use super::late::Late;
use super::local::{LocalTable, Partial};
use super::{Aggregation, Drain, KeyedOperator, Partials};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Codec, RowKind};
use crate::state::{self, Blocks, Slices};
use crate::value::Timestamp;
use crate::window::{Assigner, LocalTime, MILLISECOND, Window};
use jiff::tz::TimeZone;

/// The result of one key in one window.
pub struct WindowResult<'r, A: Aggregation> {
    pub key: &'r A::Key,
    pub window: Window,
    /// `window_time`, `HOP_ROWTIME` and their like, the rowtime of the result: the window's last millisecond, as
    /// an instant if the windows are those of a time zone.
    pub time: Timestamp,
    pub accumulator: &'r A::Accumulator,
}

/// Aggregates rows by key and window.
///
/// *Late rows.* A row counts in those of its windows that are not over yet; one whose windows are all over,
/// or that falls between windows (a slide longer than the size), is dropped and counted by
/// [`late`](KeyedOperator::late).
///
/// *Order of results.* Windows by end. Flink leaves the order of the keys inside a window to its timers'
/// heap; here keys come in the order in which they first arrived, where the place of a key that was
/// forgotten goes to a later one, places at the beginning first.
pub struct WindowAggregate<A: Aggregation> {
    assigner: Assigner,
    slices: Slices<A::Key, A::Accumulator>,
    /// Rows whose keys' memory is on its way.
    delayed: Delayed,
    /// The slice of the row before, if rows may still be added to it.
    recent: Target,
    /// Up to here windows are over.
    watermark: Timestamp,
    /// Up to here results were handed out.
    drained: Timestamp,
    /// The watermark at which the next result is due.
    due: Timestamp,
    clock: Option<LocalTime>,
    processing_time: bool,
    newest_first: bool,
    late: Late,
    /// Partial results of other workers' keys, and the slice of the row before that went there.
    local: LocalTable<A>,
    recent_local: Target,
    heads: Heads,
    /// Up to where the workers that a checkpoint was made by had handed out windows of processing time, until this
    /// worker has come as far with all keys.
    handed_out: Vec<Timestamp>,
}

/// Which times go into which slice.
#[derive(Clone, Copy)]
struct Target {
    start: i64,
    end: i64,
    slice: i64,
}

impl Target {
    const NONE: Target = Target { start: i64::MAX, end: i64::MIN, slice: 0 };
}

impl<A: Aggregation> WindowAggregate<A> {
    /// Windows of event time. The slices of a window are merged from the oldest to the newest, as in Flink's
    /// GROUP BY HOP(...).
    pub fn new(assigner: Assigner) -> Self {
        WindowAggregate {
            assigner,
            slices: Slices::default(),
            delayed: Delayed::default(),
            recent: Target::NONE,
            watermark: Timestamp::MIN,
            drained: Timestamp::MIN,
            due: Timestamp::MAX,
            clock: None,
            processing_time: false,
            newest_first: false,
            late: Late::default(),
            local: LocalTable::default(),
            recent_local: Target::NONE,
            heads: Heads::default(),
            handed_out: Vec::new(),
        }
    }

    /// Merges the slices of a window from the newest to the oldest, as Flink does for the table function HOP.
    /// It matters for sums of DOUBLE, down to the last bit.
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// Windows of processing time: the time of a row is that of the last [`tick`](KeyedOperator::tick), which
    /// has to come before the first row, and watermarks mean nothing. Windows still open at the end of the
    /// input stay without a result.
    pub fn processing_time(mut self) -> Self {
        self.processing_time = true;
        self
    }

    /// For a time that is a TIMESTAMP_LTZ, PROCTIME() included: windows align to the wall clock of the session's
    /// time zone.
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.clock = Some(LocalTime::new(zone));
        self
    }

    /// How many keys are in state.
    pub fn keys(&self) -> usize {
        self.slices.keys()
    }

    /// Finds the slice of a time; `false` if no window will want it.
    #[cold]
    #[inline(never)]
    fn enter(&mut self, time: i64) -> Result<bool> {
        if self.processing_time && self.watermark == Timestamp::MIN {
            return Err(Error::new(ErrorKind::Internal, "a window of processing time got a row before its first tick"));
        }
        let start = self.assigner.slice_start(time);
        let Some(last) = self.assigner.last_end(start) else { return Ok(false) };
        if self.over(last) <= self.watermark {
            return Ok(false);
        }
        let end = start.saturating_add(self.assigner.slice_length());
        // What CUMULATE has handed out already it keeps in one slice, the first of the window.
        let folded = self.assigner.is_cumulative() && self.over(end) <= self.watermark;
        let slice = if folded { self.assigner.start_of(last) } else { start };
        self.recent = Target { start, end, slice };
        if let Some(first) = self.first_end(start) {
            self.due = self.due.min(self.over(first));
        }
        Ok(true)
    }

    /// No window wants a row of this time.
    #[cold]
    #[inline(never)]
    fn drop_late(&mut self, time: i64, kind: RowKind, input: &A::Input<'_>) -> Result<()> {
        let last = self.assigner.last_end(self.assigner.slice_start(time));
        let over = last.map(|end| self.over(end));
        self.late.drop_row::<A>(kind, input, self.watermark, over)
    }

    /// No window wants a partial result any more: its sender had been idle, so that nobody waited for it.
    #[cold]
    #[inline(never)]
    fn drop_late_partial(&mut self, slice: i64, rows: u64) -> Result<u64> {
        let over = self.assigner.last_end(slice).map(|end| self.over(end));
        let time = self.clock.as_ref().map_or(Timestamp(slice), |clock| clock.instant(Timestamp(slice)));
        self.late.drop_partial(rows, time, self.watermark, over)?;
        Ok(rows)
    }

    /// Finds the slice of a time for a partial result. `false` if a window of the slice may be over already: only
    /// the worker of the key can tell, for each row, which windows it still counts in.
    #[cold]
    #[inline(never)]
    fn enter_locally(&mut self, time: i64, watermark: Timestamp) -> bool {
        let start = self.assigner.slice_start(time);
        let first = self.assigner.first_end(start, i64::MIN).map(|end| self.over(end));
        // A run that goes on from a checkpoint knows a later watermark than this worker has sent again so far.
        let watermark = watermark.max(self.watermark);
        let Some(due) = first.filter(|due| *due > watermark) else { return false };
        self.recent_local = Target { start, end: start.saturating_add(self.assigner.slice_length()), slice: start };
        self.local.due_before(due);
        true
    }

    #[inline(always)]
    fn add(
        slices: &mut Slices<A::Key, A::Accumulator>,
        hash: u64,
        slice: i64,
        kind: RowKind,
        input: &A::Input<'_>,
    ) -> Result<()> {
        let key = A::key(input);
        let accumulator = slices.value(hash, slice, |own| A::matches(own, &key), || A::own(&key));
        if kind.is_retraction() { A::retract(accumulator, input) } else { A::accumulate(accumulator, input) }
    }

    /// Adds the rows that were waiting for memory. What they ask for next is fetched for all of them first.
    #[inline(never)]
    fn add_delayed(&mut self) -> Result<()> {
        let WindowAggregate { slices, delayed, .. } = self;
        delayed.hashes().for_each(|hash| slices.prefetch_entry(hash));
        delayed.take(|hash, slice, kind, input| Self::add(slices, hash, slice, kind, &input))
    }

    #[inline]
    fn over(&self, end: i64) -> Timestamp {
        Window::over(end, self.clock.as_ref())
    }

    /// The end of the first window of a slice whose result was not handed out yet.
    fn first_end(&self, slice: i64) -> Option<i64> {
        let mut end = self.assigner.first_end(slice, i64::MIN)?;
        while self.over(end) <= self.drained {
            end = self.assigner.first_end(slice, end)?;
        }
        Some(end)
    }

    #[cold]
    #[inline(never)]
    fn fire(&mut self, mut each: impl FnMut(WindowResult<'_, A>) -> Result<()>) -> Result<()> {
        self.recent = Target::NONE;
        self.add_delayed()?;
        let mut end = self.slices.oldest().and_then(|oldest| self.first_end(oldest));
        while let Some(due) = end.filter(|end| self.over(*end) <= self.watermark) {
            let window = Window { start: Timestamp(self.assigner.start_of(due)), end: Timestamp(due) };
            if self.assigner.is_cumulative() {
                let newest = due.saturating_sub(self.assigner.slice_length());
                self.slices.fold(newest, window.start.0, A::merge)?;
            }
            self.emit(window, &mut each)?;
            end = None;
            while let Some(oldest) = self.slices.oldest() {
                end = self.assigner.first_end(oldest, due).or_else(|| {
                    // Its last window is the one that was just handed out, or was over before.
                    self.slices.drop_oldest();
                    None
                });
                if end.is_some() {
                    break;
                }
            }
        }
        self.drained = self.watermark;
        self.handed_out.clear();
        self.due = end.map_or(Timestamp::MAX, |end| self.over(end));
        Ok(())
    }

    fn emit(&mut self, window: Window, each: &mut impl FnMut(WindowResult<'_, A>) -> Result<()>) -> Result<()> {
        let newest_first = self.newest_first;
        let time = self.clock.as_ref().map_or(window.time(), |clock| clock.instant(window.time()));
        let over = self.over(window.end.0);
        let workers = &self.handed_out;
        let is_new_to_all = workers.iter().all(|handed_out| *handed_out < over);
        let mut merged = A::Accumulator::default();
        self.slices.each_key(window.start.0, window.end.0, |key, mut values| {
            if !is_new_to_all && workers[state::owner(state::hash(key), workers.len())] >= over {
                return Ok(());
            }
            let accumulator = if values.len() == 1 {
                values.next().unwrap_or(&merged)
            } else {
                merged = A::Accumulator::default();
                if newest_first {
                    values.rev().try_for_each(|value| A::merge(&mut merged, value))?;
                } else {
                    values.try_for_each(|value| A::merge(&mut merged, value))?;
                }
                &merged
            };
            if A::is_empty(accumulator) { Ok(()) } else { each(WindowResult { key, window, time, accumulator }) }
        })
    }
}

impl<A: Aggregation> KeyedOperator for WindowAggregate<A> {
    type Input<'a> = A::Input<'a>;

    #[inline]
    fn hash(&self, input: &Self::Input<'_>) -> u64 {
        state::hash(&A::key(input))
    }

    #[inline(never)]
    fn process(&mut self, hash: u64, kind: RowKind, input: &Self::Input<'_>) -> Result<()> {
        let time =
            if self.processing_time { Timestamp(self.watermark.0.saturating_add(MILLISECOND)) } else { A::time(input) };
        let time = match &mut self.clock {
            Some(clock) => clock.local(time).0,
            None => time.0,
        };
        let known = self.recent.start <= time && time < self.recent.end;
        if !known && !self.enter(time)? {
            return self.drop_late(time, kind, input);
        }
        if self.slices.is_large() {
            self.slices.prefetch_index(hash);
            if self.delayed.add(hash, self.recent.slice, kind, input) {
                return self.add_delayed();
            }
            return Ok(());
        }
        Self::add(&mut self.slices, hash, self.recent.slice, kind, input)
    }

    #[inline]
    fn combine(&mut self, hash: u64, _: RowKind, input: &Self::Input<'_>, watermark: Timestamp) -> Result<bool> {
        // In processing time a row belongs to the window in which it reaches the worker of its key.
        if !A::TWO_PHASE || self.processing_time || self.local.steps_aside() {
            return Ok(false);
        }
        let time = match &mut self.clock {
            Some(clock) => clock.local(A::time(input)).0,
            None => A::time(input).0,
        };
        // Partial results go before the watermark that ends their first window, so a slice that is still due was not
        // touched by any watermark since it was entered.
        let known =
            self.local.due() < Timestamp::MAX && self.recent_local.start <= time && time < self.recent_local.end;
        if !known && !self.enter_locally(time, watermark) {
            return Ok(false);
        }
        self.local.add(hash, self.recent_local.slice, input)
    }

    fn partials(&mut self) -> Option<&mut dyn Partials> {
        A::TWO_PHASE.then_some(&mut self.local)
    }

    fn merge(&mut self, hash: u64, bytes: &mut &[u8]) -> Result<u64> {
        let Partial { slice, rows, key, accumulator: other } = Partial::<A>::decode(bytes);
        let rows = u64::from(rows);
        let known = self.recent.start <= slice && slice < self.recent.end;
        if !known && !self.enter(slice)? {
            return self.drop_late_partial(slice, rows);
        }
        let accumulator = self.slices.value(hash, self.recent.slice, |own| A::matches(own, &key), || A::own(&key));
        A::merge(accumulator, &other)?;
        Ok(rows)
    }

    #[inline]
    fn advance(&mut self, watermark: Timestamp) -> Result<()> {
        if !self.processing_time && watermark > self.watermark {
            self.watermark = watermark;
        }
        Ok(())
    }

    /// Moves windows of processing time. One that ends at `now` is over: no row can fall into it any more.
    #[inline]
    fn tick(&mut self, now: Timestamp) -> Result<()> {
        let reached = Timestamp(now.0.saturating_sub(MILLISECOND));
        if self.processing_time && reached > self.watermark {
            self.watermark = reached;
        }
        Ok(())
    }

    fn next_tick(&self) -> Option<Timestamp> {
        let waits = self.processing_time && self.due < Timestamp::MAX;
        waits.then(|| Timestamp(self.due.0.saturating_add(MILLISECOND)))
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
        self.slices.bytes()
    }

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32> {
        self.add_delayed()?;
        Heads::write(head, &[self.watermark, self.drained]);
        Ok(self.slices.begin_snapshot(changes))
    }

    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        self.slices.snapshot(blocks, enough)
    }

    fn early(&self) -> usize {
        self.slices.early()
    }

    fn snapshot_ended(&mut self, kept: bool) {
        self.slices.snapshot_ended(kept);
    }

    fn restore_head(&mut self, mut head: &[u8]) -> Result<()> {
        if self.processing_time {
            // Every worker has ticks of its own. Windows between the earliest and the latest of them are due now, but
            // only for keys of workers that had not come so far.
            self.watermark = self.watermark.max(Timestamp::decode(&mut head));
            self.handed_out.push(Timestamp::decode(&mut head));
            self.drained = self.handed_out.iter().copied().min().unwrap_or(Timestamp::MIN);
        } else {
            self.heads.restore(&mut head, &mut [&mut self.watermark, &mut self.drained]);
        }
        Ok(())
    }

    fn expect_blocks(&mut self, blocks: usize) {
        self.slices.expect_blocks(blocks);
    }

    fn restore_block(&mut self, block: &[u8], owned: &dyn Fn(u64) -> bool) -> Result<()> {
        self.slices.restore_block(block, owned, |key: &A::KeyRef<'_>| A::own(key));
        let first = self.slices.oldest().and_then(|oldest| self.first_end(oldest));
        self.due = first.map_or(Timestamp::MAX, |end| self.over(end));
        Ok(())
    }
}

impl<A: Aggregation> Drain for WindowAggregate<A> {
    type Item<'r> = WindowResult<'r, A>;

    #[inline]
    fn drain(&mut self, each: impl FnMut(WindowResult<'_, A>) -> Result<()>) -> Result<()> {
        if self.watermark < self.due {
            self.drained = self.watermark;
            return Ok(());
        }
        self.fire(each)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod against_naive;
