//! A crate on disk to a binary.
//!
//! The runtime and everything below it are built once per version and connector set by cargo, into the user's cache
//! folder; a crate is then one call of rustc against what lies there. What a crate contains is left to `package`;
//! that it also builds with plain `cargo build` is seen to by the sources that [`runtime::export`] puts beside it.

mod lock;
mod prebuilt;
pub mod runtime;
mod rustc;

pub use lock::lock_file;
pub use prebuilt::{Prebuilt, Progress, prebuilt};
pub use rustc::{Built, Profile, compile, rustc_version};

use anyhow::{Context, Result};
use std::path::PathBuf;

/// The folder that everything reusable is kept in: `SQLC_CACHE_DIR`, or `sqlc` in the user's cache folder.
pub fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("SQLC_CACHE_DIR").filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir));
    }
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => {
            PathBuf::from(std::env::var_os("HOME").context("neither SQLC_CACHE_DIR nor HOME is set")?).join(".cache")
        }
    };
    Ok(base.join("sqlc"))
}
