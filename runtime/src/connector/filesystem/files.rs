//! The files that the workers share between them: which there are, and who reads which.

use super::discover::Place;
use super::position::Position;
use crate::connector::{ConnectorContext, SplitId, SplitState, TableConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::order;
use crate::time::Clock;
use crate::value::Timestamp;
use std::collections::{HashMap, HashSet, VecDeque};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// After how many microseconds a file that was read and is gone is forgotten, so that checkpoints of a watched folder do
/// not grow for ever. A file of that name is a new one from then on.
const FORGET_AFTER: i64 = 60 * 60 * 1_000_000;

pub(super) struct Files {
    table: &'static str,
    place: Place,
    /// Each must be the name of a folder `key=value` on the way to every file.
    partition_keys: &'static [&'static str],
    /// How often to look for new files, in microseconds; never if `None`.
    monitor: Option<i64>,
    /// Whether a restart is to go on where reading was.
    checkpoints: bool,
    clock: Clock,
    waiting: VecDeque<PathBuf>,
    seen: HashMap<Arc<str>, Seen>,
    looked: Timestamp,
    splits: u32,
    /// How many files were forgotten.
    forgotten: u64,
}

/// What is known of a file that is not new.
#[derive(Clone, Copy, Default)]
struct Seen {
    is_read: bool,
    gone_since: Option<Timestamp>,
}

/// What to read next.
pub(super) enum Next {
    File(PathBuf, SplitId),
    Later,
    Nothing,
}

/// What a checkpoint says about the files of a table.
#[derive(Default)]
pub(super) struct RestoredFiles {
    pub read: Vec<Arc<str>>,
    pub begun: Vec<(PathBuf, Position)>,
}

impl RestoredFiles {
    pub(super) fn new(splits: &[SplitState]) -> Result<Self> {
        let mut restored = RestoredFiles::default();
        for SplitState { split, state } in splits {
            match Position::parse(state) {
                Some(Position::Read) => restored.read.push(Arc::from(split.as_str())),
                Some(position) => restored.begun.push((PathBuf::from(split), position)),
                None => {
                    let message = format!("the checkpoint says '{state}' of {split}, which means nothing");
                    return Err(Error::new(ErrorKind::Data, message));
                }
            }
        }
        order::sort_by(&mut restored.begun, |one, other| one.0.cmp(&other.0));
        Ok(restored)
    }
}

impl Files {
    pub(super) fn new(table: &TableConfig, place: Place, context: &ConnectorContext) -> Result<Self> {
        let monitor = table.options.duration("source.monitor-interval")?.filter(|interval| !interval.is_zero());
        Ok(Files {
            table: table.name,
            place,
            partition_keys: table.partition_keys,
            monitor: monitor.map(|interval| i64::try_from(interval.as_micros()).unwrap_or(i64::MAX)),
            checkpoints: context.checkpoints,
            clock: context.clock.clone(),
            waiting: VecDeque::new(),
            seen: HashMap::new(),
            looked: context.clock.monotonic(),
            splits: 0,
            forgotten: 0,
        })
    }

    /// Finds the files that there are at the start, other than those that a checkpoint knows.
    pub(super) fn start(&mut self, restored: &RestoredFiles) -> Result<()> {
        let read = restored.read.iter().map(|name| (Arc::clone(name), Seen { is_read: true, gone_since: None }));
        let begun = restored.begun.iter().map(|(path, _)| (name(path), Seen::default()));
        self.seen.extend(read.chain(begun));
        self.look()?;
        let is_empty = self.waiting.is_empty() && self.seen.is_empty();
        if is_empty && self.monitor.is_none() {
            let message = format!("table {}: there is no file in {}", self.table, self.place.path().display());
            crate::job::log::warn(&message);
        }
        Ok(())
    }

    fn look(&mut self) -> Result<()> {
        let files = self.place.files()?;
        if self.monitor.is_some() {
            self.forget(&files);
        }
        for file in files {
            self.check_folders(&file)?;
            let name = name(&file);
            if self.seen.contains_key(&name) {
                continue;
            }
            if self.checkpoints && !file.is_file() {
                crate::job::log::warn(&format!(
                    "table {}: {} cannot be read again: what was read from it since the last checkpoint is lost if the \
                     application ends unexpectedly",
                    self.table,
                    file.display()
                ));
            }
            // A bounded source looks once and need not remember.
            if self.monitor.is_some() {
                self.seen.insert(name, Seen::default());
            }
            self.waiting.push_back(file);
        }
        Ok(())
    }

    /// Forgets files that have been gone for long. A folder that is empty may be one that is not there right now, so its
    /// files are not called gone.
    fn forget(&mut self, files: &[PathBuf]) {
        let now = self.clock.monotonic();
        let there: HashSet<Arc<str>> = files.iter().map(|file| name(file)).collect();
        let folders: HashSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
        let before = self.seen.len();
        self.seen.retain(|name, seen| {
            let is_gone = !there.contains(name) && Path::new(&**name).parent().is_some_and(|it| folders.contains(it));
            seen.gone_since = is_gone.then(|| seen.gone_since.unwrap_or(now));
            let is_old = seen.gone_since.is_some_and(|since| now.0.saturating_sub(since.0) >= FORGET_AFTER);
            !(seen.is_read && is_old)
        });
        self.forgotten += (before - self.seen.len()) as u64;
    }

    /// Flink reads nothing from a file outside the folders, and does not say so.
    fn check_folders(&self, file: &Path) -> Result<()> {
        let folders = || file.parent().into_iter().flat_map(Path::iter).filter_map(|folder| folder.to_str());
        let is_there =
            |key: &&str| folders().any(|folder| folder.split_once('=').is_some_and(|(name, _)| name == *key));
        match self.partition_keys.iter().find(|key| !is_there(key)) {
            None => Ok(()),
            Some(key) => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "PARTITIONED BY ({}) means folders named {key}=value, but {} is in none",
                    self.partition_keys.join(", "),
                    file.display()
                ),
            )),
        }
    }

    pub(super) fn next(&mut self) -> Result<Next> {
        if self.waiting.is_empty()
            && let Some(interval) = self.monitor
        {
            let now = self.clock.monotonic();
            if now.0.saturating_sub(self.looked.0) < interval {
                return Ok(Next::Later);
            }
            self.looked = now;
            self.look()?;
        }
        match (self.waiting.pop_front(), self.monitor) {
            (Some(file), _) => Ok(Next::File(file, self.number())),
            (None, Some(_)) => Ok(Next::Later),
            (None, None) => Ok(Next::Nothing),
        }
    }

    /// The number of a split that begins.
    pub(super) fn number(&mut self) -> SplitId {
        self.splits += 1;
        SplitId(self.splits - 1)
    }

    /// Nothing is left to read of this file.
    pub(super) fn was_read(&mut self, name: &str) {
        if let Some(seen) = self.seen.get_mut(name) {
            seen.is_read = true;
        }
    }

    /// Drops from the list of files read those that were forgotten since it had come to `forgotten`.
    pub(super) fn drop_forgotten(&self, read: &mut Vec<Arc<str>>, forgotten: &mut u64) {
        if std::mem::replace(forgotten, self.forgotten) != self.forgotten {
            read.retain(|name| self.seen.contains_key(name));
        }
    }
}

/// What a file is called as a split: its path, and something that tells it apart if not all of that is text.
pub(super) fn name(path: &Path) -> Arc<str> {
    match path.to_str() {
        Some(name) => Arc::from(name),
        None => Arc::from(format!("{} ({})", path.display(), path.as_os_str().as_bytes().escape_ascii())),
    }
}
