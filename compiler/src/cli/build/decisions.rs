//! What becomes part of an application, paragraph by paragraph.

use sqlc::diagnostic::Diagnostics;
use sqlc::notebook::{Cell, CellKind};
use sqlc::syntax::{Insert, StatementKind};
use sqlc::{Analysis, parse};

/// Prints a line for every paragraph and statement.
pub fn print(analysis: &Analysis) {
    for line in decisions(analysis) {
        println!("{line}");
    }
}

fn decisions(analysis: &Analysis) -> Vec<String> {
    // What is wrong was said before.
    let parsed = parse::parse(&analysis.notebook, &analysis.sources, &mut Diagnostics::new());
    let mut lines = Vec::new();
    for (index, cell) in analysis.notebook.cells.iter().enumerate().filter(|(_, cell)| cell.number > 0) {
        if let Some(why) = skipped(cell) {
            lines.push(format!("cell {}: {why}", cell.number));
            continue;
        }
        let statements = parsed.iter().filter(|each| each.index == index).flat_map(|each| &each.statements);
        let before = lines.len();
        lines.extend(
            statements
                .flat_map(|statement| decision(&statement.kind))
                .map(|what| format!("cell {}: {what}", cell.number)),
        );
        if lines.len() == before {
            lines.push(format!("cell {}: nothing in it", cell.number));
        }
    }
    lines
}

/// Why a paragraph is not looked at.
fn skipped(cell: &Cell) -> Option<String> {
    if !cell.enabled {
        return Some("skipped, it is switched off".to_owned());
    }
    match &cell.kind {
        CellKind::StreamingSql => None,
        CellKind::BatchSql => Some("%flink.bsql: skipped, an application is streaming".to_owned()),
        CellKind::Settings => Some("%flink.conf: settings taken".to_owned()),
        CellKind::Prose => Some("%md: goes into the README".to_owned()),
        CellKind::Scala => Some("%flink: skipped, Scala is not compiled".to_owned()),
        CellKind::Python => Some("%flink.pyflink: skipped, Python is not compiled".to_owned()),
        CellKind::Other(name) => Some(format!("%{name}: skipped, only SQL is compiled")),
    }
}

fn decision(kind: &StatementKind) -> Vec<String> {
    let one = match kind {
        StatementKind::CreateTable(table) => format!("CREATE TABLE {}: declared", table.name),
        StatementKind::CreateView(view) => format!("CREATE VIEW {}: declared", view.name),
        StatementKind::Drop(drop) => format!("DROP {}: forgotten", drop.name),
        StatementKind::Set(_) => "SET: taken".to_owned(),
        StatementKind::Reset(_) => "RESET: taken".to_owned(),
        StatementKind::Use(_) => "USE: taken".to_owned(),
        StatementKind::Insert(insert) => compiled(insert),
        StatementKind::StatementSet(set) => {
            return set.inserts.iter().map(compiled).collect();
        }
        StatementKind::Query(_) => "SELECT: not part of an application".to_owned(),
    };
    vec![one]
}

fn compiled(insert: &Insert) -> String {
    format!("INSERT INTO {}: compiled", insert.target)
}
