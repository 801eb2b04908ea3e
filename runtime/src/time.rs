//! The clock of an application. Operators never ask the system for the time themselves, so that a test
//! can turn it. And how far the event time of rows has come.

mod watermark;

pub use watermark::{CombinedWatermark, Watermark};

use crate::value::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Real time, or a time that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Simulated>>);

#[derive(Debug)]
struct Simulated {
    now: AtomicI64,
    monotonic: AtomicI64,
}

impl Clock {
    pub fn system() -> Self {
        Clock(None)
    }

    /// A clock that stands still until [`Clock::set`] or [`Clock::pass`] moves it.
    pub fn simulated(now: Timestamp) -> Self {
        Clock(Some(Arc::new(Simulated { now: AtomicI64::new(now.0), monotonic: AtomicI64::new(now.0) })))
    }

    /// Whether tests or a simulator decide what time it is.
    pub fn is_simulated(&self) -> bool {
        self.0.is_some()
    }

    /// Moves a simulated clock to where it is when time has passed; real time does not listen.
    pub fn set(&self, now: Timestamp) {
        if let Some(simulated) = &self.0 {
            let passed = now.0.saturating_sub(simulated.now.swap(now.0, Ordering::AcqRel));
            simulated.monotonic.fetch_add(passed.max(0), Ordering::AcqRel);
        }
    }

    /// Somebody sets a simulated clock, which is not time that passes.
    pub fn jump(&self, now: Timestamp) {
        if let Some(simulated) = &self.0 {
            simulated.now.store(now.0, Ordering::Release);
        }
    }

    /// Lets time pass by a simulated clock.
    pub fn pass(&self, time: Duration) {
        self.set(self.now().after(time));
    }

    /// How long the process has been running: time that never goes back and does not jump when somebody sets the clock
    /// of the machine.
    pub fn monotonic(&self) -> Timestamp {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Some(simulated) => Timestamp(simulated.monotonic.load(Ordering::Acquire)),
            None => Timestamp(i64::try_from(START.elapsed().as_micros()).unwrap_or(i64::MAX)),
        }
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(simulated) => Timestamp(simulated.now.load(Ordering::Acquire)),
            None => {
                let since_epoch =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                // Flink's clock ticks in milliseconds.
                Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }
}
