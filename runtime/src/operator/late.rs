//! Rows that came too late to count: how many there were, and where they go if somebody wants them.

use super::Aggregation;
use crate::error::Result;
use crate::row::RowKind;
use crate::value::Timestamp;
use crate::window::MILLISECOND;

/// Takes the rows that an operator drops. What becomes of them is left to [`job`](crate::job).
pub trait LateRows: Send {
    fn take(&mut self, row: &LateRow<'_>) -> Result<()>;

    /// Makes sure that what was taken outlives the process.
    fn flush(&mut self) -> Result<()>;
}

/// A row that no window wants any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateRow<'r> {
    pub operator: &'r str,
    pub kind: RowKind,
    /// What the operator reads of the row, as JSON; or how many rows they were, if only their partial result is known.
    pub row: std::result::Result<&'r [u8], u64>,
    pub time: Timestamp,
    pub watermark: Timestamp,
    /// When the last of its windows, or its session, ended; `None` if there is none for its time.
    pub ended: Option<Timestamp>,
}

/// What an operator does with rows that it drops: it counts them, and hands them to whoever takes them.
#[derive(Default)]
pub struct Late {
    count: u64,
    to: Option<To>,
}

struct To {
    operator: String,
    rows: Box<dyn LateRows>,
    buffer: Vec<u8>,
    is_flushed: bool,
}

impl Late {
    pub fn count(&self) -> u64 {
        self.count
    }

    /// From now on rows go there.
    pub fn route(&mut self, operator: &str, rows: Box<dyn LateRows>) {
        self.to = Some(To { operator: operator.to_owned(), rows, buffer: Vec::new(), is_flushed: true });
    }

    /// Drops a row whose last window was over at `over`, its last millisecond, if it has one.
    #[cold]
    #[inline(never)]
    pub(super) fn drop_row<A: Aggregation>(
        &mut self,
        kind: RowKind,
        input: &A::Input<'_>,
        watermark: Timestamp,
        over: Option<Timestamp>,
    ) -> Result<()> {
        self.count += 1;
        let Some(to) = &mut self.to else { return Ok(()) };
        to.buffer.clear();
        A::show(input, &mut to.buffer);
        to.is_flushed = false;
        let (operator, row) = (to.operator.as_str(), Ok(to.buffer.as_slice()));
        let ended = over.map(end);
        to.rows.take(&LateRow { operator, kind, row, time: A::time(input), watermark, ended })
    }

    /// Drops rows of which only the partial result has come, from the time at which they may have begun.
    #[cold]
    #[inline(never)]
    pub(super) fn drop_partial(
        &mut self,
        rows: u64,
        time: Timestamp,
        watermark: Timestamp,
        over: Option<Timestamp>,
    ) -> Result<()> {
        self.count += rows;
        let Some(to) = &mut self.to else { return Ok(()) };
        to.is_flushed = false;
        let (operator, kind, ended) = (to.operator.as_str(), RowKind::Insert, over.map(end));
        to.rows.take(&LateRow { operator, kind, row: Err(rows), time, watermark, ended })
    }

    /// Makes sure that what was dropped outlives the process.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.to {
            Some(to) if !to.is_flushed => {
                to.is_flushed = true;
                to.rows.flush()
            }
            _ => Ok(()),
        }
    }
}

/// When a window ended whose last millisecond is `over`.
fn end(over: Timestamp) -> Timestamp {
    Timestamp(over.0.saturating_add(MILLISECOND))
}
