//! The `datagen` connector: rows made up by the types of a table's columns.
//!
//! Rows leave as JSON lines in the forms that the format `json` reads by default, so that the table's
//! generated decoder is the same as for any other table of JSON. See
//! <https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/datagen/> for the options.

mod data_type;
mod generator;

use super::{Chunk, Connector, ConnectorContext, Payload, Reader, ReaderEvent, Sink, SplitId, TableConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::function::zone::Zone;
use crate::time::Clock;
use crate::value::Timestamp;
use data_type::DataType;
use generator::{Generator, Moment, Random, Row};
use std::sync::Arc;

/// The most rows of one chunk.
const CHUNK_ROWS: u64 = 4_096;

pub struct Datagen;

impl Connector for Datagen {
    fn name(&self) -> &'static str {
        "datagen"
    }

    fn open_source(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        let workers = context.wakers.len() as u64;
        let per_second = table.options.integer("rows-per-second")?.unwrap_or(10_000);
        let per_second = u64::try_from(per_second).ok().filter(|rate| *rate > 0);
        let per_second = per_second.ok_or_else(|| usage("option 'rows-per-second' must be positive"))?;
        let rows = match table.options.integer("number-of-rows")? {
            Some(rows) => u64::try_from(rows).map_err(|_| usage("option 'number-of-rows' must not be negative"))?,
            None => u64::MAX,
        };
        let random = Random::from_system();
        let reader = |worker| -> Result<Box<dyn Reader>> {
            let mut columns = Vec::with_capacity(table.columns.len());
            for column in table.columns {
                let data_type = DataType::parse(column.data_type).ok_or_else(|| {
                    usage(&format!("column {}: datagen cannot make values of type {}", column.name, column.data_type))
                })?;
                columns.push((column.name, Generator::new(column.name, &data_type, &table.options)?));
            }
            let row = Row::new(columns);
            Ok(Box::new(DatagenReader {
                rows: row.length().map_or(rows, |length| length.min(rows)),
                row,
                worker,
                workers,
                per_second,
                random: random.fork(worker),
                clock: context.clock.clone(),
                // Flink's generator asks the Java machine, not the session.
                zone: Zone::system(),
                started: None,
                made: 0,
                offset: 0,
                state: State::New,
                spare: Vec::new(),
            }))
        };
        (0..workers).map(reader).collect()
    }

    fn open_sink(&self, _: &TableConfig, _: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        Err(usage("connector 'datagen' can only be read from"))
    }
}

/// Makes every `workers`-th row, beginning with row `worker`.
struct DatagenReader {
    row: Row,
    worker: u64,
    workers: u64,
    /// How many rows there are in all, on all workers.
    rows: u64,
    per_second: u64,
    random: Random,
    clock: Clock,
    zone: Zone,
    started: Option<Timestamp>,
    /// How many rows this worker has made.
    made: u64,
    offset: u64,
    state: State,
    spare: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Finished,
}

impl DatagenReader {
    /// How many rows all workers may have made by now. As in Flink, those of the first second come at once.
    fn allowed(&self, now: Timestamp) -> u64 {
        let elapsed = now.0.saturating_sub(self.started.map_or(now.0, |started| started.0)).max(0) as u128;
        let allowed = u128::from(self.per_second) * (elapsed + 1_000_000) / 1_000_000;
        u64::try_from(allowed).unwrap_or(u64::MAX).min(self.rows)
    }

    fn next_row(&self) -> u64 {
        self.worker.saturating_add(self.made.saturating_mul(self.workers))
    }
}

impl Reader for DatagenReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        let split = SplitId(self.worker as u32);
        match self.state {
            State::New => {
                self.state = State::Open;
                self.started = Some(self.clock.now());
                return Ok(ReaderEvent::SplitStarted { split, name: Arc::from(format!("datagen-{}", self.worker)) });
            }
            State::Open if self.next_row() >= self.rows => {
                self.state = State::Finished;
                return Ok(ReaderEvent::SplitFinished { split });
            }
            State::Open => {}
            State::Finished => return Ok(ReaderEvent::End),
        }
        let now = self.clock.now();
        let moment = Moment { instant: now, zone: &self.zone };
        let allowed = self.allowed(now);
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        for _ in 0..CHUNK_ROWS {
            let row = self.next_row();
            if row >= allowed {
                break;
            }
            self.row.write(row, moment, &mut self.random, &mut bytes);
            bytes.push(b'\n');
            self.made += 1;
        }
        if bytes.is_empty() {
            self.spare = bytes;
            return Ok(ReaderEvent::Pending);
        }
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        Ok(ReaderEvent::Chunk(Chunk { split, payload: Payload::Lines { bytes, offset, modified: now, file_size: 0 } }))
    }

    fn recycle(&mut self, chunk: Chunk) {
        if let Payload::Lines { bytes, .. } = chunk.payload {
            self.spare = bytes;
        }
    }

    fn stop(&mut self) {
        self.state = State::Finished;
    }
}

fn usage(message: &str) -> Error {
    Error::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::options::Options;
    use crate::connector::{Column, Waker};

    const COLUMNS: &[Column] =
        &[Column { name: "id", data_type: "BIGINT NOT NULL" }, Column { name: "flag", data_type: "BOOLEAN" }];

    fn open(options: &[(&str, &str)], workers: usize, clock: &Clock) -> Result<Vec<Box<dyn Reader>>> {
        let options = Options::new(options.iter().copied());
        let table = TableConfig { name: "t", columns: COLUMNS, partition_keys: &[], options };
        let wakers = (0..workers).map(|_| Waker::new(|| ())).collect();
        let context = ConnectorContext::new("app", wakers, clock.clone(), Default::default());
        Datagen.open_source(&table, &context)
    }

    /// The values of `id` until the reader ends or has nothing.
    fn ids(reader: &mut dyn Reader) -> Vec<i64> {
        let mut ids = Vec::new();
        loop {
            match reader.poll().unwrap() {
                ReaderEvent::Chunk(Chunk { payload: Payload::Lines { bytes, .. }, .. }) => {
                    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                        let row: serde_json::Value = serde_json::from_slice(line).unwrap();
                        assert!(row["flag"].is_boolean());
                        ids.push(row["id"].as_i64().unwrap());
                    }
                }
                ReaderEvent::Pending | ReaderEvent::End => return ids,
                _ => {}
            }
        }
    }

    const SEQUENCE: [(&str, &str); 3] =
        [("fields.id.kind", "sequence"), ("fields.id.start", "5"), ("fields.id.end", "14")];

    #[test]
    fn a_sequence_is_shared_and_ends_the_table() {
        let mut readers = open(&SEQUENCE, 3, &Clock::system()).unwrap();
        assert_eq!(ids(&mut *readers[0]), [5, 8, 11, 14]);
        assert_eq!(ids(&mut *readers[1]), [6, 9, 12]);
        assert_eq!(ids(&mut *readers[2]), [7, 10, 13]);
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
    }

    #[test]
    fn the_rate_follows_the_clock() {
        let clock = Clock::simulated(Timestamp(0));
        let mut readers = open(&[&SEQUENCE[..], &[("rows-per-second", "4")]].concat(), 1, &clock).unwrap();
        assert_eq!(ids(&mut *readers[0]), [5, 6, 7, 8]);
        clock.set(Timestamp(499_999));
        assert_eq!(ids(&mut *readers[0]), [9]);
        clock.set(Timestamp(500_000));
        assert_eq!(ids(&mut *readers[0]), [10]);
        clock.set(Timestamp(60_000_000));
        assert_eq!(ids(&mut *readers[0]), [11, 12, 13, 14]);
    }

    #[test]
    fn a_number_of_rows_ends_the_table() {
        let mut readers = open(&[("number-of-rows", "5000")], 1, &Clock::system()).unwrap();
        assert_eq!(ids(&mut *readers[0]).len(), 5_000);
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
        let Err(error) = open(&[("number-of-rows", "-5")], 1, &Clock::system()) else { panic!("-5 was accepted") };
        assert_eq!(error.to_string(), "option 'number-of-rows' must not be negative");
    }
}
