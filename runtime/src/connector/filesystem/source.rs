//! Files to chunks of whole lines.

use super::discover::Place;
use super::files::{Files, Next, RestoredFiles, name};
use super::pipe::{Found, Pipe};
use super::position::{Mark, Position};
use super::{failed, local_path};
use crate::connector::{
    Chunk, ConnectorContext, Payload, Reader, ReaderEvent, SplitId, SplitState, TableConfig, Waker,
};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Timestamp;
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

/// How much is read at once.
const CHUNK_BYTES: usize = if cfg!(test) { 1 << 10 } else { 256 << 10 };
/// A line may be longer than a chunk, but not longer than this.
const MAX_LINE_BYTES: usize = 64 << 20;

pub(super) fn open(table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
    let place = Place::new(local_path(table)?, table.options.text("source.path.regex-pattern"))?;
    let restored = context.restored.splits(table.name).map_or(Ok(RestoredFiles::default()), RestoredFiles::new)?;
    let mut files = Files::new(table, place, context)?;
    files.start(&restored)?;
    let files = Arc::new(Mutex::new(files));
    let new = |waker: &Waker| FileReader::new(Arc::clone(&files), waker.clone());
    let mut readers: Vec<FileReader> = context.wakers.iter().map(new).collect();
    // Files that were read side by side go on side by side, also if there are fewer workers now: of rows in files one
    // after the other some would be late.
    let workers = readers.len();
    for (index, begun) in restored.begun.into_iter().enumerate() {
        readers[index % workers].begun.push_back(begun);
    }
    readers[0].read = restored.read;
    Ok(readers.into_iter().map(|reader| Box::new(reader) as Box<dyn Reader>).collect())
}

struct FileReader {
    files: Arc<Mutex<Files>>,
    waker: Waker,
    /// Files that a checkpoint says this reader has begun.
    begun: VecDeque<(PathBuf, Position)>,
    /// One, or those of a checkpoint, which take turns.
    open: VecDeque<OpenFile>,
    /// The names of files that have been read. Those that a checkpoint knew are with the first worker.
    read: Vec<Arc<str>>,
    /// How many files had been forgotten when `read` was last compared with what is remembered.
    forgotten: u64,
    spare: Vec<u8>,
    stopped: bool,
}

struct OpenFile {
    content: Content,
    path: PathBuf,
    name: Arc<str>,
    split: SplitId,
    modified: Timestamp,
    size: u64,
    /// What follows the last line end of the chunk before.
    rest: Vec<u8>,
    /// Where `rest` stands in the file.
    mark: Mark,
    ended: bool,
}

enum Content {
    /// Asked for whole chunks.
    Regular(File),
    /// Gives what it has.
    Pipe(Pipe),
    /// Everything was read before the checkpoint that the run goes on from. The file may be gone.
    Nothing,
}

impl FileReader {
    fn new(files: Arc<Mutex<Files>>, waker: Waker) -> Self {
        FileReader {
            files,
            waker,
            begun: VecDeque::new(),
            open: VecDeque::new(),
            read: Vec::new(),
            forgotten: 0,
            spare: Vec::new(),
            stopped: false,
        }
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&mut self, path: PathBuf, split: SplitId, position: Option<Position>) -> Result<ReaderEvent> {
        let open = OpenFile::new(path, split, position, &self.waker)?;
        let name = Arc::clone(&open.name);
        self.open.push_back(open);
        Ok(ReaderEvent::SplitStarted { split, name })
    }
}

impl Reader for FileReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        if self.stopped {
            return Ok(ReaderEvent::End);
        }
        if let Some((path, position)) = self.begun.front() {
            let (path, position) = (path.clone(), position.clone());
            let split = self.files().number();
            let started = self.start(path, split, Some(position))?;
            self.begun.pop_front();
            return Ok(started);
        }
        let Some(mut open) = self.open.pop_front() else {
            let next = self.files().next()?;
            return match next {
                Next::File(path, split) => self.start(path, split, None),
                Next::Later => Ok(ReaderEvent::Pending),
                Next::Nothing => Ok(ReaderEvent::End),
            };
        };
        let event = open.next(std::mem::take(&mut self.spare));
        match event {
            Ok(ReaderEvent::SplitFinished { .. }) => {
                self.files().was_read(&open.name);
                if open.can_be_read_again() {
                    self.read.push(open.name);
                }
            }
            _ => self.open.push_back(open),
        }
        event
    }

    fn can_wait(&self) -> bool {
        self.open.front().is_some_and(OpenFile::can_be_read_again)
    }

    fn recycle(&mut self, chunk: Chunk) {
        if let Payload::Lines { mut bytes, .. } = chunk.payload
            && bytes.capacity() <= 2 * CHUNK_BYTES
        {
            bytes.clear();
            self.spare = bytes;
        }
    }

    fn snapshot(&mut self) -> Vec<SplitState> {
        let (mut read, mut forgotten) = (std::mem::take(&mut self.read), self.forgotten);
        self.files().drop_forgotten(&mut read, &mut forgotten);
        (self.read, self.forgotten) = (read, forgotten);
        let state = |name: &str, position: &Position| SplitState { split: name.to_owned(), state: position.describe() };
        let begun = self.begun.iter().map(|(path, position)| state(&name(path), position));
        let open = self.open.iter().filter(|open| open.can_be_read_again());
        let open = open.map(|open| state(&open.name, &open.position()));
        let read = self.read.iter().map(|name| state(name, &Position::Read));
        begun.chain(open).chain(read).collect()
    }

    fn stop(&mut self) {
        self.stopped = true;
        // Who writes into a pipe learns that nobody reads it any more. Of files it has to be known how far they were read.
        self.open.retain(OpenFile::can_be_read_again);
    }
}

impl OpenFile {
    /// Opens a file at its beginning, or where a checkpoint was taken.
    fn new(path: PathBuf, split: SplitId, position: Option<Position>, waker: &Waker) -> Result<Self> {
        let name = name(&path);
        let mut open = OpenFile {
            content: Content::Nothing,
            path,
            name,
            split,
            modified: Timestamp::MIN,
            size: 0,
            rest: Vec::new(),
            mark: Mark::default(),
            ended: false,
        };
        match position {
            None => open.open(waker).map_err(|error| failed("read", &open.path, &error))?,
            Some(Position::At(mark)) => {
                open.mark = mark;
                open.open(waker).map_err(|error| {
                    let offset = open.mark.offset;
                    failed("go on reading", &open.path, &error)
                        .context(format_args!("the checkpoint was taken at offset {offset} of a file"))
                })?;
                if let Content::Regular(file) = &mut open.content {
                    open.mark.find(file, &open.path)?;
                }
            }
            Some(Position::AtEnd | Position::Read) => open.ended = true,
        }
        Ok(open)
    }

    fn open(&mut self, waker: &Waker) -> std::io::Result<()> {
        let metadata = std::fs::metadata(&self.path)?;
        self.content = match metadata.is_file() {
            true => Content::Regular(File::open(&self.path)?),
            false => Content::Pipe(Pipe::open(&self.path, waker.clone())?),
        };
        self.size = metadata.len();
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or_default();
        self.modified = Timestamp(modified);
        Ok(())
    }

    fn can_be_read_again(&self) -> bool {
        !matches!(self.content, Content::Pipe(_))
    }

    /// Behind what was handed over.
    fn position(&self) -> Position {
        match self.ended && self.rest.is_empty() {
            true => Position::AtEnd,
            false => Position::At(self.mark.clone()),
        }
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
        let offset = self.mark.offset;
        self.mark.pass(&buffer);
        let payload = Payload::Lines { bytes: buffer, offset, modified: self.modified, file_size: self.size };
        Ok(ReaderEvent::Chunk(Chunk { split, payload }))
    }

    /// Appends what comes next; answers `false` if a pipe has nothing for now.
    fn fill(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> Result<bool> {
        let file = match &mut self.content {
            Content::Regular(file) => file,
            Content::Nothing => {
                self.ended = true;
                return Ok(true);
            }
            Content::Pipe(pipe) => {
                let found = pipe.read(buffer).map_err(|error| failed("read", &self.path, &error))?;
                self.ended = found == Found::End;
                return Ok(found != Found::Nothing);
            }
        };
        let room = wanted.saturating_sub(buffer.len());
        buffer.reserve_exact(room);
        while buffer.len() < wanted {
            match rustix::io::read(&*file, spare_capacity(buffer)) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(failed("read", &self.path, &error.into())),
            }
        }
        Ok(true)
    }

    #[cold]
    fn too_long(&self) -> Error {
        let (path, megabytes): (&Path, _) = (&self.path, MAX_LINE_BYTES >> 20);
        let offset = self.mark.offset;
        let message = format!("{}, offset {offset}: the line is longer than {megabytes} MiB", path.display());
        Error::new(ErrorKind::Data, message)
    }
}

#[cfg(test)]
mod tests;
