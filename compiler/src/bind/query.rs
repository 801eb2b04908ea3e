//! Queries: WITH, the body, VALUES, and the names of what comes out.

use super::scope::{Bound, Output, Scope};
use super::{Bind, QueryBinder, Reported, coerce};
use crate::diagnostic::Diagnostic;
use crate::plan::{Operator, Relation, Scalar};
use crate::syntax::{self, Ident, Query, QueryBody};
use crate::text::Span;
use crate::types;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A query of WITH: bound again wherever it is named, so that every use is its own relation.
#[derive(Clone)]
pub(super) struct CommonTable {
    pub name: String,
    pub definition: Rc<syntax::Cte>,
    /// How many of the WITH queries it sees.
    pub visible: usize,
    /// Its mistakes are reported already.
    pub broken: bool,
}

impl QueryBinder<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Bind<Bound> {
        let outer = self.ctes.len();
        let mut failed = false;
        for cte in &query.with {
            if self.ctes[outer..].iter().any(|other| other.name == cte.name.value) {
                let message = format!("WITH names `{}` twice", cte.name.value);
                self.diagnostics.push(Diagnostic::error("duplicate-name", cte.name.span, message));
                failed = true;
                continue;
            }
            let visible = self.ctes.len();
            let mut table =
                CommonTable { name: cte.name.value.clone(), definition: Rc::new(cte.clone()), visible, broken: false };
            // Bound once here, so that a query that nobody names is checked too.
            table.broken = self.common_table(&table).is_err();
            failed |= table.broken;
            self.ctes.push(table);
        }
        let bound = self.body(&query.body);
        self.ctes.truncate(outer);
        if let Some(first) = query.order_by.first() {
            let last = query.order_by.last().unwrap_or(first);
            let instead = "leave it out; a table in the terminal is sorted by its first column";
            failed |= self.unsupported::<()>(first.span.to(last.span), "ORDER BY", instead).is_err();
        }
        if let Some(limit) = query.limit.as_ref().or(query.offset.as_ref()) {
            failed |= self.unsupported::<()>(limit.span, "LIMIT", "filter with WHERE").is_err();
        }
        if failed { Err(Reported) } else { bound }
    }

    /// One use of a query of WITH.
    pub(super) fn common_table(&mut self, table: &CommonTable) -> Bind<Bound> {
        if table.broken {
            return Err(Reported);
        }
        let hidden = self.ctes.split_off(table.visible);
        let bound = self.query(&table.definition.query);
        self.ctes.extend(hidden);
        let bound = bound?;
        self.rename(bound, &table.definition.columns, &table.definition.name)
    }

    /// Gives the columns the names of a list, if there is one.
    pub(super) fn rename(&mut self, bound: Bound, names: &[Ident], owner: &Ident) -> Bind<Bound> {
        if names.is_empty() {
            return Ok(bound);
        }
        if names.len() != bound.outputs.len() {
            let span = names[0].span.to(names[names.len() - 1].span);
            let message = format!(
                "`{}` names {}, its query has {}",
                owner.value,
                columns(names.len()),
                columns(bound.outputs.len())
            );
            return self.fail(Diagnostic::error("column-count", span, message));
        }
        for (index, name) in names.iter().enumerate() {
            if names[..index].iter().any(|other| other.value == name.value) {
                let message = format!("`{}` is named twice", name.value);
                return self.fail(Diagnostic::error("duplicate-name", name.span, message));
            }
        }
        let outputs = bound.outputs.into_iter().zip(names);
        let outputs = outputs.map(|(output, name)| Output { name: name.value.clone(), id: output.id }).collect();
        Ok(Bound { outputs, ..bound })
    }

    pub(super) fn body(&mut self, body: &QueryBody) -> Bind<Bound> {
        match body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Values(values) => self.values(values),
            QueryBody::Table(name) => {
                let (bound, _) = self.table(name, &[])?;
                Ok(bound)
            }
            QueryBody::SetOperation(operation) => self.set_operation(operation),
            QueryBody::Query(query) => self.query(query),
        }
    }

    /// `VALUES (1, 'a'), (2, 'bc')`: each column has the common type of its values.
    fn values(&mut self, values: &syntax::Values) -> Bind<Bound> {
        let scope = Scope::default();
        self.clause = "VALUES";
        let rows: Vec<Bind<Vec<Scalar>>> = values
            .rows
            .iter()
            .map(|row| {
                let row: Vec<Bind<Scalar>> = row.iter().map(|value| self.typed(value, &scope)).collect();
                row.into_iter().collect()
            })
            .collect();
        self.clause = "";
        let mut rows: Vec<Vec<Scalar>> = rows.into_iter().collect::<Bind<_>>()?;
        let width = rows.first().map_or(0, Vec::len);
        for (row, written) in rows.iter().zip(&values.rows) {
            if row.len() != width {
                let span = written.first().zip(written.last()).map_or(values.span, |(a, b)| a.span.to(b.span));
                let message =
                    format!("the first row of VALUES has {}, this one {}", counted(width), counted(row.len()));
                return self.fail(Diagnostic::error("column-count", span, message));
            }
        }
        let mut outputs = Vec::new();
        for index in 0..width {
            let column: Vec<&Scalar> = rows.iter().map(|row| &row[index]).collect();
            let what = format!("the values of column {}", index + 1);
            let ty = self.one_type(&column, types::common, &what, column[0].span)?;
            let span = column[0].span;
            for row in &mut rows {
                let value = std::mem::replace(&mut row[index], placeholder(span));
                row[index] = coerce::to_kind(value, &ty.kind);
            }
            let name = format!("EXPR${index}");
            let id = self.column(name.clone(), ty, span);
            outputs.push(Output { name, id });
        }
        let columns = outputs.iter().map(|output| output.id).collect();
        let relation = Relation { op: Operator::Values { rows, columns }, span: values.span };
        Ok(Bound { relation, outputs })
    }

    /// The result of a whole statement or of a view: names become unique as Flink makes them, and each column is
    /// one of its own with that name.
    pub(super) fn finish_outputs(&mut self, bound: Bound) -> Bind<Bound> {
        let mut used = BTreeSet::new();
        let mut columns = Vec::new();
        let mut outputs = Vec::new();
        let unchanged = bound.outputs.iter().all(|output| self.columns[output.id.0].name == output.name)
            && bound.outputs.iter().map(|output| output.id).eq(bound.relation.columns());
        for output in &bound.outputs {
            let mut name = output.name.clone();
            let mut attempt = 0;
            while !used.insert(name.clone()) {
                name = format!("{}{attempt}", output.name);
                attempt += 1;
            }
            let column = self.columns[output.id.0].clone();
            let scalar =
                Scalar { expr: crate::plan::Expr::Column(output.id), ty: column.ty.clone(), span: column.span };
            let id = if unchanged && name == output.name {
                output.id
            } else {
                self.column(name.clone(), column.ty, column.span)
            };
            columns.push((id, scalar));
            outputs.push(Output { name, id });
        }
        if columns.iter().all(|(id, scalar)| matches!(scalar.expr, crate::plan::Expr::Column(other) if other == *id)) {
            return Ok(Bound { relation: bound.relation, outputs });
        }
        let relation = match bound.relation {
            // A projection that only this one reads is renamed where it is.
            Relation { op: Operator::Project { input, columns: inner }, span } => {
                let renamed = columns.into_iter().map(|(id, outer)| {
                    let crate::plan::Expr::Column(from) = outer.expr else { return (id, outer) };
                    match inner.iter().find(|(other, _)| *other == from) {
                        Some((_, scalar)) => (id, scalar.clone()),
                        None => (id, outer),
                    }
                });
                let columns = renamed.collect();
                Relation { op: Operator::Project { input, columns }, span }
            }
            relation => {
                let span = relation.span;
                Relation { op: Operator::Project { input: Box::new(relation), columns }, span }
            }
        };
        Ok(Bound { relation, outputs })
    }
}

/// What stands in a row for a moment while its value is cast.
fn placeholder(span: Span) -> Scalar {
    let ty = types::Kind::Null.nullable();
    Scalar { expr: crate::plan::Expr::Literal(crate::plan::Literal::Null), ty, span }
}

pub(super) fn columns(count: usize) -> String {
    if count == 1 { "one column".to_owned() } else { format!("{count} columns") }
}

fn counted(count: usize) -> String {
    if count == 1 { "one value".to_owned() } else { format!("{count} values") }
}
