//! GROUP BY without a window, and SELECT DISTINCT: a changelog of every group, one change or two a row, or a
//! [mini-batch](GroupAggregate::mini_batch).

mod mini_batch;

use super::head::Heads;
use super::local::Partial;
use super::{Aggregation, Drain, KeyedOperator, Partials};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Codec, RowKind};
use crate::state::{self, Blocks, KeyId, Table};
use crate::value::{Millis, Timestamp};
use mini_batch::MiniBatch;

/// An aggregation whose result is wanted after every row.
pub trait GroupOutput: Aggregation {
    /// The result of a group: its key columns and the values of its aggregate functions. Equality decides
    /// whether the result has changed, and is that of SQL's `=` on plain numbers, as derived: -0.0 equals 0.0,
    /// and NaN has changed after every row.
    type Output<'r>: Codec<'r> + PartialEq;

    fn output<'r>(key: &'r Self::Key, accumulator: &'r Self::Accumulator) -> Result<Self::Output<'r>>;
}

/// A change of the result.
pub struct Change<T> {
    pub kind: RowKind,
    pub row: T,
}

/// Aggregates rows by key and says how the result changed, as Flink does.
///
/// The first row of a group gives `+I`, each later one `-U` and `+U`, or nothing if the result stays what it
/// was; a group whose rows were all taken back (see [`Aggregation::is_empty`]) gives `-D`. Taking back from a
/// group that does not exist changes nothing.
///
/// SELECT DISTINCT is the same with an empty accumulator.
pub struct GroupAggregate<A: GroupOutput> {
    groups: Table<A::Key, Group<A::Accumulator>>,
    /// Changes not yet handed out: a kind and a row, again and again.
    changes: Vec<u8>,
    /// The result before the row that is being processed.
    before: Vec<u8>,
    update_before: bool,
    retention: Option<Retention>,
    mini_batch: Option<Box<MiniBatch<A>>>,
    now: Timestamp,
    heads: Heads,
}

struct Group<T> {
    accumulator: T,
    touched: Timestamp,
}

impl<T: for<'a> Codec<'a>> Codec<'_> for Group<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.touched.encode(out);
        self.accumulator.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Group { touched: Codec::decode(bytes), accumulator: Codec::decode(bytes) }
    }
}

struct Retention {
    /// Microseconds.
    time: i64,
    next_sweep: Timestamp,
}

impl<A: GroupOutput> Default for GroupAggregate<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: GroupOutput> GroupAggregate<A> {
    /// A changelog with both sides of every update, kept for ever.
    pub fn new() -> Self {
        GroupAggregate {
            groups: Table::default(),
            changes: Vec::new(),
            before: Vec::new(),
            update_before: true,
            retention: None,
            mini_batch: None,
            now: Timestamp::MIN,
            heads: Heads::default(),
        }
    }

    /// Leaves `-U` rows out, for a consumer that knows rows by their key.
    pub fn without_update_before(mut self) -> Self {
        self.update_before = false;
        self
    }

    /// `table.exec.state.ttl`: forgets groups that no row has touched for so long; a later row begins anew with
    /// `+I`. As in Flink, results that stayed the same are then handed out too, so that what comes after does
    /// not forget them. Zero keeps everything for ever.
    pub fn retain(mut self, time: Millis) -> Self {
        let retention = || Retention { time: time.0.saturating_mul(1_000), next_sweep: Timestamp::MIN };
        self.retention = (time.0 > 0).then(retention);
        self
    }

    /// `table.exec.mini-batch`: changes wait until `latency` has passed, or `size` rows have come, or the input ends,
    /// and a group has one change then for all of them. What `latency` is counted from is the same for all operators,
    /// so that those behind this one do not let rows wait again.
    ///
    /// As in Flink a group may be empty in the meantime, and is deleted if it is so in the end.
    pub fn mini_batch(mut self, latency: Millis, size: usize) -> Self {
        self.mini_batch = Some(Box::new(MiniBatch::new(latency, size)));
        self
    }

    /// Ends mini-batches at watermarks too: those that pass a multiple of `interval`. For rows that watermarks bring,
    /// such as the results of windows.
    pub fn flush_at_watermarks(mut self, interval: Millis) -> Self {
        if let Some(batch) = &mut self.mini_batch {
            batch.trigger.watermarks(interval);
        }
        self
    }

    /// How many groups are in state.
    pub fn keys(&self) -> usize {
        self.groups.len()
    }

    fn first(&mut self, hash: u64, key: A::Key, input: &A::Input<'_>) -> Result<()> {
        let mut accumulator = A::Accumulator::default();
        A::accumulate(&mut accumulator, input)?;
        self.changes.push(code(RowKind::Insert));
        A::output(&key, &accumulator)?.encode(&mut self.changes);
        self.groups.insert(hash, key, Group { accumulator, touched: self.now });
        Ok(())
    }

    fn next(&mut self, id: KeyId, kind: RowKind, input: &A::Input<'_>) -> Result<()> {
        let Some((key, group)) = self.groups.get_mut(id) else { return Ok(()) };
        self.before.clear();
        A::output(key, &group.accumulator)?.encode(&mut self.before);
        if kind.is_retraction() {
            A::retract(&mut group.accumulator, input)?;
        } else {
            A::accumulate(&mut group.accumulator, input)?;
        }
        group.touched = self.now;
        if A::is_empty(&group.accumulator) {
            self.changes.push(code(RowKind::Delete));
            self.changes.extend_from_slice(&self.before);
            self.groups.remove(id);
            return Ok(());
        }
        let unchanged = self.changes.len();
        if self.update_before {
            self.changes.push(code(RowKind::UpdateBefore));
            self.changes.extend_from_slice(&self.before);
        }
        self.changes.push(code(RowKind::UpdateAfter));
        let after = self.changes.len();
        A::output(key, &group.accumulator)?.encode(&mut self.changes);
        let (mut before, mut after) = (self.before.as_slice(), &self.changes[after..]);
        if self.retention.is_none() && A::Output::decode(&mut before) == A::Output::decode(&mut after) {
            self.changes.truncate(unchanged);
        }
        Ok(())
    }

    /// The state of a group, which is in the batch from now on. `None` if it is not to be made and is not there.
    fn enter(&mut self, hash: u64, key: &A::KeyRef<'_>, makes: bool) -> Result<Option<&mut A::Accumulator>> {
        if self.is_due() {
            self.spill()?;
        }
        let found = self.find(hash, key);
        let GroupAggregate { groups, mini_batch: Some(batch), now, .. } = self else { return Ok(None) };
        batch.trigger.count();
        let id = match found {
            Some(id) if batch.touched.contains(id) => id,
            Some(id) => {
                let before = batch.touched.insert_known(id);
                if let Some((key, group)) = groups.get(id) {
                    A::output(key, &group.accumulator)?.encode(before);
                }
                id
            }
            None if !makes => return Ok(None),
            None => {
                let id = groups.insert(hash, A::own(key), Group { accumulator: Default::default(), touched: *now });
                batch.touched.insert_new(id);
                id
            }
        };
        let Some((_, group)) = groups.get_mut(id) else { return Ok(None) };
        group.touched = *now;
        Ok(Some(&mut group.accumulator))
    }

    #[inline(never)]
    fn process_in_batch(&mut self, hash: u64, kind: RowKind, input: &A::Input<'_>) -> Result<()> {
        match (self.enter(hash, &A::key(input), !kind.is_retraction())?, kind.is_retraction()) {
            (Some(accumulator), false) => A::accumulate(accumulator, input),
            (Some(accumulator), true) => A::retract(accumulator, input),
            (None, _) => Ok(()),
        }
    }

    /// Hands out how the groups of a batch that is over have changed.
    #[inline(never)]
    fn hand_out(&mut self, each: &mut impl FnMut(Change<A::Output<'_>>) -> Result<()>) -> Result<()> {
        let GroupAggregate { groups, mini_batch: Some(batch), update_before, retention, .. } = self else {
            return Ok(());
        };
        for index in 0..batch.touched.len() {
            let (id, before) = batch.touched.get(index);
            let Some((_, group)) = groups.get(id) else { continue };
            if A::is_empty(&group.accumulator) {
                if let Some(mut before) = before {
                    each(Change { kind: RowKind::Delete, row: A::Output::decode(&mut before) })?;
                }
                groups.remove(id);
                continue;
            }
            let Some((key, group)) = groups.get(id) else { continue };
            let before = before.map(|mut before| A::Output::decode(&mut before));
            let row = A::output(key, &group.accumulator)?;
            match before {
                None => each(Change { kind: RowKind::Insert, row })?,
                Some(before) if retention.is_none() && before == row => {}
                Some(before) => {
                    if *update_before {
                        each(Change { kind: RowKind::UpdateBefore, row: before })?;
                    }
                    each(Change { kind: RowKind::UpdateAfter, row })?;
                }
            }
        }
        batch.touched.clear();
        batch.trigger.begin();
        Ok(())
    }

    /// Keeps the changes of a batch that is over until they are handed out: many rows have come at once.
    #[cold]
    #[inline(never)]
    fn spill(&mut self) -> Result<()> {
        let mut changes = std::mem::take(&mut self.changes);
        let spilt = self.hand_out(&mut |change| {
            changes.push(code(change.kind));
            change.row.encode(&mut changes);
            Ok(())
        });
        self.changes = changes;
        spilt
    }

    /// Finds a group that has not expired.
    fn find(&mut self, hash: u64, key: &A::KeyRef<'_>) -> Option<KeyId> {
        let found = self.groups.find(hash, |own| A::matches(own, key))?;
        if self.is_expired(found) {
            self.groups.remove(found);
            return None;
        }
        Some(found)
    }

    fn is_expired(&self, id: KeyId) -> bool {
        let Some(retention) = &self.retention else { return false };
        if self.mini_batch.as_ref().is_some_and(|batch| batch.touched.contains(id)) {
            return false;
        }
        let touched = self.groups.get(id).map_or(Timestamp::MAX, |(_, group)| group.touched);
        touched.0.saturating_add(retention.time) <= self.now.0
    }
}

impl<A: GroupOutput> KeyedOperator for GroupAggregate<A> {
    type Input<'a> = A::Input<'a>;

    #[inline]
    fn hash(&self, input: &Self::Input<'_>) -> u64 {
        state::hash(&A::key(input))
    }

    fn state_keys(&self) -> usize {
        self.keys()
    }

    fn state_bytes(&self) -> usize {
        self.groups.bytes()
    }

    fn process(&mut self, hash: u64, kind: RowKind, input: &Self::Input<'_>) -> Result<()> {
        if self.mini_batch.is_some() {
            return self.process_in_batch(hash, kind, input);
        }
        let key = A::key(input);
        match self.find(hash, &key) {
            Some(id) => self.next(id, kind, input),
            None if kind.is_retraction() => Ok(()),
            None => self.first(hash, A::own(&key), input),
        }
    }

    #[inline]
    fn combine(&mut self, hash: u64, _: RowKind, input: &Self::Input<'_>, _: Timestamp) -> Result<bool> {
        match &mut self.mini_batch {
            Some(batch) if A::TWO_PHASE => batch.combine(hash, input),
            _ => Ok(false),
        }
    }

    fn partials(&mut self) -> Option<&mut dyn Partials> {
        match &mut self.mini_batch {
            Some(batch) if A::TWO_PHASE => Some(&mut batch.local),
            _ => None,
        }
    }

    #[inline]
    fn partials_are_due(&self) -> bool {
        A::TWO_PHASE && self.mini_batch.as_ref().is_some_and(|batch| batch.local.is_due())
    }

    fn merge(&mut self, hash: u64, bytes: &mut &[u8]) -> Result<u64> {
        let Partial { rows, key, accumulator: other, .. } = Partial::<A>::decode(bytes);
        if let Some(batch) = &mut self.mini_batch {
            batch.trigger.partial();
        }
        if let Some(accumulator) = self.enter(hash, &key, true)? {
            A::merge(accumulator, &other)?;
        }
        Ok(u64::from(rows))
    }

    #[inline]
    fn is_due(&self) -> bool {
        self.mini_batch.as_ref().is_some_and(|batch| batch.trigger.is_due())
    }

    fn advance(&mut self, watermark: Timestamp) -> Result<()> {
        if let Some(batch) = &mut self.mini_batch {
            batch.trigger.advance(watermark);
        }
        Ok(())
    }

    fn flush(&mut self) {
        if let Some(batch) = &mut self.mini_batch {
            batch.trigger.flush();
        }
    }

    /// Turns the clock that retention and mini-batches go by, and now and then forgets every group whose time has passed.
    fn tick(&mut self, now: Timestamp) -> Result<()> {
        if let Some(batch) = &mut self.mini_batch {
            batch.tick(now);
        }
        self.now = self.now.max(now);
        let now = self.now;
        if let Some(retention) = self.retention.as_mut().filter(|retention| retention.next_sweep <= now) {
            retention.next_sweep = Timestamp(now.0.saturating_add((retention.time / 2).max(1_000_000)));
            for id in 0..self.groups.places() as KeyId {
                if self.is_expired(id) {
                    self.groups.remove(id);
                }
            }
        }
        Ok(())
    }

    fn next_tick(&self) -> Option<Timestamp> {
        let sweep = self.retention.as_ref().filter(|_| !self.groups.is_empty()).map(|retention| retention.next_sweep);
        let flush = self.mini_batch.as_ref().and_then(|batch| batch.trigger.next_tick());
        sweep.into_iter().chain(flush).min()
    }

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32> {
        let waits = self.mini_batch.as_ref().is_some_and(|batch| !batch.touched.is_empty());
        if waits || !self.changes.is_empty() {
            return Err(Error::new(ErrorKind::Internal, "a snapshot of groups whose changes were not handed out"));
        }
        Heads::write(head, &[self.now]);
        Ok(self.groups.begin_snapshot(changes))
    }

    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        self.groups.snapshot(blocks, enough)
    }

    fn early(&self) -> usize {
        self.groups.early()
    }

    fn snapshot_ended(&mut self, kept: bool) {
        self.groups.snapshot_ended(kept);
    }

    fn restore_head(&mut self, mut head: &[u8]) -> Result<()> {
        self.heads.restore(&mut head, &mut [&mut self.now]);
        Ok(())
    }

    fn expect_blocks(&mut self, blocks: usize) {
        self.groups.expect_blocks(blocks);
    }

    fn restore_block(&mut self, block: &[u8], owned: &dyn Fn(u64) -> bool) -> Result<()> {
        self.groups.restore_block(block, owned, |key: &A::KeyRef<'_>| A::own(key), |_, _| ());
        Ok(())
    }
}

impl<A: GroupOutput> Drain for GroupAggregate<A> {
    type Item<'r> = Change<A::Output<'r>>;

    fn drain(&mut self, mut each: impl FnMut(Change<A::Output<'_>>) -> Result<()>) -> Result<()> {
        let mut rest = self.changes.as_slice();
        while let Some((code, row)) = rest.split_first() {
            rest = row;
            let kind = kind(*code);
            each(Change { kind, row: A::Output::decode(&mut rest) })?;
        }
        self.changes.clear();
        if self.is_due() { self.hand_out(&mut each) } else { Ok(()) }
    }
}

const KINDS: [RowKind; 4] = [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete];

fn code(kind: RowKind) -> u8 {
    kind as u8
}

fn kind(code: u8) -> RowKind {
    KINDS[usize::from(code)]
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod in_batches;
