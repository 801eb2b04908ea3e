//! A folder of finished libraries, and the record by which damage is noticed.

use super::files::{self, Stamp};
use super::runtime::digest;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

const RECORD: &str = "record.json";

/// What lies in the folder, by names in it: the cache may move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Crate name and library, of the crates that generated code names.
    pub externs: Vec<(String, String)>,
    files: Vec<Library>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Library {
    name: String,
    stamp: Stamp,
    sha256: String,
}

/// The record of a folder whose libraries look as they did when it was made. A glance at sizes and times has to do: this
/// is asked in every run.
pub fn read(dir: &Path) -> Option<Record> {
    let record = record(dir)?;
    let look = |library: &Library| files::stamp(&dir.join(&library.name)) == Some(library.stamp);
    if record.files.iter().all(look) {
        files::touch(&dir.join(RECORD));
        return Some(record);
    }
    // Copied somewhere else, perhaps: the times are other ones, the bytes are not.
    if !damaged(dir).is_empty() {
        return None;
    }
    let mut renewed = record;
    for library in &mut renewed.files {
        library.stamp = files::stamp(&dir.join(&library.name))?;
    }
    write_record(dir, &renewed).ok()?;
    Some(renewed)
}

fn record(dir: &Path) -> Option<Record> {
    serde_json::from_str(&fs::read_to_string(dir.join(RECORD)).ok()?).ok()
}

/// The names of the libraries that are not what was put there, every byte compared. Without a record that can be read,
/// those that cannot be libraries.
pub fn damaged(dir: &Path) -> Vec<String> {
    let Some(record) = record(dir) else {
        return names(dir).into_iter().filter(|name| !looks_like_library(&dir.join(name))).collect();
    };
    let is_damaged = |library: &Library| {
        let path = dir.join(&library.name);
        files::stamp(&path).map(|stamp| stamp.bytes) != Some(library.stamp.bytes)
            || !fs::read(path).is_ok_and(|bytes| digest(&bytes) == library.sha256)
    };
    record.files.into_iter().filter(is_damaged).map(|library| library.name).collect()
}

/// The names of all files in the folder.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Whether a file starts as archives do; procedural macros are shared objects, and start as they like.
fn looks_like_library(path: &Path) -> bool {
    let mut start = [0; 8];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    let is_archive = path.extension().is_some_and(|extension| extension == "rlib");
    read.is_ok() && if is_archive { start == *b"!<arch>\n" } else { start != [0; 8] }
}

/// Puts finished libraries into a folder, which is there whole or not at all.
pub fn place(libraries: &[PathBuf], externs: &[(String, PathBuf)], dir: &Path) -> Result<Record> {
    let name_of = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fresh = dir.with_extension("new");
    remove(&fresh)?;
    files::make_folder(&fresh)?;
    let mut record = Record {
        externs: externs.iter().map(|(name, library)| (name.clone(), name_of(library))).collect(),
        files: Vec::new(),
    };
    for library in libraries {
        let name = name_of(library);
        let path = fresh.join(&name);
        // Under two names a file takes its room once.
        fs::hard_link(library, &path)
            .or_else(|_| fs::copy(library, &path).map(drop))
            .with_context(|| format!("cannot write {}", path.display()))?;
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let stamp = files::stamp(&path).with_context(|| format!("cannot read {}", path.display()))?;
        // The record promises that the bytes are on the disk.
        fs::File::open(&path)
            .and_then(|file| file.sync_all())
            .with_context(|| format!("cannot write {}", path.display()))?;
        record.files.push(Library { name, stamp, sha256: digest(&bytes) });
    }
    write_record(&fresh, &record)?;
    remove(dir)?;
    fs::rename(&fresh, dir).with_context(|| format!("cannot write {}", dir.display()))?;
    Ok(record)
}

fn write_record(dir: &Path, record: &Record) -> Result<()> {
    let text = serde_json::to_string_pretty(record).context("cannot describe what was built")?;
    files::replace(&dir.join(RECORD), &text)
}

/// Removes a folder, if it is there.
pub fn remove(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn every_kind_of_damage_is_noticed() {
        let cache = tempfile::tempdir().unwrap();
        let (dir, built) = (cache.path().join("libraries"), cache.path().join("built"));
        fs::create_dir(&built).unwrap();
        let libraries = ["liba.rlib", "libb.rlib"].map(|name| built.join(name));
        let make = || {
            for library in &libraries {
                let _ = fs::remove_file(library);
                fs::write(library, "!<arch>\nlibrary").unwrap();
            }
            place(&libraries, &[("a".to_owned(), libraries[0].clone())], &dir).unwrap()
        };
        let record = make();
        assert_eq!(record.externs, [("a".to_owned(), "liba.rlib".to_owned())]);
        assert_eq!(read(&dir), Some(record));
        let library = dir.join("libb.rlib");
        let later = |path: &Path| {
            let file = fs::File::options().append(true).open(path).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
        };
        let damages: [(&str, &dyn Fn()); 4] = [
            ("deleted", &|| fs::remove_file(&library).unwrap()),
            ("truncated", &|| fs::write(&library, "lib").unwrap()),
            ("empty", &|| fs::write(&library, "").unwrap()),
            ("zeroed", &|| {
                fs::write(&library, [0; 15]).unwrap();
                later(&library);
            }),
        ];
        for (what, damage) in damages {
            make();
            damage();
            assert_eq!(read(&dir), None, "{what}");
            assert_eq!(damaged(&dir), ["libb.rlib"], "{what}");
        }
        // A disk that lost power may keep the time and lose the bytes: only a look at every byte tells.
        make();
        let time = fs::metadata(&library).unwrap().modified().unwrap();
        fs::write(&library, [0; 15]).unwrap();
        fs::File::options().append(true).open(&library).unwrap().set_modified(time).unwrap();
        assert!(read(&dir).is_some());
        assert_eq!(damaged(&dir), ["libb.rlib"]);
        // A copy has other times.
        make();
        later(&library);
        assert!(read(&dir).is_some());
        // Half a record.
        make();
        let text = fs::read_to_string(dir.join(RECORD)).unwrap();
        fs::write(dir.join(RECORD), &text[..text.len() / 2]).unwrap();
        assert_eq!(read(&dir), None);
        assert!(damaged(&dir).is_empty(), "they look like libraries");
        fs::write(&library, [0; 100]).unwrap();
        assert_eq!(damaged(&dir), ["libb.rlib"]);
    }
}
