//! Calls: which of aggregate, window function, special form and registered function a name means.

use super::expression::any_nullable;
use super::scope::Scope;
use super::{Bind, QueryBinder, aggregate, coerce, window};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Literal, Scalar};
use crate::syntax::{ArgumentValue, ExprKind, FunctionCall};
use crate::text::Span;
use crate::types::{Arithmetic, Family, Kind};

impl QueryBinder<'_> {
    pub(super) fn call(&mut self, call: &FunctionCall, span: Span, scope: &Scope) -> Bind<Scalar> {
        let name = call.name.last().value.to_ascii_uppercase();
        if call.over.is_some() {
            let instead = "aggregate over a window with GROUP BY TUMBLE(...), or over a window table function";
            return self.unsupported(span, "OVER", instead);
        }
        if !call.within_group.is_empty() {
            return self.unsupported(span, "WITHIN GROUP", "leave the clause out");
        }
        if let Some(function) = aggregate::by_name(&name) {
            return self.aggregate(function, call, span, scope);
        }
        if aggregate::is_other(&name) {
            let what = format!("the aggregate function {name}");
            return self.unsupported(span, &what, "COUNT, SUM, AVG, MIN and MAX are there");
        }
        if call.distinct {
            let message = format!("DISTINCT goes with aggregate functions, {name} is none");
            return self.fail(Diagnostic::error("distinct-without-aggregate", span, message));
        }
        if let Some(filter) = &call.filter {
            let message = format!("FILTER goes with aggregate functions, {name} is none");
            let diagnostic = Diagnostic::error("filter-without-aggregate", filter.span, message)
                .help("write CASE WHEN condition THEN value END");
            return self.fail(diagnostic);
        }
        if !call.json.is_empty() {
            let instead = "declare the column with its ROW type and read its fields";
            return self.unsupported(span, &format!("{name} with clauses"), instead);
        }
        if let Some(property) = window::auxiliary(&name) {
            return self.window_property(property, call, span, scope);
        }
        if window::group_function(&name).is_some() || name == "CUMULATE" {
            let message = format!("{name} makes windows, not values");
            let diagnostic = Diagnostic::error("misplaced-window", span, message)
                .help(format!("group by it and select {name}_START(...) or {name}_END(...)"))
                .help(format!("or read FROM TABLE({name}(TABLE t, DESCRIPTOR(time), ...))"));
            return self.fail(diagnostic);
        }
        let arguments = self.arguments(call, &name, scope)?;
        self.special(&name, arguments, span, call)
    }

    /// Functions that are expressions of their own in the plan; all others are in the registry.
    fn special(&mut self, name: &str, mut arguments: Vec<Scalar>, span: Span, call: &FunctionCall) -> Bind<Scalar> {
        match (name, arguments.len()) {
            ("COALESCE", 1..) => self.coalesce(arguments, "COALESCE", span),
            ("IFNULL", 2) => self.coalesce(arguments, "IFNULL", span),
            ("NULLIF", 2) => {
                let second = arguments.remove(1);
                self.nullif(arguments.remove(0), second, span)
            }
            ("IF", 3) => match <[Scalar; 3]>::try_from(arguments) {
                Ok(arguments) => self.if_function(arguments, span),
                Err(_) => unreachable!("the length is 3"),
            },
            ("MOD", 2) => {
                let right = self.require_type(arguments.remove(1));
                let left = self.require_type(arguments.remove(0));
                let (left, right) = super::expression::both(left, right)?;
                self.arithmetic(Arithmetic::Modulo, left, right, span)
            }
            ("PROCTIME", 0) => Ok(Scalar { expr: Expr::Proctime, ty: Kind::TimestampLtz(3).not_null(), span }),
            ("CURRENT_WATERMARK", 1) => {
                let argument = &arguments[0];
                let kind = match (&argument.expr, &argument.ty.kind) {
                    (Expr::Column(_), Kind::Timestamp(_)) => Kind::Timestamp(3),
                    (Expr::Column(_), Kind::TimestampLtz(_)) => Kind::TimestampLtz(3),
                    _ => {
                        let message = "CURRENT_WATERMARK takes the column that WATERMARK FOR names";
                        return self.fail(Diagnostic::error("type-mismatch", argument.span, message));
                    }
                };
                Ok(Scalar { expr: Expr::CurrentWatermark, ty: kind.nullable(), span })
            }
            ("TYPEOF", 1) => {
                // Known now: the type as Flink prints it.
                let text = arguments[0].ty.to_string();
                let length = text.len() as u32;
                let literal = Expr::Literal(Literal::Text(text));
                let literal = Scalar { expr: literal, ty: Kind::Char(length).nullable(), span };
                Ok(coerce::to_kind(literal, &Kind::STRING))
            }
            ("CARDINALITY", 1) if matches!(arguments[0].ty.kind.family(), Family::Array | Family::Map) => {
                let nullable = any_nullable(&arguments);
                let expr = Expr::Cardinality(Box::new(arguments.remove(0)));
                Ok(Scalar { expr, ty: Kind::Int.with_nullability(nullable), span })
            }
            (
                "COALESCE" | "IFNULL" | "NULLIF" | "IF" | "MOD" | "PROCTIME" | "CURRENT_WATERMARK" | "CARDINALITY",
                count,
            ) => {
                let usage = match name {
                    "COALESCE" => "COALESCE(value, value, ...)",
                    "IFNULL" => "IFNULL(value, replacement)",
                    "NULLIF" => "NULLIF(value, other)",
                    "IF" => "IF(condition, then, else)",
                    "MOD" => "MOD(dividend, divisor)",
                    "PROCTIME" => "PROCTIME()",
                    "CURRENT_WATERMARK" => "CURRENT_WATERMARK(time)",
                    "TYPEOF" => "TYPEOF(value)",
                    _ => "CARDINALITY(array or map)",
                };
                let message = format!("{name} does not take {}", counted(count));
                self.fail(Diagnostic::error("bad-arguments", span, message).help(format!("write {usage}")))
            }
            _ => {
                let word = call.name.last();
                self.function(name, word, arguments, span)
            }
        }
    }

    /// The arguments of a function that is no aggregate. NULL keeps the type NULL.
    fn arguments(&mut self, call: &FunctionCall, name: &str, scope: &Scope) -> Bind<Vec<Scalar>> {
        let mut bound = Vec::new();
        for argument in &call.arguments {
            if let Some(given) = &argument.name {
                let message = format!("{name} takes its arguments by position");
                let diagnostic = Diagnostic::error("named-argument", given.span, message);
                bound.push(self.fail(diagnostic));
                continue;
            }
            bound.push(match &argument.value {
                ArgumentValue::Expr(expr) => match &expr.kind {
                    ExprKind::Unit(unit) => Ok(super::expression::unit_argument(*unit, expr.span)),
                    _ => self.expression(expr, scope),
                },
                ArgumentValue::Star => {
                    let message = format!("only COUNT takes *, not {name}");
                    self.fail(Diagnostic::error("bad-arguments", argument.span, message))
                }
                _ => {
                    let message = format!("{name} takes values only");
                    self.fail(Diagnostic::error("bad-arguments", argument.span, message))
                }
            });
        }
        bound.into_iter().collect()
    }
}

pub(super) fn counted(arguments: usize) -> String {
    match arguments {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        count => format!("{count} arguments"),
    }
}
