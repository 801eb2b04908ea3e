//! Counts instructions of the hot paths over fixed records, in the code that the compiler writes for
//! `tests/golden/speed.sql`: what a record costs to decode, to aggregate, on its whole way into a window, and what a
//! result costs to encode. `benches/guard/run` runs it and says how limits are recorded.

#[path = "../../tests/golden/speed/src/app.rs"]
mod app;
#[path = "../../tests/golden/speed/src/jobs/mod.rs"]
mod jobs;
#[path = "../../tests/golden/speed/src/tables/mod.rs"]
mod tables;

use app::Speed;
use guard::{RECORDS, limit, records};
use gungraun::{library_benchmark, library_benchmark_group, main};
use jobs::device_state::{HopBySensorId, HopBySensorIdInput};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::connector::{Chunk, Payload, ReaderEvent, SplitId};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::{csv, json};
use sqlc_runtime::job::{App, Job, Overrides, Pipeline, SourceId, Wiring};
use sqlc_runtime::operator::KeyedOperator;
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{DecodeRow, EncodeRow, RowKind};
use sqlc_runtime::value::{Arena, Millis, Timestamp};
use sqlc_runtime::window::Assigner;
use std::cell::RefCell;
use std::hint::black_box;
use tables::device_state::NewDeviceState;
use tables::sensor_state::NewSensorState;

/// A decoder that has seen the records once, and the records.
struct Decoding<D> {
    decoder: D,
    lines: &'static [u8],
}

impl<D> Decoding<D> {
    fn new<R: DecodeRow<'static, D>>(make_decoder: fn(&Options) -> Result<D>, lines: Vec<u8>) -> Self {
        let decoder = make_decoder(&Options::default()).expect("no options are good options");
        let mut decoding = Decoding { decoder, lines: lines.leak() };
        decoding.run::<R>();
        decoding
    }

    /// Decodes every record, as a scan does.
    #[inline]
    fn run<R: DecodeRow<'static, D>>(&mut self) {
        let Decoding { decoder, lines } = self;
        let arena: &'static Arena = Box::leak(Box::new(Arena::new()));
        let mut start = 0;
        while start < lines.len() {
            start = match R::decode_line(decoder, lines, start, arena) {
                Some((row, next)) => {
                    black_box(row);
                    next
                }
                None => {
                    let length = memchr::memchr(b'\n', &lines[start..]).expect("a record ends");
                    let line = &lines[start..start + length];
                    let decoded = R::decode(decoder, line, arena, |row| {
                        black_box(row);
                    });
                    decoded.expect("a good record");
                    start + length + 1
                }
            };
        }
    }
}

macro_rules! decoding {
    ($path:ident, $decoder:ty, $row:ty, $lines:expr) => {
        #[library_benchmark(config = limit(stringify!($path)))]
        #[bench::records(Decoding::new::<$row>(<$decoder>::new, $lines))]
        fn $path(mut decoding: Decoding<$decoder>) -> Decoding<$decoder> {
            decoding.run::<$row>();
            decoding
        }
    };
}

decoding!(json_four_of_four, json::Decoder, tables::whole_readings::WholeReadings<'static>, guard::readings());
decoding!(json_two_of_four, json::Decoder, tables::half_readings::HalfReadings, guard::readings());
decoding!(json_three_of_fifty, json::Decoder, tables::wide_readings::WideReadings<'static>, guard::wide());
decoding!(json_nested, json::Decoder, tables::events::Events<'static>, guard::events());
decoding!(csv_four_of_four, csv::Decoder, tables::csv_readings::CsvReadings<'static>, guard::csv());

/// Encodes as many results as there are records.
fn encoded<E, R: EncodeRow<E>>(encoder: &mut E, row: impl Fn(i64) -> R) -> Vec<u8> {
    let mut out = Vec::with_capacity(RECORDS * 200);
    for index in 0..RECORDS as i64 {
        row(index).encode(encoder, RowKind::Insert, &mut out).expect("a good row");
    }
    out
}

/// The end of a window, and an average of it.
fn result(index: i64) -> (Option<Timestamp>, Option<f64>) {
    (Some(Timestamp::from_millis(1_621_591_209_999 + index * 10_000)), Some(20.0 + index as f64 / 7.0))
}

#[library_benchmark(config = limit("json_encode"))]
#[bench::records(json::Encoder::new(&Options::default()).expect("no options are good options"))]
fn json_encode(mut encoder: json::Encoder) -> Vec<u8> {
    encoded(&mut encoder, |index| {
        let (hop_time, average) = result(index);
        NewSensorState { status: Some("WARN"), num: Some(index * 31), average, hop_time }
    })
}

#[library_benchmark(config = limit("csv_encode"))]
#[bench::records(csv::Encoder::new(&Options::default()).expect("no options are good options"))]
fn csv_encode(mut encoder: csv::Encoder) -> Vec<u8> {
    encoded(&mut encoder, |index| {
        let (hop_time, average) = result(index);
        NewDeviceState { sensor_id: Some(index as i32), num: Some(index * 31), average, hop_time }
    })
}

type Window = WindowAggregate<HopBySensorId>;

/// A window with a thousand keys that have values already, and the next rows for it.
fn window() -> (Window, Vec<HopBySensorIdInput>) {
    let mut window = Window::new(Assigner::hop(Millis(10_000), Millis(60_000)));
    let inputs = records().map(|(index, _, temperature, time)| HopBySensorIdInput {
        sensor_id: Some((index * 7_919 % 1_000) as i32),
        event_time: Timestamp(time as i64),
        current_temperature: temperature.parse().ok(),
    });
    let inputs: Vec<HopBySensorIdInput> = inputs.collect();
    add(&mut window, &inputs);
    (window, inputs)
}

fn add(window: &mut Window, inputs: &[HopBySensorIdInput]) {
    for input in inputs {
        let hash = window.hash(input);
        window.process(hash, RowKind::Insert, input).expect("a good row");
    }
}

#[library_benchmark(config = limit("window_thousand_keys"))]
#[bench::records(window())]
fn window_thousand_keys((mut window, inputs): (Window, Vec<HopBySensorIdInput>)) -> (Window, Vec<HopBySensorIdInput>) {
    add(&mut window, &inputs);
    (window, inputs)
}

thread_local! {
    /// The pipeline that was wired last.
    static WIRED: RefCell<Option<Speed>> = const { RefCell::new(None) };
}

/// Never run: its pipeline is taken away when it has been wired, to be driven without threads and files.
struct Unused;

impl Unused {
    fn open(wiring: &mut Wiring) -> Result<Self> {
        WIRED.set(Some(Speed::open(wiring)?));
        Err(Error::new(ErrorKind::Usage, "this pipeline is not run"))
    }
}

impl Pipeline for Unused {
    fn read(&mut self, _: SourceId, _: &ReaderEvent) -> Result<()> {
        Ok(())
    }

    fn receive(&mut self, _: Port, _: usize, _: &Message) -> Result<()> {
        Ok(())
    }

    fn stateful(&mut self, _: &mut Visit<'_>) -> Result<()> {
        Ok(())
    }

    fn tick(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }
}

/// A pipeline that has seen the records once, and the records, for its scan of this number.
fn pipeline(source: usize) -> (Speed, SourceId, ReaderEvent) {
    let mut overrides = Overrides::default();
    for table in
        ["sensor_data", "devices", "whole_readings", "half_readings", "wide_readings", "events", "csv_readings"]
    {
        overrides.add_argument(&format!("{table}.path={}", env!("CARGO_MANIFEST_DIR"))).expect("a good argument");
    }
    let outcome = Job { overrides, parallelism: Some(1), ..Job::default() }.run(&App::new("speed", Unused::open));
    let mut speed = WIRED.take().unwrap_or_else(|| panic!("not wired: {outcome:?}"));
    let (source, split, bytes) = (SourceId(source), SplitId(0), guard::readings());
    let file_size = bytes.len() as u64;
    let payload = Payload::Lines { bytes, offset: 0, modified: Timestamp(0), file_size };
    let records = ReaderEvent::Chunk(Chunk { split, payload });
    speed.read(source, &ReaderEvent::SplitStarted { split, name: "readings".into() }).expect("a good split");
    speed.read(source, &records).expect("good records");
    (speed, source, records)
}

macro_rules! whole {
    ($path:ident, $source:literal) => {
        #[library_benchmark(config = limit(stringify!($path)))]
        #[bench::records(pipeline($source))]
        fn $path((mut speed, source, records): (Speed, SourceId, ReaderEvent)) -> (Speed, SourceId, ReaderEvent) {
            speed.read(source, &records).expect("good records");
            (speed, source, records)
        }
    };
}

// The numbers are the places of `sensor_data` and `devices` among the notebook's tables.
whole!(whole_three_keys, 0);
whole!(whole_thousand_keys, 1);

library_benchmark_group!(
    name = paths;
    benchmarks =
        json_four_of_four,
        json_two_of_four,
        json_three_of_fifty,
        json_nested,
        csv_four_of_four,
        json_encode,
        csv_encode,
        window_thousand_keys,
        whole_three_keys,
        whole_thousand_keys
);
main!(library_benchmark_groups = paths);
