//! Two operators: whether the state of one is of use to the other, and what has changed between them.
//!
//! *Kept* are the results of a changed WHERE: rows before the change were counted by the old condition, as Flink does
//! when a changed program maps state to an operator. Where rows are taken back this would be wrong, because a row that
//! was counted by one condition is taken back by another: there, a condition must not change, and neither can an
//! aggregate function be added that has not seen what will be taken back from it.

use super::convert::{Converter, Field, Struct};
use super::operator::{Input, Kept, Operator, Texts};
use super::shape::Shape;
use super::widen::{difference, widens};

/// What has become of an operator.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Why the state cannot be used.
    pub problems: Vec<String>,
    /// What is converted.
    pub conversions: Vec<String>,
    /// What else there is to know.
    pub remarks: Vec<String>,
    pub converter: Converter,
    /// How much the two have in common; what is higher fits better.
    pub likeness: i32,
}

/// Compares an operator of a checkpoint with one of a new version. `same_source` says whether an input of the old one
/// and an input of the new one, by their numbers, are of the same rows. `None` if they have nothing to do with each
/// other.
pub(super) fn compare(
    old: &Operator,
    new: &Operator,
    same_source: &dyn Fn(usize, usize) -> bool,
) -> Option<Comparison> {
    let inputs = Inputs::pair(old, new, same_source);
    let mut found = Comparison {
        problems: Vec::new(),
        conversions: Vec::new(),
        remarks: Vec::new(),
        converter: Converter {
            layout: new.layout(),
            key: Struct { old: shapes(&old.keys), new: Vec::new() },
            totals: Struct { old: shapes(&old.totals), new: Vec::new() },
        },
        likeness: 0,
    };
    let same_kind = found.kind(old, new, &inputs);
    let same_conditions = found.inputs(old, new, &inputs);
    let same_keys = found.keys(old, new, &inputs);
    let common = found.totals(old, new, &inputs);
    let same_target = old.into == new.into;
    let related =
        !inputs.pairs.is_empty() && (same_target && new.into.is_some() || same_keys || same_kind && common > 0);
    // What does something else for another target is another statement, and so is what counts other rows for it.
    let other_statement = !same_target && (!same_conditions || !found.problems.is_empty());
    if !related || other_statement {
        return None;
    }
    let changes = found.conversions.len() + found.remarks.len();
    found.likeness = 1000 * i32::from(found.problems.is_empty())
        + 100 * i32::from(same_conditions)
        + 30 * i32::from(same_kind)
        + 30 * i32::from(same_keys)
        + 20 * i32::from(same_target)
        + 3 * i32::try_from(common).unwrap_or(i32::MAX / 8)
        - 2 * i32::try_from(changes).unwrap_or(i32::MAX / 8);
    Some(found)
}

/// Which inputs of two operators belong together.
struct Inputs {
    /// Number of the old one, number of the new one.
    pairs: Vec<(usize, usize)>,
    removed: Vec<usize>,
    added: Vec<usize>,
}

impl Inputs {
    fn pair(old: &Operator, new: &Operator, same_source: &dyn Fn(usize, usize) -> bool) -> Self {
        let mut inputs = Inputs { pairs: Vec::new(), removed: (0..old.from.len()).collect(), added: Vec::new() };
        let mut open: Vec<usize> = (0..new.from.len()).collect();
        // First those under the same conditions, for the same table may be read twice.
        for exact in [true, false] {
            open.retain(|&to| {
                let fits = |from: usize| {
                    same_source(from, to) && (!exact || old.from[from].conditions == new.from[to].conditions)
                };
                let Some(place) = inputs.removed.iter().position(|from| fits(*from)) else { return true };
                inputs.pairs.push((inputs.removed.remove(place), to));
                false
            });
        }
        inputs.added = open;
        inputs
    }

    /// Whether two fields are the same of all rows.
    fn agree(&self, old: &Texts, new: &Texts) -> bool {
        self.pairs.iter().all(|(from, to)| old.of(*from) == new.of(*to))
    }
}

impl Comparison {
    /// Windows and their time.
    fn kind(&mut self, old: &Operator, new: &Operator, inputs: &Inputs) -> bool {
        let before = self.problems.len();
        if old.window != new.window {
            let (new, old) = (new.kind(), old.kind());
            self.problems.push(format!("it is {new} now and was {old}: what was counted does not fit"));
        } else if new.window.is_some() {
            if !inputs.agree(&old.time, &new.time) {
                let (new, old) = (new.time.show(), old.time.show());
                self.problems.push(format!("its windows are over {new} now and were over {old}"));
            }
            let zones = old.zone.as_deref().zip(new.zone.as_deref());
            if let Some((old, new)) = zones.filter(|(old, new)| old != new && *old != ANY_ZONE && *new != ANY_ZONE) {
                self.problems.push(format!("its windows lie in the time zone {new} now and lay in {old}"));
            }
        }
        if old.updates != new.updates {
            let updated = |updates: bool| if updates { "updated rows" } else { "new rows only" };
            let (new, old) = (updated(new.updates), updated(old.updates));
            self.problems.push(format!("it takes {new} now and took {old}"));
        }
        if old.retention != new.retention {
            let for_so_long = |time: &Option<String>| time.as_ref().map_or("ever".to_owned(), String::clone);
            let (new, old) = (for_so_long(&new.retention), for_so_long(&old.retention));
            self.remarks.push(format!("it is kept for {new} now and was kept for {old}"));
        }
        self.problems.len() == before
    }

    /// What it reads, and under which conditions. Answers whether these are the same.
    fn inputs(&mut self, old: &Operator, new: &Operator, inputs: &Inputs) -> bool {
        let names = |operator: &Operator, which: &[usize]| {
            which.iter().map(|number| operator.from[*number].source.show()).collect::<Vec<_>>().join(", ")
        };
        if inputs.pairs.is_empty() && !(old.from.is_empty() && new.from.is_empty()) {
            let (new, old) = (names(new, &inputs.added), names(old, &inputs.removed));
            self.problems.push(format!("it reads {new} now and read {old}"));
            return false;
        }
        if !inputs.added.is_empty() {
            let added = names(new, &inputs.added);
            self.remark(new.updates, format!("it reads {added} too, whose rows count from now on"));
        }
        if !inputs.removed.is_empty() {
            let removed = names(old, &inputs.removed);
            self.remark(new.updates, format!("it does not read {removed} any more, whose rows before still count"));
        }
        let mut same = inputs.added.is_empty() && inputs.removed.is_empty();
        for (from, to) in &inputs.pairs {
            let (old, now) = (&old.from[*from], &new.from[*to]);
            if old.conditions != now.conditions {
                same = false;
                self.remark(new.updates, changed_condition(old, now));
            }
        }
        same
    }

    /// What counts only from now on is a problem where it may be taken back.
    fn remark(&mut self, is_problem: bool, text: String) {
        if is_problem {
            self.problems.push(format!("{text}; rows before may be taken back"));
        } else {
            self.remarks.push(text);
        }
    }

    fn keys(&mut self, old: &Operator, new: &Operator, inputs: &Inputs) -> bool {
        let found = pair(&old.keys, &new.keys, inputs);
        if old.keys.len() != new.keys.len() || found.iter().any(Option::is_none) {
            self.problems.push(format!("its key is {} now and was {}", new.key(), old.key()));
            return false;
        }
        let mut same = true;
        for (key, from) in new.keys.iter().zip(found.into_iter().flatten()) {
            let (name, was) = (key.value.show(), &old.keys[from].shape);
            if !widens(was, &key.shape, true) {
                same = false;
                let (was, is) = difference(was, &key.shape);
                self.problems.push(format!("its key {name} is {is} now and was {was}"));
            } else if *was != key.shape {
                let (was, becomes) = difference(was, &key.shape);
                self.conversions.push(format!("its key {name} was {was} and becomes {becomes}"));
            }
            self.converter.key.new.push(Field::Old(from, key.shape.clone()));
        }
        same
    }

    /// Answers how many functions the two have in common.
    fn totals(&mut self, old: &Operator, new: &Operator, inputs: &Inputs) -> usize {
        let found = pair(&old.totals, &new.totals, inputs);
        for (total, from) in new.totals.iter().zip(&found) {
            let name = total.value.show();
            let Some(from) = *from else {
                if new.updates {
                    let problem = format!("{name} is added, and has not seen the rows that may be taken back from it");
                    self.problems.push(problem);
                } else {
                    self.conversions.push(format!("{name} is added and starts from now"));
                }
                self.converter.totals.new.push(Field::Initial(total.shape.clone()));
                continue;
            };
            let was = &old.totals[from].shape;
            if !widens(was, &total.shape, false) {
                let (was, is) = difference(was, &total.shape);
                self.problems.push(format!("{name} is kept as {is} now and was kept as {was}"));
            } else if *was != total.shape {
                let (was, becomes) = difference(was, &total.shape);
                self.conversions.push(format!("{name} was kept as {was} and becomes {becomes}"));
            }
            self.converter.totals.new.push(Field::Old(from, total.shape.clone()));
        }
        let gone = (0..old.totals.len()).filter(|number| !found.contains(&Some(*number)));
        for number in gone {
            self.conversions.push(format!("{} is not wanted any more", old.totals[number].value.show()));
        }
        let common = found.iter().flatten().count();
        if common == 0 && !old.totals.is_empty() && !new.totals.is_empty() {
            self.problems.push("nothing of what it computes was computed before".to_owned());
        }
        common
    }
}

/// The session's time zone, of which only the start knows which one it is.
const ANY_ZONE: &str = "default";

fn changed_condition(old: &Input, new: &Input) -> String {
    let (old, new) = (old.condition(), new.condition());
    format!("rows before the change were counted by the old condition: {new} now, {old} before")
}

/// For each new field the number of the old one that is the same value, each of them once.
fn pair(old: &[Kept], new: &[Kept], inputs: &Inputs) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = (0..old.len()).collect();
    new.iter()
        .map(|field| {
            let same = |number: &usize| inputs.agree(&old[*number].value, &field.value);
            let place = open.iter().position(same)?;
            Some(open.remove(place))
        })
        .collect()
}

fn shapes(fields: &[Kept]) -> Vec<Shape> {
    fields.iter().map(|field| field.shape.clone()).collect()
}
