//! The sensors application over files, inside this process.

#[allow(dead_code, reason = "the example's main is for its own binary")]
#[path = "../examples/sensors.rs"]
mod sensors;

use sqlc_runtime::error::{Error, ErrorKind};
use sqlc_runtime::job::metrics::Registry;
use sqlc_runtime::job::{Job, Overrides};
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::path::Path;
use tempfile::TempDir;

/// Two hours of readings in four files, one after the other in time, so that no reading is late whoever
/// reads which file.
fn readings(folder: &Path) {
    let statuses = ["OK", "FAIL", "WARN", "\u{fc}ber"];
    let line = |second: usize| {
        let (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60);
        let status = statuses[second * 7 % 11 % 4];
        // Whole numbers, so that the order of adding does not show.
        let temperature = second * 31 % 200;
        format!(
            "{{\"sensor_id\": {second}, \"current_temperature\": {temperature}, \"status\": \"{status}\", \
             \"event_time\": \"2021-05-21T{hour:02}:{minute:02}:{rest:02}.123456\"}}\n"
        )
    };
    for file in 0..4 {
        let seconds = file * 1_800..(file + 1) * 1_800;
        std::fs::write(folder.join(format!("{file}.json")), seconds.map(line).collect::<String>()).unwrap();
    }
}

/// What the windows must be, from their definition: [(status, hop_time second), (num, sum)].
fn expected() -> Vec<String> {
    let statuses = ["OK", "FAIL", "WARN", "\u{fc}ber"];
    let mut windows = std::collections::BTreeMap::new();
    for second in 0..7_200_i64 {
        for slide in 0..6 {
            let end = second / 10 * 10 + 10 + slide * 10;
            let status = statuses[(second * 7 % 11 % 4) as usize];
            let (num, sum) = windows.entry((end, status)).or_insert((0, 0));
            *num += 1;
            *sum += second * 31 % 200;
        }
    }
    let line = |((end, status), (num, sum)): ((i64, &str), (i64, i64))| {
        let last = end - 1;
        let (hour, minute, second) = (last / 3_600, last / 60 % 60, last % 60);
        let average = format!("{:?}", sum as f64 / num as f64);
        format!(
            "{{\"status\":\"{status}\",\"num\":{num},\"avg_current_temperature\":{average},\
             \"hop_time\":\"2021-05-21T{hour:02}:{minute:02}:{second:02}.999\"}}"
        )
    };
    let mut lines: Vec<String> = windows.into_iter().map(line).collect();
    lines.sort();
    lines
}

fn run(folder: &TempDir, parallelism: usize, options: &[&str]) -> (Result<(), Error>, Vec<String>, Registry) {
    let out = folder.path().join(format!("out-{parallelism}"));
    let mut overrides = Overrides::default();
    overrides.add_argument(&format!("sensor_data.path={}", folder.path().join("in").display())).unwrap();
    overrides.add_argument(&format!("sensor_state.path={}", out.display())).unwrap();
    for option in options {
        overrides.add_argument(option).unwrap();
    }
    let clock = Clock::simulated(Timestamp(0));
    let job = Job { overrides, parallelism: Some(parallelism), clock, ..Job::default() };
    let result = job.run(&sensors::app());
    let mut lines: Vec<String> = Vec::new();
    for file in std::fs::read_dir(&out).into_iter().flatten() {
        let path = file.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with('.') {
            lines.extend(std::fs::read_to_string(path).unwrap().lines().map(str::to_owned));
        }
    }
    lines.sort();
    (result, lines, job.metrics)
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    folder
}

#[test]
fn windows_are_the_same_for_any_number_of_workers() {
    let folder = folder();
    readings(&folder.path().join("in"));
    let expected = expected();
    for workers in [1, 2, 4, 5] {
        let (result, lines, metrics) = run(&folder, workers, &[]);
        result.unwrap();
        assert_eq!(lines, expected, "{workers} workers");
        let operator = |name| metrics.sum(name, "operator", "HopByStatus (cell 1, line 24)");
        assert_eq!(operator("sqlc_operator_late_total"), 0);
        assert_eq!(operator("sqlc_operator_rows_in_total"), 7_200);
        assert_eq!(operator("sqlc_operator_rows_out_total"), expected.len() as i64);
        assert_eq!(metrics.sum("sqlc_records_written_total", "table", "sensor_state"), expected.len() as i64);
    }
}

/// Good and bad records, as three files: the bad ones are unreadable, of the wrong type, and not UTF-8.
fn broken_readings(folder: &Path) {
    for (file, time) in [("a.json", "10:00:00"), ("b.json", "10:00:10"), ("c.json", "10:00:20")] {
        let good = format!("{{\"status\":\"OK\",\"current_temperature\":1.5,\"event_time\":\"2021-05-21T{time}\"}}\n");
        let mut bytes = good.clone().into_bytes();
        bytes.extend_from_slice(b"{\"status\":\n\n");
        bytes.extend_from_slice(good.as_bytes());
        bytes.extend_from_slice(b"{\"current_temperature\":\"hot\"}\r\n{\"status\":\"\xff\"}\n");
        // The last line has no end.
        bytes.extend_from_slice(good.trim_end().as_bytes());
        std::fs::write(folder.join(file), bytes).unwrap();
    }
}

fn ledger(metrics: &Registry) -> [i64; 4] {
    ["read", "decoded", "skipped", "dead_lettered"].map(|what| {
        let name = format!("sqlc_records_{what}_total");
        metrics.sum(&name, "table", "sensor_data")
    })
}

#[test]
fn a_bad_record_fails_the_application_and_is_named() {
    let folder = folder();
    broken_readings(&folder.path().join("in"));
    for workers in [1, 2] {
        let (result, lines, _) = run(&folder, workers, &[]);
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        let message = error.to_string();
        assert!(message.starts_with("cell 1, line 1: table sensor_data, "), "{message}");
        assert!(message.contains("in/a.json, offset 77: ") || message.contains("in/b.json, offset 77: "), "{message}");
        assert!(message.ends_with("the record is {\"status\":"), "{message}");
        assert_eq!(lines, [""; 0], "nothing half done is visible");
    }
}

#[test]
fn skipped_records_are_counted() {
    let folder = folder();
    broken_readings(&folder.path().join("in"));
    for (workers, option) in [(1, "sensor_data.on-error=skip"), (3, "sensor_data.on-error=skip")] {
        let (result, lines, metrics) = run(&folder, workers, &[option]);
        result.unwrap();
        assert_eq!(ledger(&metrics), [18, 9, 9, 0]);
        assert!(lines.contains(
            &"{\"status\":\"OK\",\"num\":9,\"avg_current_temperature\":1.5,\"hop_time\":\"2021-05-21T10:00:59.999\"}"
                .to_owned()
        ));
    }
}

#[test]
fn ignored_parse_errors_are_null_or_skipped_as_in_flink() {
    let folder = folder();
    std::fs::write(
        folder.path().join("in/a.json"),
        "{\"status\":\"OK\",\"current_temperature\":\"hot\",\"event_time\":\"2021-05-21T10:00:00\"}\n{\"status\":\n",
    )
    .unwrap();
    let (result, lines, metrics) = run(&folder, 1, &["sensor_data.json.ignore-parse-errors=true"]);
    result.unwrap();
    assert_eq!(ledger(&metrics), [2, 1, 1, 0]);
    assert_eq!(
        lines[0],
        "{\"status\":\"OK\",\"num\":1,\"avg_current_temperature\":null,\"hop_time\":\"2021-05-21T10:00:09.999\"}"
    );
}

#[test]
fn dead_letters_keep_every_bad_record() {
    let folder = folder();
    broken_readings(&folder.path().join("in"));
    for workers in [1, 2] {
        let letters = folder.path().join(format!("letters-{workers}.jsonl"));
        let path = format!("sensor_data.dead-letter.path={}", letters.display());
        let (result, _, metrics) = run(&folder, workers, &["sensor_data.on-error=dead-letter", &path]);
        result.unwrap();
        assert_eq!(ledger(&metrics), [18, 9, 0, 9]);
        let text = std::fs::read_to_string(letters).unwrap();
        let letters: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(letters.len(), 9);
        let of_a: Vec<_> =
            letters.iter().filter(|letter| letter["split"].as_str().unwrap().ends_with("a.json")).collect();
        assert_eq!(of_a[0]["record"], "{\"status\":");
        assert_eq!(of_a[0]["position"], "offset 77");
        assert_eq!(of_a[1]["record"], "{\"current_temperature\":\"hot\"}");
        assert!(of_a[1]["reason"].as_str().unwrap().contains("current_temperature"), "{}", of_a[1]["reason"]);
        assert_eq!(of_a[2]["record_base64"], "eyJzdGF0dXMiOiL/In0=");
    }
}

#[test]
fn a_null_rowtime_stops_every_worker() {
    let folder = folder();
    readings(&folder.path().join("in"));
    std::fs::write(folder.path().join("in/2.json"), "{\"status\":\"OK\"}\n").unwrap();
    for workers in [1, 2, 4] {
        let (result, lines, _) = run(&folder, workers, &[]);
        assert_eq!(
            result.unwrap_err().to_string(),
            "cell 1, line 6: column event_time is NULL, but it is the rowtime of its table, which must not be NULL"
        );
        assert_eq!(lines, [""; 0]);
    }
}

#[test]
fn options_that_nobody_has_are_refused() {
    let folder = folder();
    let message = |option: &str| run(&folder, 1, &[option]).0.unwrap_err().to_string();
    assert_eq!(
        message("sensor_data.on-eror=skip"),
        "--set sensor_data.on-eror: table sensor_data has no option 'on-eror'; did you mean 'on-error'?"
    );
    assert_eq!(
        message("sensor_dat.path=x"),
        "--set sensor_dat.path: there is no such table or setting; did you mean 'sensor_data'?; \
         the tables are sensor_data, sensor_state"
    );
}
