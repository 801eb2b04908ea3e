//! The reading of one table on one worker: chunks of bytes to rows and watermarks.

use super::Table;
use super::bad_record::{Fate, Policy};
use super::metrics::{Counter, Registry};
use super::watermark::ScanWatermark;
use crate::connector::{Payload, ReaderEvent, SplitId};
use crate::error::Result;
use crate::function::zone::Zone;
use crate::row::{Context, DecodeRow, Position, Provenance, TableRow};
use crate::time::Clock;
use crate::value::{Arena, Timestamp};
use std::sync::Arc;

/// What a scan hands to the pipeline.
#[derive(Debug)]
pub enum Element<'e, 'c, R> {
    Row(&'e R, &'e Context<'c>),
    /// No row with an earlier event time will follow (one that does is late).
    Watermark(Timestamp),
}

/// One worker's scan of one table; `D` is the decoder of the table's format.
pub struct Scan<D> {
    table: &'static Table,
    decoder: D,
    clock: Clock,
    arena: Arena,
    splits: Vec<(SplitId, Arc<str>)>,
    watermark: ScanWatermark,
    policy: Policy,
    ledger: Ledger,
    metrics: Registry,
    zone: Zone,
}

/// What has become of the records of a table, over all workers.
#[derive(Clone, Debug)]
struct Ledger {
    read: Counter,
    decoded: Counter,
    skipped: Counter,
    dead_lettered: Counter,
    rows: Counter,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    read: u64,
    skipped: u64,
    dead_lettered: u64,
    rows: u64,
}

impl Ledger {
    fn new(registry: &Registry, table: &str) -> Self {
        let counter = |name| registry.counter(name, &[("table", table)]);
        Ledger {
            read: counter("sqlc_records_read_total"),
            decoded: counter("sqlc_records_decoded_total"),
            skipped: counter("sqlc_records_skipped_total"),
            dead_lettered: counter("sqlc_records_dead_lettered_total"),
            rows: counter("sqlc_source_rows_total"),
        }
    }

    fn add(&self, counts: Counts) {
        self.read.add(counts.read);
        self.decoded.add(counts.read - counts.skipped - counts.dead_lettered);
        self.skipped.add(counts.skipped);
        self.dead_lettered.add(counts.dead_lettered);
        self.rows.add(counts.rows);
    }
}

impl<D> Scan<D> {
    pub(super) fn new(
        table: &'static Table,
        decoder: D,
        clock: Clock,
        watermark: ScanWatermark,
        policy: Policy,
        metrics: Registry,
        zone: Zone,
    ) -> Self {
        let ledger = Ledger::new(&metrics, table.name);
        Scan {
            table,
            decoder,
            clock,
            arena: Arena::new(),
            splits: Vec::new(),
            watermark,
            policy,
            ledger,
            metrics,
            zone,
        }
    }

    /// Takes what a reader of the table brought: decodes it, completes the rows, and hands them and the
    /// watermarks between them to `each`.
    pub fn read<'c, R: TableRow<'c> + DecodeRow<'c, D>>(
        &'c mut self,
        event: &'c ReaderEvent,
        mut each: impl FnMut(Element<'_, 'c, R>) -> Result<()>,
    ) -> Result<()> {
        let now = self.clock.now();
        let watermark = match event {
            ReaderEvent::Chunk(chunk) => return self.chunk(chunk.split, &chunk.payload, now, each),
            ReaderEvent::SplitStarted { split, name } => {
                self.splits.push((*split, Arc::clone(name)));
                self.watermark.split_started(*split, now);
                None
            }
            ReaderEvent::SplitFinished { split } => {
                self.show_split(*split, |metrics, labels| {
                    metrics.remove("sqlc_split_watermark_millis", labels);
                    metrics.remove("sqlc_split_lag_millis", labels);
                });
                self.splits.retain(|(known, _)| known != split);
                self.watermark.split_finished(*split, now);
                None
            }
            ReaderEvent::SplitLag { split, millis } => {
                self.watermark.split_lag(*split, *millis);
                self.show_split(*split, |metrics, labels| metrics.gauge("sqlc_split_lag_millis", labels).set(*millis));
                None
            }
            ReaderEvent::Pending => self.watermark.idle(now),
            ReaderEvent::End => self.watermark.end(),
        };
        match watermark {
            Some(watermark) => each(Element::Watermark(watermark)),
            None => Ok(()),
        }
    }

    fn chunk<'c, R: TableRow<'c> + DecodeRow<'c, D>>(
        &'c mut self,
        split: SplitId,
        payload: &'c Payload,
        now: Timestamp,
        mut each: impl FnMut(Element<'_, 'c, R>) -> Result<()>,
    ) -> Result<()> {
        self.watermark.chunk_started(split, now);
        self.arena.reset();
        let Scan { table, decoder, arena, splits, watermark, policy, ledger, metrics, zone, .. } = self;
        let arena: &'c Arena = arena;
        let name: &'c str = splits.iter().find(|(known, _)| *known == split).map_or("", |(_, name)| name);
        let mut counts = Counts::default();
        let mut context = Context { arena, now, watermark: watermark.sent(), zone };

        let mut record = |bytes: &'c [u8], provenance: Provenance<'c>| -> Result<()> {
            let mut rows = 0;
            let mut forwarded = Ok(());
            let decoded = R::decode(decoder, bytes, arena, &mut |mut row| {
                rows += 1;
                if forwarded.is_ok() {
                    forwarded = forward(&mut row, &provenance, &mut context, watermark, &mut each);
                }
            });
            forwarded?;
            // An empty line is a record only where the format makes a row of it.
            if bytes.is_empty() && rows == 0 && decoded.is_ok() {
                return Ok(());
            }
            counts.read += 1;
            counts.rows += rows;
            match decoded {
                Ok(()) if rows > 0 => Ok(()),
                // The format's options say that such a record is no row.
                Ok(()) => {
                    counts.skipped += 1;
                    Ok(())
                }
                Err(error) => {
                    match policy.apply(table.name, table.origin, &provenance, bytes, &error)? {
                        Fate::Skipped => counts.skipped += 1,
                        Fate::DeadLettered => counts.dead_lettered += 1,
                    }
                    Ok(())
                }
            }
        };

        let result = match payload {
            Payload::Lines { bytes, offset, modified, file_size } => {
                let mut start = 0;
                let mut lines = memchr::memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
                lines.try_for_each(|end| {
                    let line = &bytes[start..end];
                    let position = Position::Offset(offset + start as u64);
                    start = (end + 1).min(bytes.len());
                    // What follows the last line end is no line.
                    if line.is_empty() && end == bytes.len() {
                        return Ok(());
                    }
                    let line = line.strip_suffix(b"\r").unwrap_or(line);
                    record(line, Provenance { split: name, position, timestamp: *modified, file_size: *file_size })
                })
            }
            Payload::Messages(messages) => messages.iter().try_for_each(|message| {
                let position = Position::Sequence(&message.sequence);
                let timestamp = message.timestamp;
                record(&message.bytes, Provenance { split: name, position, timestamp, file_size: 0 })
            }),
        };
        ledger.add(counts);
        if let Some(latest) = watermark.of(split) {
            metrics
                .gauge("sqlc_split_watermark_millis", &[("table", table.name), ("split", name)])
                .set(latest.millis());
        }
        if counts.dead_lettered > 0 {
            policy.flush()?;
        }
        result
    }

    fn show_split(&self, split: SplitId, show: impl FnOnce(&Registry, &[(&'static str, &str)])) {
        if let Some((_, name)) = self.splits.iter().find(|(known, _)| *known == split) {
            show(&self.metrics, &[("table", self.table.name), ("split", name)]);
        }
    }
}

/// Completes a row and hands it on, and the watermark that follows it.
#[inline]
fn forward<'c, R: TableRow<'c>>(
    row: &mut R,
    provenance: &Provenance<'c>,
    context: &mut Context<'c>,
    watermark: &mut ScanWatermark,
    each: &mut impl FnMut(Element<'_, 'c, R>) -> Result<()>,
) -> Result<()> {
    row.complete(provenance, context)?;
    each(Element::Row(row, context))?;
    if R::HAS_WATERMARK
        && let Some(sent) = watermark.row(row.watermark()?)
    {
        context.watermark = Some(sent);
        each(Element::Watermark(sent))?;
    }
    Ok(())
}
