//! The text of a manifest to what it says, or what is wrong with it.

use super::{CHECKSUM, FORMAT, Manifest, Part, PartState, TAIL, print_checksum};
use crate::checkpoint::file::FileSummary;
use crate::checkpoint::place::{Kind, Place, is_ours};
use crate::checkpoint::storage::{Storage, failed};
use crate::connector::{RestoredTable, SplitState};
use crate::error::{Error, ErrorKind, Result};
use crate::order::{self, Set};
use crate::value::Timestamp;
use serde_json::{Map, Value};
use std::io::Read;

/// What is wrong with a manifest.
type Wrong = String;

/// No manifest is longer, with millions of files as splits. What is longer is none.
const LONGEST: u64 = 1 << 30;

/// How the error ends of a manifest that is not damaged, but of another format.
pub(in crate::checkpoint) const OTHER_VERSION: &str = "it was written by another version of sqlc";

impl Manifest {
    /// Reads the manifest in a folder of the storage; `None` if there is none. An error of kind
    /// [`Data`](ErrorKind::Data) if it is damaged or of another version. Whether its files are there is not looked at.
    pub fn read(storage: &dyn Storage, folder: &str) -> Result<Option<Manifest>> {
        let name = format!("{folder}/{}", crate::checkpoint::place::MANIFEST);
        let Some(object) = storage.open(&name)? else { return Ok(None) };
        let name = format!("{}/{name}", storage.location());
        let mut text = Vec::new();
        object.take(LONGEST).read_to_end(&mut text).map_err(|error| failed("read", &name, &error))?;
        match Manifest::parse(&text, folder) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(wrong) => Err(Error::new(ErrorKind::Data, format!("{name} {wrong}"))),
        }
    }

    /// The manifest that lies in `folder`, from its text.
    pub fn parse(text: &[u8], folder: &str) -> Result<Manifest, Wrong> {
        let damaged = || "is damaged or was not written to its end".to_owned();
        let text = std::str::from_utf8(text).map_err(|_| damaged())?;
        let checked = text.rfind(CHECKSUM).ok_or_else(damaged)?;
        let (checked, rest) = text.split_at(checked);
        let expected = print_checksum(crc32fast::hash(checked.as_bytes()));
        if rest.strip_prefix(CHECKSUM).and_then(|rest| rest.strip_suffix(TAIL)) != Some(&expected) {
            return Err(damaged());
        }
        let value: Value = serde_json::from_str(text).map_err(|error| format!("is damaged: {error}"))?;
        let object = Fields::of(&value).map_err(|wrong| format!("is damaged: {wrong}"))?;
        match object.number("format").map_err(|wrong| format!("is damaged: {wrong}"))? {
            FORMAT => read(&object, folder).map_err(|wrong| format!("is damaged: {wrong}")),
            format => Err(format!("has format {format} and this application reads format {FORMAT}: {OTHER_VERSION}")),
        }
    }
}

fn read(object: &Fields<'_>, folder: &str) -> Result<Manifest, Wrong> {
    let kind = match object.text("kind")? {
        "checkpoint" => Kind::Checkpoint,
        "savepoint" => Kind::Savepoint,
        other => return Err(format!("its kind is '{other}'")),
    };
    let place = Place { kind, id: object.number("checkpoint")?, folder: folder.to_owned() };
    let taken = object.text("taken")?;
    let taken: jiff::Timestamp = taken.parse().map_err(|_| format!("it was taken '{taken}'"))?;
    let parallelism = usize::try_from(object.number("parallelism")?).map_err(|_| "its parallelism is too high")?;
    let mut files = order::Map::new();
    for (name, value) in object.object("files")? {
        let file = Fields::of(value)?;
        let summary = FileSummary { size: file.number("size")?, checksum: checksum(file.text("checksum")?)? };
        files.insert(lengthen(name, folder)?, summary);
    }
    let mut tables = order::Map::new();
    for (name, value) in object.object("tables")? {
        tables.insert(name.clone(), table(&Fields::of(value)?)?);
    }
    let mut parts = Vec::new();
    let mut names = Set::new();
    for value in object.list("parts")? {
        let part = part(&Fields::of(value)?, folder, parallelism, &files)?;
        if !names.insert(part.name.clone()) {
            return Err(format!("there are two parts '{}'", part.name));
        }
        parts.push(part);
    }
    Ok(Manifest {
        place,
        taken: Timestamp(taken.as_microsecond()),
        application: object.text("application")?.to_owned(),
        version: object.text("version")?.to_owned(),
        compiler: object.text("compiler")?.to_owned(),
        parallelism,
        tables,
        parts,
        files,
    })
}

fn table(object: &Fields<'_>) -> Result<RestoredTable, Wrong> {
    let mut table = RestoredTable::default();
    if object.has("splits") {
        let mut splits = Vec::new();
        for value in object.list("splits")? {
            let split = Fields::of(value)?;
            splits.push(SplitState { split: split.text("split")?.to_owned(), state: split.text("state")?.to_owned() });
        }
        table.splits = Some(splits);
    }
    if object.has("sinks") {
        let sinks = object.list("sinks")?.iter();
        let texts = sinks.map(|sink| sink.as_str().map(str::to_owned).ok_or("a sink's state is no text"));
        table.sinks = Some(texts.collect::<Result<_, _>>()?);
    }
    Ok(table)
}

fn part(
    object: &Fields<'_>,
    folder: &str,
    parallelism: usize,
    known: &order::Map<String, FileSummary>,
) -> Result<Part, Wrong> {
    let name = object.text("name")?;
    let mut workers = Vec::new();
    for value in object.list("workers")? {
        let worker = Fields::of(value)?;
        let mut files = Vec::new();
        for file in worker.list("files")? {
            let file = lengthen(file.as_str().ok_or("a file's name is no text")?, folder)?;
            if !known.contains_key(&file) || files.contains(&file) {
                return Err(format!("'{name}' speaks of {file}, which is not among its files, or does so twice"));
            }
            files.push(file);
        }
        let blocks = u32::try_from(worker.number("blocks")?).map_err(|_| format!("'{name}' has too many blocks"))?;
        workers.push(PartState { files, blocks, bytes: worker.number("bytes")? });
    }
    if workers.len() != parallelism {
        return Err(format!("'{name}' has {} workers instead of {parallelism}", workers.len()));
    }
    Ok(Part { name: name.to_owned(), meaning: object.get("meaning")?.clone(), workers })
}

/// A file's name in the storage from its name as seen from the checkpoint's folder. Names lead nowhere else.
fn lengthen(name: &str, folder: &str) -> Result<String, Wrong> {
    let (folder, file) = match name.strip_prefix("../") {
        None => (folder, name),
        Some(other) => match other.split_once('/') {
            Some((other, file)) if Place::parse(other).is_some() => (other, file),
            _ => return Err(format!("'{name}' is no file of a checkpoint")),
        },
    };
    match is_ours(file) {
        true => Ok(format!("{folder}/{file}")),
        false => Err(format!("'{name}' is no file of a checkpoint")),
    }
}

fn checksum(text: &str) -> Result<u32, Wrong> {
    let digits = text.strip_prefix("crc32:").filter(|digits| digits.len() == 8);
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| format!("'{text}' is no checksum"))
}

/// The members of an object.
struct Fields<'v>(&'v Map<String, Value>);

impl<'v> Fields<'v> {
    fn of(value: &'v Value) -> Result<Self, Wrong> {
        value.as_object().map(Fields).ok_or_else(|| "something is no object".to_owned())
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn get(&self, name: &str) -> Result<&'v Value, Wrong> {
        self.0.get(name).ok_or_else(|| format!("'{name}' is missing"))
    }

    fn text(&self, name: &str) -> Result<&'v str, Wrong> {
        self.get(name)?.as_str().ok_or_else(|| format!("'{name}' is no text"))
    }

    fn number(&self, name: &str) -> Result<u64, Wrong> {
        self.get(name)?.as_u64().ok_or_else(|| format!("'{name}' is no number"))
    }

    fn list(&self, name: &str) -> Result<&'v Vec<Value>, Wrong> {
        self.get(name)?.as_array().ok_or_else(|| format!("'{name}' is no list"))
    }

    fn object(&self, name: &str) -> Result<&'v Map<String, Value>, Wrong> {
        self.get(name)?.as_object().ok_or_else(|| format!("'{name}' is no object"))
    }
}
