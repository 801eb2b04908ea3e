//! A crate on disk to a binary.
//!
//! The runtime and everything below it are built once per version and connector set by cargo, into the user's cache
//! folder; a crate is then one call of rustc against what lies there. Whatever is broken in the cache is noticed and made
//! again. What a crate contains is left to `package`; that it also builds with plain `cargo build` is seen to by the
//! sources that [`runtime::export`] puts beside it.
//!
//! In the cache folder:
//!
//! | name | what |
//! |---|---|
//! | `runtime-FINGERPRINT/` | one version of the runtime: `sources`, a `link-SET` crate per connector set, and per set, rustc and profile a folder of libraries with their record |
//! | `target/` | cargo's, shared by all versions |
//! | `notes/`, `builds/` | a folder per notebook (and cell) that was run, per folder that was built |
//! | `toolchain-*.json` | what rustc said of itself, and the files that tell when to ask again |
//!
//! Versions that were not used for thirty days are removed when a runtime has been built, notebooks and builds when
//! another one has been compiled.

mod cargo;
mod compile;
pub mod files;
mod libraries;
mod link;
mod lock;
mod prebuilt;
pub mod runtime;
mod rustc;
mod toolchain;

pub use compile::compile;
pub use lock::lock_file;
pub use prebuilt::{Prebuilt, Progress, prebuilt};
pub use rustc::Profile;
pub use toolchain::Toolchain;

use anyhow::{Context, Result};
use std::path::PathBuf;

/// The folder that everything reusable is kept in: `SQLC_CACHE_DIR`, or `sqlc` in the user's cache folder.
pub fn cache_dir() -> Result<PathBuf> {
    let dir = match std::env::var_os("SQLC_CACHE_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
            Some(dir) => PathBuf::from(dir).join("sqlc"),
            None => {
                let home = std::env::var_os("HOME").context("neither SQLC_CACHE_DIR nor HOME is set")?;
                PathBuf::from(home).join(".cache/sqlc")
            }
        },
    };
    // Programs are called in it.
    std::path::absolute(&dir).with_context(|| format!("cannot find {}", dir.display()))
}
