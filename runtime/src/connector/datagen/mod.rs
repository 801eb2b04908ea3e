//! The `datagen` connector: rows made up by the types of a table's columns.
//!
//! Rows leave as JSON lines in the forms that the format `json` reads by default, so that the table's
//! generated decoder is the same as for any other table of JSON. See
//! <https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/datagen/> for the options.
//! What a row is depends on its number, the time, and a seed that checkpoints remember, so a run that goes on from a
//! checkpoint makes the rows that the run before would have made, with however many workers.

mod data_type;
mod generator;
mod stride;

use super::{Chunk, Connector, ConnectorContext, Payload, Reader, ReaderEvent, Sink, SplitId, SplitState, TableConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::function::zone::Zone;
use crate::time::Clock;
use crate::value::Timestamp;
use data_type::DataType;
use generator::{Generator, Moment, Random, Row};
use std::sync::Arc;
use stride::{Progress, Stride};

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
        let (strides, progress) = match context.restored.splits(table.name) {
            Some(splits) if !splits.is_empty() => stride::restore(splits, workers)?,
            _ => (stride::new(workers), Progress { seed: Random::new_seed(), allowed: None }),
        };
        let mut splits = 0;
        let reader = |strides: Vec<Stride>| -> Result<Box<dyn Reader>> {
            let mut columns = Vec::with_capacity(table.columns.len());
            for column in table.columns {
                let data_type = DataType::parse(column.data_type).ok_or_else(|| {
                    usage(&format!("column {}: datagen cannot make values of type {}", column.name, column.data_type))
                })?;
                columns.push((column.name, Generator::new(column.name, &data_type, &table.options)?));
            }
            let row = Row::new(columns);
            let splits = strides.into_iter().map(|stride| {
                splits += 1;
                Split { id: SplitId(splits - 1), stride, state: State::New }
            });
            Ok(Box::new(DatagenReader {
                rows: row.length().map_or(rows, |length| length.min(rows)),
                row,
                per_second,
                progress,
                clock: context.clock.clone(),
                // Flink's generator asks the Java machine, not the session.
                zone: Zone::system(),
                started: None,
                splits: splits.collect(),
                turn: 0,
                stopped: false,
                spare: Vec::new(),
            }))
        };
        strides.into_iter().map(reader).collect()
    }

    fn open_sink(&self, _: &TableConfig, _: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        Err(usage("connector 'datagen' can only be read from"))
    }
}

/// Makes the rows of some strides, which take turns.
struct DatagenReader {
    row: Row,
    /// How many rows there are in all, on all workers.
    rows: u64,
    per_second: u64,
    progress: Progress,
    clock: Clock,
    zone: Zone,
    started: Option<Timestamp>,
    splits: Vec<Split>,
    turn: usize,
    stopped: bool,
    spare: Vec<u8>,
}

struct Split {
    id: SplitId,
    stride: Stride,
    state: State,
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
        let since = |micros: u128| u64::try_from(u128::from(self.per_second) * micros / 1_000_000).unwrap_or(u64::MAX);
        match self.progress.allowed {
            None => since(elapsed + 1_000_000),
            Some(before) => before.saturating_add(since(elapsed)),
        }
    }
}

impl Reader for DatagenReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        if self.stopped {
            return Ok(ReaderEvent::End);
        }
        let (now, moment) = (self.clock.now(), self.clock.monotonic());
        self.started.get_or_insert(moment);
        let allowed = self.allowed(moment).min(self.rows);
        let moment = Moment { instant: now, zone: &self.zone };
        for _ in 0..self.splits.len() {
            let turn = self.turn % self.splits.len();
            self.turn = turn + 1;
            let Split { id, stride, state } = &mut self.splits[turn];
            match state {
                State::New => {
                    *state = State::Open;
                    return Ok(ReaderEvent::SplitStarted { split: *id, name: Arc::clone(&stride.name) });
                }
                State::Open if stride.next >= self.rows => {
                    *state = State::Finished;
                    return Ok(ReaderEvent::SplitFinished { split: *id });
                }
                State::Open if stride.next < allowed => {}
                State::Open | State::Finished => continue,
            }
            let mut bytes = std::mem::take(&mut self.spare);
            bytes.clear();
            for _ in 0..CHUNK_ROWS {
                if stride.next >= allowed {
                    break;
                }
                let mut random = Random::of_row(self.progress.seed, stride.next);
                self.row.write(stride.next, moment, &mut random, &mut bytes);
                bytes.push(b'\n');
                stride.next = stride.next.saturating_add(stride.step);
            }
            let offset = stride.offset;
            stride.offset += bytes.len() as u64;
            let payload = Payload::Lines { bytes, offset, modified: now, file_size: 0 };
            return Ok(ReaderEvent::Chunk(Chunk { split: *id, payload }));
        }
        match self.splits.iter().all(|split| split.state == State::Finished) {
            true => Ok(ReaderEvent::End),
            false => Ok(ReaderEvent::Pending),
        }
    }

    fn recycle(&mut self, chunk: Chunk) {
        if let Payload::Lines { bytes, .. } = chunk.payload {
            self.spare = bytes;
        }
    }

    fn snapshot(&mut self) -> Vec<SplitState> {
        let allowed = match self.started {
            Some(_) => self.allowed(self.clock.monotonic()),
            // As it is when the first row is asked for.
            None => self.progress.allowed.unwrap_or(self.per_second),
        };
        self.splits.iter().map(|split| split.stride.describe(self.progress.seed, allowed)).collect()
    }

    fn stop(&mut self) {
        self.stopped = true;
    }
}

fn usage(message: &str) -> Error {
    Error::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::options::Options;
    use crate::connector::{Column, Restored, RestoredTable, Waker};
    use std::collections::BTreeMap;

    const COLUMNS: &[Column] =
        &[Column { name: "id", data_type: "BIGINT NOT NULL" }, Column { name: "flag", data_type: "BOOLEAN" }];

    fn open(options: &[(&str, &str)], workers: usize, clock: &Clock) -> Result<Vec<Box<dyn Reader>>> {
        restored(options, workers, clock, None)
    }

    fn restored(
        options: &[(&str, &str)],
        workers: usize,
        clock: &Clock,
        splits: Option<Vec<SplitState>>,
    ) -> Result<Vec<Box<dyn Reader>>> {
        let options = Options::new(options.iter().copied());
        let table = TableConfig { name: "t", columns: COLUMNS, partition_keys: &[], options };
        let wakers = (0..workers).map(|_| Waker::new(|| ())).collect();
        let mut context = ConnectorContext::new("app", wakers, clock.clone(), Default::default());
        context.restored = Restored::new(BTreeMap::from([("t".to_owned(), RestoredTable { splits, sinks: None })]));
        Datagen.open_source(&table, &context)
    }

    fn cut(readers: &mut [Box<dyn Reader>]) -> Vec<SplitState> {
        readers.iter_mut().flat_map(|reader| reader.snapshot()).collect()
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
    fn a_checkpoint_goes_on_with_the_next_row_and_at_the_same_rate() {
        let clock = Clock::simulated(Timestamp(0));
        let options = [&SEQUENCE[..], &[("rows-per-second", "4"), ("fields.flag.null-rate", "0")]].concat();
        let mut readers = open(&options, 2, &clock).unwrap();
        assert_eq!(ids(&mut *readers[0]), [5, 7]);
        let splits = cut(&mut readers);
        let states: Vec<&str> = splits.iter().map(|split| split.state.split(" seed").next().unwrap()).collect();
        assert_eq!(splits[0].split, "datagen-0");
        assert!(states[0].starts_with("row 4 step 2 offset ") && states[0].ends_with(" allowed 4"), "{states:?}");
        assert_eq!(states[1], "row 1 step 2 offset 0 allowed 4");
        // The time in which the application did not run does not count.
        clock.set(Timestamp(60_000_000));
        let mut readers = restored(&options, 1, &clock, Some(splits)).unwrap();
        assert_eq!(ids(&mut *readers[0]), [6, 8]);
        clock.set(Timestamp(60_500_000));
        let mut next = ids(&mut *readers[0]);
        next.sort_unstable();
        assert_eq!(next, [9, 10]);
        let mut readers = restored(&options, 3, &clock, Some(cut(&mut readers))).unwrap();
        clock.set(Timestamp(70_000_000));
        let mut all: Vec<i64> = readers.iter_mut().flat_map(|reader| ids(&mut **reader)).collect();
        assert_eq!(all.len(), 0);
        clock.set(Timestamp(80_000_000));
        all.extend(readers.iter_mut().flat_map(|reader| ids(&mut **reader)));
        all.sort_unstable();
        assert_eq!(all, [11, 12, 13, 14]);
        assert!(matches!(readers[2].poll(), Ok(ReaderEvent::End)));
        // What has come to its end stays there.
        let mut readers = restored(&options, 1, &clock, Some(cut(&mut readers))).unwrap();
        assert_eq!(ids(&mut *readers[0]).len(), 0);
        assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
    }

    #[test]
    fn random_values_are_those_that_would_have_come() {
        let lines = |readers: &mut [Box<dyn Reader>]| {
            let mut lines = Vec::new();
            for reader in readers {
                loop {
                    match reader.poll().unwrap() {
                        ReaderEvent::Chunk(Chunk { payload: Payload::Lines { bytes, .. }, .. }) => {
                            lines.extend(String::from_utf8(bytes).unwrap().lines().map(str::to_owned));
                        }
                        ReaderEvent::Pending | ReaderEvent::End => break,
                        _ => {}
                    }
                }
            }
            lines.sort();
            lines
        };
        let options = [("number-of-rows", "50")];
        let clock = Clock::simulated(Timestamp(0));
        let mut readers = open(&options, 2, &clock).unwrap();
        let splits = cut(&mut readers);
        let expected = lines(&mut readers);
        assert_eq!(expected.len(), 50);
        for workers in 1..6 {
            assert_eq!(lines(&mut restored(&options, workers, &clock, Some(splits.clone())).unwrap()), expected);
        }
        let damaged = vec![SplitState { split: "datagen-0".to_owned(), state: "row x".to_owned() }];
        let Err(error) = restored(&options, 1, &clock, Some(damaged)) else { panic!("taken") };
        assert_eq!(error.message(), "the checkpoint says 'row x' of datagen-0, which means nothing");
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
