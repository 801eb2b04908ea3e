//! The sensors' HOP written by hand the plain way: serde_json into a struct, a HashMap of windows.
//! `sensors-serde IN OUT` is what a careful Rust programmer has in an hour, and what ours is measured beside.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

#[derive(Deserialize)]
struct Reading {
    current_temperature: Option<f64>,
    status: Option<String>,
    event_time: String,
}

#[derive(Serialize)]
struct State<'a> {
    status: Option<&'a str>,
    num: i32,
    avg_current_temperature: Option<f64>,
    hop_time: String,
}

/// Rows, values and their sum, per status.
type Totals = HashMap<Option<String>, (i64, i64, f64)>;

const SLIDE: i64 = 10_000;
const SIZE: i64 = 60_000;
const DELAY: i64 = 5_000;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, input, output] = arguments.as_slice() else {
        eprintln!("usage: sensors-serde IN OUT");
        std::process::exit(64);
    };
    let mut reader = BufReader::with_capacity(1 << 20, File::open(input)?);
    let mut out = BufWriter::new(File::create(output)?);
    let mut windows: BTreeMap<i64, Totals> = BTreeMap::new();
    let mut latest = i64::MIN;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let reading: Reading = serde_json::from_str(&line).map_err(std::io::Error::other)?;
        let time = parse(&reading.event_time);
        let first = time - time.rem_euclid(SLIDE);
        let mut start = first;
        while start > time - SIZE {
            if start + SIZE > latest.saturating_sub(DELAY) {
                let keys = windows.entry(start + SIZE).or_default();
                let total = keys.entry(reading.status.clone()).or_default();
                total.0 += 1;
                if let Some(temperature) = reading.current_temperature {
                    total.1 += 1;
                    total.2 += temperature;
                }
            }
            start -= SLIDE;
        }
        latest = latest.max(time);
        while let Some(entry) = windows.first_entry()
            && *entry.key() <= latest - DELAY
        {
            let (end, keys) = entry.remove_entry();
            write(&mut out, end, &keys)?;
        }
        line.clear();
    }
    for (end, keys) in windows {
        write(&mut out, end, &keys)?;
    }
    out.flush()
}

fn write(out: &mut impl Write, end: i64, keys: &Totals) -> std::io::Result<()> {
    for (status, (rows, count, sum)) in keys {
        let state = State {
            status: status.as_deref(),
            num: *rows as i32,
            avg_current_temperature: (*count > 0).then(|| sum / *count as f64),
            hop_time: print(end - 1),
        };
        serde_json::to_writer(&mut *out, &state)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Milliseconds since the month began: all records lie in one month.
fn parse(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap_or(0);
    let seconds = ((number(8..10) * 24 + number(11..13)) * 60 + number(14..16)) * 60 + number(17..19);
    seconds * 1_000 + text.get(20..23).and_then(|millis| millis.parse().ok()).unwrap_or(0)
}

fn print(millis: i64) -> String {
    let seconds = millis / 1_000;
    format!(
        "2021-05-{:02}T{:02}:{:02}:{:02}.{:03}",
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1_000
    )
}
