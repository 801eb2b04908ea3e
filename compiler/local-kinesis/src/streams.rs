//! What tools and tests do with streams directly, without a client.

use crate::LocalKinesis;
use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ferrokinesis::actions::{Operation, dispatch};
use ferrokinesis::types::{Shard, Stream, StreamStatus};
use serde_json::{Value, json};
use std::time::Duration;

/// A record as it lies in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    pub shard: String,
    pub sequence: String,
    pub partition_key: String,
    pub data: Vec<u8>,
}

impl LocalKinesis {
    /// Creates a stream with this many shards and waits until it is active; one that exists is left as it is.
    pub fn create_stream(&self, name: &str, shards: u32) -> Result<()> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if name.is_empty() || name.len() > 128 || !name.bytes().all(legal) {
            bail!("'{name}' is not a stream name: 1 to 128 letters, digits, '_', '.' or '-'");
        }
        if shards == 0 {
            bail!("stream '{name}' needs at least one shard");
        }
        self.server.run(async {
            if !self.store.contains_stream(name).await {
                self.call(Operation::CreateStream, json!({ "StreamName": name, "ShardCount": shards })).await?;
            }
            self.active(name).await.map(drop)
        })
    }

    pub fn delete_stream(&self, name: &str) -> Result<()> {
        self.server.run(async {
            self.call(Operation::DeleteStream, json!({ "StreamName": name })).await?;
            while self.store.contains_stream(name).await {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok(())
        })
    }

    /// The names of all streams, sorted.
    pub fn streams(&self) -> Vec<String> {
        let mut names = self.server.run(self.store.list_stream_names());
        names.sort();
        names
    }

    /// The ids of the shards that still take records, in order.
    pub fn open_shards(&self, stream: &str) -> Result<Vec<String>> {
        let stream = self.server.run(self.active(stream))?;
        Ok(stream.shards.into_iter().filter(is_open).map(|shard| shard.shard_id).collect())
    }

    /// Puts records, given as partition key and data, in order.
    pub fn put_records<'a>(&self, stream: &str, records: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<()> {
        let entries: Vec<Value> = records
            .into_iter()
            .map(|(key, data)| json!({ "PartitionKey": key, "Data": BASE64.encode(data) }))
            .collect();
        self.server.run(async {
            for batch in entries.chunks(500) {
                let answer =
                    self.call(Operation::PutRecords, json!({ "StreamName": stream, "Records": batch })).await?;
                let failed = answer.get("FailedRecordCount").and_then(Value::as_u64).unwrap_or(0);
                if failed > 0 {
                    bail!("stream '{stream}' refused {failed} of {} records", batch.len());
                }
            }
            Ok(())
        })
    }

    /// Splits a shard in the middle of its hash key range.
    pub fn split_shard(&self, stream: &str, shard: &str) -> Result<()> {
        self.server.run(async {
            let found = self.active(stream).await?;
            let shard = found
                .shards
                .iter()
                .find(|candidate| candidate.shard_id == shard)
                .with_context(|| format!("stream '{stream}' has no shard '{shard}'"))?;
            let range = &shard.hash_key_range;
            let (start, end) = (range.start_u128(), range.end_u128());
            let request = json!({
                "StreamName": stream,
                "ShardToSplit": shard.shard_id,
                "NewStartingHashKey": (start + (end - start) / 2 + 1).to_string(),
            });
            self.call(Operation::SplitShard, request).await?;
            self.active(stream).await.map(drop)
        })
    }

    /// Merges two shards whose hash key ranges touch.
    pub fn merge_shards(&self, stream: &str, shard: &str, adjacent: &str) -> Result<()> {
        self.server.run(async {
            let request = json!({ "StreamName": stream, "ShardToMerge": shard, "AdjacentShardToMerge": adjacent });
            self.call(Operation::MergeShards, request).await?;
            self.active(stream).await.map(drop)
        })
    }

    /// Every record of the stream: shard by shard, in order of arrival within each.
    pub fn records(&self, stream: &str) -> Result<Vec<StoredRecord>> {
        let stored = self.server.run(async {
            self.active(stream).await?;
            anyhow::Ok(self.store.get_record_store(stream).await)
        })?;
        stored
            .into_iter()
            .map(|(key, record)| {
                let (shard, sequence) = key.split_once('/').context("a stored record has no shard")?;
                let shard = i64::from_str_radix(shard, 16).context("a stored record has no shard number")?;
                Ok(StoredRecord {
                    shard: ferrokinesis::sequence::shard_id_name(shard),
                    sequence: sequence.to_owned(),
                    partition_key: record.partition_key,
                    data: BASE64.decode(&record.data).context("a stored record is not base64")?,
                })
            })
            .collect()
    }

    async fn call(&self, operation: Operation, request: Value) -> Result<Value> {
        let stream = request.get("StreamName").and_then(Value::as_str).unwrap_or_default().to_owned();
        dispatch(&self.store, operation, request).await.map(Option::unwrap_or_default).map_err(|error| {
            let message = error.body.message.unwrap_or_default();
            anyhow!("{operation:?} of stream '{stream}' failed: {} {message}", error.body.error_type)
        })
    }

    /// Waits until the stream is neither being created nor changed.
    async fn active(&self, name: &str) -> Result<Stream> {
        loop {
            let stream = self.store.get_stream(name).await.map_err(|_| anyhow!("there is no stream '{name}'"))?;
            if stream.stream_status == StreamStatus::Active {
                return Ok(stream);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn is_open(shard: &Shard) -> bool {
    shard.sequence_number_range.ending_sequence_number.is_none()
}
