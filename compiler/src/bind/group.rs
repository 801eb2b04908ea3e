//! GROUP BY: keys, windows, aggregates and properties are gathered while the SELECT list is bound; then every column
//! that is neither is a mistake.

use super::same::same;
use super::scope::{Bound, Scope};
use super::window::Shape;
use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::Diagnostic;
use crate::plan::{
    Aggregate, AggregateCall, ColumnId, Expr, GroupWindow, Operator, Relation, Scalar, WindowProperty, WindowShape,
};
use crate::syntax::{self, ExprKind, GroupItem};
use crate::text::Span;
use crate::types::{Kind, Type};

/// What one SELECT groups by and computes.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    pub keys: Vec<Key>,
    pub window: Option<GroupedWindow>,
    pub calls: Vec<(ColumnId, Call)>,
    /// Whether all rows are one group: there may be no row in it, and then there is no value.
    pub is_global: bool,
}

/// An expression of GROUP BY and the column that holds it afterwards.
#[derive(Debug)]
pub(super) struct Key {
    pub scalar: Scalar,
    pub id: ColumnId,
}

/// An aggregate whose argument is not a column yet.
#[derive(Debug)]
pub(super) struct Call {
    pub function: Aggregate,
    pub argument: Option<Scalar>,
    pub distinct: bool,
    pub filter: Option<Scalar>,
    pub span: Span,
}

/// TUMBLE, HOP or SESSION in GROUP BY.
#[derive(Debug)]
pub(super) struct GroupedWindow {
    /// `TUMBLE`.
    pub function: &'static str,
    pub shape: WindowShape,
    pub time: Scalar,
    pub properties: Vec<(ColumnId, WindowProperty)>,
    pub span: Span,
}

impl Grouping {
    /// The column of an aggregate; the same aggregate twice is computed once.
    pub fn call(&mut self, binder: &mut QueryBinder<'_>, call: Call, ty: &Type) -> ColumnId {
        let same_option = |left: &Option<Scalar>, right: &Option<Scalar>| match (left, right) {
            (None, None) => true,
            (Some(left), Some(right)) => same(left, right),
            _ => false,
        };
        let existing = self.calls.iter().find(|(_, other)| {
            other.function == call.function
                && other.distinct == call.distinct
                && same_option(&other.argument, &call.argument)
                && same_option(&other.filter, &call.filter)
        });
        if let Some((id, _)) = existing {
            return *id;
        }
        let name = call.function.to_string().to_lowercase();
        let id = binder.column(name, ty.clone(), call.span);
        self.calls.push((id, call));
        id
    }
}

impl QueryBinder<'_> {
    /// The items of GROUP BY; `None` is a SELECT with aggregates and no GROUP BY.
    pub(super) fn group_items(&mut self, items: Option<&[GroupItem]>, scope: &Scope) -> Bind<Grouping> {
        let mut grouping = Grouping::default();
        let mut failed = false;
        self.clause = "GROUP BY";
        for item in items.unwrap_or_default() {
            let (what, span) = match item {
                GroupItem::Expr(expr) => {
                    failed |= self.group_expr(expr, &mut grouping, scope).is_err();
                    continue;
                }
                GroupItem::Rollup(_, span) => ("ROLLUP", *span),
                GroupItem::Cube(_, span) => ("CUBE", *span),
                GroupItem::GroupingSets(_, span) => ("GROUPING SETS", *span),
            };
            let instead = "write one SELECT for each set of keys and join them with UNION ALL";
            let _ = self.unsupported::<()>(span, what, instead);
            failed = true;
        }
        self.clause = "";
        grouping.is_global = grouping.keys.is_empty() && grouping.window.is_none();
        if failed { Err(Reported) } else { Ok(grouping) }
    }

    fn group_expr(&mut self, expr: &syntax::Expr, grouping: &mut Grouping, scope: &Scope) -> Bind<()> {
        if let ExprKind::Call(call) = &expr.kind
            && let Some(function) = super::window::group_function(&call.name.last().value)
        {
            let Shape { time, shape } = self.group_window(function, call, expr.span, scope)?;
            if let Some(first) = &grouping.window {
                let message = "a query groups by one window";
                let diagnostic =
                    Diagnostic::error("second-window", expr.span, message).also(first.span, "the first one");
                return self.fail(diagnostic);
            }
            let span = expr.span;
            grouping.window = Some(GroupedWindow { function, shape, time, properties: Vec::new(), span });
            return Ok(());
        }
        if let ExprKind::Row(exprs) = &expr.kind {
            // `GROUP BY (a, b)` is `GROUP BY a, b`.
            let bound: Vec<Bind<()>> = exprs.iter().map(|expr| self.group_expr(expr, grouping, scope)).collect();
            return bound.into_iter().collect();
        }
        let scalar = self.typed(expr, scope)?;
        if matches!(scalar.ty.kind, Kind::Array(_) | Kind::Map(..) | Kind::Multiset(_) | Kind::Row(_)) {
            let what = format!("grouping by {}", scalar.ty.kind);
            return self.unsupported(scalar.span, &what, "group by its fields or elements");
        }
        if coerce_free_literal(&scalar) {
            // A number here is a constant in Flink, not the place of a column: one group.
            let message = "GROUP BY a constant makes one group";
            self.diagnostics.push(
                Diagnostic::warning("constant-group", scalar.span, message)
                    .help("name the column; Flink takes a number here for a constant, not for a position"),
            );
        }
        if grouping.keys.iter().any(|key| same(&key.scalar, &scalar)) {
            return Ok(());
        }
        let id = match scalar.expr {
            Expr::Column(id) => id,
            _ => self.column_for(name_of(expr).unwrap_or_else(|| format!("key{}", grouping.keys.len())), &scalar),
        };
        grouping.keys.push(Key { scalar, id });
        Ok(())
    }

    /// Brings a value over the columns before grouping to one over the columns after it.
    pub(super) fn regroup(&mut self, scalar: &mut Scalar, grouping: &Grouping) -> Bind<()> {
        if let Some(key) = grouping.keys.iter().find(|key| same(&key.scalar, scalar)) {
            scalar.expr = Expr::Column(key.id);
            return Ok(());
        }
        if let Expr::Column(id) = &scalar.expr {
            let made = grouping.calls.iter().any(|(call, _)| call == id)
                || grouping.window.iter().any(|window| window.properties.iter().any(|(property, _)| property == id));
            if made {
                return Ok(());
            }
            let name = self.columns[id.0].name.clone();
            return self.fail(not_grouped(&name, scalar.span, grouping));
        }
        let mut failed = false;
        for child in scalar.children_mut() {
            failed |= self.regroup(child, grouping).is_err();
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// The relation that groups: a projection of what it needs, if that is not all columns, and the aggregate.
    pub(super) fn grouped(&mut self, input: Relation, grouping: Grouping, span: Span) -> Relation {
        let mut needed = Needed { columns: Vec::new(), computes: false };
        let keys: Vec<ColumnId> = grouping.keys.iter().map(|key| key.id).collect();
        let calls_span = || grouping.calls.iter().map(|(_, call)| call.span).reduce(Span::to);
        let clause =
            grouping.keys.iter().map(|key| key.scalar.span).reduce(Span::to).or_else(calls_span).unwrap_or(span);
        for key in grouping.keys {
            needed.add(key.id, key.scalar);
        }
        let window = grouping.window.map(|window| {
            let time_span = window.time.span;
            let time = needed.column(self, window.time, "time");
            let properties = window.properties;
            GroupWindow { shape: window.shape, time, time_span, properties, span: window.span }
        });
        let mut calls = Vec::new();
        for (id, call) in grouping.calls {
            let argument = call.argument.map(|argument| needed.column(self, argument, "argument"));
            let filter = call.filter.map(|filter| needed.column(self, filter, "filter"));
            let (function, distinct, span) = (call.function, call.distinct, call.span);
            calls.push((id, AggregateCall { function, argument, distinct, filter, span }));
        }
        let input = if needed.computes {
            let span = input.span;
            Relation { op: Operator::Project { input: Box::new(input), columns: needed.columns }, span }
        } else {
            input
        };
        Relation { op: Operator::Aggregate { input: Box::new(input), keys, window, calls, clause }, span }
    }

    /// Only one of equal rows: a grouping by all columns.
    pub(super) fn distinct(&mut self, bound: Bound, span: Span) -> Bind<Bound> {
        for output in &bound.outputs {
            let column = &self.columns[output.id.0];
            if matches!(column.ty.kind, Kind::Array(_) | Kind::Map(..) | Kind::Multiset(_) | Kind::Row(_)) {
                let what = format!("telling rows apart by {}", column.ty.kind);
                let column_span = column.span;
                return self.unsupported(column_span, &what, "select its fields or elements");
            }
        }
        let mut keys: Vec<ColumnId> = Vec::new();
        for output in &bound.outputs {
            if !keys.contains(&output.id) {
                keys.push(output.id);
            }
        }
        let op = Operator::Aggregate {
            input: Box::new(bound.relation),
            keys,
            window: None,
            calls: Vec::new(),
            clause: span,
        };
        Ok(Bound { relation: Relation { op, span }, outputs: bound.outputs })
    }
}

/// The columns that a grouping reads, each once.
struct Needed {
    columns: Vec<(ColumnId, Scalar)>,
    /// Whether one of them is more than a column of the input.
    computes: bool,
}

impl Needed {
    fn add(&mut self, id: ColumnId, scalar: Scalar) {
        if self.columns.iter().any(|(other, _)| *other == id) {
            return;
        }
        self.computes |= !matches!(scalar.expr, Expr::Column(_));
        self.columns.push((id, scalar));
    }

    fn column(&mut self, binder: &mut QueryBinder<'_>, scalar: Scalar, name: &str) -> ColumnId {
        if let Expr::Column(id) = scalar.expr {
            self.add(id, scalar);
            return id;
        }
        if let Some((id, _)) = self.columns.iter().find(|(_, other)| same(other, &scalar) && other.ty == scalar.ty) {
            return *id;
        }
        let id = binder.column_for(name, &scalar);
        self.add(id, scalar);
        id
    }
}

fn coerce_free_literal(scalar: &Scalar) -> bool {
    scalar.is_literal() && !scalar.is_null_literal()
}

/// The name that a column made of this expression would have in SELECT.
pub(super) fn name_of(expr: &syntax::Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Path(path) => path.last().map(|ident| ident.value.clone()),
        ExprKind::Field { field, .. } => Some(field.value.clone()),
        _ => None,
    }
}

fn not_grouped(name: &str, span: Span, grouping: &Grouping) -> Diagnostic {
    let message = format!("column `{name}` is neither grouped nor aggregated");
    let diagnostic = Diagnostic::error("not-grouped", span, message);
    if grouping.is_global {
        return diagnostic
            .with_note("without GROUP BY an aggregate makes one row of all rows")
            .help(format!("add GROUP BY {name}, or aggregate it: MAX({name})"));
    }
    diagnostic.help(format!("add `{name}` to GROUP BY, or aggregate it: MAX({name})"))
}
