//! How many lines of CSV a second one core decodes: decoders as they are generated, beside what a program
//! written by hand for just these lines would do at best.
//!
//! `cargo bench -p sqlc-runtime --bench csv [-- PART OF A NAME]`. The best of many rounds is printed.

#[path = "csv/limit.rs"]
mod limit;
#[path = "support/mod.rs"]
mod support;

use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::csv;
use sqlc_runtime::row::DecodeRow;
use sqlc_runtime::value::{Arena, Timestamp};
use std::hint::black_box;
use support::{lines, measure, noise, rounds};

/// All four columns of the sensors' table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct SensorData<'a> {
    sensor_id: Option<i32>,
    current_temperature: Option<f64>,
    status: Option<&'a str>,
    event_time: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for SensorData<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.sensor_id = line.column(0, "sensor_id").integer()?;
        self.current_temperature = line.column(1, "current_temperature").double()?;
        self.status = line.column(2, "status").text()?;
        self.event_time = line.column(3, "event_time").timestamp_sql(3)?;
        Ok(())
    }
}

/// Two of the four columns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Statuses<'a> {
    current_temperature: Option<f64>,
    status: Option<&'a str>,
}

impl<'a> csv::Record<'a> for Statuses<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.current_temperature = line.column(1, "current_temperature").double()?;
        self.status = line.column(2, "status").text()?;
        Ok(())
    }
}

/// Three columns of fifty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Wide<'a> {
    early: Option<&'a str>,
    middle: Option<f64>,
    late: Option<i64>,
}

impl<'a> csv::Record<'a> for Wide<'a> {
    const WIDTH: usize = 50;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.early = line.column(1, "early").text()?;
        self.middle = line.column(25, "middle").double()?;
        self.late = line.column(47, "late").bigint()?;
        Ok(())
    }
}

/// Three columns of three: what of [`Wide`] is not skipping.
impl<'a> csv::Record<'a> for Narrow<'a> {
    const WIDTH: usize = 3;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.0.early = line.column(0, "early").text()?;
        self.0.middle = line.column(1, "middle").double()?;
        self.0.late = line.column(2, "late").bigint()?;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Narrow<'a>(Wide<'a>);

fn sensor_line(index: u32) -> String {
    let (sensor, temperature, status, time) = support::record(index);
    format!("{sensor},{temperature},{status},{time}")
}

/// As Flink writes it, which puts quotes around whatever has a space in it.
fn quoted_line(index: u32) -> String {
    let (sensor, temperature, status, time) = support::record(index);
    format!("{sensor},{temperature},{status},\"{time}\"")
}

fn wide_line(index: u32) -> String {
    let fields = (0..50).map(|place| match place {
        1 => ["north", "south", "east", "west"][noise(index) as usize % 4].to_owned(),
        25 => format!("{}", f64::from(noise(index) % 10_000) / 100.0),
        place => format!("{}", noise(index + place) >> (place % 24)),
    });
    fields.collect::<Vec<_>>().join(",")
}

fn narrow_line(index: u32) -> String {
    let wide = wide_line(index);
    let fields: Vec<&str> = wide.split(',').collect();
    [fields[1], fields[25], fields[47]].join(",")
}

fn bench<'a, T: csv::Record<'a>>(name: &str, lines: &'a [u8], arena: &'a Arena) {
    let mut decoder = csv::Decoder::new(&Options::default()).expect("no options");
    along(name, lines, |start| match T::decode_line(&mut decoder, lines, start, arena) {
        Some((row, next)) => {
            black_box(&row);
            next
        }
        None => {
            let end = start + memchr::memchr(b'\n', &lines[start..]).expect("every line has an end");
            let each = |row: T| {
                black_box(&row);
            };
            T::decode(&mut decoder, &lines[start..end], arena, each).expect("a good line");
            end + 1
        }
    });
}

/// Runs `each` over the places where lines begin, of which every one gives the next.
fn along(name: &str, lines: &[u8], mut each: impl FnMut(usize) -> usize) {
    rounds(name, || {
        let mut start = 0;
        while start < lines.len() {
            start = each(start);
        }
    });
}

/// The limit programs must read what the decoders read.
fn check<'a, T: csv::Record<'a> + PartialEq + std::fmt::Debug>(
    lines: &'a [u8],
    arena: &'a Arena,
    mut limit: impl FnMut(&'a [u8]) -> Option<T>,
) {
    let mut decoder = csv::Decoder::new(&Options::default()).expect("no options");
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let mut found = None;
        T::decode(&mut decoder, line, arena, |row| found = Some(row)).expect("a good line");
        assert_eq!(limit(line), found);
    }
}

fn main() {
    let arena = Arena::new();
    let sensors = lines(sensor_line);
    let quoted = lines(quoted_line);
    let wide = lines(wide_line);
    let narrow = lines(narrow_line);
    let mut day = limit::Day::default();
    check(&sensors, &arena, |line| limit::four(&mut day, line, 0).map(|(row, _)| row));
    check(&sensors, &arena, |line| limit::two(line, 0).map(|(row, _)| row));
    check(&wide, &arena, |line| limit::three_of_fifty(line.trim_ascii_end()));

    measure("lines and UTF-8 check", &sensors, |line| {
        black_box(simdutf8::basic::from_utf8(line).is_ok());
    });
    along("limit, 4 of 4 columns", &sensors, |start| {
        let (row, next) = limit::four(&mut day, &sensors, start).expect("a good line");
        black_box(&row);
        next
    });
    bench::<SensorData<'_>>("csv, 4 of 4 columns", &sensors, &arena);
    along("limit, 2 of 4 columns", &sensors, |start| {
        let (row, next) = limit::two(&sensors, start).expect("a good line");
        black_box(&row);
        next
    });
    bench::<Statuses<'_>>("csv, 2 of 4 columns", &sensors, &arena);
    bench::<SensorData<'_>>("csv, 4 of 4 columns, timestamp in quotes", &quoted, &arena);
    measure("lines and UTF-8 check of 50 columns", &wide, |line| {
        black_box(simdutf8::basic::from_utf8(line).is_ok());
    });
    measure("limit, 3 of 50 columns", &wide, |line| {
        black_box(&limit::three_of_fifty(line).expect("a good line"));
    });
    bench::<Wide<'_>>("csv, 3 of 50 columns", &wide, &arena);
    bench::<Narrow<'_>>("csv, 3 of 3 columns", &narrow, &arena);
}
