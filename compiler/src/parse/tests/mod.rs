//! What the parser takes and what it says.

mod accepted;
mod journey;
mod limits;
mod printing;
mod refused_queries;
mod refused_statements;
mod refused_words;

use super::parse_text;
use crate::diagnostic::{Colour, Diagnostics, render_human};
use crate::syntax::Statement;
use crate::text::{Sources, Span};

/// The statements of a text, and the diagnostics as their user sees them.
fn read(text: &str) -> (Vec<Statement>, String) {
    let mut sources = Sources::new();
    let file = sources.add_file("note.sql");
    let cell = sources.add_cell(file, 1, text);
    let mut diagnostics = Diagnostics::new();
    let (statements, _) = parse_text(Span::new(cell, 0, text.len()), &sources, &mut diagnostics);
    diagnostics.sort();
    (statements, render_human(diagnostics.iter(), &sources, Colour::Never))
}

/// The tree without the places.
fn shape(statements: &[Statement]) -> String {
    let text = format!("{statements:#?}");
    text.lines().filter(|line| !line.contains("@#")).collect::<Vec<_>>().join("\n")
}

fn print(statements: &[Statement]) -> String {
    statements.iter().map(ToString::to_string).collect::<Vec<_>>().join(";\n")
}

/// Reads a text without a mistake; its canonical print reads as the same tree.
fn canonical(text: &str) -> String {
    let (statements, errors) = read(text);
    assert_eq!(errors, "", "{text}");
    let printed = print(&statements);
    let (again, errors) = read(&printed);
    assert_eq!(errors, "", "{printed}");
    assert_eq!(shape(&again), shape(&statements), "{text}\n{printed}");
    assert_eq!(print(&again), printed);
    printed
}
