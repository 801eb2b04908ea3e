//! Applications as processes: command line, signals, status.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The binary of an example, which `cargo test` builds beside the tests.
/// A command whose checkpoints lie in a folder of its own.
fn example(name: &str, folder: &Path) -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(path.exists(), "build {} with `cargo build --examples -p sqlc-runtime`", path.display());
    let mut command = Command::new(path);
    command.current_dir(folder);
    command
}

fn run(name: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    example(name, folder.path()).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn selects_and_prints_share_stdout() {
    let output = run("made_up", &[]);
    assert!(output.status.success());
    let text = stdout(&output);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["+I[1, true]", "+I[2, true]", "+I[3, true]", "it> +I[0, null]"]);

    let output = run("made_up", &["--format", "json", "--parallelism", "2", "--set", "printed.standard-error=true"]);
    assert!(output.status.success());
    let text = stdout(&output);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [1, 2, 3].map(|id| format!("{{\"op\":\"+I\",\"statement\":1,\"row\":{{\"id\":{id},\"valid\":true}}}}"))
    );
    assert_eq!(stderr(&output), "it:1> +I[0, null]\n");
}

#[test]
fn the_command_line_explains_itself() {
    let described = run("made_up", &["--describe"]);
    assert_eq!(stdout(&described), "{\"reads\":[\"numbers\"]}\n");
    assert_eq!(stdout(&run("made_up", &["--version"])), "made_up 1.2.3\n");
    let help = run("made_up", &["--help"]);
    assert!(help.status.success());
    for word in ["--set", "--config", "--parallelism", "--listen", "--log-format", "SQLC_SET_", "Exit codes"] {
        assert!(stdout(&help).contains(word), "{word}");
    }
}

#[test]
fn mistakes_have_their_exit_codes() {
    let unknown = run("made_up", &["--sett", "a=b"]);
    assert_eq!(unknown.status.code(), Some(64));
    assert!(stderr(&unknown).starts_with("error: unexpected argument '--sett' found"), "{}", stderr(&unknown));
    let option = run("made_up", &["--set", "numbers.rows-per-secnd=5", "--log-format", "json"]);
    assert_eq!(option.status.code(), Some(64));
    let line: serde_json::Value = serde_json::from_str(&stderr(&option)).unwrap();
    assert_eq!(line["level"], "error");
    assert_eq!(
        line["message"],
        "--set numbers.rows-per-secnd: table numbers has no option 'rows-per-secnd'; did you mean 'rows-per-second'?"
    );
    assert_eq!(run("made_up", &["--parallelism", "0"]).status.code(), Some(64));
    let unlinked = run("made_up", &["--set", "numbers.connector=kinesis"]);
    assert_eq!(
        stderr(&unlinked),
        "error: table numbers: this binary has no connector 'kinesis'; it has filesystem, datagen, print, blackhole\n"
    );
    let missing = run("sensors", &["--set", "sensor_data.path=/nowhere/at/all"]);
    assert_eq!(missing.status.code(), Some(66));
    assert!(stderr(&missing).contains("table sensor_data: cannot read /nowhere/at/all"), "{}", stderr(&missing));
}

#[test]
fn variables_and_files_change_options() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made_up.toml");
    std::fs::write(&file, "[numbers]\nfields.id.end = 9\nfields.id.start = 8\n[printed]\nstandard-error = true\n")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = example("made_up", folder.path());
    command.arg("--config").arg(&file).env("SQLC_SET_NUMBERS__FIELDS_ID_END", "10");
    assert_eq!(stdout(&command.output().unwrap()), "+I[8, true]\n+I[9, true]\n+I[10, true]\n");
    command.args(["--set", "numbers.fields.id.end=8"]);
    assert_eq!(stdout(&command.output().unwrap()), "+I[8, true]\n");
    command.env("SQLC_SET_NUMBRS__X", "10");
    assert!(stderr(&command.output().unwrap()).starts_with("error: SQLC_SET_NUMBRS__X: there is no such table"));
}

/// A process that is killed if the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}

/// Asks for the status until it is as wanted; a minute is no measure of speed but of patience.
fn wait_for(address: &str, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let started = Instant::now();
    loop {
        let status = get(address, "/status").and_then(|text| serde_json::from_str(&text).ok());
        match status {
            Some(status) if wanted(&status) => return status,
            status => assert!(started.elapsed() < Duration::from_secs(60), "{status:?}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn a_signal_completes_what_was_read_and_leaves_open_windows_alone() {
    for (signal, parallelism) in [("TERM", "1"), ("INT", "2")] {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::create_dir(&input).unwrap();
        let line = |second: i64| {
            format!(
                "{{\"status\":\"OK\",\"current_temperature\":20,\"event_time\":\"2021-05-21T10:00:{second:02}\"}}\n"
            )
        };
        std::fs::write(input.join("a.json"), [0, 1, 2, 16, 3].map(line).concat() + "broken\n").unwrap();
        std::fs::write(input.join("b.json"), [0, 16].map(line).concat()).unwrap();
        let address = free_address();
        let child = example("sensors", folder.path())
            .args(["--listen", &address, "--parallelism", parallelism])
            .args(["--set", &format!("sensor_data.path={}", input.display())])
            .args(["--set", "sensor_data.source.monitor-interval=50 ms", "--set", "sensor_data.on-error=skip"])
            .args(["--set", &format!("sensor_state.path={}", output.display())])
            // One worker may get both files; the other must not wait for its first one for ever.
            .args(["--set", "table.exec.source.idle-timeout=100 ms"])
            .spawn()
            .unwrap();
        let mut running = Running(child);

        let status = wait_for(&address, |status| {
            status["sources"]["sensor_data"]["read"] == 8
                && status["operators"]["HopByStatus (cell 1, line 24)"]["watermark"] == "2021-05-21T10:00:11.000Z"
        });
        assert_eq!(status["application"], "sensors");
        assert_eq!(status["sources"]["sensor_data"]["skipped"], 1);
        assert_eq!(status["sources"]["sensor_data"]["decoded"], 7);
        let late = match parallelism {
            // The second file begins behind the first.
            "1" => 2,
            _ => status["operators"]["HopByStatus (cell 1, line 24)"]["late"].as_i64().unwrap(),
        };
        assert!(late <= 2);
        assert_eq!(get(&address, "/healthz").unwrap(), "ok\n");
        let metrics = get(&address, "/metrics").unwrap();
        assert!(metrics.contains("sqlc_records_read_total{table=\"sensor_data\"} 8\n"), "{metrics}");

        let id = running.0.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(running.0.wait().unwrap().code(), Some(0));
        let mut text = String::new();
        for file in std::fs::read_dir(&output).unwrap() {
            let path = file.unwrap().path();
            assert!(!path.to_str().unwrap().contains("inprogress"), "{}", path.display());
            text += &std::fs::read_to_string(path).unwrap();
        }
        assert_eq!(text.lines().count(), 1, "only the first window has ended: {text}");
        assert!(text.contains("\"hop_time\":\"2021-05-21T10:00:09.999\""), "{text}");
    }
}

#[test]
fn a_running_application_answers_its_own_commands() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = example("sensors", folder.path());
        command.current_dir(folder.path()).args(arguments);
        command
    };
    let ask = |arguments: &[&str]| command(arguments).output().unwrap();
    let missing = ask(&["status"]);
    assert_eq!(missing.status.code(), Some(66));
    assert!(stderr(&missing).starts_with("error: no sensors is running here"), "{}", stderr(&missing));

    let input = ["--set", "sensor_data.path=in", "--set", "sensor_data.source.monitor-interval=50 ms"];
    let mut running = Running(command(&input).stderr(Stdio::null()).spawn().unwrap());
    let started = Instant::now();
    while !folder.path().join("sensors.checkpoints/control.sock").exists() {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    let page = ask(&["status"]);
    assert!(stdout(&page).starts_with("sensors "), "{}", stderr(&page));
    assert!(stdout(&page).contains("checkpoints in sensors.checkpoints"), "{}", stdout(&page));
    let status: serde_json::Value = serde_json::from_str(&stdout(&ask(&["status", "--json"]))).unwrap();
    assert_eq!(status["process"], running.0.id());
    let elsewhere = ask(&["status", "--checkpoint-dir", "elsewhere"]);
    assert_eq!(elsewhere.status.code(), Some(66));
    let here = ask(&["status", "--checkpoint-dir", "elsewhere", "--socket", "sensors.checkpoints/control.sock"]);
    assert!(here.status.success());
    assert_eq!(ask(&["stop", "--sockets", "x"]).status.code(), Some(64));

    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    assert!(!folder.path().join("sensors.checkpoints/control.sock").exists());
}

#[test]
fn a_full_disk_is_an_error_of_writing() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = example("made_up", folder.path())
        .args(["--set", "restart-strategy.type=none"])
        .stdout(Stdio::from(full))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert!(stderr(&output).contains("cannot write the output: No space left on device"), "{}", stderr(&output));
}

#[test]
fn an_application_in_a_pipe_ends_with_its_reader() {
    use std::os::unix::process::ExitStatusExt;
    let end = "numbers.fields.id.end=1000000000000";
    let folder = tempfile::tempdir().unwrap();
    let child = example("made_up", folder.path())
        .args(["--set", end])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let mut first = [0; 5];
    running.0.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let status = running.0.wait().unwrap();
    let mut message = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!((status.signal(), message.as_str()), (Some(13), ""));
}
