//! A running application seen from outside: `/healthz`, `/metrics`, `/status`.

use super::app::App;
use super::metrics::{Registry, Sample};
use crate::error::{Error, ErrorKind, Result};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Map, Value, json};

/// Serves the state of the application on a thread of its own, until the process ends.
pub(super) fn listen(address: &str, app: &App, metrics: &Registry) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::Resource, format!("--listen {address}: {error}"));
    // Bound here, so that an address that is taken is an error of the start.
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let router = router(app.name, app.version, metrics);
    let serve = move || {
        runtime.block_on(async {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => axum::serve(listener, router).await,
                Err(error) => Err(error),
            }
        })
    };
    let thread = std::thread::Builder::new().name("status".to_owned());
    let spawned = thread.spawn(move || {
        if let Err(error) = serve() {
            super::log::warn(&format!("the status is no longer served: {error}"));
        }
    });
    spawned.map(drop).map_err(failed)
}

fn router(name: &'static str, version: &'static str, metrics: &Registry) -> Router {
    let (for_metrics, for_status) = (metrics.clone(), metrics.clone());
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], for_metrics.prometheus()) }),
        )
        .route(
            "/status",
            get(move || async move {
                ([(CONTENT_TYPE, "application/json")], format!("{:#}\n", status(name, version, &for_status)))
            }),
        )
}

/// Everything that is counted, by table, split and operator.
fn status(name: &str, version: &str, metrics: &Registry) -> Value {
    let samples = metrics.samples();
    json!({
        "application": name,
        "version": version,
        "sources": sources(&samples),
        "operators": operators(&samples),
        "sinks": grouped(&samples, "table", &[("sqlc_records_written_total", "written")]),
    })
}

fn sources(samples: &[Sample]) -> Value {
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
        let splits = [("sqlc_split_watermark_millis", "watermark"), ("sqlc_split_lag_millis", "lag_millis")];
        let mut splits = grouped(&of_table, "split", &splits);
        for (_, split) in &mut splits {
            show_time(split);
        }
        source["splits"] = Value::Object(splits);
    }
    Value::Object(sources)
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
    for (_, operator) in &mut operators {
        show_time(operator);
    }
    Value::Object(operators)
}

/// `{label value: {key: value}}` of the metrics in question.
fn grouped(samples: &[Sample], label: &str, metrics: &[(&str, &str)]) -> Map<String, Value> {
    let mut groups = Map::new();
    for sample in samples {
        let key = metrics.iter().find(|(name, _)| *name == sample.name).map(|(_, key)| *key);
        if let (Some(key), Some(group)) = (key, sample.label(label)) {
            groups.entry(group).or_insert_with(|| json!({}))[key] = sample.value.into();
        }
    }
    groups
}

/// A watermark as people read it: none before the first, `end` after the last.
fn show_time(value: &mut Value) {
    let Some(watermark) = value["watermark"].as_i64() else { return };
    value["watermark"] = match jiff::Timestamp::from_millisecond(watermark) {
        Ok(time) => format!("{time:.3}").into(),
        Err(_) if watermark > 0 => "end".into(),
        Err(_) => Value::Null,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

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
        }
        metrics.counter("sqlc_records_written_total", &[("table", "out")]).add(1);
        assert_eq!(
            status("app", "1", &metrics),
            json!({
                "application": "app",
                "version": "1",
                "sources": {"t": {"decoded": 2, "read": 3, "skipped": 1, "splits": {
                    "shard-1": {"lag_millis": 20, "watermark": "1970-01-01T00:00:01.500Z"}}}},
                "operators": {"Hop": {"rows_in": 2, "watermark": "1970-01-01T00:00:02.000Z"}},
                "sinks": {"out": {"written": 1}},
            })
        );
    }
}
