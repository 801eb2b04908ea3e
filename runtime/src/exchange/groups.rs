//! Mini-batches on several workers, in one phase and in two, against the result of all rows.

use super::tests::{ByKey, Reading, Totals};
use super::*;
use crate::connector::Waker;
use crate::error::Result;
use crate::function::zone::Zone;
use crate::job::metrics::Registry;
use crate::operator::group::{Change, GroupAggregate, GroupOutput};
use crate::row::{Codec, Context, RowKind};
use crate::time::{Clock, Watermark};
use crate::value::{Millis, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Key, rows, sum, highest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row(i64, i64, Option<i64>, Option<i64>);

impl Codec<'_> for Row {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
        self.3.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Row(Codec::decode(bytes), Codec::decode(bytes), Codec::decode(bytes), Codec::decode(bytes))
    }
}

impl<const TWO_PHASE: bool> GroupOutput for ByKey<TWO_PHASE> {
    type Output<'r> = Row;

    fn output(key: &i64, totals: &Totals) -> Result<Row> {
        Ok(Row(*key, totals.rows.value(), totals.sum.value(), totals.max.value()))
    }
}

struct Cluster<const TWO_PHASE: bool> {
    keyed: Vec<Keyed<GroupAggregate<ByKey<TWO_PHASE>>>>,
    inboxes: Vec<Arc<Inbox>>,
    outboxes: Vec<Arc<Mutex<Outbox>>>,
    applied: BTreeMap<i64, Row>,
    /// How many changes were handed out, and how many bytes crossed threads.
    changes: usize,
    crossed: usize,
}

impl<const TWO_PHASE: bool> Cluster<TWO_PHASE> {
    fn new(workers: usize, latency: Millis, size: usize) -> Self {
        let wakers = vec![Waker::new(|| ()); workers];
        let inboxes: Vec<Arc<Inbox>> = (0..workers).map(|worker| Arc::new(Inbox::new(worker, &wakers))).collect();
        let outbox = |worker| Arc::new(Mutex::new(Outbox::new(worker, inboxes.clone())));
        let outboxes: Vec<_> = (0..workers).map(outbox).collect();
        let keyed = |worker: usize| {
            let place = Place { worker, workers, port: Port(0), outbox: Some(Arc::clone(&outboxes[worker])) };
            let metrics = KeyedMetrics::new(&Registry::default(), "ByKey", worker);
            let operator = GroupAggregate::new().mini_batch(latency, size);
            Keyed::new("GROUP BY".to_owned(), operator, place, Clock::system(), Zone::UTC, metrics)
        };
        let keyed = (0..workers).map(keyed).collect();
        Cluster { keyed, inboxes, outboxes, applied: BTreeMap::new(), changes: 0, crossed: 0 }
    }

    fn add(&mut self, worker: usize, key: i64, value: i64) {
        self.keyed[worker].add(RowKind::Insert, &Reading { key, time: Timestamp::MIN, value }).unwrap();
        self.drain(worker);
    }

    fn tick(&mut self, now: i64) {
        for worker in 0..self.keyed.len() {
            self.keyed[worker].tick(Timestamp::from_millis(now)).unwrap();
            self.drain(worker);
        }
        self.deliver();
    }

    fn deliver(&mut self) {
        for worker in 0..self.keyed.len() {
            while let Some((_, Envelope { from, content: Content::Message(message) })) =
                self.inboxes[worker].pop(Port(0))
            {
                while !message.is_read() {
                    self.keyed[worker].receive(from, &message).unwrap();
                    self.drain(worker);
                }
                self.outboxes[from].lock().unwrap().retry();
                if let Message::Rows(batch) = message {
                    self.crossed += batch.bytes.len();
                }
            }
        }
    }

    fn end(&mut self) {
        self.outboxes.iter().for_each(|outbox| outbox.lock().unwrap().set_idle(true));
        for worker in 0..self.keyed.len() {
            self.keyed[worker].advance(Watermark::at(Timestamp::MAX)).unwrap();
            self.drain(worker);
        }
        self.tick(1_000_000);
    }

    /// Applies what is handed out; a key has one change at most.
    fn drain(&mut self, worker: usize) {
        let Cluster { keyed, applied, changes, .. } = self;
        let mut last = BTreeMap::new();
        let each = |_: &Context<'_>, change: Change<Row>| {
            *changes += 1;
            let row = change.row;
            match change.kind {
                RowKind::Insert => assert_eq!(applied.insert(row.0, row), None),
                RowKind::UpdateBefore => assert_eq!(applied.get(&row.0), Some(&row)),
                RowKind::UpdateAfter => assert_ne!(applied.insert(row.0, row), Some(row)),
                RowKind::Delete => panic!("nothing was taken back"),
            }
            if change.kind != RowKind::UpdateBefore {
                assert_eq!(last.insert(row.0, ()), None);
            }
            Ok(())
        };
        keyed[worker].drain(each).unwrap();
    }
}

fn check<const TWO_PHASE: bool>(workers: usize, size: usize, rows: &[(usize, i64, i64, i64)]) {
    let mut cluster = Cluster::<TWO_PHASE>::new(workers, Millis(2_000), size);
    let mut now = 0;
    let mut expected: BTreeMap<i64, Row> = BTreeMap::new();
    for &(worker, key, value, pause) in rows {
        cluster.add(worker % workers, key, value);
        let Row(_, count, sum, max) = expected.entry(key).or_insert(Row(key, 0, None, None));
        *count += 1;
        *sum = Some(sum.unwrap_or(0) + value);
        *max = Some(max.map_or(value, |max| max.max(value)));
        if pause > 0 {
            now += pause * 20;
            cluster.tick(now);
        }
    }
    cluster.end();
    assert_eq!(cluster.applied, expected);
}

proptest! {
    #[test]
    fn batches_come_to_the_sum_of_all_rows(
        rows in prop::collection::vec((0usize..3, 0i64..6, -9i64..9, -8i64..9), 0..400),
        workers in 1usize..4,
        size in prop_oneof![1usize..10, Just(10_000)],
    ) {
        check::<false>(workers, size, &rows);
        check::<true>(workers, size, &rows);
    }
}

/// The rows of a batch on a busy worker, tick by tick.
fn busy<const TWO_PHASE: bool>() -> Cluster<TWO_PHASE> {
    let mut cluster = Cluster::<TWO_PHASE>::new(2, Millis(2_000), 1_000_000);
    for now in 0..200 {
        for key in 0..20 {
            cluster.add(0, key, now);
        }
        cluster.tick(now * 9);
    }
    cluster
}

#[test]
fn partial_results_cross_instead_of_rows() {
    let (one, two) = (busy::<false>(), busy::<true>());
    assert!(one.crossed > 5 * two.crossed, "{} bytes, and {} in two phases", one.crossed, two.crossed);
}

#[test]
fn rows_wait_for_the_latency_at_most_on_several_workers() {
    let mut cluster = Cluster::<true>::new(2, Millis(2_000), 1_000_000);
    let mut last = 0;
    for now in (0..20_000).step_by(10) {
        (0..20).for_each(|key| cluster.add(0, key, now));
        let before = cluster.changes;
        cluster.tick(now);
        if cluster.changes > before {
            assert!(now - last <= 2_000, "nothing from {last} to {now}");
            last = now;
        }
    }
    // Rows of the last two seconds may wait.
    assert!(last >= 18_000);
    assert!(cluster.changes < 1_000, "{} changes", cluster.changes);
    assert!(cluster.applied.values().all(|row| row.1 >= 1_800), "{:?}", cluster.applied);
}
