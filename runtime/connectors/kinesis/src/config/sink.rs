//! How a table is written.

use super::{Warnings, choice, either, number, usage};
use sqlc_runtime::connector::TableConfig;
use sqlc_runtime::connector::options::stream;
use sqlc_runtime::error::Result;
use std::time::Duration;

/// Where partition keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Partitioner {
    /// The PARTITIONED BY columns, joined.
    Columns,
    /// A number that follows from the record, so that records are spread, and one that is sent again goes where it went
    /// before.
    Record,
    /// One key for each worker, so that a worker writes to one shard.
    Fixed,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SinkConfig {
    pub partitioner: Partitioner,
    /// Most records of one PutRecords.
    pub batch_records: usize,
    /// Most bytes of one PutRecords, keys included.
    pub batch_bytes: usize,
    pub buffer_timeout: Duration,
    pub max_in_flight: usize,
    pub max_buffered: usize,
    pub max_record_bytes: usize,
    pub request_timeout: Duration,
    pub fail_on_error: bool,
}

/// What the service takes in one PutRecords.
const SERVICE_BATCH_BYTES: u64 = 10 << 20;

impl SinkConfig {
    pub fn read(table: &TableConfig, warnings: &mut Warnings) -> Result<SinkConfig> {
        let options = &table.options;
        let problem = stream::partitioner(options, !table.partition_keys.is_empty());
        if let Some(problem) = problem.or_else(|| stream::aggregation(options)) {
            return Err(problem.into_error());
        }
        let partitioner = match (choice(options, "sink.partitioner", &["random", "fixed"])?, table.partition_keys) {
            (_, [_, ..]) => Partitioner::Columns,
            (Some("fixed"), []) => Partitioner::Fixed,
            (_, []) => Partitioner::Record,
        };
        options.boolean("sink.producer.aggregation-enabled")?;
        if let Some(version) = choice(options, "sink.http-client.protocol.version", &["HTTP1_1", "HTTP2"])? {
            warnings.push(format!(
                "option 'sink.http-client.protocol.version' = '{version}' has no effect: client and service agree on it"
            ));
        }
        let batch_records = either(options, "sink.batch.max-size", "sink.producer.collection-max-count", |name| {
            number(options, name, 1, 500)
        })?;
        let batch_bytes =
            either(options, "sink.flush-buffer.size", "sink.producer.collection-max-size", |name| options.size(name))?;
        if let Some((name, bytes)) = batch_bytes
            && !(1..=SERVICE_BATCH_BYTES).contains(&bytes)
        {
            return Err(usage(format!("option '{name}' is {bytes} bytes, expected 1 to {SERVICE_BATCH_BYTES}")));
        }
        let max_record_bytes = options.size("sink.record.max-size")?.unwrap_or(SERVICE_BATCH_BYTES);
        if !(1..=SERVICE_BATCH_BYTES).contains(&max_record_bytes) {
            return Err(usage(format!(
                "option 'sink.record.max-size' is {max_record_bytes} bytes, expected 1 to {SERVICE_BATCH_BYTES}"
            )));
        }
        let timeout = either(options, "sink.flush-buffer.timeout", "sink.producer.record-max-buffered-time", |name| {
            options.duration(name)
        })?;
        let in_flight = number(options, "sink.requests.max-inflight", 1, 1000)?.unwrap_or(16);
        let concurrency = number(options, "sink.http-client.max-concurrency", 1, i64::MAX)?.unwrap_or(usize::MAX);
        let fail_on_error =
            either(options, "sink.fail-on-error", "sink.producer.fail-on-error", |name| options.boolean(name))?;
        let batch_records = batch_records.map_or(500, |(_, count)| count);
        let max_buffered = number(options, "sink.requests.max-buffered", 1, i64::from(u32::MAX))?.unwrap_or(10_000);
        // As in Flink, where a buffer that can never fill a batch is a mistake.
        if max_buffered < batch_records {
            return Err(usage(format!(
                "'sink.requests.max-buffered' is {max_buffered}, less than a batch of {batch_records} ('sink.batch.max-size')"
            )));
        }
        Ok(SinkConfig {
            partitioner,
            batch_records,
            batch_bytes: batch_bytes.map_or(5 << 20, |(_, bytes)| bytes as usize),
            buffer_timeout: timeout.map_or(Duration::from_secs(5), |(_, timeout)| timeout),
            max_in_flight: in_flight.min(concurrency),
            max_buffered,
            max_record_bytes: max_record_bytes as usize,
            request_timeout: options.duration("sink.http-client.read-timeout")?.unwrap_or(Duration::from_secs(360)),
            fail_on_error: fail_on_error.is_some_and(|(_, fail)| fail),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlc_runtime::connector::options::Options;

    fn read<const N: usize>(partition_keys: &'static [&'static str], options: [(&str, &str); N]) -> Result<SinkConfig> {
        let table = TableConfig { name: "out", columns: &[], partition_keys, options: Options::new(options) };
        SinkConfig::read(&table, &mut Warnings::new())
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let expected = SinkConfig {
            partitioner: Partitioner::Record,
            batch_records: 500,
            batch_bytes: 5_242_880,
            buffer_timeout: Duration::from_millis(5000),
            max_in_flight: 16,
            max_buffered: 10_000,
            max_record_bytes: 10_485_760,
            request_timeout: Duration::from_millis(360_000),
            fail_on_error: false,
        };
        assert_eq!(read(&[], []).unwrap(), expected);
        assert_eq!(read(&["id"], []).unwrap().partitioner, Partitioner::Columns);
    }

    #[test]
    fn options_of_both_generations_are_read() {
        let config = read(
            &[],
            [
                ("sink.partitioner", "fixed"),
                ("sink.producer.collection-max-count", "10"),
                ("sink.producer.record-max-buffered-time", "100"),
                ("sink.requests.max-inflight", "4"),
                ("sink.http-client.max-concurrency", "2"),
                ("sink.fail-on-error", "true"),
            ],
        )
        .unwrap();
        assert_eq!(config.partitioner, Partitioner::Fixed);
        assert_eq!((config.batch_records, config.max_in_flight), (10, 2));
        assert_eq!(config.buffer_timeout, Duration::from_millis(100));
        assert!(config.fail_on_error);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        let both = read(&["id"], [("sink.partitioner", "random")]).unwrap_err().to_string();
        assert!(both.contains("takes no 'sink.partitioner'"), "{both}");
        for (name, value) in [
            ("sink.batch.max-size", "501"),
            ("sink.batch.max-size", "0"),
            ("sink.flush-buffer.size", "11 mb"),
            ("sink.record.max-size", "0"),
            ("sink.requests.max-buffered", "499"),
            ("sink.producer.aggregation-enabled", "true"),
            ("sink.partitioner", "org.example.MyPartitioner"),
        ] {
            assert!(read(&[], [(name, value)]).is_err(), "{name} = {value}");
        }
    }
}
