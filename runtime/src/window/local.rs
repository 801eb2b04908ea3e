//! Windows over TIMESTAMP_LTZ align to the wall clock of the session's time zone.

use super::MILLISECOND;
use crate::value::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const HOUR: i64 = 3_600_000_000;

/// Turns instants into the wall clock of a zone and back, as Flink does for windows.
#[derive(Clone, Debug)]
pub struct LocalTime {
    zone: TimeZone,
    /// The stretch of instants without a change of the clock that was met last, and its offset from UTC.
    from: i64,
    until: i64,
    offset: i64,
}

impl LocalTime {
    pub fn new(zone: TimeZone) -> Self {
        LocalTime { zone, from: 0, until: 0, offset: 0 }
    }

    /// What the clock shows at an instant.
    #[inline]
    pub fn local(&mut self, instant: Timestamp) -> Timestamp {
        if !(self.from <= instant.0 && instant.0 < self.until) {
            self.meet(instant.0);
        }
        Timestamp(instant.0.saturating_add(self.offset))
    }

    /// The instant at which the clock shows a time: the earlier of two when it was set back, and as much later
    /// as the clock was set forward where it never shows it.
    pub fn instant(&self, local: Timestamp) -> Timestamp {
        let Ok(instant) = jiff::Timestamp::from_microsecond(local.0) else { return local };
        let wall: DateTime = TimeZone::UTC.to_datetime(instant);
        match self.zone.to_timestamp(wall) {
            Ok(instant) => Timestamp(instant.as_microsecond()),
            Err(_) => local,
        }
    }

    /// When a window is over whose last millisecond is `time`: at the second pass of an hour that comes twice, at
    /// the change of the clock for an hour that is left out.
    pub(crate) fn over(&self, time: Timestamp) -> Timestamp {
        let first = self.instant(time);
        let hour_later = self.instant(Timestamp(time.0.saturating_add(HOUR)));
        match hour_later.0.saturating_sub(first.0) {
            0 => Timestamp(first.0.saturating_sub(first.0.rem_euclid(HOUR))),
            apart if apart > HOUR => Timestamp(first.0.saturating_add(HOUR)),
            _ => first,
        }
    }

    #[cold]
    #[inline(never)]
    fn meet(&mut self, instant: i64) {
        let Ok(at) = jiff::Timestamp::from_microsecond(instant) else {
            // Beyond the calendar there are no changes of the clock to look for.
            (self.from, self.until, self.offset) = (instant, instant.saturating_add(MILLISECOND), 0);
            return;
        };
        self.offset = i64::from(self.zone.to_offset(at).seconds()) * 1_000_000;
        self.until = self.zone.following(at).next().map_or(i64::MAX, |change| change.timestamp().as_microsecond());
        // The transition at the instant itself begins this stretch, and the one before it is not looked for.
        self.from = instant;
    }
}
