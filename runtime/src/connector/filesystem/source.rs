//! Files to chunks of whole lines.

use super::discover::Place;
use super::pipe::{Found, Pipe};
use super::{failed, local_path};
use crate::connector::{Chunk, ConnectorContext, Payload, Reader, ReaderEvent, SplitId, TableConfig, Waker};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Clock;
use crate::value::Timestamp;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

/// How much is read at once.
const CHUNK_BYTES: usize = 1 << 20;
/// A line may be longer than a chunk, but not longer than this.
const MAX_LINE_BYTES: usize = 64 << 20;

pub(super) fn open(table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
    let place = Place::new(local_path(table)?, table.options.text("source.path.regex-pattern"))?;
    let monitor = table.options.duration("source.monitor-interval")?.filter(|interval| !interval.is_zero());
    let monitor = monitor.map(|interval| i64::try_from(interval.as_micros()).unwrap_or(i64::MAX));
    let mut files = Files {
        place,
        partition_keys: table.partition_keys,
        monitor,
        clock: context.clock.clone(),
        waiting: VecDeque::new(),
        seen: HashSet::new(),
        looked: context.clock.now(),
        splits: 0,
    };
    files.look()?;
    if files.waiting.is_empty() && monitor.is_none() {
        crate::job::log::warn(&format!("table {}: there is no file in {}", table.name, files.place.path().display()));
    }
    let files = Arc::new(Mutex::new(files));
    let reader = |waker: &Waker| Box::new(FileReader::new(Arc::clone(&files), waker.clone())) as Box<dyn Reader>;
    Ok(context.wakers.iter().map(reader).collect())
}

/// The files that the workers share between them.
struct Files {
    place: Place,
    /// Each must be the name of a folder `key=value` on the way to every file.
    partition_keys: &'static [&'static str],
    /// How often to look for new files, in microseconds; never if `None`.
    monitor: Option<i64>,
    clock: Clock,
    waiting: VecDeque<PathBuf>,
    seen: HashSet<PathBuf>,
    looked: Timestamp,
    splits: u32,
}

/// What to read next.
enum Next {
    File(PathBuf, SplitId),
    Later,
    Nothing,
}

impl Files {
    fn look(&mut self) -> Result<()> {
        for file in self.place.files()? {
            self.check_folders(&file)?;
            // A bounded source looks once and need not remember.
            if self.monitor.is_none() || self.seen.insert(file.clone()) {
                self.waiting.push_back(file);
            }
        }
        Ok(())
    }

    /// Flink reads nothing from a file outside the folders, and does not say so.
    fn check_folders(&self, file: &Path) -> Result<()> {
        let folders = || file.parent().into_iter().flat_map(Path::iter).filter_map(|folder| folder.to_str());
        let is_there =
            |key: &&str| folders().any(|folder| folder.split_once('=').is_some_and(|(name, _)| name == *key));
        match self.partition_keys.iter().find(|key| !is_there(key)) {
            None => Ok(()),
            Some(key) => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "PARTITIONED BY ({}) means folders named {key}=value, but {} is in none",
                    self.partition_keys.join(", "),
                    file.display()
                ),
            )),
        }
    }

    fn next(&mut self) -> Result<Next> {
        if self.waiting.is_empty()
            && let Some(interval) = self.monitor
        {
            let now = self.clock.now();
            if now.0.saturating_sub(self.looked.0) < interval {
                return Ok(Next::Later);
            }
            self.looked = now;
            self.look()?;
        }
        match (self.waiting.pop_front(), self.monitor) {
            (Some(file), _) => {
                self.splits += 1;
                Ok(Next::File(file, SplitId(self.splits - 1)))
            }
            (None, Some(_)) => Ok(Next::Later),
            (None, None) => Ok(Next::Nothing),
        }
    }
}

struct FileReader {
    files: Arc<Mutex<Files>>,
    waker: Waker,
    open: Option<OpenFile>,
    spare: Vec<u8>,
    stopped: bool,
}

struct OpenFile {
    content: Content,
    path: PathBuf,
    split: SplitId,
    modified: Timestamp,
    size: u64,
    /// What follows the last line end of the chunk before.
    rest: Vec<u8>,
    /// Where `rest` stands in the file.
    offset: u64,
    ended: bool,
}

/// Pipes give what they have; only regular files are asked for whole chunks.
enum Content {
    Regular(File),
    Pipe(Pipe),
}

impl FileReader {
    fn new(files: Arc<Mutex<Files>>, waker: Waker) -> Self {
        FileReader { files, waker, open: None, spare: Vec::new(), stopped: false }
    }
}

impl Reader for FileReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        if self.stopped {
            return Ok(ReaderEvent::End);
        }
        let Some(open) = &mut self.open else {
            let next = self.files.lock().unwrap_or_else(PoisonError::into_inner).next()?;
            return match next {
                Next::File(path, split) => {
                    let name = Arc::from(path.to_string_lossy());
                    self.open = Some(OpenFile::new(path, split, &self.waker)?);
                    Ok(ReaderEvent::SplitStarted { split, name })
                }
                Next::Later => Ok(ReaderEvent::Pending),
                Next::Nothing => Ok(ReaderEvent::End),
            };
        };
        let event = open.next(std::mem::take(&mut self.spare))?;
        if matches!(event, ReaderEvent::SplitFinished { .. }) {
            self.open = None;
        }
        Ok(event)
    }

    fn can_wait(&self) -> bool {
        self.open.as_ref().is_some_and(|open| matches!(open.content, Content::Regular(_)))
    }

    fn recycle(&mut self, chunk: Chunk) {
        if let Payload::Lines { mut bytes, .. } = chunk.payload
            && bytes.capacity() <= 2 * CHUNK_BYTES
        {
            bytes.clear();
            self.spare = bytes;
        }
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.open = None;
    }
}

impl OpenFile {
    fn new(path: PathBuf, split: SplitId, waker: &Waker) -> Result<Self> {
        let opened = std::fs::metadata(&path).and_then(|metadata| {
            let content = match metadata.is_file() {
                true => Content::Regular(File::open(&path)?),
                false => Content::Pipe(Pipe::open(&path, waker.clone())?),
            };
            Ok((metadata, content))
        });
        let (metadata, content) = opened.map_err(|error| failed("read", &path, &error))?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or_default();
        Ok(OpenFile {
            content,
            path,
            split,
            modified: Timestamp(modified),
            size: metadata.len(),
            rest: Vec::new(),
            offset: 0,
            ended: false,
        })
    }

    /// The next whole lines, in `buffer`; the end of the split; or nothing, for now.
    fn next(&mut self, mut buffer: Vec<u8>) -> Result<ReaderEvent> {
        let split = self.split;
        buffer.clear();
        if self.rest.capacity() > buffer.capacity() {
            // A pipe had nothing the last time.
            std::mem::swap(&mut buffer, &mut self.rest);
        } else {
            buffer.append(&mut self.rest);
        }
        let mut wanted = CHUNK_BYTES;
        // The line end is searched for in new bytes only.
        let mut searched = 0;
        let end = loop {
            if self.ended {
                break buffer.len();
            }
            if !self.fill(&mut buffer, wanted)? {
                self.rest = buffer;
                return Ok(ReaderEvent::Pending);
            }
            if let Some(last) = memchr::memrchr(b'\n', &buffer[searched..]) {
                break searched + last + 1;
            }
            searched = buffer.len();
            if buffer.len() >= MAX_LINE_BYTES {
                return Err(self.too_long());
            }
            if buffer.len() >= wanted {
                wanted *= 2;
            }
        };
        if buffer.is_empty() {
            return Ok(ReaderEvent::SplitFinished { split });
        }
        self.rest.extend_from_slice(&buffer[end..]);
        buffer.truncate(end);
        let offset = self.offset;
        self.offset += end as u64;
        let payload = Payload::Lines { bytes: buffer, offset, modified: self.modified, file_size: self.size };
        Ok(ReaderEvent::Chunk(Chunk { split, payload }))
    }

    /// Appends what comes next; answers `false` if a pipe has nothing for now.
    fn fill(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> Result<bool> {
        let file = match &mut self.content {
            Content::Regular(file) => file,
            Content::Pipe(pipe) => {
                let found = pipe.read(buffer).map_err(|error| failed("read", &self.path, &error))?;
                self.ended = found == Found::End;
                return Ok(found != Found::Nothing);
            }
        };
        let room = wanted.saturating_sub(buffer.len());
        buffer.reserve_exact(room);
        // Reads into the reserved space without clearing it first.
        match file.take(room as u64).read_to_end(buffer) {
            Ok(read) => self.ended = read == 0 && room > 0,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed("read", &self.path, &error)),
        }
        Ok(true)
    }

    #[cold]
    fn too_long(&self) -> Error {
        let (path, megabytes): (&Path, _) = (&self.path, MAX_LINE_BYTES >> 20);
        let offset = self.offset;
        let message = format!("{}, offset {offset}: the line is longer than {megabytes} MiB", path.display());
        Error::new(ErrorKind::Data, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Waker;
    use crate::connector::options::Options;

    fn readers(path: &Path, options: &[(&str, &str)], workers: usize, clock: Clock) -> Vec<Box<dyn Reader>> {
        let mut all = Options::new(options.iter().copied());
        all.set("path", path.to_str().unwrap());
        let table = TableConfig { name: "t", columns: &[], partition_keys: &[], options: all };
        let wakers = (0..workers).map(|_| Waker::new(|| ())).collect();
        open(&table, &ConnectorContext::new("app", wakers, clock, Default::default())).unwrap()
    }

    /// Chunks until the reader ends or has nothing, as (offset, bytes).
    fn drain(reader: &mut dyn Reader) -> Vec<(u64, Vec<u8>)> {
        let mut chunks = Vec::new();
        loop {
            match reader.poll().unwrap() {
                ReaderEvent::Chunk(Chunk { split, payload: Payload::Lines { bytes, offset, .. } }) => {
                    chunks.push((offset, bytes.clone()));
                    let payload = Payload::Lines { bytes, offset, modified: Timestamp(0), file_size: 0 };
                    reader.recycle(Chunk { split, payload });
                }
                ReaderEvent::Pending | ReaderEvent::End => return chunks,
                _ => {}
            }
        }
    }

    #[test]
    fn chunks_are_whole_lines_that_follow_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let line = format!("{}\n", "x".repeat(999));
        let long = format!("{}\n", "y".repeat(3 * CHUNK_BYTES));
        let content = format!("{}{long}{}last", line.repeat(2_000), line.repeat(10));
        std::fs::write(folder.path().join("a"), &content).unwrap();
        let mut readers = readers(folder.path(), &[], 1, Clock::system());
        let mut position = 0;
        for (offset, bytes) in drain(&mut *readers[0]) {
            assert_eq!(offset as usize, position);
            assert_eq!(bytes, content.as_bytes()[position..position + bytes.len()]);
            position += bytes.len();
            assert!(bytes.ends_with(b"\n") || position == content.len());
        }
        assert_eq!(position, content.len());
    }

    #[test]
    fn files_of_a_partitioned_table_are_in_folders() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("k=1")).unwrap();
        std::fs::write(folder.path().join("k=1/a"), "1\n").unwrap();
        let opened = || {
            let path = folder.path().to_str().unwrap();
            let options = Options::new([("path", path), ("format", "json")]);
            let table = TableConfig { name: "t", columns: &[], partition_keys: &["k"], options };
            let wakers = vec![Waker::new(|| ())];
            let context = ConnectorContext::new("app", wakers, Clock::system(), Default::default());
            open(&table, &context).map(drop)
        };
        opened().unwrap();
        std::fs::write(folder.path().join("b"), "1\n").unwrap();
        let message = opened().unwrap_err();
        assert!(message.message().starts_with("PARTITIONED BY (k) means folders named k=value, but "), "{message}");
        assert!(message.message().ends_with("/b is in none"), "{message}");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("a")).unwrap();
        file.set_len(MAX_LINE_BYTES as u64 + 10).unwrap();
        let mut readers = readers(folder.path(), &[], 1, Clock::system());
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::SplitStarted { .. })));
        let error = readers[0].poll().unwrap_err();
        assert!(error.message().ends_with("offset 0: the line is longer than 64 MiB"), "{error}");
    }

    #[test]
    fn workers_share_files_and_each_ends() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            std::fs::write(folder.path().join(name), format!("{name}\n")).unwrap();
        }
        let mut readers = readers(folder.path(), &[], 2, Clock::system());
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::SplitStarted { .. })));
        assert_eq!(drain(&mut *readers[1]), [(0, b"b\n".to_vec()), (0, b"c\n".to_vec())]);
        assert_eq!(drain(&mut *readers[0]), [(0, b"a\n".to_vec())]);
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
    }

    #[test]
    fn a_watched_folder_gives_each_new_file_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "1\n").unwrap();
        let clock = Clock::simulated(Timestamp(0));
        let mut readers = readers(folder.path(), &[("source.monitor-interval", "1 s")], 1, clock.clone());
        assert_eq!(drain(&mut *readers[0]), [(0, b"1\n".to_vec())]);
        std::fs::write(folder.path().join("b"), "2\n").unwrap();
        assert_eq!(drain(&mut *readers[0]), []);
        clock.set(Timestamp(1_000_000));
        assert_eq!(drain(&mut *readers[0]), [(0, b"2\n".to_vec())]);
        clock.set(Timestamp(2_000_000));
        assert_eq!(drain(&mut *readers[0]), []);
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::Pending)));
        readers[0].stop();
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
    }
}
