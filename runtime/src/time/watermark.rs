//! How far event time has come, from one input or several.

use crate::value::Timestamp;

/// What is known of the rows that will follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// No row with an earlier event time will follow; one that does is late.
    pub time: Timestamp,
    /// Nothing has come for so long that nobody should wait for it: Flink's status IDLE.
    pub is_idle: bool,
}

impl Watermark {
    /// No row will follow.
    pub const END: Watermark = Watermark::at(Timestamp::MAX);

    pub const fn at(time: Timestamp) -> Self {
        Watermark { time, is_idle: false }
    }
}

/// The watermark of something that has several inputs, as Flink's `StatusWatermarkValve` finds it: the earliest of those
/// that are not idle, and never going back. Generated code needs one where UNION ALL brings several inputs to one operator,
/// the exchange one for the workers that an operator hears of.
///
/// An input that is no longer idle counts again when it has caught up with what was said meanwhile, so that it does not
/// hold back the others; what it brings until then is late. When all are idle nothing is held back: what the latest has
/// said counts. (In Flink an input that has ended then takes the watermark to the end of time, and everything that an idle
/// one brings later is late. Here it takes the watermark to where it was before its end, and no further.)
#[derive(Clone, Debug)]
pub struct CombinedWatermark {
    inputs: Vec<Input>,
    current: Watermark,
}

#[derive(Clone, Copy, Debug)]
struct Input {
    watermark: Watermark,
    /// Its last time before it ended.
    said: Timestamp,
    /// Not idle, and not behind what has been said since it was.
    counts: bool,
}

impl CombinedWatermark {
    pub fn new(inputs: usize) -> Self {
        let current = Watermark::at(Timestamp::MIN);
        CombinedWatermark {
            inputs: vec![Input { watermark: current, said: current.time, counts: true }; inputs],
            current,
        }
    }

    /// Notes the watermark of one input; answers the combined one if that changed it.
    pub fn advance(&mut self, input: usize, watermark: Watermark) -> Option<Watermark> {
        let known = &mut self.inputs[input];
        let time = known.watermark.time.max(watermark.time);
        let watermark = Watermark { time, ..watermark };
        if watermark == known.watermark {
            return None;
        }
        known.watermark = watermark;
        if time < Timestamp::MAX {
            known.said = time;
        }
        known.counts = !watermark.is_idle && (known.counts || time >= self.current.time);
        let combined = self.combined();
        if combined == self.current {
            return None;
        }
        self.current = combined;
        Some(combined)
    }

    /// The last watermark of one input.
    pub fn of(&self, input: usize) -> Watermark {
        self.inputs[input].watermark
    }

    /// Whether one input holds the combined one, neither idle nor behind what has been said since it was.
    pub fn counts(&self, input: usize) -> bool {
        self.inputs[input].counts
    }

    pub fn current(&self) -> Watermark {
        self.current
    }

    fn combined(&self) -> Watermark {
        let open = || self.inputs.iter().filter(|input| input.watermark.time < Timestamp::MAX);
        if open().next().is_none() {
            return Watermark::END;
        }
        let is_idle = open().all(|input| input.watermark.is_idle);
        let found = match is_idle {
            true => self.inputs.iter().map(|input| input.said).max(),
            false => open().filter(|input| input.counts).map(|input| input.said).min(),
        };
        let time = found.map_or(self.current.time, |found| found.max(self.current.time));
        Watermark { time, is_idle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two inputs, told as `time` or `time idle`.
    struct Two(CombinedWatermark);

    impl Two {
        fn new() -> Self {
            Two(CombinedWatermark::new(2))
        }
        fn at(&mut self, input: usize, time: i64) -> Option<i64> {
            self.0.advance(input, Watermark::at(Timestamp(time))).map(|combined| combined.time.0)
        }
        fn idle(&mut self, input: usize, time: i64) -> Option<(i64, bool)> {
            let told = self.0.advance(input, Watermark { time: Timestamp(time), is_idle: true });
            told.map(|combined| (combined.time.0, combined.is_idle))
        }
    }

    #[test]
    fn the_earliest_input_decides_and_nothing_goes_back() {
        let mut two = Two::new();
        assert_eq!(two.at(0, 10), None);
        assert_eq!(two.at(1, 5), Some(5));
        assert_eq!(two.at(1, 20), Some(10));
        assert_eq!(two.at(1, 15), None);
        assert_eq!(two.at(0, i64::MAX), Some(20));
        assert_eq!(two.at(1, i64::MAX), Some(i64::MAX));
        assert_eq!(two.0.current(), Watermark::END);
        assert_eq!(two.0.of(1), Watermark::END);
    }

    #[test]
    fn an_idle_input_holds_nothing_back() {
        let mut two = Two::new();
        assert_eq!(two.at(0, 10), None);
        assert_eq!(two.at(1, 30), Some(10));
        assert_eq!(two.at(1, 30), None);
        assert_eq!(two.idle(0, 10), Some((30, false)));
        assert_eq!(two.at(1, 40), Some(40));
        // One that has never said anything is left out as well.
        let mut two = Two::new();
        assert_eq!(two.idle(0, i64::MIN), None);
        assert_eq!(two.at(1, 5), Some(5));
    }

    #[test]
    fn an_input_that_comes_back_counts_when_it_has_caught_up() {
        let mut two = Two::new();
        two.at(0, 10);
        two.at(1, 30);
        two.idle(0, 10);
        assert_eq!(two.at(0, 15), None, "nothing goes back");
        assert_eq!(two.at(1, 40), Some(40), "and the other one need not wait");
        assert_eq!(two.at(0, 40), None);
        assert_eq!(two.at(1, 60), None, "now it counts");
        assert_eq!(two.at(0, 50), Some(50));
        // One that was not behind counts at once.
        assert_eq!(two.idle(0, 50), Some((60, false)));
        assert_eq!(two.at(0, 70), None);
        assert_eq!(two.at(1, 80), Some(70));
    }

    #[test]
    fn when_all_inputs_are_idle_the_latest_counts() {
        let mut two = Two::new();
        two.at(0, 10);
        two.at(1, 30);
        assert_eq!(two.idle(1, 30), None);
        assert_eq!(two.idle(0, 20), Some((30, true)));
        assert_eq!(two.at(0, 20), Some(30), "it is no longer idle");
        assert_eq!(two.at(0, 40), Some(40));
    }

    #[test]
    fn an_input_that_has_ended_does_not_end_those_that_are_idle() {
        let mut two = Two::new();
        two.at(0, 10);
        assert_eq!(two.at(1, 30), Some(10));
        assert_eq!(two.at(1, i64::MAX), None);
        assert_eq!(two.idle(0, 10), Some((30, true)));
        assert_eq!(two.at(0, 20), Some(30));
        assert_eq!(two.at(0, 40), Some(40));
        assert_eq!(two.at(0, i64::MAX), Some(i64::MAX));
        // Nor does it matter whether it was idle before.
        let mut two = Two::new();
        two.at(0, 10);
        two.idle(1, 30);
        assert_eq!(two.at(1, i64::MAX), None);
        assert_eq!(two.at(0, 20), Some(20));
    }
}
