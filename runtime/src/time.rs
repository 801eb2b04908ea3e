//! The clock of an application. Operators never ask the system for the time themselves, so that a test
//! can turn it.

use crate::value::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Real time, or a time that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    pub fn system() -> Self {
        Clock(None)
    }

    /// A clock that stands still until [`Clock::set`] moves it.
    pub fn simulated(now: Timestamp) -> Self {
        Clock(Some(Arc::new(AtomicI64::new(now.0))))
    }

    /// Moves a simulated clock; real time does not listen.
    pub fn set(&self, now: Timestamp) {
        if let Some(simulated) = &self.0 {
            simulated.store(now.0, Ordering::Release);
        }
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(simulated) => Timestamp(simulated.load(Ordering::Acquire)),
            None => {
                let since_epoch =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
            }
        }
    }
}
