//! Files of the cache: written in one step, recognised when they have changed, thrown away when nobody uses them.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file's size and time when it was looked at; `None` if it was not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub path: PathBuf,
    pub stamp: Option<Stamp>,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub bytes: u64,
    /// Seconds and nanoseconds since 1970.
    pub modified: (u64, u32),
}

impl Seen {
    pub fn new(path: PathBuf) -> Seen {
        let stamp = stamp(&path);
        Seen { path, stamp }
    }

    pub fn is_unchanged(&self) -> bool {
        stamp(&self.path) == self.stamp
    }
}

/// The stamp of what lies at `path`, if something does.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let file = fs::metadata(path).ok()?;
    let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(Stamp { bytes: file.len(), modified: (modified.as_secs(), modified.subsec_nanos()) })
}

/// Writes a file in one step: nobody reads half of it.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let mut temporary = path.to_owned().into_os_string();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What is left of it helps nobody; that it could not be written is what counts.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Makes a folder of the cache.
pub fn make_folder(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| {
        format!("cannot make the cache folder {} (the variable SQLC_CACHE_DIR names another)", dir.display())
    })
}

/// Takes a lock in a folder of the cache; it is held until what comes back is dropped.
pub fn lock(dir: &Path, name: &str) -> Result<File> {
    let cannot =
        || format!("cannot write in the cache folder {} (the variable SQLC_CACHE_DIR names another)", dir.display());
    let lock = File::create(dir.join(name)).with_context(cannot)?;
    lock.lock().with_context(cannot)?;
    Ok(lock)
}

/// A day, after which a file's time is set anew when it is used.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Notes that a file is in use.
pub fn touch(path: &Path) {
    let age = fs::metadata(path).and_then(|file| file.modified()).ok().and_then(|time| time.elapsed().ok());
    if age.is_some_and(|age| age > DAY)
        && let Ok(file) = File::options().append(true).open(path)
    {
        // Without it the folder is thrown away too early, and made again.
        let _ = file.set_modified(SystemTime::now());
    }
}

/// How long what nobody uses is kept.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Throws away folders in `parent` whose names begin with `prefix`, `except` one: those whose `mark` is older than
/// [`KEPT`], and the oldest if there are more than `most`. Says whether there were any.
pub fn tidy(parent: &Path, prefix: &str, except: &Path, mark: &str, most: usize) -> bool {
    let Ok(entries) = fs::read_dir(parent) else { return false };
    let folders = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    let mut folders: Vec<(SystemTime, PathBuf)> = folders
        .map(|entry| entry.path())
        .filter(|path| path != except && path.is_dir())
        .map(|path| {
            let used = [path.join(mark), path.clone()].iter().find_map(|path| fs::metadata(path).ok()?.modified().ok());
            (used.unwrap_or(UNIX_EPOCH), path)
        })
        .collect();
    folders.sort();
    folders.reverse();
    let mut any = false;
    for (number, (used, path)) in folders.iter().enumerate() {
        if number + 1 >= most || used.elapsed().is_ok_and(|age| age > KEPT) {
            // A folder that cannot be removed stays; the next one who tidies tries again.
            any |= fs::remove_dir_all(path).is_ok();
        }
    }
    any
}

/// Throws away files in a folder that are old and have no second name anywhere.
pub fn tidy_links(dir: &Path) {
    use std::os::unix::fs::MetadataExt;
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(file) = entry.metadata() else { continue };
        let is_old = file.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > KEPT));
        if file.is_file() && file.nlink() == 1 && is_old {
            // One that cannot be removed stays; the next one who tidies tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aged(path: &Path, days: u32) {
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - DAY * days).unwrap();
    }

    #[test]
    fn what_nobody_uses_is_thrown_away() {
        let cache = tempfile::tempdir().unwrap();
        let folder = |name: &str, days: u32| {
            let dir = cache.path().join(name);
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("used"), "").unwrap();
            aged(&dir.join("used"), days);
            dir
        };
        let (own, old, recent) = (folder("note-own", 90), folder("note-old", 31), folder("note-recent", 29));
        let other = folder("other", 90);
        assert!(tidy(cache.path(), "note-", &own, "used", 10));
        assert_eq!([&own, &old, &recent, &other].map(|dir| dir.exists()), [true, false, true, true]);
        let newest = folder("note-newest", 1);
        assert!(tidy(cache.path(), "note-", &own, "used", 2));
        assert_eq!([&own, &recent, &newest].map(|dir| dir.exists()), [true, false, true]);
        assert!(!tidy(cache.path(), "note-", &own, "used", 2));
        touch(&newest.join("used"));
        assert_eq!(fs::metadata(newest.join("used")).unwrap().len(), 0);
    }

    #[test]
    fn a_changed_file_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let missing = Seen::new(path.clone());
        assert!(missing.is_unchanged());
        replace(&path, "one").unwrap();
        assert!(!missing.is_unchanged());
        let seen = Seen::new(path.clone());
        assert!(seen.is_unchanged());
        aged(&path, 1);
        assert!(!seen.is_unchanged());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("no/file"), "").is_err());
    }
}
