//! The Rust toolchain: which rustc and cargo are called, and what they are.

use super::files::{self, Seen};
use super::runtime::digest;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that build, and what they call themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    pub rustc: PathBuf,
    pub cargo: PathBuf,
    /// `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub version: String,
    /// Stands for the version: libraries of one cannot be linked by another.
    pub tag: String,
    /// `x86_64-unknown-linux-gnu`.
    pub host: String,
}

/// What is remembered, so that rustc need not be asked each time: the files that decide which toolchain it is.
#[derive(Serialize, Deserialize)]
struct Remembered {
    seen: Vec<Seen>,
    toolchain: Toolchain,
}

/// The start of every complaint about a machine without Rust.
const NO_RUST: &str = "cannot run rustc: sqlc needs Rust (https://rustup.rs) to build binaries";

impl Toolchain {
    /// The toolchain that is used in the cache folder: that of `RUSTC` or of the search path.
    pub fn find(cache: &Path) -> Result<Toolchain> {
        let wanted = env::var_os("RUSTC").filter(|rustc| !rustc.is_empty()).unwrap_or_else(|| "rustc".into());
        let named = on_path(&wanted).context(NO_RUST)?;
        let variables = ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME"].map(|name| env::var_os(name).unwrap_or_default());
        let key = format!("{}\n{variables:?}", named.display());
        let memory = cache.join(format!("toolchain-{}.json", &digest(key.as_bytes())[..12]));
        let known = fs::read_to_string(&memory).ok().and_then(|text| serde_json::from_str::<Remembered>(&text).ok());
        if let Some(known) = known.filter(|known| known.seen.iter().all(Seen::is_unchanged)) {
            return Ok(known.toolchain);
        }
        let toolchain = ask(cache, &named)?;
        let seen = watched(cache, &named, &toolchain).into_iter().map(Seen::new).collect();
        let remembered = Remembered { seen, toolchain };
        // It only saves time: a cache that cannot be written to is complained about where it matters.
        if let Ok(text) = serde_json::to_string_pretty(&remembered) {
            let _ = files::replace(&memory, &text);
        }
        Ok(remembered.toolchain)
    }
}

/// Where a command is, as a shell would find it.
fn on_path(command: &OsString) -> Option<PathBuf> {
    let path = Path::new(command);
    if path.components().count() > 1 {
        let path = env::current_dir().ok()?.join(path);
        return path.is_file().then_some(path);
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(path)).find(|path| path.is_file())
}

/// Asks rustc. It is asked in the cache folder, where it will be called.
fn ask(cache: &Path, named: &Path) -> Result<Toolchain> {
    let run = |arguments: &[&str]| -> Result<String> {
        let mut command = Command::new(named);
        if cache.is_dir() {
            command.current_dir(cache);
        }
        let output = command.args(arguments).output().context(NO_RUST)?;
        if !output.status.success() {
            bail!("{NO_RUST}\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let said = run(&["-vV"])?;
    let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").to_owned();
    let (mut rustc, mut cargo) = (named.to_owned(), PathBuf::from("cargo"));
    if is_rustup(named) {
        // What stands in for the toolchain costs time in every call.
        let programs = PathBuf::from(run(&["--print", "sysroot"])?.trim()).join("bin");
        for (program, name) in [(&mut rustc, "rustc"), (&mut cargo, "cargo")] {
            let real = programs.join(name);
            if real.is_file() {
                *program = real;
            }
        }
    }
    let commit = field("commit-hash: ");
    let tag = if commit == "unknown" { digest(said.as_bytes()) } else { commit };
    let tag = tag.chars().take(9).collect();
    let version = said.lines().next().unwrap_or("rustc").trim().to_owned();
    Ok(Toolchain { rustc, cargo, version, tag, host: field("host: ") })
}

/// Whether a program is rustup, which looks up the toolchain and calls its rustc.
fn is_rustup(program: &Path) -> bool {
    let target = program.canonicalize().unwrap_or_default();
    if target.file_stem().is_some_and(|name| name == "rustup") {
        return true;
    }
    // Where there are no symbolic links they are the same file under two names.
    let beside = target.with_file_name("rustup");
    let size = |path: &Path| fs::metadata(path).map(|file| file.len()).ok();
    size(&beside).is_some_and(|bytes| size(&target) == Some(bytes))
}

/// The files that a change of toolchain changes, those that are not there included.
fn watched(cache: &Path, named: &Path, toolchain: &Toolchain) -> Vec<PathBuf> {
    let mut watched = vec![named.to_owned()];
    if toolchain.rustc == named {
        return watched;
    }
    watched.push(toolchain.rustc.clone());
    let home = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".rustup")));
    watched.extend(home.map(|home| home.join("settings.toml")));
    for folder in cache.ancestors() {
        watched.extend(["rust-toolchain", "rust-toolchain.toml"].map(|name| folder.join(name)));
    }
    watched
}
