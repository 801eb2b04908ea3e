//! The table functions TUMBLE, HOP and CUMULATE where nothing is aggregated: a row for every window of a row.

use super::{Assigner, LocalTime, Window};
use crate::value::Timestamp;
use jiff::tz::TimeZone;

/// Attaches windows to rows, one after the other.
#[derive(Clone, Debug)]
pub struct WindowTable {
    assigner: Assigner,
    clock: Option<LocalTime>,
}

/// `window_start`, `window_end` and `window_time` of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attached {
    pub window: Window,
    /// The rowtime of the row from here on: the last millisecond of the window, as an instant if the windows are
    /// those of a time zone.
    pub time: Timestamp,
}

impl WindowTable {
    pub const fn new(assigner: Assigner) -> Self {
        WindowTable { assigner, clock: None }
    }

    /// For a time that is a TIMESTAMP_LTZ: windows align to the wall clock of the session's time zone.
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.clock = Some(LocalTime::new(zone));
        self
    }

    /// The windows of a time, in Flink's order. Late rows get theirs too: nothing waits for them here.
    #[inline]
    pub fn windows(&mut self, time: Timestamp) -> impl Iterator<Item = Attached> {
        let time = self.clock.as_mut().map_or(time, |clock| clock.local(time));
        let clock = self.clock.as_ref();
        self.assigner.windows(time).map(move |window| {
            let time = clock.map_or(window.time(), |clock| clock.instant(window.time()));
            Attached { window, time }
        })
    }
}
