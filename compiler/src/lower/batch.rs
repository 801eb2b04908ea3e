//! Mini-batches, and aggregation in two phases: what is put together before it goes on.

use super::aggregate::Place;
use super::flow::Open;
use super::{Draft, Lowering};
use crate::diagnostic::Diagnostic;
use crate::plan::{AggregateCall, ColumnId, WindowShape};
use crate::stream::{Changelog, Destination, MiniBatch, OperatorId, Source, StatefulKind, Time};
use sqlc_runtime::connector::options::parse_duration;
use std::collections::BTreeMap;

impl Lowering<'_> {
    /// What `table.exec.mini-batch` asks of a GROUP BY without a window. `None` if that is wrong.
    pub(super) fn mini_batch(&mut self, input: &Open, place: Place, draft: &Draft<'_>) -> Option<Option<MiniBatch>> {
        let setting = |key: &str| draft.statement.settings.get(key);
        if !setting("table.exec.mini-batch.enabled").is_some_and(|on| on.eq_ignore_ascii_case("true")) {
            return Some(None);
        }
        // `bind` has said so if there is none.
        let latency = setting("table.exec.mini-batch.allow-latency").and_then(|text| parse_duration(text))?;
        let latency = i64::try_from(latency.as_millis()).unwrap_or(i64::MAX);
        let Some(size) = setting("table.exec.mini-batch.size").and_then(|size| size.parse().ok()) else {
            self.diagnostics.push(
                Diagnostic::error(
                    "mini-batch-without-length",
                    place.clause,
                    "changes of this GROUP BY are to be put together, but not of how many rows",
                )
                .help("SET 'table.exec.mini-batch.size' = '5000'; it is after how many rows they go out at the latest"),
            );
            return None;
        };
        let sources = input.flows.iter().map(|flow| &flow.from);
        let watermarks = sources.filter_map(|from| watermarks(from, latency, draft)).min();
        Some(Some(MiniBatch { latency, size, watermarks }))
    }
}

/// Which watermarks end a mini-batch: those that bring the results of windows of event time. Before the windows of a
/// table function Flink holds watermarks back so that there is one for each mini-batch; before those of GROUP BY it
/// does not.
fn watermarks(from: &Source, latency: i64, draft: &Draft<'_>) -> Option<i64> {
    let Source::Operator(id) = from else { return None };
    match &draft.operators[id.0].kind {
        StatefulKind::Window { time: Time::Event(_), oldest_first, .. } => {
            Some(if *oldest_first { 0 } else { latency })
        }
        _ => flows_into(*id, draft).filter_map(|from| watermarks(from, latency, draft)).min(),
    }
}

fn flows_into<'d>(id: OperatorId, draft: &'d Draft<'_>) -> impl Iterator<Item = &'d Source> {
    draft.flows.iter().filter(move |flow| flow.to == Destination::Operator(id)).map(|flow| &flow.from)
}

/// Whether each worker aggregates rows before they go to the worker of their key. Sessions find out only there which
/// of them are one, and a changelog without mini-batches has a change for every row. DISTINCT keeps values, and rows
/// that are taken back may have been sent by another worker.
pub(super) fn is_two_phase(
    kind: &StatefulKind,
    changelog: Changelog,
    calls: &[(ColumnId, AggregateCall)],
    settings: &BTreeMap<String, String>,
) -> bool {
    let puts_together = match kind {
        StatefulKind::Window { shape, time, .. } => {
            !matches!(shape, WindowShape::Session { .. }) && matches!(time, Time::Event(_))
        }
        StatefulKind::Group { mini_batch, .. } => mini_batch.is_some(),
    };
    let strategy = settings.get("table.optimizer.agg-phase-strategy");
    puts_together
        && changelog == Changelog::InsertOnly
        && calls.iter().all(|(_, call)| !call.distinct)
        && !strategy.is_some_and(|strategy| strategy.eq_ignore_ascii_case("ONE_PHASE"))
}
