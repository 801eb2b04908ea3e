//! A local Kinesis, tables over it, and workers that read and write them the way the application does.

// Every test binary uses its own part of this.
#![allow(dead_code)]

use sqlc_local_kinesis::testing::Faults;
use sqlc_local_kinesis::{LocalKinesis, Options as ServerOptions};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::connector::{
    ConnectorContext, OutgoingRecord, Payload, Reader, ReaderEvent, Restored, RestoredTable, Sink, SplitId, SplitState,
    TableConfig, Waker,
};
use sqlc_runtime::error::{Error, Result};
use sqlc_runtime::job::metrics::Registry;
use sqlc_runtime::row::RowKind;
use sqlc_runtime::time::Clock;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// No condition of a test takes this long, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub kinesis: LocalKinesis,
    pub faults: Faults,
    pub registry: Registry,
    bell: Bell,
}

/// Rings whenever a worker is woken.
#[derive(Clone, Default)]
struct Bell(Arc<(Mutex<u64>, Condvar)>);

impl Bell {
    fn ring(&self) {
        *self.0.0.lock().unwrap() += 1;
        self.0.1.notify_all();
    }

    fn count(&self) -> u64 {
        *self.0.0.lock().unwrap()
    }

    /// Waits until it has rung since it stood at `count`, or a moment has passed.
    fn wait(&self, count: u64) {
        let rung = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(rung, Duration::from_millis(50), |now| *now == count).unwrap());
    }
}

impl World {
    pub fn new() -> World {
        World::with(ServerOptions::default())
    }

    pub fn with(options: ServerOptions) -> World {
        let faults = Faults::default();
        let kinesis = LocalKinesis::start(ServerOptions { faults: faults.clone(), ..options }).unwrap();
        World { kinesis, faults, registry: Registry::default(), bell: Bell::default() }
    }

    /// A table over the stream `input`, impatient as tests are; later options win.
    pub fn table(&self, options: &[(&str, &str)]) -> TableConfig {
        let endpoint = self.kinesis.endpoint();
        let mut all = Options::new([
            ("connector", "kinesis"),
            ("stream", "input"),
            ("aws.region", "us-east-1"),
            ("aws.endpoint", endpoint.as_str()),
            ("format", "raw"),
        ]);
        for (name, value) in options {
            all.set(name, value);
        }
        TableConfig { name: "sensor_data", columns: &[], partition_keys: &[], options: all }
    }

    pub fn source_table(&self, options: &[(&str, &str)]) -> TableConfig {
        let quick = [
            ("scan.shard.getrecords.intervalmillis", "5"),
            ("scan.shard.getrecords.backoff.base", "5"),
            ("scan.shard.getrecords.backoff.max", "20"),
            ("scan.list.shards.backoff.base", "10"),
            ("scan.list.shards.backoff.max", "20"),
        ];
        self.table(&[quick.as_slice(), options].concat())
    }

    fn context(&self, workers: usize) -> ConnectorContext {
        let waker = || {
            let bell = self.bell.clone();
            Waker::new(move || bell.ring())
        };
        let wakers = (0..workers).map(|_| waker()).collect();
        ConnectorContext::new("test", wakers, Clock::system(), self.registry.clone())
    }

    pub fn open_source(&self, table: &TableConfig, workers: usize) -> Result<Workers> {
        let readers = sqlc_kinesis::connector().open_source(table, &self.context(workers))?;
        Ok(Workers { readers, bell: self.bell.clone(), log: Log::default() })
    }

    /// The source of a run that goes on from what the workers of another said.
    pub fn restore_source(&self, table: &TableConfig, workers: usize, splits: &[SplitState]) -> Result<Workers> {
        let restored = RestoredTable { splits: Some(splits.to_vec()), sinks: None };
        let context = ConnectorContext {
            checkpoints: true,
            restored: Restored::new(BTreeMap::from([(table.name.to_owned(), restored)])),
            ..self.context(workers)
        };
        let readers = sqlc_kinesis::connector().open_source(table, &context)?;
        Ok(Workers { readers, bell: self.bell.clone(), log: Log::default() })
    }

    pub fn open_sinks(&self, table: &TableConfig, workers: usize) -> Result<Vec<Box<dyn Sink>>> {
        sqlc_kinesis::connector().open_sink(table, &self.context(workers))
    }

    /// Puts `count` records `key:number`, numbered for each key on its own from `from`, keys in turn.
    pub fn put(&self, keys: usize, from: usize, count: usize) {
        let records: Vec<(String, String)> = (from..from + count)
            .flat_map(|number| (0..keys).map(move |key| (format!("k{key}"), format!("k{key}:{number}"))))
            .collect();
        let records = records.iter().map(|(key, data)| (key.as_str(), data.as_bytes()));
        self.kinesis.put_records("input", records).unwrap();
    }

    /// Sums a metric of the table over all its labels.
    pub fn metric(&self, name: &str) -> i64 {
        self.registry.sum(name, "table", "sensor_data")
    }
}

/// What the workers have seen so far.
#[derive(Default)]
pub struct Log {
    /// Every record in the order in which the workers processed them.
    pub records: Vec<String>,
    pub sequences: Vec<(String, String)>,
    pub names: BTreeMap<SplitId, Arc<str>>,
    pub started: Vec<String>,
    pub finished: Vec<String>,
    pub lags: BTreeMap<SplitId, i64>,
    /// What happened, in order: `+shard`, `-shard`, `shard`.
    pub story: Vec<String>,
    pub workers: BTreeMap<String, usize>,
}

/// The readers of all workers, polled in turn on one thread.
pub struct Workers {
    readers: Vec<Box<dyn Reader>>,
    bell: Bell,
    pub log: Log,
}

impl Workers {
    /// Polls until the condition holds.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&Log) -> bool) {
        let started = Instant::now();
        while !holds(&self.log) {
            assert!(started.elapsed() < PATIENCE, "waiting for {what}; {} records so far", self.log.records.len());
            let rings = self.bell.count();
            if !self.poll_all().unwrap() {
                self.bell.wait(rings);
            }
        }
    }

    /// Polls until a worker fails.
    pub fn until_error(&mut self) -> Error {
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < PATIENCE, "waiting for an error");
            let rings = self.bell.count();
            match self.poll_all() {
                Ok(true) => {}
                Ok(false) => self.bell.wait(rings),
                Err(error) => return error,
            }
        }
    }

    /// One event of each worker; whether there was any.
    fn poll_all(&mut self) -> Result<bool> {
        let mut any = false;
        for worker in 0..self.readers.len() {
            any |= self.poll(worker)?;
        }
        Ok(any)
    }

    /// One event of a worker.
    pub fn poll(&mut self, worker: usize) -> Result<bool> {
        let log = &mut self.log;
        match self.readers[worker].poll()? {
            ReaderEvent::Pending => return Ok(false),
            ReaderEvent::SplitStarted { split, name } => {
                log.workers.insert(name.to_string(), worker);
                log.started.push(name.to_string());
                log.story.push(format!("+{name}"));
                assert!(log.names.insert(split, name).is_none(), "a split is started once");
            }
            ReaderEvent::SplitFinished { split } => {
                log.finished.push(log.names[&split].to_string());
                log.story.push(format!("-{}", log.names[&split]));
            }
            ReaderEvent::SplitLag { split, millis } => drop(log.lags.insert(split, millis)),
            ReaderEvent::Chunk(chunk) => {
                let name = log.names.get(&chunk.split).expect("a chunk belongs to a started split");
                assert_eq!(log.workers[&**name], worker, "a split stays with its worker");
                assert!(!log.finished.iter().any(|finished| **finished == **name), "nothing follows the end");
                log.story.push(name.to_string());
                let Payload::Messages(messages) = chunk.payload else { panic!("not messages") };
                assert!(!messages.is_empty());
                for message in messages.iter() {
                    assert!(message.timestamp.millis() > 1_500_000_000_000, "records have a time of arrival");
                    log.records.push(String::from_utf8(message.bytes.to_vec()).unwrap());
                    log.sequences.push((name.to_string(), message.sequence.to_owned()));
                }
            }
            ReaderEvent::End => panic!("a stream never ends"),
        }
        Ok(true)
    }

    /// A checkpoint of all workers, and what was handed over before it.
    pub fn snapshot(&mut self) -> Vec<SplitState> {
        self.readers.iter_mut().flat_map(|reader| reader.snapshot()).collect()
    }

    pub fn snapshot_of(&mut self, worker: usize) -> Vec<SplitState> {
        self.readers[worker].snapshot()
    }

    pub fn stop(&mut self) {
        self.readers.iter_mut().for_each(|reader| reader.stop());
    }
}

/// Asserts that the records `key:number` are complete and in order for every key.
pub fn assert_in_order(records: &[String], keys: usize, count: usize) {
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        let (key, number) = record.split_once(':').unwrap();
        let expected = next.entry(key).or_default();
        assert_eq!(number.parse(), Ok(*expected), "key {key}");
        *expected += 1;
    }
    assert_eq!(next.len(), keys);
    assert!(next.values().all(|seen| *seen == count), "{next:?}");
}

/// Waits for something that happens on other threads.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waiting for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn outgoing<'a>(bytes: &'a [u8], partition_key: Option<&'a str>) -> OutgoingRecord<'a> {
    OutgoingRecord { kind: RowKind::Insert, bytes, partition_key }
}
