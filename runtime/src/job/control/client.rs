//! The other end of the local socket: one call, one connection.

use super::http::{Answer, is_timeout, parse_answer};
use super::socket::{self, Place};
use crate::error::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// After how long without a byte an application is given up: it sends some every 2 s as long as it works on something.
const SILENCE: Duration = Duration::from_secs(20);

/// How long an application may take to end after its last cut.
const ENDING: Duration = Duration::from_secs(300);

/// A running application, by its socket.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

/// How an application was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Where the last checkpoint or savepoint is, if one was taken.
    pub location: Option<String>,
    /// Whether it has ended; otherwise it is still at it.
    pub has_ended: bool,
}

impl Client {
    /// The application that listens at this socket.
    pub fn at(path: &Path) -> Result<Self> {
        let client = Client { path: path.to_owned() };
        client.connect().map(|_| client)
    }

    /// The running application of that name and those checkpoints.
    pub fn find(place: Place<'_>) -> Result<Self> {
        let mut refused = None;
        for path in socket::candidates(place) {
            match Client::at(&path) {
                Ok(client) => return Ok(client),
                Err(error) if error.kind() == ErrorKind::Permission => refused = refused.or(Some(error)),
                Err(_) => {}
            }
        }
        let name = place.name;
        match (&socket::named(name)[..], refused) {
            ([path], _) => Client::at(path),
            ([], Some(refused)) => Err(refused),
            ([], None) => {
                let beside = place.checkpoint_dir.map(|dir| format!(" with checkpoints in {dir}")).unwrap_or_default();
                let hint = "say --checkpoint-dir as it was started with, or --socket";
                Err(resource(format!("no {name} is running here{beside}; if there is one, {hint}")))
            }
            (several, _) => {
                let several: Vec<String> = several.iter().map(|path| format!("\n  {}", path.display())).collect();
                Err(resource(format!(
                    "several of {name} are running; say which one with --socket:{}",
                    several.concat()
                )))
            }
        }
    }

    /// What `/status` says.
    pub fn status(&self) -> Result<Value> {
        self.call("GET", "/status", &Value::Null).map(|(answer, _)| answer)
    }

    /// Takes a savepoint, under this folder or URL; says where it is once it is complete.
    pub fn savepoint(&self, target: Option<&str>) -> Result<String> {
        let (answer, _) = self.call("POST", "/savepoint", &json!({ "target-directory": target.map(absolute) }))?;
        Ok(answer["savepoint"].as_str().unwrap_or_default().to_owned())
    }

    /// Stops the application after a checkpoint, or a savepoint, and waits until it has ended.
    pub fn stop(&self, savepoint: Option<Option<&str>>) -> Result<Stopped> {
        let body = match savepoint {
            None => Value::Null,
            Some(target) => json!({ "savepoint": true, "target-directory": target.map(absolute) }),
        };
        let (answer, has_ended) = self.call("POST", "/stop", &body)?;
        let location = ["savepoint", "checkpoint"].iter().find_map(|key| answer[*key].as_str());
        Ok(Stopped { location: location.map(str::to_owned), has_ended })
    }

    /// Ends the application without a last cut; answers whether it has ended already.
    pub fn cancel(&self) -> Result<bool> {
        self.call("POST", "/cancel", &Value::Null).map(|(_, has_ended)| has_ended)
    }

    /// Sends a request and waits for the answer. Says whether the connection has ended, which for a command that ends
    /// the application is its end.
    fn call(&self, method: &str, path: &str, body: &Value) -> Result<(Value, bool)> {
        let mut stream = self.connect()?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: local\r\ncontent-length: {}\r\n\r\n", body.len());
        let lost = |error: io::Error| match is_timeout(&error) {
            true => resource(format!("the application does not answer; {} is its socket", self.path.display())),
            false => resource("the application has ended".to_owned()),
        };
        stream.set_read_timeout(Some(SILENCE)).map_err(lost)?;
        stream.set_write_timeout(Some(SILENCE)).map_err(lost)?;
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).map_err(lost)?;
        let mut bytes = Vec::new();
        let mut answered: Option<Instant> = None;
        let has_ended = loop {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) => break true,
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The answer is there; what is waited for is the end.
                Err(error) if is_timeout(&error) && answered.is_some_and(|at| at.elapsed() < ENDING) => {}
                Err(error) if is_timeout(&error) && answered.is_some() => break false,
                Err(error) if answered.is_none() => return Err(lost(error)),
                Err(_) => break true,
            }
            if let Some(answer) = parse_answer(&bytes)? {
                answered.get_or_insert_with(Instant::now);
                if answer.is_whole {
                    break false;
                }
            }
        };
        match parse_answer(&bytes)? {
            Some(answer) => read(&answer).map(|value| (value, has_ended)),
            None => Err(resource("the application has ended".to_owned())),
        }
    }

    fn connect(&self) -> Result<UnixStream> {
        let path = self.path.display();
        UnixStream::connect(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => {
                let message = format!("{path}: no permission; only the user that runs the application may talk to it");
                Error::new(ErrorKind::Permission, message)
            }
            io::ErrorKind::NotFound => resource(format!("no application is running: there is no {path}")),
            io::ErrorKind::ConnectionRefused => {
                resource(format!("no application is running: the one that made {path} is gone"))
            }
            _ => resource(format!("{path}: {error}")),
        })
    }
}

/// The application has another working directory than who asks.
fn absolute(target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    std::path::absolute(target).map_or_else(|_| target.to_owned(), |path| path.to_string_lossy().into_owned())
}

fn read(answer: &Answer) -> Result<Value> {
    let value: Option<Value> = serde_json::from_slice(&answer.body).ok();
    match (answer.status, value) {
        (200, Some(value)) => Ok(value),
        (_, Some(Value::Object(body))) => {
            let code = body.get("exit_code").and_then(Value::as_u64);
            let known = [ErrorKind::Usage, ErrorKind::Data, ErrorKind::Permission, ErrorKind::Io, ErrorKind::Internal];
            let kind = known.into_iter().find(|kind| Some(u64::from(kind.exit_code())) == code);
            let message = body.get("error").and_then(Value::as_str).unwrap_or_default();
            Err(Error::new(kind.unwrap_or(ErrorKind::Resource), message))
        }
        _ => {
            let text = String::from_utf8_lossy(&answer.body);
            Err(resource(format!("the application answers: {} {}", answer.status, text.trim())))
        }
    }
}

fn resource(message: String) -> Error {
    Error::new(ErrorKind::Resource, message)
}
