//! Knows the shards of a stream, hands them to workers and follows them through splits and merges.
//!
//! The end of a shard is a small conversation. Its task tells [`Command::Ended`]; the children are looked
//! up and announced to their workers, then the shard's own worker is told that the split is finished, in
//! this order, so that at any time some split holds the watermark back. When that worker has come so far,
//! [`Command::Drained`] arrives and the children may be read.

use super::lineage::{Lineage, Start};
use super::metrics::Metrics;
use super::queue::Queue;
use super::shard::{End, ShardTask};
use crate::client::{Shard, StreamClient};
use crate::config::SourceConfig;
use crate::failure::{Failure, Reason};
use sqlc_runtime::connector::{ReaderEvent, SplitId};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

pub(crate) enum Command {
    /// The task of a shard ended.
    Ended(Arc<str>, End),
    /// The worker has everything of this shard behind it.
    Drained(Arc<str>),
    /// ListShards answered: to the timer, or because this shard ended.
    Listed(Result<Vec<Shard>, Failure>, Option<(Arc<str>, Option<Failure>)>),
}

/// A shard between its announcement and its end.
struct Announced {
    id: Arc<str>,
    split: SplitId,
    worker: usize,
}

pub(crate) struct Coordinator {
    client: StreamClient,
    config: Arc<SourceConfig>,
    queues: Vec<Arc<Queue>>,
    metrics: Metrics,
    opened: Timestamp,
    lineage: Lineage,
    announced: BTreeMap<String, Announced>,
    next_split: u32,
    commands: UnboundedReceiver<Command>,
    sender: UnboundedSender<Command>,
    /// The tasks of shards and calls; they end with the coordinator.
    tasks: JoinSet<()>,
}

impl Coordinator {
    /// Lists the shards, announces the first of them and fixes where they start.
    pub async fn open(
        client: StreamClient,
        config: SourceConfig,
        queues: Vec<Arc<Queue>>,
        metrics: Metrics,
        opened: Timestamp,
    ) -> Result<(Coordinator, UnboundedSender<Command>)> {
        let shards = list_at_start(&client, &config).await?;
        let lineage = Lineage::first(&shards, config.position);
        let (sender, commands) = unbounded_channel();
        let mut coordinator = Coordinator {
            client,
            config: Arc::new(config),
            queues,
            metrics,
            opened,
            lineage,
            announced: BTreeMap::new(),
            next_split: 0,
            commands,
            sender: sender.clone(),
            tasks: JoinSet::new(),
        };
        coordinator.announce(None);
        let mut fixing = JoinSet::new();
        for mut task in coordinator.due() {
            fixing.spawn(async move {
                let fixed = task.fix_position().await;
                (task, fixed)
            });
        }
        while let Some(fixed) = fixing.join_next().await {
            let (task, fixed) = fixed.map_err(|error| internal(&error.to_string()))?;
            match fixed {
                Ok(()) => coordinator.spawn(task),
                Err(End::Failed(error)) => return Err(error),
                // Deleted since it was listed; the usual way of a shard's end finds out what that means.
                Err(end) => drop(coordinator.sender.send(Command::Ended(task.id.clone(), end))),
            }
        }
        Ok((coordinator, sender))
    }

    /// Runs until the last reader is gone, which aborts it.
    pub async fn run(mut self) {
        let period = self.config.discovery_interval;
        let mut discovery = interval_at(Instant::now() + period, period);
        discovery.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(command) = self.commands.recv() => self.handle(command),
                _ = discovery.tick() => self.list(None),
                Some(ended) = self.tasks.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        self.fail(internal(&error.to_string()));
                    }
                }
            }
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Ended(shard, End::Closed(children)) if children.is_empty() => self.list(Some((shard, None))),
            Command::Ended(shard, End::Closed(children)) => {
                self.lineage.add(&children);
                self.end(&shard);
            }
            Command::Ended(shard, End::Missing(failure)) => self.list(Some((shard, Some(failure)))),
            Command::Ended(_, End::Failed(error)) => self.fail(error),
            Command::Ended(_, End::Stopped) => {}
            Command::Drained(shard) => {
                self.lineage.finish(&shard);
                self.announce(None);
                self.start();
            }
            Command::Listed(Ok(shards), ended) => {
                self.lineage.update(&shards);
                match ended {
                    Some((shard, Some(failure))) if shards.iter().any(|listed| *listed.id == *shard) => {
                        self.fail(failure.into_error("read", &self.client.place));
                    }
                    // Closed, or older than the stream's retention and therefore gone.
                    Some((shard, _)) => self.end(&shard),
                    None => {
                        self.announce(None);
                        self.start();
                    }
                }
            }
            Command::Listed(Err(failure), ended) => match failure.reason {
                Reason::Throttled | Reason::Transient | Reason::ExpiredIterator => {
                    // The timer looks again; an ended shard cannot wait for it.
                    if ended.is_some() {
                        self.list(ended);
                    }
                }
                _ => self.fail(failure.into_error("read", &self.client.place)),
            },
        }
    }

    /// Tells the workers of the children, then the worker of the shard that it has all of it.
    fn end(&mut self, shard: &Arc<str>) {
        self.announce(Some(shard));
        if let Some(ended) = self.announced.remove(&**shard) {
            let finished = ReaderEvent::SplitFinished { split: ended.split };
            self.queues[ended.worker].push_finished(finished, ended.id);
        }
    }

    fn announce(&mut self, ended: Option<&str>) {
        for id in self.lineage.announce(ended) {
            let split = SplitId(self.next_split);
            self.next_split += 1;
            let parent = ended.filter(|ended| self.lineage.is_child(&id, ended));
            let worker = match parent.and_then(|parent| self.announced.get(parent)) {
                // Another worker may have told a watermark that is far ahead of this family, and could not take
                // it back: what the children bring would be late.
                Some(parent) => parent.worker,
                None => worker_of(&self.client.stream.name, &id, self.queues.len()),
            };
            let name: Arc<str> = id.as_str().into();
            self.queues[worker].push(Ok(ReaderEvent::SplitStarted { split, name: name.clone() }));
            self.announced.insert(id, Announced { id: name, split, worker });
        }
    }

    fn start(&mut self) {
        for task in self.due() {
            self.spawn(task);
        }
    }

    /// The tasks of the shards that may be read from now on.
    fn due(&mut self) -> Vec<ShardTask> {
        let due = self.lineage.start();
        let task = |start: Start| {
            let announced = self.announced.get(&start.id)?;
            Some(ShardTask::new(
                self.client.clone(),
                self.config.clone(),
                announced.id.clone(),
                announced.split,
                self.queues[announced.worker].clone(),
                self.metrics.shard(&start.id),
                self.opened,
                start,
            ))
        };
        due.into_iter().filter_map(task).collect()
    }

    fn spawn(&mut self, task: ShardTask) {
        let sender = self.sender.clone();
        self.tasks.spawn(async move {
            let id = task.id.clone();
            let end = task.run().await;
            let _ = sender.send(Command::Ended(id, end));
        });
    }

    /// Looks for new shards without holding up anything else.
    fn list(&mut self, ended: Option<(Arc<str>, Option<Failure>)>) {
        let (client, sender, backoff) = (self.client.clone(), self.sender.clone(), self.config.list_shards);
        self.tasks.spawn(async move {
            let listed = client.list_shards().await;
            if listed.is_err() && ended.is_some() {
                tokio::time::sleep(backoff.pause(0).unwrap_or(backoff.base)).await;
            }
            let _ = sender.send(Command::Listed(listed, ended));
        });
    }

    /// Ends the application: every worker learns of it.
    fn fail(&mut self, error: Error) {
        for queue in &self.queues {
            queue.push(Err(error.clone()));
        }
    }
}

async fn list_at_start(client: &StreamClient, config: &SourceConfig) -> Result<Vec<Shard>> {
    // Nobody waits minutes to hear that an endpoint does not exist; throttling is another matter.
    const UNREACHABLE_AFTER: usize = 2;
    let mut attempt = 0;
    loop {
        let failure = match client.list_shards().await {
            Ok(shards) => return Ok(shards),
            Err(failure) => failure,
        };
        let pause = match failure.reason {
            Reason::Throttled => config.list_shards.pause(attempt),
            Reason::Transient if attempt < UNREACHABLE_AFTER => config.list_shards.pause(attempt),
            _ => None,
        };
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(failure.into_error("read", &client.place)),
        }
        attempt += 1;
    }
}

/// The worker of a shard without a parent that is being read, the same in every run: shards are numbered one after the other, so that counting
/// spreads them evenly; the stream's name keeps the first shards of all streams off one worker.
fn worker_of(stream: &str, shard: &str, workers: usize) -> usize {
    let hash = |text: &str| {
        // FNV-1a.
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let number = shard.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_else(|| hash(shard));
    (number.wrapping_add(hash(stream)) % workers.max(1) as u64) as usize
}

#[cold]
fn internal(message: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("reading a stream failed; this is a defect of sqlc: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_spread_evenly_and_always_the_same_way() {
        let mut counts = [0; 4];
        for number in 0..100 {
            let shard = format!("shardId-{number:012}");
            let worker = worker_of("input", &shard, 4);
            assert_eq!(worker, worker_of("input", &shard, 4));
            counts[worker] += 1;
        }
        assert_eq!(counts, [25; 4]);
        assert!(worker_of("input", "oddly-named-shard", 4) < 4);
    }
}
