//! Applications in trouble: what they say, which exit code they end with, and what is left behind. A panic is never an
//! answer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_local_kinesis::{LocalKinesis, Options};
use sqlc_tests::app::{Application, Ended, Running};

/// A folder in which the application runs.
struct Place(tempfile::TempDir);

#[test]
fn a_signal_drains_what_was_read_and_leaves_windows_open() -> Result<()> {
    for signal in ["TERM", "INT"] {
        let place = Place::new()?;
        place.write("in/a.jsonl", &readings(0..150))?;
        let mut running = place.start(&["--set", "readings.source.monitor-interval=50 ms"])?;
        running.until("the first file", |status| source(status, "read") == 150)?;
        place.write("in/b.jsonl", &readings(150..170))?;
        running.until("the second file", |status| source(status, "read") == 170)?;
        running.signal(signal)?;
        running.wait()?.expect(0);
        ensure!(place.rows("copies")?.len() == 170, "{:?}", place.rows("copies")?);
        // One reading a second: the third minute has not ended.
        let ends: Vec<Value> = place.rows("minutes")?.iter().map(|row| row["ends"].clone()).collect();
        ensure!(ends == ["2024-03-01 10:01:00", "2024-03-01 10:02:00"], "{ends:?}");
    }
    Ok(())
}

/// A short run of what `tests/faults/kill.py` does two hundred times.
#[test]
fn an_application_that_is_killed_again_and_again_loses_and_doubles_nothing() -> Result<()> {
    killed("kill", 25, &[])
}

/// A short run of what `tests/faults/kill_kinesis.py` does two hundred times.
#[test]
fn neither_does_one_that_reads_streams_whose_shards_split_and_merge() -> Result<()> {
    let options = Options::default();
    options.faults.by_chance(7, 3);
    let kinesis = LocalKinesis::start(options)?;
    killed("kill_kinesis", 25, &["--endpoint", &kinesis.endpoint()])
}

/// Runs a script that kills the application of the same name.
fn killed(name: &str, kills: u32, arguments: &[&str]) -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
    let app = Application::build(&here.join(format!("{name}.sql")), name, &target)?;
    let output = Command::new("python3")
        .arg(here.join(format!("{name}.py")))
        .arg("--app")
        .arg(app.command().get_program())
        .args(["--kills", &kills.to_string()])
        .args(arguments)
        .output()
        .context("cannot start python3, which this test needs")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains("PASS"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn the_end_of_bounded_input_closes_windows() -> Result<()> {
    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..150))?;
    place.run(&[])?.expect(0);
    ensure!(place.rows("minutes")?.len() == 3);
    ensure!(place.inside("copies")?.iter().all(|name| !name.starts_with('.')), "nothing is in progress any more");
    Ok(())
}

#[test]
fn a_full_disk_is_an_error_of_writing() -> Result<()> {
    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..200_000))?;
    // No file may be larger than 64 blocks; the signal that says so otherwise is ignored.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(place.command()?.get_program()).current_dir(place.folder());
    // By default it would wait for room.
    command.args(["--set", "restart-strategy.type=none"]);
    let output = command.output()?;
    let ended = Ended {
        code: output.status.code(),
        stdout: String::new(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    ended.expect(74);
    ensure!(ended.stderr.contains("copies"), "{}", ended.stderr);
    let finished = place.inside("copies")?.into_iter().filter(|name| !name.starts_with('.')).count();
    ensure!(finished == 0, "half a file looks like a whole one");

    let place = Place::new()?;
    place.write("in/a.jsonl", "no JSON\n")?;
    let ended = place
        .run(
            &[
                ["--set", "readings.on-error=dead-letter"],
                ["--set", "readings.dead-letter.path=/dev/full"],
                ["--set", "restart-strategy.type=none"],
            ]
            .concat(),
        )
        .context("/dev/full")?;
    ended.expect(74);
    ensure!(ended.stderr.contains("/dev/full"), "{}", ended.stderr);

    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..200))?;
    place.write("in/b.jsonl", &readings(0..200))?;
    let full = ["--set", "readings.late-data.path=/dev/full", "--set", "restart-strategy.type=none"];
    let ended = place.run(&full).context("/dev/full for late rows")?;
    ended.expect(74);
    ensure!(ended.stderr.contains("dead letters to /dev/full"), "{}", ended.stderr);
    Ok(())
}

#[test]
fn late_rows_are_counted_and_kept_by_any_number_of_workers() -> Result<()> {
    for workers in ["1", "2"] {
        let place = Place::new()?;
        // The folder has to be there when the application starts.
        std::fs::create_dir_all(place.folder().join("in"))?;
        let arguments = ["--set", "readings.source.monitor-interval=50 ms", "--parallelism", workers];
        let mut running = place.start(&arguments)?;
        // Half a minute apart, so that neither file is late whoever reads which.
        place.write("in/a.jsonl", &readings(0..630))?;
        place.write("in/b.jsonl", &readings(600..660))?;
        running.until("both files", |status| {
            let minutes = minutes(status);
            let watermark = minutes["watermark"].as_str().unwrap_or_default();
            source(status, "read") == 690 && watermark >= "2024-03-01T10:10:29"
        })?;
        // Ten minutes are over now, the eleventh is not.
        place.write("in/c.jsonl", &readings(0..610))?;
        let status = running.until("late rows", |status| minutes(status)["late"] == 600)?;
        ensure!(minutes(&status)["state_bytes"].as_i64() > Some(0), "{status:#}");
        running.terminate()?.expect(0);
        let letters = place.letters()?;
        ensure!(letters.len() == 600, "{workers} workers: {}", letters.len());
        let reason = "its last window ended at 2024-03-01T10:03:00.000Z";
        let third = letters.iter().filter(|letter| letter["reason"] == reason).count();
        ensure!(third == 60, "{:?}", letters.first());
        let mut times: Vec<&str> = letters.iter().filter_map(|letter| letter["row"]["taken"].as_str()).collect();
        times.sort_unstable();
        times.dedup();
        ensure!(times.len() == 600 && times[599] == "2024-03-01 10:09:59", "{times:?}");

        // What was written before the last checkpoint does not come again.
        let mut running = place.start(&arguments)?;
        place.write("in/d.jsonl", &readings(0..60))?;
        running.until("more late rows", |status| minutes(status)["late"] == 60)?;
        running.terminate()?.expect(0);
        ensure!(place.letters()?.len() == 660, "{workers} workers: {}", place.letters()?.len());
        let counted: i64 = place.rows("minutes")?.iter().filter_map(|row| row["readings"].as_i64()).sum();
        ensure!(counted == 600, "{workers} workers: {counted}");
    }
    Ok(())
}

#[test]
fn input_that_is_not_there_or_not_allowed_is_said() -> Result<()> {
    let place = Place::new()?;
    let ended = place.run(&["--set", "readings.path=nowhere"])?;
    ended.expect(66);
    ensure!(ended.stderr.contains("nowhere"), "{}", ended.stderr);

    place.write("in/a.jsonl", &readings(0..1))?;
    let ended = place.run(&["--set", "readings.path=in/a.jsonl/b"])?;
    ensure!([Some(66), Some(74)].contains(&ended.code), "{ended:?}");
    ensure!(ended.stderr.contains("in/a.jsonl/b"), "{}", ended.stderr);

    let folder = place.folder().join("in");
    let closed = Command::new("chmod").arg("000").arg(&folder).status()?.success();
    // Root may read everything.
    if closed && std::fs::read_dir(&folder).is_err() {
        let ended = place.run(&[]);
        Command::new("chmod").arg("700").arg(&folder).status()?;
        let ended = ended?;
        ended.expect(77);
        ensure!(ended.stderr.contains("in"), "{}", ended.stderr);
    } else {
        Command::new("chmod").arg("700").arg(&folder).status()?;
    }
    Ok(())
}

#[test]
fn bad_records_go_where_the_options_say() -> Result<()> {
    let bad = "{\"id\": \"many\"}";
    let truncated = "{\"id\": 3, \"temperat";
    let input = format!("{}{bad}\n{}{truncated}", readings(0..2), readings(2..3));

    let place = Place::new()?;
    place.write("in/a.jsonl", &input)?;
    let ended = place.run(&[])?;
    ended.expect(65);
    for words in ["readings", "a.jsonl", "many"] {
        ensure!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }

    let watching = ["--set", "readings.source.monitor-interval=50 ms"];
    for (policy, skipped, dead) in [("skip", 2, 0), ("dead-letter", 0, 2)] {
        let place = Place::new()?;
        place.write("in/a.jsonl", &input)?;
        let on_error = format!("readings.on-error={policy}");
        let mut arguments = vec!["--set", on_error.as_str(), watching[0], watching[1]];
        if policy == "dead-letter" {
            arguments.extend(["--set", "readings.dead-letter.path=bad.jsonl"]);
        }
        let mut running = place.start(&arguments)?;
        let status = running.until("all records", |status| source(status, "read") == 5)?;
        ensure!(source(&status, "decoded") == 3, "{status:#}");
        ensure!(source(&status, "skipped") == skipped, "{status:#}");
        ensure!(source(&status, "dead_lettered") == dead, "{status:#}");
        running.terminate()?.expect(0);
        ensure!(place.rows("copies")?.len() == 3);
        if policy == "dead-letter" {
            let letters = std::fs::read_to_string(place.folder().join("bad.jsonl"))?;
            let originals: Vec<Value> = letters
                .lines()
                .map(|line| Ok(serde_json::from_str::<Value>(line)?["record"].clone()))
                .collect::<Result<_>>()?;
            ensure!(originals == [bad, truncated], "{letters}");
        }
    }
    Ok(())
}

#[test]
fn rubbish_is_data() -> Result<()> {
    let place = Place::new()?;
    let mut rubbish: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
    rubbish.extend("[".repeat(200_000).bytes());
    rubbish.push(b'\n');
    rubbish.extend("{\"id\":".repeat(100_000).bytes());
    rubbish.push(b'\n');
    rubbish.extend(format!("{{\"id\": 1{}}}\n", "0".repeat(5_000)).bytes());
    rubbish.extend(format!("{{\"{}\": 1, \"id\": 5}}\n", "x".repeat(1 << 20)).bytes());
    std::fs::create_dir_all(place.folder().join("in"))?;
    std::fs::write(place.folder().join("in/a.jsonl"), &rubbish)?;
    for parallelism in ["1", "3"] {
        let ended = place.run(&["--set", "readings.on-error=skip", "--parallelism", parallelism])?;
        // The last record has no rowtime, which no option forgives.
        ended.expect(65);
        ensure!(ended.stderr.contains("taken"), "{}", ended.stderr);
    }
    Ok(())
}

#[test]
fn a_value_that_cannot_be_computed_names_cell_and_line() -> Result<()> {
    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..20))?;
    let ended = place.run(&[])?;
    ended.expect(0);
    place.write("in/a.jsonl", &readings(0..20).replace("{\"id\": 7,", "{\"id\": 13,"))?;
    let ended = place.run(&[])?;
    ended.expect(65);
    ensure!(ended.stderr.contains("cell 5, line 3"), "{}", ended.stderr);
    Ok(())
}

#[test]
fn wrong_arguments_are_refused_before_anything_happens() -> Result<()> {
    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..1))?;
    place.write("wrong.toml", "[reading]\npath = \"x\"\n")?;
    place.write("broken.toml", "[readings\n")?;
    let cases: &[(&[&str], &[&str])] = &[
        (&["--set", "readings.pth=x"], &["readings.pth", "did you mean", "path"]),
        (&["--set", "reading.path=x"], &["reading.path", "did you mean 'readings'"]),
        (&["--set", "readings.format=csv"], &["compiled in", "build again"]),
        (&["--set", "readings.connector=kinesis"], &["no connector 'kinesis'"]),
        (&["--set", "readings.json.timestamp-format.standard=ISO-8601"], &["compiled in"]),
        (&["--set", "readings"], &["readings"]),
        (&["--set", "readings.on-error=panic"], &["dead-letter"]),
        (&["--set", "readings.on-error=dead-letter"], &["dead-letter.path"]),
        (&["--set", "readings.source.monitor-interval=soon"], &["a duration"]),
        (&["--parallelism", "0"], &["parallelism"]),
        (&["--parallelism=-1"], &["parallelism"]),
        (&["--parallelism", "many"], &["parallelism"]),
        (&["--parallelism", "99999999999"], &["parallelism"]),
        (&["--config", "nowhere.toml"], &["nowhere.toml"]),
        (&["--config", "wrong.toml"], &["reading"]),
        (&["--config", "broken.toml"], &["broken.toml"]),
        (&["--format", "xml"], &["changelog"]),
        (&["--no-such-thing"], &["--no-such-thing"]),
    ];
    for (arguments, words) in cases {
        let ended = place.run_plain(arguments)?;
        ended.expect(64);
        for word in *words {
            ensure!(ended.stderr.contains(word), "{arguments:?}: no {word:?} in\n{}", ended.stderr);
        }
        ensure!(place.inside("copies")?.is_empty(), "{arguments:?} wrote something");
    }
    Ok(())
}

#[test]
fn an_address_that_is_taken_is_said() -> Result<()> {
    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..1))?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let ended = place.run_plain(&["--listen", &address])?;
    ended.expect(66);
    ensure!(ended.stderr.contains(&address), "{}", ended.stderr);
    Ok(())
}

#[test]
fn two_processes_share_a_folder() -> Result<()> {
    let place = Place::new()?;
    place.write("in/a.jsonl", &readings(0..1_000))?;
    let watching = ["--set", "readings.source.monitor-interval=50 ms"];
    let elsewhere = [&watching[..], &["--checkpoint-dir", "other.checkpoints"]].concat();
    let (mut one, mut other) = (place.start(&watching)?, place.start(&elsewhere)?);
    one.until("all records", |status| source(status, "read") == 1_000)?;
    other.until("all records", |status| source(status, "read") == 1_000)?;
    one.terminate()?.expect(0);
    other.terminate()?.expect(0);
    ensure!(place.rows("copies")?.len() == 2_000, "one process wrote over the other's rows");
    Ok(())
}

impl Place {
    fn new() -> Result<Place> {
        Ok(Place(tempfile::tempdir()?))
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        // Whoever watches the folder must not see half a file.
        let hidden = path.with_file_name(".new");
        std::fs::write(&hidden, text)?;
        Ok(std::fs::rename(hidden, path)?)
    }

    fn command(&self) -> Result<Command> {
        Ok(application()?.command())
    }

    fn start(&self, arguments: &[&str]) -> Result<Running> {
        application()?.start(|command| {
            command.current_dir(self.folder()).args(arguments);
        })
    }

    fn run(&self, arguments: &[&str]) -> Result<Ended> {
        self.start(arguments)?.wait()
    }

    /// Without `--listen`.
    fn run_plain(&self, arguments: &[&str]) -> Result<Ended> {
        let output = self.command()?.current_dir(self.folder()).args(arguments).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
    }

    /// The names in the folder of a table.
    fn inside(&self, table: &str) -> Result<Vec<String>> {
        let Ok(entries) = std::fs::read_dir(self.folder().join(table)) else { return Ok(Vec::new()) };
        let mut names: Vec<String> =
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<_>>()?;
        names.sort();
        Ok(names)
    }

    /// The lines of the late rows.
    fn letters(&self) -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.folder().join("late.jsonl"))?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// The rows in the finished files of a table.
    fn rows(&self, table: &str) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        for name in self.inside(table)?.iter().filter(|name| !name.starts_with('.')) {
            for line in std::fs::read_to_string(self.folder().join(table).join(name))?.lines() {
                rows.push(serde_json::from_str(line)?);
            }
        }
        Ok(rows)
    }
}

/// One reading a second, from ten o'clock.
fn readings(ids: std::ops::Range<u32>) -> String {
    let line = |id: u32| {
        let (hours, minutes, seconds) = (10 + id / 3600 % 14, id / 60 % 60, id % 60);
        // 13 stands for what cannot be computed; no ordinary reading has it.
        let number = if id == 13 { 1_300 } else { id };
        format!(
            "{{\"id\": {number}, \"temperature\": 20.5, \"taken\": \"2024-03-01 {hours:02}:{minutes:02}:{seconds:02}\"}}\n"
        )
    };
    ids.map(line).collect()
}

fn source(status: &Value, what: &str) -> i64 {
    status["sources"]["readings"][what].as_i64().unwrap_or(0)
}

/// What is said of the operator that counts by the minute.
fn minutes(status: &Value) -> Value {
    let operators = status["operators"].as_object();
    operators.and_then(|operators| operators.values().next().cloned()).unwrap_or_default()
}

/// The binary, built once.
fn application() -> Result<&'static Application> {
    static BUILT: OnceLock<std::result::Result<Application, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let notebook = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/readings.sql");
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("applications");
        Application::build(&notebook, "readings_app", &target).map_err(|error| format!("{error:#}"))
    });
    built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}
