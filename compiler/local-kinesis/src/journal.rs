//! Streams and records on disk: a file of JSON lines to which is appended what is new, once a second and at
//! the end. What the last second brought is lost if the process is killed.
//!
//! The library has a persistence of its own, which writes everything again with every record.
//!
//! A line is one of
//!
//! - `{"stream": {…}, "hidden": {…}}`: a stream as it is from now on;
//! - `{"records": "name", "entries": [[key, partition key, data, seconds of arrival], …]}`;
//! - `{"dropped": "name"}`: a stream and its records are gone.
//!
//! At start the file is read, and written anew without what is gone or older than its stream's retention.

use anyhow::{Context, Result, anyhow, bail};
use ferrokinesis::sequence;
use ferrokinesis::store::Store;
use ferrokinesis::types::{StoredRecord, Stream, StreamStatus};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "streams.jsonl";

/// Records in one line, and in one step of loading.
const BATCH: usize = 1000;

/// What is in the file.
pub(crate) struct Journal {
    file: BufWriter<File>,
    written: BTreeMap<String, Written>,
    /// Held as long as we live, so that nobody else writes.
    _lock: File,
}

#[derive(Default)]
struct Written {
    stream: String,
    /// The last record's key by shard.
    last: BTreeMap<i64, String>,
    /// Shards that were closed when their records were written.
    complete: BTreeSet<i64>,
}

/// Streams as the file tells them.
#[derive(Default)]
struct Loaded(BTreeMap<String, (Stream, BTreeMap<String, StoredRecord>)>);

impl Journal {
    /// Fills the store with what the folder holds and goes on from there. The folder is made if it is
    /// missing.
    pub(crate) async fn open(folder: &Path, store: &Store) -> Result<Journal> {
        let shown = folder.display();
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder '{shown}' to persist streams in"))?;
        let cannot_write = || format!("cannot write to the folder '{shown}' to persist streams in");
        let lock = File::create(folder.join("lock")).with_context(cannot_write)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another local Kinesis persists its streams in '{shown}'"),
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot_write),
        }
        let path = folder.join(FILE);
        let loaded =
            Loaded::read(&path).with_context(|| format!("the streams in '{}' cannot be loaded", path.display()))?;
        loaded.fill(store).await.with_context(|| format!("the streams in '{}' cannot be loaded", path.display()))?;
        let fresh: PathBuf = folder.join(format!("{FILE}.new"));
        let file =
            OpenOptions::new().create(true).write(true).truncate(true).open(&fresh).with_context(cannot_write)?;
        let mut journal = Journal { file: BufWriter::new(file), written: BTreeMap::new(), _lock: lock };
        journal.append(store).await.with_context(cannot_write)?;
        std::fs::rename(&fresh, &path).with_context(cannot_write)?;
        Ok(journal)
    }

    /// Appends what has changed since the last time.
    pub(crate) async fn append(&mut self, store: &Store) -> Result<()> {
        let names: BTreeSet<String> = store.list_stream_names().await.into_iter().collect();
        let gone: Vec<String> = self.written.keys().filter(|name| !names.contains(*name)).cloned().collect();
        for name in gone {
            self.line(&json!({ "dropped": name }))?;
            self.written.remove(&name);
        }
        for name in names {
            // A stream that is being made, changed or deleted is written when that is over.
            let Ok(stream) = store.get_stream(&name).await else { continue };
            if stream.stream_status != StreamStatus::Active {
                continue;
            }
            let line = json!({
                "stream": serde_json::to_value(&stream)?,
                "hidden": {
                    "tags": stream.tags,
                    "key_id": stream.key_id,
                    "warm_throughput_mibps": stream.warm_throughput_mibps,
                    "max_record_size_kib": stream.max_record_size_kib,
                },
            });
            let text = line.to_string();
            if self.written.get(&name).is_none_or(|written| written.stream != text) {
                self.line(&line)?;
                self.written.entry(name.clone()).or_default().stream = text;
            }
            for shard in &stream.shards {
                let Ok((_, number)) = sequence::resolve_shard_id(&shard.shard_id) else { continue };
                let closed = shard.sequence_number_range.ending_sequence_number.is_some();
                self.append_shard(store, &name, number, closed).await?;
            }
        }
        self.file.flush()?;
        Ok(())
    }

    async fn append_shard(&mut self, store: &Store, name: &str, shard: i64, closed: bool) -> Result<()> {
        let written = self.written.entry(name.to_owned()).or_default();
        if written.complete.contains(&shard) {
            return Ok(());
        }
        let start = match written.last.get(&shard) {
            // The smallest key behind the last.
            Some(last) => format!("{last}\0"),
            None => format!("{}/", sequence::shard_ix_to_hex(shard)),
        };
        let records = store.get_records_range(name, &start, &sequence::shard_ix_to_hex(shard + 1)).await;
        if let Some((last, _)) = records.last() {
            written.last.insert(shard, last.clone());
        }
        if closed {
            written.complete.insert(shard);
        }
        for batch in records.chunks(BATCH) {
            let entries: Vec<Value> = batch
                .iter()
                .map(|(key, record)| {
                    json!([key, record.partition_key, record.data, record.approximate_arrival_timestamp])
                })
                .collect();
            self.line(&json!({ "records": name, "entries": entries }))?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Value) -> Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")?;
        Ok(())
    }
}

impl Loaded {
    fn read(path: &Path) -> Result<Loaded> {
        let mut loaded = Loaded::default();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(loaded),
            Err(error) => return Err(error.into()),
        };
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        let mut number = 0;
        while lines.read_until(b'\n', &mut line)? > 0 {
            number += 1;
            // The process was killed while it wrote its last line.
            if !line.ends_with(b"\n") {
                break;
            }
            loaded.take(&line).with_context(|| format!("line {number}"))?;
            line.clear();
        }
        Ok(loaded)
    }

    fn take(&mut self, line: &[u8]) -> Result<()> {
        let mut line: Value = serde_json::from_slice(line)?;
        if let Some(name) = line.get("dropped").and_then(Value::as_str) {
            self.0.remove(name);
            return Ok(());
        }
        if let Some(name) = line.get("records").and_then(Value::as_str) {
            let (_, records) =
                self.0.get_mut(name).with_context(|| format!("records of an unknown stream '{name}'"))?;
            let entries = line.get("entries").and_then(Value::as_array).context("no entries")?;
            for entry in entries {
                let text = |index: usize| {
                    entry.get(index).and_then(Value::as_str).map(str::to_owned).context("an entry is incomplete")
                };
                let record = StoredRecord {
                    partition_key: text(1)?,
                    data: text(2)?,
                    approximate_arrival_timestamp: entry
                        .get(3)
                        .and_then(Value::as_f64)
                        .context("an entry has no time of arrival")?,
                };
                records.insert(text(0)?, record);
            }
            return Ok(());
        }
        let stream = line.get_mut("stream").map(Value::take).context("a line is neither stream nor records")?;
        let mut stream: Stream = serde_json::from_value(stream)?;
        let hidden = line.get_mut("hidden").map(Value::take).unwrap_or_default();
        let small = |name: &str, default: u32| {
            hidden.get(name).and_then(Value::as_u64).and_then(|value| u32::try_from(value).ok()).unwrap_or(default)
        };
        stream.warm_throughput_mibps = small("warm_throughput_mibps", 0);
        stream.max_record_size_kib = small("max_record_size_kib", 1024);
        stream.key_id = hidden.get("key_id").and_then(Value::as_str).map(str::to_owned);
        if let Some(tags) = hidden.get("tags") {
            stream.tags = serde_json::from_value(tags.clone())?;
        }
        match self.0.get_mut(&stream.stream_name) {
            Some((known, _)) => *known = stream,
            None => drop(self.0.insert(stream.stream_name.clone(), (stream, BTreeMap::new()))),
        }
        Ok(())
    }

    async fn fill(self, store: &Store) -> Result<()> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        for (name, (stream, mut records)) in self.0 {
            let refused = |error: ferrokinesis::error::KinesisErrorResponse| anyhow!("stream '{name}': {error}");
            let next = next_numbers(&records);
            let oldest = now - f64::from(stream.retention_period_hours) * 3600.0;
            records.retain(|_, record| record.approximate_arrival_timestamp >= oldest);
            store.put_stream(&name, stream.clone()).await.map_err(refused)?;
            let records: Vec<(String, StoredRecord)> = records.into_iter().collect();
            for batch in records.chunks(BATCH) {
                store.put_records_batch(&name, batch).await.map_err(refused)?;
            }
            // Numbers go on behind the last one given, even if that record is too old to be kept.
            for shard in &stream.shards {
                let Ok((_, number)) = sequence::resolve_shard_id(&shard.shard_id) else { continue };
                if shard.sequence_number_range.ending_sequence_number.is_some() {
                    continue;
                }
                let Some(next) = next.get(&number) else { continue };
                let hash_key = shard.hash_key_range.start_u128();
                while store.current_shard_seq(&name, number).await < *next {
                    let missing = next - store.current_shard_seq(&name, number).await;
                    let step = usize::try_from(missing).unwrap_or(BATCH).min(BATCH);
                    store.allocate_sequences_batch(&name, &vec![hash_key; step]).await.map_err(refused)?;
                }
            }
        }
        Ok(())
    }
}

/// By shard the number after the highest that was given to a record.
fn next_numbers(records: &BTreeMap<String, StoredRecord>) -> BTreeMap<i64, u64> {
    let mut next = BTreeMap::new();
    for key in records.keys() {
        let Some((_, number)) = key.split_once('/') else { continue };
        let Ok(parsed) = sequence::parse_sequence(number) else { continue };
        let after = parsed.seq_ix.map_or(0, |index| index + 1);
        next.entry(parsed.shard_ix).and_modify(|next: &mut u64| *next = after.max(*next)).or_insert(after);
    }
    next
}
