//! The relational plan to the stream plan: time attributes, changelog kinds, windows, state, and the fusing of
//! row-wise operators into flows.
//!
//! Everything that can be wrong with a statement because it runs on a stream is found here, with the place in the
//! user's text; everything that is wrong with names and types was found by `bind`.

mod aggregate;
mod batch;
mod endless;
mod flow;
mod late;
mod prune;
mod shown;
mod target;

use crate::diagnostic::Diagnostics;
use crate::plan::{ColumnId, Operator, Plan, Relation, Statement, TableId};
use crate::stream::{Changelog, Job, Scan, ScanId, Source, Stateful, StreamPlan, Target};
use flow::{Open, TimeAttribute};

pub use endless::check_endless;
pub use late::check_late;
pub use shown::check_shown;

/// Lowers every statement; those with errors are left out and have said why.
pub fn lower(plan: Plan, diagnostics: &mut Diagnostics) -> StreamPlan {
    let mut lowering = Lowering { plan: &plan, scans: Vec::new(), diagnostics };
    let mut jobs: Vec<Job> = plan.statements.iter().filter_map(|statement| lowering.statement(statement)).collect();
    let mut scans = lowering.scans;
    prune::prune(&mut jobs, &mut scans, &plan.tables);
    StreamPlan { tables: plan.tables, scans, jobs }
}

struct Lowering<'a> {
    plan: &'a Plan,
    scans: Vec<Scan>,
    diagnostics: &'a mut Diagnostics,
}

/// One statement on its way.
struct Draft<'s> {
    statement: &'s Statement,
    operators: Vec<Stateful>,
    /// Flows that have reached their operator.
    flows: Vec<crate::stream::Flow>,
}

impl Lowering<'_> {
    /// `None` if it has errors.
    fn statement(&mut self, statement: &Statement) -> Option<Job> {
        let mut draft = Draft { statement, operators: Vec::new(), flows: Vec::new() };
        let open = self.relation(&statement.root, &mut draft)?;
        let columns = statement.root.columns();
        let changelog = self.check_target(statement, &open, &mut draft)?;
        draft.flows.extend(open.flows.into_iter().map(|flow| flow.into_target()));
        let target = match statement.target {
            crate::plan::Target::Insert { table } => Target::Insert { table, columns },
            crate::plan::Target::Select => Target::Select { columns },
        };
        Some(Job {
            target,
            flows: draft.flows,
            operators: draft.operators,
            columns: statement.columns.clone(),
            changelog,
            span: statement.span,
            settings: statement.settings.clone(),
        })
    }

    /// The flows that give the rows of a relation, still open at their ends.
    fn relation(&mut self, relation: &Relation, draft: &mut Draft<'_>) -> Option<Open> {
        match &relation.op {
            Operator::Scan { table, columns } => Some(self.scan(*table, columns)),
            Operator::Values { rows, columns } => {
                Some(Open::new(Source::Values { rows: rows.clone(), columns: columns.clone() }, Changelog::InsertOnly))
            }
            Operator::Project { input, columns } => {
                let input = self.relation(input, draft)?;
                Some(input.project(columns))
            }
            Operator::Filter { input, predicate } => {
                let input = self.relation(input, draft)?;
                Some(input.filter(predicate))
            }
            Operator::Union { inputs, columns } => {
                // Every input is lowered even if one fails, so that all errors are told.
                let inputs: Vec<_> = inputs.iter().map(|(input, from)| (self.relation(input, draft), from)).collect();
                let mut opened = Vec::new();
                for (open, from) in inputs {
                    opened.push((open?, from.as_slice()));
                }
                Some(Open::union(opened, columns, draft.statement))
            }
            Operator::Window { input, window } => {
                let input = self.relation(input, draft)?;
                self.table_window(input, window, draft)
            }
            Operator::Aggregate { input, keys, window, calls, clause } => {
                let input = self.relation(input, draft)?;
                let place = aggregate::Place { span: relation.span, clause: *clause };
                match window {
                    Some(window) => self.group_window(input, keys, window, calls, relation.span, draft),
                    None => self.aggregate(input, keys, calls, place, draft),
                }
            }
        }
    }

    fn scan(&mut self, table: TableId, columns: &[(ColumnId, usize)]) -> Open {
        let scan = match self.scans.iter().position(|scan| scan.table == table) {
            Some(index) => ScanId(index),
            None => {
                self.scans.push(Scan { table, reads: Vec::new() });
                ScanId(self.scans.len() - 1)
            }
        };
        let mut open = Open::new(Source::Scan { scan, columns: columns.to_vec() }, Changelog::InsertOnly);
        let declared = &self.plan.tables[table.0];
        for &(id, index) in columns {
            let column = &declared.columns[index];
            if declared.watermark.as_ref().is_some_and(|watermark| watermark.column == index) {
                open.set_time(id, TimeAttribute::Rowtime);
            } else if let crate::plan::ColumnSource::Computed(scalar) = &column.source
                && matches!(scalar.expr, crate::plan::Expr::Proctime)
            {
                open.set_time(id, TimeAttribute::Proctime);
            }
        }
        open
    }
}
