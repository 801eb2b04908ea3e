//! Files for rows that come too late and for records that cannot be read: whether any can come, and whether the file is
//! free. What is wrong within one table was seen to by `bind`.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Table, TableId};
use crate::stream::{OperatorId, StatefulKind, StreamPlan, Target, Time};
use sqlc_runtime::connector::options::{LATE_DATA_PATH, LETTERS, Options, is_taken};

/// Warns of a `late-data.path` that will never see a row, and refuses files that another table reads or writes.
pub fn check_late(stream: &StreamPlan, diagnostics: &mut Diagnostics) {
    let windowed = windowed(stream);
    let read: Vec<TableId> = stream.scans.iter().map(|scan| scan.table).collect();
    let written: Vec<TableId> = stream
        .jobs
        .iter()
        .filter_map(|job| match job.target {
            Target::Insert { table, .. } => Some(table),
            Target::Select { .. } => None,
        })
        .collect();
    let others = || {
        let read = read.iter().map(|other| (other, "reads"));
        read.chain(written.iter().map(|other| (other, "writes")))
    };
    for id in &read {
        let table = &stream.tables[id.0];
        for option in table.options.iter().filter(|option| LETTERS.contains(&option.name.as_str())) {
            if option.name == LATE_DATA_PATH && !windowed.contains(id) {
                let message =
                    format!("`{LATE_DATA_PATH}` has no effect: no window of event time reads `{}`", table.name);
                diagnostics.push(
                    Diagnostic::warning("option-without-effect", option.span, message)
                        .with_note("only windows drop rows because they come too late"),
                );
            }
            let taken = others().filter(|(other, _)| *other != id);
            let mut taken = taken.map(|(other, verb)| (&stream.tables[other.0], verb));
            if let Some((other, verb)) = taken.find(|(other, _)| is_taken(&options(other), &option.value)) {
                let message = format!("'{}' is '{}', where `{}` {verb}", option.name, option.value, other.name);
                let path = other.options.iter().find(|option| option.name == "path");
                diagnostics.push(
                    Diagnostic::error("bad-option", option.span, message)
                        .also(path.map_or(other.span, |path| path.span), "declared here")
                        .help("name a file that no table reads or writes"),
                );
            }
        }
    }
}

/// The tables whose rows reach a window of event time.
fn windowed(stream: &StreamPlan) -> Vec<TableId> {
    let behind = stream.jobs.iter().flat_map(|job| {
        let operators = (0..job.operators.len()).map(OperatorId);
        let is_window =
            |id: &OperatorId| matches!(job.operator(*id).kind, StatefulKind::Window { time: Time::Event(_), .. });
        operators.filter(is_window).flat_map(|id| job.scans_behind(id))
    });
    behind.map(|scan| stream.scans[scan.0].table).collect()
}

fn options(table: &Table) -> Options {
    Options::new(table.options.iter().map(|option| (option.name.as_str(), option.value.as_str())))
}
