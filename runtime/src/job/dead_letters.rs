//! The files that rows and records are kept in which go nowhere else: those that cannot be read, and those that came too
//! late. What a line says is left to [`bad_record`](super::bad_record) and [`late_rows`](super::late_rows).
//!
//! Lines are at least once in the files: they are there before a checkpoint that contains their records is complete, and
//! again if the run goes on from an earlier one.

use crate::error::{Error, ErrorKind, Result};
use crate::order::Map;
use crate::value::Timestamp;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines are written when there are so many bytes of them.
const BATCH_BYTES: usize = 8 << 10;

/// The files of one run, each opened once, by the paths in the user's words.
#[derive(Clone, Default)]
pub(super) struct DeadLetterFiles(Arc<Mutex<Map<String, DeadLetters>>>);

impl DeadLetterFiles {
    /// The file for appending; it and folders that are missing are made.
    pub fn open(&self, path: &str) -> Result<DeadLetters> {
        let mut files = self.lock();
        if let Some(known) = files.get(path) {
            return Ok(known.clone());
        }
        let letters = DeadLetters::open(Path::new(path))?;
        files.insert(path.to_owned(), letters.clone());
        Ok(letters)
    }

    /// Makes sure that everything appended so far outlives the machine.
    pub fn sync(&self) -> Result<()> {
        // Nobody who appends waits for the disk.
        let files: Vec<DeadLetters> = self.lock().values().cloned().collect();
        files.iter().try_for_each(DeadLetters::sync)
    }

    fn lock(&self) -> MutexGuard<'_, Map<String, DeadLetters>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file of JSON lines, shared by the workers. Others may append to it too: lines are written whole, so that they do not
/// mix.
#[derive(Clone)]
pub struct DeadLetters {
    path: Arc<str>,
    file: Arc<File>,
    lines: Arc<Mutex<Lines>>,
}

struct Lines {
    file: Arc<File>,
    /// Lines that are not in the file yet; after an error the first may be a rest.
    waiting: Vec<u8>,
    /// Whether the file has lines that are not on the disk yet.
    is_unsynced: bool,
}

impl Lines {
    fn flush(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            let written = match (&*self.file).write(&self.waiting) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.is_unsynced = true;
            self.waiting.drain(..written);
        }
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Who wants to hear of an error has flushed before.
        let _ = self.flush();
    }
}

impl DeadLetters {
    fn open(path: &Path) -> Result<Self> {
        let opened = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            File::options().append(true).create(true).open(path)
        };
        let path_text: Arc<str> = path.display().to_string().into();
        let file = Arc::new(opened().map_err(|error| failed(&path_text, &error))?);
        // A run that was killed may have left half a line.
        let waiting = if ends_in_a_line(path) { Vec::new() } else { vec![b'\n'] };
        let lines = Lines { file: Arc::clone(&file), waiting, is_unsynced: false };
        Ok(DeadLetters { path: path_text, file, lines: Arc::new(Mutex::new(lines)) })
    }

    /// Adds a line, which has its end.
    pub(super) fn append(&self, line: &[u8]) -> Result<()> {
        let mut lines = self.lock();
        lines.waiting.extend_from_slice(line);
        match lines.waiting.len() >= BATCH_BYTES {
            true => lines.flush().map_err(|error| failed(&self.path, &error)),
            false => Ok(()),
        }
    }

    /// Makes sure that everything appended so far is in the file, where it outlives the process.
    pub(super) fn flush(&self) -> Result<()> {
        self.lock().flush().map_err(|error| failed(&self.path, &error))
    }

    fn sync(&self) -> Result<()> {
        let mut lines = self.lock();
        let flushed = lines.flush();
        let is_unsynced = std::mem::take(&mut lines.is_unsynced);
        drop(lines);
        let synced = flushed.and_then(|()| if is_unsynced { self.file.sync_data() } else { Ok(()) });
        match synced {
            // A pipe or a device is no place where anything is kept.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced.map_err(|error| failed(&self.path, &error)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(path: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot write dead letters to {path}: {error}"))
}

/// Whether what is appended to the file begins a line.
fn ends_in_a_line(path: &Path) -> bool {
    let last = || -> io::Result<u8> {
        let mut last = [b'\n'];
        // A pipe or a device has no end to look at.
        if std::fs::metadata(path)?.is_file() {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        Ok(last[0])
    };
    // Nothing is at the end of an empty file, or it is not ours to read.
    last().map_or(true, |last| last == b'\n')
}

/// An instant as ISO 8601 text in UTC.
pub fn iso(time: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(time.0) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => time.0.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_who_append_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/letters.jsonl");
        let text = path.to_str().unwrap();
        let files = DeadLetterFiles::default();
        let (one, other) = (files.open(text).unwrap(), files.open(text).unwrap());
        one.append(b"one\n").unwrap();
        other.append(b"two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        one.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        other.append(b"three\n").unwrap();
        files.sync().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn half_a_line_of_a_run_that_was_killed_gets_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.jsonl");
        std::fs::write(&path, "whole\nhalf a li").unwrap();
        let files = DeadLetterFiles::default();
        files.open(path.to_str().unwrap()).unwrap().append(b"next\n").unwrap();
        files.sync().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nhalf a li\nnext\n");
        // What nobody flushed is written at the end.
        files.open(path.to_str().unwrap()).unwrap().append(b"last\n").unwrap();
        drop(files);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nhalf a li\nnext\nlast\n");
    }

    #[test]
    fn a_full_disk_is_an_error_of_writing() {
        let files = DeadLetterFiles::default();
        let letters = files.open("/dev/full").unwrap();
        letters.append(b"line\n").unwrap();
        let error = letters.flush().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().starts_with("cannot write dead letters to /dev/full: No space left"), "{error}");
        assert_eq!(files.sync().unwrap_err().kind(), ErrorKind::Io, "no checkpoint may contain what is not there");
    }
}
