//! The writing of one table on one worker: rows to encoded records.

use super::metrics::Counter;
use crate::connector::{CheckpointId, OutgoingRecord, Sink};
use crate::error::Result;
use crate::row::{EncodeRow, PartitionKey, RowKind};
use std::cell::RefCell;

thread_local! {
    /// The sinks of this thread's worker. They are written to by the pipeline and flushed by the worker's
    /// loop, which takes turns on one thread: no lock is needed for what no other thread ever sees.
    static SINKS: RefCell<Vec<OpenSink>> = const { RefCell::new(Vec::new()) };
}

pub(super) struct OpenSink {
    /// The table's name.
    table: &'static str,
    sink: Box<dyn Sink>,
    written: Counter,
    /// Written since the last flush, and not yet in `written`.
    unpublished: u64,
}

impl OpenSink {
    pub(super) fn new(table: &'static str, sink: Box<dyn Sink>, written: Counter) -> Self {
        OpenSink { table, sink, written, unpublished: 0 }
    }

    fn publish(&mut self) {
        self.written.add(std::mem::take(&mut self.unpublished));
    }
}

/// Makes these the sinks of this thread's worker, and answers those of the worker before.
pub(super) fn install(sinks: Vec<OpenSink>) -> Vec<OpenSink> {
    SINKS.replace(sinks)
}

/// Whether something has been written since the last flush.
pub(super) fn has_written() -> bool {
    SINKS.with_borrow(|sinks| sinks.iter().any(|open| open.unpublished > 0))
}

pub(super) fn flush_all() -> Result<()> {
    SINKS.with_borrow_mut(|sinks| {
        sinks.iter_mut().try_for_each(|open| {
            open.publish();
            open.sink.flush()
        })
    })
}

/// Tells every sink of a checkpoint's cut.
pub(super) fn barrier_all(checkpoint: CheckpointId, last: bool) -> Result<()> {
    SINKS.with_borrow_mut(|sinks| {
        sinks.iter_mut().try_for_each(|open| {
            open.publish();
            open.sink.barrier(checkpoint, last)
        })
    })
}

/// What every sink has prepared, with its table's name, once all of them have.
pub(super) fn prepared_all() -> Result<Option<Vec<(&'static str, String)>>> {
    SINKS.with_borrow_mut(|sinks| {
        let prepared = sinks.iter_mut().map(|open| Ok(open.sink.prepared()?.map(|prepared| (open.table, prepared))));
        prepared.collect()
    })
}

pub(super) fn commit_all(checkpoint: CheckpointId) -> Result<()> {
    SINKS.with_borrow_mut(|sinks| sinks.iter_mut().try_for_each(|open| open.sink.commit(checkpoint)))
}

/// Finishes every sink, also after one has failed, and answers the first failure.
pub(super) fn finish_all() -> Result<()> {
    let finish = |mut open: OpenSink| {
        open.publish();
        open.sink.finish()
    };
    let results: Vec<Result<()>> = SINKS.take().into_iter().map(finish).collect();
    results.into_iter().collect()
}

/// The place of a sink in the order in which the worker's pipeline opened them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SinkId(pub usize);

impl SinkId {
    #[inline]
    pub(super) fn write(self, record: &OutgoingRecord<'_>) -> Result<()> {
        SINKS.with_borrow_mut(|sinks| {
            let open = &mut sinks[self.0];
            open.unpublished += 1;
            open.sink.write(record)
        })
    }
}

/// One worker's writer of one table; `E` is the encoder of the table's format.
pub struct SinkWriter<E> {
    encoder: E,
    sink: SinkId,
    buffer: Vec<u8>,
    key: String,
    delimiter: String,
}

impl<E> SinkWriter<E> {
    pub(super) fn new(encoder: E, sink: SinkId, delimiter: String) -> Self {
        SinkWriter { encoder, sink, buffer: Vec::new(), key: String::new(), delimiter }
    }

    /// Encodes a row and hands it to the sink. May block for back-pressure.
    pub fn write<R: EncodeRow<E> + PartitionKey>(&mut self, kind: RowKind, row: &R) -> Result<()> {
        self.buffer.clear();
        row.encode(&mut self.encoder, kind, &mut self.buffer)?;
        self.key.clear();
        let (key, delimiter) = (&mut self.key, self.delimiter.as_str());
        let mut first = true;
        let has_key = row.partition_key(&mut |value| {
            use std::fmt::Write;
            if !std::mem::take(&mut first) {
                key.push_str(delimiter);
            }
            // Writing to a String cannot fail.
            let _ = match value {
                Some(value) => write!(key, "{value}"),
                None => key.write_str("null"),
            };
        });
        let partition_key = has_key.then_some(self.key.as_str());
        self.sink.write(&OutgoingRecord { kind, bytes: &self.buffer, partition_key })
    }
}
