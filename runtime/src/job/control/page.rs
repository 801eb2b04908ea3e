//! The status as people read it in a terminal.

use serde_json::{Map, Value};
use std::fmt::Write;

/// The document of `/status` as a page of text.
pub fn page(status: &Value) -> String {
    let mut page = String::new();
    let text = |name: &str| status[name].as_str().unwrap_or_default();
    let running = status["uptime_millis"].as_i64().map(duration).unwrap_or_default();
    let _ = writeln!(
        page,
        "{} {}, process {}, running for {running} since {}",
        text("application"),
        text("version"),
        status["process"],
        text("started")
    );
    if let Some(restarts @ 1..) = status["restarts"].as_i64() {
        let times = if restarts == 1 { "once".to_owned() } else { format!("{} times", grouped(restarts)) };
        let _ = writeln!(page, "  restarted {times}, last because: {}", text("last_failure"));
    }
    section(&mut page, "sources", &status["sources"], source);
    section(&mut page, "operators", &status["operators"], operator);
    section(&mut page, "sinks", &status["sinks"], |page, sink| counts(page, sink, &["written"]));
    checkpoints(&mut page, &status["checkpoints"]);
    page
}

fn section(page: &mut String, title: &str, parts: &Value, show: impl Fn(&mut String, &Value)) {
    let Some(parts) = parts.as_object().filter(|parts| !parts.is_empty()) else { return };
    let _ = writeln!(page, "\n{title}");
    for (name, part) in parts {
        let _ = write!(page, "  {name}");
        show(page, part);
        trouble(page, part);
    }
}

/// `: 12 read, 2 late`, and the line's end.
fn counts(page: &mut String, part: &Value, names: &[&str]) {
    let shown = names.iter().filter_map(|name| {
        let count = part.get(*name)?.as_i64()?;
        Some(format!("{} {}", grouped(count), name.replace('_', " ")))
    });
    let shown: Vec<String> = shown.collect();
    let _ = writeln!(page, "{}{}", if shown.is_empty() { "" } else { ": " }, shown.join(", "));
}

fn source(page: &mut String, source: &Value) {
    counts(page, source, &["read", "decoded", "skipped", "dead_lettered", "rows"]);
    if let Some(held) = source["watermark_held_by"].as_object() {
        let split = held.get("split").and_then(Value::as_str).unwrap_or_default();
        let behind = match held.get("behind_millis").and_then(Value::as_i64) {
            Some(behind) => format!("{} behind the next one", duration(behind)),
            None => "which has had no row yet".to_owned(),
        };
        let silent = held.get("silent_millis").and_then(Value::as_i64);
        let silent = silent.map(|silent| format!(", silent for {}", duration(silent))).unwrap_or_default();
        let _ = writeln!(page, "    the watermark waits for {split}: {behind}{silent}");
    }
    let splits = source["splits"].as_object();
    for (name, split) in splits.into_iter().flatten() {
        let lag = split["lag_millis"].as_i64().map(|lag| format!(", {} behind the end", duration(lag)));
        let idle = if split["idle"] == true { ", idle" } else { "" };
        let _ = writeln!(page, "    {name}: {}{}{idle}", watermark(split), lag.unwrap_or_default());
    }
}

fn operator(page: &mut String, operator: &Value) {
    counts(page, operator, &["rows_in", "rows_out", "late"]);
    let mut parts = vec![watermark(operator)];
    if let Some(keys) = operator["state_keys"].as_i64() {
        parts.push(format!("{} keys", grouped(keys)));
    }
    if let Some(bytes) = operator["state_bytes"].as_i64() {
        parts.push(format!("{} of state", size(bytes)));
    }
    let _ = writeln!(page, "    {}", parts.join(", "));
}

fn watermark(part: &Value) -> String {
    match part["watermark"].as_str() {
        None => "no watermark yet".to_owned(),
        Some(time) => format!("watermark {time}"),
    }
}

/// Calls that fail and are repeated.
fn trouble(page: &mut String, part: &Value) {
    let Some(retries) = part["retries"].as_i64() else { return };
    let since = part["retrying_since"].as_str().map(|since| format!(", failing since {since}")).unwrap_or_default();
    let error = part["last_error"].as_str().map(|error| format!(": {error}")).unwrap_or_default();
    let _ = writeln!(page, "    {} repeated calls{since}{error}", grouped(retries));
}

fn checkpoints(page: &mut String, checkpoints: &Value) {
    let Some(all) = checkpoints.as_object() else {
        page.push_str("\ncheckpoints are off: after a restart it begins anew\n");
        return;
    };
    let number = |part: &Map<String, Value>, name: &str| part.get(name).and_then(Value::as_i64).unwrap_or_default();
    let location = all.get("location").and_then(Value::as_str).unwrap_or_default();
    let (completed, failed) = (number(all, "completed"), number(all, "failed"));
    let _ =
        writeln!(page, "\ncheckpoints in {location}\n  {} completed, {} failed", grouped(completed), grouped(failed));
    if let Some(restored) = all.get("restored").and_then(Value::as_object) {
        let from = restored.get("location").and_then(Value::as_str).unwrap_or_default();
        let _ = writeln!(page, "  started from {} in {from}", number(restored, "id"));
    }
    if let Some(running) = all.get("running").and_then(Value::as_object) {
        let since = duration(number(running, "age_millis"));
        let _ = writeln!(page, "  {} {} has been under way for {since}", kind(running), number(running, "id"));
    }
    for each in all.get("last").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
        let _ = writeln!(
            page,
            "  {} {}: {} ago, took {}, {} written of {}",
            kind(each),
            number(each, "id"),
            duration(number(each, "age_millis")),
            duration(number(each, "duration_millis")),
            size(number(each, "bytes")),
            size(number(each, "state_bytes"))
        );
    }
    if let Some(failure) = all.get("last_failure").and_then(Value::as_object) {
        let reason = failure.get("reason").and_then(Value::as_str).unwrap_or_default();
        let ago = duration(number(failure, "age_millis"));
        let _ = writeln!(page, "  {} failed {ago} ago: {reason}", number(failure, "id"));
    }
}

fn kind(checkpoint: &Map<String, Value>) -> &'static str {
    if checkpoint.get("savepoint").is_some_and(|is| is == true) { "savepoint" } else { "checkpoint" }
}

/// `250 ms`, `12.3 s`, `5 min 10 s`, `3 h 12 min`, `4 d 3 h`
fn duration(millis: i64) -> String {
    let seconds = millis / 1_000;
    match millis.max(0) {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", seconds, millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600_000..86_400_000 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// `999 B`, `1.5 kB`, `12.0 MB`
fn size(bytes: i64) -> String {
    let (mut tenths, mut unit) = (bytes.max(0) as u64 * 10, 0);
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1_000, unit + 1);
    }
    match unit {
        0 => format!("{} B", tenths / 10),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

/// `1 234 567`
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.as_bytes()[index - 1] != b'-' {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn a_page_says_what_the_document_says() {
        let status = json!({
            "application": "readings", "version": "0.1.0",
            "sources": {"sensor_data": {
                "read": 1_234_567, "decoded": 1_234_560, "skipped": 7,
                "splits": {
                    "shard-0": {"watermark": "2021-05-21T10:00:11.000Z", "lag_millis": 1_200, "idle": false},
                    "shard-1": {"watermark": null, "idle": true},
                },
                "watermark_held_by": {
                    "split": "shard-0", "since": "2021-05-21T10:00:00.000Z", "behind_millis": 65_000, "silent_millis": 3_000,
                },
                "retries": 3, "retrying_since": "2021-05-21T10:00:11.000Z", "last_error": "no answer",
            }},
            "operators": {"HopByStatus (cell 1, line 24)": {
                "rows_in": 1_000, "rows_out": 10, "late": 2, "watermark": "2021-05-21T10:00:11.000Z", "state_keys": 12_345,
                "state_bytes": 1_500_000,
            }},
            "sinks": {"sensor_state": {"written": 10}, "nothing": {}},
            "process": 4711, "started": "2021-05-21T09:00:00.000Z", "uptime_millis": 11_520_000,
            "restarts": 2, "last_failure": "table t: the disk is full",
            "checkpoints": {
                "location": "readings.checkpoints", "completed": 12, "failed": 1,
                "restored": {"id": 6, "location": "/saved/6"},
                "running": {"id": 15, "savepoint": true, "age_millis": 40},
                "last": [{"id": 13, "savepoint": false, "age_millis": 2_345, "duration_millis": 250, "bytes": 999,
                    "state_bytes": 123_456}],
                "last_failure": {"id": 14, "age_millis": 90_000_000, "reason": "the disk is full"},
            },
        });
        expect![[r#"
            readings 0.1.0, process 4711, running for 3 h 12 min since 2021-05-21T09:00:00.000Z
              restarted 2 times, last because: table t: the disk is full

            sources
              sensor_data: 1 234 567 read, 1 234 560 decoded, 7 skipped
                the watermark waits for shard-0: 1 min 5 s behind the next one, silent for 3.0 s
                shard-0: watermark 2021-05-21T10:00:11.000Z, 1.2 s behind the end
                shard-1: no watermark yet, idle
                3 repeated calls, failing since 2021-05-21T10:00:11.000Z: no answer

            operators
              HopByStatus (cell 1, line 24): 1 000 rows in, 10 rows out, 2 late
                watermark 2021-05-21T10:00:11.000Z, 12 345 keys, 1.5 MB of state

            sinks
              sensor_state: 10 written
              nothing

            checkpoints in readings.checkpoints
              12 completed, 1 failed
              started from 6 in /saved/6
              savepoint 15 has been under way for 40 ms
              checkpoint 13: 2.3 s ago, took 250 ms, 999 B written of 123.4 kB
              14 failed 1 d 1 h ago: the disk is full
        "#]]
        .assert_eq(&page(&status));
        assert!(page(&json!({"checkpoints": null})).contains("checkpoints are off"));
    }

    #[test]
    fn numbers_have_units() {
        let sizes = [0, 999, 1_000, 1_049, 999_999, 1_000_000, i64::MAX / 10];
        assert_eq!(sizes.map(size), ["0 B", "999 B", "1.0 kB", "1.0 kB", "999.9 kB", "1.0 MB", "922337.2 TB"]);
        assert_eq!([999, 61_500, 59_999, 90_061_000].map(duration), ["999 ms", "1 min 1 s", "59.9 s", "1 d 1 h"]);
        assert_eq!([1, 1_000, -123_456].map(grouped), ["1", "1 000", "-123 456"]);
    }
}
