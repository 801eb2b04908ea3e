//! What is right SQL and yet not what anybody wants to run for months: state that never shrinks, windows that may
//! never end.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Aggregate, AggregateCall, Table, TableOption};
use crate::stream::{Changelog, Job, Stateful, StatefulKind, StreamPlan, Time};
use crate::types::Kind;
use sqlc_runtime::connector::options::parse_duration;

/// Warns of states without an end and of windows that may have none, each at the clause that asks for it.
pub fn check_endless(stream: &StreamPlan, diagnostics: &mut Diagnostics) {
    for job in &stream.jobs {
        let tables: Vec<&Table> = job.scans().iter().map(|scan| &stream.tables[stream.scans[scan.0].table.0]).collect();
        let is_bounded = tables.iter().all(|table| is_bounded(table));
        for operator in &job.operators {
            match &operator.kind {
                StatefulKind::Group { retention: None, .. } if !is_bounded => {
                    diagnostics.extend(growing(job, operator));
                }
                StatefulKind::Window { time: Time::Processing, .. } if is_bounded => {
                    diagnostics.push(cut_off(operator, &tables));
                }
                StatefulKind::Window { time: Time::Event(_), .. } => {
                    diagnostics.extend(tables.iter().filter_map(|table| standing(operator, table)));
                }
                _ => {}
            }
        }
    }
}

/// A group is kept for ever. One group alone, or one per BOOLEAN, is no reason for a warning.
fn growing(job: &Job, operator: &Stateful) -> Option<Diagnostic> {
    let is_flag = |column| matches!(job.column(column).ty.kind, Kind::Boolean);
    let grows_by_key = !operator.keys.iter().all(|&key| is_flag(key));
    let is_extreme = |call: &AggregateCall| matches!(call.function, Aggregate::Min | Aggregate::Max);
    let keeps_values =
        |call: &AggregateCall| call.distinct || (operator.changelog != Changelog::InsertOnly && is_extreme(call));
    let growing_call = operator.calls.iter().find(|(_, call)| keeps_values(call));
    let what = match (grows_by_key, growing_call) {
        (true, _) => "the state of this GROUP BY grows with every new key and never shrinks",
        (false, Some(_)) => "the state of this aggregation grows with every new value and never shrinks",
        (false, None) => return None,
    };
    let names: Vec<&str> = operator.keys.iter().map(|&key| job.column(key).name.as_str()).collect();
    let mut diagnostic = Diagnostic::warning("state-without-end", operator.clause, what);
    if grows_by_key {
        diagnostic =
            diagnostic.with_note(format!("the input has no end, and one group is kept per {}", names.join(", ")));
    }
    if let Some((_, call)) = growing_call {
        diagnostic = diagnostic.with_note(format!("{} keeps every value of a group that it has seen", call.function));
    }
    Some(
        diagnostic
            .help("`SET 'table.exec.state.ttl' = '1 d';` before it forgets groups that were untouched for so long")
            .help("or group by a window too, whose state goes when the window ends"),
    )
}

/// A window of processing time over input that ends.
fn cut_off(operator: &Stateful, tables: &[&Table]) -> Diagnostic {
    let names: Vec<String> = tables.iter().map(|table| format!("`{}`", table.name)).collect();
    let message = match names.is_empty() {
        true => "the input ends, and with it the windows that are open then give no result".to_owned(),
        false => format!("the input ends ({}), and the windows that are open then give no result", names.join(", ")),
    };
    Diagnostic::warning("window-without-end", operator.clause, message)
        .labelled("ends when the clock says so")
        .with_note("a window of processing time ends by the clock; the end of the input does not end it")
        .help("use a window of event time, over a column with a WATERMARK: the end of the input ends those")
}

/// A window of event time whose watermark may stand still.
fn standing(operator: &Stateful, table: &Table) -> Option<Diagnostic> {
    if let Some(watermark) = &table.watermark {
        let mut reads_a_column = false;
        watermark.expression.for_each_column(&mut |_| reads_a_column = true);
        if !reads_a_column {
            let message = format!("the watermark of `{}` is the same for every row, so windows never end", table.name);
            return Some(
                Diagnostic::warning("window-without-end", operator.clause, message)
                    .also(watermark.span, "reads no column")
                    .help("let the watermark follow the time column: `WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`"),
            );
        }
    }
    let idle = table.options.iter().find(|option| option.name == "scan.watermark.idle-timeout")?;
    let never = parse_duration(&idle.value).is_some_and(|timeout| timeout.is_zero());
    if !never || table.option("connector") != Some("kinesis") {
        return None;
    }
    let message = format!("a shard of `{}` without records keeps every window open", table.name);
    Some(
        Diagnostic::warning("window-without-end", operator.clause, message)
            .also(idle.span, "a silent shard holds the watermark for ever")
            .help("leave the option out (a minute), or give a time after which a silent shard no longer counts"),
    )
}

/// Whether the rows of a table come to an end by themselves.
fn is_bounded(table: &Table) -> bool {
    let is_sequence = |option: &TableOption| option.name.ends_with(".kind") && option.value == "sequence";
    match table.option("connector") {
        Some("filesystem") => table
            .option("source.monitor-interval")
            .is_none_or(|interval| parse_duration(interval).is_some_and(|interval| interval.is_zero())),
        Some("datagen") => table.option("number-of-rows").is_some() || table.options.iter().any(is_sequence),
        _ => false,
    }
}
