//! What a machine that loses its power does to part files: whatever was not made durable is there, or not, or in part.

use super::chance::Chance;
use super::output::entries;
use sqlc_runtime::checkpoint::{History, Storage};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// Per file, by its name without the point that hides it: how many bytes of it are durable, all if `None`.
type Durable = BTreeMap<String, Option<u64>>;

/// Tears the hidden files of every table at random where no checkpoint says that they are durable.
pub fn tear(folder: &Path, storage: &dyn Storage, chance: &Chance) {
    let durable = durable(storage);
    for table in entries(folder) {
        for name in entries(&folder.join(&table)) {
            let Some(shown) = name.strip_prefix('.') else { continue };
            if chance.one_in(2) {
                continue;
            }
            let kept = match durable.get(shown.split(".inprogress").next().unwrap_or(shown)) {
                Some(None) => continue,
                Some(Some(bytes)) => *bytes,
                None => 0,
            };
            let path = folder.join(&table).join(&name);
            // A file that no checkpoint knows may not even have its name.
            if kept == 0 && chance.one_in(3) {
                std::fs::remove_file(&path).expect("the file is there");
                continue;
            }
            let mut file = File::options().write(true).open(&path).expect("the file is there");
            let length = file.metadata().expect("the file is open").len();
            let left = kept + chance.below(length.saturating_sub(kept) + 1);
            file.set_len(left).expect("there is room");
            if chance.one_in(4) {
                file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(b"\0\0torn")).expect("there is room");
            }
        }
    }
}

/// What the checkpoints in a storage that answers say of part files.
fn durable(storage: &dyn Storage) -> Durable {
    let (history, _) = History::read(storage).expect("the storage answers");
    let mut durable = Durable::new();
    // The newest is the first, and knows most.
    for manifest in history.manifests().iter().rev() {
        for prepared in manifest.tables.values().flat_map(|table| table.sinks.iter().flatten()) {
            files(prepared, &mut durable);
        }
    }
    durable
}

/// What a sink has prepared is `{"folder":"out","files":"part-a-b-ff-1","next":3,"complete":[0,1],"open":{"file":2,
/// "bytes":7}}`.
fn files(prepared: &str, durable: &mut Durable) -> Option<()> {
    let after = |text: &'static str| Some(prepared.split_once(text)?.1);
    let number = |text: &str| text.split(|other: char| !other.is_ascii_digit()).next()?.parse::<u64>().ok();
    let series = after("\"files\":\"")?.split('"').next()?;
    let complete = after("\"complete\":[")?.split(']').next()?;
    for file in complete.split(',').filter(|file| !file.is_empty()) {
        durable.insert(format!("{series}-{file}"), None);
    }
    let open = number(after("\"open\":{\"file\":")?)?;
    let bytes = number(after("\"bytes\":")?)?;
    durable.insert(format!("{series}-{open}"), Some(bytes));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_prepared_is_durable() {
        let mut durable = Durable::new();
        let text = r#"{"folder":"out","files":"part-a-b-ff-1","next":3,"complete":[0,1],"open":{"file":2,"bytes":7}}"#;
        files(text, &mut durable).unwrap();
        let expected = [("part-a-b-ff-1-0", None), ("part-a-b-ff-1-1", None), ("part-a-b-ff-1-2", Some(7))];
        assert_eq!(durable, expected.map(|(name, bytes)| (name.to_owned(), bytes)).into());
    }
}
