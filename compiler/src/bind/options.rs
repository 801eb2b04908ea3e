//! WITH and OPTIONS(...): names, values and what must be there, checked against the lists of the connectors.

use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::plan::{Table, TableId, TableOption};
use crate::text::Span;
use sqlc_runtime::connector::options::{
    COMMON, CONNECTORS, ConnectorSpec, Direction, FORMATS, FormatSpec, OptionKind, OptionSpec, Options, ProblemKind,
    parse_duration, parse_size, problems,
};

/// Connectors of Flink that are not there yet.
const OTHER_CONNECTORS: &[&str] = &[
    "kafka",
    "upsert-kafka",
    "jdbc",
    "elasticsearch-7",
    "opensearch",
    "hbase-2.2",
    "mongodb",
    "dynamodb",
    "firehose",
    "pulsar",
    "mysql-cdc",
    "postgres-cdc",
    "iceberg",
    "hudi",
    "paimon",
    "hive",
    "python-input-format",
];

/// Formats of Flink that are not there yet.
const OTHER_FORMATS: &[&str] = &[
    "avro",
    "avro-confluent",
    "parquet",
    "orc",
    "protobuf",
    "debezium-json",
    "canal-json",
    "maxwell-json",
    "ogg-json",
    "debezium-avro-confluent",
];

impl QueryBinder<'_> {
    /// The options of a whole table.
    pub(super) fn check_table_options(&mut self, table: &Table) -> Bind<()> {
        let connector = self.connector(table)?;
        let format = self.format(table, connector);
        let mut failed = format.is_err();
        let format = format.ok().flatten();
        let known = Known { table, connector, format };
        for option in &table.options {
            failed |= self.check_option(option, &known).is_err();
        }
        failed |= self.check_together(table, Direction::Both).is_err();
        failed |= self.check_raw(table, format).is_err();
        failed |= self.check_column_types(table, format).is_err();
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// The options of a hint, which change those of the table for one use.
    pub(super) fn check_hints(&mut self, table: &Table, hints: &[TableOption]) -> Bind<()> {
        let mut hinted = table.clone();
        for hint in hints {
            hinted.options.retain(|option| option.name != hint.name);
            hinted.options.push(hint.clone());
        }
        let connector = self.connector(&hinted)?;
        let format = self.format(&hinted, connector)?;
        let known = Known { table: &hinted, connector, format };
        let checked: Vec<Bind<()>> = hints.iter().map(|hint| self.check_option(hint, &known)).collect();
        checked.into_iter().collect::<Bind<()>>()?;
        self.check_together(&hinted, Direction::Both)
    }

    /// What the options must be together; the rules are the application's own.
    fn check_together(&mut self, table: &Table, direction: Direction) -> Bind<()> {
        let options = table.options.iter().map(|option| (option.name.as_str(), option.value.as_str()));
        let mut failed = false;
        for problem in problems(&Options::new(options), direction, !table.partitioned_by.is_empty()) {
            let code = match problem.kind {
                ProblemKind::Missing => "missing-option",
                ProblemKind::Bad => "bad-option",
                ProblemKind::Unsupported => "not-supported",
            };
            let mut diagnostic = Diagnostic::error(code, option_span(table, &problem.option), problem.message);
            if let Some(help) = problem.help {
                diagnostic = diagnostic.help(help);
            }
            failed |= self.fail::<()>(diagnostic).is_err();
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// A table in FROM must be one that can be read.
    pub(super) fn check_readable(&mut self, id: TableId, span: Span) -> Bind<()> {
        let table = self.plan.tables[id.0].clone();
        match connector_of(&table) {
            Some(connector) if !connector.source => {
                let message = format!("connector '{}' of `{}` cannot be read", connector.name, table.name);
                let diagnostic = Diagnostic::error("not-a-source", span, message)
                    .also(option_span(&table, "connector"), "declared here");
                self.fail(diagnostic)
            }
            _ => self.check_together(&table, Direction::Source),
        }
    }

    /// A table behind INSERT INTO must be one that can be written.
    pub(super) fn check_writable(&mut self, id: TableId, span: Span) -> Bind<()> {
        let table = self.plan.tables[id.0].clone();
        match connector_of(&table) {
            Some(connector) if !connector.sink => {
                let message = format!("connector '{}' of `{}` cannot be written", connector.name, table.name);
                let diagnostic = Diagnostic::error("not-a-sink", span, message)
                    .also(option_span(&table, "connector"), "declared here");
                self.fail(diagnostic)
            }
            _ => self.check_together(&table, Direction::Sink),
        }
    }

    fn connector(&mut self, table: &Table) -> Bind<&'static ConnectorSpec> {
        let Some(option) = table.options.iter().find(|option| option.name == "connector") else {
            let names: Vec<&str> = CONNECTORS.iter().map(|connector| connector.name).collect();
            let misspelt = table.options.iter().find(|option| did_you_mean(&option.name, ["connector"]).is_some());
            let diagnostic = match misspelt {
                Some(option) => {
                    let message = format!("there is no option '{}'", option.name);
                    Diagnostic::error("unknown-option", option.span, message).help("did you mean 'connector'?")
                }
                None => {
                    let message = format!("`{}` names no connector", table.name);
                    Diagnostic::error("missing-option", table.span, message)
                        .help(format!("add WITH ('connector' = '...'): {}", names.join(", ")))
                }
            };
            return self.fail(diagnostic);
        };
        if let Some(connector) = CONNECTORS.iter().find(|connector| connector.name == option.value) {
            return Ok(connector);
        }
        let names = CONNECTORS.iter().map(|connector| connector.name);
        let diagnostic = unknown(option, "connector", names, OTHER_CONNECTORS);
        self.fail(diagnostic)
    }

    fn format(&mut self, table: &Table, connector: &ConnectorSpec) -> Bind<Option<&'static FormatSpec>> {
        let given = table.options.iter().find(|option| option.name == "format");
        match given {
            None => Ok(None),
            Some(option) if !connector.needs_format => {
                let message = format!("connector '{}' takes no format", connector.name);
                self.fail(Diagnostic::error("unknown-option", option.span, message).help("leave the option out"))
            }
            Some(option) => match FORMATS.iter().find(|format| format.name == option.value) {
                Some(format) => Ok(Some(format)),
                None => {
                    let names = FORMATS.iter().map(|format| format.name);
                    let diagnostic = unknown(option, "format", names, OTHER_FORMATS);
                    self.fail(diagnostic)
                }
            },
        }
    }

    fn check_option(&mut self, option: &TableOption, known: &Known<'_>) -> Bind<()> {
        if matches!(option.name.as_str(), "connector" | "format") {
            return Ok(());
        }
        let Some((spec, word)) = known.find(&option.name) else {
            return self.fail(known.unknown_option(option));
        };
        if let Some(word) = word
            && !known.table.columns.iter().any(|column| column.name == word)
        {
            let columns = known.table.columns.iter().map(|column| column.name.as_str());
            let message =
                format!("option '{}' speaks of a column `{word}` that `{}` has not", option.name, known.table.name);
            let diagnostic = Diagnostic::error("unknown-column", option.span, message);
            let diagnostic = match did_you_mean(word, columns) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            };
            return self.fail(diagnostic);
        }
        match expected(spec.kind, &option.value) {
            None => Ok(()),
            Some(expected) => {
                let message = format!("option '{}' is {expected}, not '{}'", option.name, option.value);
                let diagnostic = Diagnostic::error("bad-option", option.span, message);
                let diagnostic = match spec.kind {
                    OptionKind::Choice(choices) => match did_you_mean(&option.value, choices.iter().copied()) {
                        Some(near) => diagnostic.help(format!("did you mean '{near}'?")),
                        None => diagnostic,
                    },
                    _ => diagnostic,
                };
                self.fail(diagnostic)
            }
        }
    }

    /// The format `raw` is one column of bytes.
    fn check_raw(&mut self, table: &Table, format: Option<&FormatSpec>) -> Bind<()> {
        let physical = table.physical().count();
        if format.is_some_and(|format| format.name == "raw") && physical > 1 {
            let message = format!("format 'raw' is one column, `{}` has {physical}", table.name);
            return self.fail(Diagnostic::error("bad-option", option_span(table, "format"), message));
        }
        Ok(())
    }
}

/// What the options of one table may be.
struct Known<'a> {
    table: &'a Table,
    connector: &'static ConnectorSpec,
    format: Option<&'static FormatSpec>,
}

impl Known<'_> {
    fn specs(&self) -> impl Iterator<Item = &'static OptionSpec> {
        let format = self.format.map(|format| format.options).unwrap_or_default();
        self.connector.options.iter().chain(format).chain(COMMON)
    }

    /// The option of that name, and the user's word in it if it has one.
    fn find<'n>(&self, name: &'n str) -> Option<(&'static OptionSpec, Option<&'n str>)> {
        self.specs().find_map(|spec| match spec.name.split_once('#') {
            None => (spec.name == name).then_some((spec, None)),
            Some((before, after)) => {
                let word = name.strip_prefix(before)?.strip_suffix(after)?;
                (!word.is_empty()).then_some((spec, Some(word)))
            }
        })
    }

    fn unknown_option(&self, option: &TableOption) -> Diagnostic {
        let prefix = option.name.split('.').next().unwrap_or_default();
        let other_format =
            FORMATS.iter().find(|format| format.name == prefix && Some(format.name) != self.format.map(|f| f.name));
        if let (Some(other), Some(format)) = (other_format, self.format) {
            let message =
                format!("option '{}' belongs to format '{}', the format is '{}'", option.name, other.name, format.name);
            return Diagnostic::error("unknown-option", option.span, message)
                .help("leave it out, or change the format");
        }
        let message = format!("connector '{}' has no option '{}'", self.connector.name, option.name);
        let diagnostic = Diagnostic::error("unknown-option", option.span, message);
        let names = self.specs().map(|spec| spec.name).chain(["connector", "format"]);
        match did_you_mean(&option.name, names) {
            Some(near) => diagnostic.help(format!("did you mean '{near}'?")),
            None => diagnostic,
        }
    }
}

/// The connector of a table, if it names one that there is.
pub(super) fn connector_of(table: &Table) -> Option<&'static ConnectorSpec> {
    let name = table.option("connector")?;
    CONNECTORS.iter().find(|connector| connector.name == name)
}

fn option_span(table: &Table, name: &str) -> Span {
    table.options.iter().find(|option| option.name == name).map_or(table.span, |option| option.span)
}

fn unknown<'n>(
    option: &TableOption,
    noun: &str,
    names: impl Iterator<Item = &'n str> + Clone,
    others: &[&str],
) -> Diagnostic {
    let there: Vec<String> = names.clone().map(|name| format!("'{name}'")).collect();
    if others.contains(&option.value.as_str()) {
        let message = format!("the {noun} '{}' is not supported yet", option.value);
        return Diagnostic::error("not-supported", option.span, message)
            .help(format!("there are {}", there.join(", ")));
    }
    let message = format!("there is no {noun} '{}'", option.value);
    let diagnostic =
        Diagnostic::error(if noun == "format" { "unknown-format" } else { "unknown-connector" }, option.span, message);
    match did_you_mean(&option.value, names) {
        Some(near) => diagnostic.help(format!("did you mean '{near}'?")),
        None => diagnostic.help(format!("there are {}", there.join(", "))),
    }
}

/// What the value should be, if it is not.
fn expected(kind: OptionKind, value: &str) -> Option<String> {
    let text = value.trim();
    let (right, what) = match kind {
        OptionKind::Text => (true, "a text"),
        OptionKind::Boolean => (["true", "false"].contains(&text.to_ascii_lowercase().as_str()), "'true' or 'false'"),
        OptionKind::Integer => (text.parse::<i64>().is_ok(), "a whole number"),
        OptionKind::Double => (text.parse::<f64>().is_ok(), "a number"),
        OptionKind::Duration => (parse_duration(text).is_some(), "a duration such as '10 s' or '250 ms'"),
        OptionKind::Size => (parse_size(text).is_some(), "a size such as '5 mb'"),
        OptionKind::Character => {
            (value.chars().count() == 1 || value.starts_with('\\') && value.chars().count() > 1, "one character")
        }
        OptionKind::Choice(choices) => {
            if choices.iter().any(|choice| choice.eq_ignore_ascii_case(text)) {
                return None;
            }
            let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
            return Some(quoted.join(" or "));
        }
    };
    (!right).then(|| what.to_owned())
}
