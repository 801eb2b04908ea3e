//! What becomes of records that are not rows: an error, nothing, or a line in the dead-letter file.

use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Origin, Result};
use crate::row::{Provenance, RecordError};
use crate::value::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How much of a record an error message shows.
const SHOWN_BYTES: usize = 200;

/// What a table's options say about records that are not rows.
#[derive(Clone)]
pub enum Policy {
    Fail,
    Skip,
    DeadLetter(DeadLetters),
}

/// What has become of a record that is not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Skipped,
    DeadLettered,
}

impl Policy {
    pub fn new(options: &Options) -> Result<Self> {
        let path = options.text("dead-letter.path");
        match (options.text("on-error"), path) {
            (Some("dead-letter"), Some(path)) => Ok(Policy::DeadLetter(DeadLetters::open(Path::new(path))?)),
            // That it is there was seen to when the options were checked together.
            (Some("dead-letter"), None) => Err(usage("option 'dead-letter.path' is missing")),
            (Some("fail"), _) => Ok(Policy::Fail),
            (Some("skip"), _) => Ok(Policy::Skip),
            (Some(other), _) => {
                Err(usage(&format!("'on-error' is '{other}', expected 'fail', 'skip' or 'dead-letter'")))
            }
            (None, _) => {
                let format = options.text("format").or(options.text("value.format")).unwrap_or_default();
                let ignore = options.boolean(&format!("{format}.ignore-parse-errors"))?.unwrap_or(false);
                Ok(if ignore { Policy::Skip } else { Policy::Fail })
            }
        }
    }

    /// Deals with one record; an error if the policy is to fail.
    #[cold]
    pub fn apply(
        &self,
        table: &str,
        origin: Origin,
        provenance: &Provenance<'_>,
        record: &[u8],
        error: &RecordError,
    ) -> Result<Fate> {
        match self {
            Policy::Skip => Ok(Fate::Skipped),
            Policy::DeadLetter(letters) => {
                letters.write(table, provenance, record, &error.message)?;
                Ok(Fate::DeadLettered)
            }
            Policy::Fail => {
                let Provenance { split, position, .. } = provenance;
                let (message, shown) = (&error.message, shorten(record));
                Err(Error::data(
                    origin,
                    format!("table {table}, {split}, {position}: {message}; the record is {shown}"),
                ))
            }
        }
    }

    /// Makes sure that what was written so far is in the file.
    pub fn flush(&self) -> Result<()> {
        match self {
            Policy::DeadLetter(letters) => letters.flush(),
            Policy::Fail | Policy::Skip => Ok(()),
        }
    }
}

/// A file of JSON lines, shared by the workers.
#[derive(Clone)]
pub struct DeadLetters {
    path: Arc<str>,
    file: Arc<Mutex<BufWriter<File>>>,
}

impl DeadLetters {
    /// Opens the file for appending; folders that are missing are made.
    fn open(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot write dead letters to {}: {error}", path.display()))
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::options().append(true).create(true).open(path).map_err(failed)?;
        Ok(DeadLetters { path: path.display().to_string().into(), file: Arc::new(Mutex::new(BufWriter::new(file))) })
    }

    fn write(&self, table: &str, provenance: &Provenance<'_>, record: &[u8], reason: &str) -> Result<()> {
        let mut line = json!({
            "table": table,
            "split": provenance.split,
            "position": provenance.position.to_string(),
            "timestamp": iso(provenance.timestamp),
            "reason": reason,
        });
        match std::str::from_utf8(record) {
            Ok(text) => line["record"] = text.into(),
            Err(_) => line["record_base64"] = STANDARD.encode(record).into(),
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{line}").map_err(|error| self.failed(&error))
    }

    fn flush(&self) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.flush().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::new(ErrorKind::Io, format!("cannot write dead letters to {}: {error}", self.path))
    }
}

fn usage(message: &str) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// The record as a message can show it.
fn shorten(record: &[u8]) -> String {
    let text = String::from_utf8_lossy(&record[..record.len().min(SHOWN_BYTES)]);
    match record.len() > SHOWN_BYTES {
        true => format!("{text}... ({} bytes)", record.len()),
        false => text.into_owned(),
    }
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
    use crate::row::Position;

    const PLACE: Provenance<'static> =
        Provenance { split: "in.json", position: Position::Offset(7), timestamp: Timestamp(1_500_000), file_size: 9 };

    #[test]
    fn failing_names_table_place_and_bytes() {
        let error = RecordError { message: "column a: \"x\" is not an INT".into() };
        let failure = Policy::Fail.apply("t", Origin::new(1, 2), &PLACE, b"{\"a\": \"x\"}", &error).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "cell 1, line 2: table t, in.json, offset 7: column a: \"x\" is not an INT; the record is {\"a\": \"x\"}"
        );
        assert_eq!(shorten(&[b'x'; 300]), format!("{}... (300 bytes)", "x".repeat(200)));
    }

    #[test]
    fn dead_letters_keep_bytes_place_and_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/letters.jsonl");
        let options = [("on-error", "dead-letter"), ("dead-letter.path", path.to_str().unwrap())];
        let policy = Policy::new(&Options::new(options)).unwrap();
        let error = RecordError { message: "not JSON".into() };
        assert_eq!(policy.apply("t", Origin::new(1, 2), &PLACE, b"{\"", &error).unwrap(), Fate::DeadLettered);
        policy.apply("t", Origin::new(1, 2), &PLACE, b"\xff", &error).unwrap();
        policy.flush().unwrap();
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "{\"table\":\"t\",\"split\":\"in.json\",\"position\":\"offset 7\",\"timestamp\":\"1970-01-01T00:00:01.500Z\",\
             \"reason\":\"not JSON\",\"record\":\"{\\\"\"}\n{\"table\":\"t\",\"split\":\"in.json\",\"position\":\"offset 7\",\
             \"timestamp\":\"1970-01-01T00:00:01.500Z\",\"reason\":\"not JSON\",\"record_base64\":\"/w==\"}\n"
        );
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        let refused = |options: &[(&str, &str)]| match Policy::new(&Options::new(options.iter().copied())) {
            Ok(_) => panic!("{options:?} was accepted"),
            Err(error) => error.to_string(),
        };
        assert!(refused(&[("on-error", "dead-letter")]).contains("option 'dead-letter.path' is missing"));
        assert!(refused(&[("on-error", "panic")]).contains("expected 'fail', 'skip' or 'dead-letter'"));
    }
}
