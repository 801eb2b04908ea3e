//! Notebooks that are compiled and run: `sqlc run` and `sqlc build`. The first test of all builds the runtime.

mod common;

use common::{Answer, Folder};
use expect_test::expect;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ORDERS: &str = "%md
# Orders

%flink.ssql
CREATE TABLE orders (item STRING, amount DECIMAL(38, 18), at_time TIMESTAMP(3),
    WATERMARK FOR at_time AS at_time - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');

%flink.ssql(type=update)
SELECT item, COUNT(*) AS orders FROM orders GROUP BY item;

%flink.ssql(type=append)
SELECT item, amount FROM orders WHERE amount > 1;

%flink.ssql
CREATE TABLE totals (item STRING, total DECIMAL(38, 18), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 'totals', 'format' = 'json');

%flink.ssql
INSERT INTO totals
SELECT item, SUM(amount), window_end
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(at_time), INTERVAL '10' SECOND))
GROUP BY item, window_start, window_end;

%flink.pyflink
print('hello')
";

const ROWS: &str = r#"{"item": "tea", "amount": 0.5, "at_time": "2024-01-01 00:00:01"}
{"item": "coffee", "amount": 12345678901234567890.123456789, "at_time": "2024-01-01 00:00:02"}
{"item": "tea", "amount": 1.5, "at_time": "2024-01-01 00:00:12"}
"#;

fn orders() -> Folder {
    Folder::new(&[("orders.sql", ORDERS), ("orders.json", ROWS)])
}

fn written(folder: &Folder, name: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder.path().join(name)).unwrap().flatten();
    let mut lines: Vec<String> = files
        .flat_map(|file| std::fs::read_to_string(file.path()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    lines.sort();
    lines
}

#[test]
fn rows_of_selects_go_to_stdout_in_every_form() {
    let folder = orders();
    let answer = folder.sqlc(&["run", "orders.sql", "--cell", "3"]).success();
    expect![[r#"
        +I[tea, 1]
        +I[coffee, 1]
        -U[tea, 1]
        +U[tea, 2]
    "#]]
    .assert_eq(&answer.stdout);
    let answer = folder.sqlc(&["run", "orders.sql", "--cell", "4", "--format", "json"]).success();
    expect![[r#"
        {"op":"+I","statement":1,"row":{"item":"coffee","amount":12345678901234567890.123456789}}
        {"op":"+I","statement":1,"row":{"item":"tea","amount":1.5}}
    "#]]
    .assert_eq(&answer.stdout);
    let answer = folder.sqlc(&["run", "orders.sql", "--format", "table"]).success();
    expect![[r#"
        cell 4
         item   │                         amount
        ────────┼────────────────────────────────
         coffee │ 12345678901234567890.123456789
         tea    │                            1.5

        cell 3
         item   │ orders
        ────────┼────────
         coffee │      1
         tea    │      2
    "#]]
    .assert_eq(&answer.stdout);
    // The INSERT ran in the same process.
    assert_eq!(written(&folder, "totals").len(), 3);
}

#[test]
fn what_did_not_change_is_not_compiled_again() {
    let folder = orders();
    let run = |rustc: &str| {
        Answer::of(folder.command(&["run", "orders.sql", "--cell", "3"]).env("RUSTC", rustc).output().unwrap())
    };
    run("rustc").success();
    let again = run("no-such-rustc").success();
    assert!(again.stdout.contains("+I[tea, 1]"), "{}", again.stdout);
    folder.write("orders.sql", &ORDERS.replace("AS orders FROM", "AS number FROM"));
    let edited = run("no-such-rustc").fails(69, "sqlc needs Rust (https://rustup.rs)");
    assert!(edited.stderr.contains("help: install Rust"), "{}", edited.stderr);
}

#[test]
fn options_are_changed_and_exit_codes_passed_on() {
    let folder = orders();
    folder.write("other.json", "{\"item\": \"milk\"}\n");
    let run = |set: &str| folder.sqlc(&["run", "orders.sql", "--cell", "3", "--parallelism", "2", "--set", set]);
    // A row without event time is an error of the data.
    folder.write("other.json", "{\"item\": \"milk\", \"at_time\": \"2024-01-01 00:00:00\"}\n");
    assert_eq!(run("orders.path=other.json").success().stdout, "+I[milk, 1]\n");
    run("orders.pth=other.json").fails(64, "path");
    run("orders.path=missing.json").fails(66, "missing.json");
}

#[test]
fn a_signal_ends_a_run_gracefully() {
    let folder = Folder::new(&[]);
    folder.sqlc(&["new", "."]).success();
    let mut command = folder.command(&["run", "notebook.sql"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("+I["), "a first row comes");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut status = None;
    std::thread::spawn(move || lines.for_each(drop));
    wait_until("the end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert_eq!(status.unwrap().code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_left_of_a_run_that_is_killed() {
    let folder = Folder::new(&[]);
    folder.sqlc(&["new", "."]).success();
    let mut command = folder.command(&["run", "notebook.sql"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("+I["), "a first row comes");
    child.kill().unwrap();
    child.wait().unwrap();
    // The application writes there too: the end comes when it has ended.
    let reader = std::thread::spawn(move || lines.for_each(drop));
    wait_until("the end", || reader.is_finished());
}

#[test]
fn a_build_says_what_it_takes_and_can_be_repeated() {
    let folder = orders();
    let answer = folder.sqlc(&["build", "orders.sql"]).success();
    let decisions: Vec<&str> = answer.stdout.lines().filter(|line| line.starts_with("cell")).collect();
    assert_eq!(
        decisions,
        [
            "cell 1: %md: goes into the README",
            "cell 2: CREATE TABLE orders: declared",
            "cell 3: SELECT: not part of an application",
            "cell 4: SELECT: not part of an application",
            "cell 5: CREATE TABLE totals: declared",
            "cell 6: INSERT INTO totals: compiled",
            "cell 7: %flink.pyflink: skipped, Python is not compiled",
        ]
    );
    let manifest: Value = serde_json::from_str(&folder.read("orders/manifest.json")).unwrap();
    assert_eq!(manifest["profile"], "release");
    assert_eq!(manifest["sources"]["orders.sql"].as_str().map(str::len), Some(64));
    let binary = folder.path().join("orders/orders");
    let bytes = std::fs::read(&binary).unwrap();
    assert_eq!(manifest["binary"]["bytes"], bytes.len());
    assert!(bytes.len() < 5_000_000, "{} bytes", bytes.len());

    // The application needs nothing but its files.
    let output = Command::new(&binary).current_dir(folder.path()).env_clear().output().unwrap();
    Answer::of(output).success();
    expect![[r#"
        {"item":"coffee","total":12345678901234567890.123456789,"window_end":"2024-01-01 00:00:10"}
        {"item":"tea","total":0.5,"window_end":"2024-01-01 00:00:10"}
        {"item":"tea","total":1.5,"window_end":"2024-01-01 00:00:20"}
    "#]]
    .assert_eq(&(written(&folder, "totals").join("\n") + "\n"));

    let elsewhere = orders();
    elsewhere.sqlc(&["build", "orders.sql", "-o", "deep/er"]).success();
    assert_eq!(elsewhere.read("deep/er/manifest.json"), folder.read("orders/manifest.json"));
    assert!(std::fs::read(elsewhere.path().join("deep/er/orders")).unwrap() == bytes, "the binaries are the same");
    folder.sqlc(&["build", "orders.sql"]).success();
    assert!(std::fs::read(&binary).unwrap() == bytes, "the binary is the same again");

    // Cargo finds everything it needs in the crate, and has nothing to add to its lock file.
    let output = Command::new("cargo")
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(elsewhere.path().join("deep/er/crate"))
        .output()
        .unwrap();
    Answer::of(output).success();
}

#[test]
fn a_built_application_and_its_checkpoints_are_compared_with_what_is_to_run() {
    let folder = orders();
    folder.sqlc(&["build", "orders.sql"]).success();
    let mut command = Command::new(folder.path().join("orders/orders"));
    command.current_dir(folder.path()).args(["--set", "execution.checkpointing.interval=20 ms"]);
    // It waits for more, until it is stopped with a last checkpoint.
    command.args(["--set", "orders.source.monitor-interval=20 ms"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let checkpoints = folder.path().join("orders.checkpoints");
    wait_until("a checkpoint", || {
        let entries = std::fs::read_dir(&checkpoints).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.path().join("manifest.json").is_file())
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let kept = "kept       table orders
kept       TumbleByItem -> totals  cell 6, line 3

2 kept: the new version goes on with the state of the old one
";
    let versions = ["orders.checkpoints", "orders/orders", "orders/crate", "orders.sql"];
    for old in versions {
        for new in versions {
            assert_eq!(folder.sqlc(&["diff", old, new]).success().stdout, kept, "{old} {new}");
        }
    }
    folder.write("hours.sql", &ORDERS.replace("INTERVAL '10' SECOND", "INTERVAL '1' HOUR"));
    for old in versions {
        let answer = folder.sqlc(&["diff", old, "hours.sql"]);
        assert_eq!(answer.code, Some(1), "{old}");
        let said = "it is TUMBLE(size 1 h) now and was TUMBLE(size 10 s): what was counted does not fit";
        assert!(answer.stdout.contains(said), "{}", answer.stdout);
    }
    folder.sqlc(&["diff", "/bin/true", "orders.sql"]).fails(65, "/bin/true is no description of an application");
    folder.sqlc(&["diff", "orders/orders", "/bin/false"]).fails(65, "/bin/false does not describe itself");
}

#[test]
fn a_build_leaves_alone_what_is_not_its_own() {
    let folder = orders();
    folder.write("mine/letter.txt", "dear");
    folder.sqlc(&["build", "orders.sql", "-o", "mine"]).fails(64, "holds files that sqlc did not write");
    folder.sqlc(&["build", "orders.sql", "-o", "orders.json"]).fails(64, "is a file");
    let answer = folder.sqlc(&["build", "orders.sql", "--name", "My-App"]).fails(64, "cannot be called `My-App`");
    assert!(answer.stderr.contains("`my_app`"), "{}", answer.stderr);
    folder.sqlc(&["build", "orders.sql", "--emit", "crate", "--name", "shop"]).success();
    assert!(folder.path().join("shop/crate/src/main.rs").is_file());
    assert!(!folder.path().join("shop/shop").exists());
    let manifest: Value = serde_json::from_str(&folder.read("shop/manifest.json")).unwrap();
    assert!(manifest.get("binary").is_none());
}

#[test]
#[cfg(feature = "local-kinesis")]
fn the_local_kinesis_serves_until_it_is_asked_to_stop() {
    let folder = Folder::new(&[]);
    let mut child =
        folder.command(&["kinesis", "--port", "0", "--persist", "streams"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let address = first.split("http://").nth(1).unwrap().split(". ").next().unwrap().to_owned();
    std::net::TcpStream::connect(&address).unwrap();
    let port = address.rsplit(':').next().unwrap();
    folder.sqlc(&["kinesis", "--port", port]).fails(69, "is taken");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Waits for a condition that comes true sooner or later.
#[track_caller]
fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(900), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}
