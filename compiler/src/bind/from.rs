//! FROM: tables with their hints, views, WITH queries, subqueries, window table functions.

use super::scope::{Bound, Named, Output, Scope};
use super::{Bind, QueryBinder, Reported};
use crate::catalog::ObjectKind;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::plan::{Expr, Operator, Relation, Scalar, Table, TableOption};
use crate::syntax::{CreateView, Hint, ObjectName, TableRef, TableRefKind};
use crate::text::Span;
use std::rc::Rc;

impl QueryBinder<'_> {
    /// The relation that FROM makes, and the names in it. Without FROM it is one row of no columns.
    pub(super) fn from(&mut self, from: &[TableRef], span: Span) -> Bind<(Relation, Scope)> {
        match from {
            [] => {
                let op = Operator::Values { rows: vec![Vec::new()], columns: Vec::new() };
                Ok((Relation { op, span }, Scope::default()))
            }
            [only] => {
                let (relation, named) = self.table_ref(only)?;
                Ok((relation, Scope { relations: vec![named] }))
            }
            [first, .., last] => self.unsupported(
                first.span.to(last.span),
                "a join of tables",
                "read each table in a statement of its own",
            ),
        }
    }

    fn table_ref(&mut self, table: &TableRef) -> Bind<(Relation, Named)> {
        let (bound, name) = match &table.kind {
            TableRefKind::Table { name, hints, as_of } => {
                if let Some(as_of) = as_of {
                    let instead = "join on the key without a time";
                    return self.unsupported(as_of.span, "FOR SYSTEM_TIME AS OF", instead);
                }
                let (bound, is_common) = self.table(name, hints)?;
                (bound, Some((name.last().value.clone(), !is_common)))
            }
            TableRefKind::Query { query, lateral } => {
                if *lateral {
                    return self.unsupported(query.span, "LATERAL", "write the query without it");
                }
                (self.query(query)?, None)
            }
            TableRefKind::Function { name, arguments, lateral, hints } => {
                if *lateral {
                    return self.unsupported(table.span, "LATERAL TABLE", "select the values as columns");
                }
                if let Some(hint) = hints.first() {
                    let instead = "put the hint behind the table inside";
                    return self.unsupported(hint.span, "a hint on a table function", instead);
                }
                (self.window_table(name.last(), arguments, table.span)?, None)
            }
            TableRefKind::Unnest { .. } => {
                return self.unsupported(table.span, "UNNEST", "select elements as columns: `items[1]`");
            }
            TableRefKind::Join(join) => {
                // Both sides are checked all the same.
                let (left, right) = (self.table_ref(&join.left), self.table_ref(&join.right));
                let _ = (left, right);
                let instead = "read each table in a statement of its own";
                return self.unsupported(join.operator_span, "a join", instead);
            }
        };
        let Bound { relation, mut outputs } = bound;
        let named = match &table.alias {
            Some(alias) => {
                let bound = self.rename(Bound { relation, outputs }, &alias.columns, &alias.name)?;
                outputs = bound.outputs;
                return Ok((
                    bound.relation,
                    Named { name: Some(alias.name.value.clone()), in_catalog: false, outputs },
                ));
            }
            None => {
                let in_catalog = matches!(&name, Some((_, true)));
                Named { name: name.map(|(name, _)| name), in_catalog, outputs }
            }
        };
        Ok((relation, named))
    }

    /// A name in FROM: a query of WITH first, then a table or view. Says whether it was one of WITH.
    pub(super) fn table(&mut self, name: &ObjectName, hints: &[Hint]) -> Bind<(Bound, bool)> {
        if let Some(word) = name.simple()
            && let Some(common) = self.ctes.iter().rev().find(|table| table.name == word.value)
        {
            let common = common.clone();
            self.refuse_hints(hints, "a query of WITH")?;
            return Ok((self.common_table(&common)?, true));
        }
        let object = self.object(name)?;
        let (number, kind) = (object.number, object.kind.clone());
        match kind {
            ObjectKind::Table(table) => Ok((self.scan(number, &table, name.span, hints)?, false)),
            ObjectKind::View(view) => {
                self.refuse_hints(hints, "a view")?;
                Ok((self.view(number, &view, name)?, false))
            }
            ObjectKind::Broken { .. } => Err(Reported),
        }
    }

    fn refuse_hints(&mut self, hints: &[Hint], what: &str) -> Bind<()> {
        match hints.first() {
            None => Ok(()),
            Some(hint) => {
                let message = format!("{what} has no options that a hint could change");
                self.fail(
                    Diagnostic::error("misplaced-hint", hint.span, message)
                        .help("put the hint behind the table it reads"),
                )
            }
        }
    }

    fn scan(&mut self, number: usize, table: &Rc<Table>, span: Span, hints: &[Hint]) -> Bind<Bound> {
        let hints = self.option_hints(hints, table)?;
        let id = self.table_id(number, table, hints);
        self.check_readable(id, span)?;
        let mut columns = Vec::new();
        let mut outputs = Vec::new();
        for (index, column) in table.columns.iter().enumerate() {
            let id = self.column(column.name.clone(), column.ty.clone(), column.span);
            columns.push((id, index));
            outputs.push(Output { name: column.name.clone(), id });
        }
        Ok(Bound { relation: Relation { op: Operator::Scan { table: id, columns }, span }, outputs })
    }

    /// The options of `/*+ OPTIONS(...) */`.
    pub(super) fn option_hints(&mut self, hints: &[Hint], table: &Table) -> Bind<Vec<TableOption>> {
        let mut options: Vec<TableOption> = Vec::new();
        for hint in hints {
            let Some(pairs) = hint.table_options() else {
                let what = format!("the hint {}", hint.name.value.to_uppercase());
                return self.unsupported(hint.span, &what, "OPTIONS('key' = 'value') is the only hint");
            };
            for pair in pairs {
                let (name, value) = (pair.key.value.clone(), pair.value.value.clone());
                if name == "connector" {
                    let message = "a hint cannot change the connector";
                    return self.fail(Diagnostic::error("bad-option", pair.span(), message));
                }
                options.retain(|other| other.name != name);
                options.push(TableOption { name, value, span: pair.span() });
            }
        }
        if !options.is_empty() {
            self.check_hints(table, &options)?;
        }
        Ok(options)
    }

    /// A view is its query, bound again with what is declared now.
    fn view(&mut self, number: usize, view: &Rc<CreateView>, name: &ObjectName) -> Bind<Bound> {
        if self.views.contains(&number) {
            let message = format!("the view `{}` reads itself", name.text());
            return self.fail(Diagnostic::error("circular-view", name.span, message));
        }
        self.views.push(number);
        let ctes = std::mem::take(&mut self.ctes);
        let grouping = self.grouping.take();
        let clause = std::mem::take(&mut self.clause);
        let mut found = Diagnostics::new();
        let result = {
            let mut inner = QueryBinder {
                catalog: self.catalog,
                plan: &mut *self.plan,
                tables: &mut *self.tables,
                diagnostics: &mut found,
                columns: std::mem::take(&mut self.columns),
                ctes: Vec::new(),
                views: std::mem::take(&mut self.views),
                grouping: None,
                aliases: Vec::new(),
                clause: "",
            };
            let result = inner.view_query(view);
            self.columns = inner.columns;
            self.views = inner.views;
            result
        };
        self.views.pop();
        (self.ctes, self.grouping, self.clause) = (ctes, grouping, clause);
        // The view was right when it was declared: what is wrong now is what it reads.
        if let Some(mistake) = found.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error) {
            let message = format!("the view `{}` no longer works: {}", name.text(), mistake.message);
            let mut diagnostic = Diagnostic::error("broken-view", name.span, message);
            if let Some(span) = mistake.span() {
                diagnostic = diagnostic.also(span, "in its query");
            }
            return self.fail(diagnostic);
        }
        result
    }

    /// The query of a view with the names of the view.
    pub(super) fn view_query(&mut self, view: &CreateView) -> Bind<Bound> {
        let bound = self.query(&view.query)?;
        let bound = self.rename(bound, &view.columns, view.name.last())?;
        for (index, output) in bound.outputs.iter().enumerate() {
            if bound.outputs[..index].iter().any(|other| other.name == output.name) {
                let span = self.columns[output.id.0].span;
                let message = format!("the view would have two columns `{}`", output.name);
                let diagnostic =
                    Diagnostic::error("duplicate-column", span, message).help("give one of them another name with AS");
                return self.fail(diagnostic);
            }
        }
        self.finish_outputs(bound)
    }
}

/// A column as an expression.
pub(super) fn column_scalar(binder: &QueryBinder<'_>, id: crate::plan::ColumnId, span: Span) -> Scalar {
    Scalar { expr: Expr::Column(id), ty: binder.type_of(id).clone(), span }
}
