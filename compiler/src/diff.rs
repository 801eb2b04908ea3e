//! Two versions of an application: which state of the old one the new one goes on with, and why.
//!
//! What state means and what fits what is decided by the runtime, in [`meaning`]: a new binary that is started on the
//! checkpoint of an old one does just what is shown here. Where the two versions are is left to `cli`.

use crate::diagnostic::Colour;
use serde_json::{Map, Value, json};
use sqlc_runtime::checkpoint::Manifest;
use sqlc_runtime::checkpoint::meaning::{self, Fate, Outcome, Part, Plan};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// What one version remembers: names and meanings, in the words of its description.
#[derive(Clone, Debug, Default)]
pub struct Version {
    parts: Vec<(String, Value)>,
    /// The tables that it writes.
    written: Vec<String>,
}

/// What becomes of the state of one version in another one.
#[derive(Debug)]
pub struct Difference {
    old: Version,
    new: Version,
    plan: Plan,
}

/// A line of the table, or several.
struct Row<'d> {
    outcome: Outcome,
    part: String,
    place: String,
    reasons: Vec<&'d str>,
}

impl Version {
    /// A described application: what its `--describe` prints.
    pub fn of_description(description: &Value) -> Self {
        let meanings = meaning::sources(description).into_iter().chain(meaning::operators(description));
        let written = description["writes"].as_array().into_iter().flatten();
        Version {
            parts: meanings.map(|meaning| (String::new(), meaning)).collect(),
            written: written.filter_map(|table| Some(table["table"].as_str()?.to_owned())).collect(),
        }
    }

    /// A checkpoint or savepoint.
    pub fn of_checkpoint(manifest: &Manifest) -> Self {
        let written = manifest.tables.iter().filter(|(_, table)| table.sinks.is_some());
        Version {
            parts: manifest.parts.iter().map(|part| (part.name.clone(), part.meaning.clone())).collect(),
            written: written.map(|(table, _)| table.clone()).collect(),
        }
    }

    fn parts(&self) -> Vec<Part<'_>> {
        self.parts.iter().map(|(name, meaning)| Part { name, meaning }).collect()
    }

    fn meaning(&self, number: usize) -> &Value {
        &self.parts[number].1
    }
}

impl Difference {
    pub fn new(old: Version, new: Version) -> Self {
        let plan = meaning::plan(&old.parts(), &new.parts());
        Difference { old, new, plan }
    }

    /// Whether all of the state finds its place, so that the new version starts without `--allow-non-restored-state`.
    pub fn is_complete(&self) -> bool {
        self.plan.is_complete()
    }

    /// The tables that only one of the versions writes. Nothing has to be restored for a new one, and what a checkpoint
    /// has of one that is dropped becomes visible: they never ask for `--allow-non-restored-state`.
    fn sinks(&self) -> Vec<(Outcome, &str)> {
        let (old, new) = (&self.old.written, &self.new.written);
        let added = new.iter().filter(|table| !old.contains(table)).map(|table| (Outcome::New, table.as_str()));
        let dropped = old.iter().filter(|table| !new.contains(table)).map(|table| (Outcome::Dropped, table.as_str()));
        added.chain(dropped).collect()
    }

    /// A line for every table that is read, every operator, and every table that only one version writes, with more lines
    /// for more reasons, and what follows.
    pub fn table(&self, colour: Colour) -> String {
        let mut rows: Vec<Row<'_>> = self.plan.fates.iter().map(|fate| self.row(fate)).collect();
        rows.extend(self.sinks().into_iter().map(|(outcome, table)| Row {
            outcome,
            part: format!("sink {table}"),
            place: String::new(),
            reasons: vec![match outcome {
                Outcome::New => "it is written from now on",
                _ => "it is not written any more; what a checkpoint has of its files is completed",
            }],
        }));
        let width = |column: &dyn Fn(&Row<'_>) -> usize| rows.iter().map(column).max().unwrap_or(0);
        let part_width = width(&|row| row.part.width());
        let place_width = width(&|row| row.place.width());
        let mut text = String::new();
        for Row { outcome, part, place, reasons } in &rows {
            let outcome = paint(&format!("{:<9}", outcome.name()), *outcome, colour);
            let padding = |text: &str, width: usize| " ".repeat(width - text.width());
            let line =
                format!("{outcome}  {part}{}  {place}{}", padding(part, part_width), padding(place, place_width));
            let (first, others) = match reasons.split_first() {
                Some((first, others)) => (*first, others),
                None => ("", &[][..]),
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}", format!("{line}  {first}").trim_end());
            for other in others {
                let _ = writeln!(text, "{:1$}{other}", "", 9 + 2 + part_width + 2 + place_width + 2);
            }
        }
        if self.plan.fates.is_empty() {
            text.push_str("neither version remembers anything\n");
            return text;
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    fn row<'d>(&'d self, fate: &'d Fate) -> Row<'d> {
        Row {
            outcome: fate.outcome,
            part: self.part(fate),
            place: self.place(fate),
            reasons: fate.reasons.iter().map(String::as_str).collect(),
        }
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let parts: Vec<Value> = self.plan.fates.iter().map(|fate| self.fate_json(fate)).collect();
        let sinks = self.sinks().into_iter();
        let sinks: Vec<Value> =
            sinks.map(|(outcome, table)| json!({ "table": table, "outcome": outcome.name() })).collect();
        json!({ "complete": self.is_complete(), "parts": parts, "sinks": sinks })
    }

    /// `2 kept, 1 refused: ...`.
    fn summary(&self) -> String {
        let outcomes = [Outcome::Kept, Outcome::Converted, Outcome::New, Outcome::Dropped, Outcome::Refused];
        let counts = outcomes.into_iter().filter_map(|outcome| {
            let count = self.plan.fates.iter().filter(|fate| fate.outcome == outcome).count();
            (count > 0).then(|| format!("{count} {}", outcome.name()))
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        if self.is_complete() {
            format!("{counts}: the new version goes on with the state of the old one")
        } else {
            format!(
                "{counts}: the new version starts only with --allow-non-restored-state, without what is refused or dropped"
            )
        }
    }

    /// What a part is called: `table orders`, `TumbleBySection -> traffic`.
    fn part(&self, fate: &Fate) -> String {
        let meaning = self.shown(fate);
        match (meaning["table"].as_str(), meaning["operator"].as_str(), meaning["into"].as_str()) {
            (Some(table), _, _) => format!("table {table}"),
            (_, Some(operator), Some(into)) => format!("{operator} -> {into}"),
            (_, Some(operator), None) => operator.to_owned(),
            _ => fate.part.clone(),
        }
    }

    /// Where the operator is in the new notebook, or was in the old one.
    fn place(&self, fate: &Fate) -> String {
        let meaning = self.shown(fate);
        match (meaning["cell"].as_u64(), meaning["line"].as_u64()) {
            (Some(cell), Some(line)) if fate.new.is_some() => format!("cell {cell}, line {line}"),
            (Some(cell), Some(line)) => format!("was cell {cell}, line {line}"),
            _ => String::new(),
        }
    }

    fn shown(&self, fate: &Fate) -> &Value {
        match (fate.new, fate.old) {
            (Some(new), _) => self.new.meaning(new),
            (None, Some(old)) => self.old.meaning(old),
            (None, None) => &Value::Null,
        }
    }

    fn fate_json(&self, fate: &Fate) -> Value {
        let name = |meaning: &Value| {
            let mut name = Map::new();
            for key in ["table", "operator", "into", "cell", "line"] {
                if let Some(value) = meaning.get(key) {
                    name.insert(key.to_owned(), value.clone());
                }
            }
            Value::Object(name)
        };
        json!({
            "outcome": fate.outcome.name(),
            "old": fate.old.map(|old| name(self.old.meaning(old))),
            "new": fate.new.map(|new| name(self.new.meaning(new))),
            "reasons": fate.reasons,
        })
    }
}

fn paint(text: &str, outcome: Outcome, colour: Colour) -> String {
    let style = match outcome {
        Outcome::Kept => "\u{1b}[32m",
        Outcome::Converted | Outcome::New => "\u{1b}[33m",
        Outcome::Dropped | Outcome::Refused => "\u{1b}[31m",
    };
    match colour {
        Colour::Always => format!("{style}{text}\u{1b}[0m"),
        Colour::Never => text.to_owned(),
    }
}
