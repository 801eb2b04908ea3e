//! The folder that a build writes: `crate/`, the binary, `manifest.json`.

use super::manifest::WRITTEN_BY;
use crate::cli::failure::{Failure, USAGE};
use anyhow::Context;
use serde_json::Value;
use sqlc::build::{self, runtime};
use sqlc::package::Crate;
use std::fs;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";

/// How many folders what was compiled for them is kept of; it takes less than 30 MB each.
const KEPT_BUILDS: usize = 20;

/// The folder, which is new, empty, or our own.
pub struct Target {
    dir: PathBuf,
}

impl Target {
    /// Makes the folder. One that holds what we did not write is left alone.
    pub fn open(dir: &Path) -> Result<Target, Failure> {
        if dir.exists() && !dir.is_dir() {
            let failure = Failure::new(USAGE, format!("{} is a file", dir.display()));
            return Err(failure.help("choose another folder with -o"));
        }
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let dir = dir.canonicalize().with_context(|| format!("cannot find {}", dir.display()))?;
        let target = Target { dir };
        let mut entries = fs::read_dir(&target.dir).with_context(|| format!("cannot read {}", target.dir.display()))?;
        if entries.next().is_some() && !target.is_ours() {
            let message = format!("{} holds files that sqlc did not write", target.dir.display());
            return Err(Failure::new(USAGE, message).help("choose another folder with -o, or empty this one"));
        }
        Ok(target)
    }

    fn is_ours(&self) -> bool {
        let text = fs::read_to_string(self.manifest_file()).unwrap_or_default();
        let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
        manifest.get(WRITTEN_BY).is_some()
    }

    pub fn crate_folder(&self) -> PathBuf {
        self.dir.join("crate")
    }

    pub fn manifest_file(&self) -> PathBuf {
        self.dir.join(MANIFEST)
    }

    /// The crate with everything that `cargo build` needs: the runtime's sources and a lock file.
    pub fn write_crate(&self, generated: &Crate, cache: &Path) -> Result<(), Failure> {
        // From here on the folder is ours, even if what follows fails.
        self.write_manifest(&serde_json::json!({ WRITTEN_BY: env!("CARGO_PKG_VERSION") }))?;
        let dir = self.crate_folder();
        generated.write(&dir)?;
        runtime::export(&dir.join("sqlc"))?;
        let lock = build::lock_file(cache, generated)?;
        let path = dir.join("Cargo.lock");
        fs::write(&path, lock).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    /// Where this target's crate is compiled: rustc finds there what it compiled the last time.
    pub fn work_folder(&self, cache: &Path) -> Result<PathBuf, Failure> {
        let digest = runtime::digest(self.dir.to_string_lossy().as_bytes());
        let builds = cache.join("builds");
        let folder = builds.join(&digest[..12]);
        build::files::make_folder(&folder)?;
        build::files::tidy(&builds, "", &folder, "lock", KEPT_BUILDS);
        Ok(folder)
    }

    /// Puts a finished binary beside the crate, in one step.
    pub fn place_binary(&self, fresh: &Path, name: &str) -> Result<PathBuf, Failure> {
        let place = self.dir.join(name);
        let beside = self.dir.join(format!(".{name}.new"));
        // The cache may lie on another disk, so it is copied first.
        fs::copy(fresh, &beside).with_context(|| format!("cannot write {}", beside.display()))?;
        fs::rename(&beside, &place).with_context(|| format!("cannot write {}", place.display()))?;
        Ok(place)
    }

    pub fn write_manifest(&self, manifest: &Value) -> Result<(), Failure> {
        let path = self.manifest_file();
        fs::write(&path, format!("{manifest:#}\n")).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }
}
