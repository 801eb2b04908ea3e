//! What the options of a table must be together: which have to be there, and which exclude each other.
//!
//! The compiler shows these problems in the notebook; an application looks for them again when it starts, because
//! `--set` may have changed its tables. That each option by itself is known and of its kind was seen to before.

use super::{CONNECTORS, Direction, FORMATS, Options, stream};
use crate::error::{Error, ErrorKind};

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
}
