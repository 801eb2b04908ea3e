//! A generated crate to a binary in its place, whatever happened to the cache before.

use super::prebuilt::{disk_full, is_disk_full};
use super::rustc::{Outcome, call};
use super::{Prebuilt, Profile, Progress, files, libraries, prebuilt};
use crate::package::Crate;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Compiles a crate in `folder`, which is kept for the next time: its sources lie in `crate`, and the binary that comes back
/// in `NAME`, where it is replaced in one step.
///
/// # Errors
/// If there is no Rust, the cache cannot be written to, the disk is full, or rustc refuses the crate, which is a defect
/// of sqlc: the message says so and holds rustc's own.
pub fn compile(
    cache: &Path,
    generated: &Crate,
    folder: &Path,
    profile: Profile,
    progress: &mut dyn Progress,
) -> Result<PathBuf> {
    let mut linked = prebuilt(cache, &generated.connectors, progress)?;
    progress.compiling(&generated.name);
    // A folder that is always called the same gives binaries that are always the same.
    let source = folder.join("crate");
    generated.write(&source)?;
    let fresh = folder.join(format!("{}.new", generated.name));
    let incremental = folder.join("incremental");
    let attempt = |linked: &Prebuilt| -> Result<Option<Failed>> {
        let outcome = call(&source, &generated.name, &fresh, linked, profile, &incremental)?;
        Ok(match outcome {
            Outcome::Built if is_whole(&fresh) => None,
            Outcome::Built => Some(Failed { said: "the binary is not whole".to_owned(), was_killed: false }),
            Outcome::Refused(said) => Some(Failed { said, was_killed: false }),
            Outcome::Killed(said) => Some(Failed { said, was_killed: true }),
        })
    };
    let mut failed = attempt(&linked)?;
    if let Some(complaint) = &failed
        && !is_disk_full(&complaint.said)
    {
        // The crate is right: what it is linked with is looked at, and what rustc remembered forgotten.
        let were_damaged = linked.discard_damaged(cache, blames_libraries(&complaint.said))?;
        if were_damaged {
            linked = prebuilt(cache, &generated.connectors, progress)?;
        }
        if were_damaged || incremental.exists() {
            libraries::remove(&incremental)?;
            failed = attempt(&linked)?;
        }
    }
    if let Some(failed) = failed {
        // Half a binary is of no use, and takes room where there may be none.
        let _ = fs::remove_file(&fresh);
        return Err(failed.into_error(&source));
    }
    let binary = folder.join(&generated.name);
    // A binary that is running cannot be written to, but it can be replaced.
    fs::rename(&fresh, &binary).with_context(|| format!("cannot write {}", binary.display()))?;
    Ok(binary)
}

/// Whether rustc says that it cannot read what it is to link.
fn blames_libraries(said: &str) -> bool {
    ["E0460", "E0463", "E0786"].iter().any(|code| said.contains(&format!("error[{code}]")))
}

/// Whether a linker has written the file to its end.
fn is_whole(binary: &Path) -> bool {
    files::stamp(binary).is_some_and(|stamp| stamp.bytes > 0)
}

struct Failed {
    said: String,
    was_killed: bool,
}

impl Failed {
    fn into_error(self, source: &Path) -> anyhow::Error {
        let Failed { said, was_killed } = self;
        let refused = || -> Result<()> {
            if was_killed {
                bail!("rustc was ended before it was done, perhaps for want of memory: {said}");
            }
            bail!(
                "rustc refuses the generated crate in {}. This is a defect of sqlc; please report it with your \
                 notebook.\n{said}",
                source.display()
            );
        };
        if is_disk_full(&said) {
            return disk_full(&format!("cannot compile in {}:\n{said}", source.display()));
        }
        refused().expect_err("it was refused")
    }
}
