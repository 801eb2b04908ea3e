//! Part files put in order after a crash: what is in the checkpoint becomes visible, what came after it is removed.

use super::part::{Prepared, Series, parse_name};
use super::syncer::sync_folder;
use crate::connector::filesystem::failed;
use crate::error::{Error, ErrorKind, Result};
use crate::order::Map;
use std::fs::File;
use std::path::Path;

/// Makes the folders what they were at the checkpoint for which the sinks of a table had prepared this, with nothing hidden.
/// Answers the series that the next files follow, if there was one. May be done again at any point.
pub(super) fn settle(table: &str, prepared: &[String]) -> Result<Option<Series>> {
    let mut folders: Map<_, Vec<Prepared>> = Map::new();
    for text in prepared.iter().filter(|text| !text.is_empty()) {
        let prepared = Prepared::parse(text).ok_or_else(|| {
            Error::new(ErrorKind::Data, format!("the checkpoint says '{text}' of a sink, which means nothing"))
        })?;
        folders.or_insert_with(prepared.folder.clone(), Vec::new).push(prepared);
    }
    for (folder, prepared) in folders.iter() {
        Folder::new(table, folder, prepared).settle()?;
    }
    // Of sinks that were opened together any family will do, and the latest start.
    let all = folders.into_iter().flat_map(|(_, prepared)| prepared).map(|prepared| prepared.series);
    Ok(all.max_by_key(|series| series.start))
}

struct Folder<'p> {
    table: &'p str,
    path: &'p Path,
    sinks: Map<&'p Series, &'p Prepared>,
    /// The last start of each family that the checkpoint knows.
    families: Map<&'p str, u64>,
    removed: u64,
}

impl<'p> Folder<'p> {
    fn new(table: &'p str, path: &'p Path, prepared: &'p [Prepared]) -> Self {
        let mut families = Map::new();
        for Prepared { series, .. } in prepared {
            let start = families.or_insert_with(series.family.as_str(), || series.start);
            *start = series.start.max(*start);
        }
        let sinks = prepared.iter().map(|prepared| (&prepared.series, prepared)).collect();
        Folder { table, path, sinks, families, removed: 0 }
    }

    fn settle(&mut self) -> Result<()> {
        let has_files = |prepared: &&Prepared| !prepared.complete.is_empty() || prepared.open.is_some();
        if !self.path.exists() {
            return match self.sinks.values().any(has_files) {
                true => Err(Error::new(
                    ErrorKind::Resource,
                    format!(
                        "the folder {} is gone, in which the checkpoint has files; if they are no longer needed, make it \
                         again",
                        self.path.display()
                    ),
                )),
                false => Ok(()),
            };
        }
        // The open files of the checkpoint that are there.
        let mut found = Vec::new();
        let entries = std::fs::read_dir(self.path).map_err(|error| failed("list", self.path, &error))?;
        for entry in entries {
            let name = entry.map_err(|error| failed("list", self.path, &error))?.file_name();
            if let Some((series, number, is_hidden)) = name.to_str().and_then(parse_name) {
                self.file(&series, number, is_hidden)?;
                let open = self.sinks.get(&series).and_then(|prepared| prepared.open);
                if open.is_some_and(|open| open.number == number) {
                    found.push(series);
                }
            }
        }
        for prepared in self.sinks.values() {
            let open = prepared.open.filter(|_| !found.contains(&prepared.series));
            if let Some(open) = open {
                // It was visible if the application has started before from this checkpoint.
                self.warn(&format!(
                    "{} is not there, where the checkpoint has {} bytes; it is lost unless somebody has taken it",
                    self.path.join(prepared.series.visible(open.number)).display(),
                    open.bytes
                ));
            }
        }
        if self.removed > 0 {
            self.warn(&format!(
                "removed {} complete files from {} that were written after the checkpoint",
                self.removed,
                self.path.display()
            ));
        }
        sync_folder(self.path)
    }

    fn file(&mut self, series: &Series, number: u64, is_hidden: bool) -> Result<()> {
        let Some(last_start) = self.families.get(series.family.as_str()) else { return Ok(()) };
        let path = self.path.join(if is_hidden { series.hidden(number) } else { series.visible(number) });
        let is_later = match self.sinks.get(series) {
            Some(prepared) => number >= prepared.next,
            None => series.start > *last_start,
        };
        if is_later {
            self.removed += u64::from(!is_hidden);
            return std::fs::remove_file(&path).map_err(|error| failed("remove", &path, &error));
        }
        let Some(prepared) = self.sinks.get(series) else { return Ok(()) };
        if let Some(open) = prepared.open.filter(|open| open.number == number) {
            let written = || -> std::io::Result<u64> {
                let file = File::options().write(true).open(&path)?;
                let bytes = file.metadata()?.len();
                if bytes > open.bytes {
                    file.set_len(open.bytes)?;
                }
                file.sync_all()?;
                Ok(bytes)
            };
            let bytes = written().map_err(|error| failed("cut back", &path, &error))?;
            if bytes < open.bytes {
                let (path, expected) = (path.display(), open.bytes);
                let message = format!("{path} has {bytes} bytes, but the checkpoint has {expected} of it");
                return Err(Error::new(ErrorKind::Resource, message));
            }
        }
        if is_hidden {
            let visible = self.path.join(series.visible(number));
            std::fs::rename(&path, visible).map_err(|error| failed("complete", &path, &error))?;
        }
        Ok(())
    }

    fn warn(&self, message: &str) {
        crate::job::log::warn(&format!("table {}: {message}", self.table));
    }
}
