//! What state means, apart from how the SQL around it is written: what decides which state of a checkpoint another
//! version of the application goes on with.
//!
//! The compiler writes the meaning of every stateful operator into the description of an application (`describe.json`,
//! `--describe`), as JSON: its keys, accumulators and their types, its window, what it reads and under which
//! conditions. A checkpoint keeps it beside the state. Where the bytes of a checkpoint are, and when they are read, is
//! left to [`job`](crate::job).

mod compare;
mod convert;
mod operator;
mod plan;
mod shape;
mod source;
mod widen;

pub use convert::Converter;
pub use plan::{Fate, Outcome, Part, Plan, plan};
pub use shape::{Scalar, Shape};
pub use source::source;

use crate::connector::options::Options;
use serde_json::Value;

/// The meanings of all positions in the tables that a described application reads.
pub fn sources(description: &Value) -> Vec<Value> {
    let tables = description["reads"].as_array().into_iter().flatten();
    let meaning = |table: &Value| {
        let options = table["options"].as_object().into_iter().flatten();
        let options = options.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        source(table["table"].as_str().unwrap_or_default(), &Options::new(options))
    };
    tables.map(meaning).collect()
}

/// The meanings of all stateful operators of a described application, in the order in which its pipeline opens them.
///
/// A description without any gives none: state is then known by its name only.
pub fn operators(description: &Value) -> Vec<Value> {
    let lists = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    lists(description, "does").iter().flat_map(|statement| lists(statement, "state")).collect()
}

/// Says in which time zone the windows of an operator lie, if that matters: only the start decides it.
pub fn in_zone(meaning: &mut Value, zone: &str) {
    if let Some(known) = meaning.get_mut("zone") {
        *known = Value::from(zone);
    }
}
