//! How long a window's row takes: `latency APP FIFO|STREAM RATE SECONDS WINDOW_MS KEYS [ARGUMENT OF APP]...`
//!
//! Starts the application, which reads the named pipe FIFO and prints one row per key and window: the key, the number
//! of records and the earliest of their times in milliseconds. Writes RATE records a second into the pipe, with event
//! times of now, and takes for every row the time from the writing of the record with which the watermark passed the
//! window's end (before the call that writes it, together with what else is due) to the reading of the row (after
//! the call that reads it). The first second counts as warming up. Prints one line of JSON, times in microseconds.
//!
//! STREAM is `http://HOST:PORT/NAME` of a local Kinesis. Records are then put every ten milliseconds, one second of them
//! follows that closes all windows, and the application is stopped when it has had time to read it.

use hdrhistogram::Histogram;
use serde_json::json;
use sqlc_benches::paced::{Pace, TimeText};
use sqlc_benches::random::Random;
use sqlc_benches::stream::Stream;
use std::error::Error;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the writer tells the reader: when each window's end was passed, in nanoseconds since `base`; 0 before that.
struct Passed {
    base: Instant,
    window: i64,
    first: i64,
    nanos: Vec<AtomicU64>,
}

impl Passed {
    fn now(&self) -> u64 {
        self.base.elapsed().as_nanos() as u64
    }

    /// The window that a time belongs to, counted from the first.
    fn index(&self, millis: i64) -> usize {
        usize::try_from(millis.div_euclid(self.window) - self.first).unwrap_or(0)
    }
}

struct Plan {
    rate: f64,
    seconds: u64,
    keys: u64,
    /// How long the writer waits behind every write.
    pause: Duration,
    /// For how many seconds records follow that count in no window.
    closing: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [app, fifo, rate, seconds, window, keys, others @ ..] = arguments.as_slice() else {
        eprintln!("usage: latency APP FIFO RATE SECONDS WINDOW_MS KEYS [ARGUMENT OF APP]...");
        std::process::exit(64);
    };
    let stream = Stream::open(fifo).transpose()?;
    let pause = Duration::from_millis(if stream.is_some() { 10 } else { 0 });
    let closing = u64::from(stream.is_some());
    let plan = Plan { rate: rate.parse()?, seconds: seconds.parse()?, keys: keys.parse()?, pause, closing };
    let mut child = Command::new(app).args(others).stdout(Stdio::piped()).spawn()?;
    let rows = child.stdout.take().ok_or("the application has no output")?;
    let process = child.id().to_string();
    let window: i64 = window.parse()?;
    let now = jiff::Timestamp::now().as_millisecond();
    let count = (plan.seconds + 10) * 1000 / window as u64;
    let passed = Passed {
        base: Instant::now(),
        window,
        first: now.div_euclid(window),
        nanos: (0..count).map(|_| AtomicU64::new(0)).collect(),
    };
    let (written, read) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| match stream {
            None => write_records(std::fs::OpenOptions::new().write(true).open(fifo)?, &plan, &passed),
            Some(stream) => {
                let written = write_records(stream, &plan, &passed);
                std::thread::sleep(Duration::from_secs(3));
                Command::new("kill").args(["-TERM", &process]).status()?;
                written
            }
        });
        let read = read_rows(rows, &passed);
        (writer.join().expect("the writer does not panic"), read)
    });
    let (records, took) = written?;
    let (latencies, counted) = read?;
    let status = child.wait()?;
    // Of the records that close windows some close those of others.
    let most = records + plan.closing * plan.rate as u64;
    if !status.success() || !(records..=most).contains(&counted) {
        return Err(format!("{records} records were written and {counted} counted; the application: {status}").into());
    }
    let at = |quantile| latencies.value_at_quantile(quantile);
    let line = json!({
        "records": records,
        "rate": records as f64 / took,
        "rows": latencies.len(),
        "p50": at(0.5),
        "p90": at(0.9),
        "p99": at(0.99),
        "p999": at(0.999),
        "max": latencies.max(),
    });
    println!("{line}");
    Ok(())
}

/// Answers how many records were written in how many seconds.
fn write_records(mut pipe: impl Write, plan: &Plan, passed: &Passed) -> std::io::Result<(u64, f64)> {
    let (mut random, mut text, mut buffer) = (Random(0x9E37_79B9_7F4A_7C15), TimeText::default(), Vec::new());
    let mut reached = 0;
    let mut pace = Pace::new(plan.rate);
    let counted = (plan.rate * plan.seconds as f64) as u64;
    let last = counted + plan.closing * plan.rate as u64;
    let started = Instant::now();
    loop {
        let due = pace.wait(u64::MAX);
        buffer.clear();
        let before = reached;
        for number in due.start..due.end.min(last) {
            let millis = pace.millis(number);
            reached = passed.index(millis);
            let (key, value, time) = (random.below(plan.keys), random.below(10_000), text.of(millis));
            writeln!(
                buffer,
                "{{\"k\": {key}, \"v\": {}.{:02}, \"ms\": {millis}, \"event_time\": \"{time}\"}}",
                value / 100,
                value % 100
            )?;
        }
        let now = passed.now();
        for window in &passed.nanos[before..reached] {
            window.store(now, Ordering::Release);
        }
        pipe.write_all(&buffer)?;
        if due.end >= last {
            return Ok((counted, started.elapsed().as_secs_f64() * counted as f64 / last as f64));
        }
        std::thread::sleep(plan.pause);
    }
}

/// Answers the latencies and the number of records in all rows.
fn read_rows(mut rows: impl Read, passed: &Passed) -> Result<(Histogram<u64>, u64), Box<dyn Error>> {
    let mut latencies = Histogram::new(3)?;
    let mut counted = 0;
    let (mut buffer, mut filled) = (vec![0; 1 << 20], 0);
    let warm = 1000 / passed.window as usize;
    loop {
        let read = rows.read(&mut buffer[filled..])?;
        let now = passed.now();
        if read == 0 {
            return Ok((latencies, counted));
        }
        filled += read;
        let end = buffer[..filled].iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in std::str::from_utf8(&buffer[..end])?.lines() {
            // With several workers, each line begins with which of them wrote it.
            let row = line.split_once("+I[").and_then(|(_, rest)| rest.strip_suffix(']'));
            let mut columns = row.ok_or("an odd row")?.rsplit(", ");
            let mut column = || columns.next().ok_or("a row has too few columns");
            let (millis, count) = (column()?.parse()?, column()?.parse::<u64>()?);
            counted += count;
            let index = passed.index(millis);
            match passed.nanos[index].load(Ordering::Acquire) {
                // Fired by the end of the input.
                0 => {}
                _ if index < warm => {}
                since => latencies.record(now.saturating_sub(since) / 1000)?,
            }
        }
        buffer.copy_within(end..filled, 0);
        filled -= end;
    }
}
