//! Which files a path means.

use super::failed;
use crate::error::{Error, ErrorKind, Result};
use crate::order;
// The other crate is four times as large, and every application has this option.
use regex_lite::Regex;
use std::path::{Path, PathBuf};

/// Endings that say that the content is compressed, which we cannot read and must not take for lines.
const COMPRESSED: &[&str] = &["gz", "gzip", "bz2", "xz", "zst", "deflate", "snappy"];

/// A file, a folder, or a pattern of them.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    is_pattern: bool,
    /// `source.path.regex-pattern`: what the whole path of a file must look like.
    filter: Option<Regex>,
}

impl Place {
    pub(super) fn new(path: PathBuf, filter: Option<&str>) -> Result<Self> {
        let text = path.to_string_lossy();
        let is_pattern = is_wild(&text) && !path.exists();
        let filter = filter.map(|filter| Regex::new(&format!("^(?:{filter})$"))).transpose();
        let filter = filter.map_err(|error| {
            Error::new(
                ErrorKind::Usage,
                format!("option 'source.path.regex-pattern' is no regular expression: {error}"),
            )
        })?;
        Ok(Place { path, is_pattern, filter })
    }

    /// Every file there is, ordered by path. A path that does not exist is an error; a pattern that matches
    /// nothing is not.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        match self.is_pattern {
            true => {
                let pattern = self.path.to_string_lossy();
                // Names that the user wrote out are never hidden.
                let written_out = self.path.iter().take_while(|name| !is_wild(&name.to_string_lossy())).count();
                let paths = glob::glob(&pattern)
                    .map_err(|error| Error::new(ErrorKind::Usage, format!("'path' is '{pattern}': {error}")))?;
                for path in paths {
                    let path = path.map_err(|error| failed("read", error.path(), error.error()))?;
                    if !path.iter().skip(written_out).any(|name| is_hidden(Path::new(name))) {
                        collect(&path, &mut files)?;
                    }
                }
            }
            false => collect(&self.path, &mut files)?,
        }
        if let Some(filter) = &self.filter {
            files.retain(|file| filter.is_match(&file.to_string_lossy()));
        }
        order::sort(&mut files);
        files.dedup();
        match files.iter().find(|file| is_compressed(file)) {
            Some(file) => {
                let message = format!("{} is compressed, which is not supported: unpack it first", file.display());
                Err(Error::new(ErrorKind::Usage, message))
            }
            None => Ok(files),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Adds the file, or the files of the folder and of the folders in it. Like Flink, passes over names that
/// begin with `.` or `_`, which belong to those who write into the folder.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|error| failed("read", path, &error))?;
    if !metadata.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|error| failed("list", path, &error))?;
    for entry in entries {
        let inner = entry.map_err(|error| failed("list", path, &error))?.path();
        if is_hidden(&inner) {
            continue;
        }
        match collect(&inner, files) {
            // Somebody has renamed or removed it since the folder was listed.
            Err(error) if error.kind() == ErrorKind::Resource => {}
            collected => collected?,
        }
    }
    Ok(())
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| matches!(name.as_encoded_bytes().first(), Some(b'.' | b'_')))
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| COMPRESSED.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in ["b.json", "a.json", "c.csv", ".hidden", "_SUCCESS", "deep/d.json", "_temporary/e.json"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x\n").unwrap();
        }
        folder
    }

    fn names(folder: &Path, path: &str, filter: Option<&str>) -> Vec<String> {
        let files = Place::new(folder.join(path), filter).unwrap().files().unwrap();
        files.iter().map(|file| file.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn folders_patterns_and_filters_are_ordered_and_skip_hidden_names() {
        let folder = folder();
        assert_eq!(names(folder.path(), "", None), ["a.json", "b.json", "c.csv", "deep/d.json"]);
        assert_eq!(names(folder.path(), "*.json", None), ["a.json", "b.json"]);
        assert_eq!(names(folder.path(), "**/*.json", None), ["a.json", "b.json", "deep/d.json"]);
        assert_eq!(names(folder.path(), "", Some(".*/deep/.*")), ["deep/d.json"]);
        assert_eq!(names(folder.path(), "a.json", None), ["a.json"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let folder = folder();
        let missing = Place::new(folder.path().join("none"), None).unwrap().files().unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Resource);
        std::fs::write(folder.path().join("f.json.gz"), "x").unwrap();
        let compressed = Place::new(folder.path().to_owned(), None).unwrap().files().unwrap_err();
        assert!(compressed.message().ends_with("f.json.gz is compressed, which is not supported: unpack it first"));
    }
}
