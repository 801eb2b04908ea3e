//! Flink's restart strategies: whether a run that failed is worth another one, and after how long.
//!
//! Names, defaults and arithmetic are Flink's (Task Failure Recovery, `restart-strategy.*`). A machine over times that
//! it is told; stopping, waiting and starting again are left to the run.

use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::Random;
use crate::value::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// `restart-strategy.type` with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    None,
    FixedDelay {
        /// How many restarts there are in all.
        attempts: u32,
        delay: Duration,
    },
    FailureRate {
        /// How many failures an interval may have.
        failures: u32,
        interval: Duration,
        delay: Duration,
    },
    ExponentialDelay {
        initial: Duration,
        max: Duration,
        multiplier: f64,
        /// After how long without a failure delays and attempts are counted anew.
        reset: Duration,
        /// By which part of itself a delay may be longer or shorter.
        jitter: f64,
        /// How many restarts there are before that.
        attempts: u32,
    },
}

/// What the settings say about restarts.
#[derive(Clone, Debug, PartialEq)]
pub struct RestartSettings {
    /// What `restart-strategy.type` says.
    chosen: Option<Strategy>,
    exponential: Strategy,
}

impl Default for RestartSettings {
    fn default() -> Self {
        RestartSettings { chosen: None, exponential: EXPONENTIAL }
    }
}

impl RestartSettings {
    pub fn new(options: &Options) -> Result<Self> {
        let key = match options.text("restart-strategy.type") {
            Some(_) => "restart-strategy.type",
            None => "restart-strategy",
        };
        // What belongs to other types is checked too: a mistake does not wait until the type changes.
        let fixed = Strategy::FixedDelay {
            attempts: count(options, "restart-strategy.fixed-delay.attempts", 0, 1)?,
            delay: duration(options, "restart-strategy.fixed-delay.delay", SECOND)?,
        };
        let rate = Strategy::FailureRate {
            failures: count(options, "restart-strategy.failure-rate.max-failures-per-interval", 1, 1)?,
            interval: positive(options, "restart-strategy.failure-rate.failure-rate-interval", MINUTE)?,
            delay: duration(options, "restart-strategy.failure-rate.delay", SECOND)?,
        };
        let exponential = exponential(options)?;
        let Some(kind) = options.text(key) else { return Ok(RestartSettings { chosen: None, exponential }) };
        let chosen = match kind.trim().to_ascii_lowercase().as_str() {
            "none" | "off" | "disable" => Strategy::None,
            "fixed-delay" | "fixeddelay" => fixed,
            "failure-rate" | "failurerate" => rate,
            "exponential-delay" | "exponentialdelay" => exponential.clone(),
            _ => {
                let expected = "none, off, disable, fixed-delay, failure-rate or exponential-delay";
                return Err(usage(format!("'{key}' is '{kind}', expected {expected}")));
            }
        };
        Ok(RestartSettings { chosen: Some(chosen), exponential })
    }

    /// If no strategy is chosen it follows from whether checkpoints are taken: with them there is something to go on
    /// from.
    pub fn strategy(&self, checkpoints: bool) -> Strategy {
        match &self.chosen {
            Some(chosen) => chosen.clone(),
            None if checkpoints => self.exponential.clone(),
            None => Strategy::None,
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Flink's defaults.
const EXPONENTIAL: Strategy = Strategy::ExponentialDelay {
    initial: SECOND,
    max: MINUTE,
    multiplier: 1.5,
    reset: HOUR,
    jitter: 0.1,
    attempts: i32::MAX as u32,
};

fn exponential(options: &Options) -> Result<Strategy> {
    let name = |rest: &str| format!("restart-strategy.exponential-delay.{rest}");
    let initial = positive(options, &name("initial-backoff"), SECOND)?;
    let max = positive(options, &name("max-backoff"), MINUTE)?;
    if max < initial {
        return Err(usage(format!("'{}' is less than '{}'", name("max-backoff"), name("initial-backoff"))));
    }
    let multiplier = options.double(&name("backoff-multiplier"))?.unwrap_or(1.5);
    if !(multiplier >= 1.0 && multiplier.is_finite()) {
        return Err(usage(format!("'{}' is {multiplier}, expected at least 1", name("backoff-multiplier"))));
    }
    let jitter = options.double(&name("jitter-factor"))?.unwrap_or(0.1);
    if !(0.0..=1.0).contains(&jitter) {
        return Err(usage(format!("'{}' is {jitter}, expected 0 to 1", name("jitter-factor"))));
    }
    Ok(Strategy::ExponentialDelay {
        initial,
        max,
        multiplier,
        reset: positive(options, &name("reset-backoff-threshold"), HOUR)?,
        jitter,
        attempts: count(options, &name("attempts-before-reset-backoff"), 1, i32::MAX as u32)?,
    })
}

fn duration(options: &Options, name: &str, default: Duration) -> Result<Duration> {
    Ok(options.duration(name)?.unwrap_or(default))
}

fn positive(options: &Options, name: &str, default: Duration) -> Result<Duration> {
    let duration = duration(options, name, default)?;
    match duration.is_zero() {
        true => Err(usage(format!("'{name}' is 0, expected a duration"))),
        false => Ok(duration),
    }
}

fn count(options: &Options, name: &str, least: u32, default: u32) -> Result<u32> {
    let Some(number) = options.integer(name)? else { return Ok(default) };
    let found = u32::try_from(number).ok().filter(|number| (least..=i32::MAX as u32).contains(number));
    found.ok_or_else(|| usage(format!("'{name}' is {number}, expected {least} to {}", i32::MAX)))
}

fn usage(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// Whether the same run may succeed later, if nobody changes anything.
pub fn is_worth_a_restart(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Resource | ErrorKind::Io => !error.is_lasting(),
        ErrorKind::Usage | ErrorKind::Data | ErrorKind::Permission | ErrorKind::Internal => false,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    RestartAfter(Duration),
    GiveUp,
}

/// A strategy and the failures so far.
#[derive(Clone, Debug)]
pub struct Restarts {
    strategy: Strategy,
    random: Random,
    attempts: u32,
    /// Of failures, the latest last: one more than an interval may have.
    failures: VecDeque<Timestamp>,
    /// When the last delay was over.
    restarted: Option<Timestamp>,
}

impl Restarts {
    /// `random` gives the jitter.
    pub fn new(strategy: Strategy, random: Random) -> Restarts {
        Restarts { strategy, random, attempts: 0, failures: VecDeque::new(), restarted: None }
    }

    /// How many restarts were decided since attempts were counted anew.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The run failed now, in a way that is worth a restart.
    pub fn failed(&mut self, now: Timestamp) -> Decision {
        match self.strategy {
            Strategy::None => Decision::GiveUp,
            Strategy::FixedDelay { attempts, delay } => self.restart(attempts, delay),
            Strategy::FailureRate { failures, interval, delay } => {
                if self.failures.len() > failures as usize {
                    self.failures.pop_front();
                }
                self.failures.push_back(now);
                let full = self.failures.len() > failures as usize;
                let earliest = self.failures.front().copied().unwrap_or(now);
                if full && now.since(earliest) <= interval {
                    return Decision::GiveUp;
                }
                self.restart(u32::MAX, delay)
            }
            Strategy::ExponentialDelay { initial, max, multiplier, reset, jitter, attempts } => {
                if self.restarted.is_none_or(|restarted| now.since(restarted) >= reset) {
                    self.attempts = 0;
                }
                let exponent = i32::try_from(self.attempts).unwrap_or(i32::MAX);
                let seconds = (initial.as_secs_f64() * multiplier.powi(exponent)).min(max.as_secs_f64() * 2.0);
                let either_way = seconds * jitter * (2.0 * self.random.fraction() - 1.0);
                let delay = Duration::try_from_secs_f64(seconds + either_way).unwrap_or(max).min(max).max(initial);
                self.restarted = Some(now.after(delay));
                self.restart(attempts, delay)
            }
        }
    }

    fn restart(&mut self, limit: u32, delay: Duration) -> Decision {
        if self.attempts >= limit {
            return Decision::GiveUp;
        }
        self.attempts = self.attempts.saturating_add(1);
        Decision::RestartAfter(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::{GiveUp, RestartAfter};
    use super::*;

    fn read<const N: usize>(options: [(&str, &str); N]) -> Result<Option<Strategy>> {
        RestartSettings::new(&Options::new(options)).map(|settings| settings.chosen)
    }

    fn restarts<const N: usize>(options: [(&str, &str); N]) -> Restarts {
        Restarts::new(read(options).unwrap().unwrap(), Random::seeded(1))
    }

    /// What is decided if it fails at these seconds.
    fn decided(restarts: &mut Restarts, seconds: &[i64]) -> Vec<Decision> {
        seconds.iter().map(|second| restarts.failed(Timestamp::from_millis(second * 1000))).collect()
    }

    fn after(seconds: f64) -> Decision {
        RestartAfter(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn types_have_flinks_names_and_defaults() {
        assert_eq!(read([]).unwrap(), None);
        for (name, expected) in [
            ("none", Strategy::None),
            ("off", Strategy::None),
            ("disable", Strategy::None),
            ("fixed-delay", Strategy::FixedDelay { attempts: 1, delay: Duration::from_secs(1) }),
            (
                "failurerate",
                Strategy::FailureRate { failures: 1, interval: Duration::from_secs(60), delay: Duration::from_secs(1) },
            ),
        ] {
            assert_eq!(read([("restart-strategy.type", name)]).unwrap(), Some(expected.clone()), "{name}");
            assert_eq!(read([("restart-strategy", name)]).unwrap(), Some(expected), "{name}");
        }
        let exponential = Strategy::ExponentialDelay {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(60),
            multiplier: 1.5,
            reset: Duration::from_secs(3600),
            jitter: 0.1,
            attempts: 2_147_483_647,
        };
        assert_eq!(read([("restart-strategy.type", "exponentialdelay")]).unwrap(), Some(exponential.clone()));
        let unset = RestartSettings::new(&Options::default()).unwrap();
        assert_eq!(unset, RestartSettings::default());
        assert_eq!(unset.strategy(true), exponential);
        assert_eq!(unset.strategy(false), Strategy::None);
        let fixed = RestartSettings::new(&Options::new([("restart-strategy.type", "fixed-delay")])).unwrap();
        assert_eq!(fixed.strategy(true), fixed.strategy(false));
    }

    #[test]
    fn mistakes_are_named() {
        for (name, value, message) in [
            ("restart-strategy.type", "sometimes", "expected none, off, disable"),
            ("restart-strategy.fixed-delay.attempts", "-1", "expected 0 to 2147483647"),
            ("restart-strategy.failure-rate.max-failures-per-interval", "0", "expected 1 to"),
            ("restart-strategy.exponential-delay.max-backoff", "10 ms", "less than"),
            ("restart-strategy.exponential-delay.backoff-multiplier", "0.5", "at least 1"),
            ("restart-strategy.exponential-delay.jitter-factor", "2", "expected 0 to 1"),
            ("restart-strategy.exponential-delay.initial-backoff", "0 s", "expected a duration"),
        ] {
            let error = read([(name, value)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.message().contains(message) && error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn no_strategy_never_restarts() {
        assert_eq!(decided(&mut restarts([("restart-strategy.type", "none")]), &[0]), [GiveUp]);
    }

    #[test]
    fn fixed_delays_are_counted() {
        let mut restarts = restarts([
            ("restart-strategy.type", "fixed-delay"),
            ("restart-strategy.fixed-delay.attempts", "2"),
            ("restart-strategy.fixed-delay.delay", "10 s"),
        ]);
        assert_eq!(decided(&mut restarts, &[0, 100, 1_000_000]), [after(10.0), after(10.0), GiveUp]);
    }

    #[test]
    fn a_rate_of_failures_forgets_old_ones() {
        let mut restarts = restarts([
            ("restart-strategy.type", "failure-rate"),
            ("restart-strategy.failure-rate.max-failures-per-interval", "2"),
            ("restart-strategy.failure-rate.failure-rate-interval", "60 s"),
        ]);
        // Three failures in a minute are too many; 0, 30 and 61 are not within one.
        assert_eq!(decided(&mut restarts, &[0, 30, 61, 90]), [after(1.0), after(1.0), after(1.0), GiveUp]);
    }

    #[test]
    fn delays_grow_to_their_maximum_and_start_again_after_calm() {
        let mut restarts = restarts([
            ("restart-strategy.type", "exponential-delay"),
            ("restart-strategy.exponential-delay.max-backoff", "5 s"),
            ("restart-strategy.exponential-delay.backoff-multiplier", "2"),
            ("restart-strategy.exponential-delay.jitter-factor", "0"),
            ("restart-strategy.exponential-delay.reset-backoff-threshold", "100 s"),
            ("restart-strategy.exponential-delay.attempts-before-reset-backoff", "5"),
        ]);
        let grown = [after(1.0), after(2.0), after(4.0), after(5.0)];
        assert_eq!(decided(&mut restarts, &[0, 2, 5, 10]), grown);
        // The last delay was over at 15; calm is counted from there.
        assert_eq!(decided(&mut restarts, &[114]), [after(5.0)]);
        assert_eq!(decided(&mut restarts, &[119 + 100]), [after(1.0)]);
        assert_eq!(
            decided(&mut restarts, &[221, 224, 229, 235, 241]),
            [after(2.0), after(4.0), after(5.0), after(5.0), GiveUp]
        );
    }

    #[test]
    fn delays_keep_to_their_limits_with_jitter_too() {
        let mut restarts = restarts([
            ("restart-strategy.type", "exponential-delay"),
            ("restart-strategy.exponential-delay.jitter-factor", "0.5"),
        ]);
        let mut seen = Vec::new();
        for second in 0..10_000 {
            let RestartAfter(delay) = restarts.failed(Timestamp::from_millis(second * 1000)) else {
                panic!("no limit")
            };
            assert!((Duration::from_secs(1)..=Duration::from_secs(60)).contains(&delay), "{delay:?}");
            seen.push(delay);
        }
        seen.dedup();
        assert!(seen.len() > 5, "delays differ");
    }

    #[test]
    fn only_what_may_pass_by_itself_is_worth_a_restart() {
        for (kind, worth) in [
            (ErrorKind::Io, true),
            (ErrorKind::Resource, true),
            (ErrorKind::Usage, false),
            (ErrorKind::Data, false),
            (ErrorKind::Permission, false),
            (ErrorKind::Internal, false),
        ] {
            assert_eq!(is_worth_a_restart(&Error::new(kind, "x")), worth, "{kind:?}");
            assert!(!is_worth_a_restart(&Error::new(kind, "x").lasting().context("table t")), "{kind:?}");
        }
    }
}
