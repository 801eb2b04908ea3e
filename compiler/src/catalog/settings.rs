//! The keys that SET knows, with what becomes of them, and the values in force.

use std::collections::BTreeMap;

/// One key of Flink's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// A `*` at the end stands for any rest.
    pub key: &'static str,
    pub kind: ValueKind,
    pub effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Boolean,
    /// A whole number of at least 1.
    Count,
    /// Flink's durations: `10 s`, `250 ms`.
    Duration,
    /// `Europe/Berlin`, `UTC`, `GMT+02:00`, or `default`.
    Zone,
    Choice(&'static [&'static str]),
}

/// What this compiler does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Obeyed.
    Obeyed,
    /// Says how Flink's cluster works and changes no result: accepted with a warning.
    Harmless,
    /// Would change results and is not supported yet unless it has this value: refused otherwise.
    Only(&'static str),
}

/// The settings in force at one point of the notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    pub fn set(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.to_owned());
    }

    pub fn reset(&mut self, key: Option<&str>) {
        match key {
            Some(key) => {
                self.0.remove(key);
            }
            None => self.0.clear(),
        }
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.0.clone()
    }
}

/// The setting of that key, if Flink has one.
pub fn find(key: &str) -> Option<&'static Setting> {
    let matches = |setting: &&Setting| match setting.key.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == setting.key,
    };
    SETTINGS.iter().find(matches)
}

const fn setting(key: &'static str, kind: ValueKind, effect: Effect) -> Setting {
    Setting { key, kind, effect }
}

use Effect::{Harmless, Obeyed, Only};
use ValueKind::{Boolean, Choice, Count, Duration, Text, Zone};

/// Every key that is known. The names and types are those of Flink's documentation (Configuration, Table API
/// Configuration).
pub const SETTINGS: &[Setting] = &[
    setting("table.local-time-zone", Zone, Obeyed),
    setting("pipeline.auto-watermark-interval", Duration, Obeyed),
    setting("pipeline.name", Text, Harmless),
    setting("parallelism.default", Count, Obeyed),
    setting("table.exec.resource.default-parallelism", Count, Obeyed),
    setting("table.exec.source.idle-timeout", Duration, Obeyed),
    setting("table.exec.state.ttl", Duration, Obeyed),
    setting("table.exec.sink.not-null-enforcer", Choice(&["ERROR", "DROP"]), Obeyed),
    setting("execution.runtime-mode", Choice(&["STREAMING", "BATCH", "AUTOMATIC"]), Only("STREAMING")),
    setting("table.sql-dialect", Choice(&["default", "hive"]), Only("default")),
    setting("table.exec.mini-batch.enabled", Boolean, Harmless),
    setting("table.exec.mini-batch.allow-latency", Duration, Harmless),
    setting("table.exec.mini-batch.size", Count, Harmless),
    setting("table.exec.emit.early-fire.enabled", Boolean, Only("false")),
    setting("table.exec.emit.early-fire.delay", Duration, Harmless),
    setting("table.exec.emit.late-fire.enabled", Boolean, Only("false")),
    setting("table.exec.emit.late-fire.delay", Duration, Harmless),
    setting("table.exec.emit.allow-lateness", Duration, Only("0 ms")),
    setting("table.exec.sink.type-length-enforcer", Choice(&["IGNORE", "TRIM_PAD", "ERROR"]), Only("IGNORE")),
    setting("table.exec.sink.upsert-materialize", Choice(&["NONE", "AUTO", "FORCE"]), Harmless),
    setting("table.exec.sink.keyed-shuffle", Choice(&["NONE", "AUTO", "FORCE"]), Harmless),
    setting("table.exec.source.cdc-events-duplicate", Boolean, Only("false")),
    setting("table.exec.legacy-cast-behaviour", Choice(&["ENABLED", "DISABLED"]), Only("DISABLED")),
    setting("table.exec.async-lookup.*", Text, Harmless),
    setting("table.exec.async-scalar.*", Text, Harmless),
    setting("table.exec.uid.*", Text, Harmless),
    setting("table.exec.simplify-operator-name-enabled", Boolean, Harmless),
    setting("table.exec.disabled-operators", Text, Harmless),
    setting("table.exec.operator-fusion-codegen.enabled", Boolean, Harmless),
    setting("table.exec.spill-compression.*", Text, Harmless),
    setting("table.exec.sort.*", Text, Harmless),
    setting("table.exec.resource.*", Text, Harmless),
    setting("table.exec.window-agg.buffer-size-limit", Count, Harmless),
    setting("table.optimizer.*", Text, Harmless),
    setting("table.generated-code.max-length", Count, Harmless),
    setting("table.plan.*", Text, Harmless),
    setting("table.dml-sync", Boolean, Harmless),
    setting("table.dynamic-table-options.enabled", Boolean, Only("true")),
    setting("table.builtin-catalog-name", Text, Only("default_catalog")),
    setting("table.builtin-database-name", Text, Only("default_database")),
    setting("table.column-expansion-strategy", Text, Only("")),
    setting("execution.attached", Boolean, Harmless),
    setting("execution.buffer-timeout", Duration, Harmless),
    setting("execution.checkpointing.*", Text, Harmless),
    setting("execution.savepoint.*", Text, Harmless),
    setting("execution.shutdown-on-attached-exit", Boolean, Harmless),
    setting("execution.target", Text, Harmless),
    setting("execution.batch-shuffle-mode", Text, Harmless),
    setting("execution.batch.*", Text, Harmless),
    setting("execution.sorted-inputs.*", Text, Harmless),
    setting("pipeline.max-parallelism", Count, Harmless),
    setting("pipeline.object-reuse", Boolean, Harmless),
    setting("pipeline.operator-chaining", Boolean, Harmless),
    setting("pipeline.operator-chaining.*", Text, Harmless),
    setting("pipeline.generic-types", Boolean, Harmless),
    setting("pipeline.jars", Text, Harmless),
    setting("pipeline.classpaths", Text, Harmless),
    setting("pipeline.global-job-parameters", Text, Harmless),
    setting("pipeline.watermark-alignment.*", Text, Harmless),
    setting("pipeline.force-avro", Boolean, Harmless),
    setting("pipeline.force-kryo", Boolean, Harmless),
    setting("restart-strategy", Text, Harmless),
    setting("restart-strategy.*", Text, Harmless),
    setting("state.*", Text, Harmless),
    setting("taskmanager.*", Text, Harmless),
    setting("jobmanager.*", Text, Harmless),
    setting("rest.*", Text, Harmless),
    setting("metrics.*", Text, Harmless),
    setting("security.*", Text, Harmless),
    setting("akka.*", Text, Harmless),
    setting("pekko.*", Text, Harmless),
    setting("env.*", Text, Harmless),
    setting("sql-client.*", Text, Harmless),
    setting("flink.*", Text, Harmless),
    setting("zeppelin.*", Text, Harmless),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_name_and_by_prefix() {
        assert_eq!(find("table.local-time-zone").map(|setting| setting.effect), Some(Obeyed));
        assert_eq!(find("execution.checkpointing.interval").map(|setting| setting.effect), Some(Harmless));
        assert!(find("table.local-timezone").is_none());
    }

    #[test]
    fn reset_takes_one_or_all_back() {
        let mut settings = Settings::default();
        settings.set("a", "1");
        settings.set("b", "2");
        settings.reset(Some("a"));
        assert_eq!((settings.get("a"), settings.get("b")), (None, Some("2")));
        settings.reset(None);
        assert_eq!(settings, Settings::default());
    }
}
