//! How a table is read.

use super::{Warnings, choice, either, number, timestamp, usage};
use crate::retry::Backoff;
use sqlc_runtime::connector::options::{Options, stream};
use sqlc_runtime::error::Result;
use sqlc_runtime::value::Timestamp;
use std::time::Duration;

/// Where reading starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Latest,
    TrimHorizon,
    AtTimestamp(Timestamp),
}

/// What to do if records have left the stream before they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnExpired {
    Fail,
    TrimHorizon,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SourceConfig {
    pub position: Position,
    pub on_expired: OnExpired,
    pub discovery_interval: Duration,
    /// Most records of one GetRecords.
    pub max_records: i32,
    /// Whether `max_records` follows from the size of records.
    pub adaptive: bool,
    /// From one GetRecords to the next of the same shard.
    pub interval: Duration,
    /// Pause after a GetRecords that brought nothing.
    pub empty_interval: Duration,
    pub get_records: Backoff,
    pub get_iterator: Backoff,
    pub list_shards: Backoff,
}

/// Five GetRecords a second are what the service allows a shard, whoever calls.
const SERVICE_INTERVAL: Duration = Duration::from_millis(200);

impl SourceConfig {
    pub fn read(options: &Options, warnings: &mut Warnings) -> Result<SourceConfig> {
        refuse_enhanced_fan_out(options)?;
        warn_of_no_effect(options, warnings)?;
        let max_records = either(
            options,
            "source.shard.get-records.max-record-count",
            "scan.shard.getrecords.maxrecordcount",
            |name| number(options, name, 1, 10_000),
        )?
        .map_or(10_000, |(_, count)| i32::try_from(count).unwrap_or(10_000));
        let interval = millis(options, "scan.shard.getrecords.intervalmillis")?.unwrap_or(SERVICE_INTERVAL);
        let after_records = options.duration("source.reader.nonempty-records-fetch-interval")?.unwrap_or_default();
        let empty_interval = match options.duration("source.reader.empty-records-fetch-interval")? {
            Some(interval) => interval,
            // The older spelling has one interval for both cases.
            None if options.text("scan.shard.getrecords.intervalmillis").is_some() => interval,
            None => Duration::from_millis(250),
        };
        choice(options, "scan.shard-assigner", &["default", "uniform"])?;
        // Read by the scan of the table, which measures how long a split has been silent.
        options.integer("scan.shard.idle.interval")?;
        Ok(SourceConfig {
            position: position(options)?,
            on_expired: match choice(options, "source.expired.position", &["FAIL", "TRIM_HORIZON"])? {
                Some("TRIM_HORIZON") => OnExpired::TrimHorizon,
                _ => OnExpired::Fail,
            },
            discovery_interval: discovery_interval(options)?,
            max_records,
            adaptive: options.boolean("scan.shard.adaptivereads")?.unwrap_or(false),
            interval: interval.max(after_records),
            empty_interval: empty_interval.max(interval),
            get_records: backoff(options, "scan.shard.getrecords", 300, 1000, None)?,
            get_iterator: backoff(options, "scan.shard.getiterator", 300, 1000, None)?,
            list_shards: backoff(options, "scan.list.shards", 1000, 5000, Some(10))?,
        })
    }
}

fn position(options: &Options) -> Result<Position> {
    const POSITIONS: &[&str] = &["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"];
    let chosen =
        either(options, "source.init.position", "scan.stream.initpos", |name| choice(options, name, POSITIONS))?;
    let time =
        either(options, "source.init.timestamp", "scan.stream.initpos-timestamp", |name| Ok(options.text(name)))?;
    let pattern = either(options, "source.init.timestamp.format", "scan.stream.initpos-timestamp-format", |name| {
        Ok(options.text(name))
    })?;
    match (chosen.map_or("LATEST", |(_, position)| position), time) {
        ("AT_TIMESTAMP", Some((name, text))) => {
            let pattern = pattern.map_or(timestamp::DEFAULT_PATTERN, |(_, pattern)| pattern);
            Ok(Position::AtTimestamp(timestamp::parse(name, text, pattern)?))
        }
        ("AT_TIMESTAMP", None) => Err(usage(
            "reading starts AT_TIMESTAMP, but at which? Set 'source.init.timestamp' (or 'scan.stream.initpos-timestamp')",
        )),
        (position, Some((name, _))) => {
            Err(usage(format!("'{name}' is set, but reading starts at {position}; start AT_TIMESTAMP or drop it")))
        }
        ("TRIM_HORIZON", None) => Ok(Position::TrimHorizon),
        _ => Ok(Position::Latest),
    }
}

fn discovery_interval(options: &Options) -> Result<Duration> {
    let interval =
        either(options, "source.shard.discovery.interval", "scan.shard.discovery.intervalmillis", |name| match name {
            "source.shard.discovery.interval" => options.duration(name),
            _ => millis(options, name),
        })?;
    match interval {
        Some((name, interval)) if interval.is_zero() => {
            Err(usage(format!("option '{name}' is 0, expected a time between two looks for new shards")))
        }
        Some((_, interval)) => Ok(interval),
        None => Ok(Duration::from_secs(10)),
    }
}

/// A whole number of milliseconds, as the older spelling has them.
fn millis(options: &Options, name: &str) -> Result<Option<Duration>> {
    Ok(number(options, name, 0, i64::from(i32::MAX))?.map(|millis| Duration::from_millis(millis as u64)))
}

/// `….maxretries` and `….backoff.*` of one kind of call.
fn backoff(options: &Options, call: &str, base: u64, max: u64, retries: Option<usize>) -> Result<Backoff> {
    let factor_name = format!("{call}.backoff.expconst");
    let factor = options.double(&factor_name)?.unwrap_or(1.5);
    if !(1.0..=100.0).contains(&factor) {
        return Err(usage(format!("option '{factor_name}' is {factor}, expected 1 to 100")));
    }
    let base = millis(options, &format!("{call}.backoff.base"))?.unwrap_or(Duration::from_millis(base));
    let max = millis(options, &format!("{call}.backoff.max"))?.unwrap_or(Duration::from_millis(max));
    let retries = number(options, &format!("{call}.maxretries"), 0, i64::from(i32::MAX))?.or(retries);
    Ok(Backoff { base, max: max.max(base), factor, retries })
}

fn refuse_enhanced_fan_out(options: &Options) -> Result<()> {
    either(options, "source.reader.type", "scan.stream.recordpublisher", |name| {
        choice(options, name, &["POLLING", "EFO"])
    })?;
    match stream::enhanced_fan_out(options) {
        Some(problem) => Err(problem.into_error()),
        None => Ok(()),
    }
}

/// Checks the options of calls that polling does not make, and says that they change nothing.
fn warn_of_no_effect(options: &Options, warnings: &mut Warnings) -> Result<()> {
    const FAN_OUT: &[&str] = &["source.efo.", "scan.stream.efo."];
    const OTHER_CALLS: &[&str] = &[
        "scan.stream.describe.",
        "scan.stream.describestreamconsumer.",
        "scan.stream.registerstreamconsumer.",
        "scan.stream.deregisterstreamconsumer.",
        "scan.shard.subscribetoshard.",
    ];
    for (name, _) in options.iter() {
        if FAN_OUT.iter().any(|prefix| name.starts_with(prefix)) {
            warnings.push(format!("option '{name}' has no effect: the stream is read by polling, not by EFO"));
        } else if OTHER_CALLS.iter().any(|prefix| name.starts_with(prefix)) {
            match name.ends_with(".expconst") {
                true => drop(options.double(name)?),
                false => drop(number(options, name, 0, i64::MAX)?),
            }
            warnings.push(format!("option '{name}' has no effect: polling does not make that call"));
        } else if name.starts_with("scan.watermark.sync.") || name.starts_with("scan.watermark.lookahead.") {
            number(options, name, 0, i64::MAX)?;
            warnings.push(format!("option '{name}' has no effect in SQL, as in Flink"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(options: [(&str, &str); N]) -> Result<SourceConfig> {
        SourceConfig::read(&Options::new(options), &mut Warnings::new())
    }

    fn refusal<const N: usize>(options: [(&str, &str); N]) -> String {
        read(options).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = read([]).unwrap();
        assert_eq!(config.position, Position::Latest);
        assert_eq!(config.on_expired, OnExpired::Fail);
        assert_eq!(config.discovery_interval, Duration::from_secs(10));
        assert_eq!(config.max_records, 10_000);
        assert_eq!(config.interval, Duration::from_millis(200));
        assert_eq!(config.empty_interval, Duration::from_millis(250));
        assert_eq!(config.list_shards.retries, Some(10));
    }

    #[test]
    fn both_spellings_mean_the_same() {
        let new = read([
            ("source.init.position", "AT_TIMESTAMP"),
            ("source.init.timestamp", "1577836800"),
            ("source.shard.discovery.interval", "2 s"),
            ("source.shard.get-records.max-record-count", "100"),
            ("source.reader.type", "POLLING"),
            ("source.reader.empty-records-fetch-interval", "200 ms"),
        ])
        .unwrap();
        let old = read([
            ("scan.stream.initpos", "AT_TIMESTAMP"),
            ("scan.stream.initpos-timestamp", "2020-01-01T00:00:00.000Z"),
            ("scan.shard.discovery.intervalmillis", "2000"),
            ("scan.shard.getrecords.maxrecordcount", "100"),
            ("scan.stream.recordpublisher", "polling"),
            ("scan.shard.getrecords.intervalmillis", "200"),
        ])
        .unwrap();
        assert_eq!(new, old);
        let mixed = refusal([("source.init.position", "LATEST"), ("scan.stream.initpos", "LATEST")]);
        assert!(mixed.contains("two spellings of one option"), "{mixed}");
    }

    #[test]
    fn retries_of_the_older_spelling_are_mapped() {
        let config = read([
            ("scan.shard.getrecords.maxretries", "3"),
            ("scan.shard.getrecords.backoff.base", "10"),
            ("scan.shard.getrecords.backoff.max", "20"),
            ("scan.shard.getrecords.backoff.expconst", "2"),
        ])
        .unwrap();
        let expected =
            Backoff { base: Duration::from_millis(10), max: Duration::from_millis(20), factor: 2.0, retries: Some(3) };
        assert_eq!(config.get_records, expected);
        assert!(refusal([("scan.shard.getiterator.backoff.expconst", "0.5")]).contains("expected 1 to 100"));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for name in ["source.reader.type", "scan.stream.recordpublisher"] {
            assert!(refusal([(name, "EFO")]).contains("EFO (enhanced fan-out) is not supported yet; use POLLING"));
        }
        assert!(refusal([("source.init.position", "AT_TIMESTAMP")]).contains("Set 'source.init.timestamp'"));
        assert!(refusal([("source.init.timestamp", "1577836800")]).contains("reading starts at LATEST"));
        assert!(refusal([("source.shard.get-records.max-record-count", "0")]).contains("expected 1 to 10000"));
        assert!(refusal([("scan.stream.initpos", "EARLIEST")]).contains("expected LATEST, TRIM_HORIZON"));
        assert!(refusal([("source.shard.discovery.interval", "0 s")]).contains("is 0"));
    }

    #[test]
    fn what_has_no_effect_is_warned_of() {
        let mut warnings = Warnings::new();
        let options = Options::new([
            ("source.efo.consumer.name", "me"),
            ("scan.stream.describe.maxretries", "5"),
            ("scan.watermark.lookahead.millis", "5"),
        ]);
        SourceConfig::read(&options, &mut warnings).unwrap();
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        assert!(refusal([("scan.stream.describe.maxretries", "many")]).contains("expected a whole number"));
    }
}
