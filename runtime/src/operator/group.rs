//! GROUP BY without a window, and SELECT DISTINCT: a changelog of every group, one change or two a row.

use super::head::Heads;
use super::{Aggregation, Drain, KeyedOperator};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Codec, RowKind};
use crate::state::{self, Blocks, KeyId, Table};
use crate::value::{Millis, Timestamp};

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

    fn is_expired(&self, id: KeyId) -> bool {
        let Some(retention) = &self.retention else { return false };
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
        let key = A::key(input);
        let mut found = self.groups.find(hash, |own| A::matches(own, &key));
        if let Some(id) = found.filter(|id| self.is_expired(*id)) {
            self.groups.remove(id);
            found = None;
        }
        match found {
            Some(id) => self.next(id, kind, input),
            None if kind.is_retraction() => Ok(()),
            None => self.first(hash, A::own(&key), input),
        }
    }

    fn advance(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }

    /// Turns the clock that retention goes by, and now and then forgets every group whose time has passed.
    fn tick(&mut self, now: Timestamp) -> Result<()> {
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
        self.retention.as_ref().filter(|_| !self.groups.is_empty()).map(|retention| retention.next_sweep)
    }

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32> {
        if !self.changes.is_empty() {
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
        Ok(())
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
