//! What is around an application: where its events come from, and where its rows go.

use super::chance::Chance;
use super::output::{self, Output};
use std::path::{Path, PathBuf};

/// The surroundings of one run.
pub trait World {
    /// What tells the application where its surroundings are, as `--set` takes it.
    fn options(&self) -> Vec<String>;

    /// Lets the next events appear; answers whether there were any.
    fn publish(&mut self) -> bool;

    /// Things go wrong from now on, as chance will have it.
    fn disturb(&mut self) {}

    /// Nothing goes wrong from now on.
    fn calm(&mut self) {}

    /// Does what happens beside the application's own threads; answers whether something did.
    fn turn(&mut self) -> bool {
        false
    }

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

/// The batches of events that a seed makes.
pub fn batches(chance: &Chance) -> Vec<Vec<String>> {
    let most = chance.between(1, 40);
    super::input::batches(chance, chance.between(1, most), chance.between(1, 60))
}
