//! The SELECTs of an analysed notebook as panels, by what their cells say.

use super::panel::{Bag, Panel, View};
use super::table::{Column, Widths};
use sqlc::Analysis;
use sqlc::notebook::ResultKind;
use sqlc::stream::{Changelog, Job, Target};
use sqlc::types::Kind;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How often a terminal is redrawn at most when the cell does not say `refreshInterval`. Zeppelin's 3 s are meant for a
/// browser.
const INTERVAL: Duration = Duration::from_millis(250);

/// A panel for every SELECT, in order.
pub fn panels(analysis: &Analysis) -> Vec<Panel> {
    let mut panels = Vec::new();
    for (number, job) in (1..).zip(&analysis.stream.jobs) {
        if let Target::Select { columns } = &job.target {
            let columns = columns.iter().map(|id| column(job, *id)).collect();
            panels.push(panel(analysis, number, job, columns));
        }
    }
    panels
}

fn column(job: &Job, id: sqlc::plan::ColumnId) -> Column {
    let column = job.column(id);
    let is_number = matches!(
        column.ty.kind,
        Kind::TinyInt | Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Float | Kind::Double | Kind::Decimal { .. }
    );
    Column { name: column.name.clone(), to_the_right: is_number }
}

fn panel(analysis: &Analysis, number: u32, job: &Job, columns: Vec<Column>) -> Panel {
    let origin = analysis.sources.origin(job.span);
    let cell = analysis.notebook.cells.iter().find(|cell| cell.id == job.span.cell);
    let properties = cell.map(|cell| &cell.properties);
    let kind = properties.and_then(|properties| properties.kind).unwrap_or(ResultKind::Update);
    let view = match (kind, job.changelog) {
        // Rows that change were refused with the other mistakes.
        (ResultKind::Append, _) => {
            let widths = Widths::of_header(&columns);
            View::Append { fresh: Vec::new(), widths, has_header: false }
        }
        (ResultKind::Single, _) => {
            let template = properties.and_then(|properties| properties.template.clone());
            View::Single { template: template.unwrap_or_else(|| "{0}".to_owned()), last: None }
        }
        (ResultKind::Update, Changelog::InsertOnly) => View::Update(Bag::Growing(VecDeque::new(), 0)),
        (ResultKind::Update, _) => View::Update(Bag::Changing(BTreeMap::new())),
    };
    let interval = properties.and_then(|properties| properties.refresh_interval_ms);
    let interval = interval.map_or(INTERVAL, Duration::from_millis);
    let heading = match cell.and_then(|cell| cell.title.as_deref()).filter(|title| !title.is_empty()) {
        Some(title) => format!("cell {}: {title}", origin.cell),
        None => format!("cell {}", origin.cell),
    };
    Panel::new(number, heading, columns, view, interval)
}
