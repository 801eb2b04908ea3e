//! A pipe, a terminal or another stream in a file's place: read as its bytes come, and never waited for on the
//! worker's thread, which has windows to fire and sinks to flush meanwhile.

use crate::connector::Waker;
use crate::queue::{Sender, queue};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

/// How much is asked for at once: what a pipe holds, where nobody has changed it.
const READ_BYTES: usize = 64 << 10;
/// How often the watching thread looks whether the reader is gone.
const LOOK: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

pub(super) struct Pipe {
    file: Arc<File>,
    waker: Waker,
    /// A pipe that nobody has opened for writing yet reads like one that has ended.
    has_begun: bool,
    /// Asks the watching thread, which exists once there was nothing to read, to wake the worker.
    watch: Option<Sender<()>>,
}

/// What a pipe had.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Bytes,
    /// Nothing now; the worker is woken when there is something.
    Nothing,
    End,
}

impl Pipe {
    /// Does not wait for a writer.
    pub(super) fn open(path: &Path, waker: Waker) -> io::Result<Pipe> {
        let flags = OFlags::NONBLOCK.bits();
        let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)?;
        Ok(Pipe { file: Arc::new(file), waker, has_begun: false, watch: None })
    }

    /// Appends what there is.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<Found> {
        if !self.has_begun && !is_ready(&self.file, Timespec { tv_sec: 0, tv_nsec: 0 })? {
            self.watch()?;
            return Ok(Found::Nothing);
        }
        buffer.reserve(READ_BYTES);
        match rustix::io::read(&*self.file, spare_capacity(buffer)) {
            Ok(0) => Ok(Found::End),
            Ok(_) => {
                self.has_begun = true;
                Ok(Found::Bytes)
            }
            Err(Errno::AGAIN | Errno::INTR) => {
                self.watch()?;
                Ok(Found::Nothing)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn watch(&mut self) -> io::Result<()> {
        if self.watch.is_none() {
            self.watch = Some(start_watching(Arc::clone(&self.file), self.waker.clone())?);
        }
        if let Some(watch) = &self.watch {
            // If it is still busy with the last request, that will do.
            let _ = watch.try_send(());
        }
        Ok(())
    }
}

/// A thread that, once for every request, waits until there is something to read, and wakes the worker.
fn start_watching(file: Arc<File>, waker: Waker) -> io::Result<Sender<()>> {
    let (requests, requested) = queue(1);
    let watch = move || {
        while requested.recv().is_ok() {
            // An error is the reader's to find, who is woken for it.
            while matches!(is_ready(&file, LOOK), Ok(false)) {
                if requested.try_recv() == Err(TryRecvError::Disconnected) {
                    return;
                }
            }
            waker.wake();
        }
    };
    std::thread::Builder::new().name("pipe".to_owned()).spawn(watch)?;
    Ok(requests)
}

/// Whether reading would bring bytes, an end or an error, waiting for it this long.
fn is_ready(file: &File, patience: Timespec) -> io::Result<bool> {
    match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&patience)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::io::Write;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn bytes_come_as_they_are_written_and_the_last_writer_ends_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let (rang, bell) = channel();
        let mut pipe = Pipe::open(
            &path,
            Waker::new(move || {
                let _ = rang.send(());
            }),
        )
        .unwrap();
        let mut buffer = b"kept ".to_vec();
        let wait = |pipe: &mut Pipe, buffer: &mut Vec<u8>| {
            loop {
                match pipe.read(buffer).unwrap() {
                    Found::Nothing => bell.recv_timeout(Duration::from_secs(30)).expect("the worker is woken"),
                    found => return found,
                }
            }
        };
        assert_eq!(pipe.read(&mut buffer).unwrap(), Found::Nothing, "no writer is no end");
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        assert_eq!(pipe.read(&mut buffer).unwrap(), Found::Nothing);
        writer.write_all(b"one").unwrap();
        assert_eq!(wait(&mut pipe, &mut buffer), Found::Bytes);
        assert_eq!(pipe.read(&mut buffer).unwrap(), Found::Nothing);
        writer.write_all(b" two").unwrap();
        drop(writer);
        assert_eq!(wait(&mut pipe, &mut buffer), Found::Bytes);
        assert_eq!(wait(&mut pipe, &mut buffer), Found::End);
        assert_eq!(buffer, b"kept one two");
    }
}
