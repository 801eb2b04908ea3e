//! TUMBLE, HOP and CUMULATE.

use super::{MILLISECOND, Window};
use crate::value::{Millis, Timestamp};

/// How rows are put into windows of fixed lengths. All lengths are positive microseconds.
///
/// Every window is a run of whole *slices*, and each row belongs to exactly one slice, so that state can be
/// kept once per slice however many windows overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assigner {
    shape: Shape,
    slice: i64,
    offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Windows of `size` starting every `slide`; TUMBLE is the case of equal lengths.
    Hop { slide: i64, size: i64 },
    /// Windows ending every `step`, each beginning where the current stretch of `max` began.
    Cumulate { step: i64, max: i64 },
}

impl Assigner {
    /// Windows that touch and do not overlap.
    ///
    /// # Panics
    /// If a length is not positive, here and below: the compiler has refused such statements.
    pub const fn tumble(size: Millis) -> Self {
        Self::hop(size, size)
    }

    /// Windows of `size` that start every `slide`. The size need not be a multiple of the slide, and a slide
    /// longer than the size leaves times that belong to no window.
    pub const fn hop(slide: Millis, size: Millis) -> Self {
        let (slide, size) = (micros(slide), micros(size));
        Assigner { shape: Shape::Hop { slide, size }, slice: greatest_common_divisor(size, slide), offset: 0 }
    }

    /// Windows that grow by `step` until they are `max` long (a multiple of the step), then begin anew.
    pub const fn cumulate(step: Millis, max: Millis) -> Self {
        let (step, max) = (micros(step), micros(max));
        assert!(max % step == 0, "the maximal size is a multiple of the step");
        Assigner { shape: Shape::Cumulate { step, max }, slice: step, offset: 0 }
    }

    /// Moves all windows: they align to the epoch plus `offset`, which may be negative.
    pub const fn offset(self, offset: Millis) -> Self {
        Assigner { offset: offset.0 * MILLISECOND, ..self }
    }

    #[inline]
    pub(crate) const fn is_cumulative(&self) -> bool {
        matches!(self.shape, Shape::Cumulate { .. })
    }

    /// The length of every slice.
    #[inline]
    pub(crate) const fn slice_length(&self) -> i64 {
        self.slice
    }

    /// The start of the slice that a time belongs to.
    #[inline]
    pub(crate) const fn slice_start(&self, time: i64) -> i64 {
        floor(time, self.offset, self.slice)
    }

    /// The first window (by end) that contains the slice and ends after `after`.
    pub(crate) const fn first_end(&self, slice_start: i64, after: i64) -> Option<i64> {
        let at_least = max(slice_start.saturating_add(self.slice), after.saturating_add(1));
        let (end, last) = match self.shape {
            Shape::Hop { slide, size } => {
                let last_start = floor(slice_start, self.offset, slide);
                (ceiling(at_least, self.offset + size, slide), last_start.saturating_add(size))
            }
            Shape::Cumulate { step, max } => {
                (ceiling(at_least, self.offset, step), floor(slice_start, self.offset, max).saturating_add(max))
            }
        };
        // At the far end of time lengths no longer fit, and there is nothing after it.
        if after < end && end <= last { Some(end) } else { None }
    }

    /// The end of the last window that contains the slice, or `None` if no window contains it.
    pub(crate) const fn last_end(&self, slice_start: i64) -> Option<i64> {
        let end = match self.shape {
            Shape::Hop { slide, size } => floor(slice_start, self.offset, slide).saturating_add(size),
            Shape::Cumulate { max, .. } => floor(slice_start, self.offset, max).saturating_add(max),
        };
        if end > slice_start { Some(end) } else { None }
    }

    /// The start of the window that ends at `end`.
    pub(crate) const fn start_of(&self, end: i64) -> i64 {
        match self.shape {
            Shape::Hop { size, .. } => end.saturating_sub(size),
            Shape::Cumulate { max, .. } => floor(end.saturating_sub(1), self.offset, max),
        }
    }

    /// All windows of a time, in the order in which Flink's table functions attach them to a row: HOP from
    /// the latest to the earliest, CUMULATE from the shortest to the longest.
    #[inline]
    pub const fn windows(&self, time: Timestamp) -> Windows {
        let time = time.0;
        match self.shape {
            Shape::Hop { slide, size } => {
                let start = floor(time, self.offset, slide);
                Windows { start, end: start.saturating_add(size), time, step: slide, kind: Kind::Sliding }
            }
            Shape::Cumulate { step, max } => {
                let start = floor(time, self.offset, max);
                let end = floor(time, self.offset, step).saturating_add(step);
                Windows { start, end, time, step, kind: Kind::Growing { last: start.saturating_add(max) } }
            }
        }
    }
}

/// The windows of one time.
#[derive(Clone, Debug)]
pub struct Windows {
    start: i64,
    end: i64,
    time: i64,
    step: i64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Sliding,
    Growing { last: i64 },
    Done,
}

impl Iterator for Windows {
    type Item = Window;

    #[inline]
    fn next(&mut self) -> Option<Window> {
        let window = Window { start: Timestamp(self.start), end: Timestamp(self.end) };
        match self.kind {
            Kind::Sliding if self.end > self.time => {
                self.start = self.start.saturating_sub(self.step);
                self.end = self.end.saturating_sub(self.step);
            }
            Kind::Growing { last } if self.end < last => self.end = self.end.saturating_add(self.step),
            Kind::Growing { .. } => self.kind = Kind::Done,
            Kind::Sliding | Kind::Done => return None,
        }
        Some(window)
    }
}

const fn micros(length: Millis) -> i64 {
    assert!(length.0 > 0 && length.0 < i64::MAX / MILLISECOND, "the length of a window is positive");
    length.0 * MILLISECOND
}

/// The last multiple of `length`, counted from `offset`, that is not after `time`.
#[inline]
const fn floor(time: i64, offset: i64, length: i64) -> i64 {
    time.saturating_sub(time.saturating_sub(offset).rem_euclid(length))
}

/// The first multiple of `length`, counted from `offset`, that is not before `time`.
#[inline]
const fn ceiling(time: i64, offset: i64, length: i64) -> i64 {
    let past = time.saturating_sub(offset).rem_euclid(length);
    if past == 0 { time } else { time.saturating_add(length - past) }
}

const fn max(a: i64, b: i64) -> i64 {
    if a > b { a } else { b }
}

const fn greatest_common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
