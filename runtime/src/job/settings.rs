//! What SET can say about the running of an application.

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
];

/// The values of the settings.
#[derive(Clone, Debug)]
pub struct Settings {
    pub parallelism: usize,
    pub auto_watermark_interval: Duration,
    pub idle_timeout: Option<Duration>,
    pub zone: Zone,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            parallelism: 1,
            auto_watermark_interval: Duration::from_millis(200),
            idle_timeout: None,
            zone: Zone::UTC,
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
