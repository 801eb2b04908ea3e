//! Writing a stream: encoded records go into a bounded buffer, batches of them into PutRecords.
//!
//! The worker only ever waits for room in the buffer. Everything else happens in the [`pump`](mod@pump) on
//! the shared runtime, which repeats what the service refuses. Records arrive at least once: a call whose
//! answer is lost is made again.

mod buffer;
mod pump;

use crate::client::{StreamClient, runtime};
use crate::config::{Partitioner, SinkConfig};
use crate::failure::Reason;
use buffer::{Buffer, Entry};
use pump::Pump;
use sqlc_runtime::connector::{ConnectorContext, OutgoingRecord, Sink};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::row::RowKind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Records that wait may have this many bytes together, however few they are.
const MAX_BUFFERED_BYTES: usize = 64 << 20;

/// What the service takes as a partition key, in characters.
const MAX_KEY_CHARACTERS: usize = 256;

/// At the end the service gets this long to take at least one more record.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// Opens the stream for all workers.
pub(crate) fn open(
    table: &str,
    client: StreamClient,
    config: SinkConfig,
    context: &ConnectorContext,
) -> Result<Vec<Box<dyn Sink>>> {
    let runtime = runtime()?;
    runtime.block_on(check_stream(&client))?;
    let sink = |worker: usize| {
        let shared = Arc::new(Shared::default());
        let pump = Pump::new(table, worker, client.clone(), config.clone(), shared.clone(), &context.metrics);
        let running = runtime.spawn(pump.run()).abort_handle();
        let config = config.clone();
        Box::new(StreamSink { table: table.to_owned(), worker, config, shared, running }) as Box<dyn Sink>
    };
    Ok((0..context.wakers.len()).map(sink).collect())
}

/// A missing stream or a wrong password is worth knowing before the first record is there to be written.
async fn check_stream(client: &StreamClient) -> Result<()> {
    const ATTEMPTS: u32 = 3;
    let mut attempt = 1;
    loop {
        let Err(failure) = client.list_shards_page(None).await else { return Ok(()) };
        match failure.reason {
            // Many writers may only write; and whoever is throttled exists.
            Reason::Denied | Reason::Throttled => return Ok(()),
            Reason::Transient if attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(300) * attempt).await;
                attempt += 1;
            }
            _ => return Err(failure.into_error("write", &client.place)),
        }
    }
}

/// What a worker and its pump share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something happened that a waiting worker should look at.
    news: Condvar,
    /// Something happened that the pump should look at.
    work: Notify,
}

#[derive(Default)]
struct State {
    buffer: Buffer,
    /// Calls that are not answered for good yet.
    in_flight: usize,
    /// Nothing more will be written: send without waiting for company.
    draining: bool,
    /// How many records have arrived.
    arrived: u64,
    /// Why records were refused last, while they are repeated.
    trouble: Option<String>,
    error: Option<Error>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, table: &str) -> Result<()> {
        let error = self.error.clone().map(|error| error.context(format_args!("table {table}")));
        error.map_or(Ok(()), Err)
    }
}

struct StreamSink {
    table: String,
    worker: usize,
    config: SinkConfig,
    shared: Arc<Shared>,
    running: AbortHandle,
}

impl StreamSink {
    fn entry(&self, record: &OutgoingRecord<'_>) -> Result<Entry> {
        if record.kind != RowKind::Insert {
            return Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "table {}: a stream takes only insertions, not {}; this is a defect of sqlc",
                    self.table,
                    record.kind.short()
                ),
            ));
        }
        let (key, ordered): (Box<str>, bool) = match self.config.partitioner {
            Partitioner::Columns => {
                let key = record.partition_key.unwrap_or_default();
                let characters = key.chars().count();
                if !(1..=MAX_KEY_CHARACTERS).contains(&characters) {
                    let shown: String = key.chars().take(40).collect();
                    return Err(self.refused(&format!(
                        "the partition key '{shown}' has {characters} characters; the columns of PARTITIONED BY \
                         must make 1 to {MAX_KEY_CHARACTERS}"
                    )));
                }
                (key.into(), true)
            }
            Partitioner::Random => (format!("{:016x}", fastrand::u64(..)).into(), false),
            Partitioner::Fixed => (self.worker.to_string().into(), true),
        };
        let entry = Entry { key, ordered, data: record.bytes.to_vec(), since: Instant::now() };
        if entry.bytes() > self.config.max_record_bytes {
            return Err(self.refused(&format!(
                "a record of {} bytes is larger than 'sink.record.max-size' ({} bytes)",
                entry.bytes(),
                self.config.max_record_bytes
            )));
        }
        Ok(entry)
    }

    fn refused(&self, message: &str) -> Error {
        Error::new(ErrorKind::Data, format!("table {}: {message}", self.table))
    }
}

impl Sink for StreamSink {
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()> {
        let entry = self.entry(record)?;
        let mut state = self.shared.lock();
        state.check(&self.table)?;
        while state.buffer.len() >= self.config.max_buffered || state.buffer.bytes() >= MAX_BUFFERED_BYTES {
            state = self.shared.news.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.check(&self.table)?;
        }
        state.buffer.push(entry);
        // The pump has to know of the first record, to watch its time, and of full batches.
        let look = state.buffer.len() == 1
            || state.buffer.len().is_multiple_of(self.config.batch_records)
            || state.buffer.bytes() >= self.config.batch_bytes;
        drop(state);
        if look {
            self.shared.work.notify_one();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        // The pump sends what has waited long enough by its own clock.
        self.shared.lock().check(&self.table)
    }

    fn finish(&mut self) -> Result<()> {
        let mut state = self.shared.lock();
        state.draining = true;
        self.shared.work.notify_one();
        let mut arrived = state.arrived;
        let mut since = Instant::now();
        while !(state.buffer.is_empty() && state.in_flight == 0) {
            state.check(&self.table)?;
            if state.arrived != arrived {
                (arrived, since) = (state.arrived, Instant::now());
            } else if since.elapsed() >= STALLED_AFTER {
                let trouble = state.trouble.clone().unwrap_or_else(|| "the service does not answer".to_owned());
                return Err(Error::new(
                    ErrorKind::Io,
                    format!(
                        "table {}: the last records could not be written within {} s: {trouble}",
                        self.table,
                        STALLED_AFTER.as_secs()
                    ),
                ));
            }
            let waited = self.shared.news.wait_timeout(state, Duration::from_secs(1));
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.check(&self.table)
    }
}

impl Drop for StreamSink {
    fn drop(&mut self) {
        self.running.abort();
    }
}
