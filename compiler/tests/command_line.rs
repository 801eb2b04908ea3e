//! What `sqlc` answers without building anything.

mod common;

use common::Folder;
use expect_test::expect;
use serde_json::Value;

const GOOD: &str = "%flink.ssql
CREATE TABLE readings (status STRING, n INT, at_time TIMESTAMP(3), WATERMARK FOR at_time AS at_time - INTERVAL '5' SECOND)
WITH ('connector' = 'datagen');

%flink.ssql
SELECT status, SUM(n) AS total, window_end
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(at_time), INTERVAL '10' SECOND))
WHERE n > 0
GROUP BY status, window_start, window_end;

%flink.ssql
SELECT status, COUNT(*) FROM readings GROUP BY status;
";

const BAD: &str = "%flink.ssql
CREATE TABLE readings (status STRING) WITH ('connector' = 'datagen');

%flink.ssql
SELECT stauts, nothing FROM readings;
";

#[test]
fn check_says_everything_and_how_much_it_was() {
    let (windows, _) = GOOD.rsplit_once("%flink.ssql").unwrap();
    let folder = Folder::new(&[("good.sql", GOOD), ("windows.sql", windows), ("bad.sql", BAD)]);
    let answer = folder.sqlc(&["check", "windows.sql"]).success();
    assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("no errors\n", ""));
    let answer = folder.sqlc(&["check", "good.sql"]).success();
    assert!(answer.stdout.starts_with("warning[state-without-end]: "), "{}", answer.stdout);
    assert!(answer.stdout.ends_with("\n1 warning\n"), "{}", answer.stdout);

    let answer = folder.sqlc(&["check", "bad.sql"]);
    assert_eq!(answer.code, Some(1));
    assert!(answer.stdout.contains("--> bad.sql, cell 2:2:8"), "{}", answer.stdout);
    assert!(answer.stdout.contains("did you mean `status`?"), "{}", answer.stdout);
    assert!(answer.stdout.ends_with("\n2 errors\n"), "{}", answer.stdout);

    let answer = folder.sqlc(&["check", "bad.sql", "--message-format", "json"]);
    assert_eq!(answer.code, Some(1));
    let lines: Vec<Value> = answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let places: Vec<_> = lines.iter().map(|line| (line["cell"].as_u64(), line["column"].as_u64())).collect();
    assert_eq!(places, [(Some(2), Some(8)), (Some(2), Some(16))]);
}

#[test]
fn files_that_are_not_there_are_said_and_others_proposed() {
    let folder = Folder::new(&[("sensors.sql", GOOD), ("notes/a.sql", GOOD)]);
    let answer = folder.sqlc(&["check", "sensor.sql"]).fails(66, "there is no notebook sensor.sql");
    assert!(answer.stderr.contains("did you mean sensors.sql?"), "{}", answer.stderr);
    folder.sqlc(&["run", "notes"]).fails(66, "notes is a folder");
    folder.sqlc(&["check", "sensors.sql", "--catalog", "tables"]).fails(66, "there is no catalog folder tables");
    folder.sqlc(&["check"]).fails(64, "<NOTE>");
    folder.sqlc(&["chek", "sensors.sql"]).fails(64, "check");
    folder.sqlc(&["run", "sensors.sql", "--feed", "notes/a.sql"]).fails(64, "--local");
    let version = folder.sqlc(&["--version"]).success().stdout;
    assert_eq!(version, concat!("sqlc ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(folder.sqlc(&["--help"]).success().stdout.contains("Exit codes: 0 success"));
}

#[test]
fn there_may_be_nothing_to_run() {
    let table = "%flink.ssql\nCREATE TABLE t (a INT) WITH ('connector' = 'datagen');\n";
    let folder = Folder::new(&[("table.sql", table), ("good.sql", GOOD), ("bad.sql", BAD)]);
    folder.sqlc(&["run", "table.sql"]).fails(65, "there is nothing to run: table.sql has no SELECT or INSERT");
    let answer = folder.sqlc(&["run", "good.sql", "--cell", "1"]).fails(65, "cell 1 has no SELECT or INSERT");
    assert!(answer.stderr.contains("these cells have: 2, 3"), "{}", answer.stderr);
    folder.sqlc(&["run", "good.sql", "--cell", "4"]).fails(64, "there is no cell 4: the notebook has 3");
    folder.sqlc(&["build", "good.sql"]).fails(65, "there is nothing to build: good.sql has no INSERT");
    folder.sqlc(&["run", "bad.sql"]).fails(65, "2 errors");
    assert!(!folder.path().join("good").exists());
}

#[test]
fn rows_that_change_cannot_be_appended() {
    let note = GOOD.replace("%flink.ssql\nSELECT status, COUNT", "%flink.ssql(type=append)\nSELECT status, COUNT");
    let folder = Folder::new(&[("note.sql", &note)]);
    let answer = folder.sqlc(&["run", "note.sql", "--format", "table"]).fails(65, "error[append-only-cell]");
    assert!(answer.stderr.contains("or write `type=update`"), "{}", answer.stderr);
    assert_eq!(folder.sqlc(&["check", "note.sql"]).code, Some(1));
}

#[test]
fn every_stage_can_be_seen() {
    let folder = Folder::new(&[("good.sql", GOOD)]);
    let explain = |arguments: &[&str]| folder.sqlc(&[&["explain", "good.sql"], arguments].concat()).success().stdout;
    expect![[r#"
        table readings
          status STRING
          n INT
          at_time TIMESTAMP(3)
          watermark of at_time = (at_time - INTERVAL 5 s)
          'connector' = 'datagen'

        select
          project status#7 STRING = status#0, total#8 INT = sum#6, window_end#9 TIMESTAMP(3) NOT NULL = window_end#4
            aggregate by (status#0, window_start#3, window_end#4): sum#6 INT = SUM(n#1)
              filter (n#1 > 0)
                window TUMBLE(size 10 s) over at_time#2 gives window_start#3 TIMESTAMP(3) NOT NULL, window_end#4 TIMESTAMP(3) NOT NULL, window_time#5 TIMESTAMP(3) NOT NULL
                  scan readings: status#0 STRING, n#1 INT, at_time#2 TIMESTAMP(3)
    "#]].assert_eq(&explain(&["--cell", "2"]));
    expect![[r#"
        scan readings (datagen) reads status, n, at_time
          watermark of at_time: (at_time - INTERVAL 5 s)

        select status#7, total#8, window_end#9 gets new rows only [+I]
          1: TUMBLE(size 10 s) over at_time#2
            takes new rows only [+I] from scan readings
            key: status#0
            computes sum#6 = SUM(n#1)
            shows window_end#4 = end
            state: per key and window, until the watermark passes the end of the window
            gives new rows only [+I]

        select status#4, EXPR$1#5 gets changes [+I, -U, +U, -D]
          1: GROUP BY
            takes new rows only [+I] from scan readings
            key: status#0
            computes count#3 = COUNT(*)
            state: per key, for ever
            gives changes [+I, -U, +U, -D]
    "#]]
    .assert_eq(&explain(&["--stage", "stream"]));
    expect![[r#"
        select status#7, total#8, window_end#9
          scan readings -> 1: TUMBLE(size 10 s) over at_time#2
            filter (n#1 > 0)
          1: TUMBLE(size 10 s) over at_time#2 -> the user
            let status#7 STRING = status#0
            let total#8 INT = sum#6
            let window_end#9 TIMESTAMP(3) NOT NULL = window_end#4

        select status#4, EXPR$1#5
          scan readings -> 1: GROUP BY
          1: GROUP BY -> the user
            let status#4 STRING = status#0
            let EXPR$1#5 BIGINT NOT NULL = count#3
    "#]]
    .assert_eq(&explain(&["--stage", "stages"]));
    expect![[r#"
        select (cell 2, line 2)
          TumbleByStatus
            keyed by status STRING
            kept until the watermark of at_time passes the end of the window
            takes 16 bytes + texts longer than 15 bytes a key, and 8 bytes for each 10 s; finding it takes about 30 more

        select (cell 3, line 2)
          GroupByStatus
            keyed by status STRING
            kept for ever; SET 'table.exec.state.ttl' forgets what is untouched for so long
            takes 24 bytes + texts longer than 15 bytes a key; finding it takes about 30 more
    "#]]
    .assert_eq(&explain(&["--stage", "state"]));
    let rust = explain(&["--stage", "rust", "--cell", "3"]);
    assert!(rust.starts_with("// src/app.rs\n\n"), "{rust}");
    assert!(rust.contains("\n// src/tables/readings.rs\n\n"), "{rust}");
    assert!(rust.contains("fn main() -> std::process::ExitCode"), "{rust}");
}

#[test]
fn applications_link_the_storage_that_they_name() {
    let written = |settings: &str| {
        let folder = Folder::new(&[("note.sql", &format!("%flink.conf\n{settings}\n\n{GOOD}"))]);
        let answer = folder.sqlc(&["explain", "note.sql", "--stage", "rust"]).success();
        (answer.stdout, answer.stderr)
    };
    let linked = ".storage(sqlc_object_store::storage())";
    for dir in ["s3://bucket/app", "S3A://bucket"] {
        let (code, _) = written(&format!("execution.checkpointing.dir {dir}"));
        assert!(code.contains(linked) && code.contains(dir), "{code}");
    }
    assert!(written("state.savepoints.dir s3://bucket/saved").0.contains(linked));
    assert!(!written("execution.checkpointing.dir /var/lib/app").0.contains("sqlc_object_store"));
    // What is secret never becomes part of an application.
    let (code, warnings) = written("s3.endpoint http://minio:9000\ns3.secret-key hidden");
    assert!(code.contains(r#"("s3.endpoint", "http://minio:9000")"#) && !code.contains("hidden"), "{code}");
    assert!(warnings.contains("`s3.secret-key` has no effect in a notebook"), "{warnings}");
}

#[test]
fn colours_are_for_terminals() {
    let folder = Folder::new(&[("bad.sql", BAD)]);
    assert!(!folder.sqlc(&["check", "bad.sql"]).stdout.contains('\u{1b}'));
    assert!(!folder.sqlc(&["run", "bad.sql"]).stderr.contains('\u{1b}'));
}

#[test]
fn a_starter_is_right_and_never_overwritten() {
    let folder = Folder::new(&[]);
    let answer = folder.sqlc(&["new", "first"]).success();
    assert!(answer.stdout.contains("sqlc run first/notebook.sql"), "{}", answer.stdout);
    assert_eq!(folder.sqlc(&["check", "first/notebook.sql"]).success().stdout, "no errors\n");
    folder.write("first/notebook.sql", "mine");
    folder.sqlc(&["new", "first"]).fails(64, "first/notebook.sql is there already");
    assert_eq!(folder.read("first/notebook.sql"), "mine");
}

/// Answers one request at the socket as an application would; the request comes back.
fn application(folder: &Folder, answer: &'static str) -> std::thread::JoinHandle<String> {
    use std::io::{Read, Write};
    std::fs::create_dir_all(folder.path().join("readings.checkpoints")).unwrap();
    let path = folder.path().join("readings.checkpoints/control.sock");
    let _ = std::fs::remove_file(&path);
    let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
    std::thread::spawn(move || {
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let mut length = 0;
            // Whoever only looks whether somebody is there says nothing.
            while let Ok(count @ 1..) = stream.read(&mut request[length..]) {
                length += count;
                let text = String::from_utf8_lossy(&request[..length]).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let told = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if told.is_some_and(|told| told.parse() == Ok(body.len())) {
                    stream.write_all(answer.as_bytes()).unwrap();
                    return format!("{} {body}", head.lines().next().unwrap_or_default());
                }
            }
        }
    })
}

#[test]
fn running_applications_are_asked_and_told() {
    let folder = Folder::new(&[("readings", "the binary")]);
    let body = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"savepoint\": \"/saved/1\"}";
    for name in ["readings", "./readings", ".", "readings.checkpoints", "readings.checkpoints/control.sock"] {
        let running = application(&folder, body);
        let answer = folder.sqlc(&["savepoint", name, "s3://bucket/saved"]).success();
        assert_eq!(answer.stdout, "savepoint /saved/1\n");
        let request = running.join().unwrap();
        assert_eq!(request, "POST /savepoint HTTP/1.1 {\"target-directory\":\"s3://bucket/saved\"}", "{name}");
    }
    let running = application(&folder, body);
    let answer = folder.sqlc(&["stop", "readings", "--savepoint"]).success();
    assert_eq!(answer.stdout, "savepoint /saved/1\nreadings stopped\n");
    assert_eq!(running.join().unwrap(), "POST /stop HTTP/1.1 {\"savepoint\":true,\"target-directory\":null}");
    let running = application(&folder, "HTTP/1.1 200 OK\r\n\r\n{\"cancelled\": true}");
    assert_eq!(folder.sqlc(&["cancel", "readings", "--json"]).success().stdout, "{\n  \"has_ended\": true\n}\n");
    assert_eq!(running.join().unwrap(), "POST /cancel HTTP/1.1 ");
    let running =
        application(&folder, "HTTP/1.1 200 OK\r\n\r\n{\"application\": \"readings\", \"uptime_millis\": 61000}");
    let page = folder.sqlc(&["status", "readings"]).success().stdout;
    assert!(page.starts_with("readings ") && page.contains("running for 1 min 1 s"), "{page}");
    running.join().unwrap();
    let refusal = "HTTP/1.1 500 Internal Server Error\r\n\r\n{\"error\": \"the disk is full\", \"exit_code\": 74}";
    let running = application(&folder, refusal);
    folder.sqlc(&["savepoint", "readings"]).fails(74, "the disk is full");
    running.join().unwrap();
}

#[test]
fn what_does_not_run_is_said_not_to() {
    let folder = Folder::new(&[]);
    folder.sqlc(&["status", "no_such_application"]).fails(66, "no no_such_application is running here");
    folder.sqlc(&["stop", "nowhere/readings"]).fails(66, "there is no nowhere/readings");
    let running = application(&folder, "SSH-2.0-OpenSSH_9.9\r\n\r\n");
    folder.sqlc(&["status", "readings"]).fails(66, "what listens there is no application of sqlc");
    running.join().unwrap();
}
