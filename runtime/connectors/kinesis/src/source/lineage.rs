//! Which shards may be read: parents before their children, so that the records of a key keep their order
//! when shards are split and merged.
//!
//! A shard is *announced* when its readers should know of it (it then holds the watermark), and *started*
//! when all its parents have been read to their end by the worker. This is bookkeeping only; calls are left
//! to the coordinator.

use super::aggregate::HashRange;
use crate::client::Shard;
use crate::config::Position;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Known, but a parent is still being read whose end has not come yet.
    Known,
    Announced,
    Started,
    Finished,
}

#[derive(Debug)]
struct Entry {
    parents: Vec<String>,
    state: State,
    /// Where reading starts.
    start: Position,
    range: Option<HashRange>,
}

/// A shard that may be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub id: String,
    pub position: Position,
    pub range: Option<HashRange>,
}

/// The shards of a stream and how far we are with them.
#[derive(Debug, Default)]
pub(crate) struct Lineage(BTreeMap<String, Entry>);

impl Lineage {
    /// The shards found at the first look. Only here the initial position counts.
    pub fn first(shards: &[Shard], position: Position) -> Lineage {
        let entries = shards.iter().map(|shard| {
            // Nothing new can come into a closed shard, and its children are open or have open descendants.
            let skipped = position == Position::Latest && !shard.open;
            let state = if skipped { State::Finished } else { State::Known };
            (shard.id.clone(), Entry { parents: shard.parents.clone(), state, start: position, range: shard.range })
        });
        Lineage(entries.collect())
    }

    /// Takes in what a later look found. New shards are read from their beginning, whatever the initial
    /// position; finished shards that are gone are forgotten.
    pub fn update(&mut self, shards: &[Shard]) {
        let listed: BTreeSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
        self.0.retain(|id, entry| entry.state != State::Finished || listed.contains(id.as_str()));
        self.add(shards);
    }

    /// Takes in the children that the end of a shard told of.
    pub fn add(&mut self, shards: &[Shard]) {
        for shard in shards {
            self.0.entry(shard.id.clone()).or_insert_with(|| Entry {
                parents: shard.parents.clone(),
                state: State::Known,
                start: Position::TrimHorizon,
                range: shard.range,
            });
        }
    }

    /// The shards to announce now: those without an unfinished parent, and the children of `ended`, a shard
    /// whose last record is on its way to its worker.
    pub fn announce(&mut self, ended: Option<&str>) -> Vec<String> {
        let due: Vec<String> = self
            .0
            .iter()
            .filter(|(_, entry)| entry.state == State::Known)
            .filter(|(_, entry)| {
                ended.is_some_and(|ended| entry.parents.iter().any(|parent| parent == ended)) || self.is_free(entry)
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in &due {
            self.set(id, State::Announced);
        }
        due
    }

    pub fn is_child(&self, id: &str, parent: &str) -> bool {
        self.0.get(id).is_some_and(|entry| entry.parents.iter().any(|known| known == parent))
    }

    /// The announced shards whose parents are all finished, and where to start them.
    pub fn start(&mut self) -> Vec<Start> {
        let due: Vec<Start> = self
            .0
            .iter()
            .filter(|(_, entry)| entry.state == State::Announced && self.is_free(entry))
            .map(|(id, entry)| Start { id: id.clone(), position: entry.start, range: entry.range })
            .collect();
        for Start { id, .. } in &due {
            self.set(id, State::Started);
        }
        due
    }

    /// The worker has everything of this shard behind it.
    pub fn finish(&mut self, id: &str) {
        self.set(id, State::Finished);
    }

    /// Parents that are not known are beyond the stream's retention.
    fn is_free(&self, entry: &Entry) -> bool {
        entry.parents.iter().all(|parent| self.0.get(parent).is_none_or(|parent| parent.state == State::Finished))
    }

    fn set(&mut self, id: &str, state: State) {
        if let Some(entry) = self.0.get_mut(id) {
            entry.state = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, parents: &[&str], open: bool) -> Shard {
        Shard {
            id: id.to_owned(),
            parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
            open,
            range: None,
        }
    }

    /// `a` was split into `b` and `c`, which were merged into `d`.
    fn family() -> Vec<Shard> {
        vec![
            shard("a", &[], false),
            shard("b", &["a"], false),
            shard("c", &["a"], false),
            shard("d", &["b", "c"], true),
        ]
    }

    fn started(lineage: &mut Lineage) -> Vec<String> {
        lineage.start().into_iter().map(|start| start.id).collect()
    }

    #[test]
    fn parents_are_read_before_children() {
        let mut lineage = Lineage::first(&family(), Position::TrimHorizon);
        assert_eq!(lineage.announce(None), ["a"]);
        assert_eq!(started(&mut lineage), ["a"]);
        assert_eq!(lineage.announce(Some("a")), ["b", "c"], "announced while the worker still reads a");
        assert!(started(&mut lineage).is_empty());
        lineage.finish("a");
        assert_eq!(started(&mut lineage), ["b", "c"]);
        assert_eq!(lineage.announce(Some("b")), ["d"]);
        lineage.finish("b");
        assert!(started(&mut lineage).is_empty(), "c is still being read");
        assert!(lineage.announce(Some("c")).is_empty(), "d is announced once");
        lineage.finish("c");
        assert_eq!(started(&mut lineage), ["d"]);
    }

    #[test]
    fn latest_starts_at_open_shards_and_their_children_at_the_beginning() {
        let mut lineage = Lineage::first(&family(), Position::Latest);
        assert_eq!(lineage.announce(None), ["d"]);
        assert_eq!(lineage.start(), [Start { id: "d".to_owned(), position: Position::Latest, range: None }]);
        lineage.add(&[shard("e", &["d"], true)]);
        assert_eq!(lineage.announce(Some("d")), ["e"]);
        lineage.finish("d");
        assert_eq!(lineage.start(), [Start { id: "e".to_owned(), position: Position::TrimHorizon, range: None }]);
    }

    #[test]
    fn trimmed_parents_hold_nobody_and_gone_shards_are_forgotten() {
        let mut lineage = Lineage::first(&[shard("b", &["a"], true)], Position::TrimHorizon);
        assert_eq!(lineage.announce(None), ["b"]);
        assert_eq!(started(&mut lineage), ["b"]);
        lineage.finish("b");
        lineage.update(&[shard("c", &["b"], true)]);
        assert_eq!(lineage.0.len(), 1);
        assert_eq!(lineage.announce(None), ["c"]);
        assert_eq!(started(&mut lineage), ["c"]);
    }
}
