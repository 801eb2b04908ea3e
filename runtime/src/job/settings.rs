//! What SET can say about the running of an application.

mod checkpoints;

pub use checkpoints::CheckpointSettings;

use super::restart::RestartSettings;
use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Result};
use crate::function::zone::Zone;
use std::time::Duration;

/// A setting that has an effect at run time.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Flink's name.
    pub name: &'static str,
    pub default: &'static str,
    /// One sentence.
    pub help: &'static str,
}

/// Every setting that can still be changed when a finished application starts.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "parallelism.default",
        default: "1",
        help: "How many workers share the work; --parallelism comes first.",
    },
    Setting {
        name: "pipeline.auto-watermark-interval",
        default: "200 ms",
        help: "How far event time must advance before the next watermark is sent; 0 sends one after every row.",
    },
    Setting {
        name: "table.local-time-zone",
        default: "the system's",
        help: "The time zone in which TIMESTAMP_LTZ is shown and local times are understood.",
    },
    Setting {
        name: "table.exec.source.idle-timeout",
        default: "0 ms",
        help: "After how long without records a split no longer holds the watermark; 0 is never.",
    },
    Setting {
        name: checkpoints::INTERVAL,
        default: "10 s",
        help: "How often a checkpoint begins; 0 is never, as with --no-checkpoints.",
    },
    Setting {
        name: checkpoints::MODE,
        default: "EXACTLY_ONCE",
        help: "What is guaranteed; AT_LEAST_ONCE is accepted, and gives exactly once too.",
    },
    Setting {
        name: checkpoints::TIMEOUT,
        default: "10 min",
        help: "After how long a checkpoint that is not complete is given up.",
    },
    Setting {
        name: checkpoints::MIN_PAUSE,
        default: "0 ms",
        help: "How long it is between the end of a checkpoint and the begin of the next, at least.",
    },
    Setting { name: checkpoints::MAX_CONCURRENT, default: "1", help: "How many checkpoints are taken at a time: one." },
    Setting {
        name: checkpoints::TOLERABLE_FAILURES,
        default: "any number",
        help: "How many checkpoints may fail one after the other before the application ends.",
    },
    Setting { name: checkpoints::NUM_RETAINED, default: "3", help: "How many complete checkpoints are kept." },
    Setting {
        name: checkpoints::DIR,
        default: "APP.checkpoints",
        help: "The folder or URL of the checkpoints; --checkpoint-dir comes first.",
    },
    Setting {
        name: checkpoints::SAVEPOINT_DIR,
        default: "none",
        help: "The folder or URL of savepoints that are not told where to go.",
    },
    Setting {
        name: checkpoints::INCREMENTAL,
        default: "true",
        help: "Whether a checkpoint may hold only what changed since the one before.",
    },
    Setting {
        name: checkpoints::RETENTION,
        default: "RETAIN_ON_CANCELLATION",
        help: "Whether checkpoints are kept when the application is cancelled, or DELETE_ON_CANCELLATION.",
    },
    Setting {
        name: checkpoints::UNALIGNED,
        default: "false",
        help: "Whether a checkpoint overtakes rows that wait: never, rows do not wait long.",
    },
    Setting {
        name: "s3.endpoint",
        default: "Amazon's, in the region",
        help: "The URL of a service that speaks S3, such as https://minio.example:9000.",
    },
    Setting {
        name: "s3.path-style-access",
        default: "true with an endpoint, else false",
        help: "Whether the bucket stands in the path of requests and not in the host's name.",
    },
    Setting { name: "s3.region", default: "that of AWS_REGION or the profile", help: "The region of the bucket." },
    Setting {
        name: "s3.access-key",
        default: "as the AWS command line finds it",
        help: "Who asks: a user's key; without one the role of the machine, container or pod.",
    },
    Setting { name: "s3.secret-key", default: "as above", help: "What belongs to the key." },
    Setting { name: "s3.session-token", default: "none", help: "What belongs to a key that is only lent." },
    Setting {
        name: "restart-strategy.type",
        default: "exponential-delay with checkpoints, none without",
        help: "Whether a failed run is followed by another: none, fixed-delay, failure-rate or exponential-delay.",
    },
    Setting { name: "restart-strategy", default: "", help: "The older name of 'restart-strategy.type'." },
    Setting { name: "restart-strategy.fixed-delay.attempts", default: "1", help: "How many restarts there are." },
    Setting {
        name: "restart-strategy.fixed-delay.delay",
        default: "1 s",
        help: "How long after a failure the next run starts.",
    },
    Setting {
        name: "restart-strategy.failure-rate.max-failures-per-interval",
        default: "1",
        help: "How many failures there may be within the interval.",
    },
    Setting {
        name: "restart-strategy.failure-rate.failure-rate-interval",
        default: "1 min",
        help: "How long a failure counts.",
    },
    Setting {
        name: "restart-strategy.failure-rate.delay",
        default: "1 s",
        help: "How long after a failure the next run starts.",
    },
    Setting {
        name: "restart-strategy.exponential-delay.initial-backoff",
        default: "1 s",
        help: "How long after the first failure the next run starts.",
    },
    Setting {
        name: "restart-strategy.exponential-delay.max-backoff",
        default: "1 min",
        help: "How long after a failure the next run starts at most.",
    },
    Setting {
        name: "restart-strategy.exponential-delay.backoff-multiplier",
        default: "1.5",
        help: "By how much the delay grows from one failure to the next.",
    },
    Setting {
        name: "restart-strategy.exponential-delay.reset-backoff-threshold",
        default: "1 h",
        help: "After how long without a failure the delay starts anew.",
    },
    Setting {
        name: "restart-strategy.exponential-delay.jitter-factor",
        default: "0.1",
        help: "By which part of itself the delay may be longer or shorter.",
    },
    Setting {
        name: "restart-strategy.exponential-delay.attempts-before-reset-backoff",
        default: "2147483647",
        help: "How many restarts there are before the delay has started anew.",
    },
    Setting {
        name: "connection.retry-timeout",
        default: "no limit",
        help: "Ours: for how long a failing call to a service is repeated before the run fails; tables have the same option.",
    },
];

/// Older and other names of settings, as Flink's documentation and Hadoop's list them, with today's.
pub const OLDER_NAMES: &[(&str, &str)] = &[
    ("table.exec.resource.default-parallelism", "parallelism.default"),
    ("state.checkpoints.dir", checkpoints::DIR),
    ("state.backend.fs.checkpointdir", checkpoints::DIR),
    ("state.savepoints.dir", checkpoints::SAVEPOINT_DIR),
    ("state.checkpoints.num-retained", checkpoints::NUM_RETAINED),
    ("state.backend.incremental", checkpoints::INCREMENTAL),
    ("execution.checkpointing.unaligned", checkpoints::UNALIGNED),
    ("s3.path.style.access", "s3.path-style-access"),
    ("s3.endpoint.region", "s3.region"),
    ("s3.access.key", "s3.access-key"),
    ("s3.secret.key", "s3.secret-key"),
];

/// The name that a setting has today.
pub fn todays_name(name: &str) -> &str {
    OLDER_NAMES.iter().find(|(older, _)| *older == name).map_or(name, |(_, today)| today)
}

/// The values of the settings.
#[derive(Clone, Debug)]
pub struct Settings {
    pub parallelism: usize,
    pub auto_watermark_interval: Duration,
    pub idle_timeout: Option<Duration>,
    pub zone: Zone,
    pub checkpoints: CheckpointSettings,
    pub restart: RestartSettings,
    /// For how long failing calls are repeated; without a limit if not set.
    pub retry_timeout: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            parallelism: 1,
            auto_watermark_interval: Duration::from_millis(200),
            idle_timeout: None,
            zone: Zone::UTC,
            checkpoints: CheckpointSettings::default(),
            restart: RestartSettings::default(),
            retry_timeout: None,
        }
    }
}

impl Settings {
    pub fn new(options: &Options) -> Result<Self> {
        let default = Settings::default();
        let parallelism = match options.integer("parallelism.default")? {
            None => default.parallelism,
            // Flink's way of saying "not set".
            Some(-1) => default.parallelism,
            Some(number) => parallelism(number)?,
        };
        Ok(Settings {
            parallelism,
            auto_watermark_interval: options
                .duration("pipeline.auto-watermark-interval")?
                .unwrap_or(default.auto_watermark_interval),
            zone: match options.text("table.local-time-zone") {
                None | Some("default") => Zone::system(),
                Some(name) => Zone::parse(name).ok_or_else(|| {
                    let message =
                        format!("'table.local-time-zone' is '{name}', expected a zone such as 'Europe/Berlin'");
                    Error::new(ErrorKind::Usage, message)
                })?,
            },
            idle_timeout: options.duration("table.exec.source.idle-timeout")?.filter(|timeout| !timeout.is_zero()),
            checkpoints: CheckpointSettings::new(options)?,
            restart: RestartSettings::new(options)?,
            retry_timeout: options.duration("connection.retry-timeout")?,
        })
    }
}

/// A number of workers that makes sense.
pub fn parallelism(number: i64) -> Result<usize> {
    match usize::try_from(number) {
        Ok(workers @ 1..=1024) => Ok(workers),
        _ => Err(Error::new(ErrorKind::Usage, format!("the parallelism is {number}, expected 1 to 1024"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_checked() {
        let settings = |name, value| Settings::new(&Options::new([(name, value)]));
        assert_eq!(settings("pipeline.auto-watermark-interval", "0").unwrap().auto_watermark_interval, Duration::ZERO);
        assert_eq!(settings("table.exec.source.idle-timeout", "0 s").unwrap().idle_timeout, None);
        assert_eq!(settings("parallelism.default", "4").unwrap().parallelism, 4);
        assert_eq!(
            settings("parallelism.default", "0").unwrap_err().to_string(),
            "the parallelism is 0, expected 1 to 1024"
        );
    }
}
