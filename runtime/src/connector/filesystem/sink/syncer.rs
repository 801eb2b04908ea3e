//! A thread that makes files durable, which may take long, while the worker goes on.

use crate::connector::Waker;
use crate::connector::filesystem::failed;
use crate::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};

/// How many complete files may wait, each of which is an open file.
const WAITING: usize = 16;

pub(super) struct Syncer {
    jobs: SyncSender<Job>,
    answers: Receiver<(u64, Result<()>)>,
    /// How many cuts were asked for.
    asked: u64,
    /// How many were answered.
    done: u64,
    /// A cut that found no room.
    waiting: Option<Job>,
    /// What could not be made durable: it stays so.
    failure: Option<Error>,
}

enum Job {
    /// A complete file.
    File(File, PathBuf),
    /// Asks whether everything so far is durable, and the file that is still being written.
    Cut(u64, Option<(File, PathBuf)>),
}

impl Syncer {
    pub(super) fn start(folder: PathBuf, waker: Waker) -> Result<Self> {
        let (jobs, wanted) = sync_channel(WAITING);
        let (answer, answers) = channel();
        let work = move || {
            let mut state = Ok(());
            let mut is_first = true;
            for job in wanted {
                match job {
                    Job::File(file, path) => state = state.and_then(|()| sync(&file, &path)),
                    Job::Cut(number, open) => {
                        // An error stays: the file that it is about will not be asked for again.
                        state = state.and_then(|()| open.map_or(Ok(()), |(file, path)| sync(&file, &path)));
                        state = state.and_then(|()| sync_folder(&folder));
                        if std::mem::take(&mut is_first) {
                            sync_parents(&folder);
                        }
                        if answer.send((number, state.clone())).is_err() {
                            return;
                        }
                        waker.wake();
                    }
                }
            }
        };
        let started = std::thread::Builder::new().name("part files".to_owned()).spawn(work);
        started.map_err(|error| Error::new(ErrorKind::Resource, format!("cannot start a thread: {error}")))?;
        Ok(Syncer { jobs, answers, asked: 0, done: 0, waiting: None, failure: None })
    }

    /// Makes a complete file durable. Waits if too many are waiting already.
    pub(super) fn sync(&mut self, file: File, path: PathBuf) -> Result<()> {
        if let Some(cut) = self.waiting.take() {
            self.jobs.send(cut).map_err(|_| gone())?;
        }
        self.jobs.send(Job::File(file, path)).map_err(|_| gone())
    }

    /// Asks for everything so far, and for a file that is still being written.
    pub(super) fn cut(&mut self, open: Option<(File, PathBuf)>) {
        self.asked += 1;
        self.waiting = Some(Job::Cut(self.asked, open));
        self.push();
    }

    fn push(&mut self) {
        let Some(cut) = self.waiting.take() else { return };
        if let Err(TrySendError::Full(cut)) = self.jobs.try_send(cut) {
            self.waiting = Some(cut);
        }
    }

    /// Whether what was asked for last is durable.
    pub(super) fn is_done(&mut self) -> Result<bool> {
        self.push();
        while let Ok((number, outcome)) = self.answers.try_recv() {
            self.answered(number, outcome);
        }
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(self.done == self.asked),
        }
    }

    /// Waits until what was asked for last is durable.
    pub(super) fn wait(&mut self) -> Result<()> {
        if let Some(cut) = self.waiting.take() {
            self.jobs.send(cut).map_err(|_| gone())?;
        }
        while self.done < self.asked {
            let (number, outcome) = self.answers.recv().map_err(|_| gone())?;
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
