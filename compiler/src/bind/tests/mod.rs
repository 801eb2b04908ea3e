//! What the binder makes of notebooks: printed plans, rendered diagnostics, and types as Flink gives them.

mod journey;
mod mistakes;
mod plans;
mod types;

use super::{Cell, bind};
use crate::diagnostic::{Colour, Diagnostics, render_human};
use crate::parse::parse_text;
use crate::plan::Plan;
use crate::text::{Sources, Span};

/// Binds cells; the plan, and the diagnostics as their user sees them.
fn bound(catalog: &[&str], cells: &[&str]) -> (Plan, String) {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let mut parse = |file: &str, texts: &[&str]| {
        let file = sources.add_file(file);
        let mut parsed = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let cell = sources.add_cell(file, index as u32 + 1, *text);
            parsed.push(parse_text(Span::new(cell, 0, text.len()), &sources, &mut diagnostics));
        }
        parsed
    };
    let (catalog, notebook) = (parse("catalog.sql", catalog), parse("note.zpln", cells));
    let catalog: Vec<Cell<'_>> =
        catalog.iter().map(|(statements, broken)| Cell { settings: &[], statements, broken }).collect();
    let notebook: Vec<Cell<'_>> =
        notebook.iter().map(|(statements, broken)| Cell { settings: &[], statements, broken }).collect();
    let plan = bind(&catalog, &notebook, &mut diagnostics);
    diagnostics.sort();
    (plan, render_human(diagnostics.iter(), &sources, Colour::Never))
}

/// The printed plan and the diagnostics of a notebook of one cell each.
fn plan(cells: &[&str]) -> String {
    let (plan, diagnostics) = bound(&[], cells);
    format!("{plan}{diagnostics}")
}

/// The plan and the diagnostics of a text of several statements.
fn in_one_cell(text: &str) -> (Plan, Diagnostics) {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let file = sources.add_file("note.sql");
    let cell = sources.add_cell(file, 1, text);
    let (statements, broken) = parse_text(Span::new(cell, 0, text.len()), &sources, &mut diagnostics);
    let plan = bind(&[], &[Cell { settings: &[], statements: &statements, broken: &broken }], &mut diagnostics);
    (plan, diagnostics)
}
