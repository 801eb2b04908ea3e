//! UNION ALL of a table behind an operator and another table, where now one and now the other falls silent: what is silent
//! holds nothing back, and what comes back makes nothing go back.

use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::{
    CheckpointId, Chunk, Column, Connector, ConnectorContext, OutgoingRecord, Payload, Reader, ReaderEvent, Sink,
    SplitId, SplitState, TableConfig,
};
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{App, Element, Job, Overrides, Pipeline, Scan, SinkWriter, SourceId, Stepped, Table, Wiring};
use sqlc_runtime::operator::{Drain, KeyedOperator};
use sqlc_runtime::row::{PartitionKey, RowKind, TableRow};
use sqlc_runtime::state::{self, Blocks};
use sqlc_runtime::time::{Clock, CombinedWatermark};
use sqlc_runtime::value::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// Hands rows on, and the watermarks between them.
#[derive(Default)]
struct Diary(Vec<Entry>);

#[derive(Clone, Copy)]
enum Entry {
    Row(i64),
    Watermark(i64),
}

impl KeyedOperator for Diary {
    type Input<'a> = i64;

    fn hash(&self, input: &i64) -> u64 {
        state::hash(input)
    }
    fn process(&mut self, _: u64, _: RowKind, input: &i64) -> Result<()> {
        self.0.push(Entry::Row(*input));
        Ok(())
    }
    fn advance(&mut self, watermark: Timestamp) -> Result<()> {
        self.0.push(Entry::Watermark(watermark.millis()));
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

impl Drain for Diary {
    type Item<'r> = Entry;

    fn drain(&mut self, mut each: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        self.0.drain(..).try_for_each(&mut each)
    }
}

/// What is yet to come, by table and worker.
type Events = BTreeMap<(String, usize), VecDeque<ReaderEvent>>;

/// Tables that bring what a test gives them, and a sink that shows it what comes out, both by worker.
#[derive(Clone, Default)]
struct Hands {
    given: Arc<Mutex<Events>>,
    taken: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Connector for Hands {
    fn name(&self) -> &'static str {
        "hands"
    }

    fn open_source(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        let reader = |worker| {
            let started = ReaderEvent::SplitStarted { split: SplitId(0), name: format!("split-{worker}").into() };
            let key = (table.name.to_owned(), worker);
            self.given.lock().unwrap().insert(key.clone(), [started].into());
            Box::new(Given { key, given: Arc::clone(&self.given) }) as Box<dyn Reader>
        };
        Ok((0..context.wakers.len()).map(reader).collect())
    }

    fn open_sink(&self, _: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        *self.taken.lock().unwrap() = vec![Vec::new(); context.wakers.len()];
        let sink = |worker| Box::new(Taken { worker, taken: Arc::clone(&self.taken) }) as Box<dyn Sink>;
        Ok((0..context.wakers.len()).map(sink).collect())
    }
}

struct Given {
    key: (String, usize),
    given: Arc<Mutex<Events>>,
}

impl Reader for Given {
    fn poll(&mut self) -> Result<ReaderEvent> {
        let mut given = self.given.lock().unwrap();
        Ok(given.get_mut(&self.key).and_then(VecDeque::pop_front).unwrap_or(ReaderEvent::Pending))
    }
    fn snapshot(&mut self) -> Vec<SplitState> {
        Vec::new()
    }
}

struct Taken {
    worker: usize,
    taken: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Sink for Taken {
    fn write(&mut self, record: &OutgoingRecord<'_>) -> Result<()> {
        let line = std::str::from_utf8(record.bytes).unwrap().trim_matches(['{', '}']).replace('"', "");
        self.taken.lock().unwrap()[self.worker].push(line);
        Ok(())
    }
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
    fn barrier(&mut self, _: CheckpointId, _: bool) -> Result<()> {
        Ok(())
    }
    fn prepared(&mut self) -> Result<Option<String>> {
        Ok(Some(String::new()))
    }
    fn commit(&mut self, _: CheckpointId) -> Result<()> {
        Ok(())
    }
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

const COLUMNS: &[Column] = &[Column { name: "time", data_type: "BIGINT" }];

/// Silent after three seconds, by an option of its own.
static A: Table = Table {
    name: "a",
    columns: COLUMNS,
    partition_keys: &[],
    options: &[("connector", "hands"), ("format", "json"), ("scan.watermark.idle-timeout", "3 s")],
    origin: Origin::new(1, 1),
};

/// Silent when the setting says so.
static B: Table = Table {
    name: "b",
    columns: COLUMNS,
    partition_keys: &[],
    options: &[("connector", "hands"), ("format", "json")],
    origin: Origin::new(1, 2),
};

static OUTPUT: Table = Table {
    name: "output",
    columns: &[],
    partition_keys: &[],
    options: &[("connector", "hands"), ("format", "json")],
    origin: Origin::new(1, 3),
};

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    time: Option<i64>,
}

impl<'a> json::Object<'a> for Row {
    const COLUMNS: &'static [&'static str] = &["time"];

    fn read(&mut self, _: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        self.time = value.bigint()?;
        Ok(())
    }
}

impl TableRow<'_> for Row {
    const HAS_WATERMARK: bool = true;

    fn watermark(&self) -> Result<Timestamp> {
        Ok(Timestamp::from_millis(self.time.unwrap_or_default()))
    }
}

struct Line(Entry);

impl json::Encode for Line {
    fn encode(&self, document: &mut json::Document<'_>) {
        match self.0 {
            Entry::Row(time) => document.column(json::key!("row")).bigint(time),
            Entry::Watermark(time) => document.column(json::key!("watermark")).bigint(time),
        }
    }
}

impl PartitionKey for Line {}

/// `(a -> first) UNION ALL b -> second`.
struct Union {
    a: Scan<json::Decoder>,
    b: Scan<json::Decoder>,
    first: Keyed<Diary>,
    second: Keyed<Diary>,
    second_inputs: CombinedWatermark,
    output: SinkWriter<json::Encoder>,
}

impl Union {
    fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Union {
            a: wiring.scan(&A, json::Decoder::new)?,
            b: wiring.scan(&B, json::Decoder::new)?,
            first: wiring.keyed("First", Origin::new(2, 1), Diary::default()),
            second: wiring.keyed("Second", Origin::new(2, 2), Diary::default()),
            second_inputs: CombinedWatermark::new(2),
            output: wiring.sink(&OUTPUT, json::Encoder::new)?,
        })
    }

    fn run(&mut self) -> Result<()> {
        let Union { first, second, second_inputs, output, .. } = self;
        first.drain(|_, entry| match entry {
            Entry::Row(time) => second.add(RowKind::Insert, &time),
            Entry::Watermark(_) => Ok(()),
        })?;
        if let Some(watermark) = second_inputs.advance(0, first.watermark()) {
            second.advance(watermark)?;
        }
        second.drain(|_, entry| output.write(RowKind::Insert, &Line(entry)))
    }
}

impl Pipeline for Union {
    fn read(&mut self, source: SourceId, event: &ReaderEvent) -> Result<()> {
        let Union { a, b, first, second, second_inputs, .. } = self;
        match source.0 {
            0 => a.read(event, |element: Element<'_, '_, Row>| match element {
                Element::Row(row, _) => first.add(RowKind::Insert, &row.time.unwrap_or_default()),
                Element::Watermark(watermark) => first.advance(*watermark),
            })?,
            _ => b.read(event, |element: Element<'_, '_, Row>| match element {
                Element::Row(row, _) => second.add(RowKind::Insert, &row.time.unwrap_or_default()),
                Element::Watermark(watermark) => match second_inputs.advance(1, *watermark) {
                    Some(watermark) => second.advance(watermark),
                    None => Ok(()),
                },
            })?,
        }
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
        visit(&mut self.a)?;
        visit(&mut self.b)?;
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

/// A run whose clock the test turns.
struct World {
    hands: Hands,
    clock: Clock,
    stepped: Stepped,
}

impl World {
    fn new(workers: usize) -> World {
        let mut overrides = Overrides::default();
        overrides.add_argument("table.exec.source.idle-timeout=1 s").unwrap();
        overrides.add_argument("pipeline.auto-watermark-interval=0 ms").unwrap();
        let hands = Hands::default();
        let clock = Clock::simulated(Timestamp(0));
        let app = App::new("union", Union::open).connector(Box::new(hands.clone()));
        let job = Job { overrides, parallelism: Some(workers), clock: clock.clone(), ..Job::default() };
        let stepped = Stepped::open(&job, &app, None).unwrap();
        World { hands, clock, stepped }
    }

    /// The next rows of a table, on a worker.
    fn give(&mut self, table: &str, worker: usize, times: &[i64]) {
        let lines: String = times.iter().map(|time| format!("{{\"time\":{time}}}\n")).collect();
        let payload = Payload::Lines { bytes: lines.into_bytes(), offset: 0, modified: Timestamp(0), file_size: 0 };
        let event = ReaderEvent::Chunk(Chunk { split: SplitId(0), payload });
        self.add(table, worker, event);
        self.settle();
    }

    fn add(&mut self, table: &str, worker: usize, event: ReaderEvent) {
        self.hands.given.lock().unwrap().get_mut(&(table.to_owned(), worker)).unwrap().push_back(event);
    }

    /// Lets every worker do what there is to do.
    fn settle(&mut self) {
        for _ in 0..30 {
            for worker in 0..self.stepped.workers() {
                self.stepped.work(worker);
            }
        }
    }

    /// It is so many milliseconds after the start.
    fn turn(&mut self, millis: i64) {
        self.clock.set(Timestamp::from_millis(millis));
        self.settle();
    }

    /// What has come out since the last call: on one worker as it came; of several the rows, sorted, and the last watermark,
    /// which must be the same on all of them.
    fn taken(&mut self) -> Vec<String> {
        let mut taken = self.hands.taken.lock().unwrap();
        if let [only] = taken.as_mut_slice() {
            return std::mem::take(only);
        }
        let last = |lines: &Vec<String>| lines.iter().rfind(|line| line.starts_with("watermark")).cloned();
        let watermarks: Vec<Option<String>> = taken.iter().map(last).collect();
        assert!(watermarks.windows(2).all(|pair| pair[0] == pair[1]), "{taken:?}");
        let mut rows: Vec<String> =
            taken.iter_mut().flat_map(std::mem::take).filter(|line| line.starts_with("row")).collect();
        rows.sort();
        rows.into_iter().chain(watermarks.into_iter().next().flatten()).collect()
    }
}

#[test]
fn a_table_that_falls_silent_does_not_hold_a_union() {
    let mut world = World::new(1);
    world.give("a", 0, &[10]);
    world.give("b", 0, &[30, 40]);
    assert_eq!(world.taken(), ["row:10", "row:30", "watermark:10", "row:40"]);
    world.turn(999);
    world.give("b", 0, &[50]);
    world.turn(2_999);
    // Since b has fallen silent first, a decides, and a is not silent yet.
    assert_eq!(world.taken(), ["row:50"]);
    world.give("b", 0, &[60]);
    world.turn(3_000);
    assert_eq!(world.taken(), ["row:60", "watermark:60"]);
    world.give("b", 0, &[70]);
    assert_eq!(world.taken(), ["row:70", "watermark:70"]);
    // What comes back is late until it has caught up, and holds nobody up meanwhile.
    world.give("a", 0, &[20]);
    world.give("b", 0, &[80]);
    assert_eq!(world.taken(), ["row:20", "row:80", "watermark:80"]);
    world.give("a", 0, &[85]);
    world.give("b", 0, &[100]);
    assert_eq!(world.taken(), ["row:85", "row:100", "watermark:85"]);
    // When all is silent the latest counts.
    world.turn(9_000);
    assert_eq!(world.taken(), ["watermark:100"]);
}

#[test]
fn a_table_that_has_ended_does_not_end_one_that_is_silent() {
    for workers in [1, 2] {
        let mut world = World::new(workers);
        world.give("b", 0, &[30]);
        (0..workers).for_each(|worker| world.add("b", worker, ReaderEvent::End));
        world.turn(5_000);
        assert_eq!(world.taken(), ["row:30", "watermark:30"]);
        world.give("a", 0, &[50]);
        world.turn(5_100);
        assert_eq!(world.taken(), ["row:50", "watermark:50"]);
        (0..workers).for_each(|worker| world.add("a", worker, ReaderEvent::End));
        world.settle();
        assert_eq!(world.taken(), [format!("watermark:{}", Timestamp::MAX.millis())]);
    }
}

#[test]
fn silence_goes_through_operators_of_several_workers() {
    let mut world = World::new(2);
    world.give("a", 0, &[10]);
    world.give("a", 1, &[12]);
    world.give("b", 0, &[30]);
    world.give("b", 1, &[35]);
    assert_eq!(world.taken(), ["row:10", "row:12", "row:30", "row:35", "watermark:10"]);
    world.turn(2_500);
    // Both splits of b are silent, so that a decides.
    world.give("b", 1, &[45]);
    assert_eq!(world.taken(), ["row:45"]);
    world.turn(3_100);
    // Now a is silent, and only the second worker's b is not.
    assert_eq!(world.taken(), ["watermark:45"]);
    world.give("b", 0, &[60]);
    world.give("b", 1, &[50]);
    assert_eq!(world.taken(), ["row:50", "row:60", "watermark:50"]);
    // It comes back on one worker.
    world.give("a", 1, &[20, 90]);
    world.turn(3_200);
    world.give("b", 0, &[100]);
    world.give("b", 1, &[100]);
    world.turn(3_300);
    assert_eq!(world.taken(), ["row:100", "row:100", "row:20", "row:90", "watermark:90"]);
}
