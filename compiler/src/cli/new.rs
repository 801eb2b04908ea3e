//! `sqlc new`: a notebook to start from.

use super::failure::{Failure, USAGE};
use anyhow::Context;
use clap::Args;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

const STARTER: &str = include_str!("starter.sql");
const FILE: &str = "notebook.sql";

/// Write a commented notebook that runs, to start from.
#[derive(Args)]
pub struct Arguments {
    /// The folder for it; made if it is not there.
    dir: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let dir = &arguments.dir;
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let path = dir.join(FILE);
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let failure = Failure::new(USAGE, format!("{} is there already", path.display()));
            return Err(failure.help("choose another folder"));
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display()))?,
    };
    file.write_all(STARTER.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}; try\n  sqlc run {}", path.display(), path.display());
    Ok(ExitCode::SUCCESS)
}
