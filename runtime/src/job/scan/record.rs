//! Where the records of a payload are, and what becomes of those that are not plain.

use super::ledger::Counts;
use crate::connector::Payload;
use crate::error::Result;
use crate::job::Table;
use crate::job::bad_record::{Fate, Policy};
use crate::row::{DecodeRow, Position, Provenance, RecordError};
use crate::value::Arena;
use std::collections::VecDeque;

/// Consecutive bytes of a payload: all of its lines, or one of its messages, which is one record.
pub(super) struct Block<'c> {
    pub bytes: &'c [u8],
    is_lines: bool,
    /// That of the first byte.
    provenance: Provenance<'c>,
}

impl<'c> Block<'c> {
    pub fn count(payload: &Payload) -> usize {
        match payload {
            Payload::Lines { bytes, .. } => usize::from(!bytes.is_empty()),
            Payload::Messages(messages) => messages.len(),
        }
    }

    #[inline]
    pub fn new(payload: &'c Payload, index: usize, split: &'c str) -> Self {
        match payload {
            Payload::Lines { bytes, offset, modified, file_size } => {
                let position = Position::Offset(*offset);
                let provenance = Provenance { split, position, timestamp: *modified, file_size: *file_size };
                Block { bytes, is_lines: true, provenance }
            }
            Payload::Messages(messages) => {
                let message = messages.get(index);
                let position = Position::Sequence(message.sequence);
                let provenance = Provenance { split, position, timestamp: message.timestamp, file_size: 0 };
                Block { bytes: message.bytes, is_lines: false, provenance }
            }
        }
    }

    /// Whether a record may end here.
    #[inline]
    pub fn may_end(&self, end: usize) -> bool {
        self.is_lines || end == self.bytes.len()
    }

    /// That of the record at `start`.
    #[inline]
    pub fn provenance(&self, start: usize) -> Provenance<'c> {
        let position = match self.provenance.position {
            Position::Offset(offset) => Position::Offset(offset + start as u64),
            sequence => sequence,
        };
        Provenance { position, ..self.provenance }
    }

    /// The record at `start`, and where the next one begins.
    fn record(&self, start: usize) -> (&'c [u8], usize) {
        let rest = &self.bytes[start..];
        if !self.is_lines {
            return (rest, self.bytes.len());
        }
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..length];
        (line.strip_suffix(b"\r").unwrap_or(line), (start + length + 1).min(self.bytes.len()))
    }
}

/// A record that is not plain, with the rows that it has nevertheless.
pub(super) struct Odd<'s, R> {
    table: &'s Table,
    policy: &'s Policy,
    rows: VecDeque<R>,
    /// Why there are no more rows.
    error: Option<RecordError>,
    counts: Counts,
}

impl<'s, R> Odd<'s, R> {
    pub fn new(table: &'s Table, policy: &'s Policy) -> Self {
        Odd { table, policy, rows: VecDeque::new(), error: None, counts: Counts::default() }
    }

    /// Decodes the record at `start`; answers where the next one begins.
    #[cold]
    #[inline(never)]
    pub fn decode<'c, D>(&mut self, decoder: &mut D, block: &Block<'c>, start: usize, arena: &'c Arena) -> usize
    where
        R: DecodeRow<'c, D>,
    {
        let (record, next) = block.record(start);
        let decoded = R::decode(decoder, record, arena, |row| self.rows.push_back(row));
        match decoded {
            // An empty line is a record only where the format makes a row of it.
            Ok(()) if self.rows.is_empty() && record.is_empty() => return next,
            // The format's options say that such a record is no row.
            Ok(()) if self.rows.is_empty() => self.counts.skipped += 1,
            Ok(()) => {}
            Err(error) => self.error = Some(error),
        }
        self.counts.read += 1;
        self.counts.rows += self.rows.len() as u64;
        next
    }

    /// The next row of the record.
    #[inline]
    pub fn next(&mut self) -> Option<R> {
        self.rows.pop_front()
    }

    /// Deals with the record at `start` if it is a bad one, after its rows have been handed on.
    #[inline]
    pub fn settle(&mut self, block: &Block<'_>, start: usize) -> Result<()> {
        match self.error.take() {
            None => Ok(()),
            Some(error) => self.give_up(block, start, &error),
        }
    }

    #[cold]
    #[inline(never)]
    fn give_up(&mut self, block: &Block<'_>, start: usize, error: &RecordError) -> Result<()> {
        let (record, _) = block.record(start);
        let provenance = block.provenance(start);
        match self.policy.apply(self.table.name, self.table.origin, &provenance, record, error)? {
            Fate::Skipped => self.counts.skipped += 1,
            Fate::DeadLettered => self.counts.dead_lettered += 1,
        }
        Ok(())
    }

    /// What became of these records so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}
