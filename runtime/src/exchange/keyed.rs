//! A stateful operator with its share of the keys.

use super::batches::{Batches, Entry, decode_entry};
use super::{Message, Outbox, Port};
use crate::checkpoint::Stateful;
use crate::error::Result;
use crate::function::zone::Zone;
use crate::job::metrics::{Counter, Gauge, Registry};
use crate::operator::late::{Late, LateRows};
use crate::operator::{Drain, KeyedOperator};
use crate::row::{Codec, Context, RowKind};
use crate::state::{Blocks, owner};
use crate::time::{Clock, CombinedWatermark, Watermark};
use crate::value::{Arena, Timestamp};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// How often the state is measured, in microseconds: somebody has to go through the pages of its tables.
const MEASURE: u64 = 1_000_000;

/// Where a keyed operator stands: on which of how many workers, at which port.
#[derive(Clone)]
pub struct Place {
    pub worker: usize,
    pub workers: usize,
    pub port: Port,
    /// The worker's out-box; none where there is one worker only.
    pub outbox: Option<Arc<Mutex<Outbox>>>,
}

/// What is counted about one operator, over all workers.
#[derive(Clone, Debug)]
pub struct KeyedMetrics {
    rows_in: Counter,
    rows_out: Counter,
    late: Counter,
    watermark: Gauge,
    state_keys: Gauge,
    state_bytes: Gauge,
}

impl KeyedMetrics {
    pub fn new(registry: &Registry, operator: &str, worker: usize) -> Self {
        let labels = [("operator", operator)];
        let worker = worker.to_string();
        let of_worker = [("operator", operator), ("worker", worker.as_str())];
        let watermark = registry.gauge("sqlc_operator_watermark_millis", &of_worker);
        watermark.set(Timestamp::MIN.millis());
        KeyedMetrics {
            rows_in: registry.counter("sqlc_operator_rows_in_total", &labels),
            rows_out: registry.counter("sqlc_operator_rows_out_total", &labels),
            late: registry.counter("sqlc_operator_late_total", &labels),
            watermark,
            state_keys: registry.gauge("sqlc_operator_state_keys", &of_worker),
            state_bytes: registry.gauge("sqlc_operator_state_bytes", &of_worker),
        }
    }
}

/// The worker's copy of a keyed operator, and the way to the copies of the others.
pub struct Keyed<O> {
    name: String,
    meaning: Value,
    operator: O,
    worker: usize,
    workers: usize,
    batches: Batches,
    clock: Clock,
    arena: Arena,
    /// Per worker: the watermark of what it sends.
    watermarks: CombinedWatermark,
    metrics: KeyedMetrics,
    /// When the state was measured last.
    measured: Timestamp,
    /// Not yet in `metrics`.
    rows_in: u64,
    late: u64,
    zone: Zone,
}

impl<O: KeyedOperator> Keyed<O> {
    /// `name` tells the operator apart from the others of the pipeline.
    pub fn new(name: String, operator: O, place: Place, clock: Clock, zone: Zone, metrics: KeyedMetrics) -> Self {
        let (worker, workers) = (place.worker, place.workers);
        Keyed {
            name,
            meaning: Value::Null,
            operator,
            worker,
            workers,
            batches: Batches::new(place),
            clock,
            arena: Arena::new(),
            watermarks: CombinedWatermark::new(workers),
            metrics,
            measured: Timestamp::MIN,
            rows_in: 0,
            late: 0,
            zone,
        }
    }

    /// Says what the state of the operator [means](crate::checkpoint::meaning).
    pub fn means(mut self, meaning: Value) -> Self {
        self.meaning = meaning;
        self
    }

    /// Hands rows that come too late to `rows`, if there is somebody who wants them.
    pub fn late_to(mut self, rows: Option<Box<dyn LateRows>>) -> Self {
        if let (Some(late), Some(rows)) = (self.operator.late_rows(), rows) {
            late.route(&self.name, rows);
        }
        self
    }

    /// Takes a row, whoever its key belongs to.
    #[inline]
    pub fn add(&mut self, kind: RowKind, input: &O::Input<'_>) -> Result<()> {
        let hash = self.operator.hash(input);
        if self.workers > 1 {
            let target = owner(hash, self.workers);
            if target != self.worker {
                return self.add_elsewhere(target, hash, kind, input);
            }
        }
        self.rows_in += 1;
        self.operator.process(hash, kind, input)
    }

    #[inline(never)]
    fn add_elsewhere(&mut self, target: usize, hash: u64, kind: RowKind, input: &O::Input<'_>) -> Result<()> {
        // While nobody waits for this worker, what it holds back would only become late.
        let is_waited_for = self.watermarks.counts(self.worker);
        if !is_waited_for || !self.operator.combine(hash, kind, input, self.watermarks.of(self.worker).time)? {
            self.batches.row(target, kind, hash, input);
        }
        self.send_due_partials();
        Ok(())
    }

    #[inline]
    fn send_due_partials(&mut self) {
        if self.operator.partials_are_due()
            && let Some(partials) = self.operator.partials()
        {
            self.batches.partials(partials);
        }
    }

    /// No row with an earlier event time will be [added](Keyed::add) on this worker.
    #[inline(never)]
    pub fn advance(&mut self, watermark: Watermark) -> Result<()> {
        let known = self.watermarks.of(self.worker);
        if self.workers > 1 {
            if watermark.is_idle != known.is_idle {
                // Whoever does not wait for this worker any more has had everything from it.
                if let Some(partials) = self.operator.partials() {
                    self.batches.partials(partials);
                }
                self.batches.idle(watermark.is_idle);
            }
            if watermark.time > known.time {
                // Partial results may stay behind watermarks that mean nothing to them.
                if let Some(partials) = self.operator.partials().filter(|partials| partials.due() <= watermark.time) {
                    self.batches.partials(partials);
                }
                self.batches.watermark(watermark.time);
            }
        }
        let combined = self.hear(self.worker, watermark);
        self.pass_on(combined)
    }

    /// Notes what a worker says of the time; answers the watermark of all if it has moved on.
    fn hear(&mut self, from: usize, watermark: Watermark) -> Option<Timestamp> {
        let before = self.watermarks.current().time;
        let combined = self.watermarks.advance(from, watermark)?;
        (combined.time > before).then_some(combined.time)
    }

    /// Takes what another worker sent, up to the first watermark that counts or until results are due: to be
    /// [drained](Keyed::drain) and called again until the message [is read](Message::is_read).
    pub fn receive(&mut self, from: usize, message: &Message) -> Result<()> {
        match message {
            Message::Rows(batch) => {
                let mut rest = &batch.bytes[batch.read.get()..];
                let mut combined = None;
                while !rest.is_empty() && combined.is_none() && !self.operator.is_due() {
                    match decode_entry(&mut rest) {
                        Entry::Row(kind) => {
                            let hash = u64::decode(&mut rest);
                            let input = O::Input::decode(&mut rest);
                            self.rows_in += 1;
                            self.operator.process(hash, kind, &input)?;
                        }
                        Entry::Partial => {
                            let hash = u64::decode(&mut rest);
                            self.rows_in += self.operator.merge(hash, &mut rest)?;
                        }
                        Entry::Watermark => {
                            let time = Timestamp::decode(&mut rest);
                            combined = self.hear(from, Watermark { time, ..self.watermarks.of(from) });
                        }
                        Entry::Idle(is_idle) => {
                            combined = self.hear(from, Watermark { is_idle, ..self.watermarks.of(from) });
                        }
                    }
                }
                batch.read.set(batch.bytes.len() - rest.len());
                self.pass_on(combined)
            }
            Message::Watermark(watermark) => {
                let combined = self.hear(from, Watermark::at(*watermark));
                self.pass_on(combined)
            }
            Message::Flush => {
                self.operator.flush();
                Ok(())
            }
        }
    }

    /// Processing time has come this far. Also sends what has waited long enough, and everything if the worker
    /// has nothing else to do.
    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.operator.tick(now)?;
        if now.0.saturating_sub(self.measured.0).unsigned_abs() >= MEASURE {
            self.measured = now;
            self.metrics.state_bytes.set(i64::try_from(self.operator.state_bytes()).unwrap_or(i64::MAX));
        }
        if self.workers > 1 {
            if self.batches.is_idle() {
                if let Some(partials) = self.operator.partials() {
                    self.batches.partials(partials);
                }
                self.batches.flush();
            } else {
                self.send_due_partials();
                self.batches.tick(now);
            }
        }
        self.publish()
    }

    /// The event time up to which the results of this worker are complete. Idle if all workers' inputs are.
    pub fn watermark(&self) -> Watermark {
        self.watermarks.current()
    }

    pub fn operator(&mut self) -> &mut O {
        &mut self.operator
    }

    fn pass_on(&mut self, watermark: Option<Timestamp>) -> Result<()> {
        let Some(watermark) = watermark else { return Ok(()) };
        self.operator.advance(watermark)?;
        self.metrics.watermark.set(watermark.millis());
        self.publish()
    }

    fn publish(&mut self) -> Result<()> {
        self.metrics.rows_in.add(std::mem::take(&mut self.rows_in));
        self.metrics.state_keys.set(i64::try_from(self.operator.state_keys()).unwrap_or(i64::MAX));
        let late = self.operator.late();
        if late > self.late {
            self.metrics.late.add(late - self.late);
            self.late = late;
            return self.flush_late();
        }
        Ok(())
    }

    #[cold]
    fn flush_late(&mut self) -> Result<()> {
        self.operator.late_rows().map_or(Ok(()), Late::flush)
    }
}

impl<O: KeyedOperator> Stateful for Keyed<O> {
    fn name(&self) -> &str {
        &self.name
    }

    fn meaning(&self) -> &Value {
        &self.meaning
    }

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32> {
        // What a checkpoint contains will not come again.
        self.flush_late()?;
        self.operator.begin_snapshot(head, changes)
    }

    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool {
        self.operator.snapshot(blocks, enough)
    }

    fn early(&self) -> usize {
        self.operator.early()
    }

    fn snapshot_ended(&mut self, kept: bool) {
        self.operator.snapshot_ended(kept);
    }

    fn restore_head(&mut self, head: &[u8]) -> Result<()> {
        self.operator.restore_head(head)
    }

    fn expect_blocks(&mut self, blocks: usize) {
        self.operator.expect_blocks(blocks);
    }

    fn restore_block(&mut self, block: &[u8]) -> Result<()> {
        let (worker, workers) = (self.worker, self.workers);
        self.operator.restore_block(block, &|hash| owner(hash, workers) == worker)
    }
}

impl<O: Drain> Keyed<O> {
    /// Hands out the results there are. The context's arena is emptied after each of them.
    pub fn drain(&mut self, mut each: impl FnMut(&Context<'_>, O::Item<'_>) -> Result<()>) -> Result<()> {
        let Keyed { operator, arena, clock, watermarks, metrics, zone, .. } = self;
        let watermark = watermarks.current().time;
        let watermark = (watermark > Timestamp::MIN).then_some(watermark);
        let mut now = None;
        let mut rows_out = 0;
        let drained = operator.drain(|output| {
            let now = *now.get_or_insert_with(|| clock.now());
            rows_out += 1;
            let result = each(&Context { arena, now, watermark, zone }, output);
            arena.reset();
            result
        });
        if rows_out > 0 {
            metrics.rows_out.add(rows_out);
        }
        drained
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Waker;
    use crate::exchange::{Content, Envelope, Inbox};

    /// Writes down what happens to it.
    #[derive(Default)]
    struct Diary(Vec<String>);

    impl KeyedOperator for Diary {
        type Input<'a> = i64;

        fn hash(&self, input: &i64) -> u64 {
            // Rows of 0 belong to the first worker, rows of 1 to the second.
            (*input as u64) << 47
        }
        fn process(&mut self, _: u64, kind: RowKind, input: &i64) -> Result<()> {
            self.0.push(format!("{}[{input}]", kind.short()));
            Ok(())
        }
        fn advance(&mut self, watermark: Timestamp) -> Result<()> {
            self.0.push(format!("watermark {}", watermark.0));
            Ok(())
        }
        fn begin_snapshot(&mut self, _: &mut Vec<u8>, _: bool) -> Result<u32> {
            Ok(0)
        }
        fn snapshot(&mut self, _: &mut Blocks, _: usize) -> bool {
            false
        }
        fn snapshot_ended(&mut self, _: bool) {}
        fn restore_head(&mut self, _: &[u8]) -> Result<()> {
            Ok(())
        }
        fn restore_block(&mut self, _: &[u8], _: &dyn Fn(u64) -> bool) -> Result<()> {
            Ok(())
        }
    }

    struct Workers {
        keyed: Vec<Keyed<Diary>>,
        inboxes: Vec<Arc<Inbox>>,
        outboxes: Vec<Arc<Mutex<Outbox>>>,
    }

    impl Workers {
        fn tick_idle(&mut self, worker: usize) {
            self.outboxes[worker].lock().unwrap().set_idle(true);
            self.keyed[worker].tick(Timestamp(0)).unwrap();
            self.outboxes[worker].lock().unwrap().set_idle(false);
        }
    }

    fn workers() -> Workers {
        let wakers = [Waker::new(|| ()), Waker::new(|| ())];
        let inboxes: Vec<Arc<Inbox>> = (0..2).map(|worker| Arc::new(Inbox::new(worker, &wakers))).collect();
        let outbox = |worker| Arc::new(Mutex::new(Outbox::new(worker, inboxes.clone())));
        let outboxes: Vec<_> = (0..2).map(outbox).collect();
        let keyed = |worker: usize| {
            let outbox = Some(Arc::clone(&outboxes[worker]));
            let place = Place { worker, workers: 2, port: Port(0), outbox };
            let metrics = KeyedMetrics::new(&Registry::default(), "Diary", worker);
            Keyed::new("Diary".to_owned(), Diary::default(), place, Clock::system(), Zone::UTC, metrics)
        };
        let keyed = (0..2).map(keyed).collect();
        Workers { keyed, inboxes, outboxes }
    }

    #[test]
    fn rows_and_watermarks_of_a_worker_keep_their_order() {
        let mut workers = workers();
        workers.keyed[1].advance(Watermark::at(Timestamp(100))).unwrap();
        workers.tick_idle(1);
        let keyed = &mut workers.keyed;
        for (row, watermark) in [(1, 5), (0, 6), (0, 7), (1, 8)] {
            keyed[0].add(RowKind::Insert, &row).unwrap();
            keyed[0].advance(Watermark::at(Timestamp(watermark))).unwrap();
        }
        keyed[0].add(RowKind::Delete, &1).unwrap();
        assert_eq!(keyed[0].operator().0, ["+I[0]", "+I[0]"]);
        assert!(workers.inboxes[1].pop(Port(0)).is_none(), "nothing is sent before a batch is full or time passes");
        workers.tick_idle(0);
        let Workers { keyed, inboxes, .. } = &mut workers;
        for (worker, inbox) in inboxes.iter().enumerate() {
            while let Some((_, Envelope { from, content: Content::Message(message) })) = inbox.pop(Port(0)) {
                while !message.is_read() {
                    keyed[worker].receive(from, &message).unwrap();
                }
            }
        }
        // The watermarks 5, 6 and 7 had no row between them.
        assert_eq!(keyed[1].operator().0, ["+I[1]", "watermark 7", "+I[1]", "watermark 8", "-D[1]"]);
        // The first worker's own watermark was ahead of what it knew of the second.
        assert_eq!(keyed[0].operator().0, ["+I[0]", "+I[0]", "watermark 8"]);
    }

    #[test]
    fn a_busy_worker_sends_what_has_waited_for_some_milliseconds() {
        let Workers { mut keyed, inboxes, .. } = workers();
        keyed[0].add(RowKind::Insert, &1).unwrap();
        keyed[0].tick(Timestamp::from_millis(10)).unwrap();
        keyed[0].tick(Timestamp::from_millis(14)).unwrap();
        assert!(inboxes[1].pop(Port(0)).is_none());
        keyed[0].tick(Timestamp::from_millis(15)).unwrap();
        assert!(inboxes[1].pop(Port(0)).is_some());
        keyed[0].tick(Timestamp::from_millis(30)).unwrap();
        assert!(inboxes[1].pop(Port(0)).is_none());
    }

    #[test]
    fn buffers_come_back_to_their_sender() {
        let Workers { mut keyed, inboxes, outboxes } = workers();
        let mut capacities = Vec::new();
        for row in 0..20_000 {
            keyed[0].add(RowKind::Insert, &1).unwrap();
            if row % 100 != 0 {
                continue;
            }
            while let Some((_, Envelope { from, content: Content::Message(Message::Rows(batch)) })) =
                inboxes[1].pop(Port(0))
            {
                capacities.push((batch.bytes.capacity(), batch.bytes.as_ptr()));
                outboxes[1].lock().unwrap().return_buffer(from, batch);
            }
        }
        assert_eq!(capacities.len(), 5);
        // The first grew from nothing, and none had to be made after the second.
        assert_eq!(capacities[0].1, capacities[2].1);
        assert_eq!(capacities[1].1, capacities[3].1);
    }
}
