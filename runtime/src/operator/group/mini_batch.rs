//! Mini-batches: the changes of many rows as one change a group, and the groups in it, which are in state already.
//!
//! No row is kept. A group that a row touches first since the last batch leaves its result of before behind, and when
//! the batch is over that is compared with its result of then.

use super::super::local::LocalTable;
use super::super::{Aggregation, Partials};
use crate::error::Result;
use crate::state::KeyId;
use crate::value::{Millis, Timestamp};

/// The longest time that a partial result waits on the worker that made it, in microseconds.
const LOCAL_WAIT: i64 = 100_000;

pub(super) struct MiniBatch<A: Aggregation> {
    pub trigger: Trigger,
    pub touched: Touched,
    pub local: Local<A>,
}

impl<A: Aggregation> MiniBatch<A> {
    pub fn new(latency: Millis, size: usize) -> Self {
        let latency = latency.0.saturating_mul(1_000).max(1);
        MiniBatch { trigger: Trigger::new(latency, size), touched: Touched::default(), local: Local::new(size) }
    }

    /// Takes a row of a group that another worker owns into the partial result of its group.
    #[inline]
    pub fn combine(&mut self, hash: u64, input: &A::Input<'_>) -> Result<bool> {
        if self.local.table.steps_aside() || !self.local.table.add(hash, 0, input)? {
            return Ok(false);
        }
        self.local.rows += 1;
        Ok(true)
    }

    pub fn tick(&mut self, now: Timestamp) {
        let wait = self.trigger.local_wait();
        if self.local.rows > 0 && self.local.timer.is_over(now, wait) {
            self.local.is_due = true;
        }
        self.trigger.tick(now);
    }
}

/// When a batch is over.
pub(super) struct Trigger {
    /// Microseconds.
    latency: i64,
    size: usize,
    /// How many rows and partial results are in the batch.
    rows: usize,
    timer: Timer,
    watermarks: Option<Watermarks>,
    is_due: bool,
    /// Whether rows have waited in partial results before they come.
    has_partials: bool,
}

/// Watermarks that end batches, in milliseconds.
struct Watermarks {
    /// Only those that pass a multiple of it, as a mini-batch assigner of Flink lets through; 1 for all.
    interval: i64,
    next: i64,
}

impl Trigger {
    fn new(latency: i64, size: usize) -> Self {
        Trigger {
            latency,
            size,
            rows: 0,
            timer: Timer::default(),
            watermarks: None,
            is_due: false,
            has_partials: false,
        }
    }

    pub fn watermarks(&mut self, interval: Millis) {
        let next = if interval.0 > 1 { interval.0 - 1 } else { i64::MIN };
        self.watermarks = Some(Watermarks { interval: interval.0.max(1), next });
    }

    /// Another row, or partial result.
    #[inline]
    pub fn count(&mut self) {
        self.rows += 1;
        self.is_due |= self.rows >= self.size;
    }

    /// A partial result is going to be counted.
    pub fn partial(&mut self) {
        self.has_partials = true;
    }

    /// How long partial results wait on the worker that made them.
    fn local_wait(&self) -> i64 {
        (self.latency / 4).clamp(1, LOCAL_WAIT)
    }

    fn tick(&mut self, now: Timestamp) {
        // Of the time that rows may wait some has passed before they come as partial results.
        let period = if self.has_partials { self.latency - self.local_wait() } else { self.latency };
        if self.timer.is_over(now, period.max(1)) {
            self.flush();
        }
    }

    pub fn advance(&mut self, watermark: Timestamp) {
        if watermark == Timestamp::MAX {
            return self.flush();
        }
        let Some(Watermarks { interval, next }) = &mut self.watermarks else { return };
        let millis = watermark.millis();
        if millis >= *next {
            let end = (millis - millis.rem_euclid(*interval)).saturating_add(*interval - 1);
            *next = if end > millis { end } else { end.saturating_add(*interval) };
            self.flush();
        }
    }

    pub fn flush(&mut self) {
        self.is_due |= self.rows > 0;
    }

    pub fn is_due(&self) -> bool {
        self.is_due
    }

    pub fn next_tick(&self) -> Option<Timestamp> {
        (self.rows > 0).then_some(self.timer.next)
    }

    /// A new batch begins.
    pub fn begin(&mut self) {
        self.rows = 0;
        self.is_due = false;
    }
}

/// Rings whenever time has passed a multiple of a period, so that operators one behind the other ring together.
#[derive(Default)]
struct Timer {
    next: Timestamp,
}

impl Timer {
    fn is_over(&mut self, now: Timestamp, period: i64) -> bool {
        // A clock that was set back would ring too late.
        let rings = now >= self.next || self.next.0.saturating_sub(now.0) > period;
        if rings {
            self.next = Timestamp((now.0 - now.0.rem_euclid(period)).saturating_add(period));
        }
        rings
    }
}

/// The groups in a batch, in the order in which they were touched first.
#[derive(Default)]
pub(super) struct Touched {
    groups: Vec<Group>,
    /// The encoded results of before, one behind the other.
    before: Vec<u8>,
    /// One bit per place in state.
    bits: Vec<u64>,
}

#[derive(Clone, Copy)]
struct Group {
    id: KeyId,
    /// Whether it was not in state before: it has no result of then.
    is_new: bool,
    /// Where its result begins in `before`.
    start: usize,
}

impl Touched {
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub fn len(&self) -> usize {
        self.groups.len()
    }

    #[inline]
    pub fn contains(&self, id: KeyId) -> bool {
        let (word, bit) = place(id);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// A group of which nothing was known.
    pub fn insert_new(&mut self, id: KeyId) {
        self.insert(id, true);
    }

    /// A group that is in state; its encoded result has to be put behind those that are there.
    pub fn insert_known(&mut self, id: KeyId) -> &mut Vec<u8> {
        self.insert(id, false);
        &mut self.before
    }

    fn insert(&mut self, id: KeyId, is_new: bool) {
        let (word, bit) = place(id);
        if word >= self.bits.len() {
            self.bits.resize((word + 1).next_power_of_two(), 0);
        }
        self.bits[word] |= bit;
        self.groups.push(Group { id, is_new, start: self.before.len() });
    }

    /// A group, and its result of before the batch unless it is new.
    pub fn get(&self, index: usize) -> (KeyId, Option<&[u8]>) {
        let Group { id, is_new, start } = self.groups[index];
        (id, (!is_new).then(|| &self.before[start..]))
    }

    /// Forgets all, whose changes have been handed out.
    pub fn clear(&mut self) {
        for group in &self.groups {
            let (word, bit) = place(group.id);
            self.bits[word] &= !bit;
        }
        self.groups.clear();
        self.before.clear();
    }
}

fn place(id: KeyId) -> (usize, u64) {
    (id as usize / 64, 1 << (id % 64))
}

/// Partial results of groups that other workers own.
pub(super) struct Local<A: Aggregation> {
    table: LocalTable<A>,
    /// How many rows are in them, and may be.
    rows: usize,
    size: usize,
    timer: Timer,
    is_due: bool,
}

impl<A: Aggregation> Local<A> {
    fn new(size: usize) -> Self {
        Local { table: LocalTable::default(), rows: 0, size, timer: Timer::default(), is_due: false }
    }

    /// Whether they should be sent now.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.is_due || self.rows >= self.size
    }
}

impl<A: Aggregation> Partials for Local<A> {
    fn len(&self) -> usize {
        self.table.len()
    }

    fn hash(&self, index: usize) -> u64 {
        self.table.hash(index)
    }

    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        self.table.encode(index, out);
    }

    fn clear(&mut self) {
        self.table.clear();
        self.rows = 0;
        self.is_due = false;
    }

    fn due(&self) -> Timestamp {
        self.table.due()
    }
}
