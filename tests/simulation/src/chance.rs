//! What the seed decides.

use sqlc_runtime::retry::Random;

/// A sequence of decisions that follows from a seed.
#[derive(Clone, Debug)]
pub struct Chance(Random);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(Random::seeded(seed))
    }

    /// Any number below `end`, which is not 0.
    pub fn below(&self, end: u64) -> u64 {
        self.0.next() % end
    }

    /// Once in `times`; never if that is 0.
    pub fn one_in(&self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }

    /// From `least` to `most`.
    pub fn between(&self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// A sequence for what asks the runtime's way, which follows from this one.
    pub fn random(&self) -> Random {
        self.fork().0
    }

    /// Another sequence, which follows from this one.
    pub fn fork(&self) -> Self {
        Chance::new(self.0.next())
    }
}
