//! The runtime as libraries that rustc can link against, built once and kept.

use super::cargo::{self, Outcome};
use super::toolchain::Toolchain;
use super::{files, libraries, link, runtime};
use anyhow::{Result, bail};
use std::io;
use std::path::{Path, PathBuf};

/// What rustc needs to link a generated crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prebuilt {
    pub toolchain: Toolchain,
    /// Crate name and library, of the crates that generated code names.
    pub externs: Vec<(String, PathBuf)>,
    /// Where all other libraries are.
    pub dir: PathBuf,
}

/// Told what is being built while it is.
pub trait Progress {
    /// Something that takes minutes is going to be built.
    fn starting(&mut self, what: &str);
    /// `done` crates are ready, of about `total` if that is known; `name` was the last.
    fn built(&mut self, name: &str, done: usize, total: Option<usize>);
    /// A crate of this name is being compiled.
    fn compiling(&mut self, name: &str);
}

impl Progress for () {
    fn starting(&mut self, _: &str) {}
    fn built(&mut self, _: &str, _: usize, _: Option<usize>) {}
    fn compiling(&mut self, _: &str) {}
}

/// The libraries for a set of connector crates (`sqlc_kinesis`): those that lie in the cache, or new ones.
///
/// # Errors
/// If there is no Rust, the cache cannot be written to, or cargo cannot build the runtime.
pub fn prebuilt(cache: &Path, connectors: &[&str], progress: &mut dyn Progress) -> Result<Prebuilt> {
    files::make_folder(cache)?;
    let toolchain = Toolchain::find(cache)?;
    let dir = folder(cache, connectors, &toolchain);
    if let Some(record) = libraries::read(&dir) {
        return Ok(Prebuilt::new(toolchain, record, dir));
    }
    let version = version_folder(cache);
    files::make_folder(&version)?;
    // Others may be building the same: the second one finds the first one's work.
    let _lock = files::lock(&version, "lock")?;
    if let Some(record) = libraries::read(&dir) {
        return Ok(Prebuilt::new(toolchain, record, dir));
    }
    let target = cache.join("target");
    discard(&dir, libraries::damaged(&dir), &target)?;
    let app = link::write(&version, connectors)?;
    progress.starting("what applications are linked with");
    let built = build(&toolchain, &app, &target, connectors, progress)?;
    let record = libraries::place(&built.files, &built.externs, &dir)?;
    // This is the rare occasion on which there is time to look for what nobody uses any more.
    if files::tidy(cache, "runtime-", &version, "lock", usize::MAX) {
        files::tidy_links(&target.join("release/deps"));
    }
    Ok(Prebuilt::new(toolchain, record, dir))
}

impl Prebuilt {
    fn new(toolchain: Toolchain, record: libraries::Record, dir: PathBuf) -> Prebuilt {
        let externs = record.externs.into_iter().map(|(name, library)| (name, dir.join(library))).collect();
        Prebuilt { toolchain, externs, dir }
    }

    /// Takes away libraries that are not what was built, so that they will be built again, and says whether there were any.
    /// Every byte is looked at; that is for when rustc says that something is wrong. `all` are taken away if rustc says
    /// that it is them.
    pub fn discard_damaged(&self, cache: &Path, all: bool) -> Result<bool> {
        if !all && self.dir.is_dir() && libraries::damaged(&self.dir).is_empty() {
            return Ok(false);
        }
        let _lock = files::lock(&version_folder(cache), "lock")?;
        let names = if all { libraries::names(&self.dir) } else { libraries::damaged(&self.dir) };
        discard(&self.dir, names, &cache.join("target"))?;
        Ok(true)
    }
}

/// Where everything of this version of the runtime is.
pub(super) fn version_folder(cache: &Path) -> PathBuf {
    cache.join(format!("runtime-{}", runtime::fingerprint()))
}

/// Where the libraries of a set are. How they are built is part of what they are.
fn folder(cache: &Path, connectors: &[&str], toolchain: &Toolchain) -> PathBuf {
    let how = format!("{}{}", link::manifest(connectors), cargo::RUSTFLAGS);
    let how = &runtime::digest(how.as_bytes())[..8];
    version_folder(cache).join(format!("{}-{}-{how}", link::set(connectors), toolchain.tag))
}

/// Takes away a folder of libraries, and what is `damaged` from cargo's folder too, so that cargo builds just that again.
fn discard(dir: &Path, damaged: Vec<String>, target: &Path) -> Result<()> {
    for name in damaged {
        // The same file under another name, or one that cargo never made.
        let _ = std::fs::remove_file(target.join("release/deps").join(name));
    }
    libraries::remove(dir)
}

fn build(
    toolchain: &Toolchain,
    app: &Path,
    target: &Path,
    connectors: &[&str],
    progress: &mut dyn Progress,
) -> Result<cargo::Libraries> {
    let wanted: Vec<&str> = connectors.iter().copied().chain(["sqlc_runtime"]).collect();
    let was_there = target.exists();
    let complaints = match cargo::build(toolchain, app, target, &wanted, progress)? {
        Outcome::Built(libraries) => return Ok(libraries),
        Outcome::Failed(complaints) => complaints,
    };
    let complaints = if was_there && may_be_damage(&complaints) {
        // These sources have been built before: what cargo kept of earlier builds must be broken.
        libraries::remove(target)?;
        match cargo::build(toolchain, app, target, &wanted, progress)? {
            Outcome::Built(libraries) => return Ok(libraries),
            Outcome::Failed(complaints) => complaints,
        }
    } else {
        complaints
    };
    if is_disk_full(&complaints) {
        return Err(disk_full(&format!("the runtime could not be built in {}:\n{complaints}", target.display())));
    }
    bail!("the runtime could not be built:\n{complaints}");
}

/// Whether a build may have failed for what earlier ones left behind.
fn may_be_damage(complaints: &str) -> bool {
    let others =
        ["linker `", "failed to download", "failed to get `", "Could not resolve", "Permission denied", "signal:"];
    !is_disk_full(complaints) && !others.iter().any(|other| complaints.contains(other))
}

pub(super) fn is_disk_full(complaints: &str) -> bool {
    ["No space left on device", "Disk quota exceeded", "os error 28"].iter().any(|what| complaints.contains(what))
}

/// A failure that says so in the terms of the operating system.
pub(super) fn disk_full(message: &str) -> anyhow::Error {
    anyhow::Error::new(io::Error::from(io::ErrorKind::StorageFull)).context(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_that_a_fresh_start_does_not_help_against_are_known() {
        for complaint in [
            "error: linker `cc` not found",
            "error: failed to get `axum` as a dependency\nCaused by: Could not resolve host",
            "error: could not write output: No space left on device (os error 28)",
            "error: could not compile `aws-sdk-kinesis` (signal: 9, SIGKILL: kill)",
        ] {
            assert!(!may_be_damage(complaint), "{complaint}");
        }
        assert!(may_be_damage("error[E0786]: found invalid metadata files for crate `clap`"));
        assert!(is_disk_full("No space left on device"));
    }
}
