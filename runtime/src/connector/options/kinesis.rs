//! The options of the Kinesis connector, in both spellings: the names since version 5 of Flink's connector
//! (`stream.arn`, `source.*`) and the names before it (`stream`, `scan.*`). Names, types and defaults are
//! those of Flink's documentation; the one option of our own says so.

use super::OptionKind::{Boolean, Choice, Double, Duration, Integer, Size, Text};
use super::{ConnectorSpec, Direction, OptionKind, OptionSpec};

pub const KINESIS: ConnectorSpec = ConnectorSpec {
    name: "kinesis",
    source: true,
    sink: true,
    needs_format: true,
    metadata: &[
        ("timestamp", "TIMESTAMP_LTZ(3) NOT NULL"),
        ("shard-id", "VARCHAR(128) NOT NULL"),
        ("sequence-number", "VARCHAR(128) NOT NULL"),
    ],
    changelog_sink: false,
    options: OPTIONS,
};

const POSITION: OptionKind = Choice(&["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"]);
const READER: OptionKind = Choice(&["POLLING", "EFO"]);
const PROVIDER: OptionKind =
    Choice(&["AUTO", "BASIC", "PROFILE", "ENV_VAR", "SYS_PROP", "ASSUME_ROLE", "WEB_IDENTITY_TOKEN", "CUSTOM"]);
const TIMESTAMP_FORMAT: Option<&str> = Some("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");

const EFO: &str = "Only for enhanced fan-out, which is not supported yet; has no effect on polling.";
const RETRIES: &str = "How often a failing call is repeated before the application fails; without a limit if not set.";
const BACKOFF_BASE: &str = "The longest pause in milliseconds before the first repetition of a failing call.";
const BACKOFF_MAX: &str = "The longest pause in milliseconds before any repetition of a failing call.";
const BACKOFF_FACTOR: &str = "By how much the longest pause grows from one repetition of a failing call to the next.";

const OPTIONS: &[OptionSpec] = &[
    // Where the stream is.
    both("stream", Text, None, "Name of the stream; either this or 'stream.arn'."),
    both("stream.arn", Text, None, "ARN of the stream; either this or 'stream'."),
    both("aws.region", Text, None, "Region of the stream; by default the ARN's, or that of the environment."),
    both("aws.endpoint", Text, None, "URL of the service, such as that of a local Kinesis; by default the region's."),
    both("aws.trust.all.certificates", Boolean, Some("false"), "Must be false: certificates are always checked."),
    both(
        "connection.retry-timeout",
        Duration,
        None,
        "Ours: for how long a failing call is repeated before the application fails; without a limit if not set.",
    ),
    // Who we are. The documentation says `aws.credentials.`, Flink's code also reads `aws.credentials.provider.`.
    both("aws.credentials.provider", PROVIDER, Some("AUTO"), "Where credentials come from."),
    both("aws.credentials.basic.accesskeyid", Text, None, "Access key id for BASIC."),
    both("aws.credentials.basic.secretkey", Text, None, "Secret key for BASIC."),
    both("aws.credentials.profile.path", Text, None, "File with the profile for PROFILE."),
    both("aws.credentials.profile.name", Text, None, "Name of the profile for PROFILE."),
    both("aws.credentials.role.arn", Text, None, "Role for ASSUME_ROLE and WEB_IDENTITY_TOKEN."),
    both("aws.credentials.role.sessionName", Text, None, "Session name for ASSUME_ROLE and WEB_IDENTITY_TOKEN."),
    both("aws.credentials.role.externalId", Text, None, "External id for ASSUME_ROLE."),
    both("aws.credentials.role.stsEndpoint", Text, None, "URL of the STS service for ASSUME_ROLE."),
    both(
        "aws.credentials.role.provider",
        PROVIDER,
        Some("AUTO"),
        "Where the credentials to assume the role come from.",
    ),
    both("aws.credentials.webIdentityToken.file", Text, None, "File with the token for WEB_IDENTITY_TOKEN."),
    both("aws.credentials.custom.class", Text, None, "A Java class; refused, this application has no Java."),
    both("aws.credentials.provider.basic.accesskeyid", Text, None, "Access key id for BASIC."),
    both("aws.credentials.provider.basic.secretkey", Text, None, "Secret key for BASIC."),
    both("aws.credentials.provider.profile.path", Text, None, "File with the profile for PROFILE."),
    both("aws.credentials.provider.profile.name", Text, None, "Name of the profile for PROFILE."),
    both("aws.credentials.provider.role.arn", Text, None, "Role for ASSUME_ROLE and WEB_IDENTITY_TOKEN."),
    both(
        "aws.credentials.provider.role.sessionName",
        Text,
        None,
        "Session name for ASSUME_ROLE and WEB_IDENTITY_TOKEN.",
    ),
    both("aws.credentials.provider.role.externalId", Text, None, "External id for ASSUME_ROLE."),
    both("aws.credentials.provider.role.stsEndpoint", Text, None, "URL of the STS service for ASSUME_ROLE."),
    both(
        "aws.credentials.provider.role.provider",
        PROVIDER,
        Some("AUTO"),
        "Where the credentials to assume the role come from.",
    ),
    both("aws.credentials.provider.webIdentityToken.file", Text, None, "File with the token for WEB_IDENTITY_TOKEN."),
    both("aws.credentials.provider.custom.class", Text, None, "A Java class; refused, this application has no Java."),
    // Reading, since version 5.
    source("source.init.position", POSITION, Some("LATEST"), "Where reading starts."),
    source("source.init.timestamp", Text, None, "When reading starts for AT_TIMESTAMP: a date, or seconds since 1970."),
    source("source.init.timestamp.format", Text, TIMESTAMP_FORMAT, "Format of 'source.init.timestamp'."),
    source(
        "source.expired.position",
        Choice(&["FAIL", "TRIM_HORIZON"]),
        Some("FAIL"),
        "Ours: whether the application ends or goes on at TRIM_HORIZON if records have left the stream unread.",
    ),
    source("source.shard.discovery.interval", Duration, Some("10 s"), "How often new shards are looked for."),
    source("source.reader.type", READER, Some("POLLING"), "How records are read; EFO is not supported yet."),
    source(
        "source.reader.empty-records-fetch-interval",
        Duration,
        Some("250 ms"),
        "Pause of a shard after a call without records.",
    ),
    source(
        "source.reader.nonempty-records-fetch-interval",
        Duration,
        Some("0 ms"),
        "Pause of a shard after a call with records, 200 ms at least.",
    ),
    source(
        "source.shard.get-records.max-record-count",
        Integer,
        Some("10000"),
        "Most records of one call, 1 to 10000.",
    ),
    source("source.efo.consumer.name", Text, None, EFO),
    source("source.efo.lifecycle", Choice(&["JOB_MANAGED", "SELF_MANAGED"]), Some("JOB_MANAGED"), EFO),
    source("source.efo.subscription.timeout", Duration, Some("60 s"), EFO),
    source("source.efo.deregister.timeout", Duration, Some("10 s"), EFO),
    source("source.efo.describe.retry-strategy.attempts.max", Integer, Some("100"), EFO),
    source("source.efo.describe.retry-strategy.delay.min", Duration, Some("2 s"), EFO),
    source("source.efo.describe.retry-strategy.delay.max", Duration, Some("60 s"), EFO),
    // Reading, before version 5.
    source("scan.stream.initpos", POSITION, Some("LATEST"), "Where reading starts."),
    source(
        "scan.stream.initpos-timestamp",
        Text,
        None,
        "When reading starts for AT_TIMESTAMP: a date, or seconds since 1970.",
    ),
    source(
        "scan.stream.initpos-timestamp-format",
        Text,
        TIMESTAMP_FORMAT,
        "Format of 'scan.stream.initpos-timestamp'.",
    ),
    source("scan.stream.recordpublisher", READER, Some("POLLING"), "How records are read; EFO is not supported yet."),
    source("scan.stream.efo.consumername", Text, None, EFO),
    source("scan.stream.efo.registration", Choice(&["LAZY", "EAGER", "NONE"]), Some("LAZY"), EFO),
    source("scan.stream.efo.consumerarn", Text, None, EFO),
    source("scan.stream.efo.http-client.max-concurrency", Integer, Some("10000"), EFO),
    source(
        "scan.shard-assigner",
        Choice(&["default", "uniform"]),
        Some("default"),
        "How shards are shared between workers; both mean evenly.",
    ),
    source(
        "scan.shard.discovery.intervalmillis",
        Integer,
        Some("10000"),
        "How often new shards are looked for, in milliseconds.",
    ),
    source("scan.shard.getrecords.maxrecordcount", Integer, Some("10000"), "Most records of one call, 1 to 10000."),
    source(
        "scan.shard.getrecords.intervalmillis",
        Integer,
        Some("200"),
        "Time from one call to the next for a shard, in milliseconds; the service allows 5 a second.",
    ),
    source("scan.shard.getrecords.maxretries", Integer, None, RETRIES),
    source("scan.shard.getrecords.backoff.base", Integer, Some("300"), BACKOFF_BASE),
    source("scan.shard.getrecords.backoff.max", Integer, Some("1000"), BACKOFF_MAX),
    source("scan.shard.getrecords.backoff.expconst", Double, Some("1.5"), BACKOFF_FACTOR),
    source("scan.shard.getiterator.maxretries", Integer, None, RETRIES),
    source("scan.shard.getiterator.backoff.base", Integer, Some("300"), BACKOFF_BASE),
    source("scan.shard.getiterator.backoff.max", Integer, Some("1000"), BACKOFF_MAX),
    source("scan.shard.getiterator.backoff.expconst", Double, Some("1.5"), BACKOFF_FACTOR),
    source(
        "scan.list.shards.maxretries",
        Integer,
        Some("10"),
        "How often a failing ListShards is repeated while the application starts.",
    ),
    source("scan.list.shards.backoff.base", Integer, Some("1000"), BACKOFF_BASE),
    source("scan.list.shards.backoff.max", Integer, Some("5000"), BACKOFF_MAX),
    source("scan.list.shards.backoff.expconst", Double, Some("1.5"), BACKOFF_FACTOR),
    source(
        "scan.shard.adaptivereads",
        Boolean,
        Some("false"),
        "Whether the most records of a call follow from their size, so that 2 MB a second are not exceeded.",
    ),
    source(
        "scan.shard.idle.interval",
        Integer,
        None,
        "After how many milliseconds without records a shard no longer holds the watermark; never if not positive, a minute if not set.",
    ),
    source(
        "scan.watermark.sync.interval",
        Integer,
        Some("30000"),
        "Without effect in SQL, as in Flink: only programs can synchronise watermarks of shards.",
    ),
    source(
        "scan.watermark.lookahead.millis",
        Integer,
        Some("0"),
        "Without effect in SQL, as in Flink: only programs can synchronise watermarks of shards.",
    ),
    source(
        "scan.watermark.sync.queue.capacity",
        Integer,
        Some("100"),
        "Without effect in SQL, as in Flink: only programs can synchronise watermarks of shards.",
    ),
    // Calls that polling never makes: DescribeStream was for DynamoDB streams, the others are for enhanced fan-out.
    source("scan.stream.describe.maxretries", Integer, Some("50"), UNUSED),
    source("scan.stream.describe.backoff.base", Integer, Some("2000"), UNUSED),
    source("scan.stream.describe.backoff.max", Integer, Some("5000"), UNUSED),
    source("scan.stream.describe.backoff.expconst", Double, Some("1.5"), UNUSED),
    source("scan.stream.describestreamconsumer.maxretries", Integer, Some("50"), UNUSED),
    source("scan.stream.describestreamconsumer.backoff.base", Integer, Some("2000"), UNUSED),
    source("scan.stream.describestreamconsumer.backoff.max", Integer, Some("5000"), UNUSED),
    source("scan.stream.describestreamconsumer.backoff.expconst", Double, Some("1.5"), UNUSED),
    source("scan.stream.registerstreamconsumer.maxretries", Integer, Some("10"), UNUSED),
    source("scan.stream.registerstreamconsumer.timeout", Integer, Some("60"), UNUSED),
    source("scan.stream.registerstreamconsumer.backoff.base", Integer, Some("500"), UNUSED),
    source("scan.stream.registerstreamconsumer.backoff.max", Integer, Some("2000"), UNUSED),
    source("scan.stream.registerstreamconsumer.backoff.expconst", Double, Some("1.5"), UNUSED),
    source("scan.stream.deregisterstreamconsumer.maxretries", Integer, Some("10"), UNUSED),
    source("scan.stream.deregisterstreamconsumer.timeout", Integer, Some("60"), UNUSED),
    source("scan.stream.deregisterstreamconsumer.backoff.base", Integer, Some("500"), UNUSED),
    source("scan.stream.deregisterstreamconsumer.backoff.max", Integer, Some("2000"), UNUSED),
    source("scan.stream.deregisterstreamconsumer.backoff.expconst", Double, Some("1.5"), UNUSED),
    source("scan.shard.subscribetoshard.maxretries", Integer, Some("10"), UNUSED),
    source("scan.shard.subscribetoshard.backoff.base", Integer, Some("1000"), UNUSED),
    source("scan.shard.subscribetoshard.backoff.max", Integer, Some("2000"), UNUSED),
    source("scan.shard.subscribetoshard.backoff.expconst", Double, Some("1.5"), UNUSED),
    // Writing.
    sink(
        "sink.partitioner",
        Choice(&["random", "fixed"]),
        None,
        "How partition keys are chosen without PARTITIONED BY: random (spread evenly, equal for equal records), or fixed, one for each worker.",
    ),
    sink(
        "sink.partitioner-field-delimiter",
        Text,
        Some("|"),
        "What stands between the PARTITIONED BY columns in the partition key.",
    ),
    sink("sink.batch.max-size", Integer, Some("500"), "Most records of one call, 1 to 500."),
    sink("sink.requests.max-inflight", Integer, Some("16"), "Most calls of a worker at a time."),
    sink(
        "sink.requests.max-buffered",
        Integer,
        Some("10000"),
        "Most records of a worker that wait; more hold the statement back.",
    ),
    sink("sink.flush-buffer.size", Size, Some("5242880"), "Most bytes of one call."),
    sink("sink.flush-buffer.timeout", Duration, Some("5000"), "How long a record waits for others to go with."),
    sink(
        "sink.fail-on-error",
        Boolean,
        Some("false"),
        "Whether a refused record ends the application instead of being sent again.",
    ),
    sink(
        "sink.record.max-size",
        Size,
        Some("10 mb"),
        "Ours: the largest record, key included; streams made before 2025 take 1 mb.",
    ),
    sink(
        "sink.http-client.max-concurrency",
        Integer,
        Some("10000"),
        "Most calls of a worker at a time, as 'sink.requests.max-inflight'; the smaller counts.",
    ),
    sink("sink.http-client.read-timeout", Duration, Some("360000"), "How long a call may take."),
    sink(
        "sink.http-client.protocol.version",
        Choice(&["HTTP1_1", "HTTP2"]),
        Some("HTTP2"),
        "Client and service agree on the version themselves.",
    ),
    // Writing, as the producer of version 1.14 and before called it.
    sink("sink.producer.collection-max-count", Integer, None, "The same as 'sink.batch.max-size'."),
    sink("sink.producer.collection-max-size", Size, None, "The same as 'sink.flush-buffer.size'."),
    sink("sink.producer.record-max-buffered-time", Duration, None, "The same as 'sink.flush-buffer.timeout'."),
    sink("sink.producer.fail-on-error", Boolean, None, "The same as 'sink.fail-on-error'."),
    sink("sink.producer.aggregation-enabled", Boolean, None, "Must be false: records are never aggregated."),
];

const UNUSED: &str = "A call that polling does not make: checked, and without effect.";

const fn both(name: &'static str, kind: OptionKind, default: Option<&'static str>, help: &'static str) -> OptionSpec {
    OptionSpec { name, kind, default, direction: Direction::Both, compiled: false, help }
}

const fn source(name: &'static str, kind: OptionKind, default: Option<&'static str>, help: &'static str) -> OptionSpec {
    OptionSpec { name, kind, default, direction: Direction::Source, compiled: false, help }
}

const fn sink(name: &'static str, kind: OptionKind, default: Option<&'static str>, help: &'static str) -> OptionSpec {
    OptionSpec { name, kind, default, direction: Direction::Sink, compiled: false, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_option_is_there_once_with_a_sentence_and_a_legal_default() {
        let names: BTreeSet<_> = OPTIONS.iter().map(|option| option.name).collect();
        assert_eq!(names.len(), OPTIONS.len());
        for option in OPTIONS {
            assert!(option.help.ends_with('.'), "{}: {}", option.name, option.help);
            let Some(default) = option.default else { continue };
            let options = super::super::Options::new([(option.name, default)]);
            match option.kind {
                Boolean => drop(options.boolean(option.name).unwrap()),
                Integer => drop(options.integer(option.name).unwrap()),
                Double => drop(options.double(option.name).unwrap()),
                Duration => drop(options.duration(option.name).unwrap()),
                Size => drop(options.size(option.name).unwrap()),
                Choice(choices) => assert!(choices.contains(&default), "{}", option.name),
                Text | OptionKind::Character => {}
            }
        }
    }
}
