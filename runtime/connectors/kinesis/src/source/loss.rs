//! Records that have left the stream before they were read: how that is noticed, and what is said and done about it.
//!
//! A position that the service does not know any more tells it, and so does time: what is still to be read in a shard
//! came in after a moment that we know, and records stay in a stream for as long as its retention says. The service
//! itself says nothing: it goes on with the oldest record that is left.

use super::Table;
use super::position::{Place, ShardState};
use crate::config::OnExpired;
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::job::log;
use sqlc_runtime::value::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// Records stay in every stream for at least this many milliseconds.
pub(super) const SHORTEST_RETENTION: i64 = 24 * 3600 * 1000;

/// The retention of a stream may be changed while it is read.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// A shard that is read too slowly loses records with every answer; this often it is said.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// For how many milliseconds the stream keeps records, as far as we have asked.
#[derive(Default)]
pub(super) struct Retention {
    known: Mutex<Option<(Timestamp, Option<i64>)>>,
    /// Whether it was said that we may not know.
    is_told: AtomicBool,
}

/// What one shard has lost while it was read.
#[derive(Default)]
pub(super) struct Gaps {
    told: Option<Timestamp>,
    /// Milliseconds of records.
    total: i64,
}

impl Table {
    /// For how many milliseconds the stream keeps records; that it cannot be told is said once.
    pub(super) async fn retention(&self) -> Option<i64> {
        let mut known = self.retention.known.lock().await;
        if let Some((asked, retention)) = *known
            && self.client.world.since(asked) < ASK_AGAIN
        {
            return retention;
        }
        let retention = self.client.retention().await;
        let retention = retention.map(|retention| i64::try_from(retention.as_millis()).unwrap_or(i64::MAX));
        *known = Some((self.client.world.moment(), retention));
        if retention.is_none() && !self.retention.is_told.swap(true, Ordering::Relaxed) {
            log::warn(&format!(
                "table {}: the positions to go on from are more than a day old; whether records have left stream '{}' \
                 unread cannot be told without the permission kinesis:DescribeStreamSummary",
                self.name, self.client.place.stream
            ));
        }
        retention
    }

    /// An answer has come: whether records may have left the shard that came in after `until`, up to when everything
    /// had been read before.
    pub(super) async fn look_back(&self, shard: &str, until: Timestamp, gaps: &mut Gaps) -> Result<()> {
        if self.age(until) < SHORTEST_RETENTION {
            return Ok(());
        }
        let Some(retention) = self.retention().await else { return Ok(()) };
        let lost = self.age(until) - retention;
        if lost < 0 {
            return Ok(());
        }
        let horizon = Timestamp::from_millis(self.client.now().millis().saturating_sub(retention));
        let problem = format!(
            "reading shard {shard} of stream '{}' is further behind than its records stay ({} hours): those that came \
             in from {} to {} have left it unread",
            self.client.place.stream,
            retention / 3_600_000,
            shown(until),
            shown(horizon)
        );
        gaps.total = gaps.total.saturating_add(lost).min(i64::MAX - 999);
        let is_silent = gaps.told.is_some_and(|told| self.client.world.since(told) < SAY_AGAIN);
        if self.config.on_expired == OnExpired::TrimHorizon && is_silent {
            self.metrics.lost().add(1);
            return Ok(());
        }
        gaps.told = Some(self.client.world.moment());
        let seconds = (gaps.total + 999) / 1000;
        self.give_up(&format!("{problem}, {seconds} s in all so far"))
    }

    /// The service does not know a position: whether to go on with the oldest record of the shard.
    pub(super) fn after_refusal(&self, shard: &str, state: &ShardState, why: &str) -> Result<()> {
        match state.place {
            // The last record of a shard that has had no others since is gone, but was read: nothing is lost.
            Place::After { arrival, .. }
                if self.age(arrival) >= SHORTEST_RETENTION && self.age(state.until) < SHORTEST_RETENTION =>
            {
                Ok(())
            }
            _ => self.lost(shard, state, why),
        }
    }

    /// Records have left the stream before a position was gone on from.
    pub(super) fn lost(&self, shard: &str, state: &ShardState, why: &str) -> Result<()> {
        let stream = &self.client.place.stream;
        let position = match &state.place {
            Place::After { sequence, .. } => format!("after sequence number {sequence}"),
            Place::Start(_) | Place::Finished => "from its first record".to_owned(),
        };
        let until = shown(state.until);
        self.give_up(&format!(
            "shard {shard} of stream '{stream}' cannot be read on {position}: records that came in after {until} are \
             older than the stream's retention and have left it unread [{why}]"
        ))
    }

    /// Records are lost: whether to go on with the oldest that are left.
    fn give_up(&self, problem: &str) -> Result<()> {
        match self.config.on_expired {
            OnExpired::Fail => Err(Error::new(
                ErrorKind::Resource,
                format!(
                    "{problem}; to go on with the oldest records that are left set 'source.expired.position' = \
                     'TRIM_HORIZON', or start without the checkpoint"
                ),
            )
            .lasting()),
            OnExpired::TrimHorizon => {
                self.metrics.lost().add(1);
                let name = self.name;
                log::warn(&format!(
                    "table {name}: RECORDS ARE LOST: {problem}; going on with the oldest that is left, as \
                     'source.expired.position' says"
                ));
                Ok(())
            }
        }
    }
}

/// A time as people read it.
fn shown(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.millis())
        .map_or_else(|_| time.millis().to_string(), |time| format!("{time:.0}"))
}
