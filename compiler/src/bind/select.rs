//! SELECT: FROM, WHERE, the list with its stars and names, grouping, HAVING, DISTINCT.

use super::group::{Grouping, name_of};
use super::same::same;
use super::scope::{Bound, Output, Scope};
use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Operator, Relation, Scalar};
use crate::syntax::{self, Distinctness, ExprKind, ObjectName, Select, SelectItem};
use crate::text::Span;

/// An item of the list under the name it will have.
struct Item {
    name: String,
    scalar: Scalar,
    /// Whether a star stands for it.
    starred: bool,
}

impl QueryBinder<'_> {
    pub(super) fn select(&mut self, select: &Select) -> Bind<Bound> {
        let mut failed = false;
        for hint in &select.hints {
            let what = format!("the hint {}", hint.name.value.to_uppercase());
            failed |= self.unsupported::<()>(hint.span, &what, "leave it out").is_err();
        }
        if let Some(qualify) = &select.qualify {
            let instead = "filter in a query around this one";
            failed |= self.unsupported::<()>(qualify.span, "QUALIFY", instead).is_err();
        }
        if let Some(window) = select.windows.first() {
            let instead = "OVER is not supported yet either";
            failed |= self.unsupported::<()>(window.name.span, "WINDOW", instead).is_err();
        }
        let (input, scope) = self.from(&select.from, select.span)?;
        let outer = std::mem::replace(&mut self.aliases, aliases(select));
        self.clause = "WHERE";
        let predicate = select.filter.as_ref().map(|filter| self.condition(filter, "WHERE", &scope)).transpose();
        self.clause = "";
        let groups = select.group_by.is_some() || select.having.is_some() || select.items.iter().any(has_aggregate);
        let input = match &predicate {
            Ok(Some(predicate)) => {
                let span = predicate.span;
                let op = Operator::Filter { input: Box::new(input), predicate: predicate.clone() };
                Relation { op, span }
            }
            _ => input,
        };
        let bound =
            if groups { self.grouped_select(select, input, &scope) } else { self.plain_select(select, input, &scope) };
        self.aliases = outer;
        let (_, bound) = (predicate?, bound?);
        if failed {
            return Err(Reported);
        }
        match select.distinct {
            Distinctness::All => Ok(bound),
            Distinctness::Distinct(span) => self.distinct(bound, span),
        }
    }

    fn plain_select(&mut self, select: &Select, input: Relation, scope: &Scope) -> Bind<Bound> {
        self.clause = "SELECT";
        let items = self.items(&select.items, scope);
        self.clause = "";
        Ok(self.project(input, items?, select.span))
    }

    fn grouped_select(&mut self, select: &Select, input: Relation, scope: &Scope) -> Bind<Bound> {
        let mut grouping = self.group_items(select.group_by.as_deref(), scope)?;
        let outer = self.grouping.take();
        self.grouping = Some(grouping);
        self.clause = "SELECT";
        let items = self.items(&select.items, scope);
        self.clause = "HAVING";
        let having = select.having.as_ref().map(|having| self.condition(having, "HAVING", scope)).transpose();
        self.clause = "";
        grouping = std::mem::replace(&mut self.grouping, outer).unwrap_or_default();

        let mut failed = false;
        let mut items = items;
        if let Ok(items) = &mut items {
            failed |= self.regroup_star(items, &grouping).is_err();
            for item in items.iter_mut().filter(|item| !item.starred) {
                failed |= self.regroup(&mut item.scalar, &grouping).is_err();
            }
        }
        let mut having = having;
        if let Ok(Some(having)) = &mut having {
            failed |= self.regroup(having, &grouping).is_err();
        }
        let (items, having) = (items?, having?);
        if failed {
            return Err(Reported);
        }
        let mut relation = self.grouped(input, grouping, select.span);
        if let Some(predicate) = having {
            let span = predicate.span;
            relation = Relation { op: Operator::Filter { input: Box::new(relation), predicate }, span };
        }
        Ok(self.project(relation, items, select.span))
    }

    /// The columns that stars stand for: all that are not grouped are said at once.
    fn regroup_star(&mut self, items: &mut [Item], grouping: &Grouping) -> Bind<()> {
        let is_key = |item: &Item| grouping.keys.iter().any(|key| same(&key.scalar, &item.scalar));
        let others: Vec<&Item> = items.iter().filter(|item| item.starred && !is_key(item)).collect();
        let Some(first) = others.first() else { return Ok(()) };
        let names: Vec<String> = others.iter().map(|item| format!("`{}`", item.name)).collect();
        let message = format!("* holds columns that are neither grouped nor aggregated: {}", names.join(", "));
        let diagnostic = Diagnostic::error("not-grouped", first.scalar.span, message)
            .help("name the columns of GROUP BY in its place");
        self.fail(diagnostic)
    }

    /// The items of the list, stars written out.
    fn items(&mut self, list: &[SelectItem], scope: &Scope) -> Bind<Vec<Item>> {
        let mut items = Vec::new();
        let mut failed = false;
        for item in list {
            match item {
                SelectItem::Star { qualifier, span } => {
                    failed |= self.star(qualifier.as_ref(), *span, scope, &mut items).is_err();
                }
                SelectItem::Expr { expr, alias } => {
                    let name = match alias {
                        Some(alias) => alias.value.clone(),
                        None => name_of(expr).unwrap_or_else(|| format!("EXPR${}", items.len())),
                    };
                    match self.typed(expr, scope) {
                        Ok(scalar) => items.push(Item { name, scalar, starred: false }),
                        Err(Reported) => failed = true,
                    }
                }
            }
        }
        if failed { Err(Reported) } else { Ok(items) }
    }

    fn star(&mut self, qualifier: Option<&ObjectName>, span: Span, scope: &Scope, items: &mut Vec<Item>) -> Bind<()> {
        if scope.relations.is_empty() {
            return self.fail(Diagnostic::error("star-without-from", span, "* needs a FROM to take its columns from"));
        }
        let relations: Vec<_> = match qualifier {
            None => scope.relations.iter().collect(),
            Some(name) => {
                let word = name.last();
                match scope.relations.iter().find(|relation| relation.name.as_deref() == Some(&word.value)) {
                    Some(relation) => vec![relation],
                    None => {
                        let names = scope.relations.iter().filter_map(|relation| relation.name.as_deref());
                        let message = format!("there is no table `{}` in this FROM", word.value);
                        let diagnostic = Diagnostic::error("unknown-table", word.span, message).suggest_nearest(
                            &word.value,
                            word.span,
                            names,
                        );
                        return self.fail(diagnostic);
                    }
                }
            }
        };
        for relation in relations {
            for (index, output) in relation.outputs.iter().enumerate() {
                if relation.outputs[..index].iter().any(|other| other.name == output.name) {
                    let message = format!("`{}` is ambiguous: * finds several columns of that name", output.name);
                    let diagnostic = Diagnostic::error("ambiguous-column", span, message)
                        .help("give the columns different names with AS");
                    return self.fail(diagnostic);
                }
                let ty = self.type_of(output.id).clone();
                let scalar = Scalar { expr: Expr::Column(output.id), ty, span };
                items.push(Item { name: output.name.clone(), scalar, starred: true });
            }
        }
        Ok(())
    }

    /// Exactly these items; nothing is projected if they are the columns as they are.
    fn project(&mut self, input: Relation, items: Vec<Item>, span: Span) -> Bound {
        let as_they_are = items.iter().map(|item| match item.scalar.expr {
            Expr::Column(id) => Some(id),
            _ => None,
        });
        if as_they_are.eq(input.columns().into_iter().map(Some)) {
            let outputs = items.into_iter().filter_map(|item| match item.scalar.expr {
                Expr::Column(id) => Some(Output { name: item.name, id }),
                _ => None,
            });
            return Bound { outputs: outputs.collect(), relation: input };
        }
        let mut outputs = Vec::new();
        let mut columns = Vec::new();
        for Item { name, scalar, .. } in items {
            let id = self.column_for(name.clone(), &scalar);
            outputs.push(Output { name, id });
            columns.push((id, scalar));
        }
        Bound { relation: Relation { op: Operator::Project { input: Box::new(input), columns }, span }, outputs }
    }
}

/// The names that the list gives: no expression of the same SELECT can use them.
fn aliases(select: &Select) -> Vec<String> {
    let alias = |item: &SelectItem| match item {
        SelectItem::Expr { alias: Some(alias), .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.items.iter().filter_map(alias).collect()
}

/// Whether an item holds an aggregate of its own query.
fn has_aggregate(item: &SelectItem) -> bool {
    match item {
        SelectItem::Expr { expr, .. } => holds_aggregate(expr),
        SelectItem::Star { .. } => false,
    }
}

fn holds_aggregate(expr: &syntax::Expr) -> bool {
    let any = |exprs: &[&syntax::Expr]| exprs.iter().any(|expr| holds_aggregate(expr));
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Path(_)
        | ExprKind::Unit(_)
        | ExprKind::InQuery { .. }
        | ExprKind::Exists(_)
        | ExprKind::Subquery(_) => false,
        ExprKind::Field { base, .. } => holds_aggregate(base),
        ExprKind::Subscript { base, index } => any(&[base, index]),
        ExprKind::Unary { operand, .. }
        | ExprKind::Is { operand, .. }
        | ExprKind::Cast { operand, .. }
        | ExprKind::Extract { operand, .. }
        | ExprKind::RoundTo { operand, .. } => holds_aggregate(operand),
        ExprKind::Binary { left, right, .. } | ExprKind::IsDistinctFrom { left, right, .. } => any(&[left, right]),
        ExprKind::Between { operand, low, high, .. } => any(&[operand, low, high]),
        ExprKind::InList { operand, list, .. } => holds_aggregate(operand) || list.iter().any(holds_aggregate),
        ExprKind::Like { operand, pattern, escape, .. } => {
            any(&[operand, pattern]) || escape.as_deref().is_some_and(holds_aggregate)
        }
        ExprKind::Case { operand, branches, otherwise } => {
            operand.as_deref().is_some_and(holds_aggregate)
                || branches.iter().any(|(when, then)| any(&[when, then]))
                || otherwise.as_deref().is_some_and(holds_aggregate)
        }
        ExprKind::Trim { characters, operand, .. } => {
            holds_aggregate(operand) || characters.as_deref().is_some_and(holds_aggregate)
        }
        ExprKind::Call(call) => {
            call.over.is_none() && super::aggregate::by_name(&call.name.last().value.to_ascii_uppercase()).is_some()
                || call.arguments.iter().filter_map(syntax::Argument::expr).any(holds_aggregate)
        }
        ExprKind::Row(items) | ExprKind::Array(items) => items.iter().any(holds_aggregate),
        ExprKind::Map(pairs) => pairs.iter().any(|(key, value)| any(&[key, value])),
    }
}
