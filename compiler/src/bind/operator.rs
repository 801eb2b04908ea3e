//! Operators: arithmetic, comparisons, logic, and what is made of them.

use super::expression::{any_nullable, boolean, both};
use super::scope::Scope;
use super::{Bind, QueryBinder, coerce};
use crate::diagnostic::Diagnostic;
use crate::plan::{BinaryOp, Expr, Literal, Scalar, UnaryOp};
use crate::syntax::{self, BinaryOperator, JsonKind, LikeKind, Truth, UnaryOperator};
use crate::text::Span;
use crate::types::{self, Arithmetic, Family, Kind};

impl QueryBinder<'_> {
    pub(super) fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &syntax::Expr,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let operand = self.typed(operand, scope)?;
        let family = operand.ty.kind.family();
        let is_interval = matches!(family, Family::DayTimeInterval | Family::YearMonthInterval);
        let (symbol, fits) = match operator {
            UnaryOperator::Not => ("NOT", family == Family::Boolean),
            UnaryOperator::Minus => ("-", operand.ty.kind.is_numeric() || is_interval),
            UnaryOperator::Plus => ("+", operand.ty.kind.is_numeric() || is_interval),
        };
        if !fits {
            let wanted = if operator == UnaryOperator::Not { "a BOOLEAN" } else { "a number" };
            let message = format!("{symbol} takes {wanted}, not {}", operand.ty.kind);
            return self.fail(Diagnostic::error("type-mismatch", operand.span, message));
        }
        let op = match operator {
            UnaryOperator::Plus => return Ok(operand),
            UnaryOperator::Not => UnaryOp::Not,
            UnaryOperator::Minus => {
                // A constant stays one: `-INTERVAL '1' DAY`.
                match &operand.expr {
                    Expr::Literal(Literal::Months(months)) => {
                        return Ok(Scalar { expr: Expr::Literal(Literal::Months(-months)), ..operand });
                    }
                    Expr::Literal(Literal::Millis(millis)) => {
                        return Ok(Scalar { expr: Expr::Literal(Literal::Millis(-millis)), ..operand });
                    }
                    _ => UnaryOp::Negate,
                }
            }
        };
        let ty = operand.ty.clone();
        Ok(Scalar { expr: Expr::Unary { op, operand: Box::new(operand) }, ty, span })
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &syntax::Expr,
        right: &syntax::Expr,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let op = match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let op = if operator == BinaryOperator::And { BinaryOp::And } else { BinaryOp::Or };
                let (left, right) = both(self.operand_of_logic(left, scope), self.operand_of_logic(right, scope))?;
                let nullable = any_nullable([&left, &right]);
                return Ok(boolean(binary(op, left, right), nullable, span));
            }
            BinaryOperator::Plus => Arithmetic::Add,
            BinaryOperator::Minus => Arithmetic::Subtract,
            BinaryOperator::Multiply => Arithmetic::Multiply,
            BinaryOperator::Divide => Arithmetic::Divide,
            BinaryOperator::Modulo => Arithmetic::Modulo,
            BinaryOperator::Concat => {
                let (left, right) = both(self.typed(left, scope), self.typed(right, scope))?;
                return self.concat(left, right, span);
            }
            BinaryOperator::Overlaps => {
                return self.unsupported(
                    span,
                    "OVERLAPS",
                    "compare starts and ends: `a_start < b_end AND b_start < a_end`",
                );
            }
            comparison => {
                let op = match comparison {
                    BinaryOperator::Equal => BinaryOp::Equal,
                    BinaryOperator::NotEqual => BinaryOp::NotEqual,
                    BinaryOperator::Less => BinaryOp::Less,
                    BinaryOperator::LessOrEqual => BinaryOp::LessOrEqual,
                    BinaryOperator::Greater => BinaryOp::Greater,
                    _ => BinaryOp::GreaterOrEqual,
                };
                let (left, right) = both(self.expression(left, scope), self.expression(right, scope))?;
                return self.comparison(op, left, right, span);
            }
        };
        let (left, right) = both(self.typed(left, scope), self.typed(right, scope))?;
        self.arithmetic(op, left, right, span)
    }

    fn operand_of_logic(&mut self, expr: &syntax::Expr, scope: &Scope) -> Bind<Scalar> {
        let scalar = self.typed(expr, scope)?;
        self.require_boolean(scalar, "AND and OR take conditions")
    }

    fn require_boolean(&mut self, scalar: Scalar, rule: &str) -> Bind<Scalar> {
        if scalar.ty.kind == Kind::Boolean {
            return Ok(scalar);
        }
        let message = format!("{rule}, this is of type {}", scalar.ty.kind);
        self.fail(Diagnostic::error("not-a-condition", scalar.span, message).labelled("not BOOLEAN"))
    }

    /// `left op right` of numbers, points in time and intervals.
    pub(super) fn arithmetic(&mut self, op: Arithmetic, left: Scalar, right: Scalar, span: Span) -> Bind<Scalar> {
        use Family::{DayTimeInterval, YearMonthInterval};
        let (l, r) = (left.ty.kind.family(), right.ty.kind.family());
        let is_interval = |family| matches!(family, DayTimeInterval | YearMonthInterval);
        let is_time = |family| matches!(family, Family::Date | Family::Time | Family::Timestamp | Family::TimestampLtz);
        let nullable = any_nullable([&left, &right]);
        let made = |op, left: Scalar, right: Scalar, kind: Kind| Scalar {
            expr: binary(BinaryOp::Arithmetic(op), left, right),
            ty: kind.with_nullability(nullable),
            span,
        };
        if let Some(ty) = types::arithmetic(op, &left.ty, &right.ty) {
            let by_zero = matches!(op, Arithmetic::Divide | Arithmetic::Modulo) && ty.kind.is_integer();
            if by_zero && left.is_literal() && matches!(right.expr, Expr::Literal(Literal::Integer(0))) {
                let diagnostic = Diagnostic::error("division-by-zero", span, "this divides by zero");
                return self.fail(diagnostic.with_note("division by zero of integers stops the application"));
            }
            return Ok(numbers(op, left, right, ty, span));
        }
        match op {
            Arithmetic::Add | Arithmetic::Subtract if l == Family::Time && r == YearMonthInterval => {
                self.unsupported(span, "months added to a TIME", "leave them out: a TIME has no date")
            }
            Arithmetic::Add | Arithmetic::Subtract if is_time(l) && is_interval(r) => {
                let kind = left.ty.kind.clone();
                Ok(made(op, left, right, kind))
            }
            Arithmetic::Add if is_interval(l) && is_time(r) => {
                let kind = right.ty.kind.clone();
                Ok(made(op, right, left, kind))
            }
            Arithmetic::Add | Arithmetic::Subtract if is_interval(l) && l == r => {
                let kind = left.ty.kind.clone();
                Ok(made(op, left, right, kind))
            }
            Arithmetic::Multiply if is_interval(l) && r == Family::Integer => {
                let kind = left.ty.kind.clone();
                Ok(made(op, left, coerce::to_kind(right, &Kind::BigInt), kind))
            }
            Arithmetic::Multiply if l == Family::Integer && is_interval(r) => {
                let kind = right.ty.kind.clone();
                Ok(made(op, right, coerce::to_kind(left, &Kind::BigInt), kind))
            }
            _ => self.fail(arithmetic_mismatch(op, &left, &right, span)),
        }
    }

    /// `left op right`, both brought to the type in which Flink compares them.
    pub(super) fn comparison(&mut self, op: BinaryOp, left: Scalar, right: Scalar, span: Span) -> Bind<Scalar> {
        let Some(kind) = types::comparable(&left.ty.kind, &right.ty.kind) else {
            return self.fail(comparison_mismatch(&left, &right));
        };
        if matches!(kind.family(), Family::Array | Family::Map | Family::Multiset | Family::Row) {
            return self.unsupported(span, "comparing ARRAY, MAP and ROW", "compare their elements or fields");
        }
        let kind = approximate(op, &left.ty.kind, &right.ty.kind).unwrap_or(kind);
        let never_null = matches!(op, BinaryOp::Distinct | BinaryOp::NotDistinct);
        if left.is_null_literal() || right.is_null_literal() {
            return Ok(compared_with_null(op, left, right, never_null, span));
        }
        let nullable = !never_null && any_nullable([&left, &right]);
        let (left, right) = (self.text_as(left, &kind)?, self.text_as(right, &kind)?);
        let (left, right) = (coerce::to_operand(left, &kind), coerce::to_operand(right, &kind));
        Ok(boolean(binary(op, left, right), nullable, span))
    }

    /// A text that is compared as a value of another type: a literal that cannot be read is a mistake.
    fn text_as(&mut self, scalar: Scalar, kind: &Kind) -> Bind<Scalar> {
        let Expr::Literal(Literal::Text(text)) = &scalar.expr else { return Ok(scalar) };
        let readable = match kind {
            Kind::Date => super::literal::parse_timestamp(text).is_some(),
            Kind::Timestamp(_) | Kind::TimestampLtz(_) => super::literal::parse_timestamp(text).is_some(),
            Kind::Time(_) => super::literal::parse_time(text).is_some(),
            Kind::Boolean => ["t", "true", "f", "false", "y", "yes", "n", "no", "1", "0"]
                .contains(&text.trim().to_ascii_lowercase().as_str()),
            _ => true,
        };
        if readable {
            return Ok(scalar);
        }
        let message = format!("'{text}' is not a {kind}");
        self.fail(Diagnostic::error("bad-literal", scalar.span, message).labelled(format!("compared with a {kind}")))
    }

    pub(super) fn distinct_from(
        &mut self,
        left: &syntax::Expr,
        right: &syntax::Expr,
        negated: bool,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let (left, right) = both(self.expression(left, scope), self.expression(right, scope))?;
        let op = if negated { BinaryOp::NotDistinct } else { BinaryOp::Distinct };
        self.comparison(op, left, right, span)
    }

    pub(super) fn is(
        &mut self,
        operand: &syntax::Expr,
        negated: bool,
        what: Truth,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let operand = self.expression(operand, scope)?;
        let op = match (what, negated) {
            (Truth::Null, false) => UnaryOp::IsNull,
            (Truth::Null, true) => UnaryOp::IsNotNull,
            (Truth::True, false) => UnaryOp::IsTrue,
            (Truth::True, true) => UnaryOp::IsNotTrue,
            (Truth::False, false) => UnaryOp::IsFalse,
            (Truth::False, true) => UnaryOp::IsNotFalse,
            (Truth::Unknown, false) => UnaryOp::IsUnknown,
            (Truth::Unknown, true) => UnaryOp::IsNotUnknown,
            (Truth::Json(kind), _) => {
                let name = match kind {
                    JsonKind::Value => "IS JSON VALUE",
                    JsonKind::Scalar => "IS JSON SCALAR",
                    JsonKind::Array => "IS JSON ARRAY",
                    JsonKind::Object => "IS JSON OBJECT",
                };
                let operand = self.require_type(operand)?;
                let result = self.named_function(name, vec![operand], span)?;
                return Ok(if negated { not(result, span) } else { result });
            }
        };
        if operand.is_null_literal() {
            let holds = matches!(what, Truth::Null | Truth::Unknown) != negated;
            return Ok(boolean(Expr::Literal(Literal::Boolean(holds)), false, span));
        }
        let operand = if what == Truth::Null {
            operand
        } else {
            self.require_boolean(operand, "IS TRUE, IS FALSE and IS UNKNOWN take a condition")?
        };
        Ok(boolean(Expr::Unary { op, operand: Box::new(operand) }, false, span))
    }

    /// `a BETWEEN b AND c` is `a >= b AND a <= c`.
    pub(super) fn between(
        &mut self,
        [operand, low, high]: [&syntax::Expr; 3],
        negated: bool,
        symmetric: bool,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let (operand, low) = (self.expression(operand, scope), self.expression(low, scope));
        let high = self.expression(high, scope);
        let ((operand, low), high) = (both(operand, low)?, high?);
        let within = |binder: &mut Self, low: &Scalar, high: &Scalar| {
            let from = binder.comparison(BinaryOp::GreaterOrEqual, operand.clone(), low.clone(), span);
            let to = binder.comparison(BinaryOp::LessOrEqual, operand.clone(), high.clone(), span);
            let (from, to) = both(from, to)?;
            let nullable = any_nullable([&from, &to]);
            Ok(boolean(binary(BinaryOp::And, from, to), nullable, span))
        };
        let mut result = within(self, &low, &high)?;
        if symmetric {
            let swapped = within(self, &high, &low)?;
            let nullable = any_nullable([&result, &swapped]);
            result = boolean(binary(BinaryOp::Or, result, swapped), nullable, span);
        }
        Ok(if negated { not(result, span) } else { result })
    }

    pub(super) fn in_list(
        &mut self,
        operand: &syntax::Expr,
        list: &[syntax::Expr],
        negated: bool,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let operand = self.typed(operand, scope);
        let items: Vec<Bind<Scalar>> = list.iter().map(|item| self.expression(item, scope)).collect();
        let (operand, items) = (operand?, items.into_iter().collect::<Bind<Vec<Scalar>>>()?);
        let mut kind = operand.ty.kind.clone();
        for item in &items {
            match types::comparable(&kind, &item.ty.kind) {
                Some(common) => kind = common,
                None => return self.fail(comparison_mismatch(&operand, item)),
            }
        }
        if operand.ty.kind == Kind::Float && items.iter().all(|item| item.ty.kind == Kind::Double) {
            // `a IN (b, c)` is `a = b OR a = c`, which brings what is on the right to FLOAT.
            kind = Kind::Float;
        }
        if matches!(kind.family(), Family::Array | Family::Map | Family::Multiset | Family::Row) {
            return self.unsupported(span, "comparing ARRAY, MAP and ROW", "compare their elements or fields");
        }
        let nullable = operand.ty.nullable || any_nullable(&items);
        let has_null = items.iter().any(Scalar::is_null_literal);
        let items: Vec<Scalar> = items.into_iter().filter(|item| !item.is_null_literal()).collect();
        let unknown = boolean(Expr::Literal(Literal::Null), true, span);
        if items.is_empty() {
            return Ok(unknown);
        }
        let mut cast = Vec::new();
        for item in items {
            let item = self.text_as(item, &kind)?;
            cast.push(coerce::to_operand(item, &kind));
        }
        let operand = Box::new(coerce::to_operand(operand, &kind));
        let found = boolean(Expr::InList { operand, items: cast, negated }, nullable, span);
        if !has_null {
            return Ok(found);
        }
        // NULL among the values equals nothing and differs from nothing.
        let op = if negated { BinaryOp::And } else { BinaryOp::Or };
        Ok(boolean(binary(op, found, unknown), true, span))
    }

    pub(super) fn like(
        &mut self,
        kind: LikeKind,
        [operand, pattern]: [&syntax::Expr; 2],
        escape: Option<&syntax::Expr>,
        negated: bool,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let mut arguments = self.all_typed([operand, pattern].into_iter().chain(escape), scope)?;
        for argument in &mut arguments {
            if !argument.ty.kind.is_character() {
                let message = format!("LIKE takes texts, this is of type {}", argument.ty.kind);
                let span = argument.span;
                return self.fail(Diagnostic::error("type-mismatch", span, message).help("CAST it AS STRING"));
            }
        }
        let name = if kind == LikeKind::Like { "LIKE" } else { "SIMILAR TO" };
        let result = self.named_function(name, arguments, span)?;
        Ok(if negated { not(result, span) } else { result })
    }

    /// `left || right`: the lengths add up.
    fn concat(&mut self, left: Scalar, right: Scalar, span: Span) -> Bind<Scalar> {
        let length = |kind: &Kind| match kind {
            Kind::Char(length) => Some((*length, true)),
            Kind::VarChar(length) => Some((*length, false)),
            _ => None,
        };
        let (Some((a, fixed_a)), Some((b, fixed_b))) = (length(&left.ty.kind), length(&right.ty.kind)) else {
            let wrong = if left.ty.kind.is_character() { &right } else { &left };
            let message = format!("|| joins texts, this is of type {}", wrong.ty.kind);
            let diagnostic = Diagnostic::error("type-mismatch", wrong.span, message).help("CAST it AS STRING");
            return self.fail(diagnostic);
        };
        let total = a.saturating_add(b).min(types::MAX_LENGTH);
        let kind = if fixed_a && fixed_b { Kind::Char(total) } else { Kind::VarChar(total) };
        let nullable = any_nullable([&left, &right]);
        let result = self.named_function("||", vec![left, right], span)?;
        Ok(Scalar { ty: kind.with_nullability(nullable), ..result })
    }
}

/// Operands of numbers as the plan wants them: of the result's type, except that decimals keep their own precision
/// and a remainder is computed in the wider integer.
fn numbers(op: Arithmetic, left: Scalar, right: Scalar, ty: types::Type, span: Span) -> Scalar {
    let operand = match &ty.kind {
        Kind::Decimal { .. } => None,
        kind if op == Arithmetic::Modulo => {
            types::common(&left.ty, &right.ty).map_or_else(|| Some(kind.clone()), |common| Some(common.kind))
        }
        kind => Some(kind.clone()),
    };
    let Some(operand) = operand else {
        let as_decimal = |scalar: Scalar| match scalar.ty.kind.as_decimal() {
            Some((precision, scale)) => coerce::to_kind(scalar, &Kind::Decimal { precision, scale }),
            None => scalar,
        };
        let expr = binary(BinaryOp::Arithmetic(op), as_decimal(left), as_decimal(right));
        return Scalar { expr, ty, span };
    };
    let expr = binary(BinaryOp::Arithmetic(op), coerce::to_kind(left, &operand), coerce::to_kind(right, &operand));
    let computed = Scalar { expr, ty: operand.with_nullability(ty.nullable), span };
    coerce::to_kind(computed, &ty.kind)
}

pub(super) fn binary(op: BinaryOp, left: Scalar, right: Scalar) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

pub(super) fn not(scalar: Scalar, span: Span) -> Scalar {
    if let Expr::InList { operand, items, negated } = scalar.expr {
        return Scalar { expr: Expr::InList { operand, items, negated: !negated }, ..scalar };
    }
    let nullable = scalar.ty.nullable;
    boolean(Expr::Unary { op: UnaryOp::Not, operand: Box::new(scalar) }, nullable, span)
}

/// A comparison with NULL: unknown, unless the operator sees NULL.
fn compared_with_null(op: BinaryOp, left: Scalar, right: Scalar, sees_null: bool, span: Span) -> Scalar {
    if !sees_null {
        return boolean(Expr::Literal(Literal::Null), true, span);
    }
    let operand = if left.is_null_literal() { right } else { left };
    if operand.is_null_literal() {
        return boolean(Expr::Literal(Literal::Boolean(op == BinaryOp::NotDistinct)), false, span);
    }
    let op = if op == BinaryOp::Distinct { UnaryOp::IsNotNull } else { UnaryOp::IsNull };
    boolean(Expr::Unary { op, operand: Box::new(operand) }, false, span)
}

/// What a FLOAT is compared as where Flink's generated code does not widen it: with an integer as Java does, and
/// with a DOUBLE on the right of `=` and `<>`, which is brought to the type on the left.
fn approximate(op: BinaryOp, left: &Kind, right: &Kind) -> Option<Kind> {
    let is_integer = |kind: &Kind| kind.family() == Family::Integer;
    match (op, left, right) {
        (BinaryOp::Distinct | BinaryOp::NotDistinct, ..) => None,
        (BinaryOp::Equal | BinaryOp::NotEqual, Kind::Float, Kind::Double) => Some(Kind::Float),
        (_, Kind::Float, other) | (_, other, Kind::Float) if is_integer(other) => Some(Kind::Float),
        _ => None,
    }
}

pub(super) fn symbol(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Modulo => "%",
    }
}

fn arithmetic_mismatch(op: Arithmetic, left: &Scalar, right: &Scalar, span: Span) -> Diagnostic {
    use Family::{DayTimeInterval, Timestamp, TimestampLtz, YearMonthInterval};
    let (l, r) = (left.ty.kind.family(), right.ty.kind.family());
    let is_time = |family| matches!(family, Family::Date | Family::Time | Timestamp | TimestampLtz);
    let is_interval = |family| matches!(family, DayTimeInterval | YearMonthInterval);
    let message = format!("{} {} {} is not defined", left.ty.kind, symbol(op), right.ty.kind);
    let diagnostic = Diagnostic::error("type-mismatch", left.span, message)
        .labelled(left.ty.kind.to_string())
        .also(right.span, right.ty.kind.to_string());
    let text = [left, right].into_iter().find(|scalar| scalar.ty.kind.is_character());
    if op == Arithmetic::Add && left.ty.kind.is_character() && right.ty.kind.is_character() {
        return diagnostic.suggest("texts are joined with ||", span_between(left, right, span), " || ");
    }
    if text.is_some() {
        return diagnostic.help("CAST the text to the type it stands for");
    }
    if is_time(l) && is_time(r) && op == Arithmetic::Subtract {
        return diagnostic.help("write TIMESTAMPDIFF(SECOND, earlier, later) for the difference of two points in time");
    }
    if is_time(l) && right.ty.kind.is_numeric() {
        return diagnostic.help("add an interval: `+ INTERVAL '1' DAY`");
    }
    if is_interval(l) && is_interval(r) {
        return diagnostic.help("months have no fixed length: the two kinds of interval do not mix");
    }
    if op == Arithmetic::Modulo && left.ty.kind.is_numeric() && right.ty.kind.is_numeric() {
        return diagnostic.help("a remainder takes exact numbers: CAST to DECIMAL or an integer first");
    }
    diagnostic
}

/// What stands between the operands: the operator.
fn span_between(left: &Scalar, right: &Scalar, span: Span) -> Span {
    if left.span.cell == right.span.cell && left.span.end <= right.span.start {
        Span { start: left.span.end, end: right.span.start, ..left.span }
    } else {
        span
    }
}

pub(super) fn comparison_mismatch(left: &Scalar, right: &Scalar) -> Diagnostic {
    let message = format!("{} cannot be compared with {}", left.ty.kind, right.ty.kind);
    let diagnostic = Diagnostic::error("type-mismatch", left.span, message)
        .labelled(left.ty.kind.to_string())
        .also(right.span, right.ty.kind.to_string());
    for (text, other) in [(left, right), (right, left)] {
        let Expr::Literal(Literal::Text(value)) = &text.expr else { continue };
        if other.ty.kind.is_numeric() && value.trim().parse::<f64>().is_ok() {
            return diagnostic.suggest("write the number without quotes", text.span, value.trim());
        }
    }
    if left.ty.kind.is_character() || right.ty.kind.is_character() {
        return diagnostic.help("CAST one side to the type of the other");
    }
    match (left.ty.kind.family(), right.ty.kind.family()) {
        (Family::Date, _) | (_, Family::Date) => {
            diagnostic.help("CAST the DATE to TIMESTAMP, or the TIMESTAMP to DATE")
        }
        _ => diagnostic,
    }
}
