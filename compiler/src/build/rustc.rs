//! One call of rustc: a generated crate against the prebuilt runtime.

use super::Prebuilt;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How much rustc does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quickly there, for `sqlc run`: lightly optimised, incremental.
    Dev,
    /// For production.
    Release,
}

/// A finished binary.
#[derive(Clone, Debug)]
pub struct Built {
    pub binary: PathBuf,
    pub took: Duration,
}

/// The rustc to call.
pub(super) fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// What rustc calls itself: `rustc 1.95.0 (59807616e 2026-04-14)`.
pub fn rustc_version() -> Result<String> {
    let output = Command::new(rustc()).arg("-V").output();
    let output = output.context("cannot run rustc: sqlc needs Rust (https://rustup.rs) to build binaries")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Compiles the crate in `dir` into `binary`. `incremental` is a folder for what rustc wants to remember.
///
/// # Errors
/// If rustc cannot be run, or refuses the crate, which is a defect of sqlc: the message says so and holds rustc's own.
pub fn compile(
    dir: &Path,
    name: &str,
    binary: &Path,
    prebuilt: &Prebuilt,
    profile: Profile,
    incremental: &Path,
) -> Result<Built> {
    let started = Instant::now();
    if let Some(parent) = binary.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    let mut command = Command::new(rustc());
    command
        .current_dir(dir)
        .args(["--edition", "2024", "--crate-type", "bin", "--crate-name", name, "src/main.rs"])
        .args(["--error-format", "human", "--cap-lints", "allow"])
        .arg("-o")
        .arg(binary)
        .arg("-L")
        .arg(format!("dependency={}", prebuilt.deps.display()))
        .env("CARGO_PKG_VERSION", "0.1.0");
    for (name, library) in &prebuilt.externs {
        command.arg("--extern").arg(format!("{name}={}", library.display()));
    }
    for native in &prebuilt.native {
        command.arg("-L").arg(native);
    }
    match profile {
        Profile::Dev => {
            let mut folder = OsString::from("incremental=");
            folder.push(incremental);
            command.args(["-C", "opt-level=1", "-C", "debuginfo=0", "-C", "strip=debuginfo", "-C"]).arg(folder);
        }
        Profile::Release => {
            command.args(["-C", "opt-level=3", "-C", "codegen-units=1", "-C", "strip=symbols"]);
            // The same notebook gives the same bytes wherever it is built.
            command.arg(format!("--remap-path-prefix={}=/{name}", dir.display()));
        }
    }
    let output = command.output().context("cannot run rustc: sqlc needs Rust (https://rustup.rs) to build binaries")?;
    if !output.status.success() {
        bail!(
            "rustc refuses the generated crate in {}. This is a defect of sqlc; please report it with your notebook.\n{}",
            dir.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(Built { binary: binary.to_owned(), took: started.elapsed() })
}
