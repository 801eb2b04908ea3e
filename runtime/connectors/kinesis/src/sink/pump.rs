//! Sends what waits in a worker's buffer: batches by size or time, several calls at a time, and again what
//! the service refused.

use super::Shared;
use super::buffer::Entry;
use crate::client::StreamClient;
use crate::config::SinkConfig;
use crate::failure::{Failure, Reason};
use crate::retry::Backoff;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use sqlc_runtime::error::{Error, ErrorKind};
use sqlc_runtime::job::metrics::{Counter, Registry};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Refused records wait this long at first, and at most, with full jitter.
const REPEAT: Backoff =
    Backoff { base: Duration::from_millis(100), max: Duration::from_secs(5), factor: 2.0, retries: None };

pub(super) struct Pump {
    sender: Arc<Sender>,
}

/// What every call needs.
struct Sender {
    client: StreamClient,
    config: SinkConfig,
    shared: Arc<Shared>,
    calls: Counter,
    arrived: Counter,
    bytes: Counter,
    refused: Counter,
    failed: Counter,
}

impl Pump {
    pub fn new(
        table: &str,
        worker: usize,
        client: StreamClient,
        config: SinkConfig,
        shared: Arc<Shared>,
        registry: &Registry,
    ) -> Pump {
        let worker = worker.to_string();
        let counter = |name| registry.counter(name, &[("table", table), ("worker", worker.as_str())]);
        let sender = Sender {
            calls: counter("sqlc_kinesis_put_records_total"),
            arrived: counter("sqlc_kinesis_records_put_total"),
            bytes: counter("sqlc_kinesis_bytes_put_total"),
            refused: counter("sqlc_kinesis_records_refused_total"),
            failed: counter("sqlc_kinesis_put_records_failed_total"),
            client,
            config,
            shared,
        };
        Pump { sender: Arc::new(sender) }
    }

    /// Runs until it is aborted, and the calls with it.
    pub async fn run(self) {
        let mut calls = JoinSet::new();
        loop {
            let deadline = self.send_due(&mut calls);
            let due = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.sender.shared.work.notified() => {}
                () = due => {}
                Some(ended) = calls.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        let message = format!("writing a stream failed; this is a defect of sqlc: {error}");
                        self.sender.fail(Error::new(ErrorKind::Internal, message));
                    }
                }
            }
        }
    }

    /// Sends every batch that is full or has waited long enough, and says when the next will have.
    fn send_due(&self, calls: &mut JoinSet<()>) -> Option<Instant> {
        let config = &self.sender.config;
        let mut state = self.sender.shared.lock();
        loop {
            let oldest = state.buffer.oldest()?;
            let deadline = oldest + config.buffer_timeout;
            let full = state.buffer.len() >= config.batch_records || state.buffer.bytes() >= config.batch_bytes;
            if !(full || state.draining || deadline <= Instant::now()) {
                return Some(deadline);
            }
            // The end of a call leads here again.
            if state.in_flight >= config.max_in_flight {
                return None;
            }
            let batch = state.buffer.take(config.batch_records, config.batch_bytes);
            if batch.is_empty() {
                return None;
            }
            state.in_flight += 1;
            self.sender.shared.news.notify_all();
            calls.spawn(self.sender.clone().send(batch));
        }
    }
}

impl Sender {
    /// Sends a batch until all of it has arrived, or until there is no hope.
    async fn send(self: Arc<Self>, mut batch: Vec<Entry>) {
        let mut attempt = 0;
        loop {
            self.calls.add(1);
            let trouble = match self.put(&batch).await {
                Ok(answers) => {
                    let (refused, trouble) = self.sort(batch, answers);
                    batch = refused;
                    trouble
                }
                Err(failure) => {
                    self.failed.add(1);
                    Some(failure)
                }
            };
            let Some(trouble) = trouble else { break };
            if self.config.fail_on_error || !matches!(trouble.reason, Reason::Throttled | Reason::Transient) {
                self.fail(trouble.into_error("write", &self.client.place));
                break;
            }
            self.shared.lock().trouble = Some(trouble.message);
            tokio::time::sleep(REPEAT.pause(attempt).unwrap_or(REPEAT.max)).await;
            attempt += 1;
        }
        self.shared.lock().in_flight -= 1;
        self.shared.news.notify_all();
        self.shared.work.notify_one();
    }

    /// One PutRecords: for every record nothing, or why it was refused.
    async fn put(&self, batch: &[Entry]) -> Result<Vec<Option<Failure>>, Failure> {
        let invalid = |message: String| Failure { reason: Reason::Invalid, message };
        let records: Result<Vec<_>, _> = batch
            .iter()
            .map(|entry| {
                PutRecordsRequestEntry::builder().partition_key(&*entry.key).data(Blob::new(entry.data.clone())).build()
            })
            .collect();
        let call = self
            .client
            .api
            .put_records()
            .set_stream_name(self.client.name())
            .set_stream_arn(self.client.arn())
            .set_records(Some(records.map_err(|error| invalid(error.to_string()))?))
            .send();
        let answer = match tokio::time::timeout(self.config.request_timeout, call).await {
            Ok(answer) => answer.map_err(|error| Failure::new(&error))?,
            Err(_) => return Err(Failure { reason: Reason::Transient, message: "the call timed out".to_owned() }),
        };
        if answer.records.len() != batch.len() {
            return Err(invalid(format!(
                "PutRecords of {} records answered for {}",
                batch.len(),
                answer.records.len()
            )));
        }
        let refusal = |code: String, message: Option<String>| Failure::coded(&code, &message.unwrap_or_default());
        Ok(answer
            .records
            .into_iter()
            .map(|record| record.error_code.map(|code| refusal(code, record.error_message)))
            .collect())
    }

    /// The records that were refused, in order, and the worst reason; the others have arrived.
    fn sort(&self, batch: Vec<Entry>, answers: Vec<Option<Failure>>) -> (Vec<Entry>, Option<Failure>) {
        let mut arrived = Vec::with_capacity(batch.len());
        let mut refused = Vec::new();
        let mut worst: Option<Failure> = None;
        for (entry, answer) in batch.into_iter().zip(answers) {
            let Some(failure) = answer else {
                arrived.push(entry);
                continue;
            };
            refused.push(entry);
            let is_worse = !matches!(failure.reason, Reason::Throttled | Reason::Transient);
            if worst.is_none() || is_worse {
                worst = Some(failure);
            }
        }
        self.arrived.add(arrived.len() as u64);
        self.bytes.add(arrived.iter().map(|entry| entry.data.len() as u64).sum());
        self.refused.add(refused.len() as u64);
        let mut state = self.shared.lock();
        state.arrived += arrived.len() as u64;
        state.buffer.arrived(&arrived);
        drop(state);
        if !arrived.is_empty() {
            // A key that was waited for may be free.
            self.shared.work.notify_one();
        }
        (refused, worst)
    }

    /// The first error is the one that is told.
    fn fail(&self, error: Error) {
        self.shared.lock().error.get_or_insert(error);
        self.shared.news.notify_all();
    }
}
