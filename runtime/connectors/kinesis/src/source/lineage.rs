//! Which shards may be read: parents before their children, so that the records of a key keep their order
//! when shards are split and merged.
//!
//! A shard is *announced* when its readers should know of it (it then holds the watermark), and *started*
//! when all its parents have been read to their end by the worker. This is bookkeeping only; calls are left
//! to the coordinator.
//!
//! A run that goes on from a checkpoint knows the positions of the shards that were begun or finished then. Shards that
//! were born since have a parent among those and are read from their beginning.

use super::aggregate::HashRange;
use super::position::{Place, ShardState};
use crate::client::Shard;
use crate::config::Position;
use sqlc_runtime::value::Timestamp;
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
    start: ShardState,
    range: Option<HashRange>,
}

/// A shard that may be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub id: String,
    pub state: ShardState,
    pub range: Option<HashRange>,
}

/// Why a checkpoint is not one of this stream as it is now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It was taken of a stream with other shards of the same ids.
    AnotherStream(String),
    /// These shards were not finished and are no longer there.
    Gone(Vec<(String, ShardState)>),
}

/// What another look at the stream has changed beside new shards.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Update {
    /// Finished shards that have left the stream.
    pub gone: Vec<String>,
    /// Shards that it is known of only now where they begin.
    pub named: Vec<(String, ShardState)>,
}

fn beginning(shard: &Shard, now: Timestamp) -> ShardState {
    ShardState { place: Place::Start(Position::TrimHorizon), began: shard.began.clone(), until: now }
}

fn entry(shard: &Shard, start: ShardState) -> (String, Entry) {
    let state = if start.is_finished() { State::Finished } else { State::Known };
    (shard.id.clone(), Entry { parents: shard.parents.clone(), state, start, range: shard.range })
}

/// The shards of a stream and how far we are with them.
#[derive(Debug, Default)]
pub(crate) struct Lineage(BTreeMap<String, Entry>);

impl Lineage {
    /// The shards found at the first look. Only here the initial position counts. What came before `opened` is read, or
    /// not asked for.
    pub fn first(shards: &[Shard], position: Position, opened: Timestamp) -> Lineage {
        let entries = shards.iter().map(|shard| {
            // Nothing new can come into a closed shard, and its children are open or have open descendants.
            let skipped = position == Position::Latest && !shard.open;
            let place = if skipped { Place::Finished } else { Place::Start(position) };
            entry(shard, ShardState { place, began: shard.began.clone(), until: opened })
        });
        Lineage(entries.collect())
    }

    /// The shards found by a run that goes on from a checkpoint.
    pub fn restored(
        shards: &[Shard],
        mut states: BTreeMap<String, ShardState>,
        opened: Timestamp,
    ) -> Result<Lineage, Misfit> {
        let mut entries = BTreeMap::new();
        for shard in shards {
            let state = match states.remove(&shard.id) {
                Some(state) => {
                    let differs = |(known, found)| known != found;
                    if state.began.as_ref().zip(shard.began.as_ref()).is_some_and(differs) {
                        return Err(Misfit::AnotherStream(shard.id.clone()));
                    }
                    ShardState { began: shard.began.clone().or(state.began), ..state }
                }
                // Only the shards that a stream is made with have no parents, also when those have long left it.
                None if shard.parents.is_empty() => return Err(Misfit::AnotherStream(shard.id.clone())),
                None => beginning(shard, opened),
            };
            entries.extend([entry(shard, state)]);
        }
        // What is finished and gone is forgotten.
        let gone: Vec<(String, ShardState)> = states.into_iter().filter(|(_, state)| !state.is_finished()).collect();
        if gone.is_empty() { Ok(Lineage(entries)) } else { Err(Misfit::Gone(gone)) }
    }

    /// Where the reading of a shard started.
    pub fn state_of(&self, id: &str) -> Option<ShardState> {
        self.0.get(id).map(|entry| entry.start.clone())
    }

    /// What is known of every shard.
    pub fn states(&self) -> impl Iterator<Item = (&str, ShardState)> {
        self.0.iter().map(|(id, entry)| (id.as_str(), entry.start.clone()))
    }

    /// Takes in what a later look found. New shards are read from their beginning, whatever the initial
    /// position; finished shards that are gone are forgotten.
    pub fn update(&mut self, shards: &[Shard], now: Timestamp) -> Update {
        let listed: BTreeSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
        let is_gone = |id: &String, entry: &mut Entry| entry.state == State::Finished && !listed.contains(id.as_str());
        let gone = self.0.extract_if(.., |id, entry| is_gone(id, entry)).map(|(id, _)| id).collect();
        Update { gone, named: self.add(shards, now) }
    }

    /// Takes in the children that the end of a shard told of.
    pub fn add(&mut self, shards: &[Shard], now: Timestamp) -> Vec<(String, ShardState)> {
        let mut named = Vec::new();
        for shard in shards {
            let (id, new) = entry(shard, beginning(shard, now));
            let known = self.0.entry(id).or_insert(new);
            // The end of its parents does not tell where a shard begins.
            if known.start.began.is_none() {
                known.start.began.clone_from(&shard.began);
                if known.start.began.is_some() {
                    named.push((shard.id.clone(), known.start.clone()));
                }
            }
        }
        named
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
            .map(|(id, entry)| Start { id: id.clone(), state: entry.start.clone(), range: entry.range })
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

    const NOW: Timestamp = Timestamp(1_000_000);

    fn shard(id: &str, parents: &[&str], open: bool) -> Shard {
        Shard {
            id: id.to_owned(),
            parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
            open,
            range: None,
            began: Some(format!("{}0", id.as_bytes()[0])),
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
        let mut lineage = Lineage::first(&family(), Position::TrimHorizon, NOW);
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
        let mut lineage = Lineage::first(&family(), Position::Latest, NOW);
        assert_eq!(lineage.announce(None), ["d"]);
        let places = |lineage: &mut Lineage| -> Vec<_> {
            lineage.start().into_iter().map(|start| (start.id, start.state.place)).collect()
        };
        assert_eq!(places(&mut lineage), [("d".to_owned(), Place::Start(Position::Latest))]);
        lineage.add(&[shard("e", &["d"], true)], NOW);
        assert_eq!(lineage.announce(Some("d")), ["e"]);
        lineage.finish("d");
        assert_eq!(places(&mut lineage), [("e".to_owned(), Place::Start(Position::TrimHorizon))]);
    }

    #[test]
    fn trimmed_parents_hold_nobody_and_gone_shards_are_forgotten() {
        let mut lineage = Lineage::first(&[shard("b", &["a"], true)], Position::TrimHorizon, NOW);
        assert_eq!(lineage.announce(None), ["b"]);
        assert_eq!(started(&mut lineage), ["b"]);
        lineage.finish("b");
        let update = lineage.update(&[shard("c", &["b"], true)], NOW);
        assert_eq!(update, Update { gone: vec!["b".to_owned()], named: Vec::new() });
        assert_eq!(lineage.0.len(), 1);
        assert_eq!(lineage.announce(None), ["c"]);
        assert_eq!(started(&mut lineage), ["c"]);
    }

    fn states(texts: &[(&str, &str)]) -> BTreeMap<String, ShardState> {
        texts.iter().map(|(id, text)| ((*id).to_owned(), ShardState::read(text).unwrap())).collect()
    }

    #[test]
    fn a_checkpoint_says_where_shards_start_and_which_are_finished() {
        let known = states(&[("a", "finished began=970"), ("b", "after=985 arrival=1 began=980 until=1")]);
        let mut lineage = Lineage::restored(&family(), known, NOW).unwrap();
        assert_eq!(lineage.announce(None), ["b", "c"], "a is not read again");
        let starts: Vec<_> = lineage.start().into_iter().map(|start| start.state.write(NOW)).collect();
        assert_eq!(starts, ["after=985 arrival=1 began=980 until=1", "horizon began=990 until=1000"]);
        lineage.announce(Some("b"));
        lineage.finish("b");
        assert!(started(&mut lineage).is_empty(), "d waits for c");
        lineage.finish("c");
        assert_eq!(started(&mut lineage), ["d"]);
    }

    #[test]
    fn finished_shards_may_be_gone_and_others_not() {
        let shards = [shard("d", &["b", "c"], true)];
        let known = [("a", "finished"), ("b", "finished"), ("c", "finished")];
        let mut lineage = Lineage::restored(&shards, states(&known), NOW).unwrap();
        assert_eq!(lineage.announce(None), ["d"]);
        assert_eq!(lineage.0.len(), 1);
        let unread = [("b", "finished"), ("c", "after=995 arrival=1 until=1")];
        let gone = states(&unread[1..]).into_iter().collect();
        assert_eq!(Lineage::restored(&shards, states(&unread), NOW).unwrap_err(), Misfit::Gone(gone));
    }

    #[test]
    fn a_stream_made_anew_is_another_stream() {
        let of = |texts: &[(&str, &str)]| Lineage::restored(&family(), states(texts), NOW).unwrap_err();
        assert_eq!(of(&[("a", "finished began=971")]), Misfit::AnotherStream("a".to_owned()));
        assert_eq!(of(&[("b", "finished began=980")]), Misfit::AnotherStream("a".to_owned()), "a has no parents");
    }
}
