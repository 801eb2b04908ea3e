//! Failing calls that are repeated, made visible: counted, shown since when, and warned of, but not a thousand times.
//!
//! Whoever repeats calls for a table (a shard, a sink's worker) is a [`Party`] of its [`Trouble`]. The first one in
//! trouble begins an episode, the last one out of it ends it. When calls are repeated is left to the parties.

use super::log;
use super::metrics::{Counter, Gauge, Registry, Text};
use crate::value::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const RETRIES: &str = "sqlc_retries_total";
const SINCE: &str = "sqlc_retrying_since_millis";
const LAST_ERROR: &str = "sqlc_last_error";

/// The second warning comes this long after the first, each further one after twice as long as the one before.
const FIRST_DISTANCE: Duration = Duration::from_secs(10);

const LONGEST_DISTANCE: Duration = Duration::from_secs(3600);

/// What a table has to be patient with.
#[derive(Clone)]
pub struct Trouble(Arc<Shared>);

struct Shared {
    table: String,
    registry: Registry,
    retries: Counter,
    last_error: Text,
    state: Mutex<State>,
    warn: fn(&str),
}

#[derive(Default)]
struct State {
    /// How many parties are in trouble.
    parties: usize,
    since: Timestamp,
    /// Repetitions of this episode.
    retries: u64,
    /// Whether this episode was warned of.
    told: bool,
    /// When the last warning was, of whichever episode.
    warned: Option<Timestamp>,
    distance: Duration,
}

/// Somebody whose calls fail or succeed.
pub struct Party {
    trouble: Trouble,
    /// Since when its calls have been failing.
    since: Option<Timestamp>,
}

impl Trouble {
    pub fn new(table: &str, registry: &Registry) -> Trouble {
        Trouble::warning(table, registry, log::warn)
    }

    fn warning(table: &str, registry: &Registry, warn: fn(&str)) -> Trouble {
        let labels = [("table", table)];
        Trouble(Arc::new(Shared {
            table: table.to_owned(),
            registry: registry.clone(),
            retries: registry.counter(RETRIES, &labels),
            last_error: registry.text(LAST_ERROR, &labels),
            state: Mutex::default(),
            warn,
        }))
    }

    pub fn party(&self) -> Party {
        Party { trouble: self.clone(), since: None }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since(&self) -> Gauge {
        self.registry.gauge(SINCE, &[("table", self.table.as_str())])
    }
}

impl Party {
    /// For how long this party's calls have been failing.
    pub fn failing(&self, now: Timestamp) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.since(since))
    }

    /// A call failed and is going to be repeated. `problem` is a sentence without a full stop.
    pub fn failed(&mut self, now: Timestamp, problem: &str) {
        let shared = &*self.trouble.0;
        shared.retries.add(1);
        shared.last_error.set(problem);
        let mut state = shared.lock();
        if self.since.is_none() {
            if state.parties == 0 {
                *state = State { since: now, warned: state.warned, distance: state.distance, ..State::default() };
                shared.since().set(now.millis());
            }
            state.parties += 1;
        }
        self.since.get_or_insert(now);
        state.retries += 1;
        let calm = state.warned.map(|warned| now.since(warned));
        if calm.is_none_or(|calm| calm >= state.distance) {
            // After a long calm the next trouble is news again.
            let is_news = calm.is_none_or(|calm| !state.told && calm >= state.distance * 2);
            state.distance = if is_news { FIRST_DISTANCE } else { (state.distance * 2).min(LONGEST_DISTANCE) };
            state.told = true;
            state.warned = Some(now);
            let already = now.since(state.since).as_secs();
            let already = match state.retries {
                1 => String::new(),
                retries => format!(" ({retries} times in {already} s)"),
            };
            (shared.warn)(&format!("table {}: {problem}; it is tried again{already}", shared.table));
        }
    }

    /// A call succeeded.
    #[inline]
    pub fn succeeded(&mut self, now: impl FnOnce() -> Timestamp) {
        if self.since.is_some() {
            self.leave(Some(now()));
        }
    }

    /// Out of trouble: now, or because nobody tries any more.
    #[cold]
    fn leave(&mut self, now: Option<Timestamp>) {
        if self.since.take().is_none() {
            return;
        }
        let shared = &*self.trouble.0;
        let mut state = shared.lock();
        state.parties -= 1;
        if state.parties > 0 {
            return;
        }
        shared.registry.remove(SINCE, &[("table", shared.table.as_str())]);
        if let Some(now) = now.filter(|_| state.told) {
            let seconds = now.since(state.since).as_secs_f64();
            let message = format!("it works again after {seconds:.1} s and {} repetitions", state.retries);
            (shared.warn)(&format!("table {}: {message}", shared.table));
        }
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.leave(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    fn note(warning: &str) {
        WARNINGS.with_borrow_mut(|warnings| warnings.push(warning.to_owned()));
    }

    fn warnings() -> Vec<String> {
        WARNINGS.take()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn trouble(registry: &Registry) -> Trouble {
        Trouble::warning("t", registry, note)
    }

    #[test]
    fn an_outage_is_told_at_its_beginning_now_and_then_and_at_its_end() {
        let registry = Registry::default();
        let mut party = trouble(&registry).party();
        assert_eq!(party.failing(at(100)), Duration::ZERO);
        party.failed(at(100), "no answer");
        assert_eq!(warnings(), ["table t: no answer; it is tried again"]);
        for second in 101..200 {
            party.failed(at(second), "no answer");
            assert_eq!(party.failing(at(second)), Duration::from_secs(second as u64 - 100));
        }
        // 10 s after the first, 20 s after the second, 40 s after the third.
        let times = ["11 times in 10 s", "31 times in 30 s", "71 times in 70 s"];
        let expected: Vec<_> =
            times.iter().map(|times| format!("table t: no answer; it is tried again ({times})")).collect();
        assert_eq!(warnings(), expected);
        assert_eq!(registry.gauge(SINCE, &[("table", "t")]).get(), 100_000);
        party.succeeded(|| at(200));
        assert_eq!(warnings(), ["table t: it works again after 100.0 s and 100 repetitions"]);
        assert!(!registry.prometheus().contains(SINCE));
        assert!(registry.prometheus().contains("sqlc_retries_total{table=\"t\"} 100"));
        party.succeeded(|| at(201));
        assert!(warnings().is_empty());
    }

    #[test]
    fn what_fails_now_and_then_is_warned_of_less_and_less() {
        let registry = Registry::default();
        let mut party = trouble(&registry).party();
        let mut told = 0;
        for second in 0..3600 {
            party.failed(at(second), "throttled");
            party.succeeded(|| at(second));
            told += warnings().len();
        }
        assert!(told <= 20, "{told} lines in an hour");
        // A day later it is news.
        party.failed(at(90_000), "throttled");
        assert_eq!(warnings().len(), 1);
        party.failed(at(90_010), "throttled");
        assert_eq!(warnings().len(), 1, "ten seconds after the first, as ever");
    }

    #[test]
    fn an_episode_lasts_until_the_last_party_is_out_of_it() {
        let registry = Registry::default();
        let trouble = trouble(&registry);
        let (mut one, mut other, mut third) = (trouble.party(), trouble.party(), trouble.party());
        one.failed(at(0), "a");
        other.failed(at(1), "b");
        third.failed(at(1), "c");
        assert_eq!(warnings().len(), 1);
        one.succeeded(|| at(2));
        drop(third);
        assert!(warnings().is_empty());
        assert_eq!(registry.gauge(SINCE, &[("table", "t")]).get(), 0);
        other.succeeded(|| at(3));
        assert_eq!(warnings(), ["table t: it works again after 3.0 s and 3 repetitions"]);
    }
}
