//! Whether the target of a statement can take the kind of rows it gets.

use super::flow::Open;
use super::{Draft, Lowering};
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnId, Statement, Table, Target};
use crate::stream::{Changelog, Source, StatefulKind, Step};
use crate::types::{Family, Kind};
use sqlc_runtime::connector::options::{CONNECTORS, ConnectorSpec};

impl Lowering<'_> {
    /// The changelog that reaches the target. Tells a lone aggregate not to send -U rows to a target that knows rows
    /// by the same key.
    pub(super) fn check_target(
        &mut self,
        statement: &Statement,
        open: &Open,
        draft: &mut Draft<'_>,
    ) -> Option<Changelog> {
        let Target::Insert { table } = statement.target else { return Some(open.changelog) };
        self.refuse_nested(&self.plan.tables[table.0], statement)?;
        if open.changelog == Changelog::InsertOnly {
            return Some(Changelog::InsertOnly);
        }
        let table = &self.plan.tables[table.0];
        if !connector(table).is_some_and(|connector| connector.changelog_sink) {
            self.refuse_update_of(table, statement, open, draft);
            return None;
        }
        if table.primary_key.is_empty() {
            return Some(Changelog::Retract);
        }
        let columns = statement.root.columns();
        let persisted: Vec<usize> = table.persisted().collect();
        let key: Option<Vec<ColumnId>> = table
            .primary_key
            .iter()
            .map(|key| persisted.iter().position(|column| column == key).map(|position| columns[position]))
            .collect();
        if !same_columns(key.as_deref(), open.unique.as_deref()) {
            self.diagnostics.push(
                Diagnostic::error(
                    "upsert-key-differs",
                    statement.span,
                    format!(
                        "the rows of this query are updated by another key than the primary key of `{}`",
                        table.name
                    ),
                )
                .also(table.span, "the primary key is declared here")
                .help("make the GROUP BY columns the primary key of the table"),
            );
            return None;
        }
        // `print` shows every change, as Flink's does.
        let shows_all = connector(table).is_some_and(|connector| connector.name == "print");
        // A filter behind the aggregate needs both sides of an update to see a row leave.
        let plain =
            !shows_all && open.flows.iter().all(|flow| flow.steps.iter().all(|step| matches!(step, Step::Let(..))));
        if let ([flow], true) = (open.flows.as_slice(), plain)
            && let Source::Operator(id) = flow.from
            && let StatefulKind::Group { update_before, .. } = &mut draft.operators[id.0].kind
        {
            *update_before = false;
            return Some(Changelog::Upsert);
        }
        Some(Changelog::Retract)
    }

    /// ROW columns can be read but not written yet.
    fn refuse_nested(&mut self, table: &Table, statement: &Statement) -> Option<()> {
        let is_nested = |kind: &Kind| kind.family() == Family::Row;
        let nested = table.persisted().map(|index| &table.columns[index]).find(|column| match &column.ty.kind {
            Kind::Array(element) => is_nested(&element.kind),
            Kind::Map(_, value) => is_nested(&value.kind),
            kind => is_nested(kind),
        });
        let Some(column) = nested else { return Some(()) };
        self.diagnostics.push(
            Diagnostic::error(
                "writing-rows",
                statement.span,
                format!("writing the ROW column `{}` of `{}` is not supported yet", column.name, table.name),
            )
            .also(column.span, "declared here")
            .help("write its fields into columns of their own"),
        );
        None
    }

    fn refuse_update_of(&mut self, table: &Table, statement: &Statement, open: &Open, draft: &Draft<'_>) {
        let connector = table.option("connector").unwrap_or("this connector");
        let mut diagnostic = Diagnostic::error(
            "append-only-sink",
            statement.span,
            format!("`{}` ({connector}) takes new rows only, but this query updates rows it has sent", table.name),
        );
        for flow in &open.flows {
            if let Source::Operator(id) = flow.from {
                diagnostic =
                    diagnostic.also(draft.operators[id.0].span, "the results of this GROUP BY change with every row");
            }
        }
        self.diagnostics.push(diagnostic.help(
            "group by a window (TUMBLE, HOP, CUMULATE), whose results are final, or write to a connector that takes updates",
        ));
    }
}

fn connector(table: &Table) -> Option<&'static ConnectorSpec> {
    let name = table.option("connector")?;
    CONNECTORS.iter().find(|connector| connector.name == name)
}

fn same_columns(left: Option<&[ColumnId]>, right: Option<&[ColumnId]>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return false };
    left.len() == right.len() && left.iter().all(|id| right.contains(id))
}
