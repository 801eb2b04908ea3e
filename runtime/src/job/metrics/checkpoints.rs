//! How the checkpoints of an application get on: numbers for Prometheus, and the last ones for the status.

use super::{Counter, Gauge, Registry};
use crate::value::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many finished checkpoints the status shows.
const SHOWN: usize = 5;

const LAST_COMPLETED_ID: &str = "sqlc_checkpoint_last_completed_id";
const LAST_COMPLETED_MILLIS: &str = "sqlc_checkpoint_last_completed_millis";
const LAST_DURATION_MILLIS: &str = "sqlc_checkpoint_last_duration_millis";
const LAST_BYTES: &str = "sqlc_checkpoint_last_bytes";
const LAST_STATE_BYTES: &str = "sqlc_checkpoint_last_state_bytes";
const COMPLETED: &str = "sqlc_checkpoints_completed_total";
const FAILED: &str = "sqlc_checkpoints_failed_total";
const RESTORED_ID: &str = "sqlc_checkpoint_restored_id";

/// What the coordinator tells of. Cheap to clone; clones of one registry share their content.
#[derive(Clone, Debug)]
pub struct CheckpointMetrics {
    registry: Registry,
    completed: Counter,
    failed: Counter,
    last_completed_id: Gauge,
    last_completed_millis: Gauge,
    last_duration_millis: Gauge,
    last_bytes: Gauge,
    last_state_bytes: Gauge,
}

/// The checkpoints of one application, as the status shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckpointHistory {
    pub running: Option<Running>,
    /// The newest first.
    pub completed: VecDeque<Completed>,
    pub last_failure: Option<Failure>,
    pub restored: Option<Restored>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub id: u64,
    pub is_savepoint: bool,
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    pub id: u64,
    pub is_savepoint: bool,
    pub begun: Timestamp,
    pub ended: Timestamp,
    pub sizes: Sizes,
}

/// How much was written, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// By this checkpoint.
    pub written: u64,
    /// Everything that it consists of, the files of earlier ones that it builds on too.
    pub whole: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub id: u64,
    pub at: Timestamp,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub id: u64,
    /// Where it was read from.
    pub location: String,
}

/// What a registry keeps of checkpoints.
pub(super) type Shared = Arc<Mutex<CheckpointHistory>>;

impl CheckpointMetrics {
    /// Registers the metrics; they are there from now on, with zeros.
    pub fn new(registry: &Registry) -> Self {
        let gauge = |name| registry.gauge(name, &[]);
        CheckpointMetrics {
            registry: registry.clone(),
            completed: registry.counter(COMPLETED, &[]),
            failed: registry.counter(FAILED, &[]),
            last_completed_id: gauge(LAST_COMPLETED_ID),
            last_completed_millis: gauge(LAST_COMPLETED_MILLIS),
            last_duration_millis: gauge(LAST_DURATION_MILLIS),
            last_bytes: gauge(LAST_BYTES),
            last_state_bytes: gauge(LAST_STATE_BYTES),
        }
    }

    /// A checkpoint or savepoint begins.
    pub fn begun(&self, id: u64, is_savepoint: bool, now: Timestamp) {
        self.lock().running = Some(Running { id, is_savepoint, since: now });
    }

    /// The one that was begun last is complete.
    pub fn completed(&self, now: Timestamp, sizes: Sizes) {
        let mut history = self.lock();
        let Some(running) = history.running.take() else { return };
        self.completed.add(1);
        self.last_completed_id.set(i64::try_from(running.id).unwrap_or(i64::MAX));
        self.last_completed_millis.set(now.millis());
        self.last_duration_millis.set(now.millis() - running.since.millis());
        self.last_bytes.set(i64::try_from(sizes.written).unwrap_or(i64::MAX));
        self.last_state_bytes.set(i64::try_from(sizes.whole).unwrap_or(i64::MAX));
        let Running { id, is_savepoint, since } = running;
        history.completed.push_front(Completed { id, is_savepoint, begun: since, ended: now, sizes });
        history.completed.truncate(SHOWN);
    }

    /// The one that was begun last will never be complete.
    pub fn failed(&self, now: Timestamp, reason: &str) {
        let mut history = self.lock();
        let Some(running) = history.running.take() else { return };
        self.failed.add(1);
        history.last_failure = Some(Failure { id: running.id, at: now, reason: reason.to_owned() });
    }

    /// The application goes on from this one.
    pub fn restored(&self, id: u64, location: &str) {
        self.registry.gauge(RESTORED_ID, &[]).set(i64::try_from(id).unwrap_or(i64::MAX));
        self.lock().restored = Some(Restored { id, location: location.to_owned() });
    }

    fn lock(&self) -> MutexGuard<'_, CheckpointHistory> {
        lock(&self.registry.1)
    }
}

impl Registry {
    /// What [`CheckpointMetrics`] was told.
    pub fn checkpoints(&self) -> CheckpointHistory {
        lock(&self.1).clone()
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, CheckpointHistory> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_history_follow_the_checkpoints() {
        let registry = Registry::default();
        let metrics = CheckpointMetrics::new(&registry);
        let at = Timestamp::from_millis;
        metrics.restored(6, "/saved/6");
        for id in 7..14 {
            metrics.begun(id, id == 13, at(1_000));
            metrics.completed(at(1_250), Sizes { written: 10 * id, whole: 100 * id });
        }
        metrics.begun(14, false, at(2_000));
        metrics.failed(at(2_100), "the disk is full");
        metrics.failed(at(2_200), "nobody waits for it any more");
        metrics.begun(15, false, at(3_000));
        let history = registry.checkpoints();
        assert_eq!(history.completed.iter().map(|each| each.id).collect::<Vec<_>>(), [13, 12, 11, 10, 9]);
        assert!(history.completed[0].is_savepoint && !history.completed[1].is_savepoint);
        let failure = Failure { id: 14, at: at(2_100), reason: "the disk is full".to_owned() };
        assert_eq!(history.last_failure, Some(failure));
        assert_eq!(history.running.map(|running| running.id), Some(15));
        assert_eq!(history.restored.map(|restored| restored.location).as_deref(), Some("/saved/6"));
        let text = registry.prometheus();
        for line in [
            "sqlc_checkpoint_last_completed_id 13\n",
            "sqlc_checkpoint_last_completed_millis 1250\n",
            "sqlc_checkpoint_last_duration_millis 250\n",
            "sqlc_checkpoint_last_bytes 130\n",
            "sqlc_checkpoint_last_state_bytes 1300\n",
            "sqlc_checkpoint_restored_id 6\n",
            "sqlc_checkpoints_completed_total 7\n",
            "sqlc_checkpoints_failed_total 1\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
