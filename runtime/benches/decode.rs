//! How many records a second one core decodes and encodes: decoders as they are generated, beside the limit
//! (decoders written by hand for one form of record) and serde_json into structs of borrowed texts.
//!
//! `cargo bench -p sqlc-runtime --bench decode [-- PART OF A NAME]`. The best of many rounds is printed.

#![expect(dead_code, reason = "rows are read by black_box alone")]

#[path = "decode/limit.rs"]
mod limit;
#[path = "decode/nested.rs"]
mod nested;
#[path = "decode/wide.rs"]
mod wide;
#[cfg(target_arch = "x86_64")]
#[path = "decode/wide_limit.rs"]
mod wide_limit;

use nested::{Bid, Event, EventPeer, Others};
use serde::Deserialize;
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::json;
use sqlc_runtime::row::{DecodeRow, TableRow};
use sqlc_runtime::value::{Arena, Timestamp};
use std::hint::black_box;
use std::time::{Duration, Instant};
use wide::{Fifty, FiftyPeer, Three, ThreePeer};

/// Few enough for a round to fit between two interruptions by other processes.
const RECORDS: u32 = 20_000;
const ROUNDS: u32 = 100;

/// All four columns of the sensors' table.
#[derive(Clone, Copy, Debug, Default)]
struct SensorData<'a> {
    sensor_id: Option<i32>,
    current_temperature: Option<f64>,
    status: Option<&'a str>,
    event_time: Option<Timestamp>,
}

impl TableRow<'_> for SensorData<'_> {}

impl<'a> json::Object<'a> for SensorData<'a> {
    const COLUMNS: &'static [&'static str] = &["sensor_id", "current_temperature", "status", "event_time"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.sensor_id = value.integer()?,
            1 => self.current_temperature = value.double()?,
            2 => self.status = value.text()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl json::Encode for SensorData<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("sensor_id")).integer(self.sensor_id);
        document.column(json::key!("current_temperature")).double(self.current_temperature);
        document.column(json::key!("status")).text(self.status);
        document.column(json::key!("event_time")).timestamp_iso(self.event_time);
    }
}

/// The three columns that the windowed query reads.
#[derive(Clone, Copy, Debug, Default)]
struct Windowed<'a> {
    current_temperature: Option<f64>,
    status: Option<&'a str>,
    event_time: Option<Timestamp>,
}

impl TableRow<'_> for Windowed<'_> {}

impl<'a> json::Object<'a> for Windowed<'a> {
    const COLUMNS: &'static [&'static str] = &["current_temperature", "status", "event_time"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.current_temperature = value.double()?,
            1 => self.status = value.text()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

/// Two of the four columns.
#[derive(Clone, Copy, Debug, Default)]
struct Statuses<'a> {
    current_temperature: Option<f64>,
    status: Option<&'a str>,
}

impl TableRow<'_> for Statuses<'_> {}

impl<'a> json::Object<'a> for Statuses<'a> {
    const COLUMNS: &'static [&'static str] = &["current_temperature", "status"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.current_temperature = value.double()?,
            _ => self.status = value.text()?,
        }
        Ok(())
    }
}

/// All columns of the sensors up to `SHARE`, of which there are fifty.
#[derive(Clone, Copy, Debug, Default)]
struct Filtered<'a, const SHARE: i32> {
    sensor_id: Option<i32>,
    current_temperature: Option<f64>,
    status: Option<&'a str>,
    event_time: Option<Timestamp>,
}

impl<'a, const SHARE: i32> json::Object<'a> for Filtered<'a, SHARE> {
    const COLUMNS: &'static [&'static str] = &["sensor_id", "current_temperature", "status", "event_time"];
    const AT_ONCE: usize = 1;

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.sensor_id = value.integer()?,
            1 => self.current_temperature = value.double()?,
            2 => self.status = value.text()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl<const SHARE: i32> TableRow<'_> for Filtered<'_, SHARE> {
    fn wanted(&self) -> bool {
        self.sensor_id.is_some_and(|sensor_id| sensor_id <= SHARE)
    }
}

/// One sensor, half of them, and all of them.
type Half<'a> = Filtered<'a, 25>;
type Few<'a> = Filtered<'a, 1>;
type All<'a> = Filtered<'a, 50>;

#[derive(Deserialize)]
struct Peer<'a> {
    sensor_id: Option<i32>,
    current_temperature: Option<f64>,
    #[serde(borrow)]
    status: Option<&'a str>,
    event_time: Option<&'a str>,
}

/// Numbers that look random and are the same in every run.
fn noise(index: u32) -> u32 {
    index.wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(2_246_822_519)
}

/// The values of a record as the sensors' producer draws them.
fn record(index: u32) -> (u32, f64, &'static str, String) {
    let random = noise(index);
    let temperature = f64::from(random % 20_000) / 100.0;
    let status = ["OK", "FAIL", "WARN"][(random >> 16) as usize % 3];
    let (minute, second) = (index / 3_600 % 60, index / 60 % 60);
    (random % 50 + 1, temperature, status, format!("2021-05-21T10:{minute:02}:{second:02}.{:06}", random % 1_000_000))
}

fn json_line(index: u32) -> String {
    let (sensor, temperature, status, time) = record(index);
    format!(
        "{{\"sensor_id\": {sensor}, \"current_temperature\": {temperature}, \"status\": \"{status}\", \"event_time\": \"{time}\"}}"
    )
}

/// The same with the keys in one of four orders.
fn shuffled_line(index: u32) -> String {
    let (sensor, temperature, status, time) = record(index);
    let mut members = [
        format!("\"sensor_id\": {sensor}"),
        format!("\"current_temperature\": {temperature}"),
        format!("\"status\": \"{status}\""),
        format!("\"event_time\": \"{time}\""),
    ];
    members.rotate_left(noise(index) as usize % 4);
    format!("{{{}}}", members.join(", "))
}

fn lines(line: impl Fn(u32) -> String) -> Vec<u8> {
    records(RECORDS, line)
}

fn records(count: u32, line: impl Fn(u32) -> String) -> Vec<u8> {
    (0..count).flat_map(|index| (line(index) + "\n").into_bytes()).collect()
}

/// Runs `each` over the lines, cut out, and prints the rate of the best round.
fn measure(name: &str, lines: &[u8], mut each: impl FnMut(&[u8])) {
    measure_places(name, lines, |start| {
        let end = start + memchr::memchr(b'\n', &lines[start..]).expect("every line has an end");
        each(&lines[start..end]);
        end + 1
    });
}

/// Runs `each` over the places where lines begin, of which every one gives the next, and prints the rate of the
/// best round.
fn measure_places(name: &str, lines: &[u8], mut each: impl FnMut(usize) -> usize) {
    if std::env::args().skip(1).any(|part| !part.starts_with('-') && !name.contains(&part)) {
        return;
    }
    let (mut best, mut records) = (Duration::MAX, 0);
    for _ in 0..rounds() {
        let start = Instant::now();
        let mut place = 0;
        records = 0;
        while place < lines.len() {
            place = each(place);
            records += 1;
        }
        best = best.min(start.elapsed());
    }
    let rate = f64::from(records) / best.as_secs_f64() / 1e6;
    let nanos = best.as_secs_f64() * 1e9 / f64::from(records);
    let bandwidth = lines.len() as f64 / best.as_secs_f64() / 1e9;
    println!("{name:<52} {rate:>6.1} M records/s {nanos:>7.1} ns {bandwidth:>5.2} GB/s");
}

/// Fewer than usual for tools that count instructions: `ROUNDS=2`.
fn rounds() -> u32 {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// Decodes the lines as the application does whose row this is.
macro_rules! generated {
    ($row:ident, $name:literal, $lines:expr) => {{
        let arena = Arena::new();
        let mut decoder = json::Decoder::new(&Options::default()).expect("no options");
        let lines: &[u8] = $lines;
        measure_places($name, lines, |start| match $row::decode_line(&mut decoder, lines, start, &arena) {
            Some((row, end)) => {
                black_box(&row);
                end
            }
            None => {
                let end = start + memchr::memchr(b'\n', &lines[start..]).expect("every line has an end");
                $row::decode(&mut decoder, &lines[start..end], &arena, |row| {
                    black_box(&row);
                })
                .expect("a good record");
                end + 1
            }
        });
    }};
}

/// Decodes the lines with serde_json.
macro_rules! peer {
    ($row:ident, $name:literal, $lines:expr) => {
        measure($name, $lines, |line| {
            black_box(serde_json::from_slice::<$row<'_>>(line).expect("a good record"));
        })
    };
}

fn wide_records() {
    // Few enough to stay in the core's cache, as the pieces do in which an application reads files.
    let fifty = records(RECORDS / 20, |index| wide::line(index, |_| true));
    let three = lines(|index| wide::line(index, wide::is_read));
    measure("UTF-8 check, 50 members", &fifty, |line| {
        black_box(simdutf8::basic::from_utf8(line).is_ok());
    });
    generated!(Three, "json, 3 of 3 members", &three);
    #[cfg(target_arch = "x86_64")]
    if wide_limit::is_possible() {
        let mut limit = limit::Limit::default();
        measure_places("limit, 3 of 50 members", &fifty, |start| {
            // SAFETY: the processor has what it takes.
            match unsafe { wide_limit::three(&mut limit, &fifty, start) } {
                Some((row, end)) => {
                    black_box(&row);
                    end
                }
                // The last record, which ends too soon to be read so.
                None if start + 1_000 > fifty.len() => fifty.len(),
                None => panic!("a good record"),
            }
        });
    }
    generated!(Three, "json, 3 of 50 members", &fifty);
    peer!(ThreePeer, "serde_json: 3 of 50 members", &fifty);
    generated!(Fifty, "json, 50 of 50 members", &fifty);
    peer!(FiftyPeer, "serde_json: 50 of 50 members", &fifty);
}

fn nested_records() {
    let null = lines(|index| nested::line(index, Others::Null));
    let absent = lines(|index| nested::line(index, Others::Absent));
    generated!(Bid, "json, bids alone", &lines(nested::flat_line));
    generated!(Event, "json, one of three objects, others null", &null);
    generated!(Event, "json, one of three objects, others absent", &absent);
    peer!(EventPeer, "serde_json: one of three objects, others null", &null);
}

fn main() {
    let none = Options::default();
    let arena = Arena::new();
    let ordered = lines(json_line);
    let shuffled = lines(shuffled_line);

    measure("lines only", &ordered, |line| {
        black_box(line);
    });
    measure("UTF-8 check", &ordered, |line| {
        black_box(simdutf8::basic::from_utf8(line).is_ok());
    });
    let mut limit = limit::Limit::default();
    measure_places("limit, 4 of 4 columns", &ordered, |start| {
        let (reading, end) = limit.reading(&ordered, start).expect("a good record");
        black_box(&reading);
        end
    });
    generated!(SensorData, "json, 4 of 4 columns", &ordered);
    generated!(Windowed, "json, 3 of 4 columns", &ordered);
    measure_places("limit, 2 of 4 columns", &ordered, |start| {
        let (status, end) = limit.status(&ordered, start).expect("a good record");
        black_box(&status);
        end
    });
    generated!(Statuses, "json, 2 of 4 columns", &ordered);
    generated!(Few, "json, 4 columns of 2 % of the rows", &ordered);
    generated!(Half, "json, 4 columns of 50 % of the rows", &ordered);
    generated!(All, "json, 4 columns of 100 % of the rows", &ordered);
    generated!(SensorData, "json, keys in four orders", &shuffled);
    peer!(Peer, "serde_json: 4 of 4 columns", &ordered);
    wide_records();
    nested_records();
    let mut decoder = json::Decoder::new(&none).expect("no options");
    let encoder = json::Encoder::default();
    let mut out = Vec::new();
    measure("json, decode and encode 4 columns", &ordered, |line| {
        out.clear();
        SensorData::decode(&mut decoder, line, &arena, |row| encoder.write(&row, &mut out)).expect("a good record");
        black_box(&out);
    });
}
