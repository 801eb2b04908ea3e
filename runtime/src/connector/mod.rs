//! What a connector is: it moves bytes between the world and a worker and knows positions in them, but
//! not what a row means.
//!
//! A worker is one thread. It polls its [`Reader`]s and never blocks in them: a connector that waits for
//! the network does so on its own threads, hands chunks over through a bounded queue and wakes the worker.

pub mod blackhole;
pub mod datagen;
pub mod filesystem;
mod messages;
pub mod options;
pub mod print;

pub use messages::{Message, Messages};

use crate::error::Result;
use crate::order::Map;
use crate::retry::Random;
use crate::row::RowKind;
use crate::time::Clock;
use crate::value::Timestamp;
use options::Options;
use std::sync::Arc;
use std::time::Duration;

/// A table as the application knows it: declared by generated code, options possibly overridden at start.
#[derive(Clone, Debug)]
pub struct TableConfig {
    pub name: &'static str,
    pub columns: &'static [Column],
    /// PARTITIONED BY.
    pub partition_keys: &'static [&'static str],
    pub options: Options,
}

/// A physical column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    /// Flink's summary string: `VARCHAR(6)`, `TIMESTAMP(3) NOT NULL`.
    pub data_type: &'static str,
}

impl Column {
    pub const fn new(name: &'static str, data_type: &'static str) -> Self {
        Column { name, data_type }
    }
}

/// What the application lends to its connectors.
#[derive(Clone)]
pub struct ConnectorContext {
    /// The application's name.
    pub app: &'static str,
    /// One per worker; a reader or sink of worker `i` wakes `wakers[i]` when it has news.
    pub wakers: Vec<Waker>,
    pub clock: Clock,
    pub metrics: crate::job::metrics::Registry,
    /// Whether checkpoints are taken. Without them a sink makes visible what it has by its own rules.
    pub checkpoints: bool,
    /// What the checkpoint that the run goes on from says; empty if it starts anew.
    pub restored: Restored,
    /// The chance in pauses between repetitions.
    pub random: Random,
    /// For how long failing calls are repeated, unless an option of the table says it; without a limit if not set.
    pub retry_timeout: Option<Duration>,
}

impl ConnectorContext {
    /// The context of a run that starts anew and takes no checkpoints.
    pub fn new(app: &'static str, wakers: Vec<Waker>, clock: Clock, metrics: crate::job::metrics::Registry) -> Self {
        ConnectorContext {
            app,
            wakers,
            clock,
            metrics,
            checkpoints: false,
            restored: Restored::default(),
            random: Random::default(),
            retry_timeout: None,
        }
    }
}

/// What a checkpoint says about the tables of an application, over all workers that it was taken of.
#[derive(Clone, Debug, Default)]
pub struct Restored(Arc<Map<String, RestoredTable>>);

/// What a checkpoint says about one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoredTable {
    /// Where reading goes on; `None` if the table was not read.
    pub splits: Option<Vec<SplitState>>,
    /// What each sink of the table had prepared, in order of the workers; `None` if the table was not written.
    pub sinks: Option<Vec<String>>,
}

impl Restored {
    pub fn new(tables: impl IntoIterator<Item = (String, RestoredTable)>) -> Self {
        Restored(Arc::new(tables.into_iter().collect()))
    }

    /// Where reading a table goes on, whichever worker read which split; `None` if it starts by its options.
    pub fn splits(&self, table: &str) -> Option<&[SplitState]> {
        self.0.get(table)?.splits.as_deref()
    }

    /// What the sinks of a table had [prepared](Sink::prepared), one per worker there was. All of it is part of the
    /// checkpoint, so opening the sinks makes it visible, and removes what came after.
    pub fn sinks(&self, table: &str) -> Option<&[String]> {
        self.0.get(table)?.sinks.as_deref()
    }

    /// The tables that were written, and what their sinks had prepared.
    pub fn written(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().filter_map(|(name, table)| Some((name.as_str(), table.sinks.as_deref()?)))
    }
}

/// What a reader remembers of a split in a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitState {
    /// As in [`ReaderEvent::SplitStarted`]: the file's path or the shard's id.
    pub split: String,
    /// Where reading goes on, or that nothing is left to read, in the words of the connector.
    pub state: String,
}

/// Tells the checkpoints of an application apart, and orders them.
pub type CheckpointId = u64;

/// Wakes a worker that sleeps because nothing was ready.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Waker(Arc::new(wake))
    }

    pub fn wake(&self) {
        (self.0)();
    }
}

/// A kind of connector, by the name used in `'connector' = '...'`.
pub trait Connector: Send + Sync {
    fn name(&self) -> &'static str;

    /// After how long without records a split no longer holds the watermark, where the user says nothing.
    /// Never, as in Flink, unless splits come and go by themselves.
    fn idle_timeout(&self) -> Option<Duration> {
        None
    }

    /// Whether all splits that there are have been given to workers when a table has been opened, and later ones come
    /// to workers that others wait for: then nobody has to wait for a worker that has none.
    fn knows_splits(&self) -> bool {
        false
    }

    /// Opens the table for reading: one reader per worker, which share its splits between them.
    fn open_source(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>>;

    /// Opens the table for writing: one sink per worker.
    fn open_sink(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>>;

    /// Makes visible what the sinks of a table had prepared that nothing writes by this connector any more, as opening
    /// them would. May be done again. Answers whether there was anything, which there is not if the words are another
    /// connector's.
    fn settle(&self, _table: &str, _prepared: &[String]) -> Result<bool> {
        Ok(false)
    }
}

/// The number a reader gives to a split (a file, a shard) while it reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SplitId(pub u32);

/// One worker's reader of one table.
pub trait Reader: Send {
    /// What came next. Must not block; after [`ReaderEvent::Pending`] the reader wakes its worker when there
    /// is something again.
    fn poll(&mut self) -> Result<ReaderEvent>;

    /// Whether nothing gets old if the next chunk is asked for a little later: it lies in a file.
    fn can_wait(&self) -> bool {
        false
    }

    /// Takes a chunk back that has been processed, so that its buffers can be used again.
    fn recycle(&mut self, chunk: Chunk) {
        drop(chunk);
    }

    /// Where reading goes on behind everything that was handed over so far, for every split that this reader has begun
    /// or that was restored to it: also those it has finished, as long as a later start might find them again. Asked
    /// between two polls, with no chunk half processed. A split nobody speaks of is read from its beginning by a run
    /// that goes on from here.
    fn snapshot(&mut self) -> Vec<SplitState>;

    /// Stops reading: what was handed over stays valid, nothing more will be asked for.
    fn stop(&mut self) {}
}

#[derive(Debug)]
pub enum ReaderEvent {
    /// A split begins; chunks of it follow. `name` is the file's path or the shard's id.
    SplitStarted {
        split: SplitId,
        name: Arc<str>,
    },
    Chunk(Chunk),
    /// Nothing more will come from this split.
    SplitFinished {
        split: SplitId,
    },
    /// How far behind the newest record of the split we are (Kinesis: MillisBehindLatest).
    SplitLag {
        split: SplitId,
        millis: i64,
    },
    /// Nothing right now.
    Pending,
    /// Nothing ever again: every split of this worker is finished and none can appear.
    End,
}

/// Consecutive records of one split.
#[derive(Debug)]
pub struct Chunk {
    pub split: SplitId,
    pub payload: Payload,
}

#[derive(Debug)]
pub enum Payload {
    /// Whole lines of a file. Only the last line of the file may lack its line end.
    Lines {
        bytes: Vec<u8>,
        /// Where the first byte stands in the file.
        offset: u64,
        /// When the file was last modified.
        modified: Timestamp,
        /// How many bytes the file had when it was opened.
        file_size: u64,
    },
    /// Separate messages.
    Messages(Messages),
}

/// One worker's writer of one table.
pub trait Sink: Send {
    /// Takes one encoded record. May block for back-pressure, and only for that.
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()>;

    /// Called when the worker has nothing else to do, a millisecond or a chunk after a record was written, and
    /// at least every few hundred milliseconds: sends what waits, unless an option says how long it may wait,
    /// and reports failures of earlier records.
    fn flush(&mut self) -> Result<()>;

    /// A checkpoint's cut: what was written before it belongs to the checkpoint, what follows does not. Must not block.
    /// `last` if nothing will follow. Checkpoints that have not been [committed](Sink::commit) when the next one comes
    /// never will be: what they had prepared is part of the next.
    fn barrier(&mut self, checkpoint: CheckpointId, last: bool) -> Result<()>;

    /// Whether everything before the last [`barrier`](Sink::barrier) is where it outlives the process and the machine;
    /// then what it takes to make it visible after a restart, in the connector's own words
    /// (see [`Restored::sinks`]). Must not block: `None` is asked again soon, and when the sink wakes its worker.
    fn prepared(&mut self) -> Result<Option<String>>;

    /// The checkpoint is complete: what was prepared for it becomes visible. Not heard of if the process ends before,
    /// so that the next start has to do the same.
    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()>;

    /// Writes everything out, makes it visible, and closes. Nothing may be lost after it returned `Ok`. After a last
    /// checkpoint there is nothing left to do.
    fn finish(&mut self) -> Result<()>;
}

#[derive(Clone, Copy, Debug)]
pub struct OutgoingRecord<'a> {
    pub kind: RowKind,
    pub bytes: &'a [u8],
    /// The values of the PARTITIONED BY columns joined by the delimiter (kinesis), if there are any.
    pub partition_key: Option<&'a str>,
}
