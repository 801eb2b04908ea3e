//! Window assigners as pure arithmetic: from the time of a row to the windows it belongs to, and to the
//! slice that those windows share.
//!
//! The rules are Flink's: windows align to the epoch plus an offset, start inclusive, end exclusive, and a
//! window is over when the watermark reaches its end less one millisecond. Sizes and slides have
//! millisecond granularity; times are microseconds. Keeping rows, and knowing which windows are over, is
//! left to the operators.

mod assigner;
mod local;
mod table;

pub use assigner::{Assigner, Windows};
pub use local::LocalTime;
pub use table::{Attached, WindowTable};

use crate::value::Timestamp;

/// One millisecond, in the microseconds of a [`Timestamp`].
pub(crate) const MILLISECOND: i64 = 1_000;

/// A window of event or processing time: `start` belongs to it, `end` does not. Both are what a clock on
/// the wall shows (TIMESTAMP(3)), also where the rowtime is a TIMESTAMP_LTZ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Window {
    /// The last millisecond of the window.
    #[inline]
    pub const fn time(self) -> Timestamp {
        Timestamp(self.end.0.saturating_sub(MILLISECOND))
    }

    /// When the window that ends at `end` is over: at its last millisecond, on the wall clock if there is one.
    pub(crate) fn over(end: i64, clock: Option<&LocalTime>) -> Timestamp {
        let time = Timestamp(end.saturating_sub(MILLISECOND));
        clock.map_or(time, |clock| clock.over(time))
    }
}

#[cfg(test)]
mod tests;
