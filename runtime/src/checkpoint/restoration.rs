//! A checkpoint on its way back: which worker reads what of it.

use super::file::{Entry, FileReader};
use super::manifest::{Manifest, Part};
use super::storage::Storage;
use super::{Stateful, Visit};
use crate::connector::Restored;
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Shows the parts of a pipeline to a visitor, as [`Pipeline::stateful`](crate::job::Pipeline::stateful) does.
pub type Show<'p> = dyn FnMut(&mut Visit<'_>) -> Result<()> + 'p;

/// Gives something to a part of a pipeline.
type Give<'g> = dyn FnMut(&mut dyn Stateful) -> Result<()> + 'g;
/// Gives something to the part of the pipeline that takes the state of a part of the checkpoint.
type GiveTo<'g> = dyn FnMut(u32, &mut Give<'_>) -> Result<()> + 'g;

/// A checkpoint to go on from.
pub struct Restoration {
    storage: Arc<dyn Storage>,
    manifest: Manifest,
}

impl Restoration {
    pub fn new(storage: Arc<dyn Storage>, manifest: Manifest) -> Self {
        Restoration { storage, manifest }
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it says about tables.
    pub fn tables(&self) -> Restored {
        Restored::new(self.manifest.tables.clone())
    }

    /// Restores the parts of one of `workers` workers.
    pub fn restore(&self, worker: usize, workers: usize, show: &mut Show<'_>) -> Result<()> {
        let takers = self.takers(show)?;
        let mut give = |part: u32, give: &mut Give<'_>| {
            // What nobody takes is left behind.
            let Some(taker) = takers.get(part as usize).copied().flatten() else { return Ok(()) };
            let mut number = 0;
            show(&mut |stateful| {
                let is_taker = number == taker;
                number += 1;
                if is_taker { give(stateful) } else { Ok(()) }
            })
        };
        for old in 0..self.manifest.parallelism {
            self.heads(old, &mut give)?;
        }
        // With as many workers as before each has the keys that it had.
        let olds = if workers == self.manifest.parallelism { worker..worker + 1 } else { 0..self.manifest.parallelism };
        olds.into_iter().try_for_each(|old| self.blocks(old, &mut give))
    }

    /// Restores the heads that an old worker wrote: they say how far time had come, which concerns everybody.
    fn heads(&self, old: usize, give: &mut GiveTo<'_>) -> Result<()> {
        let Some(file) = self.files(old).next() else { return Ok(()) };
        let mut reader = self.open(file)?;
        let mut missing = self.manifest.parts.len();
        while missing > 0
            && let Some(entry) = reader.next()?
        {
            if let Entry::Part { part, head, .. } = entry {
                missing -= 1;
                give(part.0, &mut |taker| taker.restore_head(head))?;
            }
        }
        Ok(())
    }

    fn blocks(&self, old: usize, give: &mut GiveTo<'_>) -> Result<()> {
        let states = self.manifest.parts.iter().map(|part| part.workers.get(old));
        let counts: Vec<u32> = states.map(|state| state.map_or(0, |state| state.blocks)).collect();
        if counts.iter().all(|count| *count == 0) {
            return Ok(());
        }
        let mut seen: Vec<Vec<bool>> = counts.iter().map(|count| vec![false; *count as usize]).collect();
        for file in self.files(old) {
            let mut reader = self.open(file)?;
            while let Some(entry) = reader.next()? {
                let Entry::Block { part, number, bytes } = entry else { continue };
                let part_seen = seen.get_mut(part.0 as usize);
                let Some(is_seen) = part_seen.and_then(|blocks| blocks.get_mut(number as usize)) else { continue };
                // Of blocks with the same number the newest counts.
                if !std::mem::replace(is_seen, true) {
                    give(part.0, &mut |taker| taker.restore_block(bytes))?;
                }
            }
        }
        Ok(())
    }

    /// Per part of the checkpoint, the part of the pipeline that takes its state: that of the same name.
    fn takers(&self, show: &mut Show<'_>) -> Result<Vec<Option<usize>>> {
        let mut names = Vec::new();
        show(&mut |stateful| {
            names.push(Some(stateful.name().to_owned()));
            Ok(())
        })?;
        let mut take = |part: &Part| {
            let taker = names.iter().position(|name| name.as_ref() == Some(&part.name))?;
            // Of several of the same name each takes from one.
            names[taker] = None;
            Some(taker)
        };
        Ok(self.manifest.parts.iter().map(&mut take).collect())
    }

    /// The files with the state of an old worker, newest first: the same for all parts.
    fn files(&self, old: usize) -> impl Iterator<Item = &String> {
        let part = self.manifest.parts.first().and_then(|part| part.workers.get(old));
        part.into_iter().flat_map(|state| &state.files)
    }

    fn open(&self, file: &str) -> Result<FileReader<Box<dyn std::io::Read + Send>>> {
        let name = format!("{}/{file}", self.storage.location());
        let Some(object) = self.storage.open(file)? else {
            return Err(Error::new(ErrorKind::Data, format!("{name} is missing, but its checkpoint needs it")));
        };
        FileReader::new(object, name, self.manifest.files.get(file).copied())
    }
}
