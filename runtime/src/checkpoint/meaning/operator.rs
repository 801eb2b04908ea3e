//! What the state of an operator means, read from its JSON.

use super::convert::Layout;
use super::shape::Shape;
use serde_json::Value;

/// An operator as the compiler has described it.
#[derive(Debug)]
pub(super) struct Operator {
    pub name: String,
    /// The table that its statement writes to; none for a SELECT.
    pub into: Option<String>,
    pub window: Option<String>,
    pub time: Texts,
    /// The time zone in which the windows lie, if that matters.
    pub zone: Option<String>,
    pub retention: Option<String>,
    pub keys: Vec<Kept>,
    pub totals: Vec<Kept>,
    /// Whether rows are taken back from it.
    pub updates: bool,
    pub from: Vec<Input>,
}

/// A field of a key or accumulator.
#[derive(Debug)]
pub(super) struct Kept {
    pub value: Texts,
    pub shape: Shape,
}

/// A text for each input, or one for all of them.
#[derive(Debug)]
pub(super) struct Texts(Vec<String>);

/// What an operator reads.
#[derive(Debug)]
pub(super) struct Input {
    pub source: Source,
    pub conditions: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Table(String),
    /// Another operator of the statement, by its name.
    Operator(String),
    /// The rows of VALUES.
    Values(String),
}

impl Texts {
    pub fn of(&self, input: usize) -> &str {
        self.0.get(input).or(self.0.first()).map_or("", String::as_str)
    }

    /// For people.
    pub fn show(&self) -> String {
        self.0.join(" | ")
    }

    fn read(value: &Value) -> Texts {
        match value {
            Value::String(text) => Texts(vec![text.clone()]),
            value => Texts(texts(value)),
        }
    }
}

impl Operator {
    /// `None` if it is no description of an operator that this version knows.
    pub fn read(meaning: &Value) -> Option<Operator> {
        let text = |name: &str| meaning[name].as_str().map(str::to_owned);
        let kept = |name: &str| meaning[name].as_array()?.iter().map(Kept::read).collect::<Option<Vec<Kept>>>();
        Some(Operator {
            name: text("operator")?,
            into: text("into"),
            window: text("window"),
            time: Texts::read(&meaning["time"]),
            zone: text("zone"),
            retention: text("retention"),
            keys: kept("keys")?,
            totals: kept("totals")?,
            updates: meaning["updates"].as_bool().unwrap_or(false),
            from: meaning["from"].as_array()?.iter().map(Input::read).collect::<Option<_>>()?,
        })
    }

    pub fn layout(&self) -> Layout {
        match &self.window {
            None => Layout::Group,
            Some(window) if window.starts_with("SESSION") => Layout::Session,
            Some(_) => Layout::Window,
        }
    }

    /// What it does, for people: `TUMBLE(size 1 h)`, or `GROUP BY`.
    pub fn kind(&self) -> &str {
        self.window.as_deref().unwrap_or("GROUP BY without a window")
    }

    pub fn key(&self) -> String {
        match self.keys.as_slice() {
            [] => "no key".to_owned(),
            keys => keys.iter().map(|key| key.value.show()).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Kept {
    fn read(value: &Value) -> Option<Kept> {
        Some(Kept { value: Texts::read(&value["value"]), shape: Shape::parse(value["type"].as_str()?)? })
    }
}

impl Input {
    fn read(value: &Value) -> Option<Input> {
        let source = if let Some(table) = value["table"].as_str() {
            Source::Table(table.to_owned())
        } else if let Some(operator) = value["operator"].as_str() {
            Source::Operator(operator.to_owned())
        } else {
            Source::Values(value.get("values")?.to_string())
        };
        Some(Input { source, conditions: texts(&value["where"]) })
    }

    /// The rows that it lets pass, for people.
    pub fn condition(&self) -> String {
        if self.conditions.is_empty() { "no condition".to_owned() } else { self.conditions.join(" AND ") }
    }
}

impl Source {
    pub fn show(&self) -> &str {
        match self {
            Source::Table(name) | Source::Operator(name) => name,
            Source::Values(_) => "VALUES",
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
