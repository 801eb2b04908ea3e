//! What a generated streaming application is linked against.
//!
//! Bytes come in as chunks, leave as records, and in between everything that depends on the query is
//! generated code calling into this crate; everything that does not is compiled here, once.
//!
//! What works on every row is [`sqlc_rows`], which is compiled for speed; its modules are this crate's too. Everything here is
//! compiled for size, except what is generic: that is compiled with the application.
//!
//! Layers, each importing only those above it:
//!
//! | layer | modules |
//! |---|---|
//! | 0 | [`value`], [`error`], [`order`] |
//! | 1 | [`function`], [`time`], [`retry`], [`row`] |
//! | 2 | [`window`], [`state`] |
//! | 3 | [`operator`], [`format`](mod@format), [`connector`]: they never import each other |
//! | 4 | [`exchange`], [`checkpoint`] |
//! | 5 | [`job`] |

pub mod checkpoint;
pub mod connector;
pub mod exchange;
pub mod job;
pub mod operator;
mod queue;
pub mod retry;
pub mod state;
pub mod time;
pub mod window;

pub use sqlc_rows::{error, format, function, order, row, value};
