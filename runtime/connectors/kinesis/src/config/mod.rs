//! Turns the options of a table, in either spelling, into what source and sink work with. Talking to the
//! service is left to them.
//!
//! Every option of [`sqlc_runtime::connector::options`] is read here: what cannot be honoured is refused,
//! and what has no effect is said in a warning.

mod connection;
mod sink;
mod source;
mod timestamp;

pub(crate) use connection::{Connection, Credentials, Role, Stream};
pub(crate) use sink::{Partitioner, SinkConfig};
pub(crate) use source::{OnExpired, Position, SourceConfig};

use sqlc_runtime::connector::options::Options;
use sqlc_runtime::error::{Error, ErrorKind, Result};

/// An option that is set but without effect, in a sentence.
pub(crate) type Warnings = Vec<String>;

pub(crate) fn usage(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// The value of an option that has two spellings, with the spelling that was used.
fn either<'a, T>(
    options: &Options,
    new: &'a str,
    old: &'a str,
    read: impl Fn(&str) -> Result<Option<T>>,
) -> Result<Option<(&'a str, T)>> {
    if options.text(new).is_some() && options.text(old).is_some() {
        return Err(usage(format!("'{new}' and '{old}' are two spellings of one option; keep one of them")));
    }
    for name in [new, old] {
        if let Some(value) = read(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// A whole number within limits.
fn number(options: &Options, name: &str, least: i64, most: i64) -> Result<Option<usize>> {
    let Some(value) = options.integer(name)? else { return Ok(None) };
    if !(least..=most).contains(&value) {
        return Err(usage(format!("option '{name}' is {value}, expected {least} to {most}")));
    }
    Ok(usize::try_from(value).ok())
}

/// One of several words, whatever their case.
fn choice<'a>(options: &Options, name: &str, choices: &[&'a str]) -> Result<Option<&'a str>> {
    let Some(text) = options.text(name) else { return Ok(None) };
    match choices.iter().find(|choice| choice.eq_ignore_ascii_case(text.trim())) {
        Some(choice) => Ok(Some(choice)),
        None => Err(usage(format!("option '{name}' is '{text}', expected {}", choices.join(", ")))),
    }
}
