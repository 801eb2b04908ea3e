//! Writing a stream: encoded records go into a bounded buffer, batches of them into PutRecords.
//!
//! The worker only ever waits for room in the buffer. Everything else happens in the [`pump`](mod@pump) on
//! the shared runtime, which repeats what the service refuses. Records arrive at least once: a call whose
//! answer is lost is made again, and what was written after the last checkpoint is written again after a
//! restart. A repeated record has the partition key that it had before.

mod buffer;
mod digest;
mod pump;
mod wire;

use crate::client::StreamClient;
use crate::config::{Partitioner, SinkConfig};
use crate::failure::Reason;
use crate::retry::Patience;
use crate::world::World;
use buffer::{Buffer, Entry};
use digest::{digest, spell};
use pump::Pump;
use sqlc_runtime::connector::{CheckpointId, ConnectorContext, OutgoingRecord, Sink, TableConfig, Waker};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::row::RowKind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Records that wait may have this many bytes together, however few they are.
const MAX_BUFFERED_BYTES: usize = 64 << 20;

/// So many buffers of arrived records wait to be used again, if they are not larger than this.
const MAX_SPARES: usize = 10_000;
const MAX_SPARE_BYTES: usize = 4 << 10;

/// What the service takes as a partition key, in characters.
const MAX_KEY_CHARACTERS: usize = 256;

/// At the end the service gets this long to take at least one more record.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// Opens the stream for all workers.
pub(crate) fn open(
    table: &TableConfig,
    client: StreamClient,
    config: SinkConfig,
    context: &ConnectorContext,
) -> Result<Vec<Box<dyn Sink>>> {
    let patience = Patience::new(table, context)?;
    let world = client.world.clone();
    world.block_on(check_stream(&client))?;
    let sink = |(worker, waker): (usize, &Waker)| {
        let shared = Arc::new(Shared::new(waker.clone()));
        let (name, metrics) = (table.name, &context.metrics);
        let pump = Pump::new(name, worker, client.clone(), config.clone(), shared.clone(), patience.clone(), metrics);
        let sink = StreamSink {
            table: table.name,
            seed: digest(0, table.name.as_bytes()),
            fixed_key: worker.to_string(),
            config: config.clone(),
            shared,
            spares: Vec::new(),
            running: world.spawn(pump.run()),
            world: world.clone(),
        };
        Box::new(sink) as Box<dyn Sink>
    };
    Ok(context.wakers.iter().enumerate().map(sink).collect())
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
            Reason::Transient | Reason::Signature if attempt < ATTEMPTS => {
                client.world.sleep(Duration::from_millis(300) * attempt).await;
                attempt += 1;
            }
            _ => return Err(failure.into_error("write", &client.place)),
        }
    }
}

/// What a worker and its pump share.
struct Shared {
    waker: Waker,
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
    /// Buffers of records that have arrived, to be used again.
    spares: Vec<Vec<u8>>,
    /// How many barriers there were.
    barriers: u64,
    /// How many records from before the last barrier have not arrived, and how many from behind it.
    before: usize,
    behind: usize,
    /// Nothing more will be written: send without waiting for company.
    draining: bool,
    /// How many records have arrived.
    arrived: u64,
    /// Why records were refused last, while they are repeated.
    trouble: Option<String>,
    error: Option<Error>,
}

impl Shared {
    fn new(waker: Waker) -> Shared {
        Shared { waker, state: Mutex::default(), news: Condvar::new(), work: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something has happened, or for a while.
    fn wait<'s>(&'s self, state: MutexGuard<'s, State>, world: &World) -> MutexGuard<'s, State> {
        match world {
            World::Real(_) => {
                let waited = self.news.wait_timeout(state, Duration::from_secs(1));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            World::Simulated(simulated) => {
                drop(state);
                simulated.let_time_pass();
                self.lock()
            }
        }
    }
}

impl State {
    /// Takes in records that have arrived. Whether nothing from before the last barrier is missing any more.
    fn take_arrived(&mut self, entries: &mut Vec<Entry>) -> bool {
        self.arrived += entries.len() as u64;
        self.buffer.arrived(entries.iter());
        let before = self.before;
        for entry in entries.drain(..) {
            let place = if entry.barriers == self.barriers { &mut self.behind } else { &mut self.before };
            *place -= 1;
            let buffer = entry.into_buffer();
            if self.spares.len() < MAX_SPARES && buffer.capacity() <= MAX_SPARE_BYTES {
                self.spares.push(buffer);
            }
        }
        before > 0 && self.before == 0
    }

    fn check(&self, table: &str) -> Result<()> {
        let error = self.error.clone().map(|error| error.context(format_args!("table {table}")));
        error.map_or(Ok(()), Err)
    }
}

struct StreamSink {
    table: &'static str,
    /// Records of other tables have other partition keys.
    seed: u64,
    /// The partition key of this worker.
    fixed_key: String,
    config: SinkConfig,
    shared: Arc<Shared>,
    spares: Vec<Vec<u8>>,
    world: World,
    running: AbortHandle,
}

impl StreamSink {
    fn entry(&mut self, record: &OutgoingRecord<'_>) -> Result<Entry> {
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
        let mut hexadecimal = [0; 16];
        let (key, ordered) = match self.config.partitioner {
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
                (key, true)
            }
            Partitioner::Record => (spell(digest(self.seed, record.bytes), &mut hexadecimal), false),
            Partitioner::Fixed => (self.fixed_key.as_str(), true),
        };
        let bytes = key.len() + record.bytes.len();
        if bytes > self.config.max_record_bytes {
            return Err(self.refused(&format!(
                "a record of {bytes} bytes is larger than 'sink.record.max-size' ({} bytes)",
                self.config.max_record_bytes
            )));
        }
        let buffer = self.spares.pop().unwrap_or_default();
        Ok(Entry::new(buffer, key, record.bytes, ordered, self.world.moment()))
    }

    fn refused(&self, message: &str) -> Error {
        Error::new(ErrorKind::Data, format!("table {}: {message}", self.table))
    }
}

impl Sink for StreamSink {
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()> {
        let mut entry = self.entry(record)?;
        let mut state = self.shared.lock();
        state.check(self.table)?;
        while state.buffer.len() >= self.config.max_buffered || state.buffer.bytes() >= MAX_BUFFERED_BYTES {
            state = self.shared.wait(state, &self.world);
            state.check(self.table)?;
        }
        entry.barriers = state.barriers;
        state.behind += 1;
        state.buffer.push(entry);
        if self.spares.is_empty() {
            std::mem::swap(&mut self.spares, &mut state.spares);
        }
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
        self.shared.lock().check(self.table)
    }

    /// Records from before the barrier do not wait for company any longer.
    fn barrier(&mut self, _: CheckpointId, _: bool) -> Result<()> {
        let mut state = self.shared.lock();
        state.barriers += 1;
        state.before += std::mem::take(&mut state.behind);
        let is_waited_for = state.before > 0;
        drop(state);
        if is_waited_for {
            self.shared.work.notify_one();
        }
        Ok(())
    }

    /// What has arrived is visible at once: there is nothing to commit.
    fn prepared(&mut self) -> Result<Option<String>> {
        let state = self.shared.lock();
        state.check(self.table)?;
        Ok((state.before == 0).then(String::new))
    }

    fn commit(&mut self, _: CheckpointId) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let mut state = self.shared.lock();
        state.draining = true;
        self.shared.work.notify_one();
        let mut arrived = state.arrived;
        let mut since = self.world.moment();
        while !(state.buffer.is_empty() && state.in_flight == 0) {
            state.check(self.table)?;
            if state.arrived != arrived {
                (arrived, since) = (state.arrived, self.world.moment());
            } else if self.world.since(since) >= STALLED_AFTER {
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
            state = self.shared.wait(state, &self.world);
        }
        state.check(self.table)
    }
}

impl Drop for StreamSink {
    fn drop(&mut self) {
        self.running.abort();
    }
}
