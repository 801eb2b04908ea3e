//! Which checkpoints there are, which one to go on from, and which are no longer needed.

use super::manifest::{Manifest, OTHER_VERSION};
use super::place::{Kind, MANIFEST, Place, is_ours};
use super::set_aside;
use super::storage::{Listed, Storage};
use crate::connector::CheckpointId;
use crate::error::{Error, ErrorKind, Result};
use crate::order::{self, Map, Set};

/// The complete and undamaged checkpoints and savepoints of a storage.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Newest first.
    manifests: Vec<Manifest>,
    /// The highest number in use, also by what is damaged or not complete.
    last: CheckpointId,
    /// The folders of those that the application has gone back behind.
    set_aside: Set<String>,
    /// The newest that another version of sqlc has written, and what is said of it.
    foreign: Option<(CheckpointId, String)>,
}

impl History {
    /// Looks through a storage. Answers also what is skipped, and why: a message each, newest first. Checkpoints are
    /// skipped whose manifest is missing or damaged, or that lack a file or have one of another size. Folders without a
    /// manifest that are older than a complete checkpoint are nothing special: they have files that a later one speaks
    /// of, or will be removed with the next. Checksums of files are left to [`FileReader`](super::FileReader). Those that
    /// are [set aside](History::go_on_from) are skipped too.
    pub fn read(storage: &dyn Storage) -> Result<(History, Vec<String>)> {
        let mut history = History { set_aside: set_aside::read(storage)?, ..History::default() };
        let mut skipped = Vec::new();
        let sizes = sizes(storage)?;
        for place in places(&sizes) {
            history.last = history.last.max(place.id);
            if history.set_aside.contains(&place.folder) {
                skipped.push(format!(
                    "{}/{place} is skipped: the application has since gone on from an older one",
                    storage.location()
                ));
                continue;
            }
            match load(storage, &place.folder, &sizes) {
                Ok(Some(manifest)) => history.manifests.push(manifest),
                Ok(None) if !history.manifests.is_empty() => {}
                Ok(None) => skipped.push(format!(
                    "{}/{place} is skipped: it was not completed, there is no {MANIFEST}",
                    storage.location()
                )),
                Err(error) if error.kind() == ErrorKind::Data => {
                    if error.message().ends_with(OTHER_VERSION)
                        && history.foreign.as_ref().is_none_or(|known| known.0 < place.id)
                    {
                        history.foreign = Some((place.id, error.message().to_owned()));
                    }
                    skipped.push(format!("{}/{place} is skipped: {}", storage.location(), error.message()));
                }
                Err(error) => return Err(error),
            }
        }
        order::sort_by_key(&mut history.manifests, |manifest| std::cmp::Reverse(manifest.place.id));
        history.last = history.manifests.first().map_or(0, |newest| newest.place.id).max(history.last);
        Ok((history, skipped))
    }

    /// The checkpoint to go on from: the newest, or the newest savepoint if that was taken later.
    pub fn newest(&self) -> Option<&Manifest> {
        self.manifests.first()
    }

    /// What is said of a checkpoint of another version of sqlc that is newer than all that can be read. To begin anew, or
    /// to go on from an older one, would do again what is done.
    pub fn newer_of_another_version(&self) -> Option<&str> {
        let newest = self.newest().map_or(0, |newest| newest.place.id);
        self.foreign.as_ref().filter(|(id, _)| *id > newest).map(|(_, said)| said.as_str())
    }

    /// All of them, newest first.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// A number for the next checkpoint, higher than all in use.
    pub fn next_id(&mut self) -> CheckpointId {
        self.last += 1;
        self.last
    }

    /// The application goes on from this checkpoint, which may be from elsewhere: later ones get higher numbers. Newer
    /// ones are set aside before sinks undo what came after it, since a start that found them then would take for
    /// written what is no longer there.
    pub fn go_on_from(&mut self, storage: &dyn Storage, manifest: &Manifest) -> Result<()> {
        self.last = self.last.max(manifest.place.id);
        let is_here = self.manifests.contains(manifest) || self.set_aside.contains(&manifest.place.folder);
        let is_newer = |other: &Manifest| !is_here || other.place.id > manifest.place.id;
        let mut set_aside = self.set_aside.clone();
        set_aside.remove(&manifest.place.folder);
        set_aside.extend(self.manifests.iter().filter(|other| is_newer(other)).map(|other| other.place.folder.clone()));
        if set_aside != self.set_aside {
            set_aside::write(storage, &set_aside)?;
            self.manifests.retain(|other| !set_aside.contains(&other.place.folder));
            self.set_aside = set_aside;
        }
        Ok(())
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
        let mut kept: Set<&str> = Set::new();
        let manifests: Vec<String> = self.manifests.iter().map(|manifest| manifest.place.manifest()).collect();
        kept.extend(manifests.iter().map(String::as_str));
        kept.extend(self.manifests.iter().flat_map(|manifest| manifest.files.keys()).map(String::as_str));
        remove(storage, |place, file| place.id <= newest && !kept.contains(file))?;
        // Savepoints stay, and stay set aside as long as somebody might take them for the newest.
        let before = self.set_aside.len();
        self.set_aside.retain(|folder| Place::parse(folder).is_some_and(|place| place.kind == Kind::Savepoint));
        match self.set_aside.len() < before {
            true => set_aside::write(storage, &self.set_aside),
            false => Ok(()),
        }
    }

    /// The application has finished: nothing will go on from its checkpoints. Savepoints stay.
    pub fn finished(&mut self, storage: &dyn Storage) -> Result<()> {
        self.manifests.retain(|manifest| manifest.place.kind == Kind::Savepoint);
        let kept = self.manifests.iter().flat_map(|manifest| manifest.files.keys());
        let kept: Set<&str> = kept.map(String::as_str).collect();
        remove(storage, |_, file| !kept.contains(file))?;
        match std::mem::take(&mut self.set_aside).is_empty() {
            true => Ok(()),
            false => set_aside::write(storage, &Set::new()),
        }
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
fn sizes(storage: &dyn Storage) -> Result<Map<String, u64>> {
    let mut sizes = Map::new();
    for prefix in ["chk-", "savepoint-"] {
        sizes.extend(storage.list(prefix)?.into_iter().map(|Listed { name, size }| (name, size)));
    }
    Ok(sizes)
}

/// The folders of checkpoints and savepoints, newest first.
fn places(sizes: &Map<String, u64>) -> Vec<Place> {
    let ours = sizes.keys().filter_map(|name| name.split_once('/')).filter(|(_, file)| is_ours(file));
    let folders: Set<&str> = ours.map(|(folder, _)| folder).collect();
    let mut places: Vec<Place> = folders.iter().filter_map(|folder| Place::parse(folder)).collect();
    order::sort_by_key(&mut places, |place| std::cmp::Reverse(place.id));
    places
}

fn load(storage: &dyn Storage, folder: &str, sizes: &Map<String, u64>) -> Result<Option<Manifest>> {
    let Some(manifest) = Manifest::read(storage, folder)? else { return Ok(None) };
    for (name, file) in manifest.files.iter() {
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
    order::sort_by_key(&mut names, |name| !name.ends_with(MANIFEST));
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
