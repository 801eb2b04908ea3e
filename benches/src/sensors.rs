//! The records of the sensors' stream.

use crate::random::Random;
use std::fmt::Display;
use std::io::{Result, Write};

/// 2021-05-21T10:00:00 in microseconds of that day; records advance by about a millisecond each.
const START: u64 = 10 * 3_600_000_000;
const DAY: u64 = 86_400_000_000;

/// Made-up sensors, the same in every run.
pub struct Sensors {
    random: Random,
    time: u64,
}

impl Default for Sensors {
    fn default() -> Self {
        Sensors { random: Random(0x9E37_79B9_7F4A_7C15), time: START }
    }
}

impl Sensors {
    /// Writes the next record, a line, with a status and a sensor of the caller's choice.
    pub fn write<S: Display>(
        &mut self,
        out: &mut impl Write,
        status: impl FnOnce(&mut Random) -> S,
        sensor: impl FnOnce(&mut Random) -> u64,
    ) -> Result<()> {
        let random = &mut self.random;
        self.time += random.below(2_000);
        let (day, rest) = (21 + self.time / DAY, self.time % DAY);
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let (status, sensor) = (status(random), sensor(random));
        writeln!(
            out,
            "{{\"sensor_id\": {sensor}, \"current_temperature\": {}.{:02}, \"status\": \"{status}\", \
             \"event_time\": \"2021-05-{day:02}T{:02}:{:02}:{:02}.{micros:06}\"}}",
            10 + random.below(160),
            random.below(100),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
        )
    }
}

/// One of the three.
pub fn status(random: &mut Random) -> &'static str {
    ["OK", "FAIL", "WARN"][random.below(3) as usize]
}
