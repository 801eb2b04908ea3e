//! Watermarks of an operator that rows reach on several ways.

use crate::value::Timestamp;

/// The latest watermark of each of `N` inputs.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<const N: usize>([Timestamp; N]);

impl<const N: usize> Default for Inputs<N> {
    fn default() -> Self {
        Inputs([Timestamp::MIN; N])
    }
}

impl<const N: usize> Inputs<N> {
    /// One input has come this far; answers how far all of them have come. Watermarks never go back.
    pub fn advance(&mut self, input: usize, watermark: Timestamp) -> Timestamp {
        self.0[input] = self.0[input].max(watermark);
        self.0.iter().copied().min().unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_input_decides() {
        let mut inputs = Inputs::<2>::default();
        assert_eq!(inputs.advance(0, Timestamp(5)), Timestamp::MIN);
        assert_eq!(inputs.advance(1, Timestamp(3)), Timestamp(3));
        assert_eq!(inputs.advance(1, Timestamp(2)), Timestamp(3));
        assert_eq!(inputs.advance(1, Timestamp(9)), Timestamp(5));
    }
}
