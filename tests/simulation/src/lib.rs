//! Runs a generated application on one thread under a seed, which decides who takes the next step and what goes wrong:
//! crashes between any two steps, machines that lose their power, storage that fails or lies, checkpoints that are
//! damaged, clocks that jump, another parallelism after each start. What comes out in the end has to be what comes out
//! of a run without faults.
//!
//! A test puts these sources beside those of a generated crate and calls [`main`] instead of the application's own. A
//! seed always gives the same run; `--seed N` repeats one and tells what happens.

mod bucket;
mod chance;
mod crash;
mod input;
mod output;
mod run;
mod service;
mod world;

use chance::Chance;
use run::{Happened, Run};
use sqlc_runtime::job::App;
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use world::{Files, Streams, World};

/// When simulated clocks begin.
const BEGIN: Timestamp = Timestamp(1_767_225_600_000_000);
/// So many failing seeds are enough to know.
const FAILURES: usize = 5;

/// What is around an application.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Whether its events come from a stream, and `results` are written into another one; else they are in files.
    pub streams: bool,
    /// The tables that are folders of part files.
    pub part_files: &'static [&'static str],
}

/// Simulates an application that reads `events`.
///
/// `[--from N] [--seeds N] [--seed N]`: runs so many seeds, 100 if nothing is said, or one and tells what happens. The
/// exit code is 0 if every run had the right output.
pub fn main(surroundings: Surroundings, app: fn() -> App) -> ExitCode {
    let (mut from, mut seeds, mut tells) = (0, 100, false);
    let mut arguments = std::env::args().skip(1);
    while let (Some(name), Some(Ok(value))) = (arguments.next(), arguments.next().map(|value| value.parse::<u64>())) {
        match name.as_str() {
            "--from" => from = value,
            "--seeds" => seeds = value,
            "--seed" => (from, seeds, tells) = (value, 1, true),
            _ => return ExitCode::from(64),
        }
    }
    let next = AtomicU64::new(from);
    let results = Mutex::new((Happened::default(), Vec::new()));
    let work = |thread: usize| {
        let folder = folder(thread);
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < from + seeds) {
            let outcome = one(app, seed, &folder, surroundings, tells);
            let mut results = results.lock().expect("nobody panics while holding the results");
            match outcome {
                Ok(happened) => results.0.add(happened),
                Err(report) => {
                    println!("seed {seed} fails; --seed {seed} repeats it\n{report}");
                    results.1.push(seed);
                }
            }
            if results.1.len() >= FAILURES {
                break;
            }
        }
        // Of a run that is told everything stays.
        if !tells {
            let _ = std::fs::remove_dir_all(folder);
        }
    };
    let threads = if tells { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || work(thread));
        }
    });
    let (happened, failed) = results.into_inner().expect("nobody panics while holding the results");
    println!("{} of seeds {from} to {} fail; {happened:?}", failed.len(), from + seeds - 1);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Happened {
    fn add(&mut self, other: Happened) {
        self.crashes += other.crashes;
        self.stops += other.stops;
        self.errors += other.errors;
        self.damaged += other.damaged;
        self.checkpoints += other.checkpoints;
    }
}

/// Runs a seed without and with faults, and compares.
fn one(
    app: fn() -> App,
    seed: u64,
    folder: &Path,
    surroundings: Surroundings,
    tells: bool,
) -> Result<Happened, String> {
    let chance = Chance::new(seed);
    let batches = world::batches(&chance);
    let seed = chance.below(u64::MAX);
    let world = |name: &str, clock: &Clock| -> Box<dyn World> {
        let folder = folder.join(name);
        let _ = std::fs::remove_dir_all(&folder);
        let files = Files::new(&folder, batches.clone(), surroundings.part_files);
        match surroundings.streams {
            false => Box::new(files),
            true => Box::new(Streams::new(files, clock.clone(), &Chance::new(seed ^ 1))),
        }
    };
    let clock = Clock::simulated(BEGIN);
    let mut without = world("without", &clock);
    let expected = Run::new(app, seed, &mut *without, clock, false).undisturbed()?;
    let clock = Clock::simulated(BEGIN);
    let mut with = world("with", &clock);
    let (found, happened) = Run::new(app, seed, &mut *with, clock, tells).disturbed()?;
    match output::difference(&expected, &found, |table| with.may_repeat(table)) {
        report if report.is_empty() => Ok(happened),
        report => Err(report),
    }
}

/// A folder of this process and thread, in memory where there is one.
fn folder(thread: usize) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    parent.join(format!("sqlc-simulation-{}-{thread}", std::process::id()))
}
