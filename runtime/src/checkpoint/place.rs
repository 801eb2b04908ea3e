//! What the folders and files of checkpoints are called.

use crate::connector::CheckpointId;
use crate::value::Timestamp;
use std::fmt;

/// The name of the manifest in a checkpoint's folder.
pub const MANIFEST: &str = "manifest.json";

/// What a checkpoint was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To go on from after a failure; removed when newer ones are there.
    Checkpoint,
    /// Because somebody asked for it; never removed, and in need of no other one.
    Savepoint,
}

/// The folder of a checkpoint: `chk-000042`, `savepoint-20261123T093000Z-42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub kind: Kind,
    pub id: CheckpointId,
    /// The folder's name, which a user may have changed that of a savepoint to.
    pub folder: String,
}

impl Place {
    pub fn checkpoint(id: CheckpointId) -> Self {
        Place { kind: Kind::Checkpoint, id, folder: format!("chk-{id:06}") }
    }

    /// The folder of a savepoint that is taken now.
    pub fn savepoint(id: CheckpointId, now: Timestamp) -> Self {
        let second = Timestamp(now.0.div_euclid(1_000_000) * 1_000_000);
        let time: String = crate::value::print::instant(second).as_str().replace([':', '-'], "");
        Place { kind: Kind::Savepoint, id, folder: format!("savepoint-{time}-{id}") }
    }

    /// The place that a folder of that name is; `None` if it is something else.
    pub fn parse(folder: &str) -> Option<Place> {
        let (kind, id) = match folder.strip_prefix("chk-") {
            Some(id) if id.len() >= 6 => (Kind::Checkpoint, id),
            Some(_) => return None,
            None => (Kind::Savepoint, folder.strip_prefix("savepoint-")?.rsplit_once('-')?.1),
        };
        if !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Place { kind, id: id.parse().ok()?, folder: folder.to_owned() })
    }

    /// The manifest's name in the storage.
    pub fn manifest(&self) -> String {
        format!("{}/{MANIFEST}", self.folder)
    }

    /// The name of the file with a worker's state.
    pub fn state(&self, worker: usize) -> String {
        format!("{}/worker-{worker}.state", self.folder)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.folder)
    }
}

/// Whether a file is one that checkpoints are made of, so that nothing else is ever removed.
pub fn is_ours(file: &str) -> bool {
    let worker = file.strip_prefix("worker-").and_then(|rest| rest.strip_suffix(".state"));
    file == MANIFEST
        || worker.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_what_they_hold() {
        let place = Place::checkpoint(42);
        assert_eq!(place.folder, "chk-000042");
        assert_eq!(place.manifest(), "chk-000042/manifest.json");
        assert_eq!(place.state(3), "chk-000042/worker-3.state");
        assert_eq!(Place::parse("chk-000042"), Some(place));
        assert_eq!(Place::parse("chk-1234567").unwrap().id, 1_234_567);
        let savepoint = Place::savepoint(7, Timestamp(1_795_426_200_123_456));
        assert_eq!(savepoint.folder, "savepoint-20261123T093000Z-7");
        assert_eq!(Place::parse(&savepoint.folder), Some(savepoint));
        // Flink's own folders, and whatever else lies about.
        for other in ["chk-42", "chk-00004x", "chk-99999999999999999999999", "savepoint-ab12-c", "savepoint", "src"] {
            assert_eq!(Place::parse(other), None, "{other}");
        }
    }

    #[test]
    fn only_what_checkpoints_are_made_of_is_theirs() {
        assert!(is_ours("manifest.json") && is_ours("worker-0.state") && is_ours("worker-12.state"));
        assert!(!is_ours("notes.txt") && !is_ours("worker-x.state") && !is_ours("_metadata"));
    }
}
