//! The sensors application over files, inside this process.

#[allow(dead_code, reason = "the example's main is for its own binary")]
#[path = "../examples/sensors.rs"]
mod sensors;

use sqlc_runtime::error::Error;
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
