//! What is around an application: where its events come from, and where its rows go.

use super::chance::Chance;
use super::output::{self, Output};
use super::service::{Kinesis, Passed, Stream};
use sqlc_kinesis::simulation::Driver;
use sqlc_runtime::checkpoint::{History, Manifest};
use sqlc_runtime::connector::Connector;
use sqlc_runtime::time::Clock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// The surroundings of one run.
pub trait World {
    /// What tells the application where its surroundings are, as `--set` takes it.
    fn options(&self) -> Vec<String>;

    /// A process starts: what connects it with its surroundings, if that is not the runtime's own.
    fn connector(&mut self) -> Option<Box<dyn Connector>> {
        None
    }

    /// The process is gone, and with it what was on its way.
    fn gone(&mut self) {}

    /// Lets the next events appear; answers whether there were any.
    fn publish(&mut self) -> bool;

    /// Things go wrong from now on, as chance will have it.
    fn disturb(&mut self) {}

    /// Nothing goes wrong from now on.
    fn calm(&mut self) {}

    /// Lets threads go on that are not workers; answers whether records have come or gone.
    fn turn(&mut self) -> bool {
        false
    }

    /// Tables whose rows may be written again.
    fn may_repeat(&self, _table: &str) -> bool {
        false
    }

    /// What no checkpoint needs any more may leave the source.
    fn trim(&mut self, _history: &History) {}

    /// Where part files are, if there are any.
    fn folder(&self) -> Option<PathBuf>;

    fn output(&self) -> Output;
}

/// Files in a folder that is watched, and part files in others.
pub struct Files {
    folder: PathBuf,
    batches: std::vec::IntoIter<Vec<String>>,
    published: u64,
    tables: &'static [&'static str],
}

impl Files {
    /// In a folder that is empty.
    pub fn new(folder: &Path, batches: Vec<Vec<String>>, tables: &'static [&'static str]) -> Self {
        std::fs::create_dir_all(folder.join("in")).expect("there is room");
        Files { folder: folder.to_owned(), batches: batches.into_iter(), published: 0, tables }
    }
}

impl World for Files {
    fn options(&self) -> Vec<String> {
        let outputs = self.tables.iter().map(|table| (*table, format!("out/{table}")));
        let paths = outputs.chain([("events", "in".to_owned())]);
        paths.map(|(table, path)| format!("{table}.path={}", self.folder.join(path).display())).collect()
    }

    fn publish(&mut self) -> bool {
        let Some(batch) = self.batches.next() else { return false };
        let text: String = batch.iter().flat_map(|event| [event.as_str(), "\n"]).collect();
        self.published += 1;
        let hidden = self.folder.join("in/.next");
        let written = std::fs::write(&hidden, text)
            .and_then(|()| std::fs::rename(&hidden, self.folder.join(format!("in/{:06}", self.published))));
        written.expect("there is room");
        true
    }

    fn folder(&self) -> Option<PathBuf> {
        Some(self.folder.join("out"))
    }

    fn output(&self) -> Output {
        output::read(&self.folder.join("out"))
    }
}

/// A stream with events, one with results, and part files.
pub struct Streams {
    files: Files,
    clock: Clock,
    service: Arc<Mutex<Kinesis>>,
    driver: Option<Driver>,
    /// What becomes of shards follows from it, in runs with and without faults alike.
    resharding: Chance,
    faults: Chance,
}

impl Streams {
    pub fn new(files: Files, clock: Clock, chance: &Chance) -> Self {
        let resharding = chance.fork();
        let mut service = Kinesis::new(clock.clone(), chance.fork());
        *service.stream("events") = Stream::new(resharding.between(1, 4));
        *service.stream("results") = Stream::new(2);
        let service = Arc::new(Mutex::new(service));
        Streams { files, clock, service, driver: None, resharding, faults: chance.fork() }
    }

    fn service(&self) -> MutexGuard<'_, Kinesis> {
        self.service.lock().expect("nobody panics while holding the service")
    }
}

impl World for Streams {
    fn options(&self) -> Vec<String> {
        self.files.options().into_iter().filter(|option| !option.starts_with("events.")).collect()
    }

    fn connector(&mut self) -> Option<Box<dyn Connector>> {
        let service = Arc::clone(&self.service);
        Some(self.driver.insert(Driver::new(service, self.clock.clone())).connector())
    }

    fn gone(&mut self) {
        self.driver = None;
    }

    fn publish(&mut self) -> bool {
        let Some(batch) = self.files.batches.next() else { return false };
        let (now, is_last) = (self.clock.monotonic().0, self.files.batches.as_slice().is_empty());
        let mut service = self.service();
        let stream = service.stream("events");
        for line in batch {
            // Events of a device are in one shard, in order; every shard hears of the end.
            match line.split("device-").nth(1).and_then(|rest| rest.split('"').next()) {
                Some(device) if !is_last => drop(stream.put(device, line.clone().into_bytes(), now)),
                _ => stream.put_everywhere(line.as_bytes(), now),
            }
        }
        if !is_last && self.resharding.one_in(4) {
            stream.reshard(&self.resharding);
        }
        true
    }

    fn disturb(&mut self) {
        let failing = if self.faults.one_in(2) { self.faults.between(5, 100) } else { 0 };
        self.service().fail_one_in(failing);
    }

    fn calm(&mut self) {
        self.service().fail_one_in(0);
    }

    fn turn(&mut self) -> bool {
        let before = self.service().moved();
        if let Some(driver) = &self.driver {
            driver.turn();
        }
        self.service().moved() != before
    }

    fn trim(&mut self, history: &History) {
        if !self.faults.one_in(3) {
            return;
        }
        let mut positions = history.manifests().iter().map(positions);
        let Some(mut least) = positions.next() else { return };
        for other in positions {
            least.retain(|shard, _| other.contains_key(shard));
            least.iter_mut().for_each(|(shard, passed)| *passed = other[shard].min(*passed));
        }
        for (shard, passed) in least {
            if self.faults.one_in(2) {
                self.service().stream("events").trim(&shard, passed);
            }
        }
    }

    fn may_repeat(&self, table: &str) -> bool {
        table == "results"
    }

    fn folder(&self) -> Option<PathBuf> {
        self.files.folder()
    }

    fn output(&self) -> Output {
        let mut output = self.files.output();
        let results = output.entry("results".to_owned()).or_default();
        for record in self.service().stream("results").records() {
            *results.entry(record).or_default() += 1;
        }
        output
    }
}

/// How far a checkpoint has come in each shard; of several workers who know of it the furthest is right.
fn positions(manifest: &Manifest) -> BTreeMap<String, Passed> {
    let mut positions = BTreeMap::new();
    for split in manifest.tables.get("events").and_then(|table| table.splits.as_ref()).into_iter().flatten() {
        if let Some(passed) = Passed::read(&split.state) {
            let known = positions.entry(split.split.clone()).or_insert(passed);
            *known = passed.max(*known);
        }
    }
    positions
}

/// The batches of events that a seed makes.
pub fn batches(chance: &Chance) -> Vec<Vec<String>> {
    let most = chance.between(1, 40);
    super::input::batches(chance, chance.between(1, most), chance.between(1, 60))
}
