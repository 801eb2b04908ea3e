//! How long to wait before a failing call is repeated.

use std::time::Duration;

/// Pauses with full jitter: any length between nothing and a ceiling that grows with every failure, so that
/// shards and applications that were throttled together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backoff {
    pub base: Duration,
    pub max: Duration,
    pub factor: f64,
    /// How many repetitions there may be; without a limit if not set.
    pub retries: Option<usize>,
}

impl Backoff {
    /// The pause before repetition number `attempt`, counted from 0, or nothing if there were enough.
    pub fn pause(&self, attempt: usize) -> Option<Duration> {
        if self.retries.is_some_and(|retries| attempt >= retries) {
            return None;
        }
        Some(self.ceiling(attempt).mul_f64(fastrand::f64()))
    }

    fn ceiling(&self, attempt: usize) -> Duration {
        let growth = self.factor.powi(i32::try_from(attempt.min(64)).unwrap_or(64));
        let seconds = self.base.as_secs_f64() * growth;
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_maximum_and_end() {
        let backoff = Backoff {
            base: Duration::from_millis(300),
            max: Duration::from_millis(1000),
            factor: 1.5,
            retries: Some(3),
        };
        let ceilings: Vec<_> = (0..5).map(|attempt| backoff.ceiling(attempt).as_millis()).collect();
        assert_eq!(ceilings, [300, 450, 675, 1000, 1000]);
        for attempt in 0..3 {
            assert!(backoff.pause(attempt).unwrap() <= backoff.ceiling(attempt));
        }
        assert_eq!(backoff.pause(3), None);
        let endless = Backoff { retries: None, ..backoff };
        assert!(endless.pause(usize::MAX).unwrap() <= endless.max);
    }
}
