//! What one worker's reader says of its shards in a checkpoint: where reading goes on behind what was handed over.

use super::position::ShardState;
use super::queue::{News, Note};
use sqlc_runtime::connector::SplitState;
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The shards that a reader knows of, by their ids.
#[derive(Debug)]
pub(crate) struct Ledger {
    shards: BTreeMap<Arc<str>, ShardState>,
    opened: Timestamp,
}

impl Ledger {
    pub fn new(shards: BTreeMap<Arc<str>, ShardState>, opened: Timestamp) -> Ledger {
        Ledger { shards, opened }
    }

    pub fn note(&mut self, note: Note) {
        let Note { shard, news } = note;
        match news {
            News::Announced(state) => match self.shards.get_mut(&shard) {
                Some(known) => known.merge(state),
                None => drop(self.shards.insert(shard, state)),
            },
            News::Read { place, until } => {
                if let Some(known) = self.shards.get_mut(&shard) {
                    if let Some(place) = place {
                        known.place = place;
                    }
                    known.until = until;
                }
            }
            News::Finished => {
                if let Some(known) = self.shards.get_mut(&shard) {
                    known.place = super::position::Place::Finished;
                }
            }
            News::Forgotten => drop(self.shards.remove(&shard)),
        }
    }

    pub fn snapshot(&self) -> Vec<SplitState> {
        let state = |(shard, state): (&Arc<str>, &ShardState)| SplitState {
            split: shard.to_string(),
            state: state.write(self.opened),
        };
        self.shards.iter().map(state).collect()
    }
}

/// How many checkpoints each worker has been part of.
///
/// Workers take their cuts one after the other. A shard that a worker finishes behind its cut must not let a worker
/// begin the shard's child before its own: what the checkpoint remembers would have seen the child's records, and not
/// those of the parent that come before them.
#[derive(Debug)]
pub(crate) struct Cuts(Vec<AtomicU64>);

impl Cuts {
    pub fn new(workers: usize) -> Cuts {
        Cuts((0..workers).map(|_| AtomicU64::new(0)).collect())
    }

    pub fn cut(&self, worker: usize) {
        self.0[worker].fetch_add(1, Ordering::AcqRel);
    }

    pub fn of(&self, worker: usize) -> u64 {
        self.0[worker].load(Ordering::Acquire)
    }

    /// Whether every worker has been part of so many.
    pub fn have_come_to(&self, count: u64) -> bool {
        self.0.iter().all(|cuts| cuts.load(Ordering::Acquire) >= count)
    }
}
