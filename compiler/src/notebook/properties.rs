//! The properties that a magic gives a cell, checked.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::text::Span;

/// One `key=value` as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub key: String,
    pub value: String,
    /// From the key to the value.
    pub span: Span,
}

/// How the rows of a SELECT are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// The last row, through the template.
    Single,
    /// The rows as they stand, redrawn.
    Update,
    /// Every new row at the end; rows that change are refused.
    Append,
}

/// The properties of a cell. What is not given is `None`; the defaults are Zeppelin's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// `type`.
    pub kind: Option<ResultKind>,
    /// `refreshInterval`, in milliseconds.
    pub refresh_interval_ms: Option<u64>,
    /// `template` of a single row: `{0}` is the first column.
    pub template: Option<String>,
    /// `threshold` of appended rows: how far back they are kept, in milliseconds.
    pub threshold_ms: Option<u64>,
    pub parallelism: Option<u32>,
    /// `maxParallelism`.
    pub max_parallelism: Option<u32>,
    /// `jobName`.
    pub job_name: Option<String>,
    /// `runAsOne`: the INSERTs of the cell are one job, which they always are here.
    pub run_as_one: Option<bool>,
    /// `savepointDir`.
    pub savepoint_folder: Option<String>,
    /// All of them as written, those that later stages do not use included.
    pub entries: Vec<Property>,
}

impl Properties {
    pub const DEFAULT_REFRESH_INTERVAL_MS: u64 = 3_000;
    pub const DEFAULT_THRESHOLD_MS: u64 = 3_600_000;

    /// Reads what the entries mean and reports those that mean nothing.
    pub(super) fn check(entries: Vec<Property>, diagnostics: &mut Diagnostics) -> Properties {
        let mut properties = Properties::default();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(first) = entries[..index].iter().find(|other| other.key == entry.key) {
                let message = format!("the property `{}` is given twice", entry.key);
                diagnostics.push(
                    Diagnostic::error("duplicate-property", entry.span, message)
                        .also(first.span, "first given here")
                        .help("keep one of them"),
                );
                continue;
            }
            if let Err(diagnostic) = properties.set(entry) {
                diagnostics.push(*diagnostic);
            }
        }
        properties.entries = entries;
        diagnostics.extend(properties.without_effect());
        properties
    }

    /// What Zeppelin's interpreter would do something about, and an application does not.
    fn without_effect(&self) -> impl Iterator<Item = Diagnostic> {
        self.entries.iter().filter_map(|entry| {
            let warning = || no_effect(Severity::Warning, entry);
            let note = || no_effect(Severity::Note, entry);
            Some(match entry.key.as_str() {
                "template" if self.kind != Some(ResultKind::Single) => {
                    warning().help("a template is for `type=single`, which shows the last row through it")
                }
                "parallelism" if self.parallelism.is_some() => {
                    let workers = entry.value.as_str();
                    warning().with_note("the statements of a notebook share their workers").help(format!(
                        "use `--parallelism {workers}`, or write SET 'parallelism.default' = '{workers}'"
                    ))
                }
                "savepointDir" => warning().with_note("there are no savepoints yet: a new start begins anew"),
                "maxParallelism" if self.max_parallelism.is_some() => {
                    note().with_note("any number of workers can share the keys")
                }
                "threshold" if self.threshold_ms.is_some() => {
                    note().with_note("rows that have scrolled away are the terminal's")
                }
                "jobName" => note().help("an application has the name of its notebook, or that of `sqlc build --name`"),
                "runAsOne" if self.run_as_one == Some(false) => {
                    note().with_note("all INSERTs of a notebook are one application")
                }
                _ => return None,
            })
        })
    }

    fn set(&mut self, entry: &Property) -> Result<(), Box<Diagnostic>> {
        match entry.key.as_str() {
            "type" => {
                self.kind = Some(match entry.value.to_ascii_lowercase().as_str() {
                    "single" => ResultKind::Single,
                    "update" => ResultKind::Update,
                    "append" => ResultKind::Append,
                    _ => {
                        let near = crate::diagnostic::nearest(&entry.value, ["single", "update", "append"]);
                        let error = invalid(entry, "one of single, update, append");
                        return Err(Box::new(match near {
                            Some(near) => error.help(format!("did you mean `type={near}`?")),
                            None => error,
                        }));
                    }
                });
            }
            "refreshInterval" => self.refresh_interval_ms = Some(number(entry, "milliseconds, 1 or more", 1)?),
            "threshold" => self.threshold_ms = Some(number(entry, "milliseconds, 1 or more", 1)?),
            "parallelism" => self.parallelism = Some(workers(entry)?),
            "maxParallelism" => self.max_parallelism = Some(workers(entry)?),
            "template" => self.template = Some(entry.value.clone()),
            "jobName" => self.job_name = Some(entry.value.clone()),
            "savepointDir" => self.savepoint_folder = Some(entry.value.clone()),
            "runAsOne" => {
                self.run_as_one = Some(match entry.value.to_ascii_lowercase().as_str() {
                    // A key alone stands for itself.
                    "true" | "runasone" => true,
                    "false" => false,
                    _ => return Err(Box::new(invalid(entry, "true or false"))),
                });
            }
            other if ELSEWHERE.contains(&other) => {
                let message = format!("the property `{other}` has no meaning in an application and is skipped");
                return Err(Box::new(Diagnostic::warning("skipped-property", entry.span, message)));
            }
            other => return Err(Box::new(unknown(entry, other))),
        }
        Ok(())
    }
}

const KNOWN: [&str; 9] = [
    "type",
    "refreshInterval",
    "template",
    "threshold",
    "parallelism",
    "maxParallelism",
    "jobName",
    "runAsOne",
    "savepointDir",
];

/// What Zeppelin's interpreter takes to restart a job in a cluster.
const ELSEWHERE: [&str; 5] =
    ["savepointPath", "resumeFromSavepoint", "resumeFromLatestCheckpoint", "checkpointPath", "interpolate"];

fn unknown(entry: &Property, name: &str) -> Diagnostic {
    let error = Diagnostic::error("unknown-property", entry.span, format!("a cell has no property `{name}`"));
    let key = Span { end: entry.span.start + name.len() as u32, ..entry.span };
    match crate::diagnostic::nearest(name, KNOWN) {
        Some(near) => error.suggest(format!("did you mean `{near}`?"), key, near),
        None => error.help(format!("the properties are {}", KNOWN.join(", "))),
    }
}

fn no_effect(severity: Severity, entry: &Property) -> Diagnostic {
    let message = format!("the property `{}` has no effect", entry.key);
    Diagnostic::new(severity, "property-without-effect", entry.span, message)
}

fn invalid(entry: &Property, expected: &str) -> Diagnostic {
    let message = format!("the property `{}` cannot be `{}`", entry.key, entry.value);
    Diagnostic::error("invalid-property", entry.span, message).labelled(format!("expected {expected}"))
}

fn number(entry: &Property, expected: &str, least: u64) -> Result<u64, Box<Diagnostic>> {
    let value = entry.value.parse().ok().filter(|&value| value >= least);
    value.ok_or_else(|| Box::new(invalid(entry, expected)))
}

fn workers(entry: &Property) -> Result<u32, Box<Diagnostic>> {
    // Flink's largest parallelism is 2^15.
    let value = entry.value.parse().ok().filter(|value| (1..=32_768).contains(value));
    value.ok_or_else(|| Box::new(invalid(entry, "a number from 1 to 32768")))
}
