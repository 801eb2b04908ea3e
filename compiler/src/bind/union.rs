//! UNION [ALL]: the columns of both sides get common types; without ALL equal rows become one.

use super::from::column_scalar;
use super::query::columns;
use super::scope::{Bound, Output};
use super::{Bind, QueryBinder, coerce};
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnId, Operator, Relation};
use crate::syntax::{SetOperation, SetOperator};
use crate::types::{self, Kind};

impl QueryBinder<'_> {
    pub(super) fn set_operation(&mut self, operation: &SetOperation) -> Bind<Bound> {
        let (left, right) = (self.body(&operation.left), self.body(&operation.right));
        let what = match operation.operator {
            SetOperator::Union => None,
            SetOperator::Intersect => Some("INTERSECT"),
            SetOperator::Except => Some("EXCEPT"),
        };
        if let Some(what) = what {
            return self.unsupported(operation.operator_span, what, "UNION and UNION ALL are there");
        }
        let (left, right) = (left?, right?);
        if left.outputs.len() != right.outputs.len() {
            let message = format!("UNION needs as many columns on both sides: {} here", columns(right.outputs.len()));
            let diagnostic = Diagnostic::error("column-count", operation.right.span(), message)
                .also(operation.left.span(), format!("{} here", columns(left.outputs.len())));
            return self.fail(diagnostic);
        }
        let mut outputs = Vec::new();
        let mut failed = None;
        for (a, b) in left.outputs.iter().zip(&right.outputs) {
            let (ta, tb) = (self.type_of(a.id).clone(), self.type_of(b.id).clone());
            let Some(ty) = types::common(&ta, &tb) else {
                let (sa, sb) = (self.columns[a.id.0].span, self.columns[b.id.0].span);
                let message = format!("the columns `{}` and `{}` of UNION have no common type", a.name, b.name);
                let diagnostic = Diagnostic::error("type-mismatch", sb, message)
                    .labelled(tb.kind.to_string())
                    .also(sa, ta.kind.to_string())
                    .help("CAST one of them to the type of the other");
                failed = Some(self.fail(diagnostic));
                continue;
            };
            let span = self.columns[a.id.0].span;
            let id = self.column(a.name.clone(), ty, span);
            outputs.push(Output { name: a.name.clone(), id });
        }
        if let Some(failed) = failed {
            return failed;
        }
        let kinds: Vec<Kind> = outputs.iter().map(|output| self.type_of(output.id).kind.clone()).collect();
        // `a UNION ALL b UNION ALL c` is one union of three.
        let mut inputs = Vec::new();
        for bound in [left, right] {
            let (relation, ids) = self.union_input(bound, &kinds);
            match relation.op {
                Operator::Union { inputs: inner, columns } if operation.all && columns == ids => inputs.extend(inner),
                op => inputs.push((Relation { op, span: relation.span }, ids)),
            }
        }
        let ids = outputs.iter().map(|output| output.id).collect();
        let relation = Relation { op: Operator::Union { inputs, columns: ids }, span: operation.span };
        let bound = Bound { relation, outputs };
        if operation.all { Ok(bound) } else { self.distinct(bound, operation.operator_span) }
    }

    /// A side with its columns cast to the common kinds.
    fn union_input(&mut self, bound: Bound, kinds: &[Kind]) -> (Relation, Vec<ColumnId>) {
        let ids: Vec<ColumnId> = bound.outputs.iter().map(|output| output.id).collect();
        if ids.iter().zip(kinds).all(|(id, kind)| self.type_of(*id).kind == *kind) {
            return (bound.relation, ids);
        }
        let mut projected = Vec::new();
        for (output, kind) in bound.outputs.iter().zip(kinds) {
            let span = self.columns[output.id.0].span;
            let scalar = coerce::to_kind(column_scalar(self, output.id, span), kind);
            let id = self.column_for(output.name.clone(), &scalar);
            projected.push((id, scalar));
        }
        let ids = projected.iter().map(|(id, _)| *id).collect();
        let span = bound.relation.span;
        (Relation { op: Operator::Project { input: Box::new(bound.relation), columns: projected }, span }, ids)
    }
}
