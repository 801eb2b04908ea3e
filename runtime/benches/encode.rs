//! How many rows a second one core encodes: encoders as they are generated, beside what a program written by hand
//! for just this row would do at best. Both write the same bytes.
//!
//! `cargo bench -p sqlc-runtime --bench encode [-- PART OF A NAME]`. The best of many rounds is printed.

#[path = "support/mod.rs"]
mod support;

use sqlc_runtime::format::{csv, json, print};
use sqlc_runtime::row::{EncodeRow, RowKind};
use sqlc_runtime::value::{Timestamp, double};
use std::hint::black_box;
use support::{RECORDS, noise, rounds};

/// A row of the sensors' windows.
#[derive(Clone, Copy, Debug)]
struct SensorState {
    status: Option<&'static str>,
    num: Option<i32>,
    avg_current_temperature: Option<f64>,
    hop_time: Option<Timestamp>,
}

/// Sixteen columns.
#[derive(Clone, Copy, Debug)]
struct Wide {
    names: [Option<&'static str>; 4],
    counts: [Option<i64>; 4],
    averages: [Option<f64>; 4],
    times: [Option<Timestamp>; 4],
}

impl json::Encode for SensorState {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("status")).text(self.status);
        document.column(json::key!("num")).integer(self.num);
        document.column(json::key!("avg_current_temperature")).double(self.avg_current_temperature);
        document.column(json::key!("hop_time")).timestamp_iso(self.hop_time);
    }
}

macro_rules! encode_line {
    ($format:ident) => {
        impl $format::Encode for SensorState {
            fn encode(&self, line: &mut $format::Line<'_>) {
                line.text(self.status);
                line.integer(self.num);
                line.double(self.avg_current_temperature);
                line.timestamp(self.hop_time);
            }
        }

        impl $format::Encode for Wide {
            fn encode(&self, line: &mut $format::Line<'_>) {
                self.names.iter().for_each(|name| line.text(*name));
                self.counts.iter().for_each(|count| line.bigint(*count));
                self.averages.iter().for_each(|average| line.double(*average));
                self.times.iter().for_each(|time| line.timestamp(*time));
            }
        }
    };
}
encode_line!(csv);
encode_line!(print);

impl json::Encode for Wide {
    fn encode(&self, document: &mut json::Document<'_>) {
        let [a, b, c, d] = self.names;
        document.column(json::key!("name_a")).text(a);
        document.column(json::key!("name_b")).text(b);
        document.column(json::key!("name_c")).text(c);
        document.column(json::key!("name_d")).text(d);
        let [a, b, c, d] = self.counts;
        document.column(json::key!("count_a")).bigint(a);
        document.column(json::key!("count_b")).bigint(b);
        document.column(json::key!("count_c")).bigint(c);
        document.column(json::key!("count_d")).bigint(d);
        let [a, b, c, d] = self.averages;
        document.column(json::key!("average_a")).double(a);
        document.column(json::key!("average_b")).double(b);
        document.column(json::key!("average_c")).double(c);
        document.column(json::key!("average_d")).double(d);
        let [a, b, c, d] = self.times;
        document.column(json::key!("time_a")).timestamp_sql(a);
        document.column(json::key!("time_b")).timestamp_sql(b);
        document.column(json::key!("time_c")).timestamp_sql(c);
        document.column(json::key!("time_d")).timestamp_sql(d);
    }
}

fn state(index: u32) -> SensorState {
    let random = noise(index);
    SensorState {
        status: Some(["OK", "FAIL", "WARN"][(random >> 16) as usize % 3]),
        num: Some((random % 5_000) as i32),
        avg_current_temperature: Some(f64::from(random % 2_000_000) / 17_000.0),
        hop_time: Some(time(index)),
    }
}

fn time(index: u32) -> Timestamp {
    Timestamp(1_621_591_200_000_000 + i64::from(index / 6) * 10_000_000)
}

fn wide(index: u32) -> Wide {
    let random = |place: u32| noise(index * 16 + place);
    let names = ["north gate", "a warehouse at the harbour", "3", "semi; colon"];
    Wide {
        names: [0, 1, 2, 3].map(|place| Some(names[(random(place) % 4) as usize])),
        counts: [0, 1, 2, 3].map(|place| Some(i64::from(random(place)) >> (place * 7))),
        averages: [0, 1, 2, 3].map(|place| Some(f64::from(random(place) % 10_000) / 100.0)),
        times: [0, 1, 2, 3].map(|place| Some(Timestamp(time(index).0 + i64::from(random(place) % 10_000) * 1_000))),
    }
}

/// Compares and measures an encoder and the program for the same row.
fn bench<T, E: Default>(name: &str, rows: &[T], limit: impl Fn(&T, &mut Vec<u8>))
where
    T: EncodeRow<E>,
{
    bench_with(name, rows, E::default(), limit);
}

fn bench_with<T: EncodeRow<E>, E>(name: &str, rows: &[T], mut encoder: E, limit: impl Fn(&T, &mut Vec<u8>)) {
    let (mut expected, mut out) = (Vec::new(), Vec::new());
    for row in rows {
        limit(row, &mut expected);
        row.encode(&mut encoder, RowKind::Insert, &mut out).expect("encoding does not fail");
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected));
        expected.clear();
        out.clear();
    }
    rounds(&format!("limit, {name}"), || {
        for row in rows {
            expected.clear();
            limit(black_box(row), &mut expected);
            black_box(&expected);
        }
    });
    rounds(name, || {
        for row in rows {
            out.clear();
            black_box(row).encode(&mut encoder, RowKind::Insert, &mut out).expect("encoding does not fail");
            black_box(&out);
        }
    });
}

fn main() {
    let states: Vec<SensorState> = (0..RECORDS).map(state).collect();
    let wides: Vec<Wide> = (0..RECORDS).map(wide).collect();
    let csv = || csv::Encoder::new(&Default::default()).expect("no options");
    bench::<_, json::Encoder>("json, 4 columns", &states, limit::json_state);
    bench_with("csv, 4 columns", &states, csv(), limit::csv_state);
    bench::<_, print::Encoder>("print, 4 columns", &states, limit::print_state);
    bench::<_, json::Encoder>("json, 16 columns", &wides, limit::json_wide);
    bench_with("csv, 16 columns", &wides, csv(), limit::csv_wide);
    bench::<_, print::Encoder>("print, 16 columns", &wides, limit::print_wide);
}

/// Programs for exactly these rows. That a value may be NULL is all they allow for.
mod limit {
    use super::{SensorState, Timestamp, Wide, double};

    pub fn json_state(row: &SensorState, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"status\":");
        quoted(out, row.status);
        out.extend_from_slice(b",\"num\":");
        integer(out, row.num.map(i64::from), b"null");
        out.extend_from_slice(b",\"avg_current_temperature\":");
        float(out, row.avg_current_temperature, b"null");
        out.extend_from_slice(b",\"hop_time\":");
        match row.hop_time {
            Some(time) => {
                out.push(b'"');
                timestamp(out, time, b'T');
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }

    pub fn csv_state(row: &SensorState, out: &mut Vec<u8>) {
        field(out, row.status);
        out.push(b',');
        integer(out, row.num.map(i64::from), b"");
        out.push(b',');
        float(out, row.avg_current_temperature, b"");
        out.push(b',');
        time_field(out, row.hop_time);
    }

    pub fn print_state(row: &SensorState, out: &mut Vec<u8>) {
        out.extend_from_slice(b"+I[");
        out.extend_from_slice(row.status.unwrap_or("null").as_bytes());
        out.extend_from_slice(b", ");
        integer(out, row.num.map(i64::from), b"null");
        out.extend_from_slice(b", ");
        float(out, row.avg_current_temperature, b"null");
        out.extend_from_slice(b", ");
        java_time(out, row.hop_time);
        out.push(b']');
    }

    pub fn json_wide(row: &Wide, out: &mut Vec<u8>) {
        const KEYS: [&[u8]; 4] = [b"{\"name_a\":", b",\"name_b\":", b",\"name_c\":", b",\"name_d\":"];
        const COUNTS: [&[u8]; 4] = [b",\"count_a\":", b",\"count_b\":", b",\"count_c\":", b",\"count_d\":"];
        const AVERAGES: [&[u8]; 4] = [b",\"average_a\":", b",\"average_b\":", b",\"average_c\":", b",\"average_d\":"];
        const TIMES: [&[u8]; 4] = [b",\"time_a\":", b",\"time_b\":", b",\"time_c\":", b",\"time_d\":"];
        for (key, name) in KEYS.iter().zip(row.names) {
            out.extend_from_slice(key);
            quoted(out, name);
        }
        for (key, count) in COUNTS.iter().zip(row.counts) {
            out.extend_from_slice(key);
            integer(out, count, b"null");
        }
        for (key, average) in AVERAGES.iter().zip(row.averages) {
            out.extend_from_slice(key);
            float(out, average, b"null");
        }
        for (key, time) in TIMES.iter().zip(row.times) {
            out.extend_from_slice(key);
            match time {
                Some(time) => {
                    out.push(b'"');
                    timestamp(out, time, b' ');
                    out.push(b'"');
                }
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
    }

    pub fn csv_wide(row: &Wide, out: &mut Vec<u8>) {
        for name in row.names {
            field(out, name);
            out.push(b',');
        }
        for count in row.counts {
            integer(out, count, b"");
            out.push(b',');
        }
        for average in row.averages {
            float(out, average, b"");
            out.push(b',');
        }
        for time in row.times {
            time_field(out, time);
            out.push(b',');
        }
        out.pop();
    }

    pub fn print_wide(row: &Wide, out: &mut Vec<u8>) {
        out.extend_from_slice(b"+I[");
        for name in row.names {
            out.extend_from_slice(name.unwrap_or("null").as_bytes());
            out.extend_from_slice(b", ");
        }
        for count in row.counts {
            integer(out, count, b"null");
            out.extend_from_slice(b", ");
        }
        for average in row.averages {
            float(out, average, b"null");
            out.extend_from_slice(b", ");
        }
        for time in row.times {
            java_time(out, time);
            out.extend_from_slice(b", ");
        }
        out.truncate(out.len() - 2);
        out.push(b']');
    }

    #[inline(always)]
    fn quoted(out: &mut Vec<u8>, text: Option<&str>) {
        let Some(text) = text else { return out.extend_from_slice(b"null") };
        let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\' && byte < 0xF0;
        assert!(text.bytes().fold(true, |plain, byte| plain & is_plain(byte)), "these texts are plain");
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }

    #[inline(always)]
    fn field(out: &mut Vec<u8>, text: Option<&str>) {
        let Some(text) = text else { return };
        let is_plain = |byte: u8| byte >= b'-' && byte != b'\\';
        if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) && text.len() < 25 {
            return out.extend_from_slice(text.as_bytes());
        }
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }

    #[inline(always)]
    fn time_field(out: &mut Vec<u8>, time: Option<Timestamp>) {
        let Some(time) = time else { return };
        out.push(b'"');
        timestamp(out, time, b' ');
        out.push(b'"');
    }

    #[inline(always)]
    fn integer(out: &mut Vec<u8>, value: Option<i64>, null: &[u8]) {
        match value {
            Some(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
            None => out.extend_from_slice(null),
        }
    }

    #[inline(always)]
    fn float(out: &mut Vec<u8>, value: Option<f64>, null: &[u8]) {
        match value {
            Some(value) if (1e-3..1e7).contains(&value.abs()) => {
                out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
            }
            Some(value) => out.extend_from_slice(double::print(value).as_bytes()),
            None => out.extend_from_slice(null),
        }
    }

    #[inline(always)]
    fn timestamp(out: &mut Vec<u8>, time: Timestamp, separator: u8) {
        let (text, millis) = text(time, separator);
        out.extend_from_slice(&text);
        let length = match (millis % 10, millis % 100, millis) {
            (_, _, 0) => 19,
            (_, 0, _) => 21,
            (0, _, _) => 22,
            _ => 23,
        };
        out.truncate(out.len() - 23 + length);
    }

    #[inline(always)]
    fn java_time(out: &mut Vec<u8>, time: Option<Timestamp>) {
        let Some(time) = time else { return out.extend_from_slice(b"null") };
        let (text, millis) = text(time, b'T');
        out.extend_from_slice(&text);
        let length = match (millis, time.0 / 1_000_000 % 60) {
            (0, 0) => 16,
            (0, _) => 19,
            _ => 23,
        };
        out.truncate(out.len() - 23 + length);
    }

    /// All times are of one day, and in whole milliseconds.
    #[inline(always)]
    fn text(time: Timestamp, separator: u8) -> ([u8; 23], u64) {
        const DAY: i64 = 1_621_555_200_000_000;
        let micros = u64::try_from(time.0 - DAY).expect("all rows are of one day");
        assert!(micros < 86_400_000_000, "all rows are of one day");
        let (seconds, millis) = (micros / 1_000_000, micros / 1_000 % 1_000);
        let mut text = *b"2021-05-21T00:00:00.000";
        text[10] = separator;
        for (at, value) in [(11, seconds / 3600), (14, seconds / 60 % 60), (17, seconds % 60), (20, millis / 10)] {
            text[at] += (value / 10) as u8;
            text[at + 1] += (value % 10) as u8;
        }
        text[22] += (millis % 10) as u8;
        (text, millis)
    }
}
