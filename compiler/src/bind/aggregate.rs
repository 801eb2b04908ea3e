//! Aggregate functions: which there are, what they take and what comes out.

use super::call::counted;
use super::group::Call;
use super::scope::Scope;
use super::{Bind, QueryBinder};
use crate::diagnostic::Diagnostic;
use crate::plan::{Aggregate, Expr, Literal, Scalar, UnaryOp};
use crate::syntax::{ArgumentValue, FunctionCall};
use crate::text::Span;
use crate::types::{Family, Kind, Type};

pub(super) fn by_name(name: &str) -> Option<Aggregate> {
    Some(match name {
        "COUNT" => Aggregate::Count,
        "SUM" => Aggregate::Sum,
        "AVG" => Aggregate::Avg,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        _ => return None,
    })
}

/// Aggregate functions of Flink that are not built yet.
pub(super) fn is_other(name: &str) -> bool {
    [
        "APPROX_COUNT_DISTINCT",
        "ARRAY_AGG",
        "COLLECT",
        "CUME_DIST",
        "DENSE_RANK",
        "FIRST_VALUE",
        "GROUPING",
        "GROUPING_ID",
        "GROUP_ID",
        "JSON_ARRAYAGG",
        "JSON_OBJECTAGG",
        "LAG",
        "LAST_VALUE",
        "LEAD",
        "LISTAGG",
        "NTILE",
        "PERCENTILE",
        "PERCENT_RANK",
        "RANK",
        "ROW_NUMBER",
        "STDDEV",
        "STDDEV_POP",
        "STDDEV_SAMP",
        "SUM0",
        "VARIANCE",
        "VAR_POP",
        "VAR_SAMP",
    ]
    .contains(&name)
}

impl QueryBinder<'_> {
    /// An aggregate: its value is a column that the grouping will make.
    pub(super) fn aggregate(
        &mut self,
        function: Aggregate,
        call: &FunctionCall,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        // What an aggregate takes is computed before grouping: there are no aggregates inside.
        let Some(grouping) = self.grouping.take() else {
            return self.misplaced_aggregate(function, span);
        };
        let clause = std::mem::replace(&mut self.clause, "an aggregate");
        let argument = self.aggregate_argument(function, call, span, scope);
        self.clause = "FILTER";
        let filter = call.filter.as_ref().map(|filter| self.condition(filter, "FILTER", scope)).transpose();
        self.clause = clause;
        self.grouping = Some(grouping);
        let (mut argument, filter) = (argument?, filter?);
        let ty = self.aggregate_type(function, argument.as_ref(), filter.is_some(), span)?;
        if let Some(value) = argument.take_if(|value| is_collection(&value.ty.kind)) {
            if call.distinct {
                let what = format!("counting distinct values of {}", value.ty.kind);
                return self.unsupported(value.span, &what, "count its fields or elements");
            }
            // COUNT only asks whether there is a value; the value itself need not reach the operator.
            argument = value.ty.nullable.then(|| presence(value));
        }
        let distinct = call.distinct && !matches!(function, Aggregate::Min | Aggregate::Max);
        let Some(mut grouping) = self.grouping.take() else { unreachable!("it was put back above") };
        let id = grouping.call(self, Call { function, argument, distinct, filter, span }, &ty);
        self.grouping = Some(grouping);
        Ok(Scalar { expr: Expr::Column(id), ty, span })
    }

    fn misplaced_aggregate<T>(&mut self, function: Aggregate, span: Span) -> Bind<T> {
        let diagnostic = if self.clause == "an aggregate" {
            Diagnostic::error("nested-aggregate", span, "an aggregate cannot hold another one")
                .help("aggregate in a subquery in FROM first")
        } else {
            let clause = if self.clause.is_empty() { "this place" } else { self.clause };
            let message = format!("{function} is an aggregate and cannot stand in {clause}");
            let diagnostic = Diagnostic::error("misplaced-aggregate", span, message);
            if self.clause == "WHERE" {
                diagnostic.help("HAVING, behind GROUP BY, filters by aggregates")
            } else {
                diagnostic.help("aggregate in a subquery in FROM first")
            }
        };
        self.fail(diagnostic)
    }

    fn aggregate_argument(
        &mut self,
        function: Aggregate,
        call: &FunctionCall,
        span: Span,
        scope: &Scope,
    ) -> Bind<Option<Scalar>> {
        let [argument] = call.arguments.as_slice() else {
            if call.arguments.len() > 1 && function == Aggregate::Count {
                let instead = "count one column, or a subquery that filters NULLs out";
                return self.unsupported(span, "COUNT of several columns", instead);
            }
            let message = format!("{function} does not take {}", counted(call.arguments.len()));
            let usage =
                if function == Aggregate::Count { "write COUNT(*) or COUNT(value)" } else { "it takes one value" };
            return self.fail(Diagnostic::error("bad-arguments", span, message).help(usage));
        };
        match &argument.value {
            ArgumentValue::Star if function == Aggregate::Count && !call.distinct => Ok(None),
            ArgumentValue::Star => {
                let message = format!("only COUNT takes *, not {function}");
                let message = if call.distinct { "COUNT(DISTINCT *) is not defined".to_owned() } else { message };
                self.fail(Diagnostic::error("bad-arguments", argument.span, message).help("name a column"))
            }
            ArgumentValue::Expr(expr) => self.typed(expr, scope).map(Some),
            _ => {
                let message = format!("{function} takes a value");
                self.fail(Diagnostic::error("bad-arguments", argument.span, message))
            }
        }
    }

    /// The type of the result as Flink has it: SUM and AVG keep the type of integers and floats, those of
    /// DECIMALs widen to 38 digits; without rows they are NULL.
    fn aggregate_type(
        &mut self,
        function: Aggregate,
        argument: Option<&Scalar>,
        filtered: bool,
        span: Span,
    ) -> Bind<Type> {
        let Some(argument) = argument else { return Ok(Kind::BigInt.not_null()) };
        let kind = &argument.ty.kind;
        let result = match function {
            Aggregate::Count => return Ok(Kind::BigInt.not_null()),
            Aggregate::Sum => match kind {
                Kind::Decimal { scale, .. } => Some(Kind::Decimal { precision: 38, scale: *scale }),
                kind if kind.is_numeric() => Some(kind.clone()),
                _ => None,
            },
            Aggregate::Avg => match kind {
                Kind::Decimal { scale, .. } => Some(Kind::Decimal { precision: 38, scale: (*scale).max(6) }),
                kind if kind.is_numeric() => Some(kind.clone()),
                _ => None,
            },
            Aggregate::Min | Aggregate::Max => {
                let ordered = matches!(
                    kind.family(),
                    Family::Boolean
                        | Family::Integer
                        | Family::Decimal
                        | Family::Approximate
                        | Family::Character
                        | Family::Date
                        | Family::Time
                        | Family::Timestamp
                        | Family::TimestampLtz
                );
                ordered.then(|| kind.clone())
            }
        };
        let Some(kind) = result else {
            let message = format!("{function} does not take {kind}");
            let diagnostic = Diagnostic::error("bad-arguments", argument.span, message).labelled(kind.to_string());
            let diagnostic = if kind.is_character() {
                diagnostic.help("CAST the text to the number it stands for")
            } else {
                diagnostic
            };
            return self.fail(diagnostic);
        };
        let _ = span;
        let all_rows = self.grouping.as_ref().is_none_or(|grouping| grouping.is_global);
        Ok(kind.with_nullability(argument.ty.nullable || filtered || all_rows))
    }
}

fn is_collection(kind: &Kind) -> bool {
    matches!(kind, Kind::Array(_) | Kind::Map(..) | Kind::Multiset(_) | Kind::Row(_))
}

/// TRUE where there is a value, NULL where there is none.
fn presence(value: Scalar) -> Scalar {
    let span = value.span;
    let boolean = |nullable| Type { kind: Kind::Boolean, nullable };
    let literal = |literal, nullable| Scalar { expr: Expr::Literal(literal), ty: boolean(nullable), span };
    let there = UnaryOp::IsNotNull;
    let there = Scalar { expr: Expr::Unary { op: there, operand: Box::new(value) }, ty: boolean(false), span };
    let branches = vec![(there, literal(Literal::Boolean(true), true))];
    let otherwise = Box::new(literal(Literal::Null, true));
    Scalar { expr: Expr::Case { branches, otherwise }, ty: boolean(true), span }
}
