//! One shard, read to its end: iterator, GetRecords, pause, and again, in spite of everything that can go
//! wrong on the way. Which shards there are and when they start is left to the coordinator.

use super::aggregate::unpack;
use super::answer::Summary;
use super::in_place::{Brought, InPlace};
use super::lineage::Start;
use super::metrics::ShardMetrics;
use super::queue::{Closed, Queue};
use crate::client::{Shard, StreamClient, hash_range};
use crate::config::{Position, SourceConfig};
use crate::failure::{Failure, Reason};
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use sqlc_runtime::connector::{Chunk, Payload, ReaderEvent, SplitId};
use sqlc_runtime::error::{Error, ErrorKind};
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The pause before a call is repeated that the network or the service failed grows up to this.
const LONGEST_OUTAGE_PAUSE: Duration = Duration::from_secs(10);

/// A call without an answer for this long is given up and repeated.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// What the service lets one shard's consumers read.
const SHARD_BYTES_PER_SECOND: f64 = 2e6;

/// Where in a shard we are.
#[derive(Clone, Debug)]
enum Place {
    /// No record has been read yet.
    Start(Position),
    After(String),
}

pub(crate) struct ShardTask {
    pub client: StreamClient,
    pub config: Arc<SourceConfig>,
    pub id: Arc<str>,
    pub split: SplitId,
    pub queue: Arc<Queue>,
    pub metrics: ShardMetrics,
    /// When the application was opened, which is what LATEST means whenever it is asked again.
    pub opened: Timestamp,
    place: Place,
    in_place: InPlace,
    iterator: Option<String>,
    last_behind: Option<i64>,
    /// Bytes per record in the last answers, for adaptive reads.
    record_bytes: f64,
}

/// How the reading of a shard ended.
pub(crate) enum End {
    /// The shard is closed and read; its children, as far as the service told.
    Closed(Vec<Shard>),
    /// Nobody wants its records any more.
    Stopped,
    /// The shard is gone from the stream, or the stream itself.
    Missing(Failure),
    Failed(Error),
}

impl From<Closed> for End {
    fn from(_: Closed) -> End {
        End::Stopped
    }
}

impl ShardTask {
    #[expect(clippy::too_many_arguments, reason = "it is all that a shard is")]
    pub fn new(
        client: StreamClient,
        config: Arc<SourceConfig>,
        id: Arc<str>,
        split: SplitId,
        queue: Arc<Queue>,
        metrics: ShardMetrics,
        opened: Timestamp,
        start: Start,
    ) -> ShardTask {
        ShardTask {
            client,
            config,
            id,
            split,
            in_place: InPlace::new(start.range, queue.clone()),
            queue,
            metrics,
            opened,
            place: Place::Start(start.position),
            iterator: None,
            last_behind: None,
            record_bytes: 0.0,
        }
    }

    /// Fixes the initial position. Done before the source is open for LATEST, so that what is put into the
    /// stream afterwards is read.
    pub async fn fix_position(&mut self) -> Result<(), End> {
        let mut attempt = 0;
        loop {
            match self.get_iterator().await {
                Ok(iterator) => {
                    self.iterator = Some(iterator);
                    self.pin_latest();
                    return Ok(());
                }
                Err(failure) => self.after_failure(failure, &mut attempt, true).await?,
            }
        }
    }

    pub async fn run(mut self) -> End {
        match self.read().await {
            Ok(children) => End::Closed(children),
            Err(end) => end,
        }
    }

    async fn read(&mut self) -> Result<Vec<Shard>, End> {
        let mut attempt = 0;
        loop {
            if self.iterator.is_none() {
                self.fix_position().await?;
            }
            let queue = self.queue.clone();
            let turn = queue.turn().await?;
            let called = Instant::now();
            self.metrics.calls.add(1);
            let answer = self.get_records().await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(failure) => {
                    drop(turn);
                    self.after_failure(failure, &mut attempt, false).await?;
                    // A new iterator does not make the shard take calls faster.
                    tokio::time::sleep_until(called + self.config.interval).await;
                    continue;
                }
            };
            attempt = 0;
            let next = answer.next_shard_iterator.clone();
            let children = answer.child_shards.clone();
            let brought = self.in_place.take().unwrap_or_else(|| self.brought(&answer.records));
            let empty = brought.summary.records == 0;
            self.hand_over(brought, answer.millis_behind_latest);
            drop(turn);
            let Some(next) = next else {
                let children = children.unwrap_or_default().into_iter();
                return Ok(children
                    .map(|child| Shard {
                        range: hash_range(child.hash_key_range.as_ref()),
                        id: child.shard_id,
                        parents: child.parent_shards,
                        open: true,
                    })
                    .collect());
            };
            self.iterator = Some(next);
            let pause = if empty { self.config.empty_interval } else { self.config.interval };
            tokio::time::sleep_until(called + pause).await;
        }
    }

    async fn get_records(&self) -> Result<GetRecordsOutput, Failure> {
        let call = self
            .client
            .api
            .get_records()
            .set_stream_arn(self.client.arn())
            .set_shard_iterator(self.iterator.clone())
            .limit(self.limit())
            .customize()
            .interceptor(self.in_place.clone())
            .send();
        answered(call).await
    }

    /// Most records of the next answer.
    fn limit(&self) -> i32 {
        if !self.config.adaptive || self.record_bytes <= 0.0 {
            return self.config.max_records;
        }
        let bytes = SHARD_BYTES_PER_SECOND * self.config.interval.as_secs_f64();
        ((bytes / self.record_bytes) as i32).clamp(1, self.config.max_records)
    }

    async fn get_iterator(&self) -> Result<String, Failure> {
        let call = self
            .client
            .api
            .get_shard_iterator()
            .set_stream_name(self.client.name())
            .set_stream_arn(self.client.arn())
            .shard_id(&*self.id);
        let at = |timestamp: Timestamp| DateTime::from_millis(timestamp.millis());
        let call = match &self.place {
            Place::After(sequence) => {
                call.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(sequence)
            }
            Place::Start(Position::TrimHorizon) => call.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Place::Start(Position::AtTimestamp(timestamp)) => {
                call.shard_iterator_type(ShardIteratorType::AtTimestamp).timestamp(at(*timestamp))
            }
            Place::Start(Position::Latest) => call.shard_iterator_type(ShardIteratorType::Latest),
        };
        let answer = answered(call.send()).await?;
        answer.shard_iterator.ok_or_else(|| Failure {
            reason: Reason::Transient,
            message: "GetShardIterator answered without an iterator".to_owned(),
        })
    }

    /// From the first iterator on LATEST is a moment: were the iterator to expire before the first record
    /// comes, LATEST itself would by then be later. Some services keep arrival times in whole seconds.
    fn pin_latest(&mut self) {
        if let Place::Start(Position::Latest) = self.place {
            let second = self.opened.millis().div_euclid(1000) * 1000;
            self.place = Place::Start(Position::AtTimestamp(Timestamp::from_millis(second)));
        }
    }

    /// Gives the worker what an answer brought.
    fn hand_over(&mut self, brought: Brought, behind: Option<i64>) {
        let Brought { messages, summary } = brought;
        if summary.records == 0 {
            self.metrics.empty.add(1);
        } else {
            let age = Clock::system().now().millis() - summary.arrival.millis();
            self.metrics.age.set(age.max(0));
            self.place = Place::After(summary.sequence);
            self.record_bytes = summary.bytes as f64 / summary.records as f64;
            self.metrics.bytes.add(summary.bytes as u64);
            self.metrics.records.add(messages.len() as u64);
        }
        if messages.is_empty() {
            self.queue.take_back(messages);
        } else {
            let payload = Payload::Messages(messages);
            self.queue.push(Ok(ReaderEvent::Chunk(Chunk { split: self.split, payload })));
        }
        if let Some(behind) = behind {
            self.metrics.behind.set(behind);
            if self.last_behind != Some(behind) {
                self.last_behind = Some(behind);
                self.queue.push(Ok(ReaderEvent::SplitLag { split: self.split, millis: behind }));
            }
        }
    }

    /// The same from what the SDK has read; the packed records unpacked.
    fn brought(&self, records: &[Record]) -> Brought {
        let mut messages = self.queue.spare();
        let mut summary = Summary { records: records.len(), ..Summary::default() };
        for record in records {
            let data = record.data.as_ref();
            messages.push(&record.sequence_number, arrival(record), |bytes| {
                bytes.extend_from_slice(data);
                Some(())
            });
            summary.bytes += data.len();
            if let Some(parts) = unpack(data, self.in_place.range()) {
                messages.split_last(parts);
            }
        }
        if let Some(last) = records.last() {
            (summary.sequence, summary.arrival) = (last.sequence_number.clone(), arrival(last));
        }
        Brought { messages, summary }
    }

    /// Waits before the next attempt, or ends the shard.
    async fn after_failure(&mut self, failure: Failure, attempt: &mut usize, iterator: bool) -> Result<(), End> {
        let mut backoff = if iterator { self.config.get_iterator } else { self.config.get_records };
        match failure.reason {
            Reason::ExpiredIterator => {
                self.metrics.expired.add(1);
                self.iterator = None;
                return Ok(());
            }
            Reason::Throttled => self.metrics.throttled.add(1),
            Reason::Transient => {
                self.metrics.failed.add(1);
                backoff.max = backoff.max.max(LONGEST_OUTAGE_PAUSE);
            }
            Reason::Missing => return Err(End::Missing(failure)),
            Reason::Invalid if iterator && matches!(self.place, Place::After(_)) => {
                return Err(End::Failed(self.trimmed(&failure)));
            }
            Reason::Denied | Reason::Credentials | Reason::Invalid => {
                return Err(End::Failed(failure.into_error("read", &self.client.place)));
            }
        }
        match backoff.pause(*attempt) {
            Some(pause) => {
                *attempt += 1;
                tokio::time::sleep(pause).await;
                Ok(())
            }
            None => Err(End::Failed(failure.into_error("read", &self.client.place))),
        }
    }

    /// The position we were at is no longer in the stream.
    fn trimmed(&self, failure: &Failure) -> Error {
        let Place::After(sequence) = &self.place else {
            return failure.clone().into_error("read", &self.client.place);
        };
        let place = &self.client.place;
        Error::new(
            ErrorKind::Resource,
            format!(
                "shard {} of stream '{}' cannot be read on after sequence number {sequence}; was the \
                 record older than the stream's retention, or the stream made anew? [{}]",
                self.id, place.stream, failure.message
            ),
        )
    }
}

/// Waits for an answer, not for ever.
async fn answered<T, E, R>(
    call: impl Future<Output = Result<T, aws_sdk_kinesis::error::SdkError<E, R>>>,
) -> Result<T, Failure>
where
    E: aws_sdk_kinesis::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(answer) => answer.map_err(|error| Failure::new(&error)),
        Err(_) => Err(Failure { reason: Reason::Transient, message: "the call timed out".to_owned() }),
    }
}

fn arrival(record: &Record) -> Timestamp {
    let millis = record.approximate_arrival_timestamp.as_ref().and_then(|time| time.to_millis().ok());
    Timestamp::from_millis(millis.unwrap_or_default())
}
