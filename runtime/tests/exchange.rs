//! Two keyed operators one behind the other on several workers: more rows than the queues between them hold.

use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::{Column, ReaderEvent};
use sqlc_runtime::error::{Error, ErrorKind, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{App, Element, Job, Overrides, Pipeline, Scan, SinkWriter, SourceId, Table, Wiring};
use sqlc_runtime::operator::{Drain, KeyedOperator};
use sqlc_runtime::row::{Codec, PartitionKey, RowKind, TableRow};
use sqlc_runtime::state::{self, Blocks};
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeMap;

/// Counts the rows of each key, and hands the row on with its number.
#[derive(Default)]
struct Number {
    seen: BTreeMap<i64, i64>,
    results: Vec<(i64, i64)>,
    watermark: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Keyed64 {
    key: i64,
    number: i64,
}

impl Codec<'_> for Keyed64 {
    fn encode(&self, out: &mut Vec<u8>) {
        self.key.encode(out);
        self.number.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Keyed64 { key: Codec::decode(bytes), number: Codec::decode(bytes) }
    }
}

impl KeyedOperator for Number {
    type Input<'a> = Keyed64;

    fn hash(&self, input: &Keyed64) -> u64 {
        state::hash(&input.key)
    }

    fn process(&mut self, hash: u64, _: RowKind, input: &Keyed64) -> Result<()> {
        assert_eq!(hash, self.hash(input));
        assert_eq!(self.watermark, None, "a row after the end");
        if input.key == -1 {
            return Err(Error::data(Origin::new(7, 8), "a key of -1"));
        }
        if input.key == -2 {
            panic!("a key of -2");
        }
        let seen = self.seen.entry(input.key).or_default();
        *seen += 1;
        self.results.push((input.key, *seen));
        Ok(())
    }

    fn advance(&mut self, watermark: Timestamp) -> Result<()> {
        assert_eq!(watermark, Timestamp::MAX);
        self.watermark = Some(watermark);
        Ok(())
    }

    fn begin_snapshot(&mut self, _: &mut Vec<u8>, _: bool) -> Result<u32> {
        Ok(0)
    }

    fn snapshot(&mut self, _: &mut Blocks, _: usize) -> bool {
        false
    }

    fn snapshot_ended(&mut self, _: bool) {}

    fn restore_head(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn restore_block(&mut self, _: &[u8], _: &dyn Fn(u64) -> bool) -> Result<()> {
        Ok(())
    }
}

impl Drain for Number {
    type Item<'r> = (i64, i64);

    fn drain(&mut self, mut each: impl FnMut((i64, i64)) -> Result<()>) -> Result<()> {
        self.results.drain(..).try_for_each(&mut each)
    }
}

static INPUT: Table = Table {
    name: "input",
    columns: &[Column { name: "id", data_type: "BIGINT" }],
    partition_keys: &[],
    options: &[
        ("connector", "datagen"),
        ("rows-per-second", "1000000000"),
        ("fields.id.kind", "sequence"),
        ("fields.id.start", "0"),
        ("fields.id.end", "199999"),
    ],
    origin: Origin::new(1, 1),
};

static OUTPUT: Table = Table {
    name: "output",
    columns: &[],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "output"), ("format", "json")],
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
        first.drain(|_, (key, number)| second.add(RowKind::Insert, &Keyed64 { key: key % 10, number }))?;
        second.advance(first.watermark())?;
        second.drain(|_, (key, number)| match number % 1_000 {
            0 => output.write(RowKind::Insert, &Count { key, number }),
            _ => Ok(()),
        })
    }
}

impl Pipeline for TwoLevels {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        let first = &mut self.first;
        self.input.read(event, |element: Element<'_, '_, Row>| match element {
            Element::Row(row, _) => {
                let id = row.id.unwrap_or_default();
                let key = if id < 0 { id } else { id % 1_000 };
                first.add(RowKind::Insert, &Keyed64 { key, number: 0 })
            }
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

fn run(workers: usize, options: &[&str]) -> (Result<()>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut overrides = Overrides::default();
    overrides.add_argument(&format!("output.path={}", path.display())).unwrap();
    options.iter().for_each(|option| overrides.add_argument(option).unwrap());
    let job = Job { overrides, parallelism: Some(workers), ..Job::default() };
    let result = job.run(&App::new("two_levels", TwoLevels::open));
    let mut lines: Vec<String> = Vec::new();
    for file in std::fs::read_dir(path).into_iter().flatten() {
        lines.extend(std::fs::read_to_string(file.unwrap().path()).unwrap().lines().map(str::to_owned));
    }
    lines.sort();
    (result, lines)
}

#[test]
fn every_row_arrives_once_and_before_the_end() {
    let mut expected: Vec<String> = (0..10)
        .flat_map(|key| (1..=20).map(move |number| format!("{{\"key\":{key},\"number\":{}}}", number * 1_000)))
        .collect();
    expected.sort();
    for workers in [1, 2, 3, 8] {
        let (result, lines) = run(workers, &[]);
        result.unwrap();
        assert_eq!(lines, expected, "{workers} workers");
    }
}

#[test]
fn the_fault_of_one_worker_ends_all() {
    for workers in [1, 2, 4] {
        let error = run(workers, &["input.fields.id.start=-1"]).0.unwrap_err();
        assert_eq!(error.to_string(), "cell 7, line 8: a key of -1");
        assert_eq!(error.kind(), ErrorKind::Data);
        let error = run(workers, &["input.fields.id.start=-2", "input.fields.id.end=-2"]).0.unwrap_err();
        assert_eq!(error.to_string(), "this is a defect of sqlc, please report it: a key of -2");
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
