//! Reads expressions: operators by how tightly they bind, in Flink's order.

use super::cursor::{Cursor, Failure, Parsed};
use super::data_type::IntervalUnits;
use super::keyword::{is_bare_function, is_function, is_reserved, is_structural};
use super::token::double_quotes;
use crate::diagnostic::Diagnostic;
use crate::syntax::{
    BinaryOperator, Expr, ExprKind, Ident, IntervalLiteral, JsonKind, LikeKind, Literal, StringLiteral, Truth,
    UnaryOperator,
};
use sqlparser::tokenizer::Token as Lexeme;

/// How tightly operators bind, from the loosest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Is,
    Comparison,
    Range,
    Sum,
    Product,
    Sign,
    Primary,
}

impl Level {
    /// The level that the right operand of a left-associative operator must have.
    fn next(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Is,
            Level::Is => Level::Comparison,
            Level::Comparison => Level::Range,
            Level::Range => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Sign,
            Level::Sign | Level::Primary => Level::Primary,
        }
    }
}

impl Cursor<'_> {
    /// An expression of any kind.
    pub fn expr(&mut self) -> Parsed<Expr> {
        self.expr_at(Level::Or)
    }

    /// An expression whose operators bind at least as tightly as `least`.
    pub fn expr_at(&mut self, least: Level) -> Parsed<Expr> {
        let outer = std::mem::take(&mut self.height);
        let expr = self.nested(|cursor| cursor.operators(least))?;
        self.grow()?;
        self.height = self.height.max(outer);
        Ok(expr)
    }

    pub(super) fn exprs(&mut self) -> Parsed<Vec<Expr>> {
        let mut list = vec![self.expr()?];
        while self.accept_symbol(&Lexeme::Comma) {
            list.push(self.expr()?);
        }
        Ok(list)
    }

    fn operators(&mut self, least: Level) -> Parsed<Expr> {
        let mut left = self.operand()?;
        loop {
            if let Some((operator, level)) = self.binary_operator()? {
                if level < least {
                    return Ok(left);
                }
                let operator_span = self.advance();
                let right = Box::new(self.expr_at(level.next())?);
                let span = left.span.to(right.span);
                left = Expr { kind: ExprKind::Binary { operator, operator_span, left: Box::new(left), right }, span };
            } else if self.sees("IS") {
                let distinct = self.sees_at(1, "DISTINCT") || self.sees_at(1, "NOT") && self.sees_at(2, "DISTINCT");
                if least > (if distinct { Level::Comparison } else { Level::Is }) {
                    return Ok(left);
                }
                left = self.is(left)?;
            } else if least <= Level::Range && self.sees_range() {
                left = self.range(left)?;
            } else {
                return Ok(left);
            }
            self.grow()?;
        }
    }

    fn binary_operator(&mut self) -> Parsed<Option<(BinaryOperator, Level)>> {
        use BinaryOperator::*;
        Ok(Some(match self.peek() {
            Lexeme::Eq => (Equal, Level::Comparison),
            Lexeme::Neq => {
                if self.words(self.span()) == "!=" {
                    let span = self.span();
                    self.report(Diagnostic::error("syntax", span, "`!=` is not an operator of Flink").suggest(
                        "write `<>`",
                        span,
                        "<>",
                    ));
                }
                (NotEqual, Level::Comparison)
            }
            Lexeme::Lt => (Less, Level::Comparison),
            Lexeme::LtEq => (LessOrEqual, Level::Comparison),
            Lexeme::Gt => (Greater, Level::Comparison),
            Lexeme::GtEq => (GreaterOrEqual, Level::Comparison),
            Lexeme::Plus => (Plus, Level::Sum),
            Lexeme::Minus => (Minus, Level::Sum),
            Lexeme::Mul => (Multiply, Level::Product),
            Lexeme::Div => (Divide, Level::Product),
            Lexeme::Mod => (Modulo, Level::Product),
            Lexeme::StringConcat => (Concat, Level::Product),
            Lexeme::DoubleEq => {
                let span = self.span();
                self.report(Diagnostic::error("syntax", span, "`==` is not an operator of Flink").suggest(
                    "write `=`",
                    span,
                    "=",
                ));
                (Equal, Level::Comparison)
            }
            Lexeme::DoubleColon => {
                return Err(Diagnostic::error("syntax", self.span(), "`::` is not an operator of Flink")
                    .help("write `CAST(value AS type)`")
                    .into());
            }
            _ if self.sees("AND") => (And, Level::And),
            _ if self.sees("OR") => (Or, Level::Or),
            _ if self.sees("OVERLAPS") => (Overlaps, Level::Range),
            _ => return Ok(None),
        }))
    }

    /// `x IS [NOT] ...`
    fn is(&mut self, operand: Expr) -> Parsed<Expr> {
        self.advance();
        let negated = self.accept("NOT");
        if self.accept("DISTINCT") {
            self.expect("FROM")?;
            let right = Box::new(self.expr_at(Level::Range)?);
            let span = operand.span.to(right.span);
            return Ok(Expr { kind: ExprKind::IsDistinctFrom { left: Box::new(operand), right, negated }, span });
        }
        let what = if self.accept("NULL") {
            Truth::Null
        } else if self.accept("TRUE") {
            Truth::True
        } else if self.accept("FALSE") {
            Truth::False
        } else if self.accept("UNKNOWN") {
            Truth::Unknown
        } else if self.accept("JSON") {
            Truth::Json(if self.accept("SCALAR") {
                JsonKind::Scalar
            } else if self.accept("ARRAY") {
                JsonKind::Array
            } else if self.accept("OBJECT") {
                JsonKind::Object
            } else {
                self.accept("VALUE");
                JsonKind::Value
            })
        } else {
            return Err(self.unexpected("NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON behind IS"));
        };
        let span = self.since(operand.span);
        Ok(Expr { kind: ExprKind::Is { operand: Box::new(operand), negated, what }, span })
    }

    fn sees_range(&self) -> bool {
        let ahead = usize::from(self.sees("NOT"));
        ["BETWEEN", "IN", "LIKE", "SIMILAR", "ILIKE", "RLIKE", "MEMBER", "SUBMULTISET"]
            .into_iter()
            .any(|word| if ahead == 0 { self.sees(word) } else { self.sees_at(1, word) })
    }

    /// `x [NOT] BETWEEN ...`, `IN`, `LIKE`, `SIMILAR TO`.
    fn range(&mut self, operand: Expr) -> Parsed<Expr> {
        let negated = self.accept("NOT");
        let start = operand.span;
        let operand = Box::new(operand);
        let kind = if self.accept("BETWEEN") {
            let symmetric = self.accept("SYMMETRIC");
            if !symmetric {
                self.accept("ASYMMETRIC");
            }
            let low = Box::new(self.expr_at(Level::Sum)?);
            self.expect("AND")?;
            let high = Box::new(self.expr_at(Level::Sum)?);
            ExprKind::Between { operand, low, high, negated, symmetric }
        } else if self.accept("IN") {
            if self.sees_query_in_parentheses() {
                ExprKind::InQuery { operand, query: Box::new(self.query_in_parentheses()?), negated }
            } else {
                ExprKind::InList { operand, list: self.tuple("a value", Self::expr)?, negated }
            }
        } else if self.sees("LIKE") || self.sees("SIMILAR") {
            let kind = if self.accept("LIKE") {
                LikeKind::Like
            } else {
                self.advance();
                self.expect("TO")?;
                LikeKind::SimilarTo
            };
            let pattern = Box::new(self.expr_at(Level::Sum)?);
            let escape = if self.accept("ESCAPE") { Some(Box::new(self.expr_at(Level::Sum)?)) } else { None };
            ExprKind::Like { kind, operand, pattern, escape, negated }
        } else {
            let (span, word) = (self.span(), self.words(self.span()).to_ascii_uppercase());
            let help = match word.as_str() {
                "ILIKE" => "write `LOWER(text) LIKE 'pattern in lower case'`",
                "RLIKE" => "write `REGEXP(text, 'pattern')`",
                _ => "test for the element with `ARRAY_CONTAINS` or `IN`",
            };
            return Err(Diagnostic::error("unsupported", span, format!("{word} is not supported")).help(help).into());
        };
        Ok(Expr { kind, span: self.since(start) })
    }

    /// What operators combine: signs, then a primary with its fields and subscripts.
    fn operand(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let sign = match self.peek() {
            Lexeme::Minus => Some(UnaryOperator::Minus),
            Lexeme::Plus => Some(UnaryOperator::Plus),
            _ if self.sees("NOT") => Some(UnaryOperator::Not),
            _ => None,
        };
        if let Some(operator) = sign {
            self.advance();
            let least = if operator == UnaryOperator::Not { Level::Not } else { Level::Sign };
            let operand = Box::new(self.expr_at(least)?);
            return Ok(Expr { kind: ExprKind::Unary { operator, operand }, span: self.since(start) });
        }
        let mut base = self.primary()?;
        loop {
            if self.accept_symbol(&Lexeme::LBracket) {
                let index = Box::new(self.expr()?);
                self.expect_symbol(&Lexeme::RBracket, "behind the subscript")?;
                base = Expr { kind: ExprKind::Subscript { base: Box::new(base), index }, span: self.since(start) };
            } else if self.sees_symbol(&Lexeme::Period) && !matches!(self.peek_at(1), Lexeme::Mul) {
                self.advance();
                let field = self.ident("the name of a field")?;
                base = Expr { kind: ExprKind::Field { base: Box::new(base), field }, span: self.since(start) };
            } else {
                return Ok(base);
            }
            self.grow()?;
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let literal = |literal| Ok(Expr { kind: ExprKind::Literal(literal), span });
        match self.peek() {
            Lexeme::Number(number, long) => {
                let (number, long) = (number.clone(), *long);
                self.advance();
                if long {
                    let message = "a number has no suffix";
                    return Err(Diagnostic::error("syntax", span, message).suggest("write", span, number).into());
                }
                literal(Literal::Number(number))
            }
            Lexeme::SingleQuotedString(_) | Lexeme::UnicodeStringLiteral(_) => {
                let mut text = self.string("a text")?.value;
                // A text goes on in the next line, as in standard SQL.
                while matches!(self.peek(), Lexeme::SingleQuotedString(_)) {
                    if !self.starts_line() {
                        let message = "two texts beside each other";
                        return Err(Diagnostic::error("syntax", self.span(), message)
                            .help("join them with `||`; a quote inside a text is written twice: `''`")
                            .into());
                    }
                    text.push_str(&self.string("a text")?.value);
                }
                let span = self.since(span);
                Ok(Expr { kind: ExprKind::Literal(Literal::String(text)), span })
            }
            Lexeme::HexStringLiteral(digits) => {
                let bytes = bytes(digits);
                self.advance();
                match bytes {
                    Some(bytes) if self.words(span).contains('\'') => literal(Literal::Bytes(bytes)),
                    _ => Err(Diagnostic::error("syntax", span, "this is not a binary literal")
                        .help("write an even number of hexadecimal digits: X'0AFF'")
                        .into()),
                }
            }
            Lexeme::DoubleQuotedString(text) => {
                let quoted = format!("'{}'", text.replace('\'', "''"));
                Err(double_quotes(span).suggest("write a text in single quotes", span, quoted).into())
            }
            Lexeme::LParen => self.parentheses(),
            Lexeme::Word(word) if word.quote_style.is_some() => self.path_or_call(),
            Lexeme::Word(word) => {
                let word = word.value.to_ascii_uppercase();
                self.keyword(&word)
            }
            Lexeme::Mul => Err(Diagnostic::error("syntax", span, "`*` cannot stand here")
                .help("`*` is a list of columns in SELECT and the argument of COUNT")
                .into()),
            Lexeme::Comma | Lexeme::RParen if self.previous_is_comma() => Err(self.trailing_comma("an expression")),
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn previous_is_comma(&self) -> bool {
        self.words(self.previous_span()) == ","
    }

    /// An expression that starts with an unquoted word, which is given in upper case.
    fn keyword(&mut self, word: &str) -> Parsed<Expr> {
        let span = self.span();
        let simple = |cursor: &mut Self, literal| {
            cursor.advance();
            Ok(Expr { kind: ExprKind::Literal(literal), span })
        };
        let text_follows = matches!(self.peek_at(1), Lexeme::SingleQuotedString(_));
        match word {
            "NULL" => return simple(self, Literal::Null),
            "TRUE" => return simple(self, Literal::Boolean(true)),
            "FALSE" => return simple(self, Literal::Boolean(false)),
            // The third truth value.
            "UNKNOWN" => return simple(self, Literal::Null),
            "DATE" if text_follows => return self.dated(Literal::Date),
            "TIME" if text_follows => return self.dated(Literal::Time),
            "TIMESTAMP" if text_follows => return self.dated(Literal::Timestamp),
            "INTERVAL" => return self.interval(),
            "CASE" => return self.case(),
            _ => {}
        }
        if let Some(expr) = self.special(word)? {
            return Ok(expr);
        }
        let call_follows = matches!(self.peek_at(1), Lexeme::LParen);
        if is_bare_function(word) || call_follows && is_function(word) || !is_reserved(word) {
            return self.path_or_call();
        }
        if call_follows && !is_structural(word) {
            return Err(self.no_function(word));
        }
        if self.previous_is_comma() && self.sees_structure() {
            return Err(self.trailing_comma("an expression"));
        }
        // `ident` says what is wrong and goes on if it can.
        let name = self.ident("an expression")?;
        Ok(Expr { span: name.span, kind: ExprKind::Path(vec![name]) })
    }

    /// A reserved word that is called and names no function.
    fn no_function(&self, word: &str) -> Failure {
        let help = match word {
            "DAY" => "write `DAYOFMONTH(value)` or `EXTRACT(DAY FROM value)`",
            "CONTAINS" => "write `POSITION(part IN text) > 0`",
            "DATE" => "write `CAST(value AS DATE)` or `TO_DATE(text)`",
            "TIME" => "write `CAST(value AS TIME)`",
            "TIMESTAMP" => "write `CAST(value AS TIMESTAMP(3))` or `TO_TIMESTAMP(text)`",
            _ => "the word is reserved; write it in backquotes to use it as a name",
        };
        let message = format!("there is no function `{}`", self.words(self.span()));
        Diagnostic::error("unknown-function", self.span(), message).help(help).into()
    }

    fn dated(&mut self, literal: impl FnOnce(StringLiteral) -> Literal) -> Parsed<Expr> {
        let start = self.advance();
        let text = self.string("a date or a time")?;
        Ok(Expr { kind: ExprKind::Literal(literal(text)), span: self.since(start) })
    }

    /// `INTERVAL [-]'text' unit`.
    fn interval(&mut self) -> Parsed<Expr> {
        let start = self.advance();
        let negative = self.accept_symbol(&Lexeme::Minus);
        if !negative {
            self.accept_symbol(&Lexeme::Plus);
        }
        let span = self.span();
        let (text, bare) = match self.peek() {
            Lexeme::Number(number, false) => {
                let value = number.clone();
                self.advance();
                (StringLiteral { value, span }, true)
            }
            _ => (self.string("the length of the interval")?, false),
        };
        let IntervalUnits { from, mut from_precision, to, to_precision } = self.interval_units()?;
        if bare {
            // A number without quotes may have any number of digits.
            let digits = text.value.len() as u32;
            from_precision = from_precision.or((digits > 2).then_some(digits));
        }
        let span = self.since(start);
        let interval = IntervalLiteral { negative, text, from, from_precision, to, to_precision };
        if let Err(message) = interval.value() {
            self.report(Diagnostic::error("invalid-interval", span, message));
        }
        Ok(Expr { kind: ExprKind::Literal(Literal::Interval(interval)), span })
    }

    /// `(expression)`, `(a, b)` or `(SELECT ...)`.
    fn parentheses(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if self.sees_query_in_parentheses() {
            let query = Box::new(self.query_in_parentheses()?);
            return Ok(Expr { kind: ExprKind::Subquery(query), span: self.since(start) });
        }
        let mut items = self.tuple("an expression", Self::expr)?;
        let span = self.since(start);
        Ok(match items.pop() {
            Some(only) if items.is_empty() => Expr { span, ..only },
            last => Expr { kind: ExprKind::Row(items.into_iter().chain(last).collect()), span },
        })
    }

    fn case(&mut self) -> Parsed<Expr> {
        let start = self.advance();
        let operand = if self.sees("WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while branches.is_empty() || self.sees("WHEN") {
            self.expect("WHEN")?;
            // `WHEN 1, 2 THEN x` is short for two branches.
            let values = if operand.is_some() { self.exprs()? } else { vec![self.expr()?] };
            self.expect("THEN")?;
            let then = self.expr()?;
            branches.extend(values.into_iter().map(|value| (value, then.clone())));
        }
        let otherwise = if self.accept("ELSE") { Some(Box::new(self.expr()?)) } else { None };
        self.expect("END")?;
        Ok(Expr { kind: ExprKind::Case { operand, branches, otherwise }, span: self.since(start) })
    }

    /// `a.b.c`, or a call if a parenthesis follows.
    fn path_or_call(&mut self) -> Parsed<Expr> {
        let first = self.function_or_column()?;
        let start = first.span;
        let reserved = !first.quoted && is_reserved(&first.value);
        let mut parts = vec![first];
        // `t.*` is for the list of a SELECT.
        while !reserved && self.sees_symbol(&Lexeme::Period) && matches!(self.peek_at(1), Lexeme::Word(_)) {
            self.advance();
            parts.push(self.ident("a name behind the dot")?);
        }
        if self.sees_symbol(&Lexeme::LParen) {
            return self.call(parts, start);
        }
        if reserved {
            return Ok(self.bare_call(parts, start));
        }
        Ok(Expr { kind: ExprKind::Path(parts), span: self.since(start) })
    }

    /// A name that may be a reserved word which names a function.
    fn function_or_column(&mut self) -> Parsed<Ident> {
        let span = self.span();
        match self.peek() {
            Lexeme::Word(word) if word.quote_style.is_none() && is_reserved(&word.value) => {
                let value = word.value.clone();
                self.advance();
                Ok(Ident { value, quoted: false, span })
            }
            _ => self.ident("the name of a column or a function"),
        }
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let well_formed = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if well_formed { digits.as_bytes().chunks(2).map(pair).collect() } else { None }
}
