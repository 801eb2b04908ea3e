//! The checkpoints of one application: where they are kept, and what the next one builds on.

use super::app::App;
use super::log;
use super::settings::CheckpointSettings;
use crate::checkpoint::{About, Draft, History, Kind, Manifest, Place, Storage, failed};
use crate::connector::CheckpointId;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Timestamp;
use std::io::{self, Write};
use std::sync::Arc;

/// Over how many files the state of a worker may be spread before all of it is written anew.
const LONGEST_CHAIN: usize = 8;

pub(super) struct Archive {
    storage: Arc<dyn Storage>,
    history: History,
    about: About,
    settings: CheckpointSettings,
    /// The last checkpoint that this run has completed: the next one may refer to its files.
    base: Option<Arc<Manifest>>,
}

impl Archive {
    /// Claims the place where an application keeps its checkpoints and looks at what is there.
    pub fn open(storage: Arc<dyn Storage>, app: &App, settings: CheckpointSettings) -> Result<Self> {
        storage.claim()?.iter().for_each(|warning| log::warn(warning));
        let (history, skipped) = History::read(&*storage)?;
        skipped.iter().for_each(|message| log::warn(message));
        let about = About {
            application: app.name.to_owned(),
            version: app.version.to_owned(),
            compiler: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Archive { storage, history, about, settings, base: None })
    }

    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::clone(&self.storage)
    }

    /// The newest checkpoint that is complete and whose number is below `before`.
    pub fn newest(&self, before: CheckpointId) -> Option<&Manifest> {
        self.history.manifests().iter().find(|manifest| manifest.place.id < before)
    }

    /// Whether what is there may be gone on from, or may be begun anew without a word: not if another version of sqlc has
    /// written what is newest.
    pub fn check_version(&self) -> Result<()> {
        let Some(said) = self.history.newer_of_another_version() else { return Ok(()) };
        let message = format!("{said}; an application of that version can go on from it, and --no-restore begins anew");
        Err(Error::new(ErrorKind::Usage, message))
    }

    /// The run begins: it goes on from this checkpoint, or from none. Nothing is there yet that the next checkpoint could
    /// refer to.
    pub fn begin_run(&mut self, restored: Option<&Manifest>) -> Result<()> {
        self.base = None;
        self.storage.check_claim()?;
        restored.map_or(Ok(()), |restored| self.history.go_on_from(&*self.storage, restored))
    }

    /// Begins a checkpoint; a `whole` one refers to no other. Answers also its number, and whether only what changed
    /// is to be written.
    pub fn begin(&mut self, workers: usize, taken: Timestamp, whole: bool) -> (CheckpointId, bool, Draft) {
        let id = self.history.next_id();
        let base = self.base.clone().filter(|base| !whole && self.settings.incremental && is_short(base));
        let changes = base.is_some();
        (id, changes, Draft::new(self.storage(), Place::checkpoint(id), taken, workers, base))
    }

    /// Completes a checkpoint, and removes what is no longer needed.
    pub fn complete(&mut self, draft: Draft) -> Result<Arc<Manifest>> {
        let manifest = draft.complete(&self.about)?;
        let kept = self.history.completed(&*self.storage, manifest.clone(), self.settings.num_retained);
        if let Err(error) = kept {
            // It is tried again after the next one.
            log::warn(&format!("a checkpoint that is no longer needed cannot be removed: {error}"));
        }
        let manifest = Arc::new(manifest);
        self.base = Some(Arc::clone(&manifest));
        Ok(manifest)
    }

    /// The last checkpoint that this run has completed.
    pub fn completed(&self) -> Option<Arc<Manifest>> {
        self.base.clone()
    }

    /// Copies a whole checkpoint to where it stays; answers where that is.
    pub fn save(&self, manifest: &Manifest, target: &Arc<dyn Storage>) -> Result<String> {
        let place = Place::savepoint(manifest.place.id, manifest.taken);
        let moved = |file: &str| match file.rsplit_once('/') {
            Some((_, name)) => format!("{}/{name}", place.folder),
            None => file.to_owned(),
        };
        for file in manifest.files.keys() {
            let (from, to) = (format!("{}/{file}", self.storage.location()), moved(file));
            let Some(mut content) = self.storage.open(file)? else {
                return Err(Error::new(ErrorKind::Resource, format!("{from} is gone")));
            };
            let mut object = target.create(&to)?;
            let to = format!("{}/{to}", target.location());
            let copied = io::copy(&mut content, &mut object).and_then(|_| object.flush());
            copied.map_err(|error| failed("write", &to, &error))?;
            object.complete()?;
        }
        let mut saved = manifest.clone();
        saved.files = saved.files.iter().map(|(file, summary)| (moved(file), *summary)).collect();
        for state in saved.parts.iter_mut().flat_map(|part| &mut part.workers) {
            state.files.iter_mut().for_each(|file| *file = moved(file));
        }
        saved.place = place;
        saved.write(&**target)?;
        Ok(format!("{}/{}", target.location(), saved.place))
    }

    /// Nothing will go on from the checkpoints: they are removed, savepoints are not.
    pub fn remove_all(&mut self) -> Result<()> {
        self.history.finished(&*self.storage)
    }

    /// Others may keep checkpoints here from now on.
    pub fn release(&self) -> Result<()> {
        self.storage.release()
    }
}

/// Whether one more file is less to read than all state written anew: it is a file more for each worker, and what it
/// has anew is in the others for nothing.
fn is_short(base: &Manifest) -> bool {
    let states = || base.parts.iter().flat_map(|part| &part.workers);
    let longest = states().map(|state| state.files.len()).max().unwrap_or(0);
    let oldest: u64 = states().filter_map(|state| base.files.get(state.files.last()?)).map(|file| file.size).sum();
    let all: u64 = base.files.values().map(|file| file.size).sum();
    longest < LONGEST_CHAIN && (base.place.kind == Kind::Checkpoint && all <= oldest.saturating_mul(2).max(1 << 20))
}
