//! The keys that SET knows, with what becomes of them, and the values in force.

use crate::text::Span;
use sqlc_runtime::job::todays_name;
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
    /// A whole number, 0 too.
    Whole,
    /// Flink's durations: `10 s`, `250 ms`.
    Duration,
    /// A duration above 0.
    Time,
    /// A folder or URL.
    Place,
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
    /// Changes no result, but is done in one way only: refused unless it has this value, and this is why.
    Fixed(&'static str, &'static str),
    /// Said when the application starts, and not in the notebook, in this way: accepted with a warning.
    AtStart(&'static str),
}

/// The settings in force at one point of the notebook, with the places where they were set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, (String, Span)>);

impl Settings {
    pub fn set(&mut self, key: &str, value: &str, span: Span) {
        self.0.insert(key.to_owned(), (value.to_owned(), span));
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
        self.0.get(key).map(|(value, _)| value.as_str())
    }

    /// Where a key was set.
    pub fn place(&self, key: &str) -> Option<Span> {
        self.0.get(key).map(|(_, span)| *span)
    }

    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(key, (value, _))| (key.clone(), value.clone())).collect()
    }
}

/// The setting of that key, or of that older name of a key, if Flink has one.
pub fn find(key: &str) -> Option<&'static Setting> {
    let key = todays_name(key);
    let matches = |setting: &&Setting| match setting.key.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == setting.key,
    };
    SETTINGS.iter().find(matches)
}

const fn setting(key: &'static str, kind: ValueKind, effect: Effect) -> Setting {
    Setting { key, kind, effect }
}

use Effect::{AtStart, Fixed, Harmless, Obeyed, Only};
use ValueKind::{Boolean, Choice, Count, Duration, Place, Text, Time, Whole, Zone};

const ALIGNED: &str = "checkpoints are always aligned: rows do not wait long, so that they are quick";
/// What is in a notebook would be in the crate and the binary.
const KEYS: &str = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN as variables, or --config FILE";
const ENCRYPTION: &str = "AWS_SERVER_SIDE_ENCRYPTION and AWS_SSE_KMS_KEY_ID as variables";
const ONE_AT_A_TIME: &str = "checkpoints are taken one at a time";

/// Flink's restart strategies, in all their spellings.
const RESTARTS: &[&str] = &[
    "none",
    "off",
    "disable",
    "fixed-delay",
    "fixeddelay",
    "failure-rate",
    "failurerate",
    "exponential-delay",
    "exponentialdelay",
];

/// Every key that is known. The names and types are those of Flink's documentation (Configuration, Table API
/// Configuration).
pub const SETTINGS: &[Setting] = &[
    setting("table.local-time-zone", Zone, Obeyed),
    setting("pipeline.auto-watermark-interval", Duration, Obeyed),
    setting("pipeline.name", Text, Harmless),
    setting("parallelism.default", Count, Obeyed),
    setting("table.exec.source.idle-timeout", Duration, Obeyed),
    setting("table.exec.state.ttl", Duration, Obeyed),
    setting("table.exec.sink.not-null-enforcer", Choice(&["ERROR", "DROP"]), Obeyed),
    setting("execution.runtime-mode", Choice(&["STREAMING", "BATCH", "AUTOMATIC"]), Only("STREAMING")),
    setting("table.sql-dialect", Choice(&["default", "hive"]), Only("default")),
    setting("table.exec.mini-batch.enabled", Boolean, Obeyed),
    setting("table.exec.mini-batch.allow-latency", Duration, Obeyed),
    setting("table.exec.mini-batch.size", Count, Obeyed),
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
    setting("table.optimizer.agg-phase-strategy", Choice(&["AUTO", "TWO_PHASE", "ONE_PHASE"]), Obeyed),
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
    setting("execution.checkpointing.interval", Duration, Obeyed),
    setting("execution.checkpointing.mode", Choice(&["EXACTLY_ONCE", "AT_LEAST_ONCE"]), Obeyed),
    setting("execution.checkpointing.timeout", Time, Obeyed),
    setting("execution.checkpointing.min-pause", Duration, Obeyed),
    setting("execution.checkpointing.max-concurrent-checkpoints", Count, Fixed("1", ONE_AT_A_TIME)),
    setting("execution.checkpointing.tolerable-failed-checkpoints", Whole, Obeyed),
    setting("execution.checkpointing.num-retained", Count, Obeyed),
    setting("execution.checkpointing.dir", Place, Obeyed),
    setting("execution.checkpointing.savepoint-dir", Place, Obeyed),
    setting("execution.checkpointing.incremental", Boolean, Obeyed),
    setting(
        "execution.checkpointing.externalized-checkpoint-retention",
        Choice(&["RETAIN_ON_CANCELLATION", "DELETE_ON_CANCELLATION"]),
        Obeyed,
    ),
    setting("execution.checkpointing.unaligned.enabled", Boolean, Fixed("false", ALIGNED)),
    setting("execution.checkpointing.unaligned.forced", Boolean, Fixed("false", ALIGNED)),
    setting("execution.checkpointing.aligned-checkpoint-timeout", Duration, Harmless),
    setting("execution.checkpointing.alignment-timeout", Duration, Harmless),
    setting("execution.checkpointing.approximate-local-recovery", Boolean, Harmless),
    setting("execution.checkpointing.checkpoints-after-tasks-finish", Boolean, Harmless),
    setting("execution.checkpointing.checkpoints-after-tasks-finish.enabled", Boolean, Harmless),
    setting("execution.checkpointing.cleaner.parallel-mode", Boolean, Harmless),
    setting("execution.checkpointing.create-subdir", Boolean, Harmless),
    setting("execution.checkpointing.data-inline-threshold", Text, Harmless),
    setting("execution.checkpointing.during-recovery.enabled", Boolean, Harmless),
    setting("execution.checkpointing.file-merging.*", Text, Harmless),
    setting("execution.checkpointing.interval-during-backlog", Duration, Harmless),
    setting("execution.checkpointing.local-backup.*", Text, Harmless),
    setting("execution.checkpointing.pause-sources-until-first-checkpoint", Boolean, Harmless),
    setting("execution.checkpointing.recover-without-channel-state.*", Text, Harmless),
    setting("execution.checkpointing.storage", Text, Harmless),
    setting("execution.checkpointing.unaligned.*", Text, Harmless),
    setting("execution.checkpointing.write-buffer-size", Text, Harmless),
    setting("s3.endpoint", Text, Obeyed),
    setting("s3.path-style-access", Boolean, Obeyed),
    setting("s3.region", Text, Obeyed),
    setting("s3.access-key", Text, AtStart(KEYS)),
    setting("s3.secret-key", Text, AtStart(KEYS)),
    setting("s3.session-token", Text, AtStart(KEYS)),
    setting("s3.sse.*", Text, AtStart(ENCRYPTION)),
    setting("s3.*", Text, Harmless),
    setting("execution.state-recovery.path", Text, AtStart("--restore PATH")),
    setting("execution.state-recovery.ignore-unclaimed-state", Boolean, AtStart("--allow-non-restored-state")),
    setting("execution.state-recovery.*", Text, Harmless),
    setting("execution.savepoint.path", Text, AtStart("--restore PATH")),
    setting("execution.savepoint.ignore-unclaimed-state", Boolean, AtStart("--allow-non-restored-state")),
    setting("execution.savepoint-restore-mode", Text, Harmless),
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
    setting("restart-strategy", Choice(RESTARTS), Obeyed),
    setting("restart-strategy.type", Choice(RESTARTS), Obeyed),
    setting("restart-strategy.fixed-delay.attempts", Count, Obeyed),
    setting("restart-strategy.fixed-delay.delay", Duration, Obeyed),
    setting("restart-strategy.failure-rate.max-failures-per-interval", Count, Obeyed),
    setting("restart-strategy.failure-rate.failure-rate-interval", Duration, Obeyed),
    setting("restart-strategy.failure-rate.delay", Duration, Obeyed),
    setting("restart-strategy.exponential-delay.initial-backoff", Duration, Obeyed),
    setting("restart-strategy.exponential-delay.max-backoff", Duration, Obeyed),
    setting("restart-strategy.exponential-delay.backoff-multiplier", Text, Obeyed),
    setting("restart-strategy.exponential-delay.reset-backoff-threshold", Duration, Obeyed),
    setting("restart-strategy.exponential-delay.jitter-factor", Text, Obeyed),
    setting("restart-strategy.exponential-delay.attempts-before-reset-backoff", Count, Obeyed),
    setting("connection.retry-timeout", Duration, Obeyed),
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
    use crate::text::Sources;

    #[test]
    fn keys_are_found_by_name_and_by_prefix() {
        assert_eq!(find("table.local-time-zone").map(|setting| setting.effect), Some(Obeyed));
        assert_eq!(find("execution.checkpointing.interval").map(|setting| setting.effect), Some(Obeyed));
        assert_eq!(find("state.backend.type").map(|setting| setting.effect), Some(Harmless));
        assert_eq!(
            find("state.checkpoints.dir").map(|setting| setting.key),
            Some("execution.checkpointing.dir"),
            "an older name"
        );
        assert_eq!(find("s3.path.style.access").map(|setting| setting.key), Some("s3.path-style-access"));
        assert!(find("table.local-timezone").is_none());
    }

    #[test]
    fn the_runtime_knows_what_is_obeyed_when_it_runs() {
        // These are for the compiler alone.
        let compiled = [
            "table.exec.state.ttl",
            "table.exec.sink.not-null-enforcer",
            "table.exec.mini-batch.enabled",
            "table.exec.mini-batch.allow-latency",
            "table.exec.mini-batch.size",
            "table.optimizer.agg-phase-strategy",
        ];
        let known = |key: &str| sqlc_runtime::job::SETTINGS.iter().any(|setting| setting.name == key);
        for setting in SETTINGS.iter().filter(|setting| setting.effect == Obeyed) {
            assert!(known(setting.key) || compiled.contains(&setting.key), "{}", setting.key);
        }
        for setting in sqlc_runtime::job::SETTINGS {
            let effect = find(setting.name).unwrap().effect;
            let is_secret = setting.name.starts_with("s3.") && matches!(effect, AtStart(_));
            assert!(matches!(effect, Obeyed | Fixed(..)) || is_secret, "{}", setting.name);
        }
    }

    #[test]
    fn reset_takes_one_or_all_back() {
        let mut settings = Settings::default();
        let mut sources = Sources::default();
        let file = sources.add_file("notebook.sql");
        let span = Span::new(sources.add_cell(file, 1, ""), 0, 0);
        settings.set("a", "1", span);
        settings.set("b", "2", span);
        settings.reset(Some("a"));
        assert_eq!((settings.get("a"), settings.get("b")), (None, Some("2")));
        settings.reset(None);
        assert_eq!(settings, Settings::default());
    }
}
