//! Generated applications on one thread under seeds, with everything going wrong around them (`tests/simulation`).
//!
//! `SIMULATION_SEEDS` says how many of each (default 10,000 in all), `SIMULATION_FROM` from which on (default 0).

use anyhow::{Context, Result, ensure};
use sqlc::build::{self, Profile};
use sqlc::diagnostic::{Colour, render_human};
use sqlc::{Selection, generate};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Compiles a notebook of `tests/simulation` with the simulator's `main` in the place of its own.
fn simulator(name: &str, surroundings: &str) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulation");
    let selection = Selection { inserts_only: true, ..Selection::default() };
    let notebook = folder.join(format!("{name}.sql"));
    let analysis = sqlc::analyse(&notebook, &folder.join("catalog"), selection);
    let said = render_human(analysis.diagnostics.iter(), &analysis.sources, Colour::Never);
    ensure!(!analysis.diagnostics.has_errors(), "{said}");
    let mut generated = generate(&analysis, name, "runtime");
    for entry in std::fs::read_dir(folder.join("src"))? {
        let path = entry?.path();
        let file = path.file_name().context("a file has a name")?.to_string_lossy().replace("lib.rs", "mod.rs");
        generated.files.insert(format!("src/simulation/{file}"), std::fs::read_to_string(&path)?);
    }
    // The simulator knows Kinesis, whether the application does or not; what applications with Kinesis link is built anyway.
    generated.connectors = vec!["sqlc_kinesis", "sqlc_object_store"];
    let main = generated.files.get_mut("src/main.rs").context("a crate has a main.rs")?;
    let replaced = main.replacen("    job::main(\n", &format!("    simulation::main({surroundings}, ||\n"), 1);
    ensure!(replaced != *main, "the generated main.rs starts otherwise:\n{main}");
    *main = replaced.replacen("mod app;\n", "mod app;\nmod simulation;\n", 1);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulation").join(name);
    build::compile(&build::cache_dir()?, &generated, &target, Profile::Release, &mut ())
}

/// Runs many seeds; of those that fail the first is repeated, and what happens in it told.
fn run(simulator: &Path, seeds: u64) -> Result<()> {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let (from, seeds) = (number("SIMULATION_FROM").unwrap_or(0), number("SIMULATION_SEEDS").unwrap_or(seeds));
    let output = Command::new(simulator)
        .args(["--from", &from.to_string(), "--seeds", &seeds.to_string()])
        // What applications say of themselves would be megabytes.
        .stderr(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    if output.status.success() {
        return Ok(());
    }
    let failed = said.lines().find_map(|line| line.strip_prefix("seed ")?.split(' ').next());
    let told = match failed {
        Some(seed) => Command::new(simulator).args(["--seed", seed]).output()?.stderr,
        None => Vec::new(),
    };
    anyhow::bail!("{}: {said}\n{}\n{}", output.status, simulator.display(), String::from_utf8_lossy(&told))
}

#[test]
fn files_are_read_and_written_exactly_once() -> Result<()> {
    let simulator = simulator(
        "files",
        "simulation::Surroundings { streams: false, part_files: &[\"passed\", \"counted\", \"hopped\", \"grown\", \"visits\"] }",
    )?;
    run(&simulator, 9_000)
}

#[test]
fn streams_are_read_exactly_once_and_written_at_least_once() -> Result<()> {
    let surroundings = "simulation::Surroundings { streams: true, part_files: &[\"counted\", \"visits\"] }";
    run(&simulator("streams", surroundings)?, 1_000)
}
