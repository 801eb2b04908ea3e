//! What a generated streaming application is linked against.
//!
//! Bytes come in as chunks, leave as records, and in between everything that depends on the query is
//! generated code calling into this crate; everything that does not is compiled here, once.
//!
//! Layers, each importing only those above it:
//!
//! | layer | modules |
//! |---|---|
//! | 0 | [`value`], [`error`] |
//! | 1 | [`function`], [`time`], [`retry`], [`row`] |
//! | 2 | [`window`], [`state`] |
//! | 3 | [`operator`], [`format`](mod@format), [`connector`]: they never import each other |
//! | 4 | [`exchange`], [`checkpoint`] |
//! | 5 | [`job`] |

pub mod checkpoint;
pub mod connector;
pub mod error;
pub mod exchange;
pub mod format;
pub mod function;
pub mod job;
pub mod operator;
mod order;
pub mod retry;
pub mod row;
pub mod state;
pub mod time;
pub mod value;
pub mod window;
