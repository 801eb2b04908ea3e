//! Window assigners as pure arithmetic: from the time of a row to the windows it belongs to, and to the
//! slice that those windows share.
//!
//! The rules are Flink's: windows align to the epoch plus an offset, start inclusive, end exclusive, and a
//! window is over when the watermark reaches its end less one millisecond. Sizes and slides have
//! millisecond granularity; times are microseconds. Keeping rows, and knowing which windows are over, is
//! left to the operators.

mod assigner;

pub use assigner::{Assigner, Windows};

use crate::value::Timestamp;

/// One millisecond, in the microseconds of a [`Timestamp`].
pub(crate) const MILLISECOND: i64 = 1_000;

/// A window of event or processing time: `start` belongs to it, `end` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Window {
    /// `window_time`, `TUMBLE_ROWTIME` and their like: the last millisecond of the window.
    #[inline]
    pub const fn time(self) -> Timestamp {
        Timestamp(self.end.0.saturating_sub(MILLISECOND))
    }

    /// Whether a watermark (or the clock) has come far enough for the window's result.
    #[inline]
    pub(crate) const fn is_over(end: i64, watermark: Timestamp) -> bool {
        end.saturating_sub(MILLISECOND) <= watermark.0
    }
}
