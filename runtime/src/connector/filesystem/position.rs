//! How far a file was read, as a checkpoint remembers it.

use super::failed;
use crate::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How many bytes in front of a position must be the same when reading goes on there.
const KNOWN_BYTES: usize = 64;

/// Where reading stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Nothing is left to read.
    Read,
    /// Everything was handed over, and nobody has been told that this was all.
    AtEnd,
    At(Mark),
}

/// A place behind a whole line, and what tells whether a file is still the one in which it was noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub offset: u64,
    /// The last bytes in front of it, at most [`KNOWN_BYTES`].
    before: Before,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Before {
    Bytes(Vec<u8>),
    Digest(u64),
}

impl Default for Before {
    fn default() -> Self {
        Before::Bytes(Vec::new())
    }
}

impl Position {
    /// As the checkpoint writes it: `read`, `at its end`, or `offset 1048576 after 00a1b2c3d4e5f607`.
    pub(super) fn describe(&self) -> String {
        match self {
            Position::Read => "read".to_owned(),
            Position::AtEnd => "at its end".to_owned(),
            Position::At(mark) => format!("offset {} after {:016x}", mark.offset, mark.digest()),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Position::Read),
            "at its end" => Some(Position::AtEnd),
            _ => {
                let (offset, digest) = text.strip_prefix("offset ")?.split_once(" after ")?;
                let before = Before::Digest(u64::from_str_radix(digest, 16).ok()?);
                Some(Position::At(Mark { offset: offset.parse().ok()?, before }))
            }
        }
    }
}

impl Mark {
    /// Moves on behind these bytes.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        let mut before = match std::mem::take(&mut self.before) {
            Before::Bytes(before) if bytes.len() < KNOWN_BYTES => before,
            Before::Bytes(mut before) => {
                before.clear();
                before
            }
            Before::Digest(_) => Vec::with_capacity(KNOWN_BYTES),
        };
        before.extend_from_slice(&bytes[bytes.len().saturating_sub(KNOWN_BYTES)..]);
        before.drain(..before.len().saturating_sub(KNOWN_BYTES));
        self.before = Before::Bytes(before);
    }

    fn digest(&self) -> u64 {
        match &self.before {
            Before::Bytes(bytes) => digest(bytes),
            Before::Digest(digest) => *digest,
        }
    }

    /// Moves a file to the mark, if it is still the file in which the mark was made: it may have grown since.
    pub(super) fn find(&mut self, file: &mut File, path: &Path) -> Result<()> {
        let offset = self.offset;
        let size = file.metadata().map_err(|error| failed("read", path, &error))?.len();
        let path_shown = path.display();
        if size < offset {
            return Err(Error::new(
                ErrorKind::Resource,
                format!(
                    "cannot go on reading {path_shown} at offset {offset}, where the checkpoint was taken: the file \
                     has {size} bytes only"
                ),
            ));
        }
        let known = offset.min(KNOWN_BYTES as u64);
        let mut before = vec![0; known as usize];
        let read = file.seek(SeekFrom::Start(offset - known)).and_then(|_| file.read_exact(&mut before));
        read.map_err(|error| failed("read", path, &error))?;
        if digest(&before) != self.digest() {
            return Err(Error::new(
                ErrorKind::Resource,
                format!(
                    "cannot go on reading {path_shown} at offset {offset}, where the checkpoint was taken: the file has \
                     other content in front of it now"
                ),
            ));
        }
        self.before = Before::Bytes(before);
        Ok(())
    }
}

/// FNV-1a: enough to notice that a file is another one.
fn digest(bytes: &[u8]) -> u64 {
    let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn positions_are_written_and_read() {
        let mut mark = Mark::default();
        mark.pass(b"one\n");
        for position in [Position::Read, Position::AtEnd, Position::At(mark)] {
            assert_eq!(Position::parse(&position.describe()).unwrap().describe(), position.describe());
        }
        assert_eq!(Position::At(Mark::default()).describe(), "offset 0 after cbf29ce484222325");
        for damaged in ["", "offset", "offset -1 after 0", "offset 1 after x"] {
            assert_eq!(Position::parse(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn a_mark_is_found_again_in_the_same_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (first, second) = ("x".repeat(50) + "\n", "y".repeat(50) + "\n");
        let mut mark = Mark::default();
        mark.pass(first.as_bytes());
        mark.pass(second.as_bytes());
        let find = |content: &str| {
            std::fs::write(&path, content).unwrap();
            let Some(Position::At(mut mark)) = Position::parse(&Position::At(mark.clone()).describe()) else {
                panic!()
            };
            let mut file = File::options().read(true).append(true).open(&path).unwrap();
            mark.find(&mut file, &path)?;
            file.write_all(b"rest").unwrap();
            mark.pass(b"z\n");
            Ok::<_, Error>(mark)
        };
        assert_eq!(find(&(first.clone() + &second)).unwrap().offset, 104);
        find(&(first.clone() + &second + "more\n")).unwrap();
        let shorter = find(&first).unwrap_err();
        assert_eq!(shorter.kind(), ErrorKind::Resource);
        assert!(shorter.message().ends_with("the file has 51 bytes only"), "{shorter}");
        let other = find(&(second.clone() + &first + "more\n")).unwrap_err();
        assert!(other.message().ends_with("the file has other content in front of it now"), "{other}");
    }
}
