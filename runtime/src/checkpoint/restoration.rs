//! A checkpoint on its way back: which worker reads what of it.

use super::file::{Entry, FileReader};
use super::manifest::{Manifest, Part};
use super::meaning::{self, Converter, Outcome, Plan};
use super::storage::Storage;
use super::{Stateful, Visit};
use crate::connector::Restored;
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Shows the parts of a pipeline to a visitor, as [`Pipeline::stateful`](crate::job::Pipeline::stateful) does.
pub type Show<'p> = dyn FnMut(&mut Visit<'_>) -> Result<()> + 'p;

/// Gives something to a part of a pipeline.
type Give<'g> = dyn FnMut(&mut dyn Stateful, Option<&Converter>) -> Result<()> + 'g;
/// Gives something to the part of the pipeline that takes the state of a part of the checkpoint.
type GiveTo<'g> = dyn FnMut(u32, &mut Give<'_>) -> Result<()> + 'g;

/// A checkpoint to go on from.
pub struct Restoration {
    storage: Arc<dyn Storage>,
    manifest: Manifest,
    /// What becomes of the state of each part, once the pipeline is known.
    plan: Plan,
    /// Tables whose positions mean something else now: they are read as their options say.
    refused: Vec<String>,
}

impl Restoration {
    pub fn new(storage: Arc<dyn Storage>, manifest: Manifest) -> Self {
        Restoration { storage, manifest, plan: Plan::default(), refused: Vec::new() }
    }

    /// What it says about tables.
    pub fn tables(&self) -> Restored {
        let mut tables = self.manifest.tables.clone();
        for refused in &self.refused {
            if let Some(table) = tables.get_mut(refused) {
                table.splits = None;
            }
        }
        Restored::new(tables)
    }

    /// Decides which part of a pipeline goes on with which state; says so where it is not simply that of the same part.
    /// Answers whether positions must not be given to all tables after all, so that they have to be opened anew.
    ///
    /// # Errors
    /// If state would be left behind and that is not allowed.
    pub fn fit(&mut self, show: &mut Show<'_>, allow_non_restored_state: bool) -> Result<bool> {
        let mut parts = Vec::new();
        show(&mut |stateful| {
            parts.push((stateful.name().to_owned(), stateful.meaning().clone()));
            Ok(())
        })?;
        let old: Vec<meaning::Part<'_>> = self.manifest.parts.iter().map(as_part).collect();
        let new: Vec<meaning::Part<'_>> = parts.iter().map(|(name, meaning)| meaning::Part { name, meaning }).collect();
        let plan = meaning::plan(&old, &new);
        let from = format!("{}/{}", self.storage.location(), self.manifest.place);
        plan.check(&from, allow_non_restored_state)?;
        let refused = plan.fates.iter().filter(|fate| fate.outcome == Outcome::Refused);
        let tables = refused.filter_map(|fate| fate.new.and_then(|new| parts[new].1["table"].as_str()));
        let tables: Vec<String> = tables.map(str::to_owned).collect();
        let is_news = tables != self.refused;
        if !is_news {
            plan.lines().for_each(|line| crate::job::log::info(&line));
        }
        (self.plan, self.refused) = (plan, tables);
        Ok(is_news)
    }

    /// Restores the parts of one of `workers` workers, as was [decided](Restoration::fit).
    pub fn restore(&self, worker: usize, workers: usize, show: &mut Show<'_>) -> Result<()> {
        let takers = self.takers();
        let mut give = |part: u32, give: &mut Give<'_>| {
            // What nobody takes is left behind.
            let Some(Some((taker, converter))) = takers.get(part as usize) else { return Ok(()) };
            let mut number = 0;
            show(&mut |stateful| {
                let is_taker = number == *taker;
                number += 1;
                if is_taker { give(stateful, *converter) } else { Ok(()) }
            })
        };
        // With as many workers as before each has the keys that it had, unless keys have become others.
        let is_converted = takers.iter().flatten().any(|(_, converter)| converter.is_some());
        let olds = match workers == self.manifest.parallelism && !is_converted {
            true => worker..worker + 1,
            false => 0..self.manifest.parallelism,
        };
        for old in 0..self.manifest.parallelism {
            self.heads(old, olds.contains(&old), &mut give)?;
        }
        for (number, part) in (0..).zip(&self.manifest.parts) {
            let states = part.workers.get(olds.clone()).unwrap_or_default();
            let blocks: usize = states.iter().map(|state| state.blocks as usize).sum();
            // Of the blocks of all workers each has its share of the keys.
            let share = if olds.len() == 1 { 1 } else { workers };
            give(number, &mut |taker, _| {
                taker.expect_blocks(blocks / share);
                Ok(())
            })?;
        }
        olds.into_iter().try_for_each(|old| self.blocks(old, &mut give))
    }

    /// Per part of the checkpoint, the number of the part that goes on with its state, and what its blocks go through.
    fn takers(&self) -> Vec<Option<(usize, Option<&Converter>)>> {
        let mut takers = vec![None; self.manifest.parts.len()];
        for new in self.plan.fates.iter().filter_map(|fate| fate.new) {
            if let Some((old, converter)) = self.plan.state_of(new) {
                takers[old] = Some((new, converter));
            }
        }
        takers
    }

    /// Restores the heads that an old worker wrote: they say how far time had come. That of scans concerns everybody,
    /// since splits may come to another worker; that of operators only who takes the keys.
    fn heads(&self, old: usize, takes_keys: bool, give: &mut GiveTo<'_>) -> Result<()> {
        let Some(file) = self.files(old).next() else { return Ok(()) };
        let mut reader = self.open(file)?;
        let mut missing = self.manifest.parts.len();
        while missing > 0
            && let Some(entry) = reader.next()?
        {
            if let Entry::Part { part, head, .. } = entry {
                missing -= 1;
                let known = self.manifest.parts.get(part.0 as usize);
                let is_operator = known.is_some_and(|part| !part.meaning.is_null() && part.meaning["table"].is_null());
                if takes_keys || !is_operator {
                    give(part.0, &mut |taker, _| taker.restore_head(head))?;
                }
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
                    let number = part.0;
                    give(number, &mut |taker, converter| match converter.map(|converter| converter.convert(bytes)) {
                        None => taker.restore_block(bytes),
                        Some(Some(converted)) => taker.restore_block(&converted),
                        Some(None) => Err(self.does_not_fit(number, file)),
                    })?;
                }
            }
        }
        Ok(())
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

    #[cold]
    fn does_not_fit(&self, part: u32, file: &str) -> Error {
        let name = self.manifest.parts.get(part as usize).map_or("", |part| &part.name);
        let message = format!("the state of {name} in {file} cannot be converted: it is not what its meaning says");
        Error::new(ErrorKind::Data, message)
    }
}

fn as_part(part: &Part) -> meaning::Part<'_> {
    meaning::Part { name: &part.name, meaning: &part.meaning }
}
