//! What an operator keeps, in the words of types: exactly the bytes that the `Codec` of its key and of its accumulators
//! write, so that a later version of the application can read them without knowing this one.
//!
//! The notation is that of Flink's types. `INT` may be NULL and `INT NOT NULL` may not; `ROW<...>` and `ARRAY<...>` never
//! are. How it is read is left to the runtime's `meaning::Shape`, whose tests hold it against every accumulator.

use super::Named;
use crate::plan::{Aggregate, AggregateCall};
use crate::stream::{Changelog, Job};
use crate::types::{Kind, MAX_PRECISION};

/// The types of the key's fields.
pub fn keys(operator: &Named<'_>) -> Vec<String> {
    operator.operator.keys.iter().map(|id| operator.input_field(*id).ty.to_string()).collect()
}

/// The types of the accumulator's fields.
pub fn totals(job: &Job, operator: &Named<'_>) -> Vec<String> {
    let retracting = operator.operator.changelog != Changelog::InsertOnly;
    let calls = operator.operator.calls.iter().map(|(_, call)| total(job, call, retracting));
    calls.chain(retracting.then(|| COUNT.to_owned())).collect()
}

const COUNT: &str = "BIGINT NOT NULL";

/// What the accumulator of a call keeps; see `accumulator` for which one it is.
fn total(job: &Job, call: &AggregateCall, retracting: bool) -> String {
    let Some(argument) = call.argument else { return COUNT.to_owned() };
    let kind = &job.column(argument).ty.kind;
    let inner = match (call.function, kind) {
        (Aggregate::Count, _) => COUNT.to_owned(),
        (Aggregate::Avg, Kind::Decimal { scale, .. }) => {
            let sum = Kind::Decimal { precision: MAX_PRECISION, scale: *scale };
            format!("ROW<overflowed BOOLEAN NOT NULL, sum {sum} NOT NULL, count {COUNT}>")
        }
        (Aggregate::Avg, kind) => {
            let sum = if kind.is_integer() { Kind::BigInt } else { Kind::Double };
            format!("ROW<sum {sum} NOT NULL, count {COUNT}>")
        }
        (Aggregate::Sum, kind) => {
            let sum = match kind {
                Kind::Decimal { scale, .. } => Kind::Decimal { precision: MAX_PRECISION, scale: *scale },
                kind => kind.clone(),
            };
            if retracting { format!("ROW<sum {sum}, count {COUNT}>") } else { sum.to_string() }
        }
        (Aggregate::Min | Aggregate::Max, kind) if retracting => format!("ARRAY<ARRAY<{}>>", counted(kind)),
        (Aggregate::Min | Aggregate::Max, kind) => kind.to_string(),
    };
    if call.distinct { format!("ROW<total {inner}, seen ARRAY<{}>>", counted(kind)) } else { inner }
}

/// A value and how often it is there.
fn counted(kind: &Kind) -> String {
    format!("ROW<value {kind} NOT NULL, count {COUNT}>")
}
