//! Rows that wait a moment for the memory of their keys.
//!
//! In a table of millions of keys a row waits longer for memory than everything else that is done with it takes.
//! So rows of large tables are put aside until there are a few, memory is asked for in the meantime, and the
//! processor waits for all of them together. What is done with the rows then is left to the operator, which takes
//! them before it hands out anything that they count in.

use crate::error::Result;
use crate::row::{Codec, RowKind};

/// How many rows wait together: more than memory requests can be on their way at once.
const ROWS: usize = 32;

/// A few rows, as bytes, in the order in which they came.
#[derive(Default)]
pub(super) struct Delayed {
    rows: Vec<Row>,
    bytes: Vec<u8>,
}

struct Row {
    hash: u64,
    slice: i64,
    kind: RowKind,
}

impl Delayed {
    /// Puts a row aside; `true` if it is time to take all.
    #[inline]
    pub fn add<'a>(&mut self, hash: u64, slice: i64, kind: RowKind, input: &impl Codec<'a>) -> bool {
        if self.rows.is_empty() {
            self.bytes.clear();
        }
        self.rows.push(Row { hash, slice, kind });
        input.encode(&mut self.bytes);
        self.rows.len() >= ROWS
    }

    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.hash)
    }

    /// Hands out all rows with their hash, slice and kind. After an error the rest is forgotten.
    #[inline]
    pub fn take<'a, I: Codec<'a>>(
        &'a mut self,
        mut each: impl FnMut(u64, i64, RowKind, I) -> Result<()>,
    ) -> Result<()> {
        let mut rest = self.bytes.as_slice();
        self.rows.drain(..).try_for_each(|row| each(row.hash, row.slice, row.kind, I::decode(&mut rest)))
    }
}
