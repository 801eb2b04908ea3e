//! How many records came and what became of them.

use crate::job::metrics::{Counter, Registry};

/// What has become of the records of a table, over all workers.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    read: Counter,
    decoded: Counter,
    skipped: Counter,
    dead_lettered: Counter,
    rows: Counter,
}

/// The same of a few records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub read: u64,
    pub skipped: u64,
    pub dead_lettered: u64,
    pub rows: u64,
}

impl Counts {
    /// With so many records more that were one row each.
    pub fn plain(self, records: u64) -> Self {
        Counts { read: self.read + records, rows: self.rows + records, ..self }
    }
}

impl Ledger {
    pub fn new(registry: &Registry, table: &str) -> Self {
        let counter = |name| registry.counter(name, &[("table", table)]);
        Ledger {
            read: counter("sqlc_records_read_total"),
            decoded: counter("sqlc_records_decoded_total"),
            skipped: counter("sqlc_records_skipped_total"),
            dead_lettered: counter("sqlc_records_dead_lettered_total"),
            rows: counter("sqlc_source_rows_total"),
        }
    }

    pub fn add(&self, counts: Counts) {
        self.read.add(counts.read);
        self.decoded.add(counts.read - counts.skipped - counts.dead_lettered);
        self.skipped.add(counts.skipped);
        self.dead_lettered.add(counts.dead_lettered);
        self.rows.add(counts.rows);
    }
}
