//! Settings of checkpoints, with Flink's names and meanings (Deployment, Configuration, Checkpointing).

use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Result};
use std::time::Duration;

pub const INTERVAL: &str = "execution.checkpointing.interval";
pub const MODE: &str = "execution.checkpointing.mode";
pub const TIMEOUT: &str = "execution.checkpointing.timeout";
pub const MIN_PAUSE: &str = "execution.checkpointing.min-pause";
pub const MAX_CONCURRENT: &str = "execution.checkpointing.max-concurrent-checkpoints";
pub const TOLERABLE_FAILURES: &str = "execution.checkpointing.tolerable-failed-checkpoints";
pub const NUM_RETAINED: &str = "execution.checkpointing.num-retained";
pub const DIR: &str = "execution.checkpointing.dir";
pub const SAVEPOINT_DIR: &str = "execution.checkpointing.savepoint-dir";
pub const INCREMENTAL: &str = "execution.checkpointing.incremental";
pub const RETENTION: &str = "execution.checkpointing.externalized-checkpoint-retention";
pub const UNALIGNED: &str = "execution.checkpointing.unaligned.enabled";

/// When checkpoints are taken, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointSettings {
    /// How often a checkpoint begins; `None` is never. Flink's default is never, ours is every 10 s.
    pub interval: Option<Duration>,
    /// After how long a checkpoint that is not complete is given up.
    pub timeout: Duration,
    /// How long it is between the end of a checkpoint and the begin of the next, at least.
    pub min_pause: Duration,
    /// How many checkpoints may fail one after the other before the application ends; `None` is any number. Flink's
    /// default is none, and then its restart strategy starts the job again, for ever.
    pub tolerable_failures: Option<u32>,
    /// How many complete checkpoints are kept, at least 1. Flink's default is 1, ours 3: who finds the newest one damaged
    /// has another one to go on from.
    pub num_retained: usize,
    /// The folder or URL of the checkpoints, in the user's words.
    pub dir: Option<String>,
    /// The folder or URL of savepoints that are not told where to go, in the user's words.
    pub savepoint_dir: Option<String>,
    /// Whether a checkpoint may hold only what changed since the one before. Flink's default is no.
    pub incremental: bool,
    /// Whether checkpoints are kept when the application is cancelled. Flink's default is no.
    pub retain_on_cancellation: bool,
}

impl Default for CheckpointSettings {
    fn default() -> Self {
        CheckpointSettings {
            interval: Some(Duration::from_secs(10)),
            timeout: Duration::from_secs(600),
            min_pause: Duration::ZERO,
            tolerable_failures: None,
            num_retained: 3,
            dir: None,
            savepoint_dir: None,
            incremental: true,
            retain_on_cancellation: true,
        }
    }
}

impl CheckpointSettings {
    pub fn new(options: &Options) -> Result<Self> {
        choice(options, MODE, &["EXACTLY_ONCE", "AT_LEAST_ONCE"])?;
        if !matches!(options.integer(MAX_CONCURRENT)?, None | Some(1)) {
            let found = options.text(MAX_CONCURRENT).unwrap_or_default();
            return Err(usage(format!("'{MAX_CONCURRENT}' is '{found}', but checkpoints are taken one at a time: 1")));
        }
        if options.boolean(UNALIGNED)? == Some(true) {
            let instead = "rows do not wait long, so aligned ones are quick: leave it out";
            return Err(usage(format!("'{UNALIGNED}' is 'true', but checkpoints are always aligned; {instead}")));
        }
        let default = CheckpointSettings::default();
        let timeout = options.duration(TIMEOUT)?.unwrap_or(default.timeout);
        if timeout.is_zero() {
            return Err(usage(format!("'{TIMEOUT}' is 0, so that no checkpoint could ever be complete")));
        }
        Ok(CheckpointSettings {
            interval: match options.duration(INTERVAL)? {
                None => default.interval,
                Some(interval) => Some(interval).filter(|interval| !interval.is_zero()),
            },
            timeout,
            min_pause: options.duration(MIN_PAUSE)?.unwrap_or(default.min_pause),
            tolerable_failures: whole(options, TOLERABLE_FAILURES, 0)?,
            num_retained: whole(options, NUM_RETAINED, 1)?.map_or(default.num_retained, |number| number as usize),
            dir: place(options, DIR)?,
            savepoint_dir: place(options, SAVEPOINT_DIR)?,
            incremental: options.boolean(INCREMENTAL)?.unwrap_or(default.incremental),
            retain_on_cancellation: choice(options, RETENTION, &["RETAIN_ON_CANCELLATION", "DELETE_ON_CANCELLATION"])?
                .is_none_or(|choice| choice == 0),
        })
    }
}

/// Which one of the words it is.
fn choice(options: &Options, name: &str, words: &[&str]) -> Result<Option<usize>> {
    let Some(value) = options.text(name) else { return Ok(None) };
    match words.iter().position(|word| word.eq_ignore_ascii_case(value.trim())) {
        None => Err(usage(format!("'{name}' is '{value}', expected {}", words.join(" or ")))),
        found => Ok(found),
    }
}

fn whole(options: &Options, name: &str, least: u32) -> Result<Option<u32>> {
    let Some(number) = options.integer(name)? else { return Ok(None) };
    let fits = u32::try_from(number).ok().filter(|number| *number >= least);
    fits.map(Some).ok_or_else(|| usage(format!("'{name}' is {number}, expected a whole number of at least {least}")))
}

/// A folder or URL.
fn place(options: &Options, name: &str) -> Result<Option<String>> {
    let Some(place) = options.text(name) else { return Ok(None) };
    match place.trim() {
        "" => Err(usage(format!("'{name}' is empty, expected a folder or a URL such as 's3://bucket/path'"))),
        place => Ok(Some(place.to_owned())),
    }
}

fn usage(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<CheckpointSettings> {
        CheckpointSettings::new(&Options::new(pairs.iter().copied()))
    }

    #[test]
    fn every_setting_is_read() {
        assert_eq!(settings(&[]).unwrap(), CheckpointSettings::default());
        let all = [
            (INTERVAL, "1 min"),
            (MODE, "at_least_once"),
            (TIMEOUT, "30 s"),
            (MIN_PAUSE, "500"),
            (MAX_CONCURRENT, "1"),
            (TOLERABLE_FAILURES, "0"),
            (NUM_RETAINED, "3"),
            (DIR, " /var/lib/app "),
            (SAVEPOINT_DIR, "s3://bucket/saved"),
            (INCREMENTAL, "FALSE"),
            (RETENTION, "DELETE_ON_CANCELLATION"),
            (UNALIGNED, "false"),
        ];
        let expected = CheckpointSettings {
            interval: Some(Duration::from_secs(60)),
            timeout: Duration::from_secs(30),
            min_pause: Duration::from_millis(500),
            tolerable_failures: Some(0),
            num_retained: 3,
            dir: Some("/var/lib/app".to_owned()),
            savepoint_dir: Some("s3://bucket/saved".to_owned()),
            incremental: false,
            retain_on_cancellation: false,
        };
        assert_eq!(settings(&all).unwrap(), expected);
        assert_eq!(settings(&[(INTERVAL, "0")]).unwrap().interval, None);
    }

    #[test]
    fn what_is_not_supported_says_what_to_do() {
        let message = |name, value| settings(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(
            message(UNALIGNED, "true"),
            "'execution.checkpointing.unaligned.enabled' is 'true', but checkpoints are always aligned; rows do not \
             wait long, so aligned ones are quick: leave it out"
        );
        assert_eq!(
            message(MAX_CONCURRENT, "2"),
            "'execution.checkpointing.max-concurrent-checkpoints' is '2', but checkpoints are taken one at a time: 1"
        );
        assert_eq!(
            message(RETENTION, "NO_EXTERNALIZED_CHECKPOINTS"),
            "'execution.checkpointing.externalized-checkpoint-retention' is 'NO_EXTERNALIZED_CHECKPOINTS', expected \
             RETAIN_ON_CANCELLATION or DELETE_ON_CANCELLATION"
        );
        assert_eq!(
            message(NUM_RETAINED, "0"),
            "'execution.checkpointing.num-retained' is 0, expected a whole number of at least 1"
        );
        assert_eq!(
            message(INTERVAL, "soon"),
            "option 'execution.checkpointing.interval' is 'soon', expected a duration such as '10 s' or '250 ms'"
        );
        assert!(message(TIMEOUT, "0 s").contains("no checkpoint could ever be complete"));
        assert!(message(DIR, " ").contains("expected a folder or a URL"));
    }
}
