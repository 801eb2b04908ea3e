//! A stateful operator with its share of the keys.

use super::{Content, Message, Outbox, Port};
use crate::error::Result;
use crate::function::zone::Zone;
use crate::job::metrics::{Counter, Gauge, Registry};
use crate::operator::{Drain, KeyedOperator};
use crate::row::{Codec, Context, RowKind};
use crate::time::{Clock, CombinedWatermark};
use crate::value::{Arena, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// A batch is sent when it has grown to this many bytes.
const BATCH_BYTES: usize = 64 << 10;

/// Stands in a batch where the kind of a row would, before a watermark.
const WATERMARK: u8 = 4;

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
}

impl KeyedMetrics {
    pub fn new(registry: &Registry, operator: &str, worker: usize) -> Self {
        let labels = [("operator", operator)];
        let watermark = registry
            .gauge("sqlc_operator_watermark_millis", &[("operator", operator), ("worker", &worker.to_string())]);
        watermark.set(Timestamp::MIN.millis());
        KeyedMetrics {
            rows_in: registry.counter("sqlc_operator_rows_in_total", &labels),
            rows_out: registry.counter("sqlc_operator_rows_out_total", &labels),
            late: registry.counter("sqlc_operator_late_total", &labels),
            watermark,
        }
    }
}

/// The worker's copy of a keyed operator, and the way to the copies of the others.
pub struct Keyed<O> {
    operator: O,
    place: Place,
    clock: Clock,
    arena: Arena,
    /// Per worker: rows on their way to it.
    batches: Vec<Vec<u8>>,
    /// Per worker: where the last watermark in its batch ends; 0 if there is none.
    last_watermarks: Vec<usize>,
    /// Per worker: the watermark of what it sends.
    watermarks: CombinedWatermark,
    metrics: KeyedMetrics,
    /// Not yet in `metrics`.
    rows_in: u64,
    late: u64,
    zone: Zone,
}

impl<O: KeyedOperator> Keyed<O> {
    pub fn new(operator: O, place: Place, clock: Clock, zone: Zone, metrics: KeyedMetrics) -> Self {
        let workers = place.workers;
        Keyed {
            operator,
            place,
            clock,
            arena: Arena::new(),
            batches: vec![Vec::new(); workers],
            last_watermarks: vec![0; workers],
            watermarks: CombinedWatermark::new(workers),
            metrics,
            rows_in: 0,
            late: 0,
            zone,
        }
    }

    /// Takes a row, whoever its key belongs to.
    #[inline]
    pub fn add(&mut self, kind: RowKind, input: &O::Input<'_>) -> Result<()> {
        let hash = self.operator.hash(input);
        if self.place.workers > 1 {
            let target = owner(hash, self.place.workers);
            if target != self.place.worker {
                self.send(target, hash, kind, input);
                return Ok(());
            }
        }
        self.rows_in += 1;
        self.operator.process(hash, kind, input)
    }

    /// No row with an earlier event time will be [added](Keyed::add) on this worker.
    pub fn advance(&mut self, watermark: Timestamp) -> Result<()> {
        let is_news = watermark > self.watermarks.of(self.place.worker);
        let combined = self.watermarks.advance(self.place.worker, watermark);
        if self.place.workers > 1 && is_news {
            self.send_watermark(watermark);
        }
        self.pass_on(combined)
    }

    /// Takes what another worker sent.
    pub fn receive(&mut self, from: usize, message: &Message) -> Result<()> {
        match message {
            Message::Rows(bytes) => {
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let Some(kind) = decode_kind(&mut rest) else {
                        let combined = self.watermarks.advance(from, Timestamp::decode(&mut rest));
                        self.pass_on(combined)?;
                        continue;
                    };
                    let hash = u64::decode(&mut rest);
                    let input = O::Input::decode(&mut rest);
                    self.rows_in += 1;
                    self.operator.process(hash, kind, &input)?;
                }
                Ok(())
            }
            Message::Watermark(watermark) => {
                let combined = self.watermarks.advance(from, *watermark);
                self.pass_on(combined)
            }
        }
    }

    /// Processing time has come this far. Also sends what waits in partly filled batches.
    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.operator.tick(now)?;
        self.flush();
        self.publish();
        Ok(())
    }

    /// The event time up to which the results of this worker are complete.
    pub fn watermark(&self) -> Timestamp {
        self.watermarks.current()
    }

    pub fn operator(&mut self) -> &mut O {
        &mut self.operator
    }

    fn pass_on(&mut self, watermark: Option<Timestamp>) -> Result<()> {
        let Some(watermark) = watermark else { return Ok(()) };
        self.operator.advance(watermark)?;
        self.metrics.watermark.set(watermark.millis());
        self.publish();
        Ok(())
    }

    #[inline(never)]
    fn send(&mut self, target: usize, hash: u64, kind: RowKind, input: &O::Input<'_>) {
        let batch = &mut self.batches[target];
        encode_kind(kind, batch);
        hash.encode(batch);
        input.encode(batch);
        if batch.len() >= BATCH_BYTES {
            self.flush_one(target);
        }
    }

    /// Puts a watermark behind the rows that were added before it. At a backlog watermarks come every few
    /// rows, so they wait with them for a batch to fill; and a later one takes the place of one that no row
    /// has followed.
    #[inline(never)]
    fn send_watermark(&mut self, watermark: Timestamp) {
        let own = self.place.worker;
        for target in (0..self.batches.len()).filter(|target| *target != own) {
            let (batch, end) = (&mut self.batches[target], &mut self.last_watermarks[target]);
            if *end > 0 && batch.len() == *end {
                batch.truncate(*end - size_of::<i64>());
            } else {
                batch.push(WATERMARK);
            }
            watermark.encode(batch);
            *end = batch.len();
            if batch.len() >= BATCH_BYTES {
                self.flush_one(target);
            }
        }
    }

    fn flush(&mut self) {
        for target in 0..self.batches.len() {
            if !self.batches[target].is_empty() {
                self.flush_one(target);
            }
        }
    }

    fn flush_one(&mut self, target: usize) {
        self.last_watermarks[target] = 0;
        let capacity = self.batches[target].len().min(BATCH_BYTES);
        let batch = std::mem::replace(&mut self.batches[target], Vec::with_capacity(capacity));
        let port = self.place.port;
        self.with_outbox(|outbox| outbox.send(port, target, Content::Message(Message::Rows(batch))));
    }

    fn with_outbox(&self, use_it: impl FnOnce(&mut Outbox)) {
        if let Some(outbox) = &self.place.outbox {
            use_it(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn publish(&mut self) {
        self.metrics.rows_in.add(std::mem::take(&mut self.rows_in));
        let late = self.operator.late();
        self.metrics.late.add(late - self.late);
        self.late = late;
    }
}

impl<O: Drain> Keyed<O> {
    /// Hands out the results there are. The context's arena is emptied after each of them.
    pub fn drain(&mut self, mut each: impl FnMut(&Context<'_>, O::Item<'_>) -> Result<()>) -> Result<()> {
        let Keyed { operator, arena, clock, watermarks, metrics, zone, .. } = self;
        let watermark = watermarks.current();
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

/// The worker of a key. Neither the highest nor the lowest bits decide, because hash tables use those.
#[inline]
fn owner(hash: u64, workers: usize) -> usize {
    let middle = (hash >> 16) & 0xFFFF_FFFF;
    ((middle * workers as u64) >> 32) as usize
}

#[inline]
fn encode_kind(kind: RowKind, out: &mut Vec<u8>) {
    out.push(match kind {
        RowKind::Insert => 0,
        RowKind::UpdateBefore => 1,
        RowKind::UpdateAfter => 2,
        RowKind::Delete => 3,
    });
}

/// The kind of the row that follows; `None` if it is a [`WATERMARK`].
#[inline]
fn decode_kind(bytes: &mut &[u8]) -> Option<RowKind> {
    match u8::decode(bytes) {
        0 => Some(RowKind::Insert),
        1 => Some(RowKind::UpdateBefore),
        2 => Some(RowKind::UpdateAfter),
        3 => Some(RowKind::Delete),
        WATERMARK => None,
        other => panic!("{other} is not the kind of a row"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Waker;
    use crate::exchange::{Envelope, Inbox};

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
    }

    fn workers() -> (Vec<Keyed<Diary>>, Vec<Arc<Inbox>>) {
        let wakers = [Waker::new(|| ()), Waker::new(|| ())];
        let inboxes: Vec<Arc<Inbox>> = (0..2).map(|worker| Arc::new(Inbox::new(worker, &wakers))).collect();
        let keyed = |worker| {
            let outbox = Some(Arc::new(Mutex::new(Outbox::new(worker, inboxes.clone()))));
            let place = Place { worker, workers: 2, port: Port(0), outbox };
            let metrics = KeyedMetrics::new(&Registry::default(), "Diary", worker);
            Keyed::new(Diary::default(), place, Clock::system(), Zone::UTC, metrics)
        };
        ((0..2).map(keyed).collect(), inboxes)
    }

    #[test]
    fn rows_and_watermarks_of_a_worker_keep_their_order() {
        let (mut keyed, inboxes) = workers();
        keyed[1].advance(Timestamp(100)).unwrap();
        keyed[1].tick(Timestamp(0)).unwrap();
        for (row, watermark) in [(1, 5), (0, 6), (0, 7), (1, 8)] {
            keyed[0].add(RowKind::Insert, &row).unwrap();
            keyed[0].advance(Timestamp(watermark)).unwrap();
        }
        keyed[0].add(RowKind::Delete, &1).unwrap();
        assert_eq!(keyed[0].operator().0, ["+I[0]", "+I[0]"]);
        assert!(inboxes[1].pop(Port(0)).is_none(), "nothing is sent before a batch is full or time passes");
        keyed[0].tick(Timestamp(0)).unwrap();
        for (worker, inbox) in inboxes.iter().enumerate() {
            while let Some((_, Envelope { from, content: Content::Message(message) })) = inbox.pop(Port(0)) {
                keyed[worker].receive(from, &message).unwrap();
            }
        }
        // The watermarks 5, 6 and 7 had no row between them.
        assert_eq!(keyed[1].operator().0, ["+I[1]", "watermark 7", "+I[1]", "watermark 8", "-D[1]"]);
        // The first worker's own watermark was ahead of what it knew of the second.
        assert_eq!(keyed[0].operator().0, ["+I[0]", "+I[0]", "watermark 8"]);
    }
}
