//! The watermark of one scan on one worker: the earliest of its splits, sent as Flink sends it.
//!
//! <https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/concepts/time_attributes/> and the
//! watermark assigner's behaviour: a row is forwarded first; its watermark follows if event time has advanced
//! by more than `pipeline.auto-watermark-interval` since the last one, else a timer of that length sends it.

use crate::connector::SplitId;
use crate::order::Map;
use crate::row::Codec;
use crate::value::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// After how long a worker that has no split at all follows the others, where no idle timeout is set: long
/// enough for splits to be found at the start, and short enough for more workers than splits.
const EMPTY_TIMEOUT: i64 = 10_000_000;

/// How many chunks a worker may be ahead of another one in the same stretch of time, beside the one that it has just
/// read: pauses of one are then not pauses of the other, and few windows more are open.
const LEAD: i64 = 2;

/// Stands for the furthest of all watermarks among those of splits in a checkpoint: no split has such a name.
const FURTHEST: &str = "\0";

/// When a watermark is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emission {
    /// After a row that moved event time on by more than this many microseconds, or when the timer rings.
    Periodic { interval: i64 },
    /// After every n-th row of a scan.
    OnEvent { gap: u64 },
}

/// What the workers of one scan know of each other, so that a worker without records holds nobody up.
#[derive(Debug)]
pub struct Peers(Vec<Peer>);

#[derive(Debug)]
struct Peer {
    sent: AtomicI64,
    /// Idle or finished: its watermark says nothing about what others may expect.
    silent: AtomicBool,
    /// What it read last was a chunk.
    reading: AtomicBool,
    /// Its first watermark in the split it reads; `i64::MIN` before that.
    began: AtomicI64,
    /// Its watermark when it began its last chunk of that split.
    chunk_began: AtomicI64,
    /// By how much its longest chunk of that split moved it on.
    span: AtomicI64,
}

impl Peers {
    pub fn new(workers: usize) -> Arc<Self> {
        let unknown = || AtomicI64::new(i64::MIN);
        let peer = |_| Peer {
            sent: unknown(),
            silent: AtomicBool::new(false),
            reading: AtomicBool::new(false),
            began: unknown(),
            chunk_began: unknown(),
            span: AtomicI64::new(0),
        };
        Arc::new(Peers((0..workers).map(peer).collect()))
    }

    /// Whether nobody has anything to read any more, for now or for good.
    fn are_silent(&self) -> bool {
        self.0.iter().all(|peer| peer.silent.load(Ordering::Acquire))
    }

    /// Whether a worker should wait before it reads its next chunk: another one reads the same stretch of time
    /// and is not yet where this one began its last chunk but two. Windows of workers side by side are due together, so
    /// that state holds few of them and finds them quickly.
    ///
    /// Splits are of the same stretch of time if they began within half a chunk of each other, as the
    /// partitions of one stream do. Files that follow each other in time are read at once, each as quickly as it
    /// can be. Who is furthest behind never waits, and nobody waits for a worker that has nothing to read.
    pub fn is_ahead(&self, worker: usize) -> bool {
        let of = |value: &AtomicI64| value.load(Ordering::Acquire);
        let own = &self.0[worker];
        let (began, span) = (of(&own.began), of(&own.span));
        let needed = of(&own.chunk_began).saturating_sub(span.saturating_mul(LEAD));
        began > i64::MIN
            && self.0.iter().any(|peer| {
                let same_time = of(&peer.began) > i64::MIN
                    && of(&peer.began).saturating_sub(began).unsigned_abs() <= span.unsigned_abs() / 2;
                same_time
                    && peer.reading.load(Ordering::Acquire)
                    && !peer.silent.load(Ordering::Acquire)
                    && of(&peer.sent) < needed
            })
    }
}

#[derive(Debug)]
struct SplitWatermark {
    split: SplitId,
    latest: Timestamp,
    /// When its last record came.
    heard: Timestamp,
    /// Whether its reader knows of records it has not brought yet: then it is slow, not idle.
    behind: bool,
    idle: bool,
}

#[derive(Debug)]
pub struct ScanWatermark {
    emission: Emission,
    idle_timeout: Option<i64>,
    worker: usize,
    peers: Arc<Peers>,
    splits: Vec<SplitWatermark>,
    /// The split of the chunk in hand, if there is one.
    current: Option<SplitId>,
    /// Its watermark, which `splits` is told of when the chunk is through.
    latest: Timestamp,
    /// The earliest of the other splits.
    others: Timestamp,
    /// Up to here `latest` has no watermark follow a row.
    quiet: Timestamp,
    combined: Timestamp,
    sent: Timestamp,
    rows_since: u64,
    timer: Timestamp,
    /// Since when there is no split at all, and how long that may be before nobody waits for one.
    empty_since: Option<Timestamp>,
    empty_timeout: i64,
    /// Splits that have become idle, until somebody asks.
    silenced: Vec<SplitId>,
    /// The watermarks of splits that a checkpoint knows, until they are started.
    restored: Map<String, Timestamp>,
    /// The furthest that any worker had sent when a checkpoint was taken.
    furthest: Timestamp,
    /// Whether all splits of the table have been silent for long, on every worker.
    is_idle: bool,
    /// Whether `sent` comes from a checkpoint, and those behind have not heard it yet.
    is_restored: bool,
}

impl ScanWatermark {
    pub fn new(
        emission: Emission,
        idle_timeout: Option<Duration>,
        worker: usize,
        peers: Arc<Peers>,
        now: Timestamp,
    ) -> Self {
        let idle_timeout = idle_timeout.map(|timeout| i64::try_from(timeout.as_micros()).unwrap_or(i64::MAX));
        ScanWatermark {
            emission,
            idle_timeout,
            worker,
            peers,
            splits: Vec::new(),
            current: None,
            latest: Timestamp::MIN,
            others: Timestamp::MAX,
            quiet: Timestamp::MAX,
            combined: Timestamp::MIN,
            sent: Timestamp::MIN,
            rows_since: 0,
            timer: now,
            empty_since: Some(now),
            empty_timeout: idle_timeout.unwrap_or(EMPTY_TIMEOUT),
            silenced: Vec::new(),
            restored: Map::new(),
            furthest: Timestamp::MIN,
            is_idle: false,
            is_restored: false,
        }
    }

    /// All splits that there are have begun when there is nothing to read: a worker that has none then holds nobody up.
    pub fn with_known_splits(mut self) -> Self {
        self.empty_timeout = 0;
        self
    }

    /// Writes the last watermark and those of all splits, by their names, for a checkpoint. What splits have said that
    /// are finished is in the furthest of all that was sent.
    pub fn snapshot<'n>(&self, head: &mut Vec<u8>, name: impl Fn(SplitId) -> &'n str) {
        self.sent.encode(head);
        let started = self.splits.iter().map(|split| (name(split.split), self.of(split.split).unwrap_or(split.latest)));
        let waiting = self.restored.iter().map(|(name, latest)| (name.as_str(), *latest));
        let sent = if self.sent < Timestamp::MAX { self.sent } else { Timestamp::MIN };
        let furthest = (FURTHEST, sent.max(self.furthest));
        for (name, latest) in started.chain(waiting).chain([furthest]) {
            name.encode(head);
            latest.encode(head);
        }
    }

    /// Takes what a worker wrote into a checkpoint: any worker, since splits may have come to another one. The earliest
    /// of several last watermarks counts.
    pub fn restore(&mut self, mut head: &[u8]) {
        let sent = Timestamp::decode(&mut head);
        self.sent = if self.is_restored { self.sent.min(sent) } else { sent };
        self.combined = self.sent;
        self.is_restored = true;
        while !head.is_empty() {
            let (name, latest) = (<&str>::decode(&mut head), Timestamp::decode(&mut head));
            if name == FURTHEST {
                self.furthest = self.furthest.max(latest);
                continue;
            }
            // A worker that did not get the split knows an older one.
            let known = self.restored.or_insert_with(name.to_owned(), || latest);
            *known = latest.max(*known);
        }
    }

    /// The last watermark of a checkpoint, which is sent again before anything else.
    pub fn restored(&mut self) -> Option<Timestamp> {
        let is_news = std::mem::take(&mut self.is_restored) && self.sent > Timestamp::MIN;
        is_news.then(|| {
            self.peers.0[self.worker].sent.store(self.sent.0, Ordering::Release);
            self.sent
        })
    }

    /// The last watermark sent, if there was one.
    pub fn sent(&self) -> Option<Timestamp> {
        (self.sent > Timestamp::MIN).then_some(self.sent)
    }

    /// The watermark of a split, if it has told one.
    pub fn of(&self, split: SplitId) -> Option<Timestamp> {
        let known = self.splits.iter().find(|known| known.split == split)?;
        let latest = if self.current == Some(split) { self.latest } else { known.latest };
        (latest > Timestamp::MIN).then_some(latest)
    }

    pub fn split_started(&mut self, split: SplitId, name: &str, now: Timestamp) {
        if self.splits.is_empty() {
            let peer = &self.peers.0[self.worker];
            peer.began.store(i64::MIN, Ordering::Release);
            peer.chunk_began.store(i64::MIN, Ordering::Release);
            peer.span.store(0, Ordering::Release);
        }
        let latest = self.restored.remove(name).unwrap_or(Timestamp::MIN);
        self.splits.push(SplitWatermark { split, latest, heard: now, behind: false, idle: false });
        self.empty_since = None;
        self.speak();
    }

    fn speak(&mut self) {
        self.is_idle = false;
        self.peers.0[self.worker].silent.store(false, Ordering::Release);
    }

    /// Whether the table has fallen silent, here and on the other workers, so that nothing that has other inputs too should
    /// wait for it. A table that is read to its end is not idle, and nor is one without an idle timeout.
    pub fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// The split no longer holds the watermark, which the next row or timer will show.
    pub fn split_finished(&mut self, split: SplitId, now: Timestamp) {
        self.chunk_ended();
        self.splits.retain(|known| known.split != split);
        if self.splits.is_empty() {
            self.empty_since = Some(now);
        }
        self.combine();
    }

    /// How far the reader of the split is behind its newest record.
    pub fn split_lag(&mut self, split: SplitId, millis: i64) {
        if let Some(known) = self.splits.iter_mut().find(|known| known.split == split) {
            known.behind = millis > 0;
        }
    }

    /// Rows of this split follow.
    pub fn chunk_started(&mut self, split: SplitId, now: Timestamp) {
        self.chunk_ended();
        if !self.splits.iter().any(|known| known.split == split) {
            self.split_started(split, "", now);
        }
        self.show_progress();
        self.current = Some(split);
        self.others = Timestamp::MAX;
        let mut was_idle = false;
        for known in &mut self.splits {
            if known.split == split {
                self.latest = known.latest;
                known.heard = now;
                was_idle = std::mem::take(&mut known.idle);
            } else if !known.idle {
                self.others = self.others.min(known.latest);
            }
        }
        if was_idle {
            self.speak();
        }
        self.be_quiet();
    }

    /// Tells the peers where this worker is as it begins a chunk.
    fn show_progress(&self) {
        let peer = &self.peers.0[self.worker];
        peer.reading.store(true, Ordering::Release);
        if peer.began.load(Ordering::Acquire) == i64::MIN {
            return;
        }
        let before = peer.chunk_began.swap(self.sent.0, Ordering::AcqRel);
        if before > i64::MIN {
            peer.span.fetch_max(self.sent.0.saturating_sub(before), Ordering::AcqRel);
        }
    }

    /// What the rows of the chunk in hand have said counts from now on for the split.
    fn chunk_ended(&mut self) {
        let Some(current) = self.current.take() else { return };
        if let Some(known) = self.splits.iter_mut().find(|known| known.split == current) {
            known.latest = self.latest;
        }
        self.combined = self.combined.max(self.latest.min(self.others));
    }

    /// Finds out up to when rows of the chunk in hand have no watermark follow them.
    fn be_quiet(&mut self) {
        self.quiet = match self.emission {
            Emission::Periodic { interval } => {
                let until = Timestamp(self.sent.0.saturating_add(interval));
                match self.others > until {
                    // What was not sent while the worker had nothing to read follows the next row.
                    _ if self.combined > until => Timestamp::MIN,
                    true => until,
                    false => Timestamp::MAX,
                }
            }
            Emission::OnEvent { .. } => Timestamp::MIN,
        };
    }

    /// A row of the split in hand has been forwarded; answers the watermark that follows it, if one does.
    #[inline(always)]
    pub fn row(&mut self, watermark: Timestamp) -> Option<Timestamp> {
        self.latest = self.latest.max(watermark);
        if self.latest > self.quiet { self.loud_row() } else { None }
    }

    #[inline(never)]
    fn loud_row(&mut self) -> Option<Timestamp> {
        self.combined = self.combined.max(self.latest.min(self.others));
        if let Emission::OnEvent { gap } = self.emission {
            self.rows_since += 1;
            if self.rows_since < gap {
                return None;
            }
            self.rows_since = 0;
        }
        let sent = self.send();
        self.be_quiet();
        sent
    }

    /// Nothing is there to read: looks at the timer and at silent splits.
    pub fn idle(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.chunk_ended();
        // Splits that go on from a checkpoint may have said all they have to say before it. Those of this worker have all
        // been started when there is nothing to read.
        self.combine();
        self.peers.0[self.worker].reading.store(false, Ordering::Release);
        self.look_for_silence(now);
        let period = match self.emission {
            Emission::Periodic { interval } => interval,
            Emission::OnEvent { .. } => 0,
        };
        if now.0.saturating_sub(self.timer.0) < period {
            return None;
        }
        self.timer = now;
        let sent = self.send();
        // What was said last goes first.
        self.is_idle = self.idle_timeout.is_some() && self.peers.are_silent();
        sent
    }

    /// The splits that have become idle since the last call: from now on they do not hold the watermark.
    pub fn silenced(&mut self) -> impl Iterator<Item = SplitId> + '_ {
        self.silenced.drain(..)
    }

    /// The input has ended on this worker.
    pub fn end(&mut self) -> Option<Timestamp> {
        self.chunk_ended();
        self.splits.clear();
        self.is_idle = false;
        self.peers.0[self.worker].silent.store(true, Ordering::Release);
        self.combined = Timestamp::MAX;
        self.send()
    }

    fn look_for_silence(&mut self, now: Timestamp) {
        let silent = |since: Timestamp, timeout: i64| now.0.saturating_sub(since.0) >= timeout;
        if let Some(timeout) = self.idle_timeout {
            let is_news = |split: &&mut SplitWatermark| !split.idle && !split.behind && silent(split.heard, timeout);
            // One after the other, as their timers would ring had this worker looked in time: what the last of them
            // said counts once the others are silent.
            while let Some(split) = self.splits.iter_mut().filter(is_news).min_by_key(|split| split.heard) {
                split.idle = true;
                self.silenced.push(split.split);
                self.combine();
            }
        }
        let nothing_here = match self.empty_since {
            Some(since) => silent(since, self.empty_timeout),
            None => self.splits.iter().all(|split| split.idle),
        };
        if nothing_here {
            self.peers.0[self.worker].silent.store(true, Ordering::Release);
            self.follow_peers();
        }
    }

    /// A worker with nothing to say follows those who have something to say: the earliest of them. If nobody
    /// has, the latest of all that was said, as in Flink, where inputs that are all idle hold nothing back.
    fn follow_peers(&mut self) {
        let sent = |peer: &Peer| peer.sent.load(Ordering::Acquire);
        let is_silent = |peer: &Peer| peer.silent.load(Ordering::Acquire);
        let earliest = self.peers.0.iter().filter(|peer| !is_silent(peer)).map(sent).min();
        // Who has finished has said that nothing more comes from him, which is nothing to follow.
        let all = || self.peers.0.iter().map(sent).chain([self.furthest.0]);
        let latest = || all().filter(|sent| *sent < i64::MAX).max();
        if let Some(time) = earliest.or_else(latest) {
            self.combined = self.combined.max(Timestamp(time));
        }
    }

    fn combine(&mut self) {
        let speaking = self.splits.iter().filter(|split| !split.idle);
        if let Some(earliest) = speaking.map(|split| split.latest).min() {
            self.combined = self.combined.max(earliest);
        }
    }

    fn send(&mut self) -> Option<Timestamp> {
        if self.combined <= self.sent {
            return None;
        }
        self.sent = self.combined;
        let peer = &self.peers.0[self.worker];
        peer.sent.store(self.sent.0, Ordering::Release);
        if peer.began.load(Ordering::Acquire) == i64::MIN {
            peer.began.store(self.sent.0, Ordering::Release);
        }
        Some(self.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: SplitId = SplitId(0);
    const B: SplitId = SplitId(1);

    fn millis(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn periodic(interval: i64, idle: Option<u64>) -> ScanWatermark {
        let emission = Emission::Periodic { interval: interval * 1_000 };
        ScanWatermark::new(emission, idle.map(Duration::from_millis), 0, Peers::new(1), millis(0))
    }

    fn row(watermark: &mut ScanWatermark, split: SplitId, time: i64) -> Option<i64> {
        watermark.chunk_started(split, millis(0));
        watermark.row(millis(time)).map(Timestamp::millis)
    }

    #[test]
    fn a_watermark_follows_when_event_time_advanced_by_more_than_the_interval() {
        let mut scan = periodic(200, None);
        scan.split_started(A, "a", millis(0));
        assert_eq!(row(&mut scan, A, 1_000), Some(1_000));
        assert_eq!(row(&mut scan, A, 1_200), None);
        assert_eq!(row(&mut scan, A, 900), None);
        assert_eq!(row(&mut scan, A, 1_201), Some(1_201));
        assert_eq!(row(&mut scan, A, 1_300), None);
        assert_eq!(scan.idle(millis(199)), None);
        assert_eq!(scan.idle(millis(200)), Some(millis(1_300)));
        assert_eq!(scan.end(), Some(Timestamp::MAX));
    }

    #[test]
    fn interval_zero_sends_after_every_row_that_moves_time() {
        let mut scan = periodic(0, None);
        assert_eq!(row(&mut scan, A, 1), Some(1));
        assert_eq!(row(&mut scan, A, 1), None);
        assert_eq!(row(&mut scan, A, 2), Some(2));
    }

    #[test]
    fn the_earliest_split_decides_until_it_is_finished() {
        let mut scan = periodic(0, None);
        scan.split_started(A, "a", millis(0));
        scan.split_started(B, "b", millis(0));
        assert_eq!(row(&mut scan, A, 100), None);
        assert_eq!(row(&mut scan, B, 50), Some(50));
        assert_eq!(row(&mut scan, B, 70), Some(70));
        scan.split_finished(B, millis(0));
        assert_eq!(scan.idle(millis(0)), Some(millis(100)));
    }

    #[test]
    fn an_idle_split_does_not_hold_the_watermark() {
        let mut scan = periodic(0, Some(1_000));
        scan.split_started(A, "a", millis(0));
        scan.split_started(B, "b", millis(0));
        assert_eq!(row(&mut scan, A, 100), None);
        assert_eq!(scan.idle(millis(999)), None);
        scan.chunk_started(A, millis(999));
        assert_eq!(scan.idle(millis(1_000)), Some(millis(100)));
        assert_eq!(scan.silenced().collect::<Vec<_>>(), [B]);
        // It comes back late, and then counts again.
        assert_eq!(row(&mut scan, B, 60), None);
        assert_eq!(row(&mut scan, A, 200), None);
        assert_eq!(row(&mut scan, B, 150), Some(150));
    }

    #[test]
    fn a_split_whose_reader_is_behind_is_not_idle() {
        let mut scan = periodic(0, Some(1_000));
        scan.split_started(A, "a", millis(0));
        scan.split_started(B, "b", millis(0));
        scan.split_lag(B, 5_000);
        assert_eq!(row(&mut scan, A, 100), None);
        scan.chunk_started(A, millis(1_500));
        assert_eq!(scan.idle(millis(2_000)), None);
        scan.split_lag(B, 0);
        assert_eq!(scan.idle(millis(2_001)), Some(millis(100)));
    }

    #[test]
    fn an_idle_worker_follows_the_others_but_never_to_the_end() {
        let peers = Peers::new(2);
        let emission = Emission::Periodic { interval: 0 };
        let timeout = Some(Duration::from_millis(10));
        let mut busy = ScanWatermark::new(emission, timeout, 0, Arc::clone(&peers), millis(0));
        let mut idle = ScanWatermark::new(emission, timeout, 1, peers, millis(0));
        assert_eq!(row(&mut busy, A, 500), Some(500));
        assert_eq!(idle.idle(millis(9)), None);
        assert_eq!(idle.idle(millis(10)), Some(millis(500)));
        busy.end();
        assert_eq!(idle.idle(millis(20)), None);
        assert_eq!(idle.end(), Some(Timestamp::MAX));
    }

    #[test]
    fn nobody_waits_for_a_worker_that_is_known_to_have_no_splits() {
        let peers = Peers::new(2);
        let emission = Emission::Periodic { interval: 0 };
        let timeout = Some(Duration::from_secs(60));
        let scan = |worker| ScanWatermark::new(emission, timeout, worker, Arc::clone(&peers), millis(0));
        let (mut busy, mut empty) = (scan(0).with_known_splits(), scan(1).with_known_splits());
        assert_eq!(empty.idle(millis(0)), None);
        busy.split_started(A, "a", millis(0));
        assert_eq!(busy.idle(millis(0)), None);
        assert_eq!(row(&mut busy, A, 500), Some(500));
        assert_eq!(empty.idle(millis(1)), Some(millis(500)));
        // A split is waited for as long as ever.
        empty.split_started(B, "b", millis(2));
        assert_eq!(row(&mut busy, A, 900), Some(900));
        assert_eq!(empty.idle(millis(30_000)), None);
        assert_eq!(row(&mut empty, B, 700), Some(700));
        empty.split_finished(B, millis(30_001));
        assert_eq!(empty.idle(millis(30_001)), Some(millis(900)));
    }

    #[test]
    fn workers_that_are_all_idle_hold_nothing_back() {
        let peers = Peers::new(2);
        let emission = Emission::Periodic { interval: 0 };
        let timeout = Some(Duration::from_millis(10));
        let mut one = ScanWatermark::new(emission, timeout, 0, Arc::clone(&peers), millis(0));
        let mut other = ScanWatermark::new(emission, timeout, 1, peers, millis(0));
        assert_eq!(row(&mut one, A, 500), Some(500));
        assert_eq!(one.idle(millis(10)), None);
        assert_eq!(other.idle(millis(10)), Some(millis(500)));
    }

    #[test]
    fn a_worker_without_splits_follows_the_others_after_a_while() {
        let peers = Peers::new(2);
        let emission = Emission::Periodic { interval: 0 };
        let mut busy = ScanWatermark::new(emission, None, 0, Arc::clone(&peers), millis(0));
        let mut empty = ScanWatermark::new(emission, None, 1, peers, millis(0));
        assert_eq!(row(&mut busy, A, 500), Some(500));
        assert_eq!(empty.idle(millis(9_999)), None);
        assert_eq!(empty.idle(millis(10_000)), Some(millis(500)));
        empty.split_started(B, "b", millis(10_001));
        assert_eq!(row(&mut busy, A, 900), Some(900));
        assert_eq!(empty.idle(millis(30_000)), None);
        assert_eq!(row(&mut empty, B, 700), Some(700));
    }

    #[test]
    fn a_worker_waits_for_another_one_in_the_same_stretch_of_time() {
        let peers = Peers::new(2);
        let scan = |worker| {
            ScanWatermark::new(Emission::Periodic { interval: 0 }, None, worker, Arc::clone(&peers), millis(0))
        };
        let (mut ahead, mut behind) = (scan(0), scan(1));
        for time in [100, 1_100, 2_100, 3_100, 4_100] {
            row(&mut ahead, A, time);
        }
        assert!(!peers.is_ahead(0), "nobody else reads yet");
        row(&mut behind, B, 150);
        assert!(peers.is_ahead(0), "one has not come to 1100");
        assert!(!peers.is_ahead(1));
        row(&mut behind, B, 1_100);
        assert!(!peers.is_ahead(0));
        row(&mut ahead, A, 5_100);
        assert!(peers.is_ahead(0));
        behind.idle(millis(0));
        assert!(!peers.is_ahead(0), "who has nothing to read is not waited for");
        row(&mut behind, B, 1_200);
        assert!(peers.is_ahead(0));
        behind.end();
        assert!(!peers.is_ahead(0));
    }

    #[test]
    fn a_worker_does_not_wait_for_one_whose_file_is_of_another_time() {
        let peers = Peers::new(2);
        let scan = |worker| {
            ScanWatermark::new(Emission::Periodic { interval: 0 }, None, worker, Arc::clone(&peers), millis(0))
        };
        let (mut ahead, mut behind) = (scan(0), scan(1));
        for time in [10_000, 11_000, 12_000, 13_000, 14_000] {
            row(&mut ahead, A, time);
        }
        for time in [0, 1_000, 2_000] {
            row(&mut behind, B, time);
        }
        assert!(!peers.is_ahead(0));
        // The next file of the other one begins where this one has.
        behind.split_finished(B, millis(0));
        behind.split_started(A, "a", millis(0));
        row(&mut behind, A, 9_900);
        assert!(peers.is_ahead(0));
    }

    #[test]
    fn on_event_counts_rows() {
        let mut scan = ScanWatermark::new(Emission::OnEvent { gap: 2 }, None, 0, Peers::new(1), millis(0));
        assert_eq!(row(&mut scan, A, 1), None);
        assert_eq!(row(&mut scan, A, 2), Some(2));
    }

    #[test]
    fn splits_that_fall_silent_together_still_tell_what_the_last_one_said() {
        let mut scan = periodic(200, Some(300));
        scan.split_started(A, "a", millis(0));
        scan.split_started(B, "b", millis(0));
        scan.chunk_started(B, millis(10));
        assert_eq!(scan.row(millis(5_000)), None);
        // The worker was busy for longer than the timeout of both.
        assert_eq!(scan.idle(millis(2_000)), Some(millis(5_000)));
    }

    #[test]
    fn a_restored_scan_sends_its_watermark_again_and_knows_its_splits() {
        let head = |name: &'static str, sent: i64| {
            let mut scan = periodic(0, None);
            scan.split_started(A, name, millis(0));
            assert_eq!(row(&mut scan, A, sent), Some(sent));
            let mut head = Vec::new();
            scan.snapshot(&mut head, |_| name);
            head
        };
        let mut scan = periodic(0, None);
        // The second has never got the split of the others, and knows what an earlier run knew.
        for head in [head("a", 300), head("b", 200), head("a", 100)] {
            scan.restore(&head);
        }
        assert_eq!(scan.restored(), Some(millis(100)));
        assert_eq!(scan.restored(), None);
        scan.split_started(A, "a", millis(0));
        scan.split_started(B, "b", millis(0));
        assert_eq!(scan.of(A), Some(millis(300)));
        assert_eq!(scan.of(B), Some(millis(200)));
    }

    #[test]
    fn what_finished_splits_have_said_survives_a_checkpoint() {
        let head = |sent: Option<i64>| {
            let mut scan = periodic(0, None);
            if let Some(sent) = sent {
                scan.split_started(A, "a", millis(0));
                assert_eq!(row(&mut scan, A, sent), Some(sent));
                scan.split_finished(A, millis(0));
            }
            let mut head = Vec::new();
            scan.snapshot(&mut head, |_| "a");
            head
        };
        // So does what a split has said that goes on and has nothing more to say.
        let mut scan = periodic(0, None);
        scan.restore(&head(None));
        let mut first = Vec::new();
        let mut before = periodic(0, None);
        before.split_started(A, "a", millis(0));
        assert_eq!(row(&mut before, A, 200), Some(200));
        before.snapshot(&mut first, |_| "a");
        scan.restore(&first);
        scan.split_started(A, "a", millis(0));
        assert_eq!((scan.restored(), scan.idle(millis(1))), (None, Some(millis(200))));

        // Another worker has never had a split.
        let heads = [head(Some(300)), head(None)];
        let restored = |heads: &[Vec<u8>]| {
            let mut scan = periodic(0, None);
            heads.iter().for_each(|head| scan.restore(head));
            scan
        };
        let mut scan = restored(&heads);
        assert_eq!(scan.restored(), None);
        assert_eq!(scan.idle(millis(1)), None);
        // A checkpoint before anything has happened knows it still.
        let mut again = Vec::new();
        scan.snapshot(&mut again, |_| "");
        for mut scan in [scan, restored(&[again])] {
            assert_eq!(scan.idle(Timestamp(EMPTY_TIMEOUT)), Some(millis(300)));
        }
    }
}
