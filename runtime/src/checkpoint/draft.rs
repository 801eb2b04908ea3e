//! A checkpoint that is being taken: what workers report, on its way into files and a manifest.

use super::file::{FileSummary, FileWriter, PartNumber};
use super::manifest::{Manifest, Part, PartState};
use super::place::Place;
use super::storage::{Object, Storage};
use crate::connector::{RestoredTable, SplitState};
use crate::error::{Error, ErrorKind, Result};
use crate::order::Map;
use crate::state::Blocks;
use crate::value::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// What the manifest says about the application.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub application: String,
    pub version: String,
    pub compiler: String,
}

/// What a part of a pipeline has to say at its cut.
#[derive(Clone, Debug)]
pub struct CutPart {
    pub name: String,
    /// What its state means, in the words of the compiler.
    pub meaning: Value,
    pub head: Vec<u8>,
    /// How many blocks its state has.
    pub blocks: u32,
}

pub struct Draft {
    storage: Arc<dyn Storage>,
    place: Place,
    taken: Timestamp,
    /// The checkpoint whose blocks count where this one has none.
    base: Option<Arc<Manifest>>,
    workers: Vec<Worker>,
}

#[derive(Default)]
struct Worker {
    parts: Vec<DraftPart>,
    sources: Vec<(&'static str, Vec<SplitState>)>,
    /// Once all of its sinks have prepared.
    sinks: Option<Vec<(&'static str, String)>>,
    /// Once it has taken its cut.
    file: Option<FileWriter<Box<dyn Object>>>,
    /// Once it is written.
    summary: Option<FileSummary>,
}

struct DraftPart {
    name: String,
    meaning: Value,
    number: PartNumber,
    blocks: u32,
    bytes: u64,
}

impl Draft {
    /// Begins a checkpoint whose cut is taken `now`; with a base, only what changed since that one is written.
    pub fn new(
        storage: Arc<dyn Storage>,
        place: Place,
        taken: Timestamp,
        workers: usize,
        base: Option<Arc<Manifest>>,
    ) -> Self {
        Draft { storage, place, taken, base, workers: (0..workers).map(|_| Worker::default()).collect() }
    }

    /// A worker has taken its cut.
    pub fn taken(
        &mut self,
        worker: usize,
        parts: Vec<CutPart>,
        sources: Vec<(&'static str, Vec<SplitState>)>,
    ) -> Result<()> {
        let name = self.place.state(worker);
        let object = self.storage.create(&name)?;
        let mut file = FileWriter::new(object, format!("{}/{name}", self.storage.location()))?;
        let worker = &mut self.workers[worker];
        for part in parts {
            let number = file.part(&part.name, &part.head)?;
            let bytes = part.head.len() as u64;
            worker.parts.push(DraftPart { name: part.name, meaning: part.meaning, number, blocks: part.blocks, bytes });
        }
        (worker.file, worker.sources) = (Some(file), sources);
        Ok(())
    }

    /// Some state of a part of a worker, which has taken its cut.
    pub fn state(&mut self, worker: usize, part: usize, blocks: &Blocks) -> Result<()> {
        let worker = &mut self.workers[worker];
        let (Some(file), Some(part)) = (&mut worker.file, worker.parts.get_mut(part)) else { return Err(unexpected()) };
        part.bytes += blocks.size() as u64;
        file.blocks(part.number, blocks)
    }

    /// A worker has written all of its state.
    pub fn written(&mut self, worker: usize) -> Result<()> {
        let worker = &mut self.workers[worker];
        let (object, summary) = worker.file.take().ok_or_else(unexpected)?.finish()?;
        object.complete()?;
        worker.summary = Some(summary);
        Ok(())
    }

    /// All sinks of a worker have prepared.
    pub fn prepared(&mut self, worker: usize, sinks: Vec<(&'static str, String)>) {
        self.workers[worker].sinks = Some(sinks);
    }

    /// Whether nothing is missing but the manifest.
    pub fn is_complete(&self) -> bool {
        self.workers.iter().all(|worker| worker.summary.is_some() && worker.sinks.is_some())
    }

    /// Writes the manifest of a checkpoint of which nothing else is missing.
    pub fn complete(self, about: &About) -> Result<Manifest> {
        let manifest = self.manifest(about);
        manifest.write(&*self.storage)?;
        Ok(manifest)
    }

    fn manifest(&self, about: &About) -> Manifest {
        let mut tables: Map<String, RestoredTable> = Map::new();
        let mut files = Map::new();
        for (number, worker) in self.workers.iter().enumerate() {
            for (table, splits) in &worker.sources {
                let table = tables.or_insert_with((*table).to_owned(), RestoredTable::default);
                table.splits.get_or_insert_default().extend(splits.iter().cloned());
            }
            // The sinks of SELECTs belong to no table.
            let sinks = worker.sinks.iter().flatten().filter(|(table, _)| !table.is_empty());
            for (table, prepared) in sinks {
                let table = tables.or_insert_with((*table).to_owned(), RestoredTable::default);
                table.sinks.get_or_insert_default().push(prepared.clone());
            }
            files.extend(worker.summary.map(|summary| (self.place.state(number), summary)));
        }
        let first = self.workers.first().map_or(&[][..], |worker| &worker.parts);
        let parts: Vec<Part> = first
            .iter()
            .enumerate()
            .map(|(number, part)| Part {
                name: part.name.clone(),
                meaning: part.meaning.clone(),
                workers: (0..self.workers.len()).map(|worker| self.part_state(worker, number)).collect(),
            })
            .collect();
        if let Some(base) = &self.base {
            let used = parts.iter().flat_map(|part| &part.workers).flat_map(|worker| &worker.files);
            let earlier = used.filter_map(|file| Some((file.clone(), *base.files.get(file)?)));
            files.extend(earlier.collect::<Vec<_>>());
        }
        Manifest {
            place: self.place.clone(),
            taken: self.taken,
            application: about.application.clone(),
            version: about.version.clone(),
            compiler: about.compiler.clone(),
            parallelism: self.workers.len(),
            tables,
            parts,
            files,
        }
    }

    fn part_state(&self, worker: usize, number: usize) -> PartState {
        let part = &self.workers[worker].parts[number];
        let before = self.base.as_ref().map(|base| &base.parts[number].workers[worker]);
        let own = self.place.state(worker);
        PartState {
            files: std::iter::once(own).chain(before.iter().flat_map(|before| before.files.iter().cloned())).collect(),
            blocks: part.blocks,
            bytes: part.bytes + before.map_or(0, |before| before.bytes),
        }
    }
}

fn unexpected() -> Error {
    Error::new(ErrorKind::Internal, "a worker writes state without having taken its cut")
}
