//! `sqlc diff`: what a new version of an application does with the state of an old one.

use super::application;
use super::failure::{DATA, Failure, NO_INPUT, USAGE};
use super::note::{self, NoteArguments};
use super::terminal;
use anyhow::Context;
use clap::Args;
use serde_json::Value;
use sqlc::Selection;
use sqlc::diff::{Difference, Version};
use sqlc_runtime::checkpoint::{Folder, History, Manifest, is_bucket};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Say what a new version does with the state of an old one: what is kept, converted, new, dropped or refused, and why.
///
/// A version is a notebook, an exported crate, a built application, or a checkpoint or savepoint. The new version does
/// just that when it starts on a checkpoint of the old one. Ends with 1 if that needs --allow-non-restored-state.
#[derive(Args)]
pub struct Arguments {
    /// What runs now: a notebook, the folder of a crate, an application, or a checkpoint.
    old: PathBuf,
    /// What is to run: the same.
    new: PathBuf,
    /// The folder of DDL that notebooks build on [default: catalog/ beside each].
    #[arg(long, value_name = "DIR")]
    catalog: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let read = |path: &Path| version(path, arguments.catalog.as_deref());
    let (old, new) = match (read(&arguments.old)?, read(&arguments.new)?) {
        (Ok(old), Ok(new)) => (old, new),
        // The errors of both have been told.
        (Err(code), _) | (_, Err(code)) => return Ok(code),
    };
    let difference = Difference::new(old, new);
    let text = if arguments.json {
        format!("{:#}\n", difference.json())
    } else {
        difference.table(terminal::colour_of_stdout())
    };
    // A reader that has seen enough is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(if difference.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads a version, whatever it is. A notebook with errors has said so, and gives an exit code.
fn version(path: &Path, catalog: Option<&Path>) -> Result<Result<Version, ExitCode>, Failure> {
    if path.to_str().is_some_and(is_bucket) {
        let message = format!("sqlc diff reads files of this machine, and {} is in S3", path.display());
        return Err(Failure::new(USAGE, message).help(
            "compare with the old application or its notebook; or fetch the manifest of a checkpoint and name that: \
             aws s3 cp s3://.../chk-000042/manifest.json chk-000042/manifest.json",
        ));
    }
    if !path.exists() {
        return Err(Failure::new(NO_INPUT, format!("there is no {}", path.display())));
    }
    if path.is_dir() {
        return folder(path).map(Ok);
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "sql" | "md" | "zpln" => notebook(path, catalog),
        "json" => json_file(path).map(Ok),
        _ => application(path).map(Ok),
    }
}

fn notebook(path: &Path, catalog: Option<&Path>) -> Result<Result<Version, ExitCode>, Failure> {
    let arguments = NoteArguments { note: path.to_owned(), catalog: catalog.map(Path::to_owned) };
    // As an application for production has them. What has no INSERT is only looked at, and its SELECTs are compared.
    let mut analysis = arguments.analyse(Selection { inserts_only: true, ..Selection::default() })?;
    if analysis.plan.statements.is_empty() {
        analysis = arguments.analyse(Selection::default())?;
    }
    if analysis.diagnostics.has_errors()
        && let Some(code) = note::report(&analysis)
    {
        return Ok(Err(code));
    }
    let text = sqlc::describe(&analysis, &application::name(&analysis));
    let description = parse(&text, path)?;
    Ok(Ok(Version::of_description(&description)))
}

/// The folder of an exported crate, of a checkpoint, or of several of them, of which the newest counts.
fn folder(path: &Path) -> Result<Version, Failure> {
    for file in ["manifest.json", "describe.json"] {
        if path.join(file).is_file() {
            return json_file(&path.join(file));
        }
    }
    let (history, skipped) = History::read(&Folder::new(path)).map_err(unreadable)?;
    skipped.iter().for_each(|message| eprintln!("{message}"));
    let newest = history.newest().ok_or_else(|| {
        Failure::new(NO_INPUT, format!("{} has neither an application nor a checkpoint in it", path.display()))
            .help("name a notebook, the folder of an exported crate, an application, or a folder of checkpoints")
    })?;
    Ok(Version::of_checkpoint(newest))
}

/// The manifest of a checkpoint, or the description of an application.
fn json_file(path: &Path) -> Result<Version, Failure> {
    if path.file_name().is_some_and(|name| name == "manifest.json") {
        let absolute = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        let folder = absolute.parent().unwrap_or(&absolute);
        let (around, name) = (folder.parent().unwrap_or(folder), folder.file_name().and_then(|name| name.to_str()));
        let manifest = Manifest::read(&Folder::new(around), name.unwrap_or_default()).map_err(unreadable)?;
        let manifest = manifest.ok_or_else(|| Failure::new(NO_INPUT, format!("there is no {}", path.display())))?;
        return Ok(Version::of_checkpoint(&manifest));
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Version::of_description(&parse(&String::from_utf8_lossy(&bytes), path)?))
}

fn unreadable(error: sqlc_runtime::error::Error) -> Failure {
    Failure::new(DATA, error.to_string())
}

/// What a built application says about itself.
fn application(path: &Path) -> Result<Version, Failure> {
    let program = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let output = Command::new(&program).arg("--describe").output();
    let output = output.map_err(|error| {
        let message = format!("{} is neither a notebook nor an application: {error}", path.display());
        Failure::new(DATA, message)
    })?;
    if !output.status.success() {
        return Err(Failure::new(DATA, format!("{} does not describe itself: {}", path.display(), output.status)));
    }
    Ok(Version::of_description(&parse(&String::from_utf8_lossy(&output.stdout), path)?))
}

fn parse(text: &str, path: &Path) -> Result<Value, Failure> {
    let parsed: Value = serde_json::from_str(text).map_err(|error| {
        Failure::new(DATA, format!("{} is no description of an application: {error}", path.display()))
    })?;
    if parsed["does"].is_array() {
        return Ok(parsed);
    }
    Err(Failure::new(
        DATA,
        format!("{} is no description of an application: it says nothing of what it does", path.display()),
    ))
}
