//! Which state of a checkpoint goes to which part of another version of the application.

use super::compare::{Comparison, compare};
use super::convert::Converter;
use super::operator::{Operator, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::order;
use serde_json::Value;
use std::fmt;

/// A part of a pipeline that remembers something: its name and what its state means.
#[derive(Clone, Copy, Debug)]
pub struct Part<'p> {
    pub name: &'p str,
    pub meaning: &'p Value,
}

/// What happens to the state of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The part goes on with it.
    Kept,
    /// It becomes that of the changed part.
    Converted,
    /// The part has no state yet.
    New,
    /// There is no such part any more.
    Dropped,
    /// The part has become another one, for which the state would be wrong.
    Refused,
}

/// What happens to a part, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    pub outcome: Outcome,
    /// The number of the old part: whose state is read, or would be if it were not refused or dropped.
    pub old: Option<usize>,
    /// The number of the new part; none if it was dropped.
    pub new: Option<usize>,
    /// What the blocks of the old part go through, if their bytes are others now.
    pub converter: Option<Converter>,
    /// What there is to say about it, in the user's terms.
    pub reasons: Vec<String>,
    /// What the part is called: `TumbleBySection (cell 11, line 3)`, `table orders`.
    pub part: String,
}

/// What happens to the whole state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// One per new part, in their order, and then one per part that was dropped.
    pub fates: Vec<Fate>,
}

impl Plan {
    /// The number of the old part that a new one goes on with, and what its blocks go through.
    pub fn state_of(&self, new: usize) -> Option<(usize, Option<&Converter>)> {
        let fate = self.fates.iter().find(|fate| fate.new == Some(new))?;
        let is_read = matches!(fate.outcome, Outcome::Kept | Outcome::Converted);
        fate.old.filter(|_| is_read).map(|old| (old, fate.converter.as_ref()))
    }

    /// Whether every state finds its part.
    pub fn is_complete(&self) -> bool {
        !self.fates.iter().any(|fate| matches!(fate.outcome, Outcome::Dropped | Outcome::Refused))
    }

    /// Refuses to go on without a part of the state, as Flink does, unless that is allowed. `from` is the checkpoint, for
    /// the message.
    pub fn check(&self, from: &str, allow_non_restored_state: bool) -> Result<()> {
        if allow_non_restored_state || self.is_complete() {
            return Ok(());
        }
        let lost = self.fates.iter().filter(|fate| matches!(fate.outcome, Outcome::Dropped | Outcome::Refused));
        let lost: String = lost.map(|fate| format!("\n  {fate}")).collect();
        let message = format!(
            "the statements have changed, and not all of the state in {from} fits them:{lost}\n\
             start with --allow-non-restored-state to go on without that, or with --no-restore to begin anew"
        );
        Err(Error::new(ErrorKind::Usage, message))
    }

    /// What to say when the application starts: nothing about what is simply kept.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let simple = |fate: &Fate| fate.outcome == Outcome::Kept && fate.reasons.is_empty();
        self.fates.iter().filter(move |fate| !simple(fate)).map(Fate::to_string)
    }
}

impl Outcome {
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Kept => "kept",
            Outcome::Converted => "converted",
            Outcome::New => "new",
            Outcome::Dropped => "dropped",
            Outcome::Refused => "refused",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.outcome.name())?;
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(f, "{} {reason}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

/// Finds for every new part the old one whose state it goes on with.
///
/// Positions in a table belong to the table of the same name. Operators are matched by meaning, those that fit best
/// first; twins in the order in which they come. A part without a meaning is matched by its name.
pub fn plan(old: &[Part<'_>], new: &[Part<'_>]) -> Plan {
    let mut matching =
        Matching { old, new, fates: (0..new.len()).map(|_| None).collect(), taken: vec![false; old.len()] };
    matching.by_name();
    matching.operators();
    matching.finish()
}

struct Matching<'p> {
    old: &'p [Part<'p>],
    new: &'p [Part<'p>],
    /// By the number of the new part.
    fates: Vec<Option<Fate>>,
    /// By the number of the old part.
    taken: Vec<bool>,
}

impl Matching<'_> {
    /// Tables, and what nobody has described.
    fn by_name(&mut self) {
        for (number, part) in self.new.iter().enumerate() {
            let table = part.meaning["table"].as_str();
            let same = |old: &Part<'_>| match table {
                Some(name) => old.meaning["table"] == name,
                None => part.meaning.is_null() && old.name == part.name,
            };
            let Some(from) = self.old.iter().position(same).filter(|from| !self.taken[*from]) else { continue };
            let problem = table.and_then(|_| other_source(self.old[from].meaning, part.meaning));
            let outcome = if problem.is_some() { Outcome::Refused } else { Outcome::Kept };
            self.settle(from, number, outcome, None, problem.into_iter().collect());
        }
    }

    fn operators(&mut self) {
        let read = |part: &Part<'_>| Operator::read(part.meaning);
        let old: Vec<Option<Operator>> = self.old.iter().map(read).collect();
        let new: Vec<Option<Operator>> = self.new.iter().map(read).collect();
        let (old_depths, new_depths) = (depths(&old), depths(&new));
        // Those that are fed by others come after these.
        for depth in 0..=new_depths.iter().copied().max().unwrap_or(0) {
            let mut pairs: Vec<(usize, usize, Comparison)> = Vec::new();
            for (to, operator) in described(&new).filter(|(to, _)| new_depths[*to] == depth) {
                for (from, other) in described(&old).filter(|(from, _)| old_depths[*from] == depth) {
                    let same =
                        |one: usize, another: usize| match (&other.from[one].source, &operator.from[another].source) {
                            (Source::Operator(one), Source::Operator(another)) => {
                                let upstream = upstream(&new, to, another).zip(upstream(&old, from, one));
                                upstream.is_some_and(|(to, from)| self.is_settled(from, to))
                            }
                            (one, another) => one == another,
                        };
                    pairs.extend(compare(other, operator, &same).map(|comparison| (from, to, comparison)));
                }
            }
            order::sort_by_key(&mut pairs, |(from, to, comparison)| (-comparison.likeness, *to, *from));
            for (from, to, comparison) in pairs {
                if !self.taken[from] && self.fates[to].is_none() {
                    self.settle_operator(from, to, comparison, &new);
                }
            }
        }
    }

    fn settle_operator(&mut self, from: usize, to: usize, mut comparison: Comparison, new: &[Option<Operator>]) {
        let inputs = new[to].iter().flat_map(|operator| &operator.from);
        for input in inputs {
            if let Source::Operator(name) = &input.source
                && let Some(upstream) = upstream(new, to, name)
                && !self.fates[upstream].as_ref().is_some_and(|fate| fate.outcome != Outcome::Refused)
            {
                comparison.problems.push(format!("it reads what {name} computes, which begins anew"));
            }
        }
        let Comparison { problems, conversions, remarks, converter, .. } = comparison;
        if !problems.is_empty() {
            return self.settle(from, to, Outcome::Refused, None, problems);
        }
        let outcome = if conversions.is_empty() { Outcome::Kept } else { Outcome::Converted };
        let converter = Some(converter).filter(|converter| !converter.changes_nothing());
        self.settle(from, to, outcome, converter, conversions.into_iter().chain(remarks).collect());
    }

    fn is_settled(&self, from: usize, to: usize) -> bool {
        self.fates[to].as_ref().is_some_and(|fate| fate.old == Some(from))
    }

    fn settle(&mut self, from: usize, to: usize, outcome: Outcome, converter: Option<Converter>, reasons: Vec<String>) {
        self.taken[from] = true;
        let part = show(&self.new[to]);
        self.fates[to] = Some(Fate { outcome, old: Some(from), new: Some(to), converter, reasons, part });
    }

    fn finish(self) -> Plan {
        let Matching { old, new, fates, taken } = self;
        let nothing = |part: &Part<'_>, outcome, old, new| Fate {
            outcome,
            old,
            new,
            converter: None,
            reasons: vec![why(part, outcome)],
            part: show(part),
        };
        let mut fates: Vec<Fate> = fates
            .into_iter()
            .enumerate()
            .map(|(to, fate)| fate.unwrap_or_else(|| nothing(&new[to], Outcome::New, None, Some(to))))
            .collect();
        let dropped = taken.iter().enumerate().filter(|(_, taken)| !**taken);
        fates.extend(dropped.map(|(from, _)| nothing(&old[from], Outcome::Dropped, Some(from), None)));
        Plan { fates }
    }
}

fn why(part: &Part<'_>, outcome: Outcome) -> String {
    let text = match (outcome, part.meaning.get("connector").is_some()) {
        (Outcome::New, true) => "reading begins where its options say",
        (Outcome::New, false) => "it starts from now",
        (_, true) => "nothing reads it any more",
        (_, false) => "nothing computes this any more",
    };
    text.to_owned()
}

fn described(operators: &[Option<Operator>]) -> impl Iterator<Item = (usize, &Operator)> {
    operators.iter().enumerate().filter_map(|(number, operator)| Some((number, operator.as_ref()?)))
}

/// The operator of that name in the same statement: statements are described one after the other, and in each of them
/// those upstream come first.
fn upstream(operators: &[Option<Operator>], of: usize, name: &str) -> Option<usize> {
    operators[..of].iter().rposition(|operator| operator.as_ref().is_some_and(|operator| operator.name == name))
}

/// How many operators lie before each one.
fn depths(operators: &[Option<Operator>]) -> Vec<usize> {
    let mut depths: Vec<usize> = Vec::with_capacity(operators.len());
    for (number, operator) in operators.iter().enumerate() {
        let inputs = operator.iter().flat_map(|operator| &operator.from);
        let before = inputs.filter_map(|input| match &input.source {
            Source::Operator(name) => upstream(operators, number, name).map(|upstream| depths[upstream] + 1),
            _ => None,
        });
        depths.push(before.max().unwrap_or(0));
    }
    depths
}

/// Why the positions of one table are not those of the other.
fn other_source(old: &Value, new: &Value) -> Option<String> {
    let place = |meaning: &Value| {
        let of = |name: &str| meaning[name].as_str().map(|text| format!(" {text}")).unwrap_or_default();
        let region = meaning["region"].as_str().map(|region| format!(" in {region}")).unwrap_or_default();
        format!("{}{}{}{region}", meaning["connector"].as_str().unwrap_or_default(), of("path"), of("stream"))
    };
    // The environment may say the region that one of the two does not name.
    let same = |name: &str| old[name] == new[name] || name == "region" && (old[name].is_null() || new[name].is_null());
    let is_same = ["connector", "path", "stream", "region"].into_iter().all(same);
    (!is_same).then(|| format!("it is {} now and was {}", place(new), place(old)))
}

fn show(part: &Part<'_>) -> String {
    let meaning = part.meaning;
    match (meaning["table"].as_str(), meaning["operator"].as_str()) {
        (Some(table), _) => format!("table {table}"),
        (None, Some(operator)) => format!("{operator} (cell {}, line {})", meaning["cell"], meaning["line"]),
        (None, None) => part.name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
