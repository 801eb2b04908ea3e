//! SET, RESET and USE.

use super::{Binder, foreign_database};
use crate::catalog::settings::{self, Effect, SETTINGS, Setting, ValueKind};
use crate::catalog::{DEFAULT_CATALOG, foreign_qualifier};
use crate::diagnostic::Diagnostic;
use crate::notebook;
use crate::syntax::{Reset, Set, StringLiteral, Use};
use sqlc_runtime::connector::options::parse_duration;
use sqlc_runtime::function::zone::Zone;
use sqlc_runtime::job::todays_name;

impl Binder<'_> {
    /// A line of a cell of settings is a SET.
    pub(super) fn setting(&mut self, line: &notebook::Setting) {
        let literal = |value: &str, span| StringLiteral { value: value.to_owned(), span };
        let key = literal(&line.key, line.key_span);
        self.set(&Set { key, value: literal(&line.value, line.value_span) });
    }

    pub(super) fn set(&mut self, set: &Set) {
        let Some(setting) = self.known_key(&set.key) else { return };
        let value = set.value.value.trim();
        if let Some(expected) = mistake(setting, value) {
            let message = format!("`{}` is {expected}, not '{}'", set.key.value, set.value.value);
            self.diagnostics.push(Diagnostic::error("bad-setting", set.value.span, message));
            return;
        }
        match setting.effect {
            Effect::Obeyed => self.catalog.settings.set(setting.key, value, set.value.span),
            Effect::Harmless => self.diagnostics.push(
                Diagnostic::warning(
                    "setting-without-effect",
                    set.key.span,
                    format!("`{}` has no effect", set.key.value),
                )
                .with_note("it tells Flink's cluster how to work and changes no result"),
            ),
            Effect::AtStart(option) => {
                let message = format!("`{}` has no effect in a notebook", set.key.value);
                self.diagnostics.push(
                    Diagnostic::warning("setting-without-effect", set.key.span, message)
                        .help(format!("say it to the application when it starts: {option}")),
                );
            }
            Effect::Fixed(only, why) if !same_value(setting, value, only) => {
                let message = format!("`{}` = '{value}' is not supported", set.key.value);
                self.diagnostics.push(
                    Diagnostic::error("not-supported", set.value.span, message)
                        .with_note(why)
                        .help(format!("leave it out, or set it to '{only}'")),
                );
            }
            Effect::Fixed(..) => {}
            Effect::Only(only) if same_value(setting, value, only) => {}
            Effect::Only(only) => {
                let message = format!("`{}` = '{value}' would change results and is not supported yet", set.key.value);
                let diagnostic = Diagnostic::error("not-supported", set.value.span, message);
                let diagnostic = if only.is_empty() {
                    diagnostic.help("leave the statement out")
                } else {
                    diagnostic.suggest(format!("'{only}' is there"), set.value.span, format!("'{only}'"))
                };
                self.diagnostics.push(diagnostic);
            }
        }
    }

    pub(super) fn reset(&mut self, reset: &Reset) {
        match &reset.key {
            None => self.catalog.settings.reset(None),
            Some(key) => {
                if self.known_key(key).is_some() {
                    self.catalog.settings.reset(Some(todays_name(&key.value)));
                }
            }
        }
    }

    /// Flink refuses every query behind a SET that asks for mini-batches of no length.
    pub(super) fn check_mini_batch(&mut self) {
        let settings = &self.catalog.settings;
        let is_on = settings.get("table.exec.mini-batch.enabled").is_some_and(|on| on.eq_ignore_ascii_case("true"));
        let latency = settings.get("table.exec.mini-batch.allow-latency").and_then(parse_duration);
        if !is_on || latency.is_some_and(|latency| latency.as_millis() > 0) {
            return;
        }
        let keys = ["table.exec.mini-batch.allow-latency", "table.exec.mini-batch.enabled"];
        let Some(span) = keys.iter().find_map(|key| settings.place(key)) else { return };
        self.diagnostics.push(
            Diagnostic::error("mini-batch-without-length", span, "rows of a mini-batch have to wait for some time")
                .help("SET 'table.exec.mini-batch.allow-latency' = '1 s'; it is how long they wait at most"),
        );
    }

    fn known_key(&mut self, key: &StringLiteral) -> Option<&'static Setting> {
        let setting = settings::find(&key.value);
        if setting.is_none() {
            let names = SETTINGS.iter().map(|setting| setting.key.trim_end_matches(['*', '.']));
            let diagnostic =
                Diagnostic::error("unknown-setting", key.span, format!("there is no setting `{}`", key.value));
            let diagnostic = match crate::diagnostic::did_you_mean(&key.value, names) {
                Some(near) => diagnostic.suggest(format!("did you mean `{near}`?"), key.span, format!("'{near}'")),
                None => diagnostic,
            };
            self.diagnostics.push(diagnostic);
        }
        setting
    }

    pub(super) fn use_database(&mut self, used: &Use) {
        if used.catalog {
            let name = used.name.last();
            if used.name.parts.len() > 1 || name.value != DEFAULT_CATALOG {
                self.diagnostics.push(foreign_database(name));
            }
            return;
        }
        // `USE d` and `USE c.d`: the database is the last part, as if a table's name followed.
        let mut name = used.name.clone();
        name.parts.push(used.name.last().clone());
        if let Some(foreign) = foreign_qualifier(&name) {
            self.diagnostics.push(foreign_database(foreign));
        }
    }
}

/// What the value should be, if it is not.
fn mistake(setting: &Setting, value: &str) -> Option<String> {
    let right = match setting.kind {
        ValueKind::Text => true,
        ValueKind::Boolean => ["true", "false"].contains(&value.to_ascii_lowercase().as_str()),
        ValueKind::Count => value.parse::<u32>().is_ok_and(|count| count > 0),
        ValueKind::Whole => value.parse::<u32>().is_ok(),
        ValueKind::Duration => parse_duration(value).is_some(),
        ValueKind::Time => parse_duration(value).is_some_and(|time| !time.is_zero()),
        ValueKind::Place => !value.is_empty(),
        ValueKind::Zone => value == "default" || Zone::parse(value).is_some(),
        ValueKind::Choice(choices) => choices.iter().any(|choice| choice.eq_ignore_ascii_case(value)),
    };
    if right {
        return None;
    }
    Some(match setting.kind {
        ValueKind::Text => "a text".to_owned(),
        ValueKind::Boolean => "'true' or 'false'".to_owned(),
        ValueKind::Count => "a whole number of at least 1".to_owned(),
        ValueKind::Whole => "a whole number".to_owned(),
        ValueKind::Time => "a duration above 0 such as '10 s'".to_owned(),
        ValueKind::Place => "a folder, or a URL such as 's3://bucket/path'".to_owned(),
        ValueKind::Duration => "a duration such as '10 s' or '250 ms'".to_owned(),
        ValueKind::Zone => "a time zone such as 'Europe/Berlin', 'UTC' or 'GMT+02:00'".to_owned(),
        ValueKind::Choice(choices) => {
            let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
            quoted.join(" or ")
        }
    })
}

/// Whether two spellings of a value mean the same.
fn same_value(setting: &Setting, value: &str, other: &str) -> bool {
    match setting.kind {
        ValueKind::Duration => parse_duration(value) == parse_duration(other),
        _ => value.eq_ignore_ascii_case(other),
    }
}
