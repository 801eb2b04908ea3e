//! Values that wait until it is known whether anybody wants their row.

use super::expected::KeyId;

/// How many rows are looked at before it is decided whether values wait.
const SAMPLE: u32 = 64;

/// How many rows that decision holds for.
const PERIOD: u32 = 1024;

/// The values of a record that have been passed over, and whether passing over them pays: where most rows are
/// wanted, reading a value at once is less work than coming back to it.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub values: Vec<Place>,
    /// Whether values wait.
    pub pays: bool,
    rows: u32,
    /// Rows of the sample that were wanted.
    wanted: u32,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub column: u32,
    pub pos: usize,
    pub member: KeyId,
}

impl Waiting {
    /// Takes note of a row.
    #[inline(always)]
    pub fn row(&mut self, is_wanted: impl FnOnce() -> bool) {
        let turn = self.rows % PERIOD;
        self.rows = self.rows.wrapping_add(1);
        if turn < SAMPLE {
            self.wanted += u32::from(is_wanted());
            if turn == SAMPLE - 1 {
                self.pays = self.wanted < SAMPLE / 2;
                self.wanted = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_wait_where_few_rows_are_wanted() {
        let mut waiting = Waiting::default();
        let mut pass = |every: u32| {
            (0..PERIOD).for_each(|row| waiting.row(|| row % every == 0));
            waiting.pays
        };
        assert_eq!([pass(100), pass(1), pass(3), pass(2)], [true, false, true, false]);
    }
}
