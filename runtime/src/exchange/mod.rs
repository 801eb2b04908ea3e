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

/// The entrance of one keyed operator, the same number on every worker. Ports are numbered in the order
/// in which operators are opened, which is upstream before downstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port(pub usize);

/// What one worker sends to a keyed operator of another.
#[derive(Debug)]
pub enum Message {
    /// Rows, each a kind, the hash of its key, and its columns; partial results; and watermarks between them.
    Rows(Vec<u8>),
    /// No row with an earlier event time will follow from this worker; sent by itself at the end.
    Watermark(Timestamp),
}
