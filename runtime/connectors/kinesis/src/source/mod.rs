//! Reading a stream: shards become splits, GetRecords answers become chunks.
//!
//! One coordinator task a table knows which shards there are and lets them start; one task a shard fetches
//! its records in order; both hand events to the readers of the workers through queues. With the events go
//! notes of how far they lead, so that a reader knows the positions behind what it has handed over. What an
//! event means for watermarks is left to the scan of the table.

mod aggregate;
mod answer;
mod coordinator;
mod in_place;
mod ledger;
mod lineage;
mod loss;
mod metrics;
mod position;
mod queue;
mod shard;

use crate::client::StreamClient;
use crate::config::SourceConfig;
use crate::retry::Patience;
pub(crate) use aggregate::HashRange;
use coordinator::{Command, Coordinator};
use ledger::{Cuts, Ledger};
use loss::Retention;
use position::ShardState;
use queue::{News, Queue};
use sqlc_runtime::connector::{Chunk, ConnectorContext, Payload, Reader, ReaderEvent, SplitState, TableConfig};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

/// Opens the stream for all workers. Fails if the stream cannot be listed or its shards not be read, and if
/// the checkpoint to go on from does not fit the stream.
pub(crate) fn open(
    config: &TableConfig,
    client: StreamClient,
    source: SourceConfig,
    context: &ConnectorContext,
) -> Result<Vec<Box<dyn Reader>>> {
    let queues: Vec<Arc<Queue>> = context.wakers.iter().map(|waker| Arc::new(Queue::new(waker.clone()))).collect();
    let cuts = Arc::new(Cuts::new(queues.len()));
    let restored = context.restored.splits(config.name).map(states).transpose()?.unwrap_or_default();
    let table = Table {
        client,
        config: source,
        patience: Patience::new(config, context)?,
        metrics: metrics::Metrics::new(config.name, context.metrics.clone()),
        name: config.name,
        // Known when the service has answered for the first time.
        opened: Timestamp::MIN,
        retention: Retention::default(),
    };
    let world = table.client.world.clone();
    let opening = Coordinator::open(table, queues.clone(), cuts.clone(), restored);
    let (coordinator, commands, ledgers) =
        world.block_on(opening).map_err(|error| error.context(format_args!("table {}", config.name)))?;
    let running = Arc::new(Running(world.spawn(coordinator.run())));
    let readers = queues.into_iter().zip(ledgers).enumerate();
    Ok(readers
        .map(|(worker, (queue, ledger))| {
            let reader = ShardReader {
                table: config.name,
                worker,
                queue,
                ledger,
                cuts: cuts.clone(),
                commands: commands.clone(),
                _running: running.clone(),
            };
            Box::new(reader) as Box<dyn Reader>
        })
        .collect())
}

/// What a checkpoint says of the shards, whichever worker read them.
fn states(splits: &[SplitState]) -> Result<BTreeMap<String, ShardState>> {
    let mut states: BTreeMap<String, ShardState> = BTreeMap::new();
    for SplitState { split, state } in splits {
        let read = ShardState::read(state).ok_or_else(|| {
            let message = format!("the checkpoint says '{state}' of shard {split}, which is no position in a stream");
            Error::new(ErrorKind::Usage, message)
        })?;
        match states.get_mut(split) {
            Some(known) => known.merge(read),
            None => drop(states.insert(split.clone(), read)),
        }
    }
    Ok(states)
}

/// What all tasks of a table share.
pub(crate) struct Table {
    name: &'static str,
    client: StreamClient,
    config: SourceConfig,
    patience: Patience,
    metrics: metrics::Metrics,
    /// When the application was opened by the clock of the service, which is what LATEST means whenever it is
    /// asked again. Some services keep arrival times in whole seconds.
    opened: Timestamp,
    retention: Retention,
}

impl Table {
    fn age(&self, of: Timestamp) -> i64 {
        self.client.now().millis().saturating_sub(of.millis())
    }
}

/// The coordinator and with it the tasks of all shards; they end when the last reader is gone.
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One worker's end of the queue.
struct ShardReader {
    table: &'static str,
    worker: usize,
    queue: Arc<Queue>,
    ledger: Ledger,
    cuts: Arc<Cuts>,
    commands: UnboundedSender<Command>,
    _running: Arc<Running>,
}

impl Reader for ShardReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        while let Some(queued) = self.queue.pop() {
            if let Some(note) = queued.note {
                if let News::Finished = note.news {
                    // The worker asks for the next event only when it is done with those before: now, and not
                    // earlier, another worker may read the children.
                    let _ = self.commands.send(Command::Drained(note.shard.clone(), self.cuts.of(self.worker)));
                }
                self.ledger.note(note);
            }
            if let Some(event) = queued.event {
                return event.map_err(|error| error.context(format_args!("table {}", self.table)));
            }
        }
        Ok(ReaderEvent::Pending)
    }

    fn recycle(&mut self, chunk: Chunk) {
        if let Payload::Messages(messages) = chunk.payload {
            self.queue.take_back(messages);
        }
    }

    fn snapshot(&mut self) -> Vec<SplitState> {
        self.cuts.cut(self.worker);
        let _ = self.commands.send(Command::Cut);
        self.ledger.snapshot()
    }

    fn stop(&mut self) {
        self.queue.close();
    }
}

impl Drop for ShardReader {
    fn drop(&mut self) {
        self.queue.close();
    }
}
