//! Which checkpoint a run goes on from.

use super::app::App;
use super::archive::Archive;
use super::log;
use super::metrics::{CheckpointMetrics, Registry};
use super::run::{Job, Restore};
use crate::checkpoint::{History, Manifest, Restoration, Storage, StorageScheme, find, open_storage};
use crate::connector::CheckpointId;
use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;

/// What there is to go on from, over all attempts of one process to run an application.
pub(super) struct Recovery {
    archive: Option<Archive>,
    /// Where the application goes on from at first, if it does.
    origin: Option<(Arc<dyn Storage>, Manifest)>,
    /// Whether an older checkpoint may be taken in place of a damaged one.
    may_skip: bool,
}

impl Recovery {
    pub fn new(job: &Job, app: &App, options: &Options, archive: Option<Archive>) -> Result<Self> {
        let newest =
            |archive: &Archive| archive.newest(CheckpointId::MAX).map(|newest| (archive.storage(), newest.clone()));
        let origin = match &job.restore {
            Restore::No => None,
            Restore::Newest => {
                archive.as_ref().map_or(Ok(()), Archive::check_version)?;
                archive.as_ref().and_then(newest)
            }
            Restore::Path(path) => Some(named(path, &app.storages, options)?),
        };
        Ok(Recovery { archive, origin, may_skip: job.restore == Restore::Newest })
    }

    /// Whether checkpoints are taken.
    pub fn has_archive(&self) -> bool {
        self.archive.is_some()
    }

    pub fn take_archive(&mut self) -> Option<Archive> {
        self.archive.take()
    }

    /// A run is over.
    pub fn ended(&mut self, archive: Option<Archive>) {
        self.archive = archive;
        // What it has completed is newer than what it went on from.
        let completed = self.archive.as_ref().and_then(|archive| Some((archive.storage(), archive.completed()?)));
        if let Some((storage, manifest)) = completed {
            self.origin = Some((storage, (*manifest).clone()));
        }
    }

    /// The checkpoint that the next run goes on from.
    pub fn restoration(&mut self, metrics: &Registry) -> Result<Option<Restoration>> {
        if let Some(archive) = &mut self.archive {
            archive.begin_run(self.origin.as_ref().map(|(_, manifest)| manifest))?;
        }
        let Some((storage, manifest)) = &self.origin else { return Ok(None) };
        log::info(&format!("going on from {}/{}", storage.location(), manifest.place));
        CheckpointMetrics::new(metrics).restored(manifest.place.id, &storage.location());
        Ok(Some(Restoration::new(Arc::clone(storage), manifest.clone())))
    }

    /// The checkpoint that the last run was to go on from is damaged: the one before it is taken. One that cannot be read
    /// right now is not skipped.
    pub fn skip(&mut self, error: Error) -> Result<()> {
        let Some((storage, damaged)) = self.origin.take().filter(|_| self.may_skip) else { return Err(error) };
        log::warn(&format!("{}/{} is skipped: {error}", storage.location(), damaged.place));
        let older = self.archive.as_ref().and_then(|archive| archive.newest(damaged.place.id));
        let Some(older) = older else {
            let message = format!("{error}; there is no older checkpoint: --no-restore begins anew");
            return Err(Error::new(error.kind(), message));
        };
        self.origin = Some((storage, older.clone()));
        Ok(())
    }

    /// The application has ended. If it has finished nothing will go on from its checkpoints.
    pub fn finish(mut self, is_finished: bool) -> Result<()> {
        let Some(archive) = &mut self.archive else { return Ok(()) };
        if is_finished {
            archive.remove_all()?;
        }
        archive.release()
    }
}

/// The checkpoint or savepoint in a folder, or the newest of those in it.
fn named(path: &str, linked: &[Box<dyn StorageScheme>], options: &Options) -> Result<(Arc<dyn Storage>, Manifest)> {
    let trimmed = path.trim_end_matches('/');
    if let Some((parent, folder)) = trimmed.rsplit_once('/').or(Some((".", trimmed)))
        && !parent.is_empty()
        && !folder.is_empty()
    {
        let storage = open_storage(parent, linked, options)?;
        if let Some(manifest) = find(&*storage, folder)? {
            return Ok((storage, manifest));
        }
    }
    let storage = open_storage(trimmed, linked, options)?;
    let (history, skipped) = History::read(&*storage)?;
    skipped.iter().for_each(|message| log::warn(message));
    match history.newest() {
        Some(newest) => Ok((storage, newest.clone())),
        None => Err(Error::new(ErrorKind::Resource, format!("--restore {path}: there is no complete checkpoint"))),
    }
}
