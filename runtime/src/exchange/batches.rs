//! What a worker has to say to a keyed operator of the others, in batches of bytes.

use super::{Content, Message, Outbox, Place};
use crate::operator::Partials;
use crate::row::{Codec, RowKind};
use crate::state::owner;
use crate::value::Timestamp;
use std::sync::{MutexGuard, PoisonError};

/// A batch is sent when it has grown to this many bytes.
pub(super) const BATCH_BYTES: usize = 64 << 10;
/// Room for the row that fills a batch.
const SLACK_BYTES: usize = 1 << 10;
/// What waits in a batch that does not fill is sent after this many microseconds, and at once by a worker that
/// has nothing else to do.
const LINGER: i64 = 5_000;

/// What follows in a batch, where the kind of a row would stand: a watermark, a partial result; or nothing, because the
/// sender is idle, or no longer is.
const WATERMARK: u8 = 4;
const PARTIAL: u8 = 5;
const IDLE: u8 = 6;
const ACTIVE: u8 = 7;

/// What stands at the front of a batch.
pub(super) enum Entry {
    Row(RowKind),
    Watermark,
    Partial,
    Idle(bool),
}

pub(super) struct Batches {
    place: Place,
    /// Per worker.
    batches: Vec<Batch>,
    /// Since when something waits, as far as ticks have told.
    waiting_since: Option<Timestamp>,
}

#[derive(Clone, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Where the last watermark ends; 0 if there is none.
    last_watermark: usize,
}

impl Batches {
    pub fn new(place: Place) -> Self {
        let batches = vec![Batch::default(); place.workers];
        Batches { place, batches, waiting_since: None }
    }

    #[inline]
    pub fn row<'a>(&mut self, target: usize, kind: RowKind, hash: u64, row: &impl Codec<'a>) {
        let batch = &mut self.batches[target].bytes;
        batch.push(kind as u8);
        hash.encode(batch);
        row.encode(batch);
        if batch.len() >= BATCH_BYTES {
            self.send(target);
        }
    }

    /// Puts all partial results behind the rows that were added before.
    pub fn partials(&mut self, partials: &mut dyn Partials) {
        for index in 0..partials.len() {
            let hash = partials.hash(index);
            let target = owner(hash, self.place.workers);
            let batch = &mut self.batches[target].bytes;
            batch.push(PARTIAL);
            hash.encode(batch);
            partials.encode(index, batch);
            if batch.len() >= BATCH_BYTES {
                self.send(target);
            }
        }
        partials.clear();
    }

    /// Puts a watermark behind the rows that were added before it. At a backlog watermarks come every few
    /// rows, so they wait with them for a batch to fill; and a later one takes the place of one that no row
    /// has followed.
    pub fn watermark(&mut self, watermark: Timestamp) {
        let own = self.place.worker;
        for target in (0..self.batches.len()).filter(|target| *target != own) {
            let Batch { bytes, last_watermark: end } = &mut self.batches[target];
            if *end > 0 && bytes.len() == *end {
                bytes.truncate(*end - size_of::<i64>());
            } else {
                bytes.push(WATERMARK);
            }
            watermark.encode(bytes);
            *end = bytes.len();
            if bytes.len() >= BATCH_BYTES {
                self.send(target);
            }
        }
    }

    /// Says behind the rows that were added before whether more are to be expected.
    pub fn idle(&mut self, is_idle: bool) {
        let own = self.place.worker;
        for target in (0..self.batches.len()).filter(|target| *target != own) {
            self.batches[target].bytes.push(if is_idle { IDLE } else { ACTIVE });
        }
    }

    /// Whether the worker has nothing else to do than to send what waits.
    pub fn is_idle(&self) -> bool {
        self.outbox().is_some_and(|outbox| outbox.is_idle())
    }

    /// Processing time has come this far: sends what has waited long enough.
    pub fn tick(&mut self, now: Timestamp) {
        if self.batches.iter().all(|batch| batch.bytes.is_empty()) {
            self.waiting_since = None;
            return;
        }
        let since = *self.waiting_since.get_or_insert(now);
        // A clock that was set back says nothing about how long it has been.
        if now < since || now.0.saturating_sub(since.0) >= LINGER {
            self.flush();
        }
    }

    /// Sends everything.
    pub fn flush(&mut self) {
        self.waiting_since = None;
        for target in 0..self.batches.len() {
            if !self.batches[target].bytes.is_empty() {
                self.send(target);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn send(&mut self, target: usize) {
        let Batch { bytes, .. } = std::mem::take(&mut self.batches[target]);
        let Some(mut outbox) = self.outbox() else { return };
        outbox.send(self.place.port, target, Content::Message(Message::Rows(super::Batch::new(bytes))));
        let next = outbox.buffer(BATCH_BYTES + SLACK_BYTES);
        drop(outbox);
        self.batches[target].bytes = next;
    }

    fn outbox(&self) -> Option<MutexGuard<'_, Outbox>> {
        self.place.outbox.as_ref().map(|outbox| outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads what an entry is; what it says follows.
#[inline]
pub(super) fn decode_entry(bytes: &mut &[u8]) -> Entry {
    match u8::decode(bytes) {
        0 => Entry::Row(RowKind::Insert),
        1 => Entry::Row(RowKind::UpdateBefore),
        2 => Entry::Row(RowKind::UpdateAfter),
        3 => Entry::Row(RowKind::Delete),
        WATERMARK => Entry::Watermark,
        PARTIAL => Entry::Partial,
        IDLE => Entry::Idle(true),
        ACTIVE => Entry::Idle(false),
        other => panic!("{other} is not what a batch can hold"),
    }
}
