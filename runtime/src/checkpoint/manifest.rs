//! What a checkpoint is made of, as JSON that people can read. A checkpoint is there when its manifest is.

mod read;

pub(super) use read::OTHER_VERSION;

use super::file::FileSummary;
use super::place::{Kind, Place};
use super::storage::{Storage, failed};
use crate::connector::{RestoredTable, SplitState};
use crate::error::Result;
use crate::order;
use crate::value::Timestamp;
use serde_json::{Map, Value, json};
use std::io::Write;

/// The version of the format. Readers of another version refuse the manifest. 2: keys have other hashes, by which they
/// belong to workers.
const FORMAT: u64 = 2;

/// What stands between a manifest and the checksum of everything before it.
const CHECKSUM: &str = ",\n  \"checksum\": \"";

/// Everything about a checkpoint but the state itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The checkpoint's folder, kind and number.
    pub place: Place,
    /// When its cut was taken.
    pub taken: Timestamp,
    /// The application's name and version.
    pub application: String,
    pub version: String,
    /// The version of sqlc that the application was built with.
    pub compiler: String,
    /// How many workers there were.
    pub parallelism: usize,
    /// Where the sources stand and what the sinks have prepared, by table.
    pub tables: order::Map<String, RestoredTable>,
    /// What the scans and operators of the pipeline remember, in its order.
    pub parts: Vec<Part>,
    /// The files that anything above refers to, by their names in the storage.
    pub files: order::Map<String, FileSummary>,
}

/// A part of the pipeline that remembers something.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// As [`Stateful::name`](super::Stateful::name).
    pub name: String,
    /// What its state means, in the words of the compiler.
    pub meaning: Value,
    /// What each worker's copy of it has written.
    pub workers: Vec<PartState>,
}

/// The state of one worker's copy of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartState {
    /// The files with its blocks, newest first: the newest has the head, and of blocks with the same number that in
    /// the newest file counts. Those of checkpoints before this one come second to last.
    pub files: Vec<String>,
    /// How many blocks the whole state has: those with higher numbers are gone.
    pub blocks: u32,
    /// How many bytes of these files are its own.
    pub bytes: u64,
}

impl Manifest {
    /// Writes the manifest. The checkpoint is complete when this returns; its files must be before.
    pub fn write(&self, storage: &dyn Storage) -> Result<()> {
        debug_assert!(Manifest::parse(self.print().as_bytes(), &self.place.folder).as_ref() == Ok(self));
        let name = self.place.manifest();
        let mut object = storage.create(&name)?;
        let written = object.write_all(self.print().as_bytes()).and_then(|()| object.flush());
        written.map_err(|error| failed("write", format!("{}/{name}", storage.location()), &error))?;
        object.complete()
    }

    /// The text of the manifest.
    fn print(&self) -> String {
        let tables: Map<String, Value> =
            self.tables.iter().map(|(name, table)| (name.clone(), print_table(table))).collect();
        let parts: Vec<Value> = self.parts.iter().map(|part| self.print_part(part)).collect();
        let files: Map<String, Value> = self
            .files
            .iter()
            .map(|(name, file)| {
                let checksum = print_checksum(file.checksum);
                (self.shorten(name), json!({ "size": file.size, "checksum": checksum }))
            })
            .collect();
        let kind = match self.place.kind {
            Kind::Checkpoint => "checkpoint",
            Kind::Savepoint => "savepoint",
        };
        let manifest = json!({
            "format": FORMAT,
            "checkpoint": self.place.id,
            "kind": kind,
            "taken": crate::value::print::instant(self.taken).as_str(),
            "application": self.application,
            "version": self.version,
            "compiler": self.compiler,
            "parallelism": self.parallelism,
            "tables": tables,
            "parts": parts,
            "files": files,
        });
        let mut text = format!("{manifest:#}");
        // The checksum becomes the last member.
        text.truncate(text.len() - "\n}".len());
        let checksum = print_checksum(crc32fast::hash(text.as_bytes()));
        text.push_str(CHECKSUM);
        text.push_str(&checksum);
        text.push_str(TAIL);
        text
    }

    fn print_part(&self, part: &Part) -> Value {
        let workers: Vec<Value> = part
            .workers
            .iter()
            .map(|worker| {
                let files: Vec<String> = worker.files.iter().map(|file| self.shorten(file)).collect();
                json!({ "files": files, "blocks": worker.blocks, "bytes": worker.bytes })
            })
            .collect();
        json!({ "name": part.name, "meaning": part.meaning, "workers": workers })
    }

    /// A file's name as seen from the checkpoint's folder, so that a folder can be moved and renamed.
    fn shorten(&self, file: &str) -> String {
        match file.strip_prefix(&self.place.folder).and_then(|rest| rest.strip_prefix('/')) {
            Some(own) => own.to_owned(),
            None => format!("../{file}"),
        }
    }
}

/// How every manifest ends, behind the checksum.
const TAIL: &str = "\"\n}\n";

fn print_table(table: &RestoredTable) -> Value {
    let mut printed = Map::new();
    if let Some(splits) = &table.splits {
        let split = |split: &SplitState| json!({ "split": split.split, "state": split.state });
        printed.insert("splits".to_owned(), splits.iter().map(split).collect());
    }
    if let Some(sinks) = &table.sinks {
        printed.insert("sinks".to_owned(), json!(sinks));
    }
    Value::Object(printed)
}

fn print_checksum(checksum: u32) -> String {
    format!("crc32:{checksum:08x}")
}

#[cfg(test)]
mod tests;
