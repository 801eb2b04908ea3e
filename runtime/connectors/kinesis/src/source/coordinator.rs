//! Knows the shards of a stream, hands them to workers and follows them through splits and merges.
//!
//! The end of a shard is a small conversation. Its task tells [`Command::Ended`]; the children are looked
//! up and announced to their workers, then the shard's own worker is told that the split is finished, in
//! this order, so that at any time some split holds the watermark back. When that worker has come so far,
//! [`Command::Drained`] arrives and the children may be read.

use super::Table;
use super::ledger::{Cuts, Ledger};
use super::lineage::{Lineage, Misfit, Start};
use super::loss::SHORTEST_RETENTION;
use super::position::{Place, ShardState};
use super::queue::{News, Queue};
use super::shard::{End, ShardTask};
use crate::client::Shard;
use crate::config::Position;
use crate::failure::{Failure, Reason};
use crate::retry::{Backoff, Calls};
use crate::world::World;
use sqlc_runtime::connector::{ReaderEvent, SplitId};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

pub(crate) enum Command {
    /// The task of a shard ended.
    Ended(Arc<str>, End),
    /// The worker has everything of this shard behind it, and has been part of so many checkpoints.
    Drained(Arc<str>, u64),
    /// A worker has been part of a checkpoint.
    Cut,
    /// ListShards answered: to the timer, or because this shard ended.
    Listed(Result<Vec<Shard>, Failure>, Ended),
}

/// The shard whose end is asked for, and what was left of it if it was not read to its end.
type Ended = Option<(Arc<str>, Option<(Failure, ShardState)>)>;

/// How long the children of a shard wait for workers that have not taken their cut.
const LONGEST_CUT: Duration = Duration::from_secs(1);

/// A shard between its announcement and its end.
struct Announced {
    id: Arc<str>,
    split: SplitId,
    worker: usize,
}

pub(crate) struct Coordinator {
    table: Arc<Table>,
    queues: Vec<Arc<Queue>>,
    cuts: Arc<Cuts>,
    /// Looks for new shards.
    listing: Calls,
    /// Drained shards whose children wait for the cuts of other workers, and until when they do.
    drained: Vec<(Arc<str>, u64, Timestamp)>,
    lineage: Lineage,
    announced: BTreeMap<String, Announced>,
    next_split: u32,
    commands: UnboundedReceiver<Command>,
    sender: UnboundedSender<Command>,
    /// The tasks of shards and calls; they end with the coordinator.
    tasks: JoinSet<()>,
}

impl Coordinator {
    /// Lists the shards, announces the first of them and fixes where they start; `restored` says where, if it says
    /// anything.
    pub async fn open(
        mut table: Table,
        queues: Vec<Arc<Queue>>,
        cuts: Arc<Cuts>,
        restored: BTreeMap<String, ShardState>,
    ) -> Result<(Coordinator, UnboundedSender<Command>, Vec<Ledger>)> {
        let mut listing = table.patience.calls();
        let shards = list_at_start(&table, &mut listing, !restored.is_empty()).await?;
        table.opened = Timestamp::from_millis(table.client.now().millis().div_euclid(1000) * 1000);
        let lineage = match restored.is_empty() {
            true => Lineage::first(&shards, table.config.position, table.opened),
            false => restore(&table, &shards, restored).await?,
        };
        let (sender, commands) = unbounded_channel();
        let mut coordinator = Coordinator {
            table: Arc::new(table),
            queues,
            cuts,
            listing,
            drained: Vec::new(),
            lineage,
            announced: BTreeMap::new(),
            next_split: 0,
            commands,
            sender: sender.clone(),
            tasks: JoinSet::new(),
        };
        coordinator.announce(None);
        let ledgers = coordinator.ledgers();
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
        Ok((coordinator, sender, ledgers))
    }

    fn world(&self) -> World {
        self.table.client.world.clone()
    }

    /// What each worker says in checkpoints before anything happens. Shards that nobody reads yet are the first's.
    fn ledgers(&self) -> Vec<Ledger> {
        let mut shards: Vec<BTreeMap<Arc<str>, ShardState>> = self.queues.iter().map(|_| BTreeMap::new()).collect();
        for (id, state) in self.lineage.states() {
            let worker = self.announced.get(id).map_or(0, |announced| announced.worker);
            shards[worker].insert(id.into(), state);
        }
        shards.into_iter().map(|shards| Ledger::new(shards, self.table.opened)).collect()
    }

    /// Runs until the last reader is gone, which aborts it.
    pub async fn run(mut self) {
        let period = self.table.config.discovery_interval;
        let world = self.world();
        let mut discovery = world.moment().after(period);
        loop {
            tokio::select! {
                biased;
                Some(command) = self.commands.recv() => self.handle(command),
                () = world.sleep_until(discovery) => {
                    discovery = world.moment().after(period);
                    self.list(None, Duration::ZERO);
                }
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
            Command::Ended(shard, End::Closed(children)) if children.is_empty() => {
                self.list(Some((shard, None)), Duration::ZERO);
            }
            Command::Ended(shard, End::Closed(children)) => {
                self.lineage.add(&children, self.table.client.now());
                self.end(&shard);
            }
            Command::Ended(shard, End::Missing(failure, state)) => {
                self.list(Some((shard, Some((failure, state)))), Duration::ZERO);
            }
            Command::Ended(_, End::Failed(error)) => self.fail(error),
            Command::Ended(_, End::Stopped) => {}
            Command::Drained(shard, cuts) => {
                self.drained.push((shard, cuts, self.world().moment().after(LONGEST_CUT)));
                self.settle();
                if !self.drained.is_empty() {
                    let (sender, world) = (self.sender.clone(), self.world());
                    self.tasks.spawn(async move {
                        world.sleep(LONGEST_CUT).await;
                        let _ = sender.send(Command::Cut);
                    });
                }
            }
            Command::Cut => self.settle(),
            Command::Listed(Ok(shards), ended) => self.listed(&shards, ended),
            Command::Listed(Err(failure), ended) => {
                let backoff = Backoff { retries: None, ..self.table.config.list_shards };
                let pause = match failure.reason {
                    // A page is asked for too late: all of them again.
                    Reason::ExpiredIterator => Some(Duration::ZERO),
                    _ => self.listing.failed(&failure, backoff, "read", &self.table.client.place),
                };
                match pause {
                    // The timer looks again; an ended shard cannot wait for it.
                    Some(pause) if ended.is_some() => self.list(ended, pause),
                    Some(_) => {}
                    None => self.fail(failure.into_error("read", &self.table.client.place)),
                }
            }
        }
    }

    fn listed(&mut self, shards: &[Shard], ended: Ended) {
        self.listing.succeeded();
        let update = self.lineage.update(shards, self.table.client.now());
        for shard in update.gone {
            let shard: Arc<str> = shard.into();
            self.queues.iter().for_each(|queue| queue.push_note(shard.clone(), News::Forgotten));
        }
        for (shard, state) in update.named {
            if let Some(announced) = self.announced.get(&shard) {
                self.queues[announced.worker].push_note(announced.id.clone(), News::Announced(state));
            }
        }
        match ended {
            Some((shard, Some((failure, state)))) => {
                if shards.iter().any(|listed| *listed.id == *shard) {
                    return self.fail(failure.into_error("read", &self.table.client.place));
                }
                // Older than the stream's retention and therefore gone.
                if let Place::After { .. } = state.place
                    && let Err(error) = self.table.lost(&shard, &state, &failure.message)
                {
                    return self.fail(error);
                }
                self.end(&shard);
            }
            Some((shard, None)) => self.end(&shard),
            None => {
                self.announce(None);
                self.start();
            }
        }
    }

    /// Lets the children of drained shards start as soon as no checkpoint is half taken.
    fn settle(&mut self) {
        let now = self.world().moment();
        let (cuts, lineage) = (&self.cuts, &mut self.lineage);
        let waiting = self.drained.len();
        self.drained.retain(|(shard, count, longest)| {
            let is_settled = cuts.have_come_to(*count) || now >= *longest;
            if is_settled {
                lineage.finish(shard);
            }
            !is_settled
        });
        if self.drained.len() < waiting {
            self.announce(None);
            self.start();
        }
    }

    /// Tells the workers of the children, then the worker of the shard that it has all of it.
    fn end(&mut self, shard: &Arc<str>) {
        self.announce(Some(shard));
        if let Some(ended) = self.announced.remove(&**shard) {
            let finished = ReaderEvent::SplitFinished { split: ended.split };
            self.queues[ended.worker].push_noted(finished, ended.id, News::Finished);
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
                None => worker_of(&self.table.client.stream.name, &id, self.queues.len()),
            };
            let name: Arc<str> = id.as_str().into();
            if let Some(state) = self.lineage.state_of(&id) {
                let started = ReaderEvent::SplitStarted { split, name: name.clone() };
                self.queues[worker].push_noted(started, name.clone(), News::Announced(state));
            }
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
            let queue = self.queues[announced.worker].clone();
            Some(ShardTask::new(self.table.clone(), announced.id.clone(), announced.split, queue, start))
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

    /// Looks for new shards after a pause, without holding up anything else.
    fn list(&mut self, ended: Ended, pause: Duration) {
        let (table, sender) = (self.table.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            table.client.world.sleep(pause).await;
            let _ = sender.send(Command::Listed(table.client.list_shards().await, ended));
        });
    }

    /// Ends the application: every worker learns of it.
    fn fail(&mut self, error: Error) {
        for queue in &self.queues {
            queue.push(Err(error.clone()));
        }
    }
}

/// Whoever starts anew is there to hear soon that an endpoint does not exist; throttling is another matter, and so is a
/// run that `goes_on`.
async fn list_at_start(table: &Table, calls: &mut Calls, goes_on: bool) -> Result<Vec<Shard>> {
    const UNREACHABLE_AFTER: usize = 2;
    loop {
        let failure = match table.client.list_shards().await {
            Ok(shards) => {
                calls.succeeded();
                return Ok(shards);
            }
            Err(failure) => failure,
        };
        let mut backoff = table.config.list_shards;
        if goes_on {
            backoff.retries = None;
        } else if failure.reason == Reason::Transient {
            backoff.retries = Some(backoff.retries.map_or(UNREACHABLE_AFTER, |most| most.min(UNREACHABLE_AFTER)));
        }
        match calls.failed(&failure, backoff, "read", &table.client.place) {
            Some(pause) => table.client.world.sleep(pause).await,
            None => return Err(failure.into_error("read", &table.client.place)),
        }
    }
}

/// Fits what a checkpoint says to the stream as it is now.
async fn restore(table: &Table, shards: &[Shard], mut states: BTreeMap<String, ShardState>) -> Result<Lineage> {
    let lineage = loop {
        match Lineage::restored(shards, states.clone(), table.opened) {
            Ok(lineage) => break lineage,
            Err(Misfit::AnotherStream(shard)) => {
                let message = format!(
                    "the checkpoint was taken of another stream than '{}' is now: shard {shard} is not the one that was \
                     read. Was the stream deleted and created anew, or does the table name another one? Start without \
                     the checkpoint to read this one by the options of the table",
                    table.client.place.stream
                );
                return Err(Error::new(ErrorKind::Resource, message).lasting());
            }
            Err(Misfit::Gone(gone)) => {
                for (shard, state) in gone {
                    table.lost(&shard, &state, "the shard is no longer in the stream")?;
                    states.remove(&shard);
                }
            }
        }
    };
    let is_old = |state: &ShardState| !state.is_finished() && table.age(state.until) >= SHORTEST_RETENTION;
    if !states.values().any(is_old) {
        return Ok(lineage);
    }
    let Some(retention) = table.retention().await else { return Ok(lineage) };
    for (shard, state) in &mut states {
        if !state.is_finished() && table.age(state.until) >= retention {
            table.lost(shard, state, &format!("records stay for {} hours", retention / 3_600_000))?;
            *state = ShardState {
                place: Place::Start(Position::TrimHorizon),
                until: table.client.now(),
                began: state.began.take(),
            };
        }
    }
    Lineage::restored(shards, states, table.opened).map_err(|_| internal("the checkpoint fitted before"))
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
