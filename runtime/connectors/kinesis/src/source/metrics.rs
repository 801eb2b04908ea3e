//! What a source counts, by table and shard.

use sqlc_runtime::job::metrics::{Counter, Gauge, Registry};

#[derive(Clone)]
pub(crate) struct Metrics {
    table: String,
    registry: Registry,
}

/// The numbers of one shard.
pub(crate) struct ShardMetrics {
    metrics: Metrics,
    shard: String,
    pub calls: Counter,
    pub empty: Counter,
    pub throttled: Counter,
    pub failed: Counter,
    pub expired: Counter,
    pub records: Counter,
    pub bytes: Counter,
    /// MillisBehindLatest of the last answer.
    pub behind: Gauge,
    /// How long before it was fetched the newest record arrived in the stream, in milliseconds.
    pub age: Gauge,
}

const CALLS: &str = "sqlc_kinesis_get_records_total";
const EMPTY: &str = "sqlc_kinesis_get_records_empty_total";
const THROTTLED: &str = "sqlc_kinesis_get_records_throttled_total";
const FAILED: &str = "sqlc_kinesis_get_records_failed_total";
const EXPIRED: &str = "sqlc_kinesis_iterators_expired_total";
const RECORDS: &str = "sqlc_kinesis_records_fetched_total";
const BYTES: &str = "sqlc_kinesis_bytes_fetched_total";
const BEHIND: &str = "sqlc_kinesis_millis_behind_latest";
const AGE: &str = "sqlc_kinesis_iterator_age_millis";
const LOST: &str = "sqlc_kinesis_positions_expired_total";

impl Metrics {
    pub fn new(table: &str, registry: Registry) -> Metrics {
        Metrics { table: table.to_owned(), registry }
    }

    /// How often reading went on behind records that had left the stream unread.
    pub fn lost(&self) -> Counter {
        self.registry.counter(LOST, &[("table", self.table.as_str())])
    }

    pub fn shard(&self, shard: &str) -> ShardMetrics {
        let labels = [("table", self.table.as_str()), ("shard", shard)];
        let counter = |name| self.registry.counter(name, &labels);
        let gauge = |name| self.registry.gauge(name, &labels);
        ShardMetrics {
            calls: counter(CALLS),
            empty: counter(EMPTY),
            throttled: counter(THROTTLED),
            failed: counter(FAILED),
            expired: counter(EXPIRED),
            records: counter(RECORDS),
            bytes: counter(BYTES),
            behind: gauge(BEHIND),
            age: gauge(AGE),
            metrics: self.clone(),
            shard: shard.to_owned(),
        }
    }
}

/// A shard that is read to its end is behind nobody any more; what was counted stays.
impl Drop for ShardMetrics {
    fn drop(&mut self) {
        let labels = [("table", self.metrics.table.as_str()), ("shard", self.shard.as_str())];
        for gauge in [BEHIND, AGE] {
            self.metrics.registry.remove(gauge, &labels);
        }
    }
}
