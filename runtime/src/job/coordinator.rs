//! When checkpoints are taken, and what becomes of them.
//!
//! The coordinator orders a cut from every worker, stores what they report, writes the manifest when all of it has come,
//! and tells them that it is there. It never waits for a worker: [`poll`](Coordinator::poll) looks at the time and at
//! what was asked for, [`hear`](Coordinator::hear) takes one report. One checkpoint is taken at a time.

use super::archive::Archive;
use super::commands::{Answer, Command, Commands};
use super::dead_letters::DeadLetterFiles;
use super::desk::{Cut, Desk, Order, Report, Reported};
use super::log;
use super::memory::MemoryLimit;
use super::metrics::{CheckpointMetrics, Sizes};
use super::run_control::Control;
use super::settings::CheckpointSettings;
use crate::checkpoint::{Draft, Manifest, Storage};
use crate::connector::CheckpointId;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Clock;
use crate::value::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// The longest that nobody looks at signals and commands.
const LOOK: Duration = Duration::from_millis(50);
/// After how long a checkpoint that somebody waits for is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Opens the place that a savepoint is to be written to.
pub(super) type OpenStorage = Box<dyn Fn(&str) -> Result<Arc<dyn Storage>> + Send>;

/// What a coordinator goes by.
pub(super) struct Asked {
    pub control: Arc<Control>,
    pub commands: Commands,
    pub clock: Clock,
    pub settings: CheckpointSettings,
    pub metrics: CheckpointMetrics,
    pub memory: MemoryLimit,
    pub dead_letters: DeadLetterFiles,
}

pub(super) struct Coordinator {
    desk: Arc<Desk>,
    control: Arc<Control>,
    commands: Commands,
    clock: Clock,
    settings: CheckpointSettings,
    archive: Archive,
    open_storage: OpenStorage,
    metrics: CheckpointMetrics,
    memory: MemoryLimit,
    dead_letters: DeadLetterFiles,
    /// What the run ends with when its last checkpoint is complete.
    verdict: Option<Error>,
    taking: Option<Taking>,
    wishes: Vec<Wish>,
    /// When the next checkpoint is due.
    next: Timestamp,
    /// How many checkpoints failed one after the other.
    failures: u32,
    /// Per worker: whether its input has ended.
    ended: Vec<bool>,
    /// The last checkpoint is complete, so that the workers end.
    is_over: bool,
}

/// What somebody waits for.
enum Wish {
    Savepoint { target: Option<String>, answer: Answer<String> },
    Stop { savepoint: Option<Option<String>>, answer: Answer<Option<String>> },
}

/// The checkpoint that is being taken.
struct Taking {
    id: CheckpointId,
    began: Timestamp,
    draft: Draft,
    /// What it is taken for, beside its being due.
    wishes: Vec<Wish>,
    is_last: bool,
}

impl Coordinator {
    pub fn new(
        desk: Arc<Desk>,
        archive: Archive,
        open_storage: OpenStorage,
        Asked { control, commands, clock, settings, metrics, memory, dead_letters }: Asked,
    ) -> Self {
        let next = clock.monotonic().after(settings.interval.unwrap_or(Duration::MAX));
        let ended = vec![false; desk.workers()];
        Coordinator {
            desk,
            control,
            commands,
            clock,
            settings,
            archive,
            open_storage,
            metrics,
            memory,
            dead_letters,
            verdict: None,
            taking: None,
            wishes: Vec::new(),
            next,
            failures: 0,
            ended,
            is_over: false,
        }
    }

    /// Does its work until the workers have ended.
    pub fn run(mut self) -> Self {
        while !self.control.is_over() {
            let longest = self.poll();
            if let Some(reported) = self.desk.take_report(longest) {
                self.hear(reported);
            }
        }
        self
    }

    /// Whether the run has ended because its input has, so that nothing will go on from here.
    pub fn is_finished(&self) -> bool {
        self.is_over && self.ended.iter().all(|ended| *ended)
    }

    /// What the run has ended with although no worker has failed.
    pub fn verdict(&self) -> Result<()> {
        self.verdict.clone().map_or(Ok(()), Err)
    }

    /// The checkpoints, when the run is over.
    pub fn into_archive(self) -> Archive {
        self.archive
    }

    /// Looks at what is due; answers for how long there is nothing to do unless a report comes.
    pub fn poll(&mut self) -> Duration {
        self.take_commands();
        let now = self.clock.monotonic();
        if self.verdict.is_none() {
            self.verdict = self.memory.exceeded(now);
        }
        if let Some(taking) = &self.taking {
            if now >= taking.began.after(self.settings.timeout) {
                let message = format!("it was not complete after {:?}", self.settings.timeout);
                self.fail(&Error::new(ErrorKind::Resource, message));
            }
            return LOOK;
        }
        let is_stop = |wish: &Wish| matches!(wish, Wish::Stop { .. });
        let is_last = self.control.is_stopping()
            || self.verdict.is_some()
            || self.wishes.iter().any(is_stop)
            || self.ended.iter().all(|ended| *ended);
        // What somebody waits for is begun at once, and again after a while if it has failed.
        let is_wanted = (is_last || !self.wishes.is_empty()) && self.failures == 0;
        if !self.is_over && (is_wanted || now >= self.next) {
            self.begin(now, is_last);
        }
        LOOK
    }

    fn take_commands(&mut self) {
        while let Some(command) = self.commands.take() {
            match command {
                Command::Savepoint { target, answer } => self.wishes.push(Wish::Savepoint { target, answer }),
                Command::Stop { savepoint, answer } => self.wishes.push(Wish::Stop { savepoint, answer }),
                Command::Cancel { answer } => {
                    self.control.cancel();
                    answer.send(Ok(()));
                }
            }
        }
    }

    /// Takes what a worker has to say.
    pub fn hear(&mut self, Reported { worker, checkpoint, report }: Reported) {
        if matches!(report, Report::Ended) {
            self.ended[worker] = true;
        }
        // Reports of a checkpoint that was given up may still be on their way.
        let Some(taking) = self.taking.as_mut().filter(|taking| taking.id == checkpoint) else { return };
        let draft = &mut taking.draft;
        let heard = match report {
            Report::Taken { parts, sources } => draft.taken(worker, parts, sources),
            Report::State { part, blocks } => draft.state(worker, part, &blocks),
            Report::Written => draft.written(worker),
            Report::Prepared { sinks } => {
                draft.prepared(worker, sinks);
                Ok(())
            }
            Report::Ended | Report::Gone => Ok(()),
        };
        match heard {
            Err(error) => self.fail(&error),
            Ok(()) if taking.draft.is_complete() => self.complete(),
            Ok(()) => {}
        }
    }

    fn begin(&mut self, now: Timestamp, is_last: bool) {
        self.next = now.after(self.settings.interval.unwrap_or(Duration::MAX));
        let wishes = std::mem::take(&mut self.wishes);
        let is_whole = wishes.iter().any(|wish| !matches!(wish, Wish::Stop { savepoint: None, .. }));
        let (id, changes, draft) = self.archive.begin(self.desk.workers(), self.clock.now(), is_whole);
        self.metrics.begun(id, is_whole, self.clock.now());
        self.taking = Some(Taking { id, began: now, draft, wishes, is_last });
        self.desk.order(Order::Cut(Cut { id, changes, last: is_last }));
    }

    fn complete(&mut self) {
        let Some(taking) = self.taking.take() else { return };
        if let Err(error) = self.dead_letters.sync() {
            // What the disk has not taken it may have forgotten by now: only the records themselves can tell it again.
            self.given_up(taking.id, taking.wishes, &error);
            return self.control.abort(error);
        }
        let manifest = match self.archive.complete(taking.draft) {
            Ok(manifest) => manifest,
            Err(error) => return self.given_up(taking.id, taking.wishes, &error),
        };
        self.desk.order(Order::Commit(taking.id));
        let whole = manifest.files.values().map(|file| file.size).sum();
        let own = manifest.files.iter().filter(|(file, _)| file.starts_with(&manifest.place.folder));
        self.metrics.completed(self.clock.now(), Sizes { written: own.map(|(_, file)| file.size).sum(), whole });
        self.failures = 0;
        self.is_over = taking.is_last;
        for wish in taking.wishes {
            match wish {
                Wish::Savepoint { target, answer } => answer.send(self.save(&manifest, target.as_deref())),
                Wish::Stop { savepoint: Some(target), answer } => {
                    answer.send(self.save(&manifest, target.as_deref()).map(Some));
                }
                Wish::Stop { savepoint: None, answer } => {
                    answer.send(Ok(Some(format!("{}/{}", self.archive.storage().location(), manifest.place))));
                }
            }
        }
        self.next = self.next.max(self.clock.monotonic().after(self.settings.min_pause));
    }

    fn save(&self, manifest: &Manifest, target: Option<&str>) -> Result<String> {
        let target = match target.or(self.settings.savepoint_dir.as_deref()) {
            Some(target) => (self.open_storage)(target)?,
            None => self.archive.storage(),
        };
        self.archive.save(manifest, &target)
    }

    fn fail(&mut self, error: &Error) {
        if let Some(taking) = self.taking.take() {
            self.given_up(taking.id, taking.wishes, error);
        }
    }

    /// The checkpoint will never be complete. The application goes on, and the next one is tried.
    fn given_up(&mut self, id: CheckpointId, wishes: Vec<Wish>, error: &Error) {
        self.desk.order(Order::Abort(id));
        self.failures += 1;
        self.metrics.failed(self.clock.now(), &error.to_string());
        log::warn(&format!("checkpoint {id} has failed, {} in a row: {error}", self.failures));
        for wish in wishes {
            match wish {
                Wish::Savepoint { answer, .. } => answer.send(Err(error.clone())),
                // Whoever wants the application to stop wants nothing lost: it is tried again.
                stop => self.wishes.push(stop),
            }
        }
        let is_waited_for = self.control.is_stopping()
            || self.verdict.is_some()
            || !self.wishes.is_empty()
            || self.ended.iter().all(|ended| *ended);
        let pause = if is_waited_for { AGAIN } else { self.settings.min_pause };
        let next = self.clock.monotonic().after(pause);
        self.next = if is_waited_for { next } else { self.next.max(next) };
        // Another process has the place, and goes on from what is there.
        if error.is_lasting() {
            self.control.abort(error.clone());
        }
        if self.settings.tolerable_failures.is_some_and(|most| self.failures > most) {
            let message = format!("{} checkpoints have failed, one after the other: {error}", self.failures);
            self.control.abort(Error::new(error.kind(), message));
        }
    }
}
