//! What the start of an application changes about its tables and settings.
//!
//! Later sources win: WITH and SET in the notebook, `--config FILE.toml`, variables `SQLC_SET_...`, `--set`.
//! A variable's name is the option's with every character that is no letter or digit written as `_`, in
//! capitals, behind the table's and two underscores: `--set sensor_data.aws.region=eu-west-1` is
//! `SQLC_SET_SENSOR_DATA__AWS_REGION=eu-west-1`. A setting has no table: `SQLC_SET_PARALLELISM_DEFAULT=4`.

use super::settings::{OLDER_NAMES, SETTINGS};
use crate::connector::options::{
    COMMON, CONNECTORS, ConnectorSpec, FORMATS, OptionKind, OptionSpec, Options, parse_duration, parse_size,
};
use crate::error::{Error, ErrorKind, Result};
use crate::order;
use toml::de::{DeTable, DeValue};

const VARIABLE: &str = "SQLC_SET_";

/// Options given at the start, in ascending order of weight.
#[derive(Clone, Debug, Default)]
pub struct Overrides(Vec<Override>);

#[derive(Clone, Debug)]
struct Override {
    key: Key,
    value: String,
    /// As the user knows it: `--set a.b`, `SQLC_SET_A__B`, `settings.toml: a.b`.
    given_as: String,
    used: bool,
}

#[derive(Clone, Debug)]
enum Key {
    /// `table.option`, or a setting.
    Name(String),
    /// What follows `SQLC_SET_`.
    Variable(String),
}

impl Overrides {
    /// Adds `KEY=VALUE`, as `--set` takes it.
    pub fn add_argument(&mut self, argument: &str) -> Result<()> {
        let Some((key, value)) = argument.split_once('=') else {
            return Err(usage(format!("--set {argument}: expected table.option=value")));
        };
        self.add(Key::Name(key.trim().to_owned()), value, format!("--set {}", key.trim()));
        Ok(())
    }

    /// Adds the variables that are meant for us.
    pub fn add_variables(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let mut ours: Vec<_> = variables.filter(|(name, _)| name.starts_with(VARIABLE)).collect();
        order::sort(&mut ours);
        for (name, value) in ours {
            self.add(Key::Variable(name[VARIABLE.len()..].to_ascii_uppercase()), &value, name);
        }
    }

    /// Adds the content of a TOML file: a section per table, settings at the top.
    pub fn add_file(&mut self, name: &str, text: &str) -> Result<()> {
        let table = DeTable::parse(text).map_err(|error| usage(format!("{name}: {error}")))?;
        for (key, value) in table.get_ref() {
            self.add_toml(name, key.get_ref().to_string(), value.get_ref())?;
        }
        Ok(())
    }

    fn add_toml(&mut self, file: &str, key: String, value: &DeValue<'_>) -> Result<()> {
        let text = match value {
            DeValue::Table(table) => {
                return table.iter().try_for_each(|(inner, value)| {
                    self.add_toml(file, format!("{key}.{}", inner.get_ref()), value.get_ref())
                });
            }
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => number.to_string(),
                Err(_) => return Err(usage(format!("{file}: {key} is {digits}, which is too large a number"))),
            },
            DeValue::Float(digits) => {
                digits.as_str().parse().map_or(digits.to_string(), |number: f64| number.to_string())
            }
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) => return Err(usage(format!("{file}: {key} is a list, expected one value"))),
        };
        let given_as = format!("{file}: {key}");
        self.add(Key::Name(key), &text, given_as);
        Ok(())
    }

    fn add(&mut self, key: Key, value: &str, given_as: String) {
        self.0.push(Override { key, value: value.to_owned(), given_as, used: false });
    }

    /// The settings of the notebook, as changed at the start.
    pub fn settings(&mut self, declared: &[(&str, &str)]) -> Options {
        let mut settings = Options::new(declared.iter().copied());
        for change in &mut self.0 {
            let older = OLDER_NAMES.iter().find(|(older, _)| change.key.names(None, older));
            let known = SETTINGS.iter().find(|setting| change.key.names(None, setting.name));
            if let Some(name) = older.map(|(_, today)| *today).or(known.map(|setting| setting.name)) {
                settings.set(name, &change.value);
                change.used = true;
            }
        }
        settings
    }

    /// The options of a table, as changed at the start. Everything given is checked.
    pub fn table(&mut self, table: &str, declared: &[(&str, &str)], columns: &[&str]) -> Result<Options> {
        let mut options = Options::new(declared.iter().copied());
        // Another connector makes other options known, so it comes first.
        let mut connector = None;
        for change in self.0.iter_mut().filter(|change| change.key.names(Some(table), "connector")) {
            change.used = true;
            connector = Some(&*change);
        }
        if let Some(change) = connector {
            if connector_spec(&change.value).is_none() {
                let names = CONNECTORS.iter().map(|connector| connector.name);
                let hint = suggestion(&change.value, names);
                return Err(usage(format!("{}: there is no connector '{}'{hint}", change.given_as, change.value)));
            }
            options.set("connector", &change.value);
            let known: Vec<&OptionSpec> = known_options(&options);
            let kept = options.iter().filter(|(name, _)| {
                matches!(*name, "connector" | "format") || known.iter().any(|spec| matches_spec(spec.name, name))
            });
            options = Options::new(kept.collect::<Vec<_>>());
        }
        let known = known_options(&options);
        for change in self.0.iter_mut().filter(|change| !change.key.names(Some(table), "connector")) {
            let Some(name) = change.key.option_of(table, &known, columns) else { continue };
            change.used = true;
            let Some(spec) = known.iter().find(|spec| matches_spec(spec.name, &name)) else {
                if matches!(name.as_str(), "format" | "value.format" | "key.format") {
                    return Err(rebuild(&change.given_as, table, &name));
                }
                let hint = suggestion(&name, known.iter().map(|spec| spec.name));
                return Err(usage(format!("{}: table {table} has no option '{name}'{hint}", change.given_as)));
            };
            if spec.is_fixed(options.text(&name).is_some()) {
                return Err(rebuild(&change.given_as, table, &name));
            }
            check(spec, &change.value).map_err(|error| error.context(&change.given_as))?;
            options.set(&name, &change.value);
        }
        Ok(options)
    }

    /// Complains about what no table and no setting took.
    pub fn complain_about_the_rest(&self, tables: &[&str]) -> Result<()> {
        let Some(change) = self.0.iter().find(|change| !change.used) else { return Ok(()) };
        let hint = match &change.key {
            Key::Name(key) => {
                let table = key.split('.').next().unwrap_or_default();
                let names = tables.iter().copied().chain(SETTINGS.iter().map(|setting| setting.name));
                let table = suggestion(table, names.clone());
                if table.is_empty() { suggestion(key, names) } else { table }
            }
            Key::Variable(_) => String::new(),
        };
        let tables = tables.join(", ");
        Err(usage(format!("{}: there is no such table or setting{hint}; the tables are {tables}", change.given_as)))
    }
}

impl Key {
    fn names(&self, table: Option<&str>, option: &str) -> bool {
        match (self, table) {
            (Key::Name(name), None) => name == option,
            (Key::Name(name), Some(table)) => option_in(name, table) == Some(option),
            (Key::Variable(name), None) => *name == variable(option),
            (Key::Variable(name), Some(table)) => {
                name.strip_prefix(&variable(table)).and_then(|rest| rest.strip_prefix("__"))
                    == Some(variable(option).as_str())
            }
        }
    }

    /// The name of the option, if this is about an option of the table.
    fn option_of(&self, table: &str, known: &[&OptionSpec], columns: &[&str]) -> Option<String> {
        match self {
            Key::Name(name) => option_in(name, table).map(str::to_owned),
            Key::Variable(name) => {
                let option = name.strip_prefix(&variable(table))?.strip_prefix("__")?;
                let spelled_out = known.iter().flat_map(|spec| match spec.name.contains('#') {
                    true => columns.iter().map(|column| spec.name.replace('#', column)).collect(),
                    false => vec![spec.name.to_owned()],
                });
                // What is not known is an error that wants to show a name.
                let found = spelled_out.into_iter().find(|spelled_out| variable(spelled_out) == option);
                Some(found.unwrap_or_else(|| option.to_ascii_lowercase()))
            }
        }
    }
}

fn option_in<'a>(key: &'a str, table: &str) -> Option<&'a str> {
    key.strip_prefix(table)?.strip_prefix('.')
}

fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn connector_spec(name: &str) -> Option<&'static ConnectorSpec> {
    CONNECTORS.iter().find(|connector| connector.name == name)
}

/// Every option that the connector and the format of these options know.
fn known_options(options: &Options) -> Vec<&'static OptionSpec> {
    let connector = options.text("connector").and_then(connector_spec);
    let format = options.text("format").or(options.text("value.format"));
    let format = format.and_then(|format| FORMATS.iter().find(|known| known.name == format));
    let of_connector = connector.map_or(&[][..], |connector| connector.options);
    let of_format = format.map_or(&[][..], |format| format.options);
    of_connector.iter().chain(of_format).chain(COMMON).collect()
}

fn matches_spec(pattern: &str, name: &str) -> bool {
    match pattern.split_once('#') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
    }
}

fn check(spec: &OptionSpec, value: &str) -> Result<()> {
    let trimmed = value.trim();
    let expected = match spec.kind {
        OptionKind::Text => return Ok(()),
        OptionKind::Boolean if trimmed.to_ascii_lowercase().parse::<bool>().is_err() => "true or false".to_owned(),
        OptionKind::Integer if trimmed.parse::<i64>().is_err() => "a whole number".to_owned(),
        OptionKind::Double if trimmed.parse::<f64>().is_err() => "a number".to_owned(),
        OptionKind::Duration if parse_duration(trimmed).is_none() => "a duration such as '10 s'".to_owned(),
        OptionKind::Size if parse_size(trimmed).is_none() => "a size such as '5 mb'".to_owned(),
        OptionKind::Choice(choices) if !choices.iter().any(|choice| choice.eq_ignore_ascii_case(trimmed)) => {
            format!("one of {}", choices.join(", "))
        }
        _ => return Ok(()),
    };
    Err(usage(format!("the value is '{value}', expected {expected}")))
}

fn rebuild(given_as: &str, table: &str, option: &str) -> Error {
    usage(format!("{given_as}: option '{option}' of table {table} is compiled in; change it in WITH and build again"))
}

fn usage(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// `; did you mean 'x'?`, where something is near enough.
fn suggestion<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let nearest = candidates.map(|candidate| (distance(name, candidate), candidate)).min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + name.len() / 3 => format!("; did you mean '{candidate}'?"),
        _ => String::new(),
    }
}

/// How many letters must be changed, added or left out.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overridden(arguments: &[&str]) -> Result<Options> {
        let mut overrides = Overrides::default();
        for argument in arguments {
            overrides.add_argument(argument)?;
        }
        let declared = [("connector", "filesystem"), ("format", "json"), ("path", "/a")];
        let options = overrides.table("t", &declared, &["id"])?;
        overrides.complain_about_the_rest(&["t"])?;
        Ok(options)
    }

    #[test]
    fn the_last_word_counts() {
        assert_eq!(overridden(&["t.path=/b", "t.path=/c"]).unwrap().text("path"), Some("/c"));
    }

    #[test]
    fn mistakes_are_named() {
        let message = |argument: &str| overridden(&[argument]).unwrap_err().to_string();
        assert_eq!(message("t.pth=/b"), "--set t.pth: table t has no option 'pth'; did you mean 'path'?");
        assert_eq!(message("t.path"), "--set t.path: expected table.option=value");
        assert_eq!(
            message("u.path=/b"),
            "--set u.path: there is no such table or setting; did you mean 't'?; the tables are t"
        );
        assert_eq!(
            message("t.format=csv"),
            "--set t.format: option 'format' of table t is compiled in; change it in WITH and build again"
        );
        assert_eq!(
            message("t.source.monitor-interval=soon"),
            "--set t.source.monitor-interval: the value is 'soon', expected a duration such as '10 s'"
        );
    }

    #[test]
    fn variables_and_files_name_the_same_options() {
        let mut overrides = Overrides::default();
        overrides.add_file("app.toml", "[t]\npath = '/b'\nsource.monitor-interval = '1 s'\n").unwrap();
        let variables = [("SQLC_SET_T__PATH", "/c"), ("SQLC_SET_PARALLELISM_DEFAULT", "3"), ("HOME", "/root")];
        overrides.add_variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let declared = [("connector", "filesystem"), ("format", "json"), ("path", "/a")];
        let options = overrides.table("t", &declared, &[]).unwrap();
        assert_eq!(options.text("path"), Some("/c"));
        assert_eq!(options.text("source.monitor-interval"), Some("1 s"));
        assert_eq!(overrides.settings(&[]).text("parallelism.default"), Some("3"));
        overrides.complain_about_the_rest(&["t"]).unwrap();
    }

    #[test]
    fn every_value_of_a_file_is_taken_as_its_text() {
        let mut overrides = Overrides::default();
        let file = "[t]\nin.side = 'x'\nhexadecimal = 0x1_0\ndouble = 1.50\ntruth = true\nday = 2026-01-02\n";
        overrides.add_file("app.toml", file).unwrap();
        let values = overrides.0.iter().map(|change| format!("{} {}", change.given_as, change.value));
        let expected = ["day 2026-01-02", "double 1.5", "hexadecimal 16", "in.side x", "truth true"];
        assert!(values.eq(expected.map(|value| format!("app.toml: t.{value}"))), "{overrides:?}");
        let mut complaint = |text: &str| overrides.add_file("app.toml", text).unwrap_err().message().to_owned();
        assert_eq!(
            complaint("a.b = 99999999999999999999"),
            "app.toml: a.b is 99999999999999999999, which is too large a number"
        );
        assert_eq!(complaint("a.b = [1]"), "app.toml: a.b is a list, expected one value");
        assert!(
            complaint("a.b = ").starts_with("app.toml: TOML parse error at line 1, column 7"),
            "{}",
            complaint("a.b = ")
        );
    }

    #[test]
    fn another_connector_leaves_the_old_ones_options_behind() {
        let options = overridden(&["t.connector=blackhole"]).unwrap();
        assert_eq!(options.text("path"), None);
        assert_eq!(options.text("connector"), Some("blackhole"));
        assert!(overridden(&["t.connector=blackhol"]).unwrap_err().to_string().contains("did you mean 'blackhole'?"));
    }
}
