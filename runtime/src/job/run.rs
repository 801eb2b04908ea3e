//! A whole application at work: from open pipelines to the last record written.

use super::app::App;
use super::archive::Archive;
use super::commands::{Command, Commands};
use super::coordinator::{Asked, Coordinator, OpenStorage};
use super::dead_letters::DeadLetterFiles;
use super::desk::{Desk, Report};
use super::log;
use super::memory::MemoryLimit;
use super::metrics::{CheckpointMetrics, Registry};
use super::overrides::Overrides;
use super::recovery::Recovery;
use super::restart::{Decision, Restarts, is_worth_a_restart};
use super::run_control::{Control, Stop};
use super::select::SelectForm;
use super::settings::{CheckpointSettings, Settings};
use super::sink::OpenSink;
use super::wiring::Wiring;
use super::worker::{Conduct, Worker};
use crate::checkpoint::{Restoration, Storage, StorageScheme, open_storage};
use crate::connector::options::Options;
use crate::connector::print::Output;
use crate::connector::{ConnectorContext, Waker};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::Random;
use crate::time::Clock;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// How long nobody looks at commands where no checkpoints are taken.
const LOOK: Duration = Duration::from_millis(50);

/// How one run of an application differs from another.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub overrides: Overrides,
    /// How many workers; the settings decide if it is `None`.
    pub parallelism: Option<usize>,
    pub clock: Clock,
    /// The chance in pauses before something is tried again.
    pub random: Random,
    pub metrics: Registry,
    pub select_form: SelectForm,
    /// Where the rows of SELECTs go.
    pub output: Output,
    pub stop: Stop,
    /// The folder or URL of the checkpoints, in the user's words; `None` takes none.
    pub checkpoint_dir: Option<String>,
    pub restore: Restore,
    /// Whether state that no operator of this application wants may be left behind.
    pub allow_non_restored_state: bool,
    /// How many bytes the process may use before it stops with a checkpoint.
    pub memory_limit: Option<u64>,
    pub commands: Commands,
}

/// What an application goes on from when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// The newest complete checkpoint where this application keeps them, if there is one.
    #[default]
    Newest,
    /// This checkpoint or savepoint: a folder or URL.
    Path(String),
    /// Nothing: it begins anew.
    No,
}

/// How a run has ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The input has ended, and everything that comes of it is written.
    Finished,
    /// Somebody has asked for it.
    Stopped,
    Cancelled,
}

impl Job {
    /// Opens the application's pipelines and runs them to the end of their input, to a stop, or to the first error
    /// that a restart does not help against.
    pub fn run(&self, app: &App) -> Result<()> {
        let _listening = self.commands.listen();
        let mut attempts = Attempts::new(self, app, None)?;
        loop {
            let (outcome, has_restore_failed) = match attempts.open(self, app) {
                Ok(opened) => {
                    let (outcome, archive, has_restore_failed) = opened.run(attempts.recovery.take_archive());
                    attempts.recovery.ended(archive);
                    (outcome, has_restore_failed)
                }
                // What is wrong from the beginning is for the user to see.
                Err(error) if attempts.restarts.attempts() == 0 => return Err(error),
                Err(error) => (Err(error), false),
            };
            match outcome {
                Ok(end) => return attempts.recovery.finish(end == End::Finished),
                Err(error) if has_restore_failed && error.kind() == ErrorKind::Data => attempts.recovery.skip(error)?,
                Err(error) => self.wait_for_restart(&mut attempts.restarts, error)?,
            }
        }
    }
}

/// What stays the same over all attempts of a process to run an application.
pub(super) struct Attempts {
    overrides: Overrides,
    settings: Settings,
    restarts: Restarts,
    pub recovery: Recovery,
}

impl Attempts {
    /// Looks at what there is to go on from. `storage` takes the place of the one that the job names.
    pub fn new(job: &Job, app: &App, storage: Option<Arc<dyn Storage>>) -> Result<Self> {
        let mut overrides = job.overrides.clone();
        let options = overrides.settings(app.settings);
        let settings = Settings::new(&options)?;
        let storage = match (storage, &job.checkpoint_dir) {
            (None, Some(dir)) => Some(open_storage(dir, &app.storages, &options)?),
            (storage, _) => storage,
        };
        let open = |storage| Archive::open(storage, app, settings.checkpoints.clone());
        let archive = storage.map(open).transpose()?;
        let strategy = settings.restart.strategy(archive.is_some());
        let restarts = Restarts::new(strategy, job.random.clone());
        let recovery = Recovery::new(job, app, &options, archive)?;
        Ok(Attempts { overrides, settings, restarts, recovery })
    }

    /// Opens the pipelines for the next attempt.
    pub fn open(&mut self, job: &Job, app: &App) -> Result<Opened> {
        let restoration = self.recovery.restoration(&job.metrics)?;
        let has_archive = self.recovery.has_archive();
        Opened::open(job, app, &self.settings, self.overrides.clone(), has_archive, restoration)
    }
}

impl Job {
    /// Waits until it is time for another run after one that failed; answers the error if there is to be none.
    fn wait_for_restart(&self, restarts: &mut Restarts, error: Error) -> Result<()> {
        let now = self.clock.monotonic();
        let decision = if is_worth_a_restart(&error) { restarts.failed(now) } else { Decision::GiveUp };
        let Decision::RestartAfter(delay) = decision else { return Err(error) };
        log::warn(&format!("{error}; restart {} follows in {delay:.1?}", restarts.attempts()));
        self.metrics.counter("sqlc_restarts_total", &[]).add(1);
        self.metrics.text("sqlc_last_failure", &[]).set(&error.to_string());
        while self.clock.monotonic().since(now) < delay {
            // Who wants it to stop need not wait for the restart.
            if self.stop.is_asked_for() {
                return Err(error);
            }
            std::thread::sleep(LOOK.min(delay));
        }
        Ok(())
    }
}

/// An application with open pipelines.
pub(super) struct Opened {
    pub workers: Vec<(Worker, Vec<OpenSink>)>,
    pub control: Arc<Control>,
    /// Where checkpoints are ordered and reported, if any are taken.
    pub desk: Option<Arc<Desk>>,
    commands: Commands,
    clock: Clock,
    settings: CheckpointSettings,
    metrics: CheckpointMetrics,
    memory_limit: Option<u64>,
    dead_letters: DeadLetterFiles,
    options: Options,
    storages: Arc<Vec<Box<dyn StorageScheme>>>,
}

impl Opened {
    /// Opens one pipeline per worker, which go on from a checkpoint if there is one to be restored.
    pub fn open(
        job: &Job,
        app: &App,
        settings: &Settings,
        overrides: Overrides,
        checkpoints: bool,
        mut restoration: Option<Restoration>,
    ) -> Result<Self> {
        let workers = job.parallelism.unwrap_or(settings.parallelism);
        let control = Arc::new(Control::new(workers, job.stop.clone()));
        let wakers: Vec<Waker> = (0..workers).map(|worker| control.waker(worker)).collect();
        let desk = checkpoints.then(|| Arc::new(Desk::new(wakers.iter().cloned())));
        let mut context = ConnectorContext::new(app.name, wakers, job.clock.clone(), job.metrics.clone());
        context.retry_timeout = settings.retry_timeout;
        context.random = job.random.clone();
        context.checkpoints = checkpoints;
        context.restored = restoration.as_ref().map(Restoration::tables).unwrap_or_default();
        let output = job.output.clone();
        let connectors = Arc::clone(&app.connectors);
        let mut wiring = Wiring::new(settings.clone(), connectors, context, overrides.clone(), job.select_form, output);
        wiring.describe(app.description);
        let mut pipelines = Vec::with_capacity(workers);
        for index in 0..workers {
            wiring.begin(index);
            let pipeline = (app.open)(&mut wiring)?;
            pipelines.push((pipeline, wiring.finish()?));
        }
        wiring.settle_others()?;
        let dead_letters = wiring.dead_letters();
        drop(wiring);
        if let (Some(known), Some((pipeline, _))) = (&mut restoration, pipelines.first_mut())
            && known.fit(&mut |visit| pipeline.stateful(visit), job.allow_non_restored_state)?
        {
            return Opened::open(job, app, settings, overrides, checkpoints, restoration);
        }
        let restoration = restoration.map(Arc::new);
        let open = |(index, (pipeline, wires))| {
            let conduct = Conduct {
                clock: job.clock.clone(),
                control: Arc::clone(&control),
                desk: desk.clone(),
                restoration: restoration.clone(),
            };
            Worker::new(index, workers, pipeline, wires, conduct)
        };
        let opened = pipelines.into_iter().enumerate().map(open).collect();
        Ok(Opened {
            workers: opened,
            control,
            desk,
            commands: job.commands.clone(),
            clock: job.clock.clone(),
            settings: settings.checkpoints.clone(),
            metrics: CheckpointMetrics::new(&job.metrics),
            memory_limit: job.memory_limit,
            dead_letters,
            options: job.overrides.clone().settings(app.settings),
            storages: Arc::clone(&app.storages),
        })
    }

    /// Who takes the checkpoints of this run, if any are taken.
    pub fn coordinator(&self, archive: Option<Archive>) -> Option<Coordinator> {
        let (archive, desk) = archive.zip(self.desk.clone())?;
        let (options, storages) = (self.options.clone(), Arc::clone(&self.storages));
        let open_storage: OpenStorage = Box::new(move |place| open_storage(place, &storages, &options));
        let asked = Asked {
            control: Arc::clone(&self.control),
            commands: self.commands.clone(),
            clock: self.clock.clone(),
            settings: self.settings.clone(),
            metrics: self.metrics.clone(),
            memory: MemoryLimit::new(self.memory_limit),
            dead_letters: self.dead_letters.clone(),
        };
        Some(Coordinator::new(desk, archive, open_storage, asked))
    }

    /// One thread for each worker and one for the coordinator; the first error stops the others. Answers the archive
    /// of checkpoints as it is then, and whether the error came of reading a checkpoint.
    fn run(self, archive: Option<Archive>) -> (Result<End>, Option<Archive>, bool) {
        let coordinator = self.coordinator(archive);
        let Opened { workers, control, desk, commands, memory_limit, clock, .. } = self;
        let mut threads = Vec::with_capacity(workers.len());
        let main = std::thread::current();
        for (worker, sinks) in workers {
            let (index, watched, desk, main) = (worker.index, Arc::clone(&control), desk.clone(), main.clone());
            let name = format!("worker {index}");
            let work = move || {
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| worker.run(sinks)));
                let result = outcome.unwrap_or_else(|panic| Err(defect(panic.as_ref())));
                if let Err(error) = result {
                    watched.abort(error);
                }
                watched.worker_ended();
                match desk {
                    Some(desk) => desk.report(index, 0, Report::Gone),
                    None => main.unpark(),
                }
            };
            let failed = |error| Error::new(ErrorKind::Resource, format!("cannot start {name}: {error}"));
            match std::thread::Builder::new().name(name.clone()).spawn(work) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    control.abort(failed(error));
                    control.worker_ended();
                }
            }
        }
        let coordinator = match coordinator {
            Some(coordinator) => Some(coordinator.run()),
            None => {
                attend(&commands, &control, &clock, MemoryLimit::new(memory_limit));
                None
            }
        };
        for thread in threads {
            // A panic has become an error before the thread ends.
            let _ = thread.join();
        }
        let is_finished = coordinator.as_ref().is_none_or(Coordinator::is_finished);
        let verdict = coordinator.as_ref().map_or(Ok(()), Coordinator::verdict);
        let outcome = control.outcome().and(verdict).map(|()| match is_finished {
            _ if control.is_cancelled() => End::Cancelled,
            true => End::Finished,
            false => End::Stopped,
        });
        (outcome, coordinator.map(Coordinator::into_archive), control.has_restore_failed())
    }
}

/// Does what is asked for where no checkpoints are taken, until every worker has ended.
fn attend(commands: &Commands, control: &Control, clock: &Clock, mut memory: MemoryLimit) {
    let off = || Error::new(ErrorKind::Usage, "this application takes no checkpoints, so there is no savepoint either");
    while !control.is_over() {
        while let Some(command) = commands.take() {
            match command {
                Command::Savepoint { answer, .. } => answer.send(Err(off())),
                Command::Stop { savepoint: Some(_), answer } => answer.send(Err(off())),
                Command::Stop { savepoint: None, answer } => {
                    control.stop();
                    answer.send(Ok(None));
                }
                Command::Cancel { answer } => {
                    control.cancel();
                    answer.send(Ok(()));
                }
            }
        }
        if let Some(error) = memory.exceeded(clock.monotonic()) {
            control.abort(error);
        }
        std::thread::park_timeout(LOOK);
    }
}

/// Where a panic ends the process, as in the release profile, it ends as a defect does: with a message and an exit code.
/// Where it does not, the worker's thread tells the others.
pub(super) fn report_panics() {
    if cfg!(panic = "abort") {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
            let error = defect(panic.payload());
            log::error(&format!("{error}{place}"));
            std::process::exit(i32::from(error.kind().exit_code()));
        }));
    }
}

fn defect(panic: &(dyn Any + Send)) -> Error {
    let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Error::new(ErrorKind::Internal, format!("this is a defect of sqlc, please report it: {message}"))
}
