//! Two-phase aggregation against one phase: the same rows, watermarks and deliveries on several workers give the
//! same results and the same number of late rows.

use super::*;
use crate::connector::Waker;
use crate::error::Result;
use crate::function::zone::Zone;
use crate::job::metrics::Registry;
use crate::operator::accumulator::{Count, Max, Sum};
use crate::operator::testing::LateNotes;
use crate::operator::window::WindowAggregate;
use crate::operator::{Aggregation, KeyedOperator};
use crate::row::{Codec, RowKind};
use crate::time::{Clock, Watermark};
use crate::value::{Millis, Timestamp};
use crate::window::Assigner;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub key: i64,
    pub time: Timestamp,
    pub value: i64,
}

impl Codec<'_> for Reading {
    fn encode(&self, out: &mut Vec<u8>) {
        self.key.encode(out);
        self.time.encode(out);
        self.value.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Reading { key: Codec::decode(bytes), time: Codec::decode(bytes), value: Codec::decode(bytes) }
    }
}

#[derive(Debug, Default)]
pub(super) struct Totals {
    pub rows: Count,
    pub sum: Sum<i64>,
    pub max: Max<i64>,
}

impl Codec<'_> for Totals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.rows.encode(out);
        self.sum.encode(out);
        self.max.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Totals { rows: Codec::decode(bytes), sum: Codec::decode(bytes), max: Codec::decode(bytes) }
    }
}

pub(super) struct ByKey<const TWO_PHASE: bool>;

impl<const TWO_PHASE: bool> Aggregation for ByKey<TWO_PHASE> {
    type Input<'a> = Reading;
    type KeyRef<'a> = i64;
    type Key = i64;
    type Accumulator = Totals;

    const TWO_PHASE: bool = TWO_PHASE;

    fn key(input: &Reading) -> i64 {
        input.key
    }
    fn matches(key: &i64, borrowed: &i64) -> bool {
        key == borrowed
    }
    fn own(borrowed: &i64) -> i64 {
        *borrowed
    }
    fn time(input: &Reading) -> Timestamp {
        input.time
    }
    fn accumulate(totals: &mut Totals, input: &Reading) -> Result<()> {
        totals.rows.add_row();
        totals.sum.add(input.value);
        totals.max.add(input.value);
        Ok(())
    }
    fn merge(totals: &mut Totals, other: &Totals) -> Result<()> {
        totals.rows.merge(&other.rows);
        totals.sum.merge(&other.sum);
        totals.max.merge(&other.max);
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Row {
        key: i64,
        time: i64,
        value: i64,
    },
    Watermark(i64),
    /// Nobody should wait for the worker, until its next row or watermark.
    Idle,
    /// Nothing else to do: everything is sent, and the others take it.
    Deliver,
}

/// Events, each on one of the workers. The stream as a whole moves on, so that some rows are late and some are not.
fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let row = (0i64..5, -90i64..60, -9i64..9).prop_map(|(key, time, value)| Event::Row { key, time, value });
    let event = prop_oneof![12 => row, 3 => (-60i64..60).prop_map(Event::Watermark), 1 => Just(Event::Deliver)];
    let drift = |(place, (worker, event)): (usize, (usize, Event))| {
        let moved = place as i64;
        let event = match event {
            Event::Row { key, time, value } => Event::Row { key, time: time + moved, value },
            Event::Watermark(time) => Event::Watermark(time + moved - 30),
            other => other,
        };
        (worker, event)
    };
    prop::collection::vec((0usize..3, event), 0..250)
        .prop_map(move |events| events.into_iter().enumerate().map(drift).collect())
}

/// The end of a window, the key, and what was aggregated.
type Row = (i64, i64, i64, Option<i64>, Option<i64>);

struct Cluster<A: Aggregation> {
    keyed: Vec<Keyed<WindowAggregate<A>>>,
    inboxes: Vec<Arc<Inbox>>,
    outboxes: Vec<Arc<Mutex<Outbox>>>,
    results: Vec<Row>,
    /// What each worker has said last.
    said: Vec<Watermark>,
}

impl<A: for<'a> Aggregation<Input<'a> = Reading, Key = i64, Accumulator = Totals>> Cluster<A> {
    fn new(workers: usize, assigner: Assigner) -> Self {
        let wakers = vec![Waker::new(|| ()); workers];
        let inboxes: Vec<Arc<Inbox>> = (0..workers).map(|worker| Arc::new(Inbox::new(worker, &wakers))).collect();
        let outbox = |worker| Arc::new(Mutex::new(Outbox::new(worker, inboxes.clone())));
        let outboxes: Vec<_> = (0..workers).map(outbox).collect();
        outboxes.iter().for_each(|outbox| outbox.lock().unwrap().set_idle(true));
        let keyed = |worker: usize| {
            let place = Place { worker, workers, port: Port(0), outbox: Some(Arc::clone(&outboxes[worker])) };
            let metrics = KeyedMetrics::new(&Registry::default(), "ByKey", worker);
            Keyed::new("TUMBLE".to_owned(), WindowAggregate::new(assigner), place, Clock::system(), Zone::UTC, metrics)
        };
        let keyed = (0..workers).map(keyed).collect();
        let said = vec![Watermark::at(Timestamp::MIN); workers];
        Cluster { keyed, inboxes, outboxes, results: Vec::new(), said }
    }

    fn run(mut self, events: &[(usize, Event)]) -> Self {
        let workers = self.keyed.len();
        for (worker, event) in events {
            let worker = worker % workers;
            match *event {
                Event::Row { key, time, value } => {
                    let row = Reading { key, time: Timestamp::from_millis(time), value };
                    if self.said[worker].is_idle {
                        self.say(worker, Watermark { is_idle: false, ..self.said[worker] });
                    }
                    self.keyed[worker].add(RowKind::Insert, &row).unwrap();
                }
                Event::Watermark(time) => self.say(worker, Watermark::at(Timestamp::from_millis(time))),
                Event::Idle => self.say(worker, Watermark { is_idle: true, ..self.said[worker] }),
                Event::Deliver => self.deliver(worker),
            }
        }
        for worker in 0..workers {
            self.keyed[worker].advance(Watermark::at(Timestamp::MAX)).unwrap();
            self.deliver(worker);
            self.drain(worker);
        }
        self.results.sort_unstable();
        self
    }

    fn say(&mut self, worker: usize, watermark: Watermark) {
        let time = watermark.time.max(self.said[worker].time);
        self.said[worker] = Watermark { time, ..watermark };
        self.keyed[worker].advance(self.said[worker]).unwrap();
        self.drain(worker);
    }

    fn deliver(&mut self, from: usize) {
        self.keyed[from].tick(Timestamp(0)).unwrap();
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
                    self.outboxes[worker].lock().unwrap().return_buffer(from, batch);
                }
            }
        }
    }

    fn drain(&mut self, worker: usize) {
        let results = &mut self.results;
        let each = |_: &crate::row::Context<'_>, result: crate::operator::window::WindowResult<'_, A>| {
            let totals = result.accumulator;
            let end = result.window.end.millis();
            results.push((end, *result.key, totals.rows.value(), totals.sum.value(), totals.max.value()));
            Ok(())
        };
        self.keyed[worker].drain(each).unwrap();
    }

    fn late(&mut self) -> u64 {
        self.keyed.iter_mut().map(|keyed| keyed.operator().late()).sum()
    }
}

fn assert_same(assigner: Assigner, workers: usize, events: &[(usize, Event)]) {
    let mut one = Cluster::<ByKey<false>>::new(workers, assigner).run(events);
    let mut two = Cluster::<ByKey<true>>::new(workers, assigner).run(events);
    assert_eq!(two.results, one.results);
    assert_eq!(two.late(), one.late());
}

proptest! {
    #[test]
    fn two_phases_give_what_one_gives(events in events(), workers in 1usize..4, shape in 0..4) {
        let assigner = match shape {
            0 => Assigner::tumble(Millis(20)),
            1 => Assigner::hop(Millis(10), Millis(30)),
            2 => Assigner::hop(Millis(30), Millis(20)),
            _ => Assigner::cumulate(Millis(10), Millis(40)),
        };
        assert_same(assigner, workers, &events);
    }

    /// Whoever is waited for or not: a row is counted in its window, or as late and kept.
    #[test]
    fn no_row_is_lost_when_workers_are_idle(
        events in events(),
        idle in prop::collection::vec((0usize..250, 0usize..3), 0..20),
        workers in 1usize..4,
    ) {
        let mut events = events;
        for (place, worker) in idle {
            events.insert(place.min(events.len()), (worker, Event::Idle));
        }
        let rows = events.iter().filter(|(_, event)| matches!(event, Event::Row { .. })).count() as i64;
        let mut cluster = Cluster::<ByKey<true>>::new(workers, Assigner::tumble(Millis(20)));
        let notes = LateNotes::default();
        for keyed in &mut cluster.keyed {
            keyed.operator().late_rows().unwrap().route("", Box::new(notes.clone()));
        }
        let mut cluster = cluster.run(&events);
        let counted: i64 = cluster.results.iter().map(|row| row.2).sum();
        assert_eq!(counted + cluster.late() as i64, rows);
        let kept = notes.take().into_iter().filter(|note| note != "flushed").map(|note| match note.split_once(" rows") {
            Some((front, _)) => front.rsplit(' ').next().and_then(|rows| rows.parse().ok()).unwrap_or(0),
            None => 1,
        });
        assert_eq!(kept.sum::<u64>(), cluster.late());
    }

    /// Rows that are not behind their own worker's watermark are never late, however many workers there are.
    #[test]
    fn rows_in_time_count_with_any_number_of_workers(rows in prop::collection::vec((0usize..3, 0i64..5, 0i64..40), 0..200)) {
        let row = |(place, &(worker, key, ahead)): (usize, &(usize, i64, i64))| {
            let row = Event::Row { key, time: place as i64 + ahead, value: ahead };
            [(worker, row), (worker, Event::Watermark(place as i64)), (worker, Event::Deliver)]
        };
        let events: Vec<_> = rows.iter().enumerate().flat_map(row).collect();
        let assigner = Assigner::hop(Millis(10), Millis(30));
        let expected = Cluster::<ByKey<true>>::new(1, assigner).run(&events).results;
        for workers in [2, 3] {
            let mut found = Cluster::<ByKey<true>>::new(workers, assigner).run(&events);
            assert_eq!(found.results, expected);
            assert_eq!(found.late(), 0);
        }
    }
}

#[test]
fn many_rows_of_a_key_cross_as_one() {
    let mut cluster = Cluster::<ByKey<true>>::new(2, Assigner::tumble(Millis(1_000)));
    for time in 0..1_000 {
        for key in 0..10 {
            let row = Reading { key, time: Timestamp::from_millis(time), value: 1 };
            cluster.keyed[0].add(RowKind::Insert, &row).unwrap();
        }
    }
    assert!(cluster.inboxes[1].pop(Port(0)).is_none());
    cluster.keyed[0].advance(Watermark::at(Timestamp::from_millis(999))).unwrap();
    cluster.keyed[0].tick(Timestamp(0)).unwrap();
    let Some((_, Envelope { content: Content::Message(Message::Rows(batch)), .. })) = cluster.inboxes[1].pop(Port(0))
    else {
        panic!("nothing was sent");
    };
    assert!(batch.bytes.len() < 1_000, "{} bytes for 10 keys", batch.bytes.len());
}

#[test]
fn many_keys_are_sent_as_rows() {
    let (mut rows, assigner) = (Vec::new(), Assigner::tumble(Millis(1_000_000)));
    for key in 0..60_000 {
        rows.push((0, Event::Row { key, time: 1, value: key }));
    }
    let found = Cluster::<ByKey<true>>::new(2, assigner).run(&rows);
    assert_eq!(found.results.len(), rows.len());
}
