//! Checkpoints that the application has gone back behind: their sinks' files are no longer what they were, so nothing
//! goes on from them unless somebody asks for one by its name.

use super::storage::{Storage, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::order::Set;
use std::io::{Read, Write};

/// The object with the folders of these checkpoints, as a JSON array.
const NAME: &str = "set-aside.json";

/// Reads which checkpoints of a storage are set aside.
pub fn read(storage: &dyn Storage) -> Result<Set<String>> {
    let Some(mut object) = storage.open(NAME)? else { return Ok(Set::new()) };
    let name = || format!("{}/{NAME}", storage.location());
    let mut text = String::new();
    object.read_to_string(&mut text).map_err(|error| failed("read", name(), &error))?;
    let folders = serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|value| {
        value.as_array()?.iter().map(|folder| folder.as_str().map(str::to_owned)).collect::<Option<_>>()
    });
    folders.ok_or_else(|| {
        let message =
            format!("{} is damaged; it says which checkpoints not to go on from: name one with --restore", name());
        Error::new(ErrorKind::Data, message)
    })
}

/// Writes which are set aside from now on.
pub fn write(storage: &dyn Storage, folders: &Set<String>) -> Result<()> {
    if folders.is_empty() {
        return storage.delete(NAME);
    }
    let mut object = storage.create(NAME)?;
    let text = format!("{}\n", serde_json::Value::from_iter(folders.iter().map(String::as_str)));
    let written = object.write_all(text.as_bytes()).and_then(|()| object.flush());
    written.map_err(|error| failed("write", format_args!("{}/{NAME}", storage.location()), &error))?;
    object.complete()
}
