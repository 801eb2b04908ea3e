//! `sqlc build`: the INSERTs of a notebook as a crate, a binary, and a manifest that says what both were made from.

mod decisions;
mod manifest;
mod target;

use super::application;
use super::failure::{DATA, Failure};
use super::note::{self, NoteArguments};
use super::progress::Progress;
use anyhow::Context;
use clap::{Args, ValueEnum};
use sqlc::build::{self, Profile};
use sqlc::{Analysis, Selection};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use target::Target;

/// Make a standalone application of a notebook's INSERTs: a crate, its binary, and a manifest.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    note: NoteArguments,
    /// Where to put it all [default: ./NAME].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// What the application is called [default: the notebook's name in snake case].
    #[arg(long)]
    name: Option<String>,
    /// How much time the compiler takes for how fast an application.
    #[arg(long, value_enum, default_value_t = BuildProfile::Release)]
    profile: BuildProfile,
    /// Only the crate, or only the binary [default: both].
    #[arg(long, value_enum)]
    emit: Option<Emit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BuildProfile {
    /// For production.
    Release,
    /// Compiles in half the time, runs slower.
    Dev,
    /// Optimised across the application and everything it is linked with: takes many times as long, for the last per cent.
    Max,
}

impl BuildProfile {
    fn of_rustc(self) -> Profile {
        match self {
            BuildProfile::Release => Profile::Release,
            BuildProfile::Dev => Profile::Dev,
            BuildProfile::Max => Profile::Max,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    Crate,
    Binary,
}

/// Where the runtime's sources are, seen from the crate.
const RUNTIME: &str = "sqlc/runtime";

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let all = arguments.note.analyse(Selection::default())?;
    let analysis = arguments.note.analyse(Selection { inserts_only: true, ..Selection::default() })?;
    if let Some(code) = note::report(&all) {
        return Ok(code);
    }
    decisions::print(&all);
    if analysis.plan.statements.is_empty() {
        let message = format!("there is nothing to build: {} has no INSERT", arguments.note.note.display());
        let help = "an application writes its results somewhere: add an INSERT INTO a table of a %flink.ssql cell that \
                    is not switched off, or use `sqlc run` to look at the SELECTs";
        return Err(Failure::new(DATA, message).help(help));
    }
    let name = name(&analysis, arguments.name.as_deref())?;
    let target = Target::open(arguments.output.as_deref().unwrap_or(Path::new(&name)))?;
    let generated = sqlc::generate(&analysis, &name, RUNTIME);
    let cache = build::cache_dir()?;
    let mut progress = Progress::new();
    if arguments.emit != Some(Emit::Binary) {
        target.write_crate(&generated, &cache)?;
    }
    let binary = match arguments.emit {
        Some(Emit::Crate) => None,
        _ => Some(compile(&generated, &target, &cache, arguments.profile, &mut progress)?),
    };
    drop(progress);
    target.write_manifest(&manifest::manifest(
        &arguments.note,
        &analysis,
        &generated,
        arguments.profile,
        binary.as_deref(),
    )?)?;
    report(&target, binary.as_deref(), arguments.emit, started)
}

/// The name that was asked for, if it can be one, or that of the notebook.
fn name(analysis: &Analysis, wanted: Option<&str>) -> Result<String, Failure> {
    let Some(wanted) = wanted else { return Ok(application::name(analysis)) };
    let legal = application::crate_name(wanted);
    if legal == wanted {
        return Ok(legal);
    }
    let failure = Failure::usage(format!("an application cannot be called `{wanted}`"));
    Err(failure.help(format!("use lower-case letters, digits and _, for example `{legal}`")))
}

/// The binary in its place. It is made in the cache and then moved, so that there never is half of one.
fn compile(
    generated: &sqlc::package::Crate,
    target: &Target,
    cache: &Path,
    profile: BuildProfile,
    progress: &mut Progress,
) -> Result<PathBuf, Failure> {
    let work = target.work_folder(cache)?;
    let _lock = build::files::lock(&work, "lock")?;
    let fresh = build::compile(cache, generated, &work, profile.of_rustc(), progress)?;
    target.place_binary(&fresh, &generated.name)
}

fn report(target: &Target, binary: Option<&Path>, emit: Option<Emit>, started: Instant) -> Result<ExitCode, Failure> {
    if emit != Some(Emit::Binary) {
        println!("crate     {}", target.crate_folder().display());
    }
    if let Some(binary) = binary {
        let bytes = std::fs::metadata(binary).with_context(|| format!("cannot read {}", binary.display()))?.len();
        println!("binary    {} ({:.1} MB)", binary.display(), bytes as f64 / 1e6);
    }
    println!("manifest  {} ({:.1} s)", target.manifest_file().display(), started.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}
