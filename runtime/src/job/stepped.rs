//! A run that somebody else drives: one step of one worker or of the coordinator at a time, all on one thread.
//!
//! With a simulated clock, seeded chance, and connectors and storage that do as they are told, a run follows from the
//! order in which its parts are asked for steps. Dropping it is a crash. Who takes which step when, and what goes wrong
//! around it, is left to simulators.

use super::app::App;
use super::coordinator::Coordinator;
use super::desk::{Desk, Report};
use super::run::{Attempts, Job, Opened};
use super::run_control::Control;
use super::sink::{self, OpenSink};
use super::worker::{Step, Worker};
use crate::checkpoint::Storage;
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

/// An application at work, between two steps.
pub struct Stepped {
    attempts: Attempts,
    control: Arc<Control>,
    desk: Option<Arc<Desk>>,
    coordinator: Option<Coordinator>,
    seats: Vec<Seat>,
}

/// Where a worker is, if it has not ended.
enum Seat {
    New(Box<Worker>, Vec<OpenSink>),
    Working(Box<Worker>, Vec<OpenSink>),
    Ended,
}

/// What a worker wants after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Again,
    /// It would sleep, for so long at most.
    Wait(Duration),
    /// It has ended, maybe before.
    Ended,
}

/// How a run has come to an end.
pub enum Ending {
    /// The input has ended, and everything that came of it is written.
    Finished,
    /// Somebody has asked for it.
    Stopped,
    Failed(Error),
    /// The checkpoint could not be read: the run begins again with the one before.
    Again(Box<Stepped>),
}

impl Stepped {
    /// Opens the pipelines of an application, to go on from the newest checkpoint in `storage` as the job says. Without
    /// a storage none are taken, unless the job names a place.
    pub fn open(job: &Job, app: &App, storage: Option<Arc<dyn Storage>>) -> Result<Self> {
        Stepped::attempt(Attempts::new(job, app, storage)?, job, app)
    }

    fn attempt(mut attempts: Attempts, job: &Job, app: &App) -> Result<Self> {
        let opened = attempts.open(job, app)?;
        let coordinator = opened.coordinator(attempts.recovery.take_archive());
        let Opened { workers, control, desk, .. } = opened;
        let seats = workers.into_iter().map(|(worker, sinks)| Seat::New(Box::new(worker), sinks)).collect();
        Ok(Stepped { attempts, control, desk, coordinator, seats })
    }

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        self.seats.len()
    }

    /// Has a worker do its next piece of work.
    pub fn work(&mut self, index: usize) -> Progress {
        let (mut worker, sinks, is_new) = match std::mem::replace(&mut self.seats[index], Seat::Ended) {
            Seat::New(worker, sinks) => (worker, sinks, true),
            Seat::Working(worker, sinks) => (worker, sinks, false),
            Seat::Ended => return Progress::Ended,
        };
        sink::install(sinks);
        let step = match is_new {
            true => worker.start().map(|()| Step::Again),
            false => worker.step(),
        };
        let sinks = sink::install(Vec::new());
        let progress = match step {
            Ok(Step::Again) => Progress::Again,
            Ok(Step::Wait(longest)) => Progress::Wait(longest),
            Ok(Step::Done) => Progress::Ended,
            Err(error) => {
                self.control.abort(error);
                Progress::Ended
            }
        };
        if progress != Progress::Ended {
            self.seats[index] = Seat::Working(worker, sinks);
            return progress;
        }
        self.control.worker_ended();
        if let Some(desk) = &self.desk {
            desk.report(index, 0, Report::Gone);
        }
        progress
    }

    /// Has the coordinator of checkpoints look at what is due, and hear one report; answers whether there was one.
    pub fn coordinate(&mut self) -> bool {
        let (Some(coordinator), Some(desk)) = (&mut self.coordinator, &self.desk) else { return false };
        coordinator.poll();
        let reported = desk.take_report(Duration::ZERO);
        let is_some = reported.is_some();
        reported.into_iter().for_each(|reported| coordinator.hear(reported));
        is_some
    }

    /// Whether every worker has ended.
    pub fn is_over(&self) -> bool {
        self.control.is_over()
    }

    /// What the run has come to, once it is over.
    pub fn end(mut self, job: &Job, app: &App) -> Ending {
        let is_finished = self.coordinator.as_ref().is_none_or(Coordinator::is_finished);
        let verdict = self.coordinator.as_ref().map_or(Ok(()), Coordinator::verdict);
        let outcome = self.control.outcome().and(verdict);
        self.attempts.recovery.ended(self.coordinator.map(Coordinator::into_archive));
        let ended = match outcome {
            Err(error) if self.control.has_restore_failed() && error.kind() == ErrorKind::Data => {
                let mut attempts = self.attempts;
                let skipped = attempts.recovery.skip(error);
                return match skipped.and_then(|()| Stepped::attempt(attempts, job, app)) {
                    Ok(again) => Ending::Again(Box::new(again)),
                    Err(error) => Ending::Failed(error),
                };
            }
            outcome => outcome.and_then(|()| self.attempts.recovery.finish(is_finished)),
        };
        match ended {
            Err(error) => Ending::Failed(error),
            Ok(()) if is_finished => Ending::Finished,
            Ok(()) => Ending::Stopped,
        }
    }
}
