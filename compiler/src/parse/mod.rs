//! Turns the cells of a notebook into statements.
//!
//! The SQL library cuts the text into tokens; the grammar is Flink's and ours, because every node needs its exact place
//! and every mistake a sentence in the user's terms. What names mean, and whether a query makes sense, is left to others.

mod cursor;
mod data_type;
mod dialect;
mod expression;
mod function;
mod keyword;
mod other;
mod query;
mod statement;
mod table;
mod table_ref;
mod token;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::notebook::{Cell, CellKind, Notebook};
use crate::syntax::{ObjectName, Statement};
use crate::text::{Sources, Span};
use cursor::Cursor;

/// The statements of a cell.
#[derive(Clone, Debug)]
pub struct ParsedCell {
    /// The index of the cell in its notebook.
    pub index: usize,
    /// Those that could be read, in order.
    pub statements: Vec<Statement>,
    /// The tables and views whose declarations could not be read. Their errors are reported; others need not complain
    /// that they are missing.
    pub broken: Vec<ObjectName>,
}

/// Reads the statements of all cells that are compiled: streaming SQL that is switched on. Cells that another interpreter
/// would run are skipped with a warning.
pub fn parse(notebook: &Notebook, sources: &Sources, diagnostics: &mut Diagnostics) -> Vec<ParsedCell> {
    let mut parsed = Vec::new();
    for (index, cell) in notebook.cells.iter().enumerate() {
        if !cell.enabled || sources.text(cell.body).trim().is_empty() {
            continue;
        }
        if cell.kind == CellKind::StreamingSql {
            let (statements, broken) = parse_text(cell.body, sources, diagnostics);
            parsed.push(ParsedCell { index, statements, broken });
        } else if let Some(warning) = skipped(cell) {
            diagnostics.push(warning);
        }
    }
    parsed
}

/// Reads the statements in a range of a cell's text; also the names of tables and views that are declared by broken ones.
pub fn parse_text(body: Span, sources: &Sources, diagnostics: &mut Diagnostics) -> (Vec<Statement>, Vec<ObjectName>) {
    let text = sources.cell(body.cell).text.as_str();
    let (tokens, whole) = token::tokens(body.cell, text, body.range(), diagnostics);
    Cursor::new(tokens, whole, text, diagnostics).statements()
}

/// What to say of a cell that is not compiled.
fn skipped(cell: &Cell) -> Option<Diagnostic> {
    let (what, help) = match &cell.kind {
        CellKind::StreamingSql | CellKind::Settings | CellKind::Prose => return None,
        CellKind::BatchSql => ("batch SQL", "write it as `%flink.ssql`; a bounded source ends by itself"),
        CellKind::Scala => ("Scala", "only SQL is compiled; start a cell of SQL with `%flink.ssql`"),
        CellKind::Python => ("Python", "only SQL is compiled; start a cell of SQL with `%flink.ssql`"),
        CellKind::Other(_) => ("not SQL", "only cells of `%flink.ssql` are compiled"),
    };
    let span = cell.magic.unwrap_or(Span { end: cell.body.start, ..cell.body });
    Some(Diagnostic::warning("skipped-cell", span, format!("this cell is {what} and is skipped")).help(help))
}
