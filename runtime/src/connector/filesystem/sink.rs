//! Records to part files, which others see when they are complete.

use super::{failed, local_path};
use crate::connector::{ConnectorContext, OutgoingRecord, Sink, TableConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Clock;
use crate::value::Timestamp;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    // Runs that write into one folder must not meet.
    let run = format!("{:x}-{:x}", Clock::system().now().0, std::process::id());
    let sink = |worker| {
        Box::new(PartSink {
            folder: folder.clone(),
            prefix: format!("part-{run}-{worker}"),
            clock: context.clock.clone(),
            max_bytes,
            max_age,
            part: None,
            parts: 0,
        }) as Box<dyn Sink>
    };
    Ok((0..context.wakers.len()).map(sink).collect())
}

struct PartSink {
    folder: PathBuf,
    prefix: String,
    clock: Clock,
    max_bytes: u64,
    max_age: i64,
    part: Option<Part>,
    parts: usize,
}

/// The file that is being written, under a name that readers pass over.
struct Part {
    file: BufWriter<File>,
    path: Arc<Path>,
    name: String,
    bytes: u64,
    opened: Timestamp,
}

impl PartSink {
    fn open_part(&mut self) -> Result<&mut Part> {
        if self.part.is_none() {
            let name = format!("{}-{}", self.prefix, self.parts);
            self.parts += 1;
            let path = self.folder.join(format!(".{name}.inprogress"));
            std::fs::create_dir_all(&self.folder).map_err(|error| failed("make the folder", &self.folder, &error))?;
            let file = File::create_new(&path).map_err(|error| failed("write", &path, &error))?;
            let file = BufWriter::with_capacity(BUFFER_BYTES, file);
            self.part = Some(Part { file, path: path.into(), name, bytes: 0, opened: self.clock.now() });
        }
        Ok(self.part.as_mut().expect("a part is open"))
    }

    /// Completes the file and gives it the name under which readers see it.
    fn close_part(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let written = part.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        let renamed = written
            .and_then(|file| file.sync_data())
            .and_then(|()| std::fs::rename(&part.path, self.folder.join(&part.name)));
        renamed.map_err(|error| failed("write", &part.path, &error))
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
        let Some(part) = &mut self.part else { return Ok(()) };
        if self.clock.now().0.saturating_sub(part.opened.0) >= self.max_age {
            return self.close_part();
        }
        part.file.flush().map_err(|error| failed("write", &part.path, &error))
    }

    fn finish(&mut self) -> Result<()> {
        self.close_part()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Waker;
    use crate::connector::options::Options;
    use crate::row::RowKind;

    fn sinks(path: &Path, options: &[(&str, &str)], workers: usize, clock: &Clock) -> Result<Vec<Box<dyn Sink>>> {
        let mut all = Options::new(options.iter().copied());
        all.set("path", path.to_str().unwrap());
        let table = TableConfig { name: "t", columns: &[], partition_keys: &[], options: all };
        let wakers = (0..workers).map(|_| Waker::new(|| ())).collect();
        open(&table, &ConnectorContext::new("app", wakers, clock.clone(), Default::default()))
    }

    fn write(sink: &mut dyn Sink, text: &str) {
        sink.write(&OutgoingRecord { kind: RowKind::Insert, bytes: text.as_bytes(), partition_key: None }).unwrap();
    }

    fn visible(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|file| !file.file_name().unwrap().to_str().unwrap().starts_with('.'));
        let mut contents: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        contents.sort();
        contents
    }

    #[test]
    fn part_files_appear_when_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut sinks = sinks(&path, &[], 3, &Clock::system()).unwrap();
        write(&mut *sinks[0], "one");
        write(&mut *sinks[1], "two");
        sinks[0].flush().unwrap();
        assert_eq!(visible(&path), [""; 0]);
        sinks.iter_mut().for_each(|sink| sink.finish().unwrap());
        assert_eq!(visible(&path), ["one\n", "two\n"]);
    }

    #[test]
    fn files_roll_by_size_and_age() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::simulated(Timestamp(0));
        let options = [("sink.rolling-policy.file-size", "8 b"), ("sink.rolling-policy.rollover-interval", "1 s")];
        let mut sinks = sinks(folder.path(), &options, 1, &clock).unwrap();
        write(&mut *sinks[0], "1234567");
        assert_eq!(visible(folder.path()), ["1234567\n"]);
        write(&mut *sinks[0], "2");
        clock.set(Timestamp(999_999));
        sinks[0].flush().unwrap();
        assert_eq!(visible(folder.path()).len(), 1);
        clock.set(Timestamp(1_000_000));
        sinks[0].flush().unwrap();
        assert_eq!(visible(folder.path()), ["1234567\n", "2\n"]);
    }

    #[test]
    fn a_file_in_the_way_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        let Err(error) = sinks(&path, &[], 1, &Clock::system()) else { panic!("a file was accepted") };
        assert!(error.message().contains("is a file"));
    }
}
