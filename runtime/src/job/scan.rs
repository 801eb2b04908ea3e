//! The reading of one table on one worker: chunks of bytes to rows and watermarks.

mod ledger;
mod record;
mod splits;

use super::Table;
use super::bad_record::Policy;
use super::metrics::Registry;
use super::watermark::ScanWatermark;
use crate::checkpoint::Stateful;
use crate::connector::{Payload, ReaderEvent, SplitId};
use crate::error::Result;
use crate::function::zone::Zone;
use crate::row::{Context, DecodeRow, TableRow};
use crate::state::Blocks;
use crate::time::{Clock, Watermark};
use crate::value::{Arena, Timestamp};
use ledger::Ledger;
use record::{Block, Odd};
use serde_json::Value;
use splits::Splits;

/// What a scan hands to the pipeline.
#[derive(Debug)]
pub enum Element<'e, 'c, R> {
    Row(&'e R, &'e Context<'c>),
    Watermark(&'e Watermark),
}

/// One worker's scan of one table; `D` is the decoder of the table's format.
pub struct Scan<D> {
    table: &'static Table,
    decoder: D,
    clock: Clock,
    arena: Arena,
    splits: Splits,
    watermark: ScanWatermark,
    /// Whether those behind have heard last that nothing comes.
    is_idle: bool,
    policy: Policy,
    ledger: Ledger,
    zone: Zone,
    meaning: Value,
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
            splits: Splits::new(table.name, metrics),
            watermark,
            is_idle: false,
            policy,
            ledger,
            zone,
            meaning: Value::Null,
        }
    }

    /// Says what the positions in the table [mean](crate::checkpoint::meaning).
    pub(super) fn means(mut self, meaning: Value) -> Self {
        self.meaning = meaning;
        self
    }

    /// Notes an event; answers what is to be said of it, before the rows of a chunk.
    fn note(&mut self, event: &ReaderEvent, now: Timestamp) -> Option<Watermark> {
        // Silence is measured by a clock that nobody sets.
        let moment = self.clock.monotonic();
        let restored = self.watermark.restored();
        let watermark = match event {
            ReaderEvent::Chunk(chunk) => {
                self.watermark.chunk_started(chunk.split, moment);
                None
            }
            ReaderEvent::SplitStarted { split, name } => {
                self.splits.start(*split, name, now);
                self.watermark.split_started(*split, name, moment);
                None
            }
            ReaderEvent::SplitFinished { split } => {
                self.splits.finish(*split);
                self.watermark.split_finished(*split, moment);
                None
            }
            ReaderEvent::SplitLag { split, millis } => {
                self.watermark.split_lag(*split, *millis);
                self.splits.lag(*split, *millis);
                None
            }
            ReaderEvent::Pending => {
                let watermark = self.watermark.idle(moment);
                self.watermark.silenced().for_each(|split| self.splits.fell_silent(split));
                watermark
            }
            ReaderEvent::End => self.watermark.end(),
        };
        self.news(watermark.max(restored))
    }

    /// A new watermark, or that somebody begins or ceases to wait for rows in vain.
    fn news(&mut self, watermark: Option<Timestamp>) -> Option<Watermark> {
        let is_idle = self.watermark.is_idle();
        let is_other = std::mem::replace(&mut self.is_idle, is_idle) != is_idle;
        let known = || self.watermark.sent().unwrap_or(Timestamp::MIN);
        let time = watermark.or_else(|| is_other.then(known))?;
        Some(Watermark { time, is_idle })
    }

    /// Takes what a reader of the table brought: decodes it, completes the rows, and hands them and the
    /// watermarks between them to `each`.
    pub fn read<'c, R: TableRow<'c> + DecodeRow<'c, D>>(
        &'c mut self,
        event: &'c ReaderEvent,
        mut each: impl FnMut(Element<'_, 'c, R>) -> Result<()>,
    ) -> Result<()> {
        let now = self.clock.now();
        if let Some(watermark) = self.note(event, now) {
            each(Element::Watermark(&watermark))?;
        }
        match event {
            ReaderEvent::Chunk(chunk) => self.chunk(chunk.split, &chunk.payload, now, each),
            _ => Ok(()),
        }
    }

    fn chunk<'c, R: TableRow<'c> + DecodeRow<'c, D>>(
        &'c mut self,
        split: SplitId,
        payload: &'c Payload,
        now: Timestamp,
        mut each: impl FnMut(Element<'_, 'c, R>) -> Result<()>,
    ) -> Result<()> {
        self.arena.reset();
        let Scan { table, decoder, arena, splits, watermark, policy, ledger, zone, .. } = self;
        let arena: &'c Arena = arena;
        let splits: &'c Splits = splits;
        let name = splits.name(split);
        let mut context = Context { arena, now, watermark: watermark.sent(), zone };
        let mut odd = Odd::new(table, policy);
        let mut plain = 0;
        let result = (0..Block::count(payload)).try_for_each(|index| {
            let block = Block::new(payload, index, name);
            let mut next = 0;
            loop {
                let start = next;
                let mut row = match R::decode_line(decoder, block.bytes, start, arena) {
                    Some((row, end)) if block.may_end(end) => {
                        plain += 1;
                        next = end;
                        Some(row)
                    }
                    _ => {
                        next = odd.decode(decoder, &block, start, arena);
                        None
                    }
                };
                // Both kinds of rows go on from here, so that everything behind a scan is compiled once.
                while let Some(mut row) = row.take().or_else(|| odd.next()) {
                    row.complete(&block.provenance(start), &context)?;
                    each(Element::Row(&row, &context))?;
                    if R::HAS_WATERMARK
                        && let Some(sent) = watermark.row(row.watermark()?)
                    {
                        context.watermark = Some(sent);
                        each(Element::Watermark(&Watermark::at(sent)))?;
                    }
                }
                odd.settle(&block, start)?;
                if next >= block.bytes.len() {
                    return Ok(());
                }
            }
        });
        let counts = odd.counts().plain(plain);
        ledger.add(counts);
        splits.heard(split, now, watermark.of(split));
        if counts.dead_lettered > 0 {
            policy.flush()?;
        }
        result
    }
}

impl<D> Stateful for Scan<D> {
    fn name(&self) -> &str {
        self.table.name
    }

    fn meaning(&self) -> &Value {
        &self.meaning
    }

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, _: bool) -> Result<u32> {
        let splits = &self.splits;
        self.watermark.snapshot(head, |split| splits.name(split));
        Ok(0)
    }

    fn snapshot(&mut self, _: &mut Blocks, _: usize) -> bool {
        false
    }

    fn snapshot_ended(&mut self, _: bool) {}

    fn restore_head(&mut self, head: &[u8]) -> Result<()> {
        self.watermark.restore(head);
        Ok(())
    }

    fn restore_block(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
}
