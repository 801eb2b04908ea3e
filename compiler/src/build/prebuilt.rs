//! The runtime as libraries that rustc can link against, built once and kept.

use super::runtime;
use crate::package::small_packages;
use anyhow::{Context, Result, bail};
use cargo_metadata::{Message, MetadataCommand, TargetKind};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What rustc needs to link a generated crate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Prebuilt {
    /// Crate name and library, of the crates that generated code names.
    pub externs: Vec<(String, PathBuf)>,
    /// Where all other libraries are.
    pub deps: PathBuf,
    /// Where libraries in C are.
    pub native: Vec<String>,
}

/// Told what is being built while it is.
pub trait Progress {
    /// Something that takes minutes is going to be built.
    fn starting(&mut self, what: &str);
    /// `done` crates are ready, of about `total` if that is known; `name` was the last.
    fn built(&mut self, name: &str, done: usize, total: Option<usize>);
}

impl Progress for () {
    fn starting(&mut self, _: &str) {}
    fn built(&mut self, _: &str, _: usize, _: Option<usize>) {}
}

/// The libraries for a set of connector crates (`sqlc_kinesis`): those that lie in the cache, or new ones.
pub fn prebuilt(cache: &Path, connectors: &[&str], progress: &mut dyn Progress) -> Result<Prebuilt> {
    let dir = folder(cache);
    // How it is built is part of what it is.
    let how = &runtime::digest(link_manifest(connectors).as_bytes())[..8];
    let record = dir.join(format!("{}-{}-{how}.json", set(connectors), compiler_tag()?));
    if let Some(known) = read_record(&record) {
        return Ok(known);
    }
    let app = link_crate(cache, connectors)?;
    let lock = File::create(dir.join("lock")).context("cannot make the cache's lock file")?;
    // Others may be building the same: the second one finds the first one's work.
    lock.lock().context("cannot lock the cache")?;
    if let Some(known) = read_record(&record) {
        return Ok(known);
    }
    progress.starting("what applications are linked with");
    let built = cargo(&app, &cache.join("target"), connectors, progress)?;
    let text = serde_json::to_string_pretty(&built).context("cannot describe what was built")?;
    replace(&record, &text)?;
    Ok(built)
}

/// Where everything of this version of the runtime is.
fn folder(cache: &Path) -> PathBuf {
    cache.join(format!("runtime-{}", runtime::fingerprint()))
}

fn set(connectors: &[&str]) -> String {
    if connectors.is_empty() { "core".to_owned() } else { connectors.join("-") }
}

/// The folder of the crate through which the runtime is built, with the runtime's sources beside it.
pub(super) fn link_crate(cache: &Path, connectors: &[&str]) -> Result<PathBuf> {
    let dir = folder(cache);
    fs::create_dir_all(&dir).with_context(|| format!("cannot make the cache folder {}", dir.display()))?;
    let lock = File::create(dir.join("sources-lock")).context("cannot make the cache's lock file")?;
    lock.lock().context("cannot lock the cache")?;
    runtime::export(&dir.join("sources"))?;
    let app = dir.join(format!("link-{}", set(connectors)));
    write_link_crate(&app, connectors)?;
    Ok(app)
}

/// Writes a file in one step: nobody reads half of it.
fn replace(path: &Path, text: &str) -> Result<()> {
    let temporary = path.with_extension("new");
    fs::write(&temporary, text).with_context(|| format!("cannot write {}", temporary.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("cannot write {}", path.display()))
}

/// A record whose files are all still there.
fn read_record(path: &Path) -> Option<Prebuilt> {
    let known: Prebuilt = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let complete = known.deps.is_dir() && known.externs.iter().all(|(_, library)| library.is_file());
    complete.then_some(known)
}

/// The version of rustc: libraries of one cannot be linked by another.
fn compiler_tag() -> Result<String> {
    let output = Command::new(super::rustc::rustc())
        .arg("-vV")
        .output()
        .context("cannot run rustc: sqlc needs Rust (https://rustup.rs) to build binaries")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let commit = text.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    Ok(commit.chars().take(9).collect())
}

/// A crate that does nothing but depend on what generated crates depend on.
fn write_link_crate(dir: &Path, connectors: &[&str]) -> Result<()> {
    fs::create_dir_all(dir.join("src")).with_context(|| format!("cannot make {}", dir.display()))?;
    fs::write(dir.join("Cargo.toml"), link_manifest(connectors))?;
    fs::write(dir.join("src/lib.rs"), "")?;
    if !dir.join("Cargo.lock").exists() {
        fs::write(dir.join("Cargo.lock"), runtime::file("Cargo.lock"))?;
    }
    Ok(())
}

fn link_manifest(connectors: &[&str]) -> String {
    let mut manifest = String::from(
        "[package]\nname = \"link\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         sqlc-runtime = { path = \"../sources/runtime\" }\n",
    );
    for connector in connectors {
        let package = connector.replace('_', "-");
        let folder = connector.trim_start_matches("sqlc_");
        manifest.push_str(&format!("{package} = {{ path = \"../sources/runtime/connectors/{folder}\" }}\n"));
    }
    for package in small_packages(connectors) {
        manifest.push_str(&format!("\n[profile.release.package.{package}]\nopt-level = \"s\"\n"));
    }
    manifest
}

/// How many crates a crate is made of, itself included, on this system; `None` if cargo does not say.
fn count_crates(app: &Path) -> Option<usize> {
    let version = Command::new(super::rustc::rustc()).arg("-vV").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?;
    let mut metadata = MetadataCommand::new();
    metadata.manifest_path(app.join("Cargo.toml")).other_options(["--filter-platform".to_owned(), host.to_owned()]);
    Some(metadata.exec().ok()?.resolve?.nodes.len())
}

fn cargo(app: &Path, target: &Path, connectors: &[&str], progress: &mut dyn Progress) -> Result<Prebuilt> {
    let mut child = Command::new("cargo")
        .args(["build", "--release", "--message-format=json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(app.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        // What surrounds sqlc must not change what is built.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTC_WRAPPER")
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
    let mut found = Prebuilt { externs: Vec::new(), deps: target.join("release/deps"), native: Vec::new() };
    let total = count_crates(app);
    let mut done = HashSet::new();
    for message in Message::parse_stream(stdout) {
        match message.context("cannot read what cargo says")? {
            Message::CompilerArtifact(artifact) => {
                let is_script = artifact.target.kind.contains(&TargetKind::CustomBuild);
                if !is_script && done.insert(artifact.package_id.clone()) {
                    progress.built(&artifact.target.name, done.len(), total.map(|total| total.max(done.len())));
                }
                let name = artifact.target.name.replace('-', "_");
                let is_library = artifact.target.kind.contains(&TargetKind::Lib);
                if is_library && (name == "sqlc_runtime" || connectors.contains(&name.as_str())) {
                    let library = artifact.filenames.iter().find(|file| file.extension() == Some("rlib"));
                    found.externs.extend(library.map(|file| (name, file.clone().into_std_path_buf())));
                }
            }
            Message::BuildScriptExecuted(script) => {
                found.native.extend(script.linked_paths.iter().map(ToString::to_string));
            }
            _ => {}
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let complaints = complaints.join().unwrap_or_default();
    if !status.success() {
        bail!("the runtime could not be built:\n{complaints}");
    }
    if found.externs.len() != connectors.len() + 1 {
        bail!("cargo did not say where the runtime's libraries are");
    }
    found.externs.sort();
    Ok(found)
}
