//! The sensors' HOP as a timely-dataflow program: `sensors-timely IN OUT`.
//!
//! One operator decodes pieces of the file with sonic-rs (which is quicker here than serde_json) into small records
//! without allocations; the next one, behind an exchange by status, keeps slices of ten seconds and makes windows of them
//! when the input's frontier has passed their end. The frontier is the watermark: the latest time less five seconds.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::time::Duration;
use timely::dataflow::InputHandle;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::{Capability, Probe};

const SLIDE: u64 = 10_000;
const SIZE: u64 = 60_000;
const DELAY: u64 = 5_000;
const CHUNK: usize = 256 << 10;

#[derive(Deserialize)]
struct Line<'a> {
    current_temperature: Option<f64>,
    status: Option<&'a str>,
    event_time: &'a str,
}

/// A status in place, so that records move without allocations.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Status {
    length: u8,
    bytes: [u8; 15],
}

impl Status {
    fn new(text: &str) -> Self {
        let mut status = Status { length: text.len().try_into().expect("a status is short"), bytes: [0; 15] };
        status.bytes[..text.len()].copy_from_slice(text.as_bytes());
        status
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("it was text")
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Reading {
    status: Option<Status>,
    temperature: Option<f64>,
    /// Milliseconds since the month began.
    time: u64,
}

#[derive(Clone, Copy, Default)]
struct Total {
    rows: u64,
    values: u64,
    sum: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, input, output] = arguments.as_slice() else {
        eprintln!("usage: sensors-timely IN OUT");
        std::process::exit(64);
    };
    let mut file = File::open(input).expect("the input can be read");
    let mut out = BufWriter::new(File::create(output).expect("the output can be written"));
    timely::execute_directly(move |worker| {
        let mut input = InputHandle::new();
        let probe = worker.dataflow::<u64, _, _>(|scope| {
            input
                .to_stream(scope)
                .container::<Vec<Vec<u8>>>()
                .unary(Pipeline, "Decode", |_, _| {
                    move |input, output| {
                        input.for_each(|time, chunks| {
                            let mut session = output.session(&time);
                            for chunk in chunks.drain(..) {
                                chunk
                                    .split(|byte| *byte == b'\n')
                                    .filter(|line| !line.is_empty())
                                    .for_each(|line| session.give(decode(line)));
                            }
                        });
                    }
                })
                .container::<Vec<Reading>>()
                .unary_frontier(Exchange::new(hash), "Windows", |capability, _| {
                    let mut windows = Windows::default();
                    // Holds the output back until the input has ended.
                    let mut capability: Option<Capability<u64>> = Some(capability);
                    move |(input, frontier), output| {
                        input.for_each(|_, readings| readings.drain(..).for_each(|reading| windows.add(&reading)));
                        let Some(held) = &mut capability else { return };
                        let watermark = frontier.frontier().first().copied();
                        let mut lines = Vec::new();
                        windows.close(watermark.unwrap_or(u64::MAX), &mut lines);
                        output.session(held).give_iterator(lines.into_iter());
                        match watermark {
                            Some(watermark) if watermark > *held.time() => held.downgrade(&watermark),
                            Some(_) => {}
                            None => capability = None,
                        }
                    }
                })
                .container::<Vec<String>>()
                .unary(Pipeline, "Write", |_, _| {
                    move |input, output| {
                        input.for_each(|time, lines| {
                            lines.iter().for_each(|line| writeln!(out, "{line}").expect("the output can be written"));
                            output.session(&time).give(());
                        });
                    }
                })
                .container::<Vec<()>>()
                .probe()
                .0
        });
        let mut rest = Vec::new();
        loop {
            let mut chunk = std::mem::take(&mut rest);
            let filled = chunk.len();
            chunk.resize(CHUNK, 0);
            let read = file.read(&mut chunk[filled..]).expect("the input can be read");
            chunk.truncate(filled + read);
            if read == 0 && chunk.is_empty() {
                break;
            }
            if read > 0 {
                let end = memchr::memrchr(b'\n', &chunk).expect("a line is shorter than a chunk") + 1;
                rest = chunk.split_off(end);
            }
            // Records come almost in order: the last one tells where event time is.
            let last = chunk.trim_ascii_end();
            let last = &last[memchr::memrchr(b'\n', last).map_or(0, |end| end + 1)..];
            let latest = decode(last).time;
            input.send(chunk);
            let watermark = latest.saturating_sub(DELAY);
            if watermark > *input.time() {
                input.advance_to(watermark);
            }
            while probe.less_than(input.time()) {
                worker.step_or_park(Some(Duration::ZERO));
            }
        }
    });
}

fn hash(reading: &Reading) -> u64 {
    reading.status.map_or(0, |status| u64::from_le_bytes(status.bytes[..8].try_into().expect("eight bytes")))
}

fn decode(line: &[u8]) -> Reading {
    let line: Line = sonic_rs::from_slice(line).expect("a good record");
    let number = |range: std::ops::Range<usize>| line.event_time[range].parse::<u64>().expect("a number");
    let seconds = ((number(8..10) * 24 + number(11..13)) * 60 + number(14..16)) * 60 + number(17..19);
    let millis = line.event_time.get(20..23).and_then(|millis| millis.parse::<u64>().ok()).unwrap_or(0);
    Reading {
        status: line.status.map(Status::new),
        temperature: line.current_temperature,
        time: seconds * 1_000 + millis,
    }
}

/// Totals by slice and status.
#[derive(Default)]
struct Windows {
    slices: BTreeMap<u64, HashMap<Option<Status>, Total>>,
    /// The end of the last window that is over.
    last: u64,
}

impl Windows {
    fn add(&mut self, reading: &Reading) {
        let slice = reading.time - reading.time % SLIDE;
        if slice + SIZE <= self.last {
            return;
        }
        let total = self.slices.entry(slice).or_default().entry(reading.status).or_default();
        total.rows += 1;
        if let Some(temperature) = reading.temperature {
            total.values += 1;
            total.sum += temperature;
        }
    }

    /// The results of the windows that end up to `watermark`.
    fn close(&mut self, watermark: u64, out: &mut Vec<String>) {
        while let Some((&oldest, _)) = self.slices.first_key_value() {
            let end = (oldest + SLIDE).max(self.last + SLIDE);
            if end > oldest + SIZE {
                self.slices.pop_first();
                continue;
            }
            if end - 1 > watermark {
                break;
            }
            let mut totals: HashMap<Option<Status>, Total> = HashMap::new();
            for slice in self.slices.range(end.saturating_sub(SIZE)..end) {
                for (status, part) in slice.1 {
                    let total = totals.entry(*status).or_default();
                    total.rows += part.rows;
                    total.values += part.values;
                    total.sum += part.sum;
                }
            }
            out.extend(totals.iter().map(|(status, total)| line(status.as_ref(), total, end - 1)));
            self.last = end;
        }
    }
}

fn line(status: Option<&Status>, total: &Total, time: u64) -> String {
    let seconds = time / 1_000;
    let status = status.map_or("null".to_owned(), |status| sonic_rs::to_string(status.text()).expect("text is JSON"));
    let average = if total.values > 0 { format!("{:?}", total.sum / total.values as f64) } else { "null".to_owned() };
    format!(
        "{{\"status\":{status},\"num\":{},\"avg_current_temperature\":{average},\"hop_time\":\"2021-05-{:02}T{:02}:{:02}:{:02}.{:03}\"}}",
        total.rows,
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        time % 1_000
    )
}
