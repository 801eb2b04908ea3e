//! How the failing calls of a table are repeated: which, after what pauses, for how long, and how that is told.

use crate::failure::{Failure, Place, Reason};
use sqlc_runtime::connector::{ConnectorContext, TableConfig};
use sqlc_runtime::error::Result;
use sqlc_runtime::job::trouble::{Party, Trouble};
pub(crate) use sqlc_runtime::retry::Backoff;
use sqlc_runtime::retry::Random;
use sqlc_runtime::time::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The pause before a call is repeated that the network or the service failed grows up to this.
const LONGEST_OUTAGE_PAUSE: Duration = Duration::from_secs(10);

/// Calls that were signed with a wrong time are repeated so often: every answer tells the SDK the service's time.
const SIGNATURES: usize = 3;

/// Credentials that were good may be about to be replaced by new ones, for which this long is waited.
const NEW_CREDENTIALS: Duration = Duration::from_secs(60);

/// The patience with all calls of a table.
#[derive(Clone)]
pub(crate) struct Patience(Arc<Shared>);

struct Shared {
    trouble: Trouble,
    random: Random,
    /// For how long a call is repeated; for ever if not set.
    timeout: Option<Duration>,
    /// Whether a call has succeeded.
    is_known: AtomicBool,
    clock: Clock,
}

impl Patience {
    pub fn new(table: &TableConfig, context: &ConnectorContext) -> Result<Patience> {
        Ok(Patience(Arc::new(Shared {
            trouble: Trouble::new(table.name, &context.metrics),
            random: context.random.clone(),
            timeout: table.options.duration("connection.retry-timeout")?.or(context.retry_timeout),
            is_known: AtomicBool::new(false),
            clock: context.clock.clone(),
        })))
    }

    /// For a caller that makes one call at a time.
    pub fn calls(&self) -> Calls {
        Calls { patience: self.clone(), party: self.0.trouble.party(), failed: 0 }
    }
}

/// One caller, whose calls fail and succeed one after the other.
pub(crate) struct Calls {
    patience: Patience,
    party: Party,
    /// How many calls have failed since the last that succeeded.
    failed: usize,
}

impl Calls {
    pub fn succeeded(&mut self) {
        self.failed = 0;
        self.party.succeeded(|| self.patience.0.clock.now());
        if !self.patience.0.is_known.load(Ordering::Relaxed) {
            self.patience.0.is_known.store(true, Ordering::Relaxed);
        }
    }

    /// The pause before the failed call is made again, or nothing if there is no hope or no more patience. `action`
    /// completes "cannot … stream 'x'".
    pub fn failed(&mut self, failure: &Failure, backoff: Backoff, action: &str, place: &Place) -> Option<Duration> {
        let shared = &*self.patience.0;
        let is_known = shared.is_known.load(Ordering::Relaxed);
        let (backoff, most) = match failure.reason {
            Reason::Throttled => (backoff, shared.timeout),
            Reason::Transient => (Backoff { max: backoff.max.max(LONGEST_OUTAGE_PAUSE), ..backoff }, shared.timeout),
            Reason::Signature => (Backoff { retries: Some(SIGNATURES), ..backoff }, shared.timeout),
            Reason::Credentials if is_known => {
                let most = shared.timeout.map_or(NEW_CREDENTIALS, |timeout| timeout.min(NEW_CREDENTIALS));
                (Backoff { max: backoff.max.max(Duration::from_secs(5)), retries: None, ..backoff }, Some(most))
            }
            _ => return None,
        };
        let pause = backoff.pause(self.failed, &shared.random)?;
        let now = shared.clock.now();
        // What is not repeated ends the application, which is another message.
        if most.is_some_and(|most| self.party.failing(now) >= most) {
            return None;
        }
        self.failed += 1;
        self.party.failed(now, failure.clone().into_error(action, place).message());
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlc_runtime::connector::options::Options;
    use sqlc_runtime::job::metrics::Registry;

    const BACKOFF: Backoff =
        Backoff { base: Duration::from_millis(1), max: Duration::from_millis(1), factor: 1.0, retries: None };

    fn calls(options: &[(&str, &str)]) -> (Registry, Calls) {
        let registry = Registry::default();
        let context = ConnectorContext::new("app", Vec::new(), Clock::system(), registry.clone());
        let options = Options::new(options.iter().copied());
        let table = TableConfig { name: "t", columns: &[], partition_keys: &[], options };
        let calls = Patience::new(&table, &context).unwrap().calls();
        (registry, calls)
    }

    fn is_repeated(calls: &mut Calls, code: &str) -> bool {
        let place = Place { stream: "s".to_owned(), region: "r".to_owned(), endpoint: None };
        calls.failed(&Failure::coded(code, "."), BACKOFF, "read", &place).is_some()
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        let (registry, mut calls) = calls(&[]);
        for code in ["ThrottlingException", "InternalFailure", "LimitExceededException", "KMSThrottlingException"] {
            assert!(is_repeated(&mut calls, code), "{code}");
        }
        for code in ["AccessDeniedException", "ResourceNotFoundException", "KMSDisabledException", "Whatever"] {
            assert!(!is_repeated(&mut calls, code), "{code}");
        }
        assert_eq!(registry.sum("sqlc_retries_total", "table", "t"), 4);
        calls.succeeded();
        assert!(!registry.prometheus().contains("sqlc_retrying_since_millis"));
    }

    #[test]
    fn credentials_that_were_good_may_become_so_again() {
        let (_, mut calls) = calls(&[]);
        assert!(!is_repeated(&mut calls, "ExpiredTokenException"), "they never were");
        calls.succeeded();
        assert!(is_repeated(&mut calls, "ExpiredTokenException"));
    }

    #[test]
    fn a_wrong_time_is_corrected_by_repeating() {
        let (_, mut calls) = calls(&[]);
        let repeated: Vec<bool> = (0..5).map(|_| is_repeated(&mut calls, "InvalidSignatureException")).collect();
        assert_eq!(repeated, [true, true, true, false, false]);
    }

    #[test]
    fn patience_may_have_an_end() {
        let (registry, mut calls) = calls(&[("connection.retry-timeout", "0 s")]);
        assert!(!is_repeated(&mut calls, "InternalFailure"));
        assert_eq!(registry.sum("sqlc_retries_total", "table", "t"), 0, "nothing is said of another attempt");
    }
}
