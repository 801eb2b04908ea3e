//! The socket and HTTP with a job that only answers commands.

use super::http::{Answer, parse_answer};
use super::server::Server;
use super::*;
use crate::error::ErrorKind;
use crate::job::commands::{Command, Commands, Listening};
use crate::job::metrics::Registry;
use crate::job::status::Status;
use crate::time::Clock;
use crate::value::Timestamp;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// An application that has nothing but commands.
struct Running {
    server: Option<Server>,
    folder: TempDir,
    commands: Commands,
    listening: Option<Listening>,
    address: String,
}

fn start(token: Option<&str>) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let file = folder.path().join("token");
    let token = token.and_then(|token| {
        std::fs::write(&file, token).unwrap();
        Token::find(file.to_str()).unwrap()
    });
    let commands = Commands::default();
    let metrics = Registry::default();
    metrics.counter("sqlc_records_written_total", &[("table", "out")]).add(7);
    let clock = Clock::simulated(Timestamp::from_millis(60_000));
    let status = Status {
        name: "readings",
        version: "1.2.3",
        clock,
        started: Timestamp::from_millis(0),
        checkpoint_dir: Some(dir.to_owned()),
    };
    let mut server = Server::new(Routes { status, metrics, commands: commands.clone(), token });
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    server.listen(&free).unwrap();
    server.control(claim(Place { name: "readings", checkpoint_dir: Some(dir) }).unwrap()).unwrap();
    let listening = Some(commands.listen());
    Running { server: Some(server), folder, commands, listening, address: free }
}

impl Running {
    fn socket(&self) -> PathBuf {
        self.folder.path().join("control.sock")
    }

    fn client(&self) -> Client {
        Client::at(&self.socket()).unwrap()
    }

    /// Answers one command; what it was comes back.
    fn answer(&self) -> Receiver<String> {
        let commands = self.commands.clone();
        let (told, was) = channel();
        std::thread::spawn(move || {
            loop {
                let Some(command) = commands.take() else {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                };
                match command {
                    Command::Savepoint { target, answer } => {
                        told.send(format!("savepoint {target:?}")).unwrap();
                        answer.send(Ok("/saved/1".to_owned()));
                    }
                    Command::Stop { savepoint, answer } => {
                        told.send(format!("stop {savepoint:?}")).unwrap();
                        answer.send(Ok(Some("/saved/2".to_owned())));
                    }
                    Command::Cancel { answer } => {
                        told.send("cancel".to_owned()).unwrap();
                        answer.send(Ok(()));
                    }
                }
                return;
            }
        });
        was
    }

    fn http(&self, request: &str) -> Answer {
        self.try_http(request).unwrap()
    }

    /// `None` if the connection was closed without a whole answer.
    fn try_http(&self, request: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok()?;
        parse_answer(&bytes).unwrap()
    }

    fn post(&self, path: &str, token: &str, body: &str) -> (u16, serde_json::Value) {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{token}Content-Length: {}\r\n\r\n", body.len());
        let answer = self.http(&format!("{head}{body}"));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}

#[test]
fn commands_go_through_the_socket_to_the_job_and_back() {
    let running = start(None);
    let was = running.answer();
    assert_eq!(running.client().savepoint(Some("s3://bucket/saved")).unwrap(), "/saved/1");
    assert_eq!(was.recv().unwrap(), "savepoint Some(\"s3://bucket/saved\")");
    let was = running.answer();
    running.client().savepoint(Some("here")).unwrap();
    let here = std::env::current_dir().unwrap().join("here");
    assert_eq!(was.recv().unwrap(), format!("savepoint Some({here:?})"), "the application runs elsewhere");
    assert_eq!(running.client().status().unwrap()["sinks"]["out"]["written"], 7);
}

#[test]
fn whoever_stops_waits_for_the_end() {
    let mut running = start(None);
    let was = running.answer();
    let client = running.client();
    let stopping = std::thread::spawn(move || client.stop(Some(None)));
    assert_eq!(was.recv().unwrap(), "stop Some(None)");
    std::thread::sleep(Duration::from_millis(50));
    assert!(!stopping.is_finished());
    running.server = None;
    let expected = Stopped { location: Some("/saved/2".to_owned()), has_ended: true };
    assert_eq!(stopping.join().unwrap().unwrap(), expected);
    assert!(!running.socket().exists());

    let was = running.answer();
    assert_eq!(Client::at(&running.socket()).unwrap_err().kind(), ErrorKind::Resource);
    drop(was);
}

#[test]
fn a_job_that_has_ended_says_so() {
    let mut running = start(None);
    running.listening = None;
    for error in
        [running.client().savepoint(None).err(), running.client().stop(None).err(), running.client().cancel().err()]
    {
        let error = error.unwrap();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Resource, "the application has ended"));
    }
}

#[test]
fn clients_that_hang_hold_nobody_up() {
    let running = start(None);
    let hanging: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(&running.address).unwrap()).collect();
    assert_eq!(running.client().status().unwrap()["application"], "readings");
    drop(hanging);
    // The threads that served them notice one after the other. Until then others hear that too many ask, or nothing.
    let served = (0..2_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(5));
        running.try_http("GET /healthz HTTP/1.1\r\n\r\n").filter(|answer| answer.status == 200)
    });
    assert_eq!(served.expect("an answer within seconds").body, b"ok\n");
}

#[test]
fn http_without_a_token_only_shows() {
    let running = start(None);
    let status = |request: &str| running.http(request).status;
    assert_eq!(status("GET /status HTTP/1.1\r\n\r\n"), 200);
    assert_eq!(status("GET /status?pretty HTTP/1.1\r\n\r\n"), 200);
    assert_eq!(status("GET /metrics HTTP/1.0\r\n\r\n"), 200);
    assert_eq!(status("GET /nothing HTTP/1.1\r\n\r\n"), 404);
    assert_eq!(status("GET /stop HTTP/1.1\r\n\r\n"), 405);
    assert_eq!(status("DELETE /status HTTP/1.1\r\n\r\n"), 405);
    assert_eq!(running.http("HEAD /healthz HTTP/1.1\r\n\r\n").body, b"");
    for path in ["/savepoint", "/stop", "/cancel"] {
        let (status, body) = running.post(path, "Authorization: Bearer 0123456789abcdef\r\n", "");
        assert_eq!((status, &body["exit_code"]), (403, &77.into()));
        let expected = "commands over HTTP need a token: start the application with --token FILE, or with the token in \
                        SQLC_TOKEN";
        assert_eq!(body["error"], expected);
    }
    assert!(running.commands.take().is_none());
}

#[test]
fn http_with_the_token_commands() {
    let running = start(Some("0123456789abcdef"));
    let token = "Authorization: Bearer 0123456789abcdef\r\n";
    assert_eq!(running.post("/stop", "", "").0, 401);
    assert_eq!(running.post("/stop", "Authorization: Bearer 0123456789abcdeg\r\n", "").0, 401);
    assert_eq!(running.post("/stop", "Authorization: Basic 0123456789abcdef\r\n", "").0, 401);
    let message = |path, body| running.post(path, token, body).1["error"].as_str().unwrap_or_default().to_owned();
    assert_eq!(message("/savepoint", "{\"target\": \"x\"}"), "'target' says nothing here");
    assert_eq!(message("/savepoint", "{\"target-directory\": 1}"), "'target-directory' is 1, expected a text");
    assert_eq!(
        message("/stop", "{\"savepoint\": false, \"target-directory\": \"/s\"}"),
        "'target-directory' is for savepoints"
    );
    assert!(message("/stop", "[]").starts_with("expected a JSON object"));
    assert!(running.commands.take().is_none());

    let was = running.answer();
    let answer = running.post("/savepoint", token, "{\"target-directory\": \"/s\"}");
    assert_eq!((answer.0, &answer.1["savepoint"]), (200, &"/saved/1".into()));
    assert_eq!(was.recv().unwrap(), "savepoint Some(\"/s\")");
    let was = running.answer();
    assert_eq!(running.post("/stop", token, "{\"target-directory\": \"/s\"}").1["savepoint"], "/saved/2");
    assert_eq!(was.recv().unwrap(), "stop Some(Some(\"/s\"))");
    let was = running.answer();
    assert_eq!(running.post("/stop", token, "").1["checkpoint"], "/saved/2");
    assert_eq!(was.recv().unwrap(), "stop None");
    let was = running.answer();
    assert_eq!(running.post("/cancel", token, "{}").1["cancelled"], true);
    assert_eq!(was.recv().unwrap(), "cancel");
}

#[test]
fn who_is_not_there_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("none").to_str().unwrap().to_owned();
    let error = Client::find(Place { name: "missing", checkpoint_dir: Some(&dir) }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resource);
    let expected = format!("no missing is running here with checkpoints in {dir}");
    assert!(error.to_string().starts_with(&expected), "{error}");
    let stale = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let error = Client::at(&stale).unwrap_err().to_string();
    assert_eq!(error, format!("no application is running: the one that made {} is gone", stale.display()));
}
