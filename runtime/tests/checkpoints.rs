//! Two keyed operators one behind the other on several workers, cancelled again and again: what the sink makes visible
//! is what one undisturbed run would have written.

use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::{
    CheckpointId, Chunk, Column, Connector, ConnectorContext, OutgoingRecord, Payload, Reader, ReaderEvent, Sink,
    SplitId, SplitState, TableConfig,
};
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{App, Element, Job, Overrides, Pipeline, Restore, Scan, SinkWriter, SourceId, Table, Wiring};
use sqlc_runtime::operator::{Drain, KeyedOperator};
use sqlc_runtime::row::{Codec, PartitionKey, RowKind, TableRow};
use sqlc_runtime::state::{self, Blocks};
use sqlc_runtime::value::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Counts the rows of each key, and hands the row on with its number.
#[derive(Default)]
struct Number {
    seen: BTreeMap<i64, i64>,
    results: Vec<(i64, i64)>,
    /// What remains to be written into a checkpoint.
    unwritten: VecDeque<(i64, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Keyed64 {
    key: i64,
}

impl Codec<'_> for Keyed64 {
    fn encode(&self, out: &mut Vec<u8>) {
        self.key.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Keyed64 { key: Codec::decode(bytes) }
    }
}

impl KeyedOperator for Number {
    type Input<'a> = Keyed64;

    fn hash(&self, input: &Keyed64) -> u64 {
        state::hash(&input.key)
    }

    fn process(&mut self, _: u64, _: RowKind, input: &Keyed64) -> Result<()> {
        let seen = self.seen.entry(input.key).or_default();
        *seen += 1;
        self.results.push((input.key, *seen));
        Ok(())
    }

    fn advance(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }

    fn begin_snapshot(&mut self, _: &mut Vec<u8>, _: bool) -> Result<u32> {
        assert_eq!(self.results, [], "what came before the cut has been handed on");
        self.unwritten = self.seen.iter().map(|(key, seen)| (*key, *seen)).collect();
        Ok(self.unwritten.len() as u32)
    }

    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        while blocks.size() < enough.min(200)
            && let Some(entry) = self.unwritten.pop_front()
        {
            let number = self.unwritten.len() as u32;
            entry.encode(blocks.begin(number));
        }
        !self.unwritten.is_empty()
    }

    fn snapshot_ended(&mut self, _: bool) {}

    fn restore_head(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn restore_block(&mut self, mut block: &[u8], owned: &dyn Fn(u64) -> bool) -> Result<()> {
        let (key, seen) = Codec::decode(&mut block);
        if owned(state::hash(&key)) {
            assert_eq!(self.seen.insert(key, seen), None, "a key comes once");
        }
        Ok(())
    }
}

impl Drain for Number {
    type Item<'r> = (i64, i64);

    fn drain(&mut self, mut each: impl FnMut((i64, i64)) -> Result<()>) -> Result<()> {
        self.results.drain(..).try_for_each(&mut each)
    }
}

const SPLITS: usize = 5;
const CHUNKS: i64 = 1_000;
const CHUNK_ROWS: i64 = 50;
const KEYS: i64 = 1_000;

/// Splits of numbers, chunk by chunk. What its sinks have prepared is visible once it is committed.
#[derive(Clone, Default)]
struct Numbers {
    visible: Arc<Mutex<Visible>>,
}

#[derive(Default)]
struct Visible {
    lines: Vec<String>,
    /// Which transactions have been committed: a restart commits them again.
    committed: BTreeMap<String, usize>,
}

struct NumbersReader {
    /// A split and its next chunk; the first one is read, then the next.
    splits: VecDeque<(usize, i64)>,
    started: Vec<usize>,
    done: Vec<usize>,
    stopped: bool,
}

impl Connector for Numbers {
    fn name(&self) -> &'static str {
        "numbers"
    }

    fn open_source(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        let restored = context.restored.splits(table.name).unwrap_or_default();
        let next = |split: usize| {
            let state = restored.iter().find(|known| known.split == split.to_string());
            (split, state.map_or(0, |known| known.state.parse().unwrap()))
        };
        let workers = context.wakers.len();
        let reader = |worker: usize| {
            let splits = (0..SPLITS).filter(|split| split % workers == worker).map(next).collect();
            Box::new(NumbersReader { splits, started: Vec::new(), done: Vec::new(), stopped: false }) as Box<dyn Reader>
        };
        Ok((0..workers).map(reader).collect())
    }

    fn open_sink(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        for prepared in context.restored.sinks(table.name).unwrap_or_default() {
            self.visible.lock().unwrap().commit(prepared);
        }
        let sink = |_| {
            let visible = Arc::clone(&self.visible);
            Box::new(LinesSink { visible, lines: String::new(), prepared: String::new() }) as Box<dyn Sink>
        };
        Ok((0..context.wakers.len()).map(sink).collect())
    }
}

impl Reader for NumbersReader {
    fn poll(&mut self) -> Result<ReaderEvent> {
        if self.stopped {
            return Ok(ReaderEvent::End);
        }
        let Some((split, next)) = self.splits.pop_front() else { return Ok(ReaderEvent::End) };
        let id = SplitId(split as u32);
        if !self.started.contains(&split) {
            self.started.push(split);
            self.splits.push_front((split, next));
            return Ok(ReaderEvent::SplitStarted { split: id, name: split.to_string().into() });
        }
        if next == CHUNKS {
            self.done.push(split);
            return Ok(ReaderEvent::SplitFinished { split: id });
        }
        self.splits.push_back((split, next + 1));
        let first = next * CHUNK_ROWS;
        let lines: String = (first..first + CHUNK_ROWS).map(|id| format!("{{\"id\":{id}}}\n")).collect();
        let payload = Payload::Lines { bytes: lines.into_bytes(), offset: 0, modified: Timestamp(0), file_size: 0 };
        Ok(ReaderEvent::Chunk(Chunk { split: id, payload }))
    }

    fn snapshot(&mut self) -> Vec<SplitState> {
        let open = self.splits.iter().map(|(split, next)| (*split, *next));
        let all = open.chain(self.done.iter().map(|split| (*split, CHUNKS)));
        all.map(|(split, next)| SplitState { split: split.to_string(), state: next.to_string() }).collect()
    }

    fn stop(&mut self) {
        self.stopped = true;
    }
}

struct LinesSink {
    visible: Arc<Mutex<Visible>>,
    /// Written since the last barrier.
    lines: String,
    /// `checkpoint\nlines`, of all checkpoints that have not been committed.
    prepared: String,
}

impl Visible {
    fn commit(&mut self, prepared: &str) {
        for line in prepared.lines() {
            *self.committed.entry(line.to_owned()).or_default() += 1;
            if self.committed[line] == 1 {
                self.lines.push(line.to_owned());
            }
        }
    }
}

impl Sink for LinesSink {
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()> {
        self.lines.push_str(std::str::from_utf8(record.bytes).unwrap());
        self.lines.push('\n');
        Ok(())
    }
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
    fn barrier(&mut self, _: CheckpointId, _: bool) -> Result<()> {
        self.prepared.push_str(&std::mem::take(&mut self.lines));
        Ok(())
    }
    fn prepared(&mut self) -> Result<Option<String>> {
        Ok(Some(self.prepared.clone()))
    }
    fn commit(&mut self, _: CheckpointId) -> Result<()> {
        let mut visible = self.visible.lock().unwrap();
        for line in std::mem::take(&mut self.prepared).lines() {
            *visible.committed.entry(line.to_owned()).or_default() += 1;
            visible.lines.push(line.to_owned());
        }
        Ok(())
    }
    fn finish(&mut self) -> Result<()> {
        assert_eq!(self.lines, "", "a last checkpoint takes everything");
        Ok(())
    }
}

static INPUT: Table = Table {
    name: "input",
    columns: &[Column { name: "id", data_type: "BIGINT" }],
    partition_keys: &[],
    options: &[("connector", "numbers"), ("format", "json")],
    origin: Origin::new(1, 1),
};

static OUTPUT: Table = Table {
    name: "output",
    columns: &[],
    partition_keys: &[],
    options: &[("connector", "numbers"), ("format", "json")],
    origin: Origin::new(1, 2),
};

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    id: Option<i64>,
}

impl<'a> json::Object<'a> for Row {
    const COLUMNS: &'static [&'static str] = &["id"];

    fn read(&mut self, _: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        self.id = value.bigint()?;
        Ok(())
    }
}

impl TableRow<'_> for Row {}

struct Count {
    key: i64,
    number: i64,
}

impl json::Encode for Count {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("key")).bigint(self.key);
        document.column(json::key!("number")).bigint(self.number);
    }
}

impl PartitionKey for Count {}

struct TwoLevels {
    input: Scan<json::Decoder>,
    first: Keyed<Number>,
    second: Keyed<Number>,
    output: SinkWriter<json::Encoder>,
}

impl TwoLevels {
    fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(TwoLevels {
            input: wiring.scan(&INPUT, json::Decoder::new)?,
            first: wiring.keyed("First", Origin::new(2, 1), Number::default()),
            second: wiring.keyed("Second", Origin::new(2, 2), Number::default()),
            output: wiring.sink(&OUTPUT, json::Encoder::new)?,
        })
    }

    fn run(&mut self) -> Result<()> {
        let TwoLevels { first, second, output, .. } = self;
        first.drain(|_, (key, _)| second.add(RowKind::Insert, &Keyed64 { key: key % 10 }))?;
        second.advance(first.watermark())?;
        second.drain(|_, (key, number)| match number % 100 {
            0 => output.write(RowKind::Insert, &Count { key, number }),
            _ => Ok(()),
        })
    }
}

impl Pipeline for TwoLevels {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        let first = &mut self.first;
        self.input.read(event, |element: Element<'_, '_, Row>| match element {
            Element::Row(row, _) => first.add(RowKind::Insert, &Keyed64 { key: row.id.unwrap_or_default() % KEYS }),
            Element::Watermark(watermark) => first.advance(*watermark),
        })?;
        self.run()
    }

    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()> {
        match port.0 {
            0 => self.first.receive(from, message)?,
            _ => self.second.receive(from, message)?,
        }
        self.run()
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.input)?;
        visit(&mut self.first)?;
        visit(&mut self.second)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.first.tick(now)?;
        self.run()?;
        self.second.tick(now)?;
        self.run()
    }
}

fn expected() -> Vec<String> {
    let rows = SPLITS as i64 * CHUNKS * CHUNK_ROWS / 10;
    let counts = (0..10).flat_map(|key| (1..=rows / 100).map(move |number| (key, number * 100)));
    let mut lines: Vec<String> = counts.map(|(key, number)| format!("{{\"key\":{key},\"number\":{number}}}")).collect();
    lines.sort();
    lines
}

fn job(folder: &std::path::Path, parallelism: usize) -> Job {
    let mut overrides = Overrides::default();
    overrides.add_argument("execution.checkpointing.interval=3 ms").unwrap();
    Job {
        overrides,
        parallelism: Some(parallelism),
        checkpoint_dir: Some(folder.join("checkpoints").display().to_string()),
        ..Job::default()
    }
}

/// The number of the newest complete checkpoint.
fn newest(folder: &std::path::Path) -> Option<String> {
    let entries = std::fs::read_dir(folder.join("checkpoints")).ok()?;
    let complete =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.join("manifest.json").exists());
    complete.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).max()
}

#[test]
fn nothing_is_lost_or_doubled_when_a_run_is_cancelled_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = Numbers::default();
    let app = App::new("numbers", TwoLevels::open).connector(Box::new(numbers.clone()));
    let mut cancelled = 0;
    for attempt in 0.. {
        let job = job(folder.path(), [3, 1, 2, 4][attempt % 4]);
        let (commands, path) = (job.commands.clone(), folder.path().to_owned());
        // Somewhere behind the second checkpoint of this attempt.
        let cancel = std::thread::spawn(move || {
            let mut seen = newest(&path);
            for _ in 0..2 {
                let before = seen.clone();
                while seen == before {
                    std::thread::sleep(Duration::from_millis(1));
                    seen = newest(&path);
                    if commands.has_ended() {
                        return;
                    }
                }
            }
            std::thread::sleep(Duration::from_micros(700 * (attempt as u64 % 7)));
            let _ = commands.cancel();
        });
        job.run(&app).unwrap();
        cancel.join().unwrap();
        if newest(folder.path()).is_none() {
            break;
        }
        cancelled += 1;
    }
    assert!(cancelled >= 1, "no run was long enough to be cancelled");
    let mut lines = numbers.visible.lock().unwrap().lines.clone();
    lines.sort();
    assert_eq!(lines.len(), expected().len());
    assert_eq!(lines, expected());
    assert!(!folder.path().join("checkpoints").exists(), "nothing goes on from a finished application");
}

#[test]
fn a_stopped_application_goes_on_from_a_savepoint() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = Numbers::default();
    let app = App::new("numbers", TwoLevels::open).connector(Box::new(numbers.clone()));
    let first = job(folder.path(), 2);
    let commands = first.commands.clone();
    let target = folder.path().join("saved").display().to_string();
    let stop = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        commands.stop(Some(Some(target)))
    });
    first.run(&app).unwrap();
    let saved = stop.join().unwrap().unwrap().unwrap();
    assert!(!numbers.visible.lock().unwrap().lines.is_empty());
    std::fs::remove_dir_all(folder.path().join("checkpoints")).unwrap();
    let second = Job { restore: Restore::Path(saved), ..job(folder.path(), 3) };
    second.run(&app).unwrap();
    let mut lines = numbers.visible.lock().unwrap().lines.clone();
    lines.sort();
    assert_eq!(lines, expected());
}
