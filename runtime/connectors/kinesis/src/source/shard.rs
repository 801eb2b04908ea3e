//! One shard, read to its end: iterator, GetRecords, pause, and again, in spite of everything that can go
//! wrong on the way. Which shards there are and when they start is left to the coordinator.

use super::Table;
use super::aggregate::unpack;
use super::answer::Summary;
use super::in_place::{Brought, InPlace};
use super::lineage::Start;
use super::loss::Gaps;
use super::metrics::ShardMetrics;
use super::position::{Place, ShardState};
use super::queue::{Closed, News, Queue};
use crate::client::{CALL_TIMEOUT, Shard, hash_range};
use crate::config::Position;
use crate::failure::{Failure, Reason};
use crate::retry::Calls;
use crate::world::World;
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use sqlc_runtime::connector::{Chunk, Payload, ReaderEvent, SplitId};
use sqlc_runtime::error::Error;
use sqlc_runtime::value::Timestamp;
use std::sync::Arc;

/// What the service lets one shard's consumers read.
const SHARD_BYTES_PER_SECOND: f64 = 2e6;

/// A shard without records says this often up to when it was read.
const QUIET: i64 = 30_000;

pub(crate) struct ShardTask {
    pub table: Arc<Table>,
    pub id: Arc<str>,
    pub split: SplitId,
    pub queue: Arc<Queue>,
    pub metrics: ShardMetrics,
    state: ShardState,
    /// Up to when the reader knows that everything was read.
    noted: Timestamp,
    calls: Calls,
    in_place: InPlace,
    iterator: Option<String>,
    last_behind: Option<i64>,
    /// Bytes per record in the last answers, for adaptive reads.
    record_bytes: f64,
    gaps: Gaps,
}

/// How the reading of a shard ended.
pub(crate) enum End {
    /// The shard is closed and read; its children, as far as the service told.
    Closed(Vec<Shard>),
    /// Nobody wants its records any more.
    Stopped,
    /// The shard is gone from the stream, or the stream itself; and what of it was still to be read.
    Missing(Failure, ShardState),
    Failed(Error),
}

impl From<Closed> for End {
    fn from(_: Closed) -> End {
        End::Stopped
    }
}

impl ShardTask {
    pub fn new(table: Arc<Table>, id: Arc<str>, split: SplitId, queue: Arc<Queue>, start: Start) -> ShardTask {
        ShardTask {
            metrics: table.metrics.shard(&id),
            calls: table.patience.calls(),
            table,
            id,
            split,
            in_place: InPlace::new(start.range, queue.clone()),
            queue,
            noted: start.state.until,
            state: start.state,
            iterator: None,
            last_behind: None,
            record_bytes: 0.0,
            gaps: Gaps::default(),
        }
    }

    /// Fixes the initial position. Done before the source is open for LATEST, so that what is put into the
    /// stream afterwards is read.
    pub async fn fix_position(&mut self) -> Result<(), End> {
        loop {
            match self.get_iterator().await {
                Ok(iterator) => {
                    self.calls.succeeded();
                    self.iterator = Some(iterator);
                    self.pin_latest();
                    return Ok(());
                }
                Err(failure) => self.after_failure(failure, true).await?,
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
        loop {
            if self.iterator.is_none() {
                self.fix_position().await?;
            }
            let queue = self.queue.clone();
            let turn = queue.turn().await?;
            let called = self.world().moment();
            self.metrics.calls.add(1);
            let answer = self.get_records().await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(failure) => {
                    drop(turn);
                    self.after_failure(failure, false).await?;
                    // A new iterator does not make the shard take calls faster.
                    self.world().sleep_until(called.after(self.table.config.interval)).await;
                    continue;
                }
            };
            self.calls.succeeded();
            self.table.look_back(&self.id, self.state.until, &mut self.gaps).await.map_err(End::Failed)?;
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
                        began: None,
                    })
                    .collect());
            };
            self.iterator = Some(next);
            let pause = if empty { self.table.config.empty_interval } else { self.table.config.interval };
            self.world().sleep_until(called.after(pause)).await;
        }
    }

    async fn get_records(&self) -> Result<GetRecordsOutput, Failure> {
        let call = self
            .table
            .client
            .api
            .get_records()
            .set_stream_arn(self.table.client.arn())
            .set_shard_iterator(self.iterator.clone())
            .limit(self.limit())
            .customize()
            .interceptor(self.in_place.clone())
            .send();
        self.table.client.answered(CALL_TIMEOUT, call).await
    }

    fn world(&self) -> &World {
        &self.table.client.world
    }

    /// Most records of the next answer.
    fn limit(&self) -> i32 {
        let config = &self.table.config;
        if !config.adaptive || self.record_bytes <= 0.0 {
            return config.max_records;
        }
        let bytes = SHARD_BYTES_PER_SECOND * config.interval.as_secs_f64();
        ((bytes / self.record_bytes) as i32).clamp(1, config.max_records)
    }

    async fn get_iterator(&self) -> Result<String, Failure> {
        let call = self
            .table
            .client
            .api
            .get_shard_iterator()
            .set_stream_name(self.table.client.name())
            .set_stream_arn(self.table.client.arn())
            .shard_id(&*self.id);
        let at = |timestamp: Timestamp| DateTime::from_millis(timestamp.millis());
        let call = match &self.state.place {
            Place::After { sequence, .. } => {
                call.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(sequence)
            }
            Place::Start(Position::TrimHorizon) => call.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Place::Start(Position::AtTimestamp(timestamp)) => {
                call.shard_iterator_type(ShardIteratorType::AtTimestamp).timestamp(at(*timestamp))
            }
            Place::Start(Position::Latest) => call.shard_iterator_type(ShardIteratorType::Latest),
            // Nobody reads on in a shard that is finished; there is nothing left in it.
            Place::Finished => call.shard_iterator_type(ShardIteratorType::Latest),
        };
        let answer = self.table.client.answered(CALL_TIMEOUT, call.send()).await?;
        answer.shard_iterator.ok_or_else(|| Failure {
            reason: Reason::Transient,
            message: "GetShardIterator answered without an iterator".to_owned(),
        })
    }

    /// From the first iterator on LATEST is a moment: were the iterator to expire before the first record
    /// comes, LATEST itself would by then be later. Some services keep arrival times in whole seconds.
    fn pin_latest(&mut self) {
        if let Place::Start(Position::Latest) = self.state.place {
            self.state.place = Place::Start(Position::AtTimestamp(self.table.opened));
        }
    }

    /// Gives the worker what an answer brought.
    fn hand_over(&mut self, brought: Brought, behind: Option<i64>) {
        let Brought { messages, summary } = brought;
        let now = self.table.client.now();
        let until = Timestamp::from_millis(now.millis() - behind.unwrap_or_default());
        let mut place = None;
        if summary.records == 0 {
            self.metrics.empty.add(1);
        } else {
            let age = now.millis() - summary.arrival.millis();
            self.metrics.age.set(age.max(0));
            self.record_bytes = summary.bytes as f64 / summary.records as f64;
            self.metrics.bytes.add(summary.bytes as u64);
            self.metrics.records.add(messages.len() as u64);
            self.state.place = Place::After { sequence: summary.sequence, arrival: summary.arrival };
            place = Some(self.state.place.clone());
        }
        self.state.until = until;
        let is_news = place.is_some() || until.millis() - self.noted.millis() >= QUIET;
        let news = News::Read { place, until };
        if messages.is_empty() {
            self.queue.take_back(messages);
            if is_news {
                self.queue.push_note(self.id.clone(), news);
                self.noted = until;
            }
        } else {
            let chunk = Chunk { split: self.split, payload: Payload::Messages(messages) };
            self.queue.push_noted(ReaderEvent::Chunk(chunk), self.id.clone(), news);
            self.noted = until;
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
    async fn after_failure(&mut self, failure: Failure, iterator: bool) -> Result<(), End> {
        let config = &self.table.config;
        let backoff = if iterator { config.get_iterator } else { config.get_records };
        match failure.reason {
            Reason::ExpiredIterator => {
                self.metrics.expired.add(1);
                self.iterator = None;
                return Ok(());
            }
            Reason::Throttled => self.metrics.throttled.add(1),
            Reason::Transient | Reason::Signature | Reason::Credentials => self.metrics.failed.add(1),
            Reason::Missing => return Err(End::Missing(failure, self.state.clone())),
            Reason::Invalid if iterator && matches!(self.state.place, Place::After { .. }) => {
                self.table.after_refusal(&self.id, &self.state, &failure.message).map_err(End::Failed)?;
                // What is left in the shard has not been read.
                self.state.place = Place::Start(Position::TrimHorizon);
                self.state.until = self.table.client.now();
                return Ok(());
            }
            Reason::Denied | Reason::Key | Reason::Invalid => {}
        }
        match self.calls.failed(&failure, backoff, "read", &self.table.client.place) {
            Some(pause) => {
                self.world().sleep(pause).await;
                Ok(())
            }
            None => Err(End::Failed(failure.into_error("read", &self.table.client.place))),
        }
    }
}

fn arrival(record: &Record) -> Timestamp {
    let millis = record.approximate_arrival_timestamp.as_ref().and_then(|time| time.to_millis().ok());
    Timestamp::from_millis(millis.unwrap_or_default())
}
