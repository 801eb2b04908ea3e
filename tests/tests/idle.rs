//! A UNION ALL whose inputs fall silent and come back: what its windows count and when they end is what Flink 2.3 wrote, with
//! the same idle timeouts, when it was given the same files in the same order.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_tests::app::{Application, Running};

const NOTEBOOK: &str = "%flink.ssql
SET 'table.exec.source.idle-timeout' = '400 ms';
SET 'pipeline.auto-watermark-interval' = '50 ms';
CREATE TABLE a (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
    'connector' = 'filesystem', 'path' = 'a', 'format' = 'csv', 'source.monitor-interval' = '20 ms',
    'scan.watermark.idle-timeout' = '200 ms');
CREATE TABLE b (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
    'connector' = 'filesystem', 'path' = 'b', 'format' = 'csv', 'source.monitor-interval' = '20 ms');
CREATE TABLE windows (k STRING, n BIGINT, ends TIMESTAMP(3)) WITH ('connector' = 'print');

%flink.ssql
INSERT INTO windows
SELECT k, COUNT(*), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM (SELECT * FROM a UNION ALL SELECT * FROM b)
GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND);
";

#[test]
fn what_is_silent_holds_nothing_back_and_what_comes_back_makes_nothing_go_back() -> Result<()> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("idle");
    std::fs::create_dir_all(&target)?;
    let notebook = target.join("idle.sql");
    std::fs::write(&notebook, NOTEBOOK)?;
    let application = Application::build(&notebook, "idle", &target)?;
    for workers in ["1", "2"] {
        let place = tempfile::tempdir()?;
        write(place.path(), "a/1.csv", "a", &[1, 3])?;
        write(place.path(), "b/1.csv", "b", &[1, 5, 12, 15])?;
        let mut running = application.start(|command| {
            command.current_dir(place.path()).args(["--no-checkpoints", "--parallelism", workers]);
        })?;
        // When both are silent, the later one counts.
        reach(&mut running, 15)?;
        write(place.path(), "b/2.csv", "b", &[21, 25])?;
        reach(&mut running, 25)?;
        // It comes back behind the other one, with rows of a window that is still open.
        write(place.path(), "a/2.csv", "a", &[22, 23])?;
        running.until("a's rows", |status| status["sources"]["a"]["read"] == 4)?;
        write(place.path(), "b/3.csv", "b", &[35])?;
        reach(&mut running, 35)?;
        write(place.path(), "b/4.csv", "b", &[45])?;
        reach(&mut running, 45)?;
        let late = running.status()?["operators"].as_object().and_then(|all| all.values().next().cloned());
        ensure!(late.context("an operator")?["late"].as_i64().unwrap_or(0) == 0);
        let ended = running.terminate()?;
        ended.expect(0);
        let row = |line: &str| line.split_once("+I").map_or(line.to_owned(), |(_, row)| format!("+I{row}"));
        let mut lines: Vec<String> = ended.stdout.lines().map(row).collect();
        lines.sort();
        let expected = [
            "+I[a, 2, 2024-01-01T00:00:10]",
            "+I[a, 2, 2024-01-01T00:00:30]",
            "+I[b, 1, 2024-01-01T00:00:40]",
            "+I[b, 2, 2024-01-01T00:00:10]",
            "+I[b, 2, 2024-01-01T00:00:20]",
            "+I[b, 2, 2024-01-01T00:00:30]",
        ];
        ensure!(lines == expected, "{workers} workers: {}", ended.stdout);
    }
    Ok(())
}

/// Waits until the windows have heard that this second of the minute has come.
fn reach(running: &mut Running, second: u32) -> Result<Value> {
    running.until(&format!("second {second}"), |status| {
        let operators = status["operators"].as_object();
        let watermark = operators.and_then(|operators| operators.values().next()?["watermark"].as_str());
        watermark == Some(format!("2024-01-01T00:00:{second:02}.000Z").as_str())
    })
}

/// Rows of a key at these seconds. Whoever watches the folder must not see half a file.
fn write(folder: &Path, name: &str, key: &str, seconds: &[u32]) -> Result<()> {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
    let hidden = path.with_file_name(".new");
    let lines = seconds.iter().map(|second| format!("{key},2024-01-01 00:00:{second:02}\n"));
    std::fs::write(&hidden, lines.collect::<String>())?;
    Ok(std::fs::rename(hidden, path)?)
}
