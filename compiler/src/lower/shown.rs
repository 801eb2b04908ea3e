//! Whether the rows of a SELECT can be shown as its cell says.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::notebook::{Notebook, ResultKind};
use crate::stream::{Changelog, Job, StatefulKind, StreamPlan, Target};

/// `type=append` shows new rows only: as in Studio, a SELECT whose rows change is refused.
pub fn check_shown(notebook: &Notebook, stream: &StreamPlan, diagnostics: &mut Diagnostics) {
    for job in &stream.jobs {
        let Some(cell) = notebook.cells.iter().find(|cell| cell.id == job.span.cell) else { continue };
        let shown = matches!(job.target, Target::Select { .. }) && cell.properties.kind == Some(ResultKind::Append);
        let property = cell.properties.entries.iter().find(|entry| entry.key == "type");
        if let (true, Some(property)) = (shown && job.changelog != Changelog::InsertOnly, property) {
            diagnostics.push(refused(job, property.span));
        }
    }
}

fn refused(job: &Job, property: crate::text::Span) -> Diagnostic {
    let message = "`type=append` shows new rows only, but this query updates rows it has shown";
    let mut diagnostic = Diagnostic::error("append-only-cell", property, message);
    for operator in &job.operators {
        if matches!(operator.kind, StatefulKind::Group { .. }) {
            diagnostic = diagnostic.also(operator.span, "the results of this GROUP BY change with every row");
        }
    }
    diagnostic.help("group by a window (TUMBLE, HOP, CUMULATE), whose results are final").suggest(
        "or write `type=update`, which redraws the rows",
        property,
        "type=update",
    )
}
