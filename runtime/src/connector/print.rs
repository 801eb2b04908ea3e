//! The `print` connector, and what it shares with SELECT: lines to stdout or stderr.
//!
//! <https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/print/>: each line has the
//! prefix `identifier:worker> `, where the identifier is left out if there is none and the worker if there is
//! only one.

use super::{CheckpointId, Connector, ConnectorContext, OutgoingRecord, Reader, Sink, TableConfig};
use crate::error::{Error, ErrorKind, Result};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Lines are handed over when they have grown to this many bytes, or when nothing else is to do.
const BATCH_BYTES: usize = 32 << 10;

pub struct Print;

impl Connector for Print {
    fn name(&self) -> &'static str {
        "print"
    }

    fn open_source(&self, _: &TableConfig, _: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        Err(Error::new(ErrorKind::Usage, "connector 'print' can only be written to"))
    }

    fn open_sink(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        let identifier = table.options.text("print-identifier").unwrap_or_default();
        let output = match table.options.boolean("standard-error")? {
            Some(true) => Output::Stderr,
            _ => Output::Stdout,
        };
        let workers = context.wakers.len();
        let sink =
            |worker| Box::new(LineSink::new(output.clone(), prefix(identifier, worker, workers))) as Box<dyn Sink>;
        Ok((0..workers).map(sink).collect())
    }
}

fn prefix(identifier: &str, worker: usize, workers: usize) -> String {
    match (identifier, workers) {
        ("", 1) => String::new(),
        ("", _) => format!("{}> ", worker + 1),
        (_, 1) => format!("{identifier}> "),
        _ => format!("{identifier}:{}> ", worker + 1),
    }
}

/// Where lines go.
#[derive(Clone, Debug, Default)]
pub enum Output {
    #[default]
    Stdout,
    Stderr,
    /// For tests that run an application inside their own process.
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Output {
    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Output::Stdout => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Output::Stderr => std::io::stderr().lock().write_all(bytes),
            Output::Memory(memory) => {
                memory.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

/// Writes each record as a line. The lines of one worker stay together in batches.
pub struct LineSink {
    output: Output,
    prefix: String,
    batch: Vec<u8>,
}

impl LineSink {
    pub fn new(output: Output, prefix: String) -> Self {
        LineSink { output, prefix, batch: Vec::new() }
    }
}

impl Sink for LineSink {
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()> {
        self.batch.extend_from_slice(self.prefix.as_bytes());
        self.batch.extend_from_slice(record.bytes);
        self.batch.push(b'\n');
        match self.batch.len() >= BATCH_BYTES {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let written = self.output.write(&self.batch);
        self.batch.clear();
        if let (Output::Stdout, Err(error)) = (&self.output, &written)
            && error.kind() == std::io::ErrorKind::BrokenPipe
        {
            // Whoever read our output has enough: end as every program in a pipe does.
            let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
        }
        written.map_err(|error| Error::new(ErrorKind::Io, format!("cannot write the output: {error}")))
    }

    /// What a checkpoint contains has been seen, so that a run which goes on from it need not show it again. What is
    /// written behind it is, as everything that has left for a terminal or a pipe, beyond recall.
    fn barrier(&mut self, _: CheckpointId, _: bool) -> Result<()> {
        self.flush()
    }

    fn prepared(&mut self) -> Result<Option<String>> {
        Ok(Some(String::new()))
    }

    fn commit(&mut self, _: CheckpointId) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::RowKind;

    #[test]
    fn the_prefix_follows_flink() {
        let prefixes = [("", 1, ""), ("", 2, "1> "), ("id", 1, "id> "), ("id", 2, "id:1> ")];
        for (identifier, workers, expected) in prefixes {
            assert_eq!(prefix(identifier, 0, workers), expected);
        }
    }

    #[test]
    fn lines_are_written_whole_when_flushed() {
        let memory = Arc::new(Mutex::new(Vec::new()));
        let mut sink = LineSink::new(Output::Memory(Arc::clone(&memory)), "id> ".to_owned());
        let record = OutgoingRecord { kind: RowKind::Insert, bytes: b"+I[1]", partition_key: None };
        sink.write(&record).unwrap();
        assert!(memory.lock().unwrap().is_empty());
        sink.barrier(1, false).unwrap();
        assert_eq!(*memory.lock().unwrap(), b"id> +I[1]\n");
        sink.write(&record).unwrap();
        sink.finish().unwrap();
        assert_eq!(*memory.lock().unwrap(), b"id> +I[1]\nid> +I[1]\n");
    }
}
