//! `sqlc check`: what is wrong with a notebook, without building anything.

use super::failure::Failure;
use super::note::{self, NoteArguments};
use super::terminal;
use clap::{Args, ValueEnum};
use sqlc::Selection;
use sqlc::diagnostic::{render_human, render_json};
use std::io::Write;
use std::process::ExitCode;

/// Say everything that is wrong with a notebook, without building it.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    note: NoteArguments,
    /// For people, or one JSON object a line for programs.
    #[arg(long, value_enum, default_value_t = MessageFormat::Human)]
    message_format: MessageFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum MessageFormat {
    Human,
    Json,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let analysis = arguments.note.analyse(Selection::default())?;
    let colour = terminal::colour_of_stdout();
    let text = match arguments.message_format {
        MessageFormat::Human => {
            let text = render_human(analysis.diagnostics.iter(), &analysis.sources, colour);
            format!("{text}{}\n", note::summary(&analysis, colour))
        }
        MessageFormat::Json => render_json(analysis.diagnostics.iter(), &analysis.sources),
    };
    // A reader that has seen enough is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(if analysis.diagnostics.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
