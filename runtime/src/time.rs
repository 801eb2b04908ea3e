//! The clock of an application. Operators never ask the system for the time themselves, so that a test
//! can turn it.

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
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.set(Timestamp(self.now().0.saturating_add(micros)));
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

/// The watermark of something that has several inputs: the earliest of theirs, and never going back.
///
/// Generated code needs one where UNION ALL brings several inputs to one operator.
#[derive(Clone, Debug)]
pub struct CombinedWatermark {
    inputs: Vec<Timestamp>,
    current: Timestamp,
}

impl CombinedWatermark {
    pub fn new(inputs: usize) -> Self {
        CombinedWatermark { inputs: vec![Timestamp::MIN; inputs], current: Timestamp::MIN }
    }

    /// Notes the watermark of one input; answers the combined one if that moved it on.
    pub fn advance(&mut self, input: usize, watermark: Timestamp) -> Option<Timestamp> {
        let known = &mut self.inputs[input];
        if watermark <= *known {
            return None;
        }
        *known = watermark;
        let combined = self.inputs.iter().copied().min().unwrap_or(Timestamp::MIN);
        (combined > self.current).then(|| {
            self.current = combined;
            combined
        })
    }

    /// The watermark of one input.
    pub fn of(&self, input: usize) -> Timestamp {
        self.inputs[input]
    }

    pub fn current(&self) -> Timestamp {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_input_decides_and_nothing_goes_back() {
        let mut combined = CombinedWatermark::new(2);
        assert_eq!(combined.advance(0, Timestamp(10)), None);
        assert_eq!(combined.advance(1, Timestamp(5)), Some(Timestamp(5)));
        assert_eq!(combined.advance(1, Timestamp(20)), Some(Timestamp(10)));
        assert_eq!(combined.advance(1, Timestamp(15)), None);
        assert_eq!(combined.advance(0, Timestamp::MAX), Some(Timestamp(20)));
    }
}
