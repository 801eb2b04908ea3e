//! Records to part files, which others see when they are complete.
//!
//! A part file is written under a hidden name. Without checkpoints it gets the name under which readers see it as soon as
//! it is complete. With checkpoints a complete file waits for the checkpoint that contains it, and what a crash leaves
//! behind is put in order by [`settle`] when the application starts again: every record is in the files exactly once.

mod part;
mod settle;
mod syncer;

use super::{failed, local_path};
use crate::connector::{CheckpointId, ConnectorContext, OutgoingRecord, Sink, TableConfig, Waker};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Clock;
use crate::value::Timestamp;
use part::{Open, Prepared, Series};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use syncer::Syncer;

const BUFFER_BYTES: usize = 256 << 10;
/// Flink's defaults of `sink.rolling-policy.*`.
const FILE_BYTES: u64 = 128 << 20;
const FILE_MICROS: i64 = 30 * 60 * 1_000_000;

pub(super) fn open(table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
    let folder = local_path(table)?;
    if folder.exists() && !folder.is_dir() {
        let message = format!("{} is a file, but the sink writes its part files into a folder", folder.display());
        return Err(Error::new(ErrorKind::Usage, message));
    }
    let max_bytes = table.options.size("sink.rolling-policy.file-size")?.unwrap_or(FILE_BYTES);
    let interval = table.options.duration("sink.rolling-policy.rollover-interval")?;
    let max_age = interval.map_or(FILE_MICROS, |interval| i64::try_from(interval.as_micros()).unwrap_or(i64::MAX));
    let series = match context.restored.sinks(table.name) {
        Some(prepared) => settle::settle(table.name, prepared)?.map_or_else(Series::new, |last| last.follower()),
        None => Series::new(),
    };
    let sink = |(worker, waker): (usize, &Waker)| {
        Box::new(PartSink {
            folder: folder.clone(),
            series: series.of_worker(worker),
            clock: context.clock.clone(),
            waker: waker.clone(),
            checkpoints: context.checkpoints,
            max_bytes,
            max_age,
            part: None,
            next: 0,
            complete: VecDeque::new(),
            unknown: 0,
            cut: None,
            syncer: None,
        }) as Box<dyn Sink>
    };
    Ok(context.wakers.iter().enumerate().map(sink).collect())
}

/// Makes visible what is in the checkpoint of a table that nothing writes any more, if these are our words. Whoever has
/// removed its folder as well does not want it.
pub(super) fn settle(table: &str, prepared: &[String]) -> Result<bool> {
    let has_files =
        |text: &&String| Prepared::parse(text).is_some_and(|prepared| prepared.next > 0 && prepared.folder.is_dir());
    let prepared: Vec<String> = prepared.iter().filter(has_files).cloned().collect();
    settle::settle(table, &prepared)?;
    Ok(!prepared.is_empty())
}

struct PartSink {
    folder: PathBuf,
    series: Series,
    clock: Clock,
    waker: Waker,
    checkpoints: bool,
    max_bytes: u64,
    max_age: i64,
    part: Option<Part>,
    /// The number of the next part file.
    next: u64,
    /// The numbers of files that are complete and wait for a checkpoint.
    complete: VecDeque<u64>,
    /// No checkpoint knows of files from this number on.
    unknown: u64,
    cut: Option<Cut>,
    /// Exists once there was something to make durable.
    syncer: Option<Syncer>,
}

/// The file that is being written, under a name that readers pass over.
struct Part {
    file: BufWriter<File>,
    path: PathBuf,
    number: u64,
    bytes: u64,
    opened: Timestamp,
}

/// The last barrier.
struct Cut {
    checkpoint: CheckpointId,
    /// How many of the complete files came before it.
    complete: usize,
    state: String,
    is_durable: bool,
}

impl PartSink {
    fn open_part(&mut self) -> Result<&mut Part> {
        if self.part.is_none() {
            let number = self.next;
            let path = self.folder.join(self.series.hidden(number));
            std::fs::create_dir_all(&self.folder).map_err(|error| failed("make the folder", &self.folder, &error))?;
            let file = File::create_new(&path).map_err(|error| failed("write", &path, &error))?;
            self.next += 1;
            let file = BufWriter::with_capacity(BUFFER_BYTES, file);
            self.part = Some(Part { file, path, number, bytes: 0, opened: self.clock.monotonic() });
        }
        Ok(self.part.as_mut().expect("a part is open"))
    }

    /// Completes the file. It gets the name under which readers see it, or waits for a checkpoint.
    fn close_part(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let written = part.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        let file = written.map_err(|error| failed("write", &part.path, &error))?;
        if self.checkpoints {
            self.complete.push_back(part.number);
            return self.syncer()?.sync(file, part.path);
        }
        let renamed = file.sync_data().and_then(|()| self.show(part.number));
        renamed.map_err(|error| failed("write", &part.path, &error))
    }

    /// Gives a complete file the name under which readers see it.
    fn show(&self, number: u64) -> std::io::Result<()> {
        std::fs::rename(self.folder.join(self.series.hidden(number)), self.folder.join(self.series.visible(number)))
    }

    fn show_complete(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            let Some(number) = self.complete.front().copied() else { break };
            let path = || self.folder.join(self.series.hidden(number));
            self.show(number).map_err(|error| failed("complete", &path(), &error))?;
            self.complete.pop_front();
        }
        Ok(())
    }

    fn syncer(&mut self) -> Result<&mut Syncer> {
        if self.syncer.is_none() {
            let folder = self.folder.clone();
            self.syncer = Some(match self.clock.is_simulated() {
                true => Syncer::without_thread(folder),
                false => Syncer::start(folder, self.waker.clone())?,
            });
        }
        Ok(self.syncer.as_mut().expect("a syncer was started"))
    }

    fn flush_part(&mut self) -> Result<()> {
        let Some(part) = &mut self.part else { return Ok(()) };
        part.file.flush().map_err(|error| failed("write", &part.path, &error))
    }
}

impl Sink for PartSink {
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()> {
        let max_bytes = self.max_bytes;
        let part = self.open_part()?;
        let written = part.file.write_all(record.bytes).and_then(|()| part.file.write_all(b"\n"));
        written.map_err(|error| failed("write", &part.path, &error))?;
        part.bytes += record.bytes.len() as u64 + 1;
        match part.bytes >= max_bytes {
            true => self.close_part(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        match &self.part {
            Some(part) if self.clock.monotonic().0.saturating_sub(part.opened.0) >= self.max_age => self.close_part(),
            _ => self.flush_part(),
        }
    }

    fn barrier(&mut self, checkpoint: CheckpointId, last: bool) -> Result<()> {
        match last {
            true => self.close_part()?,
            false => self.flush_part()?,
        }
        self.unknown = self.next;
        let open = self.part.as_ref().map(|part| Open { number: part.number, bytes: part.bytes });
        let prepared = Prepared {
            folder: self.folder.clone(),
            series: self.series.clone(),
            next: self.next,
            complete: self.complete.iter().copied().collect(),
            open,
        };
        let (complete, state) = (self.complete.len(), prepared.describe());
        self.cut = Some(Cut { checkpoint, complete, state, is_durable: self.next == 0 });
        if self.next == 0 {
            return Ok(());
        }
        let open = match &self.part {
            Some(part) => {
                let file = part.file.get_ref().try_clone().map_err(|error| failed("write", &part.path, &error))?;
                Some((file, part.path.clone()))
            }
            None => None,
        };
        self.syncer()?.cut(open);
        Ok(())
    }

    fn prepared(&mut self) -> Result<Option<String>> {
        let Some(cut) = &mut self.cut else { return Ok(None) };
        if let (false, Some(syncer)) = (cut.is_durable, &mut self.syncer) {
            cut.is_durable = syncer.is_done()?;
        }
        Ok(cut.is_durable.then(|| cut.state.clone()))
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        match self.cut.take() {
            Some(cut) if cut.checkpoint == checkpoint => self.show_complete(cut.complete),
            // What an earlier checkpoint had prepared is part of the one that is on its way.
            cut => {
                self.cut = cut;
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> Result<()> {
        self.close_part()?;
        if let Some(syncer) = &mut self.syncer {
            syncer.cut(None);
            syncer.wait()?;
        }
        self.show_complete(self.complete.len())?;
        match self.next {
            0 => Ok(()),
            _ => syncer::sync_folder(&self.folder),
        }
    }
}

/// A run has failed: files that no checkpoint knows of would lie there for ever, on a disk that may be full of them.
impl Drop for PartSink {
    fn drop(&mut self) {
        let open = self.part.take().map(|part| part.number);
        // Their file is closed first; nothing is left to be done about what cannot be removed.
        for number in self.complete.drain(..).chain(open).filter(|number| self.checkpoints && *number >= self.unknown) {
            let _ = std::fs::remove_file(self.folder.join(self.series.hidden(number)));
        }
    }
}

#[cfg(test)]
mod tests;
