//! Where workers and the coordinator of checkpoints leave messages for each other.

use crate::checkpoint::CutPart;
use crate::connector::{CheckpointId, SplitState, Waker};
use crate::state::Blocks;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How many bytes of state may wait to be stored before workers stop writing more.
const WAITING_BYTES: usize = 16 << 20;

/// What the coordinator tells a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Take part in a checkpoint.
    Cut(Cut),
    /// The checkpoint is complete: what sinks prepared for it becomes visible.
    Commit(CheckpointId),
    /// The checkpoint will never be complete.
    Abort(CheckpointId),
}

/// A checkpoint as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub id: CheckpointId,
    /// Only what has changed since the last complete checkpoint need be written.
    pub changes: bool,
    /// Nothing follows: what sinks have becomes part of the checkpoint as a whole.
    pub last: bool,
}

/// What a worker tells the coordinator.
#[derive(Debug)]
pub(super) enum Report {
    /// The worker has taken its part of the cut; state follows.
    Taken { parts: Vec<CutPart>, sources: Vec<(&'static str, Vec<SplitState>)> },
    /// Some of the state of a part.
    State { part: usize, blocks: Blocks },
    /// All state was handed over.
    Written,
    /// Everything that was written into the sinks before the cut is safe.
    Prepared { sinks: Vec<(&'static str, String)> },
    /// The input of the worker has ended, and everything that came of it was written.
    Ended,
    /// The worker has ended.
    Gone,
}

/// A report with its sender, and the checkpoint that it is about.
#[derive(Debug)]
pub(super) struct Reported {
    pub worker: usize,
    pub checkpoint: CheckpointId,
    pub report: Report,
}

pub(super) struct Desk {
    workers: Vec<ForWorker>,
    reports: Mutex<VecDeque<Reported>>,
    arrived: Condvar,
    waiting_bytes: AtomicUsize,
}

struct ForWorker {
    orders: Mutex<VecDeque<Order>>,
    has_orders: AtomicBool,
    waker: Waker,
}

impl Desk {
    pub fn new(wakers: impl IntoIterator<Item = Waker>) -> Self {
        let worker = |waker| ForWorker { orders: Mutex::default(), has_orders: AtomicBool::new(false), waker };
        Desk {
            workers: wakers.into_iter().map(worker).collect(),
            reports: Mutex::default(),
            arrived: Condvar::new(),
            waiting_bytes: AtomicUsize::new(0),
        }
    }

    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// Leaves an order for every worker.
    pub fn order(&self, order: Order) {
        for worker in &self.workers {
            worker.orders.lock().unwrap_or_else(PoisonError::into_inner).push_back(order);
            worker.has_orders.store(true, Ordering::Release);
            worker.waker.wake();
        }
    }

    /// The next order for a worker.
    #[inline]
    pub fn take_order(&self, worker: usize) -> Option<Order> {
        let worker = &self.workers[worker];
        if !worker.has_orders.load(Ordering::Acquire) {
            return None;
        }
        let mut orders = worker.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let order = orders.pop_front();
        worker.has_orders.store(!orders.is_empty(), Ordering::Release);
        order
    }

    pub fn report(&self, worker: usize, checkpoint: CheckpointId, report: Report) {
        if let Report::State { blocks, .. } = &report {
            self.waiting_bytes.fetch_add(blocks.size(), Ordering::AcqRel);
        }
        let reported = Reported { worker, checkpoint, report };
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).push_back(reported);
        self.arrived.notify_all();
    }

    /// Whether more state can be taken right now.
    pub fn has_room(&self) -> bool {
        self.waiting_bytes.load(Ordering::Acquire) < WAITING_BYTES
    }

    /// The next report, waiting for one for so long at most.
    pub fn take_report(&self, longest: Duration) -> Option<Reported> {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.is_empty() && !longest.is_zero() {
            let waited = self.arrived.wait_timeout_while(reports, longest, |reports| reports.is_empty());
            reports = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let reported = reports.pop_front()?;
        if let Report::State { blocks, .. } = &reported.report {
            let before = self.waiting_bytes.fetch_sub(blocks.size(), Ordering::AcqRel);
            if before >= WAITING_BYTES {
                self.workers.iter().for_each(|worker| worker.waker.wake());
            }
        }
        Some(reported)
    }
}
