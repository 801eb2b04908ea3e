//! CASE and the functions that choose one of their arguments: COALESCE, NULLIF, IF, IFNULL.

use super::expression::{any_nullable, both};
use super::scope::Scope;
use super::{Bind, QueryBinder, coerce};
use crate::diagnostic::Diagnostic;
use crate::plan::{BinaryOp, Expr, Literal, Scalar};
use crate::syntax;
use crate::text::Span;
use crate::types::{self, Kind, Type};

impl QueryBinder<'_> {
    pub(super) fn case(
        &mut self,
        operand: Option<&syntax::Expr>,
        branches: &[(syntax::Expr, syntax::Expr)],
        otherwise: Option<&syntax::Expr>,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let operand = operand.map(|operand| self.typed(operand, scope)).transpose();
        let mut bound = Vec::new();
        for (when, then) in branches {
            let condition = match &operand {
                Ok(None) => self.condition(when, "WHEN", scope),
                Ok(Some(operand)) => self.expression(when, scope).and_then(|when| {
                    let span = when.span;
                    self.comparison(BinaryOp::Equal, operand.clone(), when, span)
                }),
                Err(reported) => Err(*reported),
            };
            let result = self.expression(then, scope);
            bound.push(both(condition, result));
        }
        let otherwise = match otherwise {
            Some(otherwise) => self.expression(otherwise, scope)?,
            None => null(span.end_point()),
        };
        let branches: Vec<(Scalar, Scalar)> = bound.into_iter().collect::<Bind<_>>()?;
        let results: Vec<&Scalar> = branches.iter().map(|(_, result)| result).chain([&otherwise]).collect();
        let ty = self.one_type(&results, types::common, "the results of CASE", span)?;
        let branches = branches.into_iter().map(|(when, then)| (when, coerce::to_kind(then, &ty.kind))).collect();
        let otherwise = Box::new(coerce::to_kind(otherwise, &ty.kind));
        Ok(Scalar { expr: Expr::Case { branches, otherwise }, ty, span })
    }

    /// The common type of several values, which are `what`.
    pub(super) fn one_type(
        &mut self,
        values: &[&Scalar],
        rule: fn(&Type, &Type) -> Option<Type>,
        what: &str,
        span: Span,
    ) -> Bind<Type> {
        let mut ty = values[0].ty.clone();
        for value in &values[1..] {
            match rule(&ty, &value.ty) {
                Some(common) => ty = common,
                None => {
                    let message = format!("{what} have no common type");
                    let first = values.iter().find(|other| rule(&other.ty, &value.ty).is_none());
                    let mut diagnostic =
                        Diagnostic::error("type-mismatch", value.span, message).labelled(value.ty.kind.to_string());
                    if let Some(first) = first {
                        diagnostic = diagnostic.also(first.span, first.ty.kind.to_string());
                    }
                    return self.fail(diagnostic.help("CAST one of them to the type of the other"));
                }
            }
        }
        if ty.kind == Kind::Null {
            let diagnostic =
                Diagnostic::error("untyped-null", span, format!("all of {what} are NULL: they have no type"))
                    .help("write CAST(NULL AS ...) for one of them");
            return self.fail(diagnostic);
        }
        Ok(ty)
    }

    /// COALESCE and IFNULL: NULL only if every argument is.
    pub(super) fn coalesce(&mut self, arguments: Vec<Scalar>, name: &str, span: Span) -> Bind<Scalar> {
        let values: Vec<&Scalar> = arguments.iter().collect();
        let ty = self.one_type(&values, types::merged, &format!("the arguments of {name}"), span)?;
        let nullable = arguments.iter().all(|argument| argument.ty.nullable);
        let ty = Type { nullable, ..ty };
        let arguments = arguments.into_iter().map(|argument| coerce::to_kind(argument, &ty.kind)).collect();
        Ok(Scalar { expr: Expr::Coalesce(arguments), ty, span })
    }

    /// `NULLIF(a, b)` is `CASE WHEN a = b THEN NULL ELSE a END`.
    pub(super) fn nullif(&mut self, first: Scalar, second: Scalar, span: Span) -> Bind<Scalar> {
        let first = self.require_type(first)?;
        let ty = first.ty.kind.clone().nullable();
        let equal = self.comparison(BinaryOp::Equal, first.clone(), second, span)?;
        let nothing = coerce::to_kind(null(span), &ty.kind);
        let expr = Expr::Case { branches: vec![(equal, nothing)], otherwise: Box::new(first) };
        Ok(Scalar { expr, ty, span })
    }

    /// `IF(condition, a, b)`; Flink calls the result nullable if the condition is.
    pub(super) fn if_function(&mut self, [condition, then, otherwise]: [Scalar; 3], span: Span) -> Bind<Scalar> {
        let condition = self.require_type(condition);
        let then = self.require_type(then);
        let otherwise = self.require_type(otherwise);
        let (condition, (then, otherwise)) = (condition?, both(then, otherwise)?);
        if condition.ty.kind != Kind::Boolean {
            let message = format!("IF needs a condition, this is of type {}", condition.ty.kind);
            let diagnostic = Diagnostic::error("not-a-condition", condition.span, message).labelled("not BOOLEAN");
            return self.fail(diagnostic);
        }
        let ty = self.one_type(&[&then, &otherwise], types::common, "the results of IF", span)?;
        let ty = ty.or_nullable(any_nullable([&condition]));
        let branches = vec![(condition, coerce::to_kind(then, &ty.kind))];
        let otherwise = Box::new(coerce::to_kind(otherwise, &ty.kind));
        Ok(Scalar { expr: Expr::Case { branches, otherwise }, ty, span })
    }
}

fn null(span: Span) -> Scalar {
    Scalar { expr: Expr::Literal(Literal::Null), ty: Kind::Null.nullable(), span }
}
