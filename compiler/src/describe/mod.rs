//! What an application reads, does, remembers and writes, as JSON: the text behind `--describe`, and what a checkpoint's
//! state is matched by.
//!
//! What follows for the state of another version of the application is left to the runtime and to `sqlc diff`.

mod canonical;
mod report;
mod state;

pub use report::report;

use crate::Analysis;
use crate::emit::Emitted;
use crate::plan::{ColumnSource, Table};
use crate::stream::Target;
use serde_json::{Value, json};

pub fn describe(analysis: &Analysis, name: &str, emitted: &Emitted) -> String {
    let stream = &analysis.stream;
    let reads: Vec<Value> =
        stream.scans.iter().map(|scan| table(&stream.tables[scan.table.0], Some(&scan.reads))).collect();
    let mut written: Vec<usize> = stream
        .jobs
        .iter()
        .filter_map(|job| match job.target {
            Target::Insert { table, .. } => Some(table.0),
            Target::Select { .. } => None,
        })
        .collect();
    written.sort_unstable();
    written.dedup();
    let writes: Vec<Value> = written.into_iter().map(|index| table(&stream.tables[index], None)).collect();
    let does: Vec<Value> = stream
        .jobs
        .iter()
        .zip(&emitted.jobs)
        .map(|(job, emitted)| {
            let origin = analysis.sources.origin(job.span);
            let mut statement = json!({
                "cell": origin.cell,
                "line": origin.line,
                "flow": emitted.flow,
                "sql": analysis.sources.text(job.span),
            });
            if !job.operators.is_empty() {
                statement["state"] = json!(state::state(stream, job, emitted, &analysis.sources));
            }
            statement
        })
        .collect();
    let document = json!({
        "name": name,
        "compiler": env!("CARGO_PKG_VERSION"),
        "reads": reads,
        "does": does,
        "writes": writes,
    });
    format!("{document:#}\n")
}

fn table(table: &Table, reads: Option<&[usize]>) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .enumerate()
        .filter(|(index, column)| match reads {
            Some(reads) => reads.contains(index),
            None => !matches!(column.source, ColumnSource::Computed(_)),
        })
        .map(|(_, column)| json!({ "name": column.name, "type": column.ty.to_string() }))
        .collect();
    let options: serde_json::Map<String, Value> = table
        .options
        .iter()
        .map(|option| {
            // What might be a secret is not shown.
            let secret = ["secret", "password", "token"].iter().any(|word| option.name.to_lowercase().contains(word));
            (option.name.clone(), if secret { json!("***") } else { json!(option.value) })
        })
        .collect();
    json!({ "table": table.name, "columns": columns, "options": options })
}
