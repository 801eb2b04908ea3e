//! Checkpoints in S3, and in whatever speaks S3: the runtime's [`Storage`] over the crate `object_store`.
//!
//! Requests are made on a small async runtime that has a thread of its own; callers are plain threads that wait for it.
//! What is stored, and what becomes of a checkpoint when the store fails, is left to the runtime.

mod background;
mod claim;
mod config;
mod failure;
mod http;
mod profile;
mod reader;
mod store;
mod upload;

#[cfg(test)]
mod tests;

use sqlc_runtime::checkpoint::{Storage, StorageScheme};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::error::Result;
use std::sync::Arc;

/// The storage of `s3://bucket/path`.
pub fn storage() -> Box<dyn StorageScheme> {
    Box::new(S3)
}

struct S3;

impl StorageScheme for S3 {
    /// Hadoop's names for the same are known to Flink's users.
    fn schemes(&self) -> &'static [&'static str] {
        &["s3", "s3a", "s3n"]
    }

    fn open(&self, url: &str, settings: &Options) -> Result<Arc<dyn Storage>> {
        let config = config::Config::new(url, settings, &|name| std::env::var(name).ok())?;
        Ok(Arc::new(store::S3Storage::open(&config)?))
    }
}
