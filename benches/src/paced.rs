//! Records at a rate: every millisecond as many as have become due, each with the time at which it was due.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// When which record is due. The wall clock is looked at once, so that event times never go back.
pub struct Pace {
    rate: f64,
    started: Instant,
    /// Microseconds since the epoch at the start.
    epoch: i64,
    handed_out: u64,
}

impl Pace {
    /// `rate` is in records per second.
    pub fn new(rate: f64) -> Pace {
        Pace { rate, started: Instant::now(), epoch: jiff::Timestamp::now().as_microsecond(), handed_out: 0 }
    }

    /// Waits for the next records; answers the numbers of those that are due now, at least one and at most so many.
    pub fn wait(&mut self, most: u64) -> std::ops::Range<u64> {
        loop {
            let due = (self.started.elapsed().as_secs_f64() * self.rate) as u64;
            if due > self.handed_out {
                let first = self.handed_out;
                self.handed_out = due.min(first.saturating_add(most));
                return first..self.handed_out;
            }
            let next = Duration::from_secs_f64((due + 1) as f64 / self.rate);
            let pause = next.saturating_sub(self.started.elapsed());
            std::thread::sleep(pause.max(Duration::from_millis(1)));
        }
    }

    /// Lets go of what could not be handed out in time, so that nothing has to be caught up with. Numbers go on
    /// without a gap, and with them the times.
    pub fn forgive(&mut self) {
        let handed_out = Duration::from_secs_f64(self.handed_out as f64 / self.rate);
        let late = self.started.elapsed().saturating_sub(handed_out);
        if late > Duration::from_secs(1) {
            self.started += late;
        }
    }

    /// When a record is due, in milliseconds since the epoch.
    pub fn millis(&self, number: u64) -> i64 {
        (self.epoch + (number as f64 / self.rate * 1e6) as i64).div_euclid(1000)
    }
}

/// A time as `2021-05-21T10:00:00.123`, formatted anew only when it has changed.
#[derive(Default)]
pub struct TimeText {
    millis: i64,
    text: String,
}

impl TimeText {
    pub fn of(&mut self, millis: i64) -> &str {
        if self.millis != millis || self.text.is_empty() {
            self.millis = millis;
            self.text.clear();
            let time = jiff::Timestamp::from_millisecond(millis).expect("the clock is right");
            // Writing to a String cannot fail.
            let _ = write!(self.text, "{}", time.strftime("%Y-%m-%dT%H:%M:%S%.3f"));
        }
        &self.text
    }
}
