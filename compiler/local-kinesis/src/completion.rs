//! What the library leaves out of the API, answered in front of it:
//!
//! - StreamARN in the place of StreamName;
//! - the second and later pages of ListShards (NextToken);
//! - ChildShards in the last GetRecords of a closed shard;
//! - AT_TIMESTAMP after the newest record, where the library starts at the oldest instead.
//!
//! Only the JSON protocol is completed (boto3, the AWS CLI, the SDKs for Rust, Go, JavaScript); requests in
//! CBOR (the SDKs for Java) pass as they are.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ferrokinesis::sequence;
use ferrokinesis::store::Store;
use serde_json::{Value, json};

const BODY_LIMIT: usize = 64 << 20;

/// Separates the stream's name from the shard's id in a ListShards token; neither may contain it.
const TOKEN_SEPARATOR: char = '/';

pub(crate) async fn complete(State(store): State<Store>, request: Request, next: Next) -> Response {
    let operation = operation(request.headers());
    if !COMPLETED.contains(&operation.as_str()) || !is_json(request.headers()) {
        return next.run(request).await;
    }
    let mut call = match Call::read(request).await {
        Ok(call) => call,
        Err(refusal) => return refusal,
    };
    let call = if call.name_stream() { call.rewritten() } else { call };
    match operation.as_str() {
        "ListShards" => list_shards(call, next).await,
        "GetRecords" => get_records(&store, call, next).await,
        "GetShardIterator" => get_shard_iterator(&store, call, next).await,
        _ => next.run(call.unchanged()).await,
    }
}

/// The operations that take a stream's name or its ARN, but know only the name; PutRecords knows both.
const COMPLETED: &[&str] = &[
    "AddTagsToStream",
    "DecreaseStreamRetentionPeriod",
    "DeleteStream",
    "DescribeStream",
    "DescribeStreamSummary",
    "DisableEnhancedMonitoring",
    "EnableEnhancedMonitoring",
    "GetRecords",
    "GetShardIterator",
    "IncreaseStreamRetentionPeriod",
    "ListShards",
    "ListTagsForStream",
    "MergeShards",
    "RemoveTagsFromStream",
    "SplitShard",
    "UpdateShardCount",
];

/// `Kinesis_20131202.GetRecords` is the operation `GetRecords`.
pub(crate) fn operation(headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains("json"))
}

/// A request whose body has been read.
pub(crate) struct Call {
    head: axum::http::request::Parts,
    pub(crate) body: Value,
    raw: Bytes,
}

impl Call {
    pub(crate) async fn read(request: Request) -> Result<Call, Response> {
        let (head, body) = request.into_parts();
        let raw = to_bytes(body, BODY_LIMIT)
            .await
            .map_err(|error| failure(StatusCode::BAD_REQUEST, "SerializationException", &error.to_string()))?;
        let body = serde_json::from_slice(&raw).unwrap_or(Value::Null);
        Ok(Call { head, body, raw })
    }

    #[cfg(feature = "testing")]
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The request as it came, for what the API itself has to refuse.
    pub(crate) fn unchanged(self) -> Request {
        Request::from_parts(self.head, Body::from(self.raw))
    }

    pub(crate) fn changed(self) -> Request {
        self.rewritten().unchanged()
    }

    /// The same call with the body as it is now.
    fn rewritten(mut self) -> Call {
        self.raw = Bytes::from(self.body.to_string());
        self.head.headers.insert(CONTENT_LENGTH, self.raw.len().into());
        self
    }

    /// Says by name which stream is meant, if only the ARN says it; whether it did.
    fn name_stream(&mut self) -> bool {
        let name = match (self.text("StreamName"), self.text("StreamARN").and_then(|arn| arn.split('/').nth(1))) {
            (None, Some(name)) => name.to_owned(),
            _ => return false,
        };
        if let Some(fields) = self.body.as_object_mut() {
            fields.remove("StreamARN");
            fields.insert("StreamName".to_owned(), json!(name));
        }
        true
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }
}

/// Lets `change` edit the body of a successful answer.
pub(crate) async fn edit(response: Response, change: impl FnOnce(&mut Value)) -> Response {
    let (mut head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Response::from_parts(head, body);
    }
    let raw = match to_bytes(body, usize::MAX).await {
        Ok(raw) => raw,
        Err(error) => return failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", &error.to_string()),
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(&raw) else {
        return Response::from_parts(head, Body::from(raw));
    };
    change(&mut value);
    let raw = value.to_string();
    head.headers.insert(CONTENT_LENGTH, raw.len().into());
    Response::from_parts(head, Body::from(raw))
}

/// An error in the service's form.
pub(crate) fn failure(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "__type": code, "message": message }).to_string();
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.1")], body).into_response()
}

async fn list_shards(mut call: Call, next: Next) -> Response {
    if let Some(token) = call.text("NextToken").map(str::to_owned) {
        let Some((stream, shard)) = token.split_once(TOKEN_SEPARATOR) else {
            return failure(StatusCode::BAD_REQUEST, "InvalidArgumentException", "NextToken is invalid.");
        };
        if call.text("StreamName").is_some() {
            let message = "NextToken and StreamName cannot be provided together.";
            return failure(StatusCode::BAD_REQUEST, "InvalidArgumentException", message);
        }
        if let Some(fields) = call.body.as_object_mut() {
            fields.remove("NextToken");
            fields.insert("StreamName".to_owned(), json!(stream));
            fields.insert("ExclusiveStartShardId".to_owned(), json!(shard));
        }
    }
    let stream = call.text("StreamName").unwrap_or_default().to_owned();
    let response = next.run(call.changed()).await;
    edit(response, |body| {
        if let Some(last) = body.get("NextToken").and_then(Value::as_str) {
            body["NextToken"] = json!(format!("{stream}{TOKEN_SEPARATOR}{last}"));
        }
    })
    .await
}

async fn get_records(store: &Store, call: Call, next: Next) -> Response {
    let iterator = call.text("ShardIterator").unwrap_or_default().to_owned();
    let response = next.run(call.unchanged()).await;
    let Ok((_, stream, shard, _)) = ferrokinesis::shard_iterator::decode_shard_iterator(&iterator) else {
        return response;
    };
    let children: Vec<Value> = match store.get_stream(&stream).await {
        Ok(stream) => stream
            .shards
            .iter()
            .filter(|child| {
                child.parent_shard_id.as_ref() == Some(&shard)
                    || child.adjacent_parent_shard_id.as_ref() == Some(&shard)
            })
            .map(|child| {
                let parents: Vec<&String> =
                    child.parent_shard_id.iter().chain(child.adjacent_parent_shard_id.iter()).collect();
                json!({ "ShardId": child.shard_id, "ParentShards": parents, "HashKeyRange": child.hash_key_range })
            })
            .collect(),
        Err(_) => Vec::new(),
    };
    if children.is_empty() {
        return response;
    }
    edit(response, |body| {
        if body.get("NextShardIterator").is_none_or(Value::is_null) {
            body["ChildShards"] = Value::Array(children);
        }
    })
    .await
}

async fn get_shard_iterator(store: &Store, call: Call, next: Next) -> Response {
    let timestamp = match (call.text("ShardIteratorType"), call.body.get("Timestamp").and_then(Value::as_f64)) {
        (Some("AT_TIMESTAMP"), Some(timestamp)) => timestamp,
        _ => return next.run(call.unchanged()).await,
    };
    let stream = call.text("StreamName").unwrap_or_default().to_owned();
    let Ok((_, shard)) = sequence::resolve_shard_id(call.text("ShardId").unwrap_or_default()) else {
        return next.run(call.unchanged()).await;
    };
    // The newest position is taken first, so that a record arriving in between is not jumped over.
    let mut latest = call.body.clone();
    latest["ShardIteratorType"] = json!("LATEST");
    if let Some(fields) = latest.as_object_mut() {
        fields.remove("Timestamp");
    }
    let newest =
        ferrokinesis::actions::dispatch(store, ferrokinesis::actions::Operation::GetShardIterator, latest).await;
    let start = format!("{}/", sequence::shard_ix_to_hex(shard));
    let end = sequence::shard_ix_to_hex(shard + 1);
    let found = store.find_first_record_at_timestamp(&stream, &start, &end, timestamp).await.is_some();
    let response = next.run(call.unchanged()).await;
    match newest {
        Ok(Some(newest)) if !found => edit(response, |body| *body = newest).await,
        _ => response,
    }
}
