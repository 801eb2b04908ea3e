//! Names of values: the user's own wherever there is one.

use crate::emit::scalar::reads_alias;
use crate::plan::{ColumnId, Expr, Scalar, Table};
use crate::stream::{Destination, Flow, Job, Step, Target, Time};
use std::collections::BTreeMap;

/// What the user calls columns whose own names were made up.
#[derive(Default)]
pub struct Aliases(BTreeMap<ColumnId, String>);

impl Aliases {
    pub(super) fn of(job: &Job, tables: &[Table]) -> Self {
        let mut aliases = Aliases(BTreeMap::new());
        // What the SELECT gives no name is called as the column it goes into.
        if let Target::Insert { table, columns } = &job.target {
            let table = &tables[table.0];
            for (index, id) in table.persisted().zip(columns) {
                if is_made_up(&job.column(*id).name) {
                    aliases.0.entry(*id).or_insert_with(|| table.columns[index].name.clone());
                }
            }
        }
        // A plain alias says more than a cast.
        for alias in [reads_alias as fn(&Scalar) -> Option<ColumnId>, casts] {
            for step in job.flows.iter().flat_map(|flow| flow.steps.iter().rev()) {
                let Step::Let(to, scalar) = step else { continue };
                let from =
                    alias(scalar).filter(|from| reads_alias(scalar).is_some() || is_made_up(&job.column(*from).name));
                if let Some(from) = from {
                    let name = aliases.name(job, *to);
                    aliases.0.entry(from).or_insert(name);
                }
            }
        }
        // What an aggregate works on is called as its result.
        for (id, call) in job.operators.iter().flat_map(|operator| &operator.calls) {
            if let Some(argument) = call.argument.filter(|argument| job.column(*argument).name == "argument") {
                let name = aliases.name(job, *id);
                if !is_made_up(&name) {
                    aliases.0.entry(argument).or_insert(name);
                }
            }
        }
        aliases
    }

    pub fn name(&self, job: &Job, id: ColumnId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| job.column(id).name.clone())
    }
}

/// Whether a column has the name that Flink gives what nobody named.
pub(super) fn is_made_up(name: &str) -> bool {
    name.starts_with("EXPR$")
}

/// The column that a scalar does nothing to but to cast it.
pub(super) fn casts(scalar: &Scalar) -> Option<ColumnId> {
    match &scalar.expr {
        Expr::Cast { operand, .. } => reads_alias(operand),
        _ => None,
    }
}

/// Whether nothing behind a step of a flow reads a column.
pub(super) fn is_read_last(job: &Job, flow: &Flow, step: usize, column: ColumnId) -> bool {
    let reads = |scalar: &Scalar| {
        let mut found = false;
        scalar.for_each_column(&mut |id| found |= id == column);
        found
    };
    let in_steps = flow.steps[step + 1..].iter().any(|step| match step {
        Step::Let(_, scalar) | Step::Filter(scalar) => reads(scalar),
        Step::Windows(windows) => windows.time == Time::Event(column),
    });
    let behind = match (flow.to, &job.target) {
        (Destination::Operator(id), _) => job.operators[id.0].input.contains(&column),
        (Destination::Target, Target::Insert { columns, .. } | Target::Select { columns }) => columns.contains(&column),
    };
    !in_steps && !behind
}
