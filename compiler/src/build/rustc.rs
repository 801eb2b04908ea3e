//! One call of rustc: a generated crate against the prebuilt runtime.

use super::Prebuilt;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// How much rustc does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quickly there, for `sqlc run`: lightly optimised, incremental.
    Dev,
    /// For production.
    Release,
    /// The last per cent, for many times the compile time: optimised across all crates.
    Max,
}

impl Profile {
    /// What the profile passes to rustc. The runtime was compiled to end with a panic, so the application has to.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Profile::Dev => &["-Cpanic=abort", "-Copt-level=1", "-Cdebuginfo=0", "-Cstrip=debuginfo"],
            Profile::Release => {
                &["-Cpanic=abort", "-Cforce-unwind-tables=no", "-Copt-level=3", "-Ccodegen-units=1", "-Cstrip=symbols"]
            }
            Profile::Max => &[
                "-Cpanic=abort",
                "-Cforce-unwind-tables=no",
                "-Copt-level=3",
                "-Ccodegen-units=1",
                "-Clto=fat",
                "-Cstrip=symbols",
            ],
        }
    }
}

/// How a call of rustc went.
pub enum Outcome {
    Built,
    /// With what it said.
    Refused(String),
    /// By a signal: rarely its own fault.
    Killed(String),
}

/// What the linker that comes with rustc leaves out of a binary if it is asked to: functions of the same code are there
/// once, and the tables for unwinding, which nothing does, are not there at all.
const FOLD: &str = "-Clink-arg=-Wl,--icf=all";
/// Constants too, and so the functions that jump by tables of their own. Rust code does not ask where its constants are;
/// the C code of connectors might.
const FOLD_DATA: &str = "-Clink-arg=-Wl,--ignore-data-address-equality";
const NO_INDEX: &str = "-Clink-arg=-Wl,--no-eh-frame-hdr";
const DISCARD: &str = "SECTIONS { /DISCARD/ : { *(.eh_frame) *(.gcc_except_table) *(.gcc_except_table.*) } } \
                       INSERT AFTER .text;\n";

/// Calls rustc for the crate in `dir`. `incremental` is a folder for what rustc wants to remember.
pub fn call(
    dir: &Path,
    name: &str,
    binary: &Path,
    prebuilt: &Prebuilt,
    profile: Profile,
    incremental: &Path,
) -> Result<Outcome> {
    let call = |more: &[OsString]| call_with(dir, name, binary, prebuilt, profile, incremental, more);
    if profile == Profile::Dev || prebuilt.toolchain.host != "x86_64-unknown-linux-gnu" {
        return call(&[]);
    }
    let script = binary.with_extension("ld");
    std::fs::write(&script, DISCARD).with_context(|| format!("cannot write {}", script.display()))?;
    let mut more = vec![FOLD.into(), NO_INDEX.into(), "-Clink-arg=-T".into(), with("-Clink-arg=", &script)];
    let is_rust_alone = prebuilt.externs.len() == 1;
    more.extend(is_rust_alone.then(|| FOLD_DATA.into()));
    let outcome = call(&more);
    // It is of no use to anybody else.
    let _ = std::fs::remove_file(&script);
    match outcome? {
        // A rustc that was built to use another linker.
        Outcome::Refused(said) if said.contains("--icf") => call(&[]),
        outcome => Ok(outcome),
    }
}

fn call_with(
    dir: &Path,
    name: &str,
    binary: &Path,
    prebuilt: &Prebuilt,
    profile: Profile,
    incremental: &Path,
    more: &[OsString],
) -> Result<Outcome> {
    let mut command = Command::new(&prebuilt.toolchain.rustc);
    command
        .current_dir(dir)
        .args(["--edition", "2024", "--crate-type", "bin", "--crate-name", name, "src/main.rs"])
        .args(["--error-format", "human", "--cap-lints", "allow"])
        .args(profile.flags())
        .args(more)
        .arg("-o")
        .arg(binary)
        .arg("-L")
        .arg(with("dependency=", &prebuilt.dir))
        .env("CARGO_PKG_VERSION", "0.1.0")
        .stdin(Stdio::null());
    for (name, library) in &prebuilt.externs {
        command.arg("--extern").arg(with(&format!("{name}="), library));
    }
    if profile == Profile::Dev {
        command.arg(with("-Cincremental=", incremental));
    } else {
        // The same notebook gives the same bytes wherever it is built.
        command.arg(format!("--remap-path-prefix={}=/{name}", dir.display()));
    }
    let output = command.output().context("cannot run rustc: sqlc needs Rust (https://rustup.rs) to build binaries")?;
    if output.status.success() {
        return Ok(Outcome::Built);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    Ok(match output.status.code() {
        Some(_) => Outcome::Refused(said),
        None => Outcome::Killed(format!("{}\n{said}", output.status)),
    })
}

fn with(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}
