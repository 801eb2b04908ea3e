//! Sends what waits in a worker's buffer: batches by size or time, several calls at a time, and again what
//! the service refused.

use super::Shared;
use super::buffer::Entry;
use super::wire::{Wire, body};
use crate::client::StreamClient;
use crate::config::SinkConfig;
use crate::failure::{Failure, Reason};
use crate::retry::{Backoff, Patience};
use sqlc_runtime::error::{Error, ErrorKind};
use sqlc_runtime::job::metrics::{Counter, Registry};
use sqlc_runtime::value::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

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
    patience: Patience,
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
        patience: Patience,
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
            patience,
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
                    Some(deadline) => self.sender.client.world.sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
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
    fn send_due(&self, calls: &mut JoinSet<()>) -> Option<Timestamp> {
        let config = &self.sender.config;
        let mut state = self.sender.shared.lock();
        loop {
            let oldest = state.buffer.oldest()?;
            let deadline = oldest.since.after(config.buffer_timeout);
            let is_waited_for = state.draining || oldest.barriers < state.barriers;
            let full = state.buffer.len() >= config.batch_records || state.buffer.bytes() >= config.batch_bytes;
            if !(full || is_waited_for || deadline <= self.sender.client.world.moment()) {
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
        let mut patience = self.patience.calls();
        let mut arrived = Vec::new();
        loop {
            self.calls.add(1);
            let trouble = match self.put(&batch).await {
                Ok(refusals) => {
                    let trouble = sort(&mut batch, &mut arrived, refusals);
                    self.take_arrived(&mut arrived, batch.len());
                    trouble
                }
                Err(failure) => {
                    self.failed.add(1);
                    Some(failure)
                }
            };
            let Some(trouble) = trouble else {
                patience.succeeded();
                break;
            };
            let pause = match self.config.fail_on_error {
                true => None,
                false => patience.failed(&trouble, REPEAT, "write", &self.client.place),
            };
            let Some(pause) = pause else {
                self.fail(trouble.into_error("write", &self.client.place));
                break;
            };
            self.shared.lock().trouble = Some(trouble.message);
            self.client.world.sleep(pause).await;
        }
        self.shared.lock().in_flight -= 1;
        self.shared.news.notify_all();
        self.shared.work.notify_one();
    }

    /// One PutRecords: for every record nothing, or why it was refused. Nothing at all if all have arrived.
    async fn put(&self, batch: &[Entry]) -> Result<Vec<Option<Failure>>, Failure> {
        let (name, arn) = (self.client.name(), self.client.arn());
        let wire = Wire::new(body(batch, name.as_deref(), arn.as_deref()));
        let call =
            self.client.api.put_records().set_stream_name(name).set_stream_arn(arn).set_records(Some(Vec::new()));
        let call = call.customize().interceptor(wire.clone()).send();
        let answer = self.client.answered(self.config.request_timeout, call).await?;
        if wire.all_arrived() {
            return Ok(Vec::new());
        }
        if answer.records.len() != batch.len() {
            let (sent, answered) = (batch.len(), answer.records.len());
            let message = format!("PutRecords of {sent} records answered for {answered}");
            return Err(Failure { reason: Reason::Invalid, message });
        }
        let refusal = |code: String, message: Option<String>| Failure::coded(&code, &message.unwrap_or_default());
        let records = answer.records.into_iter();
        Ok(records.map(|record| record.error_code.map(|code| refusal(code, record.error_message))).collect())
    }

    /// Lets the worker know of records that have arrived, while some were refused.
    fn take_arrived(&self, arrived: &mut Vec<Entry>, refused: usize) {
        self.refused.add(refused as u64);
        if arrived.is_empty() {
            return;
        }
        self.arrived.add(arrived.len() as u64);
        self.bytes.add(arrived.iter().map(|entry| entry.data().len() as u64).sum());
        let is_prepared = self.shared.lock().take_arrived(arrived);
        if is_prepared {
            self.shared.waker.wake();
        }
        // A key that was waited for may be free.
        self.shared.work.notify_one();
    }

    /// The first error is the one that is told.
    fn fail(&self, error: Error) {
        self.shared.lock().error.get_or_insert(error);
        self.shared.news.notify_all();
    }
}

/// Moves the records that have arrived out of the batch. Answers the worst reason of those that were refused.
fn sort(batch: &mut Vec<Entry>, arrived: &mut Vec<Entry>, refusals: Vec<Option<Failure>>) -> Option<Failure> {
    if refusals.is_empty() {
        std::mem::swap(batch, arrived);
        return None;
    }
    let mut worst: Option<Failure> = None;
    for (entry, refusal) in std::mem::take(batch).into_iter().zip(refusals) {
        let Some(failure) = refusal else {
            arrived.push(entry);
            continue;
        };
        batch.push(entry);
        let is_worse = !matches!(failure.reason, Reason::Throttled | Reason::Transient);
        if worst.is_none() || is_worse {
            worst = Some(failure);
        }
    }
    worst
}
