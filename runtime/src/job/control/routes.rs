//! What is asked, to what is answered: the status for everybody, commands for those who may.

use super::http::{Request, Response};
use super::token::{Token, VARIABLE};
use crate::error::{Error, ErrorKind, Result};
use crate::job::commands::{Commands, Pending};
use crate::job::metrics::Registry;
use crate::job::status::Status;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The local socket, which only its owner can connect to.
    Local,
    /// The network: commands need the token.
    Network,
}

/// What requests are about.
pub struct Routes {
    pub status: Status,
    pub metrics: Registry,
    pub commands: Commands,
    pub token: Option<Token>,
}

/// The answer to a request, or what will be the answer.
pub enum Outcome {
    Answer(Response),
    Later {
        /// Waits for so long at most.
        wait: Box<dyn Fn(Duration) -> Option<Response>>,
        /// Whether the application ends over it.
        ends: bool,
    },
}

impl Routes {
    pub fn answer(&self, request: &Request, access: Access) -> Outcome {
        let get = |response: &dyn Fn() -> Response| match request.method.as_str() {
            "GET" | "HEAD" => Outcome::Answer(response()),
            _ => not_allowed("GET, HEAD"),
        };
        match request.path.as_str() {
            "/healthz" => get(&|| Response::text(200, "ok\n")),
            "/metrics" => get(&|| Response {
                content_type: "text/plain; version=0.0.4",
                ..Response::text(200, self.metrics.prometheus())
            }),
            "/status" => get(&|| Response::json(200, &self.status.document(&self.metrics))),
            "/savepoint" | "/stop" | "/cancel" if request.method != "POST" => not_allowed("POST"),
            "/savepoint" | "/stop" | "/cancel" => {
                let done = self.admit(request, access).and_then(|()| {
                    self.command(&request.path, &request.body).map_err(|error| Response::error(400, &error))
                });
                done.unwrap_or_else(Outcome::Answer)
            }
            _ => Outcome::Answer(Response::text(
                404,
                "there are /healthz, /metrics and /status to GET, /savepoint, /stop and /cancel to POST\n",
            )),
        }
    }

    /// Whether somebody may give commands.
    fn admit(&self, request: &Request, access: Access) -> Result<(), Response> {
        let refused =
            |status, message: String| Err(Response::error(status, &Error::new(ErrorKind::Permission, message)));
        match (&self.token, &request.bearer) {
            _ if access == Access::Local => Ok(()),
            (None, _) => {
                let how = format!("start the application with --token FILE, or with the token in {VARIABLE}");
                refused(403, format!("commands over HTTP need a token: {how}"))
            }
            (Some(token), Some(given)) if token.is(given) => Ok(()),
            (Some(_), Some(_)) => refused(401, "this is not the token".to_owned()),
            (Some(_), None) => refused(401, "send the token: 'Authorization: Bearer TOKEN'".to_owned()),
        }
    }

    fn command(&self, path: &str, body: &[u8]) -> Result<Outcome> {
        let mut wishes = Wishes::parse(body)?;
        let target = wishes.take("target-directory", "a text", |value| value.as_str().map(str::to_owned))?;
        let savepoint = match path {
            "/stop" => wishes.take("savepoint", "true or false", Value::as_bool)?.unwrap_or(target.is_some()),
            _ => path == "/savepoint",
        };
        if target.is_some() && !savepoint {
            return Err(usage("'target-directory' is for savepoints"));
        }
        wishes.complain_about_the_rest()?;
        Ok(match path {
            "/savepoint" => later(self.commands.ask_savepoint(target), false, |path| json!({ "savepoint": path })),
            "/stop" if savepoint => {
                later(self.commands.ask_stop(Some(target)), true, |path| json!({ "savepoint": path }))
            }
            "/stop" => later(self.commands.ask_stop(None), true, |path| json!({ "checkpoint": path })),
            _ => later(self.commands.ask_cancel(), true, |()| json!({ "cancelled": true })),
        })
    }
}

fn later<T: 'static>(pending: Pending<T>, ends: bool, shown: fn(T) -> Value) -> Outcome {
    let wait = move |patience| {
        Some(match pending.wait_for(patience)? {
            Ok(answer) => Response::json(200, &shown(answer)),
            Err(error) => {
                let status = match error.kind() {
                    ErrorKind::Usage => 400,
                    ErrorKind::Resource => 503,
                    _ => 500,
                };
                Response::error(status, &error)
            }
        })
    };
    Outcome::Later { wait: Box::new(wait), ends }
}

fn not_allowed(allow: &'static str) -> Outcome {
    Outcome::Answer(Response { allow: Some(allow), ..Response::text(405, format!("use {allow}\n")) })
}

/// The members of a body, which are all known or refused.
struct Wishes(Map<String, Value>);

impl Wishes {
    fn parse(body: &[u8]) -> Result<Self> {
        if body.trim_ascii().is_empty() {
            return Ok(Wishes(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Wishes(members)),
            _ => Err(usage("expected a JSON object, such as {\"target-directory\": \"/savepoints\"}, or nothing")),
        }
    }

    fn take<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>> {
        match self.0.shift_remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(&value) {
                None => Err(usage(&format!("'{name}' is {value}, expected {expected}"))),
                found => Ok(found),
            },
        }
    }

    fn complain_about_the_rest(&self) -> Result<()> {
        match self.0.keys().next() {
            Some(name) => Err(usage(&format!("'{name}' says nothing here"))),
            None => Ok(()),
        }
    }
}

fn usage(message: &str) -> Error {
    Error::new(ErrorKind::Usage, message)
}
