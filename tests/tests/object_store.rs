//! Checkpoints in S3: an application that is killed, cut off from its checkpoints, replaced, and refused, over moto
//! (`faults/s3.py`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_tests::app::Application;

/// What is added to `faults/kill.sql`. The table of Kinesis makes it an application that links what others here link too,
/// so that nothing is built for this test alone; it is started as a blackhole.
const BEFORE: &str = "%flink.conf
execution.checkpointing.dir s3://checkpoints/teams/kill
execution.checkpointing.interval 50 ms

";
const BEHIND: &str = "
%flink.ssql
CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'kinesis', 'stream' = 'none', 'aws.region' = 'eu-west-1',
    'format' = 'json');
INSERT INTO nowhere SELECT id FROM events WHERE id < 0;
";

/// A short run of `faults/kill.py` with its checkpoints in S3.
#[test]
fn an_application_that_is_killed_again_and_again_loses_and_doubles_nothing() -> Result<()> {
    let Some(service) = Service::start(&[])? else { return Ok(()) };
    let application = application()?;
    let mut command = Command::new("python3");
    command.arg(folder().join("kill.py")).arg("--app").arg(application.command().get_program());
    service.arrange(&mut command, service.address);
    let output = command.args(["--kills", "8"]).output().context("cannot start python3")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains("PASS"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn processing_goes_on_while_checkpoints_cannot_be_stored() -> Result<()> {
    let Some(mut service) = Service::start(&[])? else { return Ok(()) };
    let line = Line::new(service.address)?;
    let place = tempfile::tempdir()?;
    let application = application()?;
    let start = |arguments: &[&str]| {
        application.start(|command| {
            service.arrange(command, line.address);
            command.current_dir(place.path()).args(["--set", "connection.retry-timeout=200 ms"]).args(arguments);
        })
    };
    put(place.path(), 0..300)?;
    let mut running = start(&[])?;
    running.until("the first checkpoints", |status| read(status) == 300 && count(status, "completed") >= 2)?;

    line.cut(true);
    put(place.path(), 300..600)?;
    let cut_off = |status: &Value| read(status) == 600 && count(status, "failed") >= 2;
    let before = count(&running.until("failing checkpoints", cut_off)?, "completed");
    let said = running.stderr();
    ensure!(said.contains("has failed, 2 in a row: cannot write s3://checkpoints/teams/kill/chk-"), "{said}");
    line.cut(false);
    running.until("the next checkpoints", |status| count(status, "completed") >= before + 2)?;

    // Commands find the application by the URL of its checkpoints, and savepoints go there.
    let mut command = application.command();
    service.arrange(&mut command, service.address);
    let output = command.arg("savepoint").output()?;
    let savepoint = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(output.status.success(), "{savepoint}{}", String::from_utf8_lossy(&output.stderr));
    ensure!(savepoint.contains("s3://checkpoints/teams/kill/savepoint-"), "{savepoint}");
    running.signal("KILL")?;
    ensure!(running.wait()?.code.is_none());

    put(place.path(), 600..900)?;
    let mut running = start(&["--parallelism", "2"])?;
    running.until("the rest", |status| read(status) >= 300 && count(status, "completed") >= 1)?;
    let ended = running.terminate()?;
    ended.expect(0);
    for words in ["has not given s3://checkpoints/teams/kill up", "going on from s3://checkpoints/teams/kill/"] {
        ensure!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    let mut passed = passed(place.path())?;
    passed.sort_unstable();
    ensure!(passed == (0..900).filter(|id| id % 3 == 0).collect::<Vec<u64>>(), "{passed:?}");
    let objects = service.list()?;
    ensure!(objects.iter().all(|key| key.starts_with("teams/kill/") && !key.ends_with(".owner")), "{objects:?}");
    ensure!(objects.iter().any(|key| key.contains("/savepoint-") && key.ends_with("/manifest.json")), "{objects:?}");
    Ok(())
}

#[test]
fn of_two_instances_the_older_one_ends_at_its_next_checkpoint() -> Result<()> {
    let Some(service) = Service::start(&[])? else { return Ok(()) };
    let application = application()?;
    let place = tempfile::tempdir()?;
    put(place.path(), 0..30)?;
    let start = || {
        application.start(|command| {
            service.arrange(command, service.address);
            command.current_dir(place.path());
        })
    };
    let mut older = start()?;
    older.until("its first checkpoint", |status| count(status, "completed") >= 1)?;
    let mut newer = start()?;
    let ended = older.wait()?;
    ended.expect(64);
    ensure!(ended.stderr.contains("keeps its checkpoints in s3://checkpoints/teams/kill now"), "{}", ended.stderr);
    newer.until("a checkpoint", |status| count(status, "completed") >= 1)?;
    newer.terminate()?.expect(0);
    ensure!(passed(place.path())?.len() == 10);
    Ok(())
}

#[test]
fn what_only_a_person_can_mend_ends_it_at_once() -> Result<()> {
    let Some(service) = Service::start(&["--check"])? else { return Ok(()) };
    let application = application()?;
    let refused = |arrange: &dyn Fn(&mut Command) -> &mut Command, code: i32, words: &[&str]| -> Result<()> {
        let place = tempfile::tempdir()?;
        let ended = application.start(|command| {
            service.arrange(command, service.address);
            command.env("SQLC_SET_EXECUTION_CHECKPOINTING_DIR", "s3://checkpoints");
            arrange(command.current_dir(place.path()));
        });
        let ended = ended?.wait()?;
        ended.expect(code);
        for words in words {
            ensure!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        }
        Ok(())
    };
    let here = format!("http://{}", service.address);
    refused(
        &|command| command.args(["--checkpoint-dir", "s3://elsewhere"]),
        66,
        &[&format!("cannot list s3://elsewhere: there is no bucket 'elsewhere' at {here}")],
    )?;
    let unaccepted = format!("cannot list s3://checkpoints: {here} does not accept the credentials");
    refused(&|command| command.env("AWS_ACCESS_KEY_ID", "nobody"), 77, &[&unaccepted, "InvalidAccessKeyId"])?;
    refused(&|command| command.env("AWS_SECRET_ACCESS_KEY", "no"), 77, &[&unaccepted, "SignatureDoesNotMatch"])?;
    refused(
        &|command| command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY"),
        77,
        &["cannot open s3://checkpoints: there are no credentials: set AWS_ACCESS_KEY_ID"],
    )?;
    refused(
        &|command| command.args(["--set", "s3.endpoint=ftp://minio"]),
        64,
        &["'s3.endpoint' is 'ftp://minio', expected a URL"],
    )
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faults")
}

fn application() -> Result<&'static Application> {
    static APPLICATION: OnceLock<Application> = OnceLock::new();
    if let Some(application) = APPLICATION.get() {
        return Ok(application);
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("object_store");
    std::fs::create_dir_all(&target)?;
    let notebook = target.join("kill.sql");
    let text = format!("{BEFORE}{}{BEHIND}", std::fs::read_to_string(folder().join("kill.sql"))?);
    std::fs::write(&notebook, text)?;
    let application = Application::build(&notebook, "kill", &target)?;
    Ok(APPLICATION.get_or_init(|| application))
}

/// Lets a file with the events of these numbers appear in the folder that is watched.
fn put(place: &Path, ids: std::ops::Range<u64>) -> Result<()> {
    let inbox = place.join("in");
    std::fs::create_dir_all(&inbox)?;
    let event = |id: u64| {
        let (minutes, seconds) = (id / 60, id % 60);
        format!(
            "{{\"id\": {id}, \"device\": \"d{}\", \"event_time\": \"2024-03-01 10:{minutes:02}:{seconds:02}\"}}\n",
            id % 7
        )
    };
    let name = format!("{:06}.json", ids.start);
    std::fs::write(inbox.join(".next"), ids.map(event).collect::<String>())?;
    Ok(std::fs::rename(inbox.join(".next"), inbox.join(name))?)
}

/// The events that were let pass and are visible.
fn passed(place: &Path) -> Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(place.join("out/passed"))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with(['.', '_'])) {
            for line in std::fs::read_to_string(&path)?.lines() {
                ids.push(serde_json::from_str::<Value>(line)?["id"].as_u64().context("an id")?);
            }
        }
    }
    Ok(ids)
}

fn read(status: &Value) -> u64 {
    status["sources"]["events"]["read"].as_u64().unwrap_or(0)
}

fn count(status: &Value, what: &str) -> u64 {
    status["checkpoints"][what].as_u64().unwrap_or(0)
}

/// `faults/s3.py` at work.
struct Service {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
    address: SocketAddr,
    access_key: String,
    secret_key: String,
    /// Where the sockets of its applications are. They are told apart by the URLs of their checkpoints, and every test has
    /// another service behind the same URL.
    sockets: tempfile::TempDir,
}

impl Service {
    /// Needs Python with moto and boto3; CI installs them.
    fn start(arguments: &[&str]) -> Result<Option<Service>> {
        let check = Command::new("python3").args(["-c", "import boto3, moto.server"]).output();
        if !check.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: python3 with boto3 and moto is missing (pip install boto3 'moto[s3,server]')");
            assert!(std::env::var_os("CI").is_none(), "CI has the service that this test needs");
            return Ok(None);
        }
        let mut command = Command::new("python3");
        command.arg(folder().join("s3.py")).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start python3")?;
        let asked = child.stdin.take().context("its stdin")?;
        let mut answers = BufReader::new(child.stdout.take().context("its stdout")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let described: Value = serde_json::from_str(&line).context("the service does not describe itself")?;
        let text = |name: &str| described[name].as_str().unwrap_or_default().to_owned();
        let (access_key, secret_key) = (text("access_key"), text("secret_key"));
        let (address, sockets) = (text("address").parse()?, tempfile::tempdir()?);
        Ok(Some(Service { child, asked, answers, address, access_key, secret_key, sockets }))
    }

    /// Tells an application where it is, perhaps behind a line, and as whom to go there.
    fn arrange(&self, command: &mut Command, address: SocketAddr) {
        command
            .env("XDG_RUNTIME_DIR", self.sockets.path())
            .env("AWS_ACCESS_KEY_ID", &self.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret_key)
            .env("SQLC_SET_S3_ENDPOINT", format!("http://{address}"))
            .env("SQLC_SET_NOWHERE__CONNECTOR", "blackhole");
    }

    /// The keys of all objects.
    fn list(&mut self) -> Result<Vec<String>> {
        self.asked.write_all(b"list\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has nothing to clean up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line to a service, which can be cut.
struct Line {
    address: SocketAddr,
    is_cut: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    fn new(to: SocketAddr) -> Result<Line> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let line = Line { address: listener.local_addr()?, is_cut: Arc::default(), connections: Arc::default() };
        let (is_cut, connections) = (Arc::clone(&line.is_cut), Arc::clone(&line.connections));
        // It ends with the process.
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(std::io::Result::ok) {
                let mut connections = connections.lock().unwrap();
                if is_cut.load(Ordering::Acquire) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(to) else { continue };
                for stream in [&near, &far] {
                    connections.extend(stream.try_clone());
                }
                let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { continue };
                std::thread::spawn(move || pass_on(near, far));
                std::thread::spawn(move || pass_on(far_too, near_too));
            }
        });
        Ok(line)
    }

    fn cut(&self, is_cut: bool) {
        let mut connections = self.connections.lock().unwrap();
        self.is_cut.store(is_cut, Ordering::Release);
        if is_cut {
            for connection in connections.drain(..) {
                // It may have ended by itself.
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
