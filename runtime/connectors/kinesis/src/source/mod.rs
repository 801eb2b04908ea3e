//! Reading a stream: shards become splits, GetRecords answers become chunks.
//!
//! One coordinator task a table knows which shards there are and lets them start; one task a shard fetches
//! its records in order; both hand events to the readers of the workers through queues. What an event means
//! for watermarks and positions is left to the scan of the table.

mod aggregate;
mod answer;
mod coordinator;
mod in_place;
mod lineage;
mod metrics;
mod queue;
mod shard;

use crate::client::{StreamClient, runtime};
use crate::config::SourceConfig;
pub(crate) use aggregate::HashRange;
use coordinator::{Command, Coordinator};
use queue::Queue;
use sqlc_runtime::connector::{Chunk, ConnectorContext, Payload, Reader, ReaderEvent};
use sqlc_runtime::error::Result;
use sqlc_runtime::time::Clock;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

/// Opens the stream for all workers. Fails if the stream cannot be listed or its shards not be read.
pub(crate) fn open(
    table: &str,
    client: StreamClient,
    config: SourceConfig,
    context: &ConnectorContext,
) -> Result<Vec<Box<dyn Reader>>> {
    let queues: Vec<Arc<Queue>> = context.wakers.iter().map(|waker| Arc::new(Queue::new(waker.clone()))).collect();
    let runtime = runtime()?;
    let (coordinator, commands) = runtime.block_on(Coordinator::open(
        client,
        config,
        queues.clone(),
        metrics::Metrics::new(table, context.metrics.clone()),
        // The service's time, not the application's, which a test may turn.
        Clock::system().now(),
    ))?;
    let running = Arc::new(Running(runtime.spawn(coordinator.run()).abort_handle()));
    Ok(queues
        .into_iter()
        .map(|queue| {
            let reader =
                ShardReader { table: table.to_owned(), queue, commands: commands.clone(), _running: running.clone() };
            Box::new(reader) as Box<dyn Reader>
        })
        .collect())
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
    table: String,
    queue: Arc<Queue>,
    commands: UnboundedSender<Command>,
    _running: Arc<Running>,
}

impl Reader for ShardReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        let Some(queued) = self.queue.pop() else { return Ok(ReaderEvent::Pending) };
        if let Some(shard) = queued.finished {
            // The worker asks for the next event only when it is done with those before: now, and not
            // earlier, another worker may read the children.
            let _ = self.commands.send(Command::Drained(shard));
        }
        queued.event.map_err(|error| error.context(format_args!("table {}", self.table)))
    }

    fn recycle(&mut self, chunk: Chunk) {
        if let Payload::Messages(messages) = chunk.payload {
            self.queue.take_back(messages);
        }
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
