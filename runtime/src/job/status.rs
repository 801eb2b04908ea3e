//! A running application seen from outside: what `/status` says, as JSON.

use super::metrics::{CheckpointHistory, Registry, Sample};
use crate::order;
use crate::time::Clock;
use crate::value::Timestamp;
use serde_json::{Map, Value};

/// What does not change while an application runs.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub name: &'static str,
    pub version: &'static str,
    pub clock: Clock,
    pub started: Timestamp,
    /// Where checkpoints are kept; `None` if there are none.
    pub checkpoint_dir: Option<String>,
}

impl Status {
    /// The whole document, as of now.
    pub fn document(&self, metrics: &Registry) -> Value {
        let now = self.clock.now();
        let mut document = status(self.name, self.version, metrics);
        document["process"] = std::process::id().into();
        document["time"] = shown(now);
        document["started"] = shown(self.started);
        document["uptime_millis"] = (now.millis() - self.started.millis()).into();
        show_silence(&mut document, now);
        document["restarts"] = metrics.counter("sqlc_restarts_total", &[]).get().into();
        if let Some((_, failure)) = metrics.texts("sqlc_last_failure").first() {
            document["last_failure"] = failure.as_str().into();
        }
        document["checkpoints"] = match &self.checkpoint_dir {
            Some(location) => checkpoints(location, &metrics.checkpoints(), metrics, now),
            None => Value::Null,
        };
        document
    }
}

/// For how long the splits have been silent that hold a watermark back.
fn show_silence(document: &mut Value, now: Timestamp) {
    let Some(sources) = document["sources"].as_object_mut() else { return };
    for (_, source) in sources {
        let since = source.get("watermark_held_by").and_then(|held_by| held_by["since"].as_str());
        let since: Option<jiff::Timestamp> = since.and_then(|since| since.parse().ok());
        if let Some(since) = since {
            source["watermark_held_by"]["silent_millis"] = (now.millis() - since.as_millisecond()).into();
        }
    }
}

fn checkpoints(location: &str, history: &CheckpointHistory, metrics: &Registry, now: Timestamp) -> Value {
    let age = |at: Timestamp| Value::from(now.millis() - at.millis());
    let samples = metrics.samples();
    let total =
        |name: &str| Value::from(samples.iter().find(|sample| sample.name == name).map_or(0, |sample| sample.value));
    let mut all = object(vec![
        ("location", location.into()),
        ("completed", total("sqlc_checkpoints_completed_total")),
        ("failed", total("sqlc_checkpoints_failed_total")),
    ]);
    if let Some(restored) = &history.restored {
        all["restored"] = object(vec![("id", restored.id.into()), ("location", restored.location.as_str().into())]);
    }
    if let Some(running) = &history.running {
        all["running"] = object(vec![
            ("id", running.id.into()),
            ("savepoint", running.is_savepoint.into()),
            ("since", shown(running.since)),
            ("age_millis", age(running.since)),
        ]);
    }
    let last = history.completed.iter().map(|each| {
        object(vec![
            ("id", each.id.into()),
            ("savepoint", each.is_savepoint.into()),
            ("completed", shown(each.ended)),
            ("age_millis", age(each.ended)),
            ("duration_millis", (each.ended.millis() - each.begun.millis()).into()),
            ("bytes", each.sizes.written.into()),
            ("state_bytes", each.sizes.whole.into()),
        ])
    });
    all["last"] = last.collect();
    if let Some(failure) = &history.last_failure {
        all["last_failure"] = object(vec![
            ("id", failure.id.into()),
            ("at", shown(failure.at)),
            ("age_millis", age(failure.at)),
            ("reason", failure.reason.as_str().into()),
        ]);
    }
    all
}

/// An object of these members. `json!` is compiled to much more.
fn object(members: Vec<(&str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A moment as people read it.
fn shown(time: Timestamp) -> Value {
    let mut value = object(vec![("time", time.millis().into())]);
    show_time(&mut value, "time");
    value["time"].take()
}

/// Everything that is counted, by table, split and operator.
fn status(name: &str, version: &str, metrics: &Registry) -> Value {
    let samples = metrics.samples();
    object(vec![
        ("application", name.into()),
        ("version", version.into()),
        ("sources", sources(&samples, metrics)),
        ("operators", operators(&samples)),
        ("sinks", sinks(&samples, metrics)),
    ])
}

fn sinks(samples: &[Sample], metrics: &Registry) -> Value {
    let mut sinks = grouped(samples, "table", &[("sqlc_records_written_total", "written")]);
    show_troubles(&mut sinks, samples, metrics);
    Value::Object(sinks)
}

/// How often calls of a table were repeated and what the last error was, and since when they fail if they do.
fn show_troubles(tables: &mut Map<String, Value>, samples: &[Sample], metrics: &Registry) {
    let errors = metrics.texts("sqlc_last_error");
    for (table, shown) in tables {
        let value = |name: &str| {
            let found = samples.iter().find(|sample| sample.name == name && sample.label("table") == Some(table));
            found.map(|sample| sample.value)
        };
        let Some(retries @ 1..) = value("sqlc_retries_total") else { continue };
        shown["retries"] = retries.into();
        if let Some(since) = value("sqlc_retrying_since_millis") {
            shown["retrying_since"] = since.into();
            show_time(shown, "retrying_since");
        }
        let error = errors.iter().find(|(labels, _)| labels.iter().any(|(_, value)| value == table));
        if let Some((_, error)) = error {
            shown["last_error"] = error.as_str().into();
        }
    }
}

fn sources(samples: &[Sample], metrics: &Registry) -> Value {
    let mut sources = grouped(
        samples,
        "table",
        &[
            ("sqlc_records_read_total", "read"),
            ("sqlc_records_decoded_total", "decoded"),
            ("sqlc_records_skipped_total", "skipped"),
            ("sqlc_records_dead_lettered_total", "dead_lettered"),
            ("sqlc_source_rows_total", "rows"),
        ],
    );
    for (table, source) in &mut sources {
        let of_table: Vec<Sample> =
            samples.iter().filter(|sample| sample.label("table") == Some(table)).cloned().collect();
        let shown = [
            ("sqlc_split_watermark_millis", "watermark"),
            ("sqlc_split_heard_millis", "heard"),
            ("sqlc_split_lag_millis", "lag_millis"),
            ("sqlc_split_idle", "idle"),
        ];
        let mut splits = grouped(&of_table, "split", &shown);
        if let Some(held_back) = held_back(&splits) {
            source["watermark_held_by"] = held_back;
        }
        for (_, split) in &mut splits {
            split["idle"] = (split["idle"] == 1).into();
            show_time(split, "watermark");
            show_time(split, "heard");
        }
        source["splits"] = Value::Object(splits);
    }
    show_troubles(&mut sources, samples, metrics);
    Value::Object(sources)
}

/// The split that the watermark of a table waits for: the earliest of those that are not idle. Says since when it has
/// been silent and how far it is behind the next one. A table without watermarks, or with one split, has none.
fn held_back(splits: &Map<String, Value>) -> Option<Value> {
    let watermark = |split: &Value| split["watermark"].as_i64().unwrap_or(i64::MIN);
    let mut speaking: Vec<(&String, &Value)> = splits.iter().filter(|(_, split)| split["idle"] != 1).collect();
    order::sort_by_key(&mut speaking, |(_, split)| watermark(split));
    let [(name, first), (_, next), ..] = speaking[..] else { return None };
    let next = next["watermark"].as_i64()?;
    let mut held_back = object(vec![("split", name.as_str().into()), ("since", first["heard"].clone())]);
    show_time(&mut held_back, "since");
    held_back["behind_millis"] = first["watermark"].as_i64().map(|first| next - first).into();
    Some(held_back)
}

fn operators(samples: &[Sample]) -> Value {
    let mut operators = grouped(
        samples,
        "operator",
        &[
            ("sqlc_operator_rows_in_total", "rows_in"),
            ("sqlc_operator_rows_out_total", "rows_out"),
            ("sqlc_operator_late_total", "late"),
        ],
    );
    for sample in samples.iter().filter(|sample| sample.name == "sqlc_operator_watermark_millis") {
        let Some(operator) = sample.label("operator").and_then(|operator| operators.get_mut(operator)) else {
            continue;
        };
        // The slowest worker decides what is complete.
        let earliest = operator["watermark"].as_i64().map_or(sample.value, |known| known.min(sample.value));
        operator["watermark"] = earliest.into();
    }
    // Every worker has keys of its own.
    for (name, shown) in [("sqlc_operator_state_keys", "state_keys"), ("sqlc_operator_state_bytes", "state_bytes")] {
        for sample in samples.iter().filter(|sample| sample.name == name) {
            if let Some(operator) = sample.label("operator").and_then(|operator| operators.get_mut(operator)) {
                operator[shown] = (operator[shown].as_i64().unwrap_or(0) + sample.value).into();
            }
        }
    }
    for (_, operator) in &mut operators {
        show_time(operator, "watermark");
    }
    Value::Object(operators)
}

/// `{label value: {key: value}}` of the metrics in question.
fn grouped(samples: &[Sample], label: &str, metrics: &[(&str, &str)]) -> Map<String, Value> {
    let mut groups = Map::new();
    for sample in samples {
        let key = metrics.iter().find(|(name, _)| *name == sample.name).map(|(_, key)| *key);
        if let (Some(key), Some(group)) = (key, sample.label(label)) {
            groups.entry(group).or_insert_with(|| object(Vec::new()))[key] = sample.value.into();
        }
    }
    groups
}

/// A time as people read it: none before the first watermark, `end` after the last.
fn show_time(value: &mut Value, key: &str) {
    let Some(millis) = value[key].as_i64() else { return };
    value[key] = match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => format!("{time:.3}").into(),
        Err(_) if millis > 0 => "end".into(),
        Err(_) => Value::Null,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_status_follows_records_from_split_to_sink() {
        let metrics = Registry::default();
        metrics.counter("sqlc_records_read_total", &[("table", "t")]).add(3);
        metrics.counter("sqlc_records_decoded_total", &[("table", "t")]).add(2);
        metrics.counter("sqlc_records_skipped_total", &[("table", "t")]).add(1);
        metrics.gauge("sqlc_split_watermark_millis", &[("table", "t"), ("split", "shard-1")]).set(1_500);
        metrics.gauge("sqlc_split_lag_millis", &[("table", "t"), ("split", "shard-1")]).set(20);
        metrics.counter("sqlc_operator_rows_in_total", &[("operator", "Hop")]).add(2);
        for (worker, watermark) in [("0", i64::MAX / 1_000), ("1", 2_000)] {
            let labels = [("operator", "Hop"), ("worker", worker)];
            metrics.gauge("sqlc_operator_watermark_millis", &labels).set(watermark);
            metrics.gauge("sqlc_operator_state_keys", &labels).set(21);
        }
        metrics.counter("sqlc_records_written_total", &[("table", "out")]).add(1);
        assert_eq!(
            status("app", "1", &metrics),
            json!({
                "application": "app",
                "version": "1",
                "sources": {"t": {"decoded": 2, "read": 3, "skipped": 1, "splits": {
                    "shard-1": {"idle": false, "lag_millis": 20, "watermark": "1970-01-01T00:00:01.500Z"}}}},
                "operators": {"Hop": {"rows_in": 2, "watermark": "1970-01-01T00:00:02.000Z", "state_keys": 42}},
                "sinks": {"out": {"written": 1}},
            })
        );
    }

    #[test]
    fn what_is_repeated_is_shown_with_its_reason() {
        let metrics = Registry::default();
        metrics.counter("sqlc_records_written_total", &[("table", "out")]).add(1);
        let trouble = crate::job::trouble::Trouble::new("out", &metrics);
        let mut party = trouble.party();
        let shown = || status("app", "1", &metrics)["sinks"]["out"].clone();
        assert_eq!(shown(), json!({"written": 1}));
        party.failed(Timestamp::from_millis(1_500), "no answer");
        let failing = json!({
            "written": 1, "retries": 1, "retrying_since": "1970-01-01T00:00:01.500Z", "last_error": "no answer",
        });
        assert_eq!(shown(), failing);
        party.succeeded(|| Timestamp::from_millis(2_500));
        assert_eq!(shown(), json!({"written": 1, "retries": 1, "last_error": "no answer"}));
    }

    #[test]
    fn the_split_that_holds_the_watermark_is_named() {
        let metrics = Registry::default();
        let show = |split: &str, watermark: Option<i64>, heard: i64, idle: i64| {
            let labels = [("table", "t"), ("split", split)];
            if let Some(watermark) = watermark {
                metrics.gauge("sqlc_split_watermark_millis", &labels).set(watermark);
            }
            metrics.gauge("sqlc_split_heard_millis", &labels).set(heard);
            metrics.gauge("sqlc_split_idle", &labels).set(idle);
        };
        metrics.counter("sqlc_records_read_total", &[("table", "t")]).add(3);
        let held_by = || status("app", "1", &metrics)["sources"]["t"]["watermark_held_by"].clone();
        show("a", Some(9_000), 50_000, 0);
        assert_eq!(held_by(), Value::Null, "one split waits for nobody");
        show("b", Some(4_000), 20_000, 0);
        let behind = json!({"split": "b", "since": "1970-01-01T00:00:20.000Z", "behind_millis": 5_000});
        assert_eq!(held_by(), behind);
        show("c", None, 10_000, 0);
        let silent = json!({"split": "c", "since": "1970-01-01T00:00:10.000Z", "behind_millis": null});
        assert_eq!(held_by(), silent, "a split that has told nothing yet");
        show("c", None, 10_000, 1);
        assert_eq!(held_by(), behind);
    }
}
