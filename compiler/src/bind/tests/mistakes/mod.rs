//! What is said of mistakes, as its reader sees it.

mod options;
mod queries;
mod support;
mod tables;
mod types;
mod windows;

use super::bound;
use expect_test::Expect;

const SENSORS: &str = "CREATE TABLE sensors (
    id INT NOT NULL,
    temperature DOUBLE,
    status VARCHAR(6),
    place ROW<lat DOUBLE, lon DOUBLE>,
    tags MAP<STRING, STRING>,
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'in.jsonl', 'format' = 'json')";

const TARGET: &str = "CREATE TABLE target (
    status STRING NOT NULL,
    num BIGINT,
    doubled AS num * 2
) WITH ('connector' = 'print')";

/// Each statement in a cell of its own behind the two tables; all mistakes together.
fn check(statements: &[&str], expected: Expect) {
    let cells: Vec<&str> = [SENSORS, TARGET].into_iter().chain(statements.iter().copied()).collect();
    expected.assert_eq(&bound(&[], &cells).1);
}
