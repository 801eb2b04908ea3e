//! Makes files durable, which may take long: on a thread, while the worker goes on.

use crate::connector::Waker;
use crate::connector::filesystem::failed;
use crate::error::{Error, ErrorKind, Result};
use crate::queue::{Receiver, Sender, queue};
use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::TrySendError;

/// How many complete files may wait, each of which is an open file.
const WAITING: usize = 16;

pub(super) struct Syncer {
    way: Way,
    /// How many cuts were asked for.
    asked: u64,
    /// How many were answered.
    done: u64,
    /// A cut that found no room.
    waiting: Option<Job>,
    /// What could not be made durable: it stays so.
    failure: Option<Error>,
}

/// Who does the work.
enum Way {
    Thread {
        jobs: Sender<Job>,
        answers: Receiver<(u64, Result<()>)>,
    },
    /// Whoever asks whether it is done: one job each time. For runs on one thread.
    Asker {
        jobs: VecDeque<Job>,
        work: Work,
    },
}

enum Job {
    /// A complete file.
    File(File, PathBuf),
    /// Asks whether everything so far is durable, and the file that is still being written.
    Cut(u64, Option<(File, PathBuf)>),
}

struct Work {
    folder: PathBuf,
    /// An error stays: the file that it is about will not be asked for again.
    state: Result<()>,
    is_first: bool,
}

impl Work {
    /// Does a job; of a cut the answer.
    fn take(&mut self, job: Job) -> Option<(u64, Result<()>)> {
        match job {
            Job::File(file, path) => {
                self.and(|| sync(&file, &path));
                None
            }
            Job::Cut(number, open) => {
                self.and(|| open.map_or(Ok(()), |(file, path)| sync(&file, &path)));
                let folder = self.folder.clone();
                self.and(|| sync_folder(&folder));
                if std::mem::take(&mut self.is_first) {
                    sync_parents(&folder);
                }
                Some((number, self.state.clone()))
            }
        }
    }

    fn and(&mut self, next: impl FnOnce() -> Result<()>) {
        if self.state.is_ok() {
            self.state = next();
        }
    }
}

impl Syncer {
    pub(super) fn start(folder: PathBuf, waker: Waker) -> Result<Self> {
        let (jobs, wanted) = queue(WAITING);
        let (answer, answers) = queue(usize::MAX);
        let mut work = Work { folder, state: Ok(()), is_first: true };
        let work = move || {
            for job in wanted {
                let Some(done) = work.take(job) else { continue };
                if answer.send(done).is_err() {
                    return;
                }
                waker.wake();
            }
        };
        let started = std::thread::Builder::new().name("part files".to_owned()).spawn(work);
        started.map_err(|error| Error::new(ErrorKind::Resource, format!("cannot start a thread: {error}")))?;
        Ok(Syncer::by(Way::Thread { jobs, answers }))
    }

    /// One that works when it is asked, for runs on one thread.
    pub(super) fn without_thread(folder: PathBuf) -> Self {
        Syncer::by(Way::Asker { jobs: VecDeque::new(), work: Work { folder, state: Ok(()), is_first: true } })
    }

    fn by(way: Way) -> Self {
        Syncer { way, asked: 0, done: 0, waiting: None, failure: None }
    }

    /// Makes a complete file durable. Waits if too many are waiting already.
    pub(super) fn sync(&mut self, file: File, path: PathBuf) -> Result<()> {
        if let Some(cut) = self.waiting.take() {
            self.send(cut)?;
        }
        self.send(Job::File(file, path))
    }

    fn send(&mut self, job: Job) -> Result<()> {
        match &mut self.way {
            Way::Thread { jobs, .. } => jobs.send(job).map_err(|_| gone()),
            Way::Asker { jobs, .. } => {
                jobs.push_back(job);
                Ok(())
            }
        }
    }

    /// Asks for everything so far, and for a file that is still being written.
    pub(super) fn cut(&mut self, open: Option<(File, PathBuf)>) {
        self.asked += 1;
        self.waiting = Some(Job::Cut(self.asked, open));
        self.push();
    }

    fn push(&mut self) {
        let Some(cut) = self.waiting.take() else { return };
        match &mut self.way {
            Way::Thread { jobs, .. } => {
                if let Err(TrySendError::Full(cut)) = jobs.try_send(cut) {
                    self.waiting = Some(cut);
                }
            }
            Way::Asker { jobs, .. } => jobs.push_back(cut),
        }
    }

    /// Whether what was asked for last is durable.
    pub(super) fn is_done(&mut self) -> Result<bool> {
        self.push();
        while let Some((number, outcome)) = self.answer() {
            self.answered(number, outcome);
        }
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(self.done == self.asked),
        }
    }

    fn answer(&mut self) -> Option<(u64, Result<()>)> {
        match &mut self.way {
            Way::Thread { answers, .. } => answers.try_recv().ok(),
            Way::Asker { jobs, work } => work.take(jobs.pop_front()?),
        }
    }

    /// Waits until what was asked for last is durable.
    pub(super) fn wait(&mut self) -> Result<()> {
        if let Some(cut) = self.waiting.take() {
            self.send(cut)?;
        }
        while self.done < self.asked {
            let (number, outcome) = match &mut self.way {
                Way::Thread { answers, .. } => answers.recv().map_err(|_| gone())?,
                Way::Asker { jobs, work } => match jobs.pop_front().map(|job| work.take(job)) {
                    Some(Some(answer)) => answer,
                    Some(None) => continue,
                    None => return Err(gone()),
                },
            };
            self.answered(number, outcome);
        }
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn answered(&mut self, number: u64, outcome: Result<()>) {
        self.done = number;
        if let Err(failure) = outcome {
            self.failure.get_or_insert(failure);
        }
    }
}

#[cold]
fn gone() -> Error {
    Error::new(ErrorKind::Internal, "the thread that makes part files durable is gone")
}

fn sync(file: &File, path: &Path) -> Result<()> {
    let is_there = || -> std::io::Result<bool> {
        file.sync_data()?;
        let (written, named) = (file.metadata()?, std::fs::metadata(path)?);
        Ok((written.dev(), written.ino()) == (named.dev(), named.ino()))
    };
    match is_there().map_err(|error| failed("write", path, &error))? {
        true => Ok(()),
        false => {
            let message = format!("{} was replaced by another file while it was written", path.display());
            Err(Error::new(ErrorKind::Resource, message))
        }
    }
}

/// Makes durable which names are in the folder.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| failed("write", folder, &error))
}

/// Folders on the way that were new are made durable as well as can be: some of them may not be ours to open.
fn sync_parents(folder: &Path) {
    for parent in folder.ancestors().skip(1) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let _ = File::open(parent).and_then(|parent| parent.sync_all());
    }
}
