//! Rows to the worker of their key.
//!
//! A [`Keyed`] wraps a stateful operator. With one worker it calls straight through; with several it turns
//! rows of other workers' keys into batches of bytes, or into partial results first where the operator is one
//! of two phases, sends those through bounded in-boxes, and gives the operator what other workers sent. What a
//! row means is left to the generated code behind [`Codec`](crate::row::Codec); when in-boxes are served is left
//! to [`job`](crate::job).

mod batches;
mod inbox;
mod keyed;
mod outbox;

pub use inbox::{Content, Envelope, Inbox};
pub use keyed::{Keyed, KeyedMetrics, Place};
pub use outbox::Outbox;

use crate::value::Timestamp;
use std::cell::Cell;

/// The entrance of one keyed operator, the same number on every worker. Ports are numbered in the order
/// in which operators are opened, which is upstream before downstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port(pub usize);

/// Bytes, and how many of them the receiver has read: it comes back for the rest when it has handed out what a
/// watermark made due, since rows behind the watermark must not get into that.
#[derive(Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    read: Cell<usize>,
}

impl Batch {
    fn new(bytes: Vec<u8>) -> Self {
        Batch { bytes, read: Cell::new(0) }
    }
}

impl Message {
    /// Whether the receiver has read all of it.
    pub fn is_read(&self) -> bool {
        match self {
            Message::Rows(batch) => batch.read.get() == batch.bytes.len(),
            Message::Watermark(_) | Message::Flush => true,
        }
    }
}

/// What one worker sends to a keyed operator of another.
#[derive(Debug)]
pub enum Message {
    /// Rows, each a kind, the hash of its key, and its columns; partial results; and watermarks between them.
    Rows(Batch),
    /// No row with an earlier event time will follow from this worker; sent by itself at the end.
    Watermark(Timestamp),
    /// What a worker says to itself: results that wait for others are to be handed out.
    Flush,
}

#[cfg(test)]
mod groups;
#[cfg(test)]
mod tests;
