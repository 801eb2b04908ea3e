//! Stateful operators, one file each, generic over what generated code says about rows, keys and
//! accumulators. An operator belongs to one worker and sees only rows of its own keys; how they got to this
//! worker is left to [`exchange`](crate::exchange).

pub mod accumulator;
#[cfg(test)]
mod checkpointed;
mod delayed;
#[cfg(test)]
mod described;
pub mod group;
mod head;
pub mod late;
mod local;
pub mod session;
#[cfg(test)]
pub(crate) mod testing;
pub mod window;

pub use local::Partials;

use crate::error::Result;
use crate::row::{Codec, RowKind};
use crate::state::Blocks;
use crate::value::Timestamp;
use late::Late;
use std::hash::Hash;

/// A keyed operator as the exchange sees it.
pub trait KeyedOperator: Send {
    /// A row on its way in, borrowed from a chunk or from a batch that crossed threads.
    type Input<'a>: Codec<'a>;

    /// The hash that decides the worker and finds the state: [`state::hash`](crate::state::hash) of the key.
    fn hash(&self, input: &Self::Input<'_>) -> u64;

    /// Takes one row of a key this worker owns.
    fn process(&mut self, hash: u64, kind: RowKind, input: &Self::Input<'_>) -> Result<()>;

    /// The first of two phases: takes a row of a key that another worker owns into a partial result, or answers
    /// `false` if the row has to be sent as it is. `watermark` is the last of this worker's own.
    #[inline]
    fn combine(&mut self, hash: u64, kind: RowKind, input: &Self::Input<'_>, watermark: Timestamp) -> Result<bool> {
        let _ = (hash, kind, input, watermark);
        Ok(false)
    }

    /// The partial results that wait to be sent, if the operator makes any.
    fn partials(&mut self) -> Option<&mut dyn Partials> {
        None
    }

    /// Whether the partial results should be sent without waiting for a watermark.
    #[inline]
    fn partials_are_due(&self) -> bool {
        false
    }

    /// The second phase: takes a partial result of a key that this worker owns from the front of `bytes`, and
    /// answers how many rows are in it.
    ///
    /// # Panics
    /// If the operator makes no partial results.
    fn merge(&mut self, hash: u64, bytes: &mut &[u8]) -> Result<u64> {
        unreachable!("a partial result of {hash:x} in {} bytes for an operator that makes none", bytes.len())
    }

    /// Whether results are due that are to be [handed out](Drain::drain) before another row is taken.
    #[inline]
    fn is_due(&self) -> bool {
        false
    }

    /// Makes results due that wait for others to be handed out together with them: a checkpoint must not have to
    /// keep them, or the application stops.
    fn flush(&mut self) {}

    /// No row with an earlier event time will follow (one that does is late).
    fn advance(&mut self, watermark: Timestamp) -> Result<()>;

    /// Processing time has come this far.
    fn tick(&mut self, now: Timestamp) -> Result<()> {
        let _ = now;
        Ok(())
    }

    /// When the operator wants to be ticked next, if it does.
    fn next_tick(&self) -> Option<Timestamp> {
        None
    }

    /// How many rows came too late to count.
    fn late(&self) -> u64 {
        0
    }

    /// What is done with rows that come too late, if any can.
    fn late_rows(&mut self) -> Option<&mut Late> {
        None
    }

    /// How many keys have state.
    fn state_keys(&self) -> usize {
        0
    }

    /// How much memory the tables of its state have, without what keys and values point to, such as long texts.
    fn state_bytes(&self) -> usize {
        0
    }

    /// The cut of a checkpoint: the state as it is now is what [`snapshot`](KeyedOperator::snapshot) writes, whatever
    /// happens to it in the meantime. Appends to `head` what is small and is needed as a whole: how far time has come.
    /// With `changes` only blocks need be written that have changed since the last snapshot that
    /// [was kept](KeyedOperator::snapshot_ended); the first one writes all, also after a restore. Answers how many blocks
    /// the whole state has: those with higher numbers in earlier snapshots are gone.
    ///
    /// Takes hardly longer for much state than for little. To be called when everything that is due has been
    /// [handed out](Drain::drain) and all partial results have been sent: neither is part of the state.
    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32>;

    /// Writes the next blocks, about `enough` bytes of them; answers whether there are more.
    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool;

    /// How many bytes wait for [`snapshot`](KeyedOperator::snapshot) because they had to be written at once.
    fn early(&self) -> usize {
        0
    }

    /// The snapshot has become part of a checkpoint, or will never be. One that has not ended when the next one begins
    /// will never be.
    fn snapshot_ended(&mut self, kept: bool);

    /// Takes a `head`, before any block: there is one of every worker that took part in the checkpoint, in the
    /// order of the workers, and the earliest time in them counts.
    fn restore_head(&mut self, head: &[u8]) -> Result<()>;

    /// About so many blocks will be restored: there can be room for their keys before they come.
    fn expect_blocks(&mut self, blocks: usize) {
        let _ = blocks;
    }

    /// Takes a block of this worker's snapshot or of another's: the keys in it whose hashes are `owned`.
    fn restore_block(&mut self, block: &[u8], owned: &dyn Fn(u64) -> bool) -> Result<()>;
}

/// An operator that hands out results.
pub trait Drain: KeyedOperator + 'static {
    /// A result, borrowed from the operator's state while it is handed out.
    type Item<'r>;

    /// Hands out everything that has become due since the last call, in order. To be called after every
    /// [`advance`](KeyedOperator::advance) and [`tick`](KeyedOperator::tick), and, for operators that answer
    /// each row, after every [`process`](KeyedOperator::process).
    fn drain(&mut self, each: impl FnMut(Self::Item<'_>) -> Result<()>) -> Result<()>;
}

/// What generated code says about one aggregation: its input, its key, its accumulators.
pub trait Aggregation: Send + 'static {
    /// The columns that the aggregation reads.
    type Input<'a>: Codec<'a>;
    /// The key, borrowed from an input. Equal keys have equal bytes.
    type KeyRef<'a>: Hash + Codec<'a>;
    /// The key as state keeps it. Has the bytes of the borrowed one.
    type Key: Hash + Send + for<'a> Codec<'a>;
    /// One named field per aggregate function.
    type Accumulator: Default + Send + for<'a> Codec<'a>;

    /// Whether partial results are much smaller than the rows in them and can be added up in any order, so that
    /// each worker may aggregate the rows of other workers' keys before it sends them: Flink's two-phase
    /// aggregation. Not so for DISTINCT, which keeps values, and for rows that are taken back.
    const TWO_PHASE: bool = false;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r>;
    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool;
    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key;

    /// The event time that decides the window. Operators without a window never ask.
    fn time(input: &Self::Input<'_>) -> Timestamp {
        let _ = input;
        Timestamp::MIN
    }

    fn accumulate(accumulator: &mut Self::Accumulator, input: &Self::Input<'_>) -> Result<()>;

    /// Shows what it reads of a row as JSON. Only asked of aggregations whose late rows somebody wants.
    fn show(input: &Self::Input<'_>, out: &mut Vec<u8>) {
        let _ = (input, out);
    }

    /// Takes a row back. Only aggregations over updating input are asked.
    fn retract(accumulator: &mut Self::Accumulator, input: &Self::Input<'_>) -> Result<()> {
        let _ = (accumulator, input);
        Ok(())
    }

    /// Adds another accumulator: slices into a window, sessions into a longer one. Aggregations without a
    /// window are never asked.
    fn merge(accumulator: &mut Self::Accumulator, other: &Self::Accumulator) -> Result<()> {
        let _ = (accumulator, other);
        Ok(())
    }

    /// Whether all rows of the accumulator were taken back. Only aggregations over updating input know, from
    /// a [`Count`](accumulator::Count) of all their rows.
    fn is_empty(accumulator: &Self::Accumulator) -> bool {
        let _ = accumulator;
        false
    }
}
