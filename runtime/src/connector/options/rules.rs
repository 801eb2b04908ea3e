//! What the options of a table must be together: which have to be there, and which exclude each other.
//!
//! The compiler shows these problems in the notebook; an application looks for them again when it starts, because
//! `--set` may have changed its tables. That each option by itself is known and of its kind was seen to before.

use super::{CONNECTORS, Direction, FORMATS, LATE_DATA_PATH, Options, stream};
use crate::error::{Error, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// The options that name a file for rows or records which go nowhere else.
pub const LETTERS: [&str; 2] = ["dead-letter.path", LATE_DATA_PATH];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    Missing,
    Bad,
    /// Flink can do it.
    Unsupported,
}

/// Something that is wrong with the options of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The option at fault; `connector` if it is one that is not there.
    pub option: String,
    pub kind: ProblemKind,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do instead.
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn bad(option: &str, message: impl Into<String>) -> Self {
        Problem { option: option.to_owned(), kind: ProblemKind::Bad, message: message.into(), help: None }
    }

    pub(super) fn missing(option: &str, message: impl Into<String>) -> Self {
        Problem { kind: ProblemKind::Missing, ..Problem::bad(option, message) }
    }

    pub(super) fn unsupported(option: &str, message: impl Into<String>) -> Self {
        Problem { kind: ProblemKind::Unsupported, ..Problem::bad(option, message) }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Problem { help: Some(help.into()), ..self }
    }

    /// The problem as the end of an application.
    pub fn into_error(self) -> Error {
        let help = self.help.map(|help| format!("; {help}")).unwrap_or_default();
        Error::new(ErrorKind::Usage, format!("{}{help}", self.message))
    }
}

/// What is wrong with the options of a table: however it is used if the direction is [`Direction::Both`], else only what
/// matters for reading or for writing it. Options that matter for the other direction are never a problem.
pub fn problems(options: &Options, direction: Direction, is_partitioned: bool) -> Vec<Problem> {
    let connector = options.text("connector").unwrap_or_default();
    let mut found = Vec::new();
    match direction {
        Direction::Both => {
            found.extend(format(options, connector));
            match connector {
                "filesystem" => found.extend(local_path(options).err()),
                "datagen" => found.extend(sequences(options)),
                "kinesis" => {
                    found.extend(stream::place(options).err());
                    found.extend(stream::partitioner(options, is_partitioned));
                }
                _ => {}
            }
        }
        Direction::Source => {
            found.extend(dead_letters(options));
            found.extend(LETTERS.iter().filter_map(|name| letters(options, name)));
            found.extend(json_errors(options));
            match connector {
                "filesystem" if is_partitioned => found.extend(partitions_read(options)),
                "kinesis" => found.extend(stream::enhanced_fan_out(options)),
                _ => {}
            }
        }
        Direction::Sink => match connector {
            "filesystem" if is_partitioned => found.push(
                Problem::unsupported(
                    "connector",
                    "PARTITIONED BY means folders named key=value, which are not written yet",
                )
                .help("leave out PARTITIONED BY"),
            ),
            "kinesis" => found.extend(stream::aggregation(options)),
            _ => {}
        },
    }
    found
}

fn is_true(options: &Options, name: &str) -> bool {
    options.text(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

fn format(options: &Options, connector: &str) -> Option<Problem> {
    let needed = CONNECTORS.iter().any(|known| known.name == connector && known.needs_format);
    if !needed || options.text("format").is_some() || options.text("value.format").is_some() {
        return None;
    }
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let message = format!("connector '{connector}' needs the option 'format'");
    Some(Problem::missing("connector", message).help(format!("add 'format' = '...': {}", names.join(", "))))
}

/// `path` as a path of this machine: of `file:///a`, `file://localhost/a` and `file:/a` it is `/a`.
pub fn local_path(options: &Options) -> Result<&str, Problem> {
    let Some(path) = options.text("path") else {
        return Err(Problem::missing("connector", "connector 'filesystem' needs the option 'path'")
            .help("add 'path' = '...': a file, a folder, or a pattern such as logs/*.json"));
    };
    match path.split_once("://") {
        Some(("file", rest)) => Ok(rest.strip_prefix("localhost").unwrap_or(rest)),
        Some((scheme, _)) => {
            let message = format!("'path' is '{path}', but '{scheme}://' is not supported: only local files are");
            Err(Problem::unsupported("path", message))
        }
        None => Ok(path.strip_prefix("file:").unwrap_or(path)),
    }
}

/// A sequence of datagen needs both ends.
fn sequences(options: &Options) -> impl Iterator<Item = Problem> {
    options.iter().filter_map(|(name, value)| {
        let column = name.strip_prefix("fields.")?.strip_suffix(".kind")?;
        let is_sequence = value.trim().eq_ignore_ascii_case("sequence");
        let ends = ["start", "end"].map(|end| format!("fields.{column}.{end}"));
        let end = ends.iter().find(|end| is_sequence && options.text(end).is_none())?;
        Some(Problem::missing(name, format!("a sequence needs the option '{end}'")))
    })
}

fn dead_letters(options: &Options) -> Option<Problem> {
    match (options.text("on-error"), options.text("dead-letter.path")) {
        (Some("dead-letter"), None) => {
            let message = "'on-error' = 'dead-letter' needs 'dead-letter.path', the file to write bad records to";
            Some(Problem::missing("on-error", message))
        }
        (Some("dead-letter"), Some(_)) | (_, None) => None,
        (_, Some(_)) => Some(Problem::bad("dead-letter.path", "'dead-letter.path' needs 'on-error' = 'dead-letter'")),
    }
}

/// The file must be one that nobody else writes or reads.
fn letters(options: &Options, name: &str) -> Option<Problem> {
    let path = options.text(name)?;
    if path.trim().is_empty() || path.ends_with('/') {
        return Some(Problem::bad(name, format!("'{name}' is '{path}', not the name of a file")));
    }
    if path.contains("://") {
        let message = format!("'{name}' is '{path}', but only local files are supported");
        return Some(Problem::unsupported(name, message).help("write the path without a scheme"));
    }
    is_taken(options, path).then(|| {
        Problem::bad(name, format!("'{name}' is '{path}', which the table's own 'path' reads"))
            .help("name a file that no table reads or writes")
    })
}

/// Whether a file belongs to a table, because its `path` is or matches the file or a folder around it.
pub fn is_taken(options: &Options, file: &str) -> bool {
    let Some("filesystem") = options.text("connector") else { return false };
    let Ok(path) = local_path(options) else { return false };
    let (path, file) = (tidy(path), tidy(file));
    match glob::Pattern::new(&path.to_string_lossy()) {
        Ok(pattern) if path.to_string_lossy().contains(['*', '?', '[']) => {
            let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
            file.ancestors().any(|part| pattern.matches_path_with(part, options))
        }
        _ => file.starts_with(&path),
    }
}

/// The path without `.` and `..`, as it is seen from the working directory.
fn tidy(path: &str) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
    whole.components().fold(PathBuf::new(), |mut tidy, part| {
        match part {
            Component::ParentDir => {
                tidy.pop();
            }
            part => tidy.push(Path::new(&part)),
        }
        tidy
    })
}

/// As in Flink, whose documentation excludes the two.
fn json_errors(options: &Options) -> Option<Problem> {
    let (missing, ignored) = ("json.fail-on-missing-field", "json.ignore-parse-errors");
    (is_true(options, missing) && is_true(options, ignored)).then(|| {
        Problem::bad(ignored, format!("options '{missing}' and '{ignored}' must not both be true"))
            .help("leave out one of them")
    })
}

/// A folder's value takes the place of a field, which only the decoders of JSON can do.
fn partitions_read(options: &Options) -> Option<Problem> {
    let format = options.text("format").unwrap_or_default();
    (format != "json").then(|| {
        let message =
            format!("PARTITIONED BY with connector 'filesystem' is read with format 'json' only, not with '{format}'");
        Problem::unsupported("format", message).help("leave out PARTITIONED BY, or change the format")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(direction: Direction, partitioned: bool, options: &[(&str, &str)]) -> Vec<String> {
        let options = Options::new(options.iter().copied());
        problems(&options, direction, partitioned).into_iter().map(|problem| problem.into_error().to_string()).collect()
    }

    #[test]
    fn what_must_be_there_is_asked_for() {
        let both = |options: &[(&str, &str)]| messages(Direction::Both, false, options);
        assert_eq!(
            both(&[("connector", "filesystem")]),
            [
                "connector 'filesystem' needs the option 'format'; add 'format' = '...': json, csv, raw",
                "connector 'filesystem' needs the option 'path'; add 'path' = '...': a file, a folder, or a pattern such as logs/*.json",
            ]
        );
        assert_eq!(
            both(&[("connector", "filesystem"), ("format", "raw"), ("path", "s3://bucket/a")]),
            ["'path' is 's3://bucket/a', but 's3://' is not supported: only local files are"]
        );
        assert_eq!(
            both(&[("connector", "datagen"), ("fields.a.kind", "sequence"), ("fields.a.start", "1")]),
            ["a sequence needs the option 'fields.a.end'"]
        );
        let stream = ("connector", "kinesis");
        assert_eq!(both(&[stream, ("format", "json"), ("stream", "s")]), [""; 0]);
        assert_eq!(
            both(&[stream, ("format", "json")]),
            ["option 'stream' (a name) or 'stream.arn' is missing; add 'stream' = '...'"]
        );
        assert!(both(&[("connector", "print")]).is_empty());
    }

    #[test]
    fn only_what_is_used_can_be_wrong() {
        let bad: &[_] = &[
            ("connector", "filesystem"),
            ("format", "json"),
            ("path", "file:///tmp"),
            ("on-error", "dead-letter"),
            ("json.ignore-parse-errors", "TRUE"),
            ("json.fail-on-missing-field", "true"),
        ];
        assert!(messages(Direction::Both, true, bad).is_empty());
        assert!(messages(Direction::Sink, false, bad).is_empty());
        assert_eq!(messages(Direction::Source, true, bad).len(), 2);
        assert_eq!(messages(Direction::Sink, true, bad).len(), 1);
    }

    #[test]
    fn letters_go_where_nobody_reads() {
        let late = |path: &'static str, late: &'static str| {
            let options = [("connector", "filesystem"), ("format", "json"), ("path", path), (LATE_DATA_PATH, late)];
            messages(Direction::Source, false, &options)
        };
        let own = |late: &str| {
            let help = "name a file that no table reads or writes";
            format!("'late-data.path' is '{late}', which the table's own 'path' reads; {help}")
        };
        assert_eq!(late("in", "late.jsonl"), [""; 0]);
        assert_eq!(late("in", "inn/late.jsonl"), [""; 0]);
        assert_eq!(late("in/", "./in/deep/late.jsonl"), [own("./in/deep/late.jsonl")]);
        assert_eq!(late("file:///in/a.jsonl", "/in/x/../a.jsonl"), [own("/in/x/../a.jsonl")]);
        assert_eq!(late("in/*.jsonl", "in/late.jsonl"), [own("in/late.jsonl")]);
        assert_eq!(late("in/*.jsonl", "in/late.json"), [""; 0]);
        assert_eq!(late("in/*.jsonl", "in/deep/late.jsonl"), [""; 0]);
        assert_eq!(late("in/2024-*", "in/2024-01/late.jsonl"), [own("in/2024-01/late.jsonl")]);
        assert_eq!(late("in", " "), ["'late-data.path' is ' ', not the name of a file"]);
        assert_eq!(
            late("in", "s3://bucket/late.jsonl"),
            ["'late-data.path' is 's3://bucket/late.jsonl', but only local files are supported; \
              write the path without a scheme"]
        );
    }
}
