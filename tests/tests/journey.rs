//! The journey of the sensors from stream to stream: the application of `examples/sensors`, as `sqlc build` makes it,
//! against a local Kinesis whose shards split and merge, compared with what Flink computed from the same readings
//! (`journey/`).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_local_kinesis::testing::{Fault, Faults};
use sqlc_local_kinesis::{LocalKinesis, Options};
use sqlc_tests::app::{Application, PATIENCE, Running};

const INPUT: &str = "my-input-stream";
const OUTPUT: &str = "my-output-stream";
/// The delay of the watermark in the notebook.
const DELAY_MILLIS: i64 = 5_000;

/// A local Kinesis with the two streams, and the readings that are still to be put.
struct World {
    kinesis: LocalKinesis,
    faults: Faults,
    readings: Vec<Reading>,
    put: usize,
}

struct Reading {
    key: String,
    line: String,
    millis: i64,
}

#[test]
fn windows_are_flinks_while_shards_split_and_merge() -> Result<()> {
    for parallelism in ["1", "2"] {
        let mut world = World::new(2)?;
        let mut application = world.start(&["--parallelism", parallelism])?;
        world.put(1_000)?;
        application.until("the first readings", |status| count(status, "read") == 1_000)?;
        let first = world.kinesis.open_shards(INPUT)?.remove(0);
        world.kinesis.split_shard(INPUT, &first)?;
        world.put(1_000)?;
        application.until("the readings behind the split", |status| count(status, "read") == 2_000)?;
        let shards = world.kinesis.open_shards(INPUT)?;
        ensure!(shards.len() == 3, "{shards:?}");
        world.kinesis.merge_shards(INPUT, &shards[1], &shards[2])?;
        world.put(1_000)?;
        world.finish(application, 3_000)?;
    }
    Ok(())
}

#[test]
fn a_stream_that_was_split_and_merged_before_is_read_in_the_order_of_its_shards() -> Result<()> {
    for parallelism in ["1", "2"] {
        let mut world = World::new(2)?;
        world.put(1_000)?;
        let first = world.kinesis.open_shards(INPUT)?.remove(0);
        world.kinesis.split_shard(INPUT, &first)?;
        world.put(1_000)?;
        let shards = world.kinesis.open_shards(INPUT)?;
        world.kinesis.merge_shards(INPUT, &shards[1], &shards[2])?;
        world.put(1_000)?;
        let application = world.start(&["--parallelism", parallelism])?;
        world.finish(application, 3_000)?;
    }
    Ok(())
}

#[test]
fn throttling_and_partial_failures_change_nothing() -> Result<()> {
    let mut world = World::new(2)?;
    world.faults.inject("GetRecords", 7, Fault::Throttle);
    world.faults.inject("GetRecords", 2, Fault::ExpiredIterator);
    world.faults.inject("GetRecords", 2, Fault::ServerError);
    world.faults.inject("PutRecords", 3, Fault::Throttle);
    let refused = Fault::RefuseEntries { containing: "\"WARN\"", code: "ProvisionedThroughputExceededException" };
    world.faults.inject("PutRecords", 3, refused);
    let mut application = world.start(&[])?;
    world.put(1_500)?;
    application.until("the first readings", |status| count(status, "read") == 1_500)?;
    world.faults.inject("GetRecords", 5, Fault::Throttle);
    world.put(1_500)?;
    let injected = world.faults.clone();
    world.finish(application, 3_000)?;
    ensure!(injected.injected() >= 15, "only {} faults happened", injected.injected());
    Ok(())
}

#[test]
fn an_idle_shard_does_not_hold_windows_for_ever() -> Result<()> {
    let mut world = World::new(4)?;
    let mut application = world.start(&["--set", "sensor_data.scan.watermark.idle-timeout=300 ms"])?;
    // Every reading goes to the shard of one key, and three shards never see any.
    for reading in &mut world.readings {
        reading.key = "the only one".to_owned();
    }
    world.put(3_000)?;
    let expected = expected(world.readings.last().context("there are readings")?.millis - DELAY_MILLIS)?;
    world.until_written(&mut application, expected.len())?;
    ensure!(world.written()? == expected, "the windows are not Flink's");
    application.terminate()?.expect(0);
    Ok(())
}

#[test]
fn latest_begins_with_what_is_put_after_the_start() -> Result<()> {
    let mut world = World::new(1)?;
    world.put(1_000)?;
    let mut application = world.start(&["--set", "sensor_data.scan.stream.initpos=LATEST"])?;
    application.until("the shard", |status| status["sources"]["sensor_data"]["splits"].is_object())?;
    // LATEST is where the stream was when its iterator was made.
    let started = Instant::now();
    while world.faults.calls("GetRecords") == 0 {
        ensure!(started.elapsed() < PATIENCE, "nothing asks for records");
        std::thread::sleep(Duration::from_millis(5));
    }
    world.put(500)?;
    let status = application.until("the readings after the start", |status| count(status, "read") == 500)?;
    ensure!(count(&status, "decoded") == 500, "{status:#}");
    application.terminate()?.expect(0);
    Ok(())
}

#[test]
fn what_is_missing_or_forbidden_is_said() -> Result<()> {
    let world = World::new(1)?;
    let ended = world.start(&["--set", "sensor_data.stream=no-such-stream"])?.wait()?;
    ended.expect(66);
    ensure!(ended.stderr.contains("no-such-stream"), "{}", ended.stderr);

    let denied = |operation: &str, code: &'static str| {
        let fault = Fault::Error { status: 400, code, message: "User: anonymous is not authorized to do this" };
        world.faults.inject(operation, 1_000, fault);
        let ended = world.start(&[])?.wait()?;
        world.faults.clear();
        ended.expect(77);
        anyhow::Ok(ended.stderr)
    };
    let refused = denied("ListShards", "AccessDeniedException")?;
    ensure!(refused.contains("my-input-stream"), "{refused}");
    let refused = denied("ListShards", "UnrecognizedClientException")?;
    ensure!(refused.contains("my-input-stream"), "{refused}");
    Ok(())
}

#[test]
fn a_running_application_is_open_about_itself() -> Result<()> {
    let mut world = World::new(2)?;
    let mut application = world.start(&[])?;
    ensure!(application.get("/healthz")? == "ok\n");
    world.put(600)?;
    application.until("the readings", |status| count(status, "read") == 600)?;
    let metrics = application.get("/metrics")?;
    for metric in ["sqlc_records_read_total", "sqlc_operator_rows_in_total", "sqlc_split_watermark_millis"] {
        ensure!(metrics.contains(metric), "{metric} is not among\n{metrics}");
    }
    let status = application.status()?;
    let source = &status["sources"]["sensor_data"];
    ensure!(source["splits"].as_object().is_some_and(|splits| splits.len() == 2), "{status:#}");
    application.terminate()?.expect(0);
    Ok(())
}

#[test]
fn a_producer_in_python_feeds_the_application() -> Result<()> {
    let has_boto3 = Command::new("python3").args(["-c", "import boto3"]).output();
    if !has_boto3.is_ok_and(|output| output.status.success()) {
        // Past the test harness, which shows nothing of tests that pass.
        let warning = "\nWARNING: the producer was NOT tried: python3 with boto3 is missing (pip install boto3)\n";
        std::io::stderr().write_all(warning.as_bytes())?;
        return Ok(());
    }
    let world = World::new(2)?;
    let mut application = world.start(&[])?;
    let output = Command::new("python3")
        .arg(workspace().join("examples/sensors/producer.py"))
        .args(["--count", "150", "--per-second", "500"])
        .env("AWS_ENDPOINT_URL", world.kinesis.endpoint())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let status = application.until("the readings", |status| count(status, "read") == 150)?;
    ensure!(count(&status, "decoded") == 150, "{status:#}");
    let keys: Vec<String> = world.kinesis.records(INPUT)?.into_iter().map(|record| record.partition_key).collect();
    ensure!(keys.iter().all(|key| key.parse::<u32>().is_ok()), "{keys:?}");
    application.terminate()?.expect(0);
    Ok(())
}

impl World {
    fn new(shards: u32) -> Result<World> {
        let faults = Faults::default();
        let kinesis = LocalKinesis::start(Options { faults: faults.clone(), ..Options::default() })?;
        kinesis.create_stream(INPUT, shards)?;
        kinesis.create_stream(OUTPUT, 1)?;
        let lines = lines("readings.jsonl")?;
        let readings = lines.into_iter().map(reading).collect::<Result<Vec<_>>>()?;
        Ok(World { kinesis, faults, readings, put: 0 })
    }

    /// Starts the application from the beginning of the stream; arguments come last and win.
    fn start(&self, arguments: &[&str]) -> Result<Running> {
        application()?.start(|command| {
            let endpoint = self.kinesis.endpoint();
            command
                .env("AWS_ENDPOINT_URL", endpoint)
                .env("AWS_ACCESS_KEY_ID", "local")
                .env("AWS_SECRET_ACCESS_KEY", "local")
                .args(["--set", "sensor_data.scan.stream.initpos=TRIM_HORIZON"])
                .args(["--set", "sensor_data.scan.shard.getrecords.intervalmillis=20"])
                .args(["--set", "sensor_data.scan.shard.discovery.intervalmillis=200"])
                .args(["--set", "sensor_state.sink.flush-buffer.timeout=100"]);
            // A later --set of an option wins.
            command.args(arguments);
        })
    }

    /// Puts the next readings, as the producer does: in order, by sensor.
    fn put(&mut self, number: usize) -> Result<()> {
        let records = self.readings[self.put..self.put + number].iter();
        self.put += number;
        self.kinesis.put_records(INPUT, records.map(|reading| (reading.key.as_str(), reading.line.as_bytes())))
    }

    /// Waits for the windows up to the watermark, stops the application and compares all it did with Flink.
    fn finish(&self, mut application: Running, read: i64) -> Result<()> {
        let expected = expected(self.watermark()?)?;
        ensure!(expected.len() > 200, "only {} windows are complete", expected.len());
        self.until_written(&mut application, expected.len())?;
        let status = application.status()?;
        let source = &status["sources"]["sensor_data"];
        let operators = status["operators"].as_object().context("there are operators")?;
        let operator = &operators.iter().find(|(name, _)| name.starts_with("HopByStatus")).context("an operator")?.1;
        let number = |value: &Value| value.as_i64().unwrap_or(0);
        let ended = application.terminate()?;
        ended.expect(0);
        let written = self.written()?;
        ensure!(
            written == expected,
            "the windows are not Flink's\n{status:#}\n{}",
            sqlc_tests::changelog::difference(&expected, &written).unwrap_or_default()
        );
        let settled = number(&source["decoded"]) + number(&source["skipped"]) + number(&source["dead_lettered"]);
        ensure!(number(&source["read"]) == read && settled == read, "{status:#}");
        ensure!(number(&operator["rows_in"]) == read && number(&operator["late"]) == 0, "{status:#}");
        ensure!(number(&operator["rows_out"]) == expected.len() as i64, "{status:#}");
        ensure!(number(&status["sinks"]["sensor_state"]["written"]) == expected.len() as i64, "{status:#}");
        Ok(())
    }

    fn until_written(&self, application: &mut Running, rows: usize) -> Result<()> {
        let started = Instant::now();
        loop {
            let written = self.kinesis.records(OUTPUT)?.len();
            if written >= rows {
                return Ok(());
            }
            ensure!(
                started.elapsed() < PATIENCE,
                "{written} of {rows} windows are there\n{:#}\n{}",
                application.status()?,
                application.stderr()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How far event time has come in the shard that is furthest behind. Closed shards have no say.
    fn watermark(&self) -> Result<i64> {
        let records = self.kinesis.records(INPUT)?;
        let mut slowest = i64::MAX;
        for shard in self.kinesis.open_shards(INPUT)? {
            let last = records.iter().rfind(|record| record.shard == shard);
            let last = last.with_context(|| format!("{shard} is empty"))?;
            slowest = slowest.min(reading(String::from_utf8(last.data.clone())?)?.millis);
        }
        Ok(slowest - DELAY_MILLIS)
    }

    /// What is on the output stream, in the order of Flink's record.
    fn written(&self) -> Result<Vec<String>> {
        let records = self.kinesis.records(OUTPUT)?;
        let mut rows: Vec<(String, String)> = records
            .into_iter()
            .map(|record| {
                let line = String::from_utf8(record.data)?;
                Ok((hop_time(&line)?, line))
            })
            .collect::<Result<_>>()?;
        rows.sort();
        Ok(rows.into_iter().map(|(_, line)| line).collect())
    }
}

/// The binary, built once.
fn application() -> Result<&'static Application> {
    static BUILT: OnceLock<std::result::Result<Application, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let notebook = workspace().join("examples/sensors/SensorsApp.zpln");
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("applications");
        Application::build(&notebook, "sensors_app", &target).map_err(|error| format!("{error:#}"))
    });
    built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

/// What Flink wrote for the windows that a watermark completes.
fn expected(watermark: i64) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for line in lines("flink.jsonl")? {
        if millis(&hop_time(&line)?)? <= watermark {
            rows.push(line);
        }
    }
    Ok(rows)
}

fn count(status: &Value, what: &str) -> i64 {
    status["sources"]["sensor_data"][what].as_i64().unwrap_or(0)
}

fn reading(line: String) -> Result<Reading> {
    let value: Value = serde_json::from_str(&line)?;
    let millis = millis(value["event_time"].as_str().context("a reading has a time")?)?;
    Ok(Reading { key: value["sensor_id"].to_string(), line, millis })
}

fn hop_time(line: &str) -> Result<String> {
    let value: Value = serde_json::from_str(line)?;
    value["hop_time"].as_str().map(str::to_owned).with_context(|| format!("no hop_time in {line}"))
}

/// Milliseconds of the day, cut as TIMESTAMP(3) is; all readings are of one day.
fn millis(time: &str) -> Result<i64> {
    let (_, clock) = time.split_once('T').context("no T in a time")?;
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut seconds = 0;
    for part in whole.split(':') {
        seconds = seconds * 60 + part.parse::<i64>()?;
    }
    let fraction: String = format!("{fraction:0<3}").chars().take(3).collect();
    Ok(seconds * 1_000 + fraction.parse::<i64>()?)
}

fn lines(name: &str) -> Result<Vec<String>> {
    let path = workspace().join("tests/journey").join(name);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}
