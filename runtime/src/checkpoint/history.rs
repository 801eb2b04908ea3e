//! Which checkpoints there are, which one to go on from, and which are no longer needed.

use super::manifest::Manifest;
use super::place::{Kind, MANIFEST, Place, is_ours};
use super::storage::{Listed, Storage};
use crate::connector::CheckpointId;
use crate::error::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The complete and undamaged checkpoints and savepoints of a storage.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Newest first.
    manifests: Vec<Manifest>,
    /// The highest number in use, also by what is damaged or not complete.
    last: CheckpointId,
}

impl History {
    /// Looks through a storage. Answers also what is skipped, and why: a message each, newest first. Checkpoints are
    /// skipped whose manifest is missing or damaged, or that lack a file or have one of another size. Folders without a
    /// manifest that are older than a complete checkpoint are nothing special: they have files that a later one speaks
    /// of, or will be removed with the next. Checksums of files are left to [`FileReader`](super::FileReader).
    pub fn read(storage: &dyn Storage) -> Result<(History, Vec<String>)> {
        let mut history = History::default();
        let mut skipped = Vec::new();
        let sizes = sizes(storage)?;
        for place in places(&sizes) {
            history.last = history.last.max(place.id);
            match load(storage, &place.folder, &sizes) {
                Ok(Some(manifest)) => history.manifests.push(manifest),
                Ok(None) if !history.manifests.is_empty() => {}
                Ok(None) => skipped.push(format!(
                    "{}/{place} is skipped: it was not completed, there is no {MANIFEST}",
                    storage.location()
                )),
                Err(error) if error.kind() == ErrorKind::Data => {
                    skipped.push(format!("{}/{place} is skipped: {}", storage.location(), error.message()));
                }
                Err(error) => return Err(error),
            }
        }
        history.manifests.sort_by_key(|manifest| std::cmp::Reverse(manifest.place.id));
        history.last = history.manifests.first().map_or(0, |newest| newest.place.id).max(history.last);
        Ok((history, skipped))
    }

    /// The checkpoint to go on from: the newest, or the newest savepoint if that was taken later.
    pub fn newest(&self) -> Option<&Manifest> {
        self.manifests.first()
    }

    /// All of them, newest first.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// Forgets the newest, whose files have turned out to be damaged.
    pub fn skip_newest(&mut self) {
        if !self.manifests.is_empty() {
            self.manifests.remove(0);
        }
    }

    /// A number for the next checkpoint, higher than all in use.
    pub fn next_id(&mut self) -> CheckpointId {
        self.last += 1;
        self.last
    }

    /// Takes care that the next number is higher than that of a checkpoint from elsewhere.
    pub fn continue_from(&mut self, id: CheckpointId) {
        self.last = self.last.max(id);
    }

    /// A checkpoint is complete: keeps the newest `retained` checkpoints, every savepoint, and every file that one of
    /// these speaks of; removes all other files of checkpoints up to this one. What fails to be removed is tried again
    /// at the next.
    pub fn completed(&mut self, storage: &dyn Storage, manifest: Manifest, retained: usize) -> Result<()> {
        let newest = manifest.place.id;
        self.last = self.last.max(newest);
        self.manifests.retain(|other| other.place.folder != manifest.place.folder);
        self.manifests.insert(0, manifest);
        let mut checkpoints = 0;
        self.manifests.retain(|manifest| {
            let is_checkpoint = manifest.place.kind == Kind::Checkpoint;
            checkpoints += usize::from(is_checkpoint);
            !is_checkpoint || checkpoints <= retained.max(1)
        });
        let mut kept: BTreeSet<&str> = BTreeSet::new();
        let manifests: Vec<String> = self.manifests.iter().map(|manifest| manifest.place.manifest()).collect();
        kept.extend(manifests.iter().map(String::as_str));
        kept.extend(self.manifests.iter().flat_map(|manifest| manifest.files.keys()).map(String::as_str));
        remove(storage, |place, file| place.id <= newest && !kept.contains(file))
    }

    /// The application has finished: nothing will go on from its checkpoints. Savepoints stay.
    pub fn finished(&mut self, storage: &dyn Storage) -> Result<()> {
        self.manifests.retain(|manifest| manifest.place.kind == Kind::Savepoint);
        let kept: BTreeSet<&str> =
            self.manifests.iter().flat_map(|manifest| manifest.files.keys()).map(String::as_str).collect();
        remove(storage, |_, file| !kept.contains(file))
    }
}

/// The manifest in a folder, if its files are there: what `--restore` names. Of a folder without a manifest that holds
/// checkpoints, ask its [`History`].
pub fn find(storage: &dyn Storage, folder: &str) -> Result<Option<Manifest>> {
    let mut sizes = sizes(storage)?;
    sizes.extend(storage.list(&format!("{folder}/"))?.into_iter().map(|Listed { name, size }| (name, size)));
    load(storage, folder, &sizes)
}

/// The objects of checkpoints and savepoints and their sizes.
fn sizes(storage: &dyn Storage) -> Result<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    for prefix in ["chk-", "savepoint-"] {
        sizes.extend(storage.list(prefix)?.into_iter().map(|Listed { name, size }| (name, size)));
    }
    Ok(sizes)
}

/// The folders of checkpoints and savepoints, newest first.
fn places(sizes: &BTreeMap<String, u64>) -> Vec<Place> {
    let ours = sizes.keys().filter_map(|name| name.split_once('/')).filter(|(_, file)| is_ours(file));
    let folders: BTreeSet<&str> = ours.map(|(folder, _)| folder).collect();
    let mut places: Vec<Place> = folders.into_iter().filter_map(Place::parse).collect();
    places.sort_by_key(|place| std::cmp::Reverse(place.id));
    places
}

fn load(storage: &dyn Storage, folder: &str, sizes: &BTreeMap<String, u64>) -> Result<Option<Manifest>> {
    let Some(manifest) = Manifest::read(storage, folder)? else { return Ok(None) };
    for (name, file) in &manifest.files {
        let problem = match sizes.get(name) {
            None => "is missing".to_owned(),
            Some(size) if *size != file.size => format!("has {size} bytes instead of {}", file.size),
            Some(_) => continue,
        };
        return Err(Error::new(ErrorKind::Data, format!("{}/{name} {problem}", storage.location())));
    }
    Ok(Some(manifest))
}

/// Removes files of checkpoints, manifests first, so that no checkpoint ever lacks a file.
fn remove(storage: &dyn Storage, unneeded: impl Fn(&Place, &str) -> bool) -> Result<()> {
    let mut names: Vec<String> = storage.list("chk-")?.into_iter().map(|listed| listed.name).collect();
    names.sort_by_key(|name| !name.ends_with(MANIFEST));
    for name in names {
        let Some((folder, file)) = name.split_once('/') else { continue };
        if is_ours(file) && Place::parse(folder).is_some_and(|place| unneeded(&place, &name)) {
            storage.delete(&name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
