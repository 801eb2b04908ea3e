//! What becomes of records that are not rows: an error, nothing, or a line in the dead-letter file.

use super::dead_letters::{DeadLetterFiles, DeadLetters, iso};
use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Origin, Result};
use crate::row::{Provenance, RecordError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

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
    pub fn new(options: &Options, files: &DeadLetterFiles) -> Result<Self> {
        let path = options.text("dead-letter.path");
        match (options.text("on-error"), path) {
            (Some("dead-letter"), Some(path)) => Ok(Policy::DeadLetter(files.open(path)?)),
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
                letters.append(&line(table, provenance, record, &error.message))?;
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

/// A bad record as a line of the file.
fn line(table: &str, provenance: &Provenance<'_>, record: &[u8], reason: &str) -> Vec<u8> {
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
    format!("{line}\n").into_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Position;
    use crate::value::Timestamp;

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
        let policy = Policy::new(&Options::new(options), &DeadLetterFiles::default()).unwrap();
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
        let refused = |options: &[(&str, &str)]| match Policy::new(
            &Options::new(options.iter().copied()),
            &DeadLetterFiles::default(),
        ) {
            Ok(_) => panic!("{options:?} was accepted"),
            Err(error) => error.to_string(),
        };
        assert!(refused(&[("on-error", "dead-letter")]).contains("option 'dead-letter.path' is missing"));
        assert!(refused(&[("on-error", "panic")]).contains("expected 'fail', 'skip' or 'dead-letter'"));
    }
}
