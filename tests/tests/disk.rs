//! Disks that are full, read-only, or gone for a while, below an application that is running: it waits, and when the
//! disk is as it should be again nothing is lost and nothing is there twice.
//!
//! The disks are small file systems in memory, which only root may mount. Where that is not allowed every test says that
//! it is skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_tests::app::{Application, Running};

/// What the application is started with while its input grows.
const WATCHING: [&str; 10] = [
    "--set",
    "readings.source.monitor-interval=20 ms",
    "--set",
    "execution.checkpointing.interval=50 ms",
    "--set",
    "restart-strategy.type=exponential-delay",
    "--set",
    "restart-strategy.exponential-delay.initial-backoff=20 ms",
    "--set",
    "restart-strategy.exponential-delay.max-backoff=200 ms",
];

/// The last id, of a reading that closes every minute of the others.
const LAST: u32 = 80_000;

#[test]
fn a_full_folder_of_results_is_waited_for() -> Result<()> {
    for (folder, place) in [("copies", Place::new()?), ("minutes", Place::new()?)] {
        let Some(disk) = place.disk(folder, "128k")? else { return Ok(()) };
        let mut running = place.begin()?;
        // The rows of `minutes` are too few to fill a disk.
        disk.fill(0)?;
        place.write("b", 1_000..40_000)?;
        running.until("some restarts", |status| restarts(status) >= 3)?;
        place.readable_rows("copies")?;
        disk.clear()?;
        disk.grow()?;
        place.write("c", 40_000..41_000)?;
        completes_again(&mut running)?;
        place.end(running, "KILL", 41_000).context(folder)?;
    }
    Ok(())
}

#[test]
fn a_full_folder_of_checkpoints_is_waited_for() -> Result<()> {
    for is_stopped in [false, true] {
        let place = Place::new()?;
        let Some(disk) = place.disk(CHECKPOINTS, "128k")? else { return Ok(()) };
        let mut running = place.begin()?;
        disk.fill(0)?;
        place.write("b", 1_000..40_000)?;
        running.until("failed checkpoints", |status| failed(status) >= 3)?;
        running.until("the rows", |status| read(status) == 40_000)?;
        ensure!(restarts(&running.status()?) == 0, "work goes on without checkpoints");
        if is_stopped {
            // It stops as soon as nothing is lost by it.
            running.signal("TERM")?;
            disk.clear()?;
            place.end(running, "none", 40_000)?;
        } else {
            disk.clear()?;
            completes_again(&mut running)?;
            place.end(running, "KILL", 40_000)?;
        }
    }
    Ok(())
}

#[test]
fn a_disk_of_everything_that_is_full_is_waited_for() -> Result<()> {
    let place = Place::new()?;
    let Some(disk) = place.disk("disk", "256k")? else { return Ok(()) };
    let elsewhere = [
        "--set",
        "copies.path=disk/copies",
        "--set",
        "minutes.path=disk/minutes",
        "--checkpoint-dir",
        "disk/checkpoints",
    ];
    let mut running = place.begin_with(&elsewhere)?;
    place.write("b", 1_000..40_000)?;
    running.until("some restarts", |status| restarts(status) >= 3)?;
    disk.grow()?;
    completes_again(&mut running)?;
    place.end_with(running, "KILL", 40_000, &elsewhere, "disk/")
}

#[test]
fn checkpoints_that_cannot_be_kept_for_a_while_cost_nothing() -> Result<()> {
    for options in ["ro", "rw", "moved"] {
        for signal in ["KILL", "TERM"] {
            let place = Place::new()?;
            let mut running = place.begin()?;
            // Another file system over the folder, which is read-only, or a folder like any other but for what was in it.
            let folder = place.path(CHECKPOINTS);
            let away = match options {
                "moved" => {
                    std::fs::rename(&folder, place.path("away"))?;
                    None
                }
                options => match Disk::mount(&folder, options)? {
                    None => return Ok(()),
                    disk => disk,
                },
            };
            place.write("b", 1_000..40_000)?;
            running.until("failed checkpoints", |status| failed(status) >= 3).context(options)?;
            running.until("the rows", |status| read(status) == 40_000)?;
            match away {
                Some(disk) => drop(disk),
                None => {
                    let made = std::fs::read_dir(&folder).is_ok();
                    ensure!(!made, "a folder of checkpoints that has gone is not made anew");
                    std::fs::rename(place.path("away"), &folder)?;
                }
            }
            completes_again(&mut running).context(options)?;
            place.end(running, signal, 40_000).with_context(|| format!("{options}, {signal}"))?;
        }
    }
    Ok(())
}

#[test]
fn a_folder_of_checkpoints_that_cannot_be_written_is_said_at_once() -> Result<()> {
    let place = Place::new()?;
    std::fs::create_dir(place.path(CHECKPOINTS))?;
    let Some(_disk) = Disk::mount(&place.path(CHECKPOINTS), "ro")? else { return Ok(()) };
    place.write("a", 0..10)?;
    let ended = place.start(&WATCHING)?.wait()?;
    ended.expect(74);
    for words in [CHECKPOINTS, "Read-only file system"] {
        ensure!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    ensure!(!place.path("copies").exists(), "nothing is done that could not be taken back");
    Ok(())
}

/// Where the application keeps its checkpoints in the folder in which it runs.
const CHECKPOINTS: &str = "readings_app.checkpoints";

fn read(status: &Value) -> i64 {
    status["sources"]["readings"]["read"].as_i64().unwrap_or(0)
}

fn restarts(status: &Value) -> i64 {
    status["restarts"].as_i64().unwrap_or(0)
}

fn failed(status: &Value) -> i64 {
    status["checkpoints"]["failed"].as_i64().unwrap_or(0)
}

fn completed(status: &Value) -> i64 {
    status["checkpoints"]["completed"].as_i64().unwrap_or(0)
}

/// Waits for two checkpoints: the second was begun from now on.
fn completes_again(running: &mut Running) -> Result<()> {
    let before = completed(&running.status()?);
    running.until("new checkpoints", |status| completed(status) >= before + 2)?;
    Ok(())
}

/// A folder in which the application runs.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Result<Place> {
        Ok(Place(tempfile::tempdir()?))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A small disk in place of a folder; `None` if that cannot be had here.
    fn disk(&self, folder: &str, size: &str) -> Result<Option<Disk>> {
        std::fs::create_dir(self.path(folder))?;
        Disk::mount(&self.path(folder), &format!("size={size}"))
    }

    /// Puts a file with one reading a second into the input.
    fn write(&self, name: &str, ids: std::ops::Range<u32>) -> Result<()> {
        let line = |id: u32| {
            let (hours, minutes, seconds) = (id / 3600, id / 60 % 60, id % 60);
            // 13 stands for what cannot be computed.
            let number = if id == 13 { 1_000_013 } else { id };
            format!(
                "{{\"id\": {number}, \"temperature\": 20.5, \"taken\": \"2024-03-01 {hours:02}:{minutes:02}:{seconds:02}\"}}\n"
            )
        };
        std::fs::create_dir_all(self.path("in"))?;
        // Whoever watches the folder must not see half a file.
        std::fs::write(self.path("in/.new"), ids.map(line).collect::<String>())?;
        Ok(std::fs::rename(self.path("in/.new"), self.path(&format!("in/{name}.jsonl")))?)
    }

    fn start(&self, arguments: &[&str]) -> Result<Running> {
        application()?.start(|command| {
            command.current_dir(self.0.path()).args(arguments);
        })
    }

    /// Starts the application and waits until a checkpoint contains the first thousand readings.
    fn begin(&self) -> Result<Running> {
        self.begin_with(&[])
    }

    fn begin_with(&self, arguments: &[&str]) -> Result<Running> {
        self.write("a", 0..1_000)?;
        let mut running = self.start(&[&WATCHING, arguments].concat())?;
        running.until("the first rows", |status| read(status) == 1_000)?;
        completes_again(&mut running)?;
        Ok(running)
    }

    fn end(&self, running: Running, signal: &str, count: u32) -> Result<()> {
        self.end_with(running, signal, count, &[], "")
    }

    /// Ends the application, and lets another process go on from its checkpoint to the end of the input. Then all that
    /// was read is there once.
    fn end_with(&self, running: Running, signal: &str, count: u32, arguments: &[&str], folder: &str) -> Result<()> {
        // A second SIGTERM would not wait for anything.
        if signal != "none" {
            running.signal(signal)?;
        }
        let ended = running.wait()?;
        if signal != "KILL" {
            ended.expect(0);
        }
        self.write("z", LAST..LAST + 1)?;
        let ended = self.start(arguments)?.wait()?;
        ended.expect(0);
        ensure!(ended.stderr.contains("going on from"), "{}", ended.stderr);
        let mut times: BTreeMap<i64, usize> = BTreeMap::new();
        for row in self.readable_rows(&format!("{folder}copies"))? {
            *times.entry(row["id"].as_i64().context("an id")?).or_default() += 1;
        }
        let doubled: Vec<_> = times.iter().filter(|(_, times)| **times > 1).take(5).collect();
        ensure!(doubled.is_empty(), "doubled: {doubled:?}");
        ensure!(times.len() == count as usize + 1, "{} of {} rows", times.len(), count + 1);
        for table in ["copies", "minutes"] {
            let names = std::fs::read_dir(self.path(&format!("{folder}{table}")))?.map(|entry| Ok(entry?.file_name()));
            let left =
                names.collect::<Result<Vec<_>>>()?.into_iter().find(|name| name.to_string_lossy().starts_with(".part"));
            ensure!(left.is_none(), "{table}: {left:?} is left behind");
        }
        let minutes = self.readable_rows(&format!("{folder}minutes"))?;
        let counted: i64 = minutes.iter().filter_map(|row| row["readings"].as_i64()).sum();
        ensure!(counted == i64::from(count) + 1, "{counted} readings in all minutes");
        ensure!(minutes.len() == count.div_ceil(60) as usize + 1, "{} minutes", minutes.len());
        Ok(())
    }

    /// The rows that readers of a folder see, each of which is whole.
    fn readable_rows(&self, folder: &str) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let Ok(entries) = std::fs::read_dir(self.path(folder)) else { return Ok(rows) };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(['.', '_']) {
                continue;
            }
            for line in std::fs::read_to_string(entry.path())?.lines() {
                rows.push(serde_json::from_str(line).with_context(|| format!("{}: {line}", entry.path().display()))?);
            }
        }
        Ok(rows)
    }
}

/// A file system in memory; it is gone when the test forgets it.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Path, options: &str) -> Result<Option<Disk>> {
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            eprintln!("SKIPPED: this machine does not let the test mount a disk: {}", said.trim());
            return Ok(None);
        }
        Ok(Some(Disk(folder.to_owned())))
    }

    /// Leaves so many bytes free.
    fn fill(&self, free: usize) -> Result<()> {
        let path = self.0.join(".filler");
        // Until nothing more fits in.
        let full = std::fs::write(&path, vec![0; 1 << 20]);
        ensure!(full.is_err(), "the disk is larger than the test expects");
        let size = std::fs::metadata(&path)?.len();
        Ok(std::fs::File::options().write(true).open(&path)?.set_len(size.saturating_sub(free as u64))?)
    }

    fn clear(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.0.join(".filler"))?)
    }

    fn grow(&self) -> Result<()> {
        let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&self.0).status()?;
        ensure!(grown.success(), "the disk does not grow");
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Somebody may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The binary, built once.
fn application() -> Result<Application> {
    let notebook = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/readings.sql");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("applications");
    Application::build(&notebook, "readings_app", &target)
}
