//! What the threads of one run share: whether to go on, and how to wake each other.

use crate::connector::Waker;
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Asks a running application to stop: it reads no more, completes what it has read, and ends.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn is_asked_for(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The flag itself, for signal handlers.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// What the workers of one run share.
pub(super) struct Control {
    stop: Stop,
    aborted: AtomicBool,
    cancelled: AtomicBool,
    /// The checkpoint that the run goes on from is damaged.
    restore_failed: AtomicBool,
    error: Mutex<Option<Error>>,
    /// How many workers have not ended.
    running: AtomicUsize,
    bells: Vec<Arc<Bell>>,
}

/// Wakes one worker.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    condition: Condvar,
}

impl Control {
    pub(super) fn new(workers: usize, stop: Stop) -> Self {
        Control {
            stop,
            aborted: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            restore_failed: AtomicBool::new(false),
            error: Mutex::default(),
            running: AtomicUsize::new(workers),
            bells: (0..workers).map(|_| Arc::default()).collect(),
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_asked_for()
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// Whether every worker has ended.
    pub(super) fn is_over(&self) -> bool {
        self.running.load(Ordering::Acquire) == 0
    }

    /// A worker has ended.
    pub(super) fn worker_ended(&self) {
        self.running.fetch_sub(1, Ordering::AcqRel);
    }

    /// Asks to stop, as a signal does.
    pub(super) fn stop(&self) {
        self.stop.stop();
    }

    /// Ends the run at once, without an error and without writing out what has been read.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.end();
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Ends the run because the checkpoint that it goes on from cannot be read.
    pub(super) fn restore_failed(&self, error: Error) {
        self.restore_failed.store(true, Ordering::Release);
        self.abort(error);
    }

    pub(super) fn has_restore_failed(&self) -> bool {
        self.restore_failed.load(Ordering::Acquire)
    }

    /// Ends the run with this error, unless it is already ending with another.
    pub(super) fn abort(&self, error: Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.end();
    }

    fn end(&self) {
        self.aborted.store(true, Ordering::Release);
        self.bells.iter().for_each(|bell| bell.ring());
    }

    pub(super) fn outcome(&self) -> Result<()> {
        match self.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    pub(super) fn waker(&self, worker: usize) -> Waker {
        let bell = Arc::clone(&self.bells[worker]);
        Waker::new(move || bell.ring())
    }

    /// Sleeps until woken, for so long at most.
    pub(super) fn sleep_for(&self, worker: usize, longest: Duration) {
        let bell = &self.bells[worker];
        let rung = bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = bell.condition.wait_timeout_while(rung, longest, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

impl Bell {
    fn ring(&self) {
        // Waking a thread is a call of the operating system: once is enough until the worker has slept again.
        let was_rung = std::mem::replace(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner), true);
        if !was_rung {
            self.condition.notify_one();
        }
    }
}
