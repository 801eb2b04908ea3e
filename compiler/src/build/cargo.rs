//! One call of cargo: the crate through which the runtime is built, to libraries.

use super::prebuilt::Progress;
use super::toolchain::Toolchain;
use anyhow::{Context, Result, bail};
use cargo_metadata::{Message, MetadataCommand, TargetKind};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What cargo built.
#[derive(Debug, Default)]
pub struct Libraries {
    /// Crate name and library, of the crates that generated code names.
    pub externs: Vec<(String, PathBuf)>,
    /// All libraries that a link may need.
    pub files: Vec<PathBuf>,
}

/// The libraries hold the form too that optimisation across crates needs, so that one set serves all profiles.
/// Nothing unwinds, since a panic ends the process: what it would take is left out.
pub const RUSTFLAGS: &str = "-Cembed-bitcode=yes -Cforce-unwind-tables=no";

/// How a call of cargo went.
pub enum Outcome {
    Built(Libraries),
    /// Cargo's complaints.
    Failed(String),
}

/// Builds the crate in `app` and everything below it in `target`. `wanted` are the crates that generated code names.
pub fn build(
    toolchain: &Toolchain,
    app: &Path,
    target: &Path,
    wanted: &[&str],
    progress: &mut dyn Progress,
) -> Result<Outcome> {
    let mut child = command(toolchain, app)
        .args(["build", "--release", "--message-format=json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(app.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo: sqlc needs Rust (https://rustup.rs) to build binaries")?;
    let stderr = child.stderr.take().context("cargo has no stderr")?;
    let complaints = std::thread::spawn(move || {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.collect::<Vec<String>>().join("\n")
    });
    let stdout = BufReader::new(child.stdout.take().context("cargo has no stdout")?);
    let mut found = Libraries::default();
    let total = count_crates(toolchain, app);
    let mut done = HashSet::new();
    for message in Message::parse_stream(stdout) {
        let Message::CompilerArtifact(artifact) = message.context("cannot read what cargo says")? else { continue };
        if artifact.target.kind.contains(&TargetKind::CustomBuild) {
            continue;
        }
        if done.insert(artifact.package_id.clone()) {
            progress.built(&artifact.target.name, done.len(), total.map(|total| total.max(done.len())));
        }
        let name = artifact.target.name.replace('-', "_");
        // rustc asks for the procedural macros of a library's own code too.
        let is_macro = artifact.target.kind.contains(&TargetKind::ProcMacro);
        for file in artifact.filenames.iter().filter(|file| is_macro || file.extension() == Some("rlib")) {
            let file = file.clone().into_std_path_buf();
            if wanted.contains(&name.as_str()) {
                found.externs.push((name.clone(), file.clone()));
            }
            found.files.push(file);
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let complaints = complaints.join().unwrap_or_default();
    if !status.success() {
        return Ok(Outcome::Failed(complaints));
    }
    if found.externs.len() != wanted.len() {
        bail!("cargo did not say where the runtime's libraries are");
    }
    found.externs.sort();
    Ok(Outcome::Built(found))
}

/// Cargo, out of reach of what surrounds sqlc: that must not change what is built.
pub fn command(toolchain: &Toolchain, app: &Path) -> Command {
    let mut command = Command::new(&toolchain.cargo);
    command.current_dir(app).env("RUSTC", &toolchain.rustc);
    for name in ["CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER", "CARGO_TARGET_DIR"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            command.env_remove(name);
        }
    }
    command.env("RUSTFLAGS", RUSTFLAGS);
    command
}

/// How many crates a crate is made of, itself included, on this system; `None` if cargo does not say.
fn count_crates(toolchain: &Toolchain, app: &Path) -> Option<usize> {
    let mut metadata = MetadataCommand::new();
    metadata.cargo_path(&toolchain.cargo).current_dir(app).manifest_path(app.join("Cargo.toml"));
    metadata.other_options(["--filter-platform".to_owned(), toolchain.host.clone()]);
    Some(metadata.exec().ok()?.resolve?.nodes.len())
}
