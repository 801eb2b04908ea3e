//! Expressions: each kind of node is handed to the file that knows it.

use super::scope::Scope;
use super::{Bind, QueryBinder, Reported, coerce};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Literal, Scalar};
use crate::syntax::{self, ExprKind, UnaryOperator};
use crate::text::Span;
use crate::types::{Kind, Type};

impl QueryBinder<'_> {
    /// An expression over the columns of the scope. NULL on its own keeps the type NULL: see [`Self::typed`].
    pub(super) fn expression(&mut self, expr: &syntax::Expr, scope: &Scope) -> Bind<Scalar> {
        let span = expr.span;
        let scalar = match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Path(path) => self.path(path, span, scope),
            ExprKind::Field { base, field } => {
                let base = self.typed(base, scope)?;
                self.field(base, field)
            }
            ExprKind::Subscript { base, index } => self.element(base, index, span, scope),
            ExprKind::Unary { operator: UnaryOperator::Minus, operand } => match &operand.kind {
                ExprKind::Literal(syntax::Literal::Number(text)) => self.number(text, true, span),
                _ => self.unary(UnaryOperator::Minus, operand, span, scope),
            },
            ExprKind::Unary { operator, operand } => self.unary(*operator, operand, span, scope),
            ExprKind::Binary { operator, left, right, .. } => self.binary(*operator, left, right, span, scope),
            ExprKind::Is { operand, negated, what } => self.is(operand, *negated, *what, span, scope),
            ExprKind::IsDistinctFrom { left, right, negated } => self.distinct_from(left, right, *negated, span, scope),
            ExprKind::Between { operand, low, high, negated, symmetric } => {
                self.between([operand, low, high], *negated, *symmetric, span, scope)
            }
            ExprKind::InList { operand, list, negated } => self.in_list(operand, list, *negated, span, scope),
            ExprKind::Like { kind, operand, pattern, escape, negated } => {
                let escape = escape.as_deref();
                self.like(*kind, [operand, pattern], escape, *negated, span, scope)
            }
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span, scope)
            }
            ExprKind::Cast { operand, data_type, lenient } => self.cast(operand, data_type, *lenient, span, scope),
            ExprKind::Extract { unit, operand } => {
                let operand = self.typed(operand, scope)?;
                let unit = unit_argument(*unit, span);
                self.named_function("EXTRACT", vec![unit, operand], span)
            }
            ExprKind::RoundTo { up, operand, unit } => {
                let operand = self.typed(operand, scope)?;
                let unit = unit_argument(*unit, span);
                self.named_function(if *up { "CEIL" } else { "FLOOR" }, vec![operand, unit], span)
            }
            ExprKind::Trim { side, characters, operand } => {
                let operand = self.typed(operand, scope)?;
                let mut arguments = vec![operand];
                if let Some(characters) = characters {
                    arguments.push(self.typed(characters, scope)?);
                }
                let name = match side {
                    syntax::TrimSide::Both => "TRIM",
                    syntax::TrimSide::Leading => "LTRIM",
                    syntax::TrimSide::Trailing => "RTRIM",
                };
                self.named_function(name, arguments, span)
            }
            ExprKind::Call(call) => self.call(call, span, scope),
            ExprKind::Unit(unit) => {
                let message = format!("{} stands for no value here", unit.keyword());
                self.fail(Diagnostic::error("misplaced-unit", span, message))
            }
            ExprKind::Row(_) => self.unsupported(span, "building a ROW", "select its fields as columns"),
            ExprKind::Array(_) => self.unsupported(span, "building an ARRAY", "select its elements as columns"),
            ExprKind::Map(_) => self.unsupported(span, "building a MAP", "select its values as columns"),
            ExprKind::InQuery { .. } => {
                let instead = "write the values out, or filter before the query is split";
                self.unsupported(span, "IN with a query", instead)
            }
            ExprKind::Exists(_) => self.unsupported(span, "EXISTS", "express the condition with columns of this FROM"),
            ExprKind::Subquery(_) => {
                self.unsupported(span, "a query as a value", "compute the value in a subquery in FROM")
            }
        };
        scalar.map(|scalar| Scalar { span, ..scalar })
    }

    /// An expression that must have a type of its own, which NULL has not.
    pub(super) fn typed(&mut self, expr: &syntax::Expr, scope: &Scope) -> Bind<Scalar> {
        let scalar = self.expression(expr, scope)?;
        self.require_type(scalar)
    }

    pub(super) fn require_type(&mut self, scalar: Scalar) -> Bind<Scalar> {
        if scalar.ty.kind != Kind::Null {
            return Ok(scalar);
        }
        self.fail(Diagnostic::error("untyped-null", scalar.span, "NULL has no type here").suggest(
            "say which type it is of",
            scalar.span,
            "CAST(NULL AS STRING)",
        ))
    }

    /// A condition: BOOLEAN, or NULL taken as one.
    pub(super) fn condition(&mut self, expr: &syntax::Expr, clause: &'static str, scope: &Scope) -> Bind<Scalar> {
        let scalar = self.expression(expr, scope)?;
        match scalar.ty.kind {
            Kind::Boolean | Kind::Null => Ok(coerce::to_kind(scalar, &Kind::Boolean)),
            _ => {
                let message = format!("{clause} needs a condition, this is of type {}", scalar.ty.kind);
                let diagnostic = Diagnostic::error("not-a-condition", scalar.span, message).labelled("not BOOLEAN");
                let diagnostic = if scalar.ty.kind.is_numeric() {
                    diagnostic.help("compare it with something, as in `x <> 0`")
                } else {
                    diagnostic.help("compare it with something, as in `x = 'a'`")
                };
                self.fail(diagnostic)
            }
        }
    }

    /// Several expressions; all of their mistakes are reported.
    pub(super) fn all_typed<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e syntax::Expr>,
        scope: &Scope,
    ) -> Bind<Vec<Scalar>> {
        let bound: Vec<Bind<Scalar>> = exprs.into_iter().map(|expr| self.typed(expr, scope)).collect();
        bound.into_iter().collect()
    }

    /// Refuses what is right in Flink and not built yet.
    pub(super) fn unsupported<T>(&mut self, span: Span, what: &str, instead: &str) -> Bind<T> {
        self.fail(
            Diagnostic::error("not-supported", span, format!("{what} is not supported yet")).help(instead.to_owned()),
        )
    }

    /// `array[index]` and `map[key]`.
    fn element(&mut self, base: &syntax::Expr, index: &syntax::Expr, span: Span, scope: &Scope) -> Bind<Scalar> {
        let (base, index) = (self.typed(base, scope), self.typed(index, scope));
        let (base, index) = (base?, index?);
        let (element, index) = match &base.ty.kind {
            Kind::Array(element) => {
                if index.ty.kind != Kind::Int {
                    let message = format!("the index of an ARRAY is an INT, this is of type {}", index.ty.kind);
                    return self.fail(Diagnostic::error("bad-index", index.span, message).help("CAST it AS INT"));
                }
                if let Expr::Literal(Literal::Integer(number)) = index.expr
                    && number < 1
                {
                    let message = format!("elements of an ARRAY count from 1, not from {number}");
                    return self.fail(Diagnostic::error("bad-index", index.span, message));
                }
                (element.kind.clone(), index)
            }
            Kind::Map(key, value) => {
                let fits = index.ty.kind.family() == key.kind.family();
                if !fits {
                    let message = format!("the keys of this MAP are of type {}, not {}", key.kind, index.ty.kind);
                    return self.fail(Diagnostic::error("bad-index", index.span, message));
                }
                (value.kind.clone(), coerce::to_operand(index, &key.kind))
            }
            Kind::Row(fields) => {
                let instead = fields.first().map_or("", |field| field.name.as_str());
                let message = "the fields of a ROW are named with a dot";
                return self.fail(
                    Diagnostic::error("bad-index", span, message).help(format!("write it as in `row.{instead}`")),
                );
            }
            other => {
                let message = format!("{other} has no elements");
                return self.fail(
                    Diagnostic::error("bad-index", base.span, message).labelled("only an ARRAY or a MAP has elements"),
                );
            }
        };
        let ty = element.nullable();
        Ok(Scalar { expr: Expr::Element { operand: Box::new(base), index: Box::new(index) }, ty, span })
    }
}

/// A unit of time as the argument of a function: its keyword, of no SQL type that matters.
pub(super) fn unit_argument(unit: syntax::TimeUnit, span: Span) -> Scalar {
    let keyword = unit.keyword();
    let ty = Kind::Char(keyword.len() as u32).not_null();
    Scalar { expr: Expr::Literal(Literal::Unit(keyword)), ty, span }
}

/// The operands of a call, bound one after the other so that all mistakes are said.
pub(super) fn both(left: Bind<Scalar>, right: Bind<Scalar>) -> Bind<(Scalar, Scalar)> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        _ => Err(Reported),
    }
}

pub(super) fn any_nullable<'s>(scalars: impl IntoIterator<Item = &'s Scalar>) -> bool {
    scalars.into_iter().any(|scalar| scalar.ty.nullable)
}

pub(super) fn boolean(expr: Expr, nullable: bool, span: Span) -> Scalar {
    Scalar { expr, ty: Type { kind: Kind::Boolean, nullable }, span }
}
