//! A whole application at work: from open pipelines to the last record written.

use super::app::App;
use super::commands::Commands;
use super::metrics::Registry;
use super::overrides::Overrides;
use super::select::SelectForm;
use super::settings::Settings;
use super::wiring::Wiring;
use super::worker::Worker;
use crate::connector::print::Output;
use crate::connector::{ConnectorContext, Waker};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Clock;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The longest sleep of a worker: signals and simulated clocks wake nobody.
const SLEEP: Duration = Duration::from_millis(50);

/// How one run of an application differs from another.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub overrides: Overrides,
    /// How many workers; the settings decide if it is `None`.
    pub parallelism: Option<usize>,
    pub clock: Clock,
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

/// Asks a running application to stop: it reads no more, completes what it has read, and ends.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// The flag itself, for signal handlers.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Job {
    /// Opens the application's pipelines and runs them to the end of their input, to a stop, or to the first
    /// error of a worker.
    pub fn run(&self, app: &App) -> Result<()> {
        let _listening = self.commands.listen();
        let mut overrides = self.overrides.clone();
        let settings = Settings::new(&overrides.settings(app.settings))?;
        let workers = self.parallelism.unwrap_or(settings.parallelism);
        let control = Arc::new(Control::new(workers, self.stop.clone()));
        let wakers = (0..workers).map(|worker| control.waker(worker)).collect();
        let mut context = ConnectorContext::new(app.name, wakers, self.clock.clone(), self.metrics.clone());
        context.retry_timeout = settings.retry_timeout;
        let connectors = Arc::clone(&app.connectors);
        let output = self.output.clone();
        let mut wiring = Wiring::new(settings, connectors, context, overrides, self.select_form, output);
        wiring.describe(app.description);
        let mut opened = Vec::with_capacity(workers);
        for index in 0..workers {
            wiring.begin(index);
            let pipeline = (app.open)(&mut wiring)?;
            let wires = wiring.finish()?;
            opened.push(Worker::new(index, workers, pipeline, wires, self.clock.clone(), Arc::clone(&control)));
        }
        drop(wiring);
        run_workers(opened, &control)
    }
}

/// One thread each; the first error stops the others.
fn run_workers(opened: Vec<(Worker, Vec<super::sink::OpenSink>)>, control: &Arc<Control>) -> Result<()> {
    let mut threads = Vec::with_capacity(opened.len());
    for (worker, sinks) in opened {
        let (index, watched) = (worker.index, Arc::clone(control));
        let name = format!("worker {index}");
        let work = move || {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| worker.run(sinks)));
            let result = outcome.unwrap_or_else(|panic| Err(defect(panic.as_ref())));
            if let Err(error) = result {
                watched.abort(error);
            }
        };
        let failed = |error| Error::new(ErrorKind::Resource, format!("cannot start {name}: {error}"));
        match std::thread::Builder::new().name(name.clone()).spawn(work) {
            Ok(thread) => threads.push(thread),
            Err(error) => control.abort(failed(error)),
        }
    }
    for thread in threads {
        // A panic has become an error before the thread ends.
        let _ = thread.join();
    }
    control.outcome()
}

/// Where a panic ends the process, as in the release profile, it ends as a defect does: with a message and an exit code.
/// Where it does not, the worker's thread tells the others.
pub(super) fn report_panics() {
    if cfg!(panic = "abort") {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
            let error = defect(panic.payload());
            super::log::error(&format!("{error}{place}"));
            std::process::exit(i32::from(error.kind().exit_code()));
        }));
    }
}

fn defect(panic: &(dyn Any + Send)) -> Error {
    let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Error::new(ErrorKind::Internal, format!("this is a defect of sqlc, please report it: {message}"))
}

/// What the workers of one run share.
pub(super) struct Control {
    stop: Stop,
    aborted: AtomicBool,
    error: Mutex<Option<Error>>,
    bells: Vec<Arc<Bell>>,
}

/// Wakes one worker.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    condition: Condvar,
}

impl Control {
    fn new(workers: usize, stop: Stop) -> Self {
        let bells = (0..workers).map(|_| Arc::default()).collect();
        Control { stop, aborted: AtomicBool::new(false), error: Mutex::default(), bells }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.0.load(Ordering::Acquire)
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// Ends the run with this error, unless it is already ending with another.
    fn abort(&self, error: Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.aborted.store(true, Ordering::Release);
        self.bells.iter().for_each(|bell| bell.ring());
    }

    fn outcome(&self) -> Result<()> {
        match self.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn waker(&self, worker: usize) -> Waker {
        let bell = Arc::clone(&self.bells[worker]);
        Waker::new(move || bell.ring())
    }

    /// Sleeps until woken, at most [`SLEEP`].
    pub(super) fn sleep(&self, worker: usize) {
        self.sleep_for(worker, SLEEP);
    }

    pub(super) fn sleep_for(&self, worker: usize, longest: Duration) {
        let bell = &self.bells[worker];
        let rung = bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = bell.condition.wait_timeout_while(rung, longest, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

impl Bell {
    fn ring(&self) {
        // Waking a thread is a call of the operating system: once is enough until the worker has slept again.
        let was_rung = std::mem::replace(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner), true);
        if !was_rung {
            self.condition.notify_one();
        }
    }
}
