//! The notebook that a command is about, and what there is to say about it.

use super::failure::{DATA, Failure, NO_INPUT};
use super::terminal::{self, RED, YELLOW, paint};
use clap::Args;
use sqlc::diagnostic::{Colour, Severity, nearest, render_human};
use sqlc::{Analysis, Selection};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A notebook and its catalog.
#[derive(Args, Clone, Debug)]
pub struct NoteArguments {
    /// The notebook: a Zeppelin note (.zpln), SQL with %flink.ssql marks (.sql), or Markdown (.md).
    pub note: PathBuf,
    /// The folder of DDL that the notebook builds on [default: catalog/ beside the notebook].
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,
}

impl NoteArguments {
    /// Reads the notebook. What it says is in the analysis; only files that are not there are failures.
    pub fn analyse(&self, selection: Selection) -> Result<Analysis, Failure> {
        check_file(&self.note)?;
        if let Some(folder) = self.catalog.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Failure::new(NO_INPUT, format!("there is no catalog folder {}", folder.display())));
        }
        Ok(sqlc::analyse(&self.note, &self.catalog_folder(), selection))
    }

    /// The folder of DDL, which need not exist.
    pub fn catalog_folder(&self) -> PathBuf {
        let beside = || self.note.parent().unwrap_or(Path::new("")).join("catalog");
        self.catalog.clone().unwrap_or_else(beside)
    }
}

fn check_file(note: &Path) -> Result<(), Failure> {
    if note.is_dir() {
        return Err(Failure::new(NO_INPUT, format!("{} is a folder", note.display())).help("name a notebook in it"));
    }
    if note.exists() {
        return Ok(());
    }
    let failure = Failure::new(NO_INPUT, format!("there is no notebook {}", note.display()));
    let folder = note.parent().unwrap_or(Path::new(""));
    let beside = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(beside).into_iter().flatten().flatten();
    let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let wanted = note.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Err(match nearest(&wanted, names.iter().map(String::as_str)) {
        Some(near) => failure.help(format!("did you mean {}?", folder.join(near).display())),
        None => failure,
    })
}

/// Prints all diagnostics on stderr. With errors among them the command ends with the code that comes back.
pub fn report(analysis: &Analysis) -> Option<ExitCode> {
    let colour = terminal::colour_of_stderr();
    eprint!("{}", render_human(analysis.diagnostics.iter(), &analysis.sources, colour));
    if !analysis.diagnostics.has_errors() {
        return None;
    }
    eprintln!("{}", summary(analysis, colour));
    Some(ExitCode::from(DATA))
}

/// `2 errors, 1 warning`, or `no errors`.
pub fn summary(analysis: &Analysis, colour: Colour) -> String {
    let count = |severity: Severity, style: &str| {
        let number = analysis.diagnostics.count(severity);
        let plural = if number == 1 { "" } else { "s" };
        (number > 0).then(|| paint(&format!("{number} {}{plural}", severity.name()), style, colour))
    };
    let parts = [count(Severity::Error, RED), count(Severity::Warning, YELLOW), count(Severity::Note, "")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no errors".to_owned() } else { parts.join(", ") }
}

/// Fails if there is no such cell.
pub fn check_cell(analysis: &Analysis, cell: Option<u32>) -> Result<(), Failure> {
    let Some(number) = cell else { return Ok(()) };
    let last = analysis.notebook.cells.iter().map(|cell| cell.number).max().unwrap_or(0);
    if analysis.notebook.cells.iter().any(|cell| cell.number == number) {
        return Ok(());
    }
    Err(Failure::usage(format!("there is no cell {number}: the notebook has {last}, counted from 1")))
}
