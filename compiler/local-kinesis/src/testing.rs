//! Faults on request: a layer in front of the API that fails calls as a test's script says, and counts all
//! of them.

use crate::completion::{Call, edit, failure, operation};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// One way in which a call fails.
#[derive(Clone, Debug)]
pub enum Fault {
    /// ProvisionedThroughputExceededException.
    Throttle,
    /// ExpiredIteratorException.
    ExpiredIterator,
    /// An HTTP status 500 with InternalFailure.
    ServerError,
    /// Any error of the service, by status, code and message.
    Error { status: u16, code: &'static str, message: &'static str },
    /// The connection breaks; the service has carried the call out if `after` says so.
    Drop { after: bool },
    /// PutRecords refuses the entries whose data contains this text and takes the others.
    RefuseEntries { containing: &'static str, code: &'static str },
    /// The call waits until the test lets go with [`Faults::release`], and then says that its iterator has
    /// expired, if so asked.
    Hold { expired: bool },
    /// GetRecords does not tell the children of a closed shard.
    HideChildShards,
    /// GetRecords says that what it brought is so far from the end of the shard.
    Behind { millis: i64 },
}

/// The script of a test; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    script: Mutex<Script>,
    /// How often [`Faults::release`] was called.
    released: watch::Sender<u64>,
}

impl Default for Shared {
    fn default() -> Self {
        Shared { script: Mutex::default(), released: watch::channel(0).0 }
    }
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Rule>,
    calls: BTreeMap<String, u64>,
    authorization: String,
    injected: u64,
    chance: Option<Chance>,
}

/// Faults that nobody asked for one by one, but the same for the same seed and calls.
#[derive(Clone, Copy, Debug)]
struct Chance {
    state: u64,
    percent: u8,
}

impl Chance {
    /// From 0 to below the limit (SplitMix64).
    fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Reading and writing fail, and only they: whoever creates or splits streams is not the one that is tested.
    fn next(&mut self, operation: &str) -> Option<Fault> {
        let reads = operation == "GetRecords";
        if !(reads || matches!(operation, "PutRecords" | "GetShardIterator" | "ListShards")) {
            return None;
        }
        if self.below(100) >= u64::from(self.percent) {
            return None;
        }
        Some(match self.below(6) {
            0 => Fault::ServerError,
            1 => Fault::Drop { after: false },
            2 => Fault::Drop { after: true },
            3 if reads => Fault::ExpiredIterator,
            4 if reads => Fault::HideChildShards,
            3 | 4 if operation == "PutRecords" => {
                Fault::RefuseEntries { containing: "7", code: "ProvisionedThroughputExceededException" }
            }
            _ => Fault::Throttle,
        })
    }
}

#[derive(Debug)]
struct Rule {
    operation: String,
    /// Only calls whose body contains this text, if it is given.
    containing: Option<String>,
    times: u64,
    fault: Fault,
}

impl Faults {
    /// The next `times` calls of `operation` (`GetRecords`) fail this way.
    pub fn inject(&self, operation: &str, times: u64, fault: Fault) {
        self.add(Rule { operation: operation.to_owned(), containing: None, times, fault });
    }

    /// The next `times` calls of `operation` whose JSON body contains `text` fail this way.
    pub fn inject_where(&self, operation: &str, text: &str, times: u64, fault: Fault) {
        self.add(Rule { operation: operation.to_owned(), containing: Some(text.to_owned()), times, fault });
    }

    /// From now on so many of a hundred calls that read or write fail, as the seed says.
    pub fn by_chance(&self, seed: u64, percent: u8) {
        self.script().chance = Some(Chance { state: seed, percent });
    }

    /// Lets every held call go on.
    pub fn release(&self) {
        self.0.released.send_modify(|count| *count += 1);
    }

    /// Forgets every fault that has not happened yet and lets held calls go on.
    pub fn clear(&self) {
        let mut script = self.script();
        script.rules.clear();
        script.chance = None;
        drop(script);
        self.release();
    }

    /// How often `operation` was called, failed calls included.
    pub fn calls(&self, operation: &str) -> u64 {
        self.script().calls.get(operation).copied().unwrap_or(0)
    }

    /// How many faults have happened.
    pub fn injected(&self) -> u64 {
        self.script().injected
    }

    /// How the last call was signed: with which key, and for which region.
    pub fn last_authorization(&self) -> String {
        self.script().authorization.clone()
    }

    fn add(&self, rule: Rule) {
        self.script().rules.push(rule);
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and takes the fault that is its turn.
    fn next(&self, operation: &str, body: &[u8]) -> Option<Fault> {
        let mut script = self.script();
        *script.calls.entry(operation.to_owned()).or_default() += 1;
        let position = script.rules.iter().position(|rule| {
            rule.operation == operation
                && rule.containing.as_ref().is_none_or(|text| String::from_utf8_lossy(body).contains(text.as_str()))
        });
        let Some(position) = position else {
            let fault = script.chance.as_mut()?.next(operation)?;
            script.injected += 1;
            return Some(fault);
        };
        script.injected += 1;
        let rule = &mut script.rules[position];
        let fault = rule.fault.clone();
        rule.times -= 1;
        if rule.times == 0 {
            script.rules.remove(position);
        }
        Some(fault)
    }
}

/// With this header a call never fails: it is made by who looks after the streams of a test.
const NO_FAULTS: &str = "x-local-kinesis-faults";

pub(crate) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    if request.headers().get(NO_FAULTS).is_some_and(|value| value == "none") {
        return next.run(request).await;
    }
    let operation = operation(request.headers());
    if let Some(authorization) = request.headers().get("authorization").and_then(|text| text.to_str().ok()) {
        authorization.clone_into(&mut faults.script().authorization);
    }
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(refusal) => return refusal,
    };
    let released = faults.0.released.subscribe();
    let Some(fault) = faults.next(&operation, call.raw()) else {
        return next.run(call.unchanged()).await;
    };
    match fault {
        Fault::Throttle => failure(
            StatusCode::BAD_REQUEST,
            "ProvisionedThroughputExceededException",
            "Rate exceeded for shard in a test.",
        ),
        Fault::ExpiredIterator => expired_iterator(),
        Fault::ServerError => {
            failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", "The service failed in a test.")
        }
        Fault::Error { status, code, message } => {
            failure(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), code, message)
        }
        Fault::Drop { after } => {
            if after {
                next.run(call.unchanged()).await;
            }
            broken_connection()
        }
        Fault::RefuseEntries { containing, code } => refuse_entries(call, next, containing, code).await,
        Fault::Hold { expired } => {
            let mut released = released;
            let _ = released.changed().await;
            if expired { expired_iterator() } else { next.run(call.unchanged()).await }
        }
        Fault::HideChildShards => {
            edit(next.run(call.unchanged()).await, |body| {
                if let Some(fields) = body.as_object_mut() {
                    fields.remove("ChildShards");
                }
            })
            .await
        }
        Fault::Behind { millis } => {
            edit(next.run(call.unchanged()).await, |body| body["MillisBehindLatest"] = json!(millis)).await
        }
    }
}

fn expired_iterator() -> Response {
    failure(StatusCode::BAD_REQUEST, "ExpiredIteratorException", "Iterator expired in a test.")
}

/// A response whose body breaks off, which closes the connection under the client.
fn broken_connection() -> Response {
    let mut response = Response::new(Body::new(BreakingBody));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.1".parse().expect("is a header value"));
    response
}

struct BreakingBody;

impl axum::body::HttpBody for BreakingBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(std::io::Error::other("the connection breaks in a test"))))
    }
}

/// Takes the entries that are not refused, and puts the refusals back where they stood in the answer.
async fn refuse_entries(mut call: Call, next: Next, containing: &str, code: &str) -> Response {
    let entries = call.body.get_mut("Records").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let refused: Vec<bool> = entries.iter().map(|entry| data_contains(entry, containing)).collect();
    let refusal = json!({ "ErrorCode": code, "ErrorMessage": "This entry is refused in a test." });
    let kept: Vec<Value> =
        entries.into_iter().zip(&refused).filter(|(_, refused)| !**refused).map(|(entry, _)| entry).collect();
    let failed = refused.iter().filter(|refused| **refused).count();
    if kept.is_empty() {
        let records = vec![refusal; failed];
        let body = json!({ "FailedRecordCount": failed, "Records": records }).to_string();
        return Response::new(Body::from(body));
    }
    call.body["Records"] = Value::Array(kept);
    let response = next.run(call.changed()).await;
    edit(response, |body| {
        let also_failed = body.get("FailedRecordCount").and_then(Value::as_u64).unwrap_or(0);
        let mut answers =
            body.get_mut("Records").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default().into_iter();
        let records: Vec<Value> = refused
            .iter()
            .filter_map(|refused| if *refused { Some(refusal.clone()) } else { answers.next() })
            .collect();
        body["Records"] = Value::Array(records);
        body["FailedRecordCount"] = json!(failed as u64 + also_failed);
    })
    .await
}

fn data_contains(entry: &Value, text: &str) -> bool {
    let data = entry.get("Data").and_then(Value::as_str).unwrap_or_default();
    BASE64.decode(data).is_ok_and(|data| String::from_utf8_lossy(&data).contains(text))
}
