//! `sqlc explain`: the representations that a notebook goes through, as text.

use super::failure::Failure;
use super::note::{self, NoteArguments};
use super::{application, run};
use clap::{Args, ValueEnum};
use sqlc::Selection;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// Show what a notebook is compiled to.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    note: NoteArguments,
    /// Which representation.
    #[arg(long, value_enum, default_value_t = Stage::Plan)]
    stage: Stage,
    /// Only the statements of this cell, counted from 1.
    #[arg(long, value_name = "N")]
    cell: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    /// What the statements compute: relational operators over typed columns.
    Plan,
    /// How they compute it on streams: what is read, kept by key and for how long, and what changes come out.
    Stream,
    /// What is remembered: keyed by what, kept for how long, and how many bytes a key takes.
    State,
    /// Which steps are fused into one loop.
    Stages,
    /// The generated source files.
    Rust,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let analysis = arguments.note.analyse(Selection { cell: arguments.cell, ..Selection::default() })?;
    if let Some(code) = note::report(&analysis) {
        return Ok(code);
    }
    note::check_cell(&analysis, arguments.cell)?;
    if analysis.plan.statements.is_empty() {
        return Err(run::nothing_to_run(&arguments.note, arguments.cell)?);
    }
    let text = match arguments.stage {
        Stage::Plan => analysis.plan.to_string(),
        Stage::Stream => analysis.stream.to_string(),
        Stage::State => sqlc::remembered(&analysis, &application::name(&analysis)),
        Stage::Stages => analysis.stream.stages().to_string(),
        Stage::Rust => {
            let mut text = String::new();
            let generated = sqlc::generate(&analysis, &application::name(&analysis), "sqlc/runtime");
            for (path, source) in generated.files.iter().filter(|(path, _)| path.ends_with(".rs")) {
                let separator = if text.is_empty() { "" } else { "\n" };
                // Writing to a string does not fail.
                let _ = write!(text, "{separator}// {path}\n\n{source}");
            }
            text
        }
    };
    // A reader that has seen enough is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}
