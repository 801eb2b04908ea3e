//! What is asked of a running application from outside: a savepoint, to stop, to give up.
//!
//! Those who ask wait; the job takes what is asked when it has time for it. How the wish got here is left to
//! whoever calls [`Commands`], and how it is fulfilled to the job.

use crate::error::{Error, ErrorKind, Result};
use crate::queue::{Receiver, Sender, queue};
use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The commands for one job. Cheap to clone; clones share their content.
#[derive(Clone, Debug, Default)]
pub struct Commands(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Command>,
    /// Nobody will take anything any more.
    has_ended: bool,
}

/// What somebody asks for. Who does not get an answer because the command is dropped is told that the application has
/// ended.
#[derive(Debug)]
pub enum Command {
    /// Take a savepoint, and go on.
    Savepoint {
        /// The folder or URL to write it under; `None` is where the settings say.
        target: Option<String>,
        /// Where it is, once it is complete.
        answer: Answer<String>,
    },
    /// Read no more, write out what has been read, take a last cut, and end.
    Stop {
        /// `None` is a checkpoint, as for SIGTERM; otherwise a savepoint, as for [`Command::Savepoint`].
        savepoint: Option<Option<String>>,
        /// Where the savepoint or checkpoint is, once it is complete; `None` if none was to be taken.
        answer: Answer<Option<String>>,
    },
    /// End without a last cut.
    Cancel {
        /// Given when the job has begun to end.
        answer: Answer<()>,
    },
}

/// Where the answer to a command goes.
#[derive(Debug)]
pub struct Answer<T>(Sender<Result<T>>);

impl<T> Answer<T> {
    /// Answers. Who has asked may have gone away; that is no error.
    pub fn send(self, answer: Result<T>) {
        let _ = self.0.send(answer);
    }
}

/// An answer that somebody waits for.
#[derive(Debug)]
pub struct Pending<T>(Receiver<Result<T>>);

impl<T> Pending<T> {
    /// Waits however long it takes.
    pub fn wait(self) -> Result<T> {
        // The sender goes away with the command, whatever becomes of that.
        self.0.recv().unwrap_or_else(|_| Err(ended()))
    }

    /// Waits for so long at most.
    pub fn wait_for(&self, patience: Duration) -> Option<Result<T>> {
        match self.0.recv_timeout(patience) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(ended())),
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Resource, "the application has ended")
}

/// Ends the commands of a job when it is dropped, so that nobody waits for a job that is over.
#[derive(Debug)]
pub struct Listening(Commands);

impl Commands {
    /// Takes a savepoint; says where it is once it is complete.
    pub fn savepoint(&self, target: Option<String>) -> Result<String> {
        self.ask_savepoint(target).wait()
    }

    /// Ends the job after a checkpoint, or a savepoint with a target or none. Says where that is, before the job has
    /// ended.
    pub fn stop(&self, savepoint: Option<Option<String>>) -> Result<Option<String>> {
        self.ask_stop(savepoint).wait()
    }

    /// Ends the job without a last checkpoint.
    pub fn cancel(&self) -> Result<()> {
        self.ask_cancel().wait()
    }

    /// As [`Commands::savepoint`], without waiting.
    pub fn ask_savepoint(&self, target: Option<String>) -> Pending<String> {
        self.ask(|answer| Command::Savepoint { target, answer })
    }

    /// As [`Commands::stop`], without waiting.
    pub fn ask_stop(&self, savepoint: Option<Option<String>>) -> Pending<Option<String>> {
        self.ask(|answer| Command::Stop { savepoint, answer })
    }

    /// As [`Commands::cancel`], without waiting.
    pub fn ask_cancel(&self) -> Pending<()> {
        self.ask(|answer| Command::Cancel { answer })
    }

    /// Whether the job has ended, so that nobody takes commands any more.
    pub fn has_ended(&self) -> bool {
        self.lock().has_ended
    }

    /// The job's side: what was asked first and not been taken yet.
    pub fn take(&self) -> Option<Command> {
        self.lock().waiting.pop_front()
    }

    /// The job's side: it takes commands until what comes back is dropped. Those that were given before the job began
    /// are waiting.
    pub fn listen(&self) -> Listening {
        self.lock().has_ended = false;
        Listening(self.clone())
    }

    fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Pending<T> {
        let (sender, receiver) = queue(1);
        let mut asked = self.lock();
        // Where nobody takes commands any more, this one goes away at once, and its answer says so.
        if !asked.has_ended {
            asked.waiting.push_back(command(Answer(sender)));
        }
        Pending(receiver)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.has_ended = true;
        let waiting = std::mem::take(&mut queue.waiting);
        // Whoever waits for an answer may ask something else at once.
        drop(queue);
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job that answers until it has taken this many commands, and drops the next.
    fn job(commands: &Commands, answers: usize) -> std::thread::JoinHandle<()> {
        let listening = commands.listen();
        let commands = commands.clone();
        std::thread::spawn(move || {
            let mut taken = 0;
            while taken <= answers {
                let Some(command) = commands.take() else {
                    std::thread::yield_now();
                    continue;
                };
                taken += 1;
                match command {
                    _ if taken > answers => {}
                    Command::Savepoint { target, answer } => answer.send(Ok(target.unwrap_or("here".to_owned()))),
                    Command::Stop { savepoint, answer } => answer.send(Ok(savepoint.map(|_| "saved".to_owned()))),
                    Command::Cancel { answer } => answer.send(Ok(())),
                }
            }
            drop(listening);
        })
    }

    #[test]
    fn whoever_asks_gets_an_answer() {
        let commands = Commands::default();
        let job = job(&commands, 5);
        assert_eq!(commands.savepoint(None).unwrap(), "here");
        assert_eq!(commands.savepoint(Some("there".to_owned())).unwrap(), "there");
        assert_eq!(commands.stop(None).unwrap(), None);
        assert_eq!(commands.stop(Some(None)).unwrap(), Some("saved".to_owned()));
        assert_eq!(commands.cancel(), Ok(()));
        // The job ends over this one.
        assert_eq!(commands.savepoint(None).unwrap_err().to_string(), "the application has ended");
        job.join().unwrap();
        assert_eq!(commands.cancel().unwrap_err().to_string(), "the application has ended");
    }

    #[test]
    fn what_waits_when_the_job_ends_is_answered() {
        let commands = Commands::default();
        let asking = commands.clone();
        let asked = std::thread::spawn(move || asking.stop(None));
        while commands.lock().waiting.is_empty() {
            std::thread::yield_now();
        }
        drop(commands.listen());
        assert_eq!(asked.join().unwrap().unwrap_err().kind(), ErrorKind::Resource);
    }
}
