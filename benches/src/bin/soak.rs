//! Whether an application stays as small and as fast as it was: `soak APP FIFO SECONDS FRACTION [ARGUMENT OF APP]...`
//!
//! Starts the application, which reads the named pipe FIFO, and measures for ten seconds how many records it takes per
//! CPU second. Then writes FRACTION of that rate into the pipe for SECONDS, with event times of now and keys that come
//! and go: each is used for some seconds and never again. Samples memory and CPU time of the process, fits lines
//! through them, and fails if memory or CPU time per record have grown over the run.

use sqlc_benches::paced::{Pace, TimeText};
use sqlc_benches::random::Random;
use std::error::Error;
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the rate is measured, and how often samples are taken.
const MEASURED: Duration = Duration::from_secs(10);
const SAMPLED: Duration = Duration::from_secs(5);
/// State has its full size after the longest of windows, gaps and retentions; this much comes before the first sample.
const WARM: Duration = Duration::from_secs(60);
/// How much may be added over the run: to memory, as a share of its mean and in bytes; to CPU time per record.
const MEMORY_GROWTH: f64 = 0.05;
const MEMORY_BYTES: f64 = 4e6;
const CPU_GROWTH: f64 = 0.10;
/// At most this many records are put into one write, however late they are.
const WRITTEN_AT_ONCE: u64 = 20_000;

/// How many accounts and ids are in use at a time, and how many of them are new in every second.
const ACCOUNTS: (u64, u64) = (20_000, 2_000);
const IDS: (u64, u64) = (5_000, 500);

struct Sample {
    seconds: f64,
    bytes: f64,
    cpu: f64,
    records: u64,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [app, fifo, seconds, fraction, others @ ..] = arguments.as_slice() else {
        eprintln!("usage: soak APP FIFO SECONDS FRACTION [ARGUMENT OF APP]...");
        std::process::exit(64);
    };
    let (seconds, fraction) = (Duration::from_secs(seconds.parse()?), fraction.parse::<f64>()?);
    let mut child = Command::new(app).args(others).stdout(Stdio::null()).spawn()?;
    let mut pipe = std::fs::OpenOptions::new().write(true).open(fifo)?;
    let mut records = Records::new();

    // As fast as the application takes them.
    let (started, mut written) = (Instant::now(), 0);
    while started.elapsed() < MEASURED {
        let now = jiff::Timestamp::now().as_millisecond();
        (0..WRITTEN_AT_ONCE / 10).for_each(|_| records.add(now));
        written += records.count;
        records.write(&mut pipe)?;
    }
    let most = written as f64 / cpu_seconds(child.id())?;
    let rate = most * fraction;
    println!("{most:.0} records per CPU second; {fraction} of that is {rate:.0} records/s");

    let (ended, count) = (AtomicBool::new(false), AtomicU64::new(written));
    let (samples, fed) = std::thread::scope(|scope| {
        let feeding = scope.spawn(|| {
            let fed = feed(&mut pipe, &mut records, rate, WARM + seconds, &count);
            ended.store(true, Ordering::Release);
            fed
        });
        let samples = sample(child.id(), &ended, &count);
        (samples, feeding.join().expect("the writer does not panic"))
    });
    fed?;
    drop(pipe);
    let samples = samples?;
    let status = child.wait()?;
    println!("the application ended with {status}");
    let flat = judge(&samples);
    Ok(if flat && status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes records at the rate, for as long as wanted. An application that does not keep up, because the machine has
/// no time for it, gets as much as it takes.
fn feed(
    pipe: &mut impl Write,
    records: &mut Records,
    rate: f64,
    long: Duration,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let mut pace = Pace::new(rate);
    let started = Instant::now();
    while started.elapsed() < long {
        for number in pace.wait(WRITTEN_AT_ONCE) {
            records.add(pace.millis(number));
        }
        let written = records.count;
        records.write(pipe)?;
        // More records a second mean more keys that are alive: what was too much is not made up for later.
        pace.forgive();
        count.fetch_add(written, Ordering::Release);
    }
    Ok(())
}

/// Takes samples until the input ends, and tells one a minute.
fn sample(process: u32, ended: &AtomicBool, count: &AtomicU64) -> Result<Vec<Sample>, Box<dyn Error>> {
    let started = Instant::now();
    let mut samples: Vec<Sample> = Vec::new();
    println!("| s | records | RSS MB | CPU s | CPU us per record |");
    println!("|---|---|---|---|---|");
    while !ended.load(Ordering::Acquire) {
        std::thread::sleep(SAMPLED);
        let seconds = started.elapsed().as_secs_f64();
        let (bytes, cpu) = (resident_bytes(process)?, cpu_seconds(process)?);
        let records = count.load(Ordering::Acquire);
        if seconds >= WARM.as_secs_f64() {
            samples.push(Sample { seconds, bytes, cpu, records });
        }
        if (seconds / 60.0) as u64 != ((seconds - SAMPLED.as_secs_f64()) / 60.0) as u64 {
            let since = samples.iter().rev().nth(12).or(samples.first());
            let each = since.map_or(0.0, |since| (cpu - since.cpu) / (records - since.records).max(1) as f64);
            println!("| {seconds:.0} | {records} | {:.1} | {cpu:.1} | {:.3} |", bytes / 1e6, each * 1e6);
        }
    }
    Ok(samples)
}

/// Prints the slopes and answers whether both are flat.
fn judge(samples: &[Sample]) -> bool {
    let Some((first, last)) = samples.first().zip(samples.last()).filter(|_| samples.len() > 10) else {
        println!("FAIL: too few samples");
        return false;
    };
    let length = last.seconds - first.seconds;
    let memory: Vec<_> = samples.iter().map(|sample| (sample.seconds, sample.bytes)).collect();
    let cpu = |pair: &[Sample]| {
        let records = pair[1].records.saturating_sub(pair[0].records).max(1);
        (pair[1].seconds, (pair[1].cpu - pair[0].cpu) / records as f64)
    };
    let mut cpu: Vec<_> = samples.windows(2).map(cpu).collect();
    // What else the machine does makes some samples several times as dear; half of them are below the median.
    let mut each: Vec<f64> = cpu.iter().map(|(_, each)| *each).collect();
    each.sort_by(f64::total_cmp);
    let (least, median) = (each[each.len() / 20], each[each.len() / 2]);
    cpu.retain(|(_, each)| *each <= 2.0 * median);
    let ((memory_mean, memory_slope), (cpu_mean, cpu_slope)) = (fit(&memory), fit(&cpu));
    let (memory_growth, cpu_growth) = (memory_slope * length, cpu_slope * length / cpu_mean);
    let most = memory.iter().map(|(_, bytes)| *bytes).fold(0.0, f64::max);
    println!(
        "memory: mean {:.1} MB, most {:.1} MB, slope {:+.3} MB per hour, {:+.3} MB over this run",
        memory_mean / 1e6,
        most / 1e6,
        memory_slope * 3600.0 / 1e6,
        memory_growth / 1e6
    );
    println!(
        "CPU per record: 5th percentile {:.3} us, median {:.3} us, slope {:+.2} % of the mean per hour, {:+.2} % over \
         this run",
        least * 1e6,
        median * 1e6,
        cpu_slope * 3600.0 / cpu_mean * 100.0,
        cpu_growth * 100.0
    );
    let flat = memory_growth < MEMORY_BYTES.max(memory_mean * MEMORY_GROWTH) && cpu_growth < CPU_GROWTH;
    println!("{}", if flat { "PASS" } else { "FAIL" });
    flat
}

/// Mean and slope of the line with the least squares.
fn fit(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    (y, above / below)
}

/// What the operating system says of a process.
fn resident_bytes(process: u32) -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("there is no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}

fn cpu_seconds(process: u32) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    // utime and stime, the 14th and 15th, in hundredths of a second.
    let ticks = |field: usize| fields.get(field - 3).and_then(|ticks| ticks.parse::<f64>().ok());
    Ok(ticks(14).zip(ticks(15)).map(|(user, system)| (user + system) / 100.0).ok_or("there are no times")?)
}

/// Records that are made and not written yet.
struct Records {
    random: Random,
    text: TimeText,
    first: Option<i64>,
    buffer: Vec<u8>,
    count: u64,
}

impl Records {
    fn new() -> Records {
        let random = Random(0x9E37_79B9_7F4A_7C15);
        Records { random, text: TimeText::default(), first: None, buffer: Vec::new(), count: 0 }
    }

    fn add(&mut self, millis: i64) {
        let since = (millis - *self.first.get_or_insert(millis)).max(0) as u64;
        let mut key = |(used, new): (u64, u64)| since * new / 1000 + self.random.below(used);
        let (account, id) = (key(ACCOUNTS), key(IDS));
        let (amount, status) = (self.random.below(100_000), ["OK", "WARN", "FAIL"][self.random.below(3) as usize]);
        let (whole, part) = (amount / 100, amount % 100);
        // Writing to a Vec cannot fail.
        let _ = writeln!(
            self.buffer,
            "{{\"id\": {id}, \"account\": \"account-{account:08}\", \"amount\": {whole}.{part:02}, \
             \"status\": \"{status}\", \"event_time\": \"{}\"}}",
            self.text.of(millis)
        );
        self.count += 1;
    }

    fn write(&mut self, pipe: &mut impl Write) -> std::io::Result<()> {
        self.count = 0;
        pipe.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
