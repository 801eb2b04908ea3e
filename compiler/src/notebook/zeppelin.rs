//! Reads Zeppelin notes, as Studio exports them: JSON with a list of paragraphs.

use super::{CellKind, Reader};
use crate::diagnostic::Diagnostic;
use crate::text::{CellId, Span};
use serde_json::{Map, Value};

/// A chart over the rows of a cell, as the note keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// `multiBarChart`, `pieChart`, `stackedAreaChart`, `lineChart`, `scatterChart` or `table`.
    pub mode: String,
    /// In pixels.
    pub height: Option<f64>,
    pub keys: Vec<ChartColumn>,
    pub groups: Vec<ChartColumn>,
    pub values: Vec<ChartColumn>,
    /// What the modes keep for themselves.
    pub setting: Value,
}

/// A column that a chart uses.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartColumn {
    pub name: String,
    /// From 0.
    pub index: usize,
    /// `sum`, `count`, `avg`, `min` or `max`.
    pub aggregate: Option<String>,
}

/// Adds the paragraphs as cells; the name of the note if it has one.
pub(super) fn read(text: &str, reader: &mut Reader<'_>) -> Option<String> {
    let note: Value = match serde_json::from_str(text) {
        Ok(note) => note,
        Err(error) => {
            let file = reader.whole_file(text);
            let at = reader.sources.cell(file).byte(error.line() as u64, error.column() as u64);
            let span = Span::new(file, at, at);
            let diagnostic = if text.trim().is_empty() {
                Diagnostic::error("broken-notebook", span, "the notebook is empty")
                    .help("a text notebook ends in `.sql`; a Zeppelin note holds JSON")
            } else if error.is_eof() {
                Diagnostic::error("broken-notebook", span, "the notebook ends in the middle of its JSON")
                    .labelled("the file is cut off here")
                    .help("export the note again")
            } else if !text.trim_start().starts_with('{') {
                let start = Span::new(file, 0, 0);
                Diagnostic::error("broken-notebook", start, "the notebook is not JSON")
                    .help("a text notebook ends in `.sql`; a Zeppelin note holds JSON")
            } else {
                let text = error.to_string();
                // The library appends the place, which is shown as ours.
                let what = text.split(" at line ").next().unwrap_or(&text);
                Diagnostic::error("broken-notebook", span, "the notebook is not valid JSON").labelled(what)
            };
            reader.diagnostics.push(diagnostic);
            return None;
        }
    };
    let paragraphs = match note.get("paragraphs") {
        Some(Value::Array(paragraphs)) => paragraphs,
        other => {
            let file = reader.whole_file(text);
            let message = match other {
                Some(_) => "`paragraphs` of the notebook is not a list",
                None => "the notebook has no `paragraphs`",
            };
            let mut diagnostic = Diagnostic::error("broken-notebook", Span::new(file, 0, 0), message);
            if note.get("cells").is_some() {
                diagnostic = diagnostic.help("this looks like a Jupyter notebook; export it from Zeppelin as `.zpln`");
            } else {
                diagnostic = diagnostic.help("export the note from Zeppelin as `.zpln`");
            }
            reader.diagnostics.push(diagnostic);
            return None;
        }
    };
    let default = match note.get("defaultInterpreterGroup").and_then(Value::as_str) {
        Some(group) => CellKind::of_interpreter(group),
        None => CellKind::StreamingSql,
    };
    let mut whole_file = None;
    for (index, paragraph) in paragraphs.iter().enumerate() {
        add(index as u32 + 1, paragraph, &default, text, &mut whole_file, reader);
    }
    note.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn add(
    number: u32,
    paragraph: &Value,
    default: &CellKind,
    file_text: &str,
    whole_file: &mut Option<CellId>,
    reader: &mut Reader<'_>,
) {
    let body = match (paragraph, paragraph.get("text")) {
        (Value::Object(_), Some(Value::String(text))) => text.as_str(),
        // A paragraph into which nobody has typed.
        (Value::Object(_), None | Some(Value::Null)) => "",
        (_, text) => {
            let file = *whole_file.get_or_insert_with(|| reader.whole_file(file_text));
            let what = if text.is_some() { "its `text` is not a string" } else { "it is not an object" };
            let message = format!("paragraph {number} of the notebook cannot be read: {what}");
            reader.diagnostics.push(Diagnostic::error("broken-notebook", Span::new(file, 0, 0), message));
            return;
        }
    };
    let config = paragraph.get("config").and_then(Value::as_object);
    // A paragraph without anything to run has no interpreter to complain about.
    let default = if body.trim().is_empty() { CellKind::StreamingSql } else { default.clone() };
    let cell = reader.add(number, body, default);
    cell.title = paragraph.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()).map(str::to_owned);
    cell.enabled = config.and_then(|config| config.get("enabled")) != Some(&Value::Bool(false));
    cell.chart = config.and_then(chart);
}

/// The chart of the first result, unless it is the plain table.
fn chart(config: &Map<String, Value>) -> Option<Chart> {
    let results = config.get("results")?;
    let graph = results.get("0").or_else(|| results.get(0))?.get("graph")?;
    let mode = graph.get("mode")?.as_str()?.to_owned();
    if mode == "table" {
        return None;
    }
    let columns = |name: &str| graph.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(column);
    Some(Chart {
        mode,
        height: graph.get("height").and_then(Value::as_f64),
        keys: columns("keys").collect(),
        groups: columns("groups").collect(),
        values: columns("values").collect(),
        setting: graph.get("setting").cloned().unwrap_or(Value::Null),
    })
}

fn column(value: &Value) -> Option<ChartColumn> {
    let number = value.get("index")?;
    // JavaScript writes 1 as 1.0 at times.
    let index = number.as_u64().or_else(|| number.as_f64().map(|index| index as u64))?;
    Some(ChartColumn {
        name: value.get("name")?.as_str()?.to_owned(),
        index: usize::try_from(index).ok()?,
        aggregate: value.get("aggr").and_then(Value::as_str).map(str::to_owned),
    })
}
