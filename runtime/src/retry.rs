//! When something is tried again: pauses that grow, and the chance that keeps many who failed together from coming back
//! together. What is tried, and what a failure means, is left to those who ask.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Chance as a value: of the system, or a sequence that follows from a seed. Clones go on in one sequence, whichever
/// thread asks.
#[derive(Clone, Debug)]
pub struct Random(Arc<AtomicU64>);

impl Default for Random {
    fn default() -> Self {
        Random::seeded(RandomState::new().hash_one(0))
    }
}

impl Random {
    /// The same numbers for the same seed, in the order in which they are asked for.
    pub fn seeded(seed: u64) -> Self {
        Random(Arc::new(AtomicU64::new(seed)))
    }

    /// Any number (SplitMix64).
    pub fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let at = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (at ^ (at >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    pub fn fraction(&self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Full jitter: any length between nothing and `longest`.
    pub fn jitter(&self, longest: Duration) -> Duration {
        longest.mul_f64(self.fraction())
    }
}

/// Pauses with full jitter: any length between nothing and a ceiling that grows with every failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    pub base: Duration,
    pub max: Duration,
    pub factor: f64,
    /// How many repetitions there may be; without a limit if not set.
    pub retries: Option<usize>,
}

impl Backoff {
    /// The pause before repetition number `attempt`, counted from 0, or nothing if there were enough.
    pub fn pause(&self, attempt: usize, random: &Random) -> Option<Duration> {
        if self.retries.is_some_and(|retries| attempt >= retries) {
            return None;
        }
        Some(random.jitter(self.ceiling(attempt)))
    }

    /// The longest that the pause before repetition number `attempt` may be.
    pub fn ceiling(&self, attempt: usize) -> Duration {
        let growth = self.factor.powi(i32::try_from(attempt.min(64)).unwrap_or(64));
        let seconds = self.base.as_secs_f64() * growth;
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_all_that_follows() {
        let (one, same, other) = (Random::seeded(7), Random::seeded(7), Random::seeded(8));
        let numbers = |random: &Random| -> Vec<u64> { (0..20).map(|_| random.next()).collect() };
        let of_one = numbers(&one);
        assert_eq!(of_one, numbers(&same));
        assert_ne!(of_one, numbers(&other));
        let fractions: Vec<f64> = (0..1000).map(|_| one.fraction()).collect();
        assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        let mean = fractions.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }

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
        let random = Random::seeded(1);
        for attempt in 0..3 {
            assert!(backoff.pause(attempt, &random).unwrap() <= backoff.ceiling(attempt));
        }
        assert_eq!(backoff.pause(3, &random), None);
        let endless = Backoff { retries: None, ..backoff };
        assert!(endless.pause(usize::MAX, &random).unwrap() <= endless.max);
    }
}
