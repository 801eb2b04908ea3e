//! The options of connectors and formats: what exists, of what type, with which default.
//!
//! This is the one list. The compiler checks WITH clauses against it, the application checks `--set`
//! against it, and connectors read their values through it. Connectors that live in crates of their own
//! have their lists here too, so that the compiler needs no network client to know them.

mod builtin;
mod kinesis;
mod rules;
pub mod stream;

pub use rules::{LETTERS, Problem, ProblemKind, is_taken, local_path, problems};
pub use sqlc_rows::options::{Options, parse_duration, parse_size};

/// One option of a connector or format.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// As written in WITH, without the format's prefix removed: `json.ignore-parse-errors`. A `#` stands for
    /// one name of the user's: `fields.#.min`.
    pub name: &'static str,
    pub kind: OptionKind,
    pub default: Option<&'static str>,
    pub direction: Direction,
    /// Whether generated code depends on the value: then `--set` cannot change it in a finished binary.
    pub compiled: bool,
    /// One sentence.
    pub help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    Text,
    Boolean,
    Integer,
    Double,
    /// Flink's durations: `10 s`, `250 ms`, `1 min`.
    Duration,
    /// Flink's sizes: `5 mb`, or bytes.
    Size,
    /// One character, or one of Flink's escapes such as `\t`.
    Character,
    Choice(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Source,
    Sink,
    Both,
}

/// A connector as the compiler knows it.
#[derive(Clone, Copy, Debug)]
pub struct ConnectorSpec {
    pub name: &'static str,
    pub source: bool,
    pub sink: bool,
    /// Whether it moves bytes and so needs `format`.
    pub needs_format: bool,
    /// Metadata columns it offers: key and type, `("timestamp", "TIMESTAMP_LTZ(3) NOT NULL")`.
    pub metadata: &'static [(&'static str, &'static str)],
    /// Whether it can take updates and deletes.
    pub changelog_sink: bool,
    pub options: &'static [OptionSpec],
}

/// A format as the compiler knows it.
#[derive(Clone, Copy, Debug)]
pub struct FormatSpec {
    pub name: &'static str,
    pub options: &'static [OptionSpec],
}

/// Every connector there is.
pub const CONNECTORS: &[ConnectorSpec] =
    &[builtin::FILESYSTEM, builtin::DATAGEN, builtin::PRINT, builtin::BLACKHOLE, kinesis::KINESIS];

/// Every format there is.
pub const FORMATS: &[FormatSpec] = &[builtin::JSON, builtin::CSV, builtin::RAW];

/// Options that every reading table has, whatever its connector: what to do with bad records.
pub const COMMON: &[OptionSpec] = builtin::COMMON;

/// The option that asks for the rows of a table that came too late.
pub const LATE_DATA_PATH: &str = "late-data.path";

impl OptionSpec {
    /// Whether a finished binary can no longer change the option, which its table has or has not.
    pub fn is_fixed(&self, is_given: bool) -> bool {
        // How late rows are shown is generated where they are asked for; where they go is not.
        self.compiled && !(is_given && self.name == LATE_DATA_PATH)
    }
}
