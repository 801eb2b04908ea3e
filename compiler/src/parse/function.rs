//! Reads calls of functions: those with commas between their arguments, and those with words.

use super::cursor::{Cursor, Parsed};
use super::expression::Level;
use crate::diagnostic::Diagnostic;
use crate::syntax::{
    Argument, ArgumentValue, Expr, ExprKind, Frame, FrameBound, FrameUnit, FunctionCall, Ident, JsonClause, ObjectName,
    Over, OverWindow, QueryBody, TableArgument, TimeUnit, TrimSide,
};
use crate::text::Span;
use sqlparser::tokenizer::Token as Lexeme;

impl Cursor<'_> {
    /// An expression with a grammar of its own that starts with `word`; `None` if it is no such word.
    pub(super) fn special(&mut self, word: &str) -> Parsed<Option<Expr>> {
        let start = self.span();
        let parenthesis = matches!(self.peek_at(1), Lexeme::LParen);
        let bracket = matches!(self.peek_at(1), Lexeme::LBracket);
        let kind = match word {
            "CAST" | "TRY_CAST" if parenthesis => self.cast(word == "TRY_CAST")?,
            "EXTRACT" if parenthesis => {
                self.open();
                let unit = self.unit("a unit of time", false)?;
                self.expect("FROM")?;
                ExprKind::Extract { unit, operand: self.last_operand()? }
            }
            "FLOOR" | "CEIL" | "CEILING" if parenthesis => return self.round(word != "FLOOR").map(Some),
            "TRIM" if parenthesis => self.trim()?,
            "SUBSTRING" | "POSITION" | "OVERLAY" if parenthesis => return self.worded_call(word).map(Some),
            "TIMESTAMPADD" | "TIMESTAMPDIFF" if parenthesis => return self.unit_call().map(Some),
            "EXISTS" if parenthesis => {
                self.advance();
                ExprKind::Exists(Box::new(self.query_in_parentheses()?))
            }
            "ROW" if parenthesis => {
                self.open();
                ExprKind::Row(if self.accept_symbol(&Lexeme::RParen) { Vec::new() } else { self.closed_list()? })
            }
            "ARRAY" if bracket => {
                self.open();
                ExprKind::Array(self.bracketed()?)
            }
            "MAP" if bracket => {
                self.open();
                let items = self.bracketed()?;
                if !items.len().is_multiple_of(2) {
                    let message = "a map needs a value for each key";
                    return Err(Diagnostic::error("syntax", self.since(start), message)
                        .help("write `MAP['key', value, 'key', value]`")
                        .into());
                }
                let mut items = items.into_iter();
                ExprKind::Map(std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect())
            }
            "ARRAY" | "MAP" if parenthesis => {
                let message = format!("{word} takes its elements in brackets");
                return Err(Diagnostic::error("syntax", start, message).help(format!("write `{word}[...]`")).into());
            }
            "ANY" | "SOME" | "ALL" if parenthesis => {
                return Err(Diagnostic::error("unsupported", start, format!("{word} is not supported"))
                    .help("`= ANY` is `IN`; other comparisons are written with MIN or MAX in a subquery")
                    .into());
            }
            "TIMESTAMP_LTZ" if matches!(self.peek_at(1), Lexeme::SingleQuotedString(_)) => {
                return Err(Diagnostic::error("syntax", start, "TIMESTAMP_LTZ has no literals")
                    .help("write `CAST(TIMESTAMP '...' AS TIMESTAMP_LTZ(3))`")
                    .into());
            }
            "SAFE_CAST" if parenthesis => {
                return Err(Diagnostic::error("syntax", start, "there is no SAFE_CAST")
                    .suggest("write", start, "TRY_CAST")
                    .into());
            }
            _ => return Ok(None),
        };
        Ok(Some(Expr { kind, span: self.since(start) }))
    }

    /// Takes a word and the parenthesis or bracket behind it.
    fn open(&mut self) {
        self.advance();
        self.advance();
    }

    /// An expression and the closing parenthesis.
    fn last_operand(&mut self) -> Parsed<Box<Expr>> {
        let operand = self.expr()?;
        self.expect_symbol(&Lexeme::RParen, "")?;
        Ok(Box::new(operand))
    }

    fn closed_list(&mut self) -> Parsed<Vec<Expr>> {
        let items = self.exprs()?;
        self.expect_symbol(&Lexeme::RParen, "behind the values")?;
        Ok(items)
    }

    fn bracketed(&mut self) -> Parsed<Vec<Expr>> {
        if self.accept_symbol(&Lexeme::RBracket) {
            return Ok(Vec::new());
        }
        let items = self.exprs()?;
        self.expect_symbol(&Lexeme::RBracket, "behind the elements")?;
        Ok(items)
    }

    fn cast(&mut self, lenient: bool) -> Parsed<ExprKind> {
        self.open();
        let operand = Box::new(self.expr()?);
        self.expect("AS")?;
        let data_type = self.data_type()?;
        self.expect_symbol(&Lexeme::RParen, "behind the type")?;
        Ok(ExprKind::Cast { operand, data_type, lenient })
    }

    /// `FLOOR(x)` and `FLOOR(x TO unit)`.
    fn round(&mut self, up: bool) -> Parsed<Expr> {
        let start = self.span();
        if !self.rounds_to_a_unit() {
            let value = self.words(start);
            self.advance();
            return self.call(vec![Ident { value, quoted: false, span: start }], start);
        }
        self.open();
        let operand = Box::new(self.expr()?);
        self.expect("TO")?;
        let unit = self.unit("a unit of time", false)?;
        self.expect_symbol(&Lexeme::RParen, "behind the unit")?;
        Ok(Expr { kind: ExprKind::RoundTo { up, operand, unit }, span: self.since(start) })
    }

    /// Whether `TO unit)` closes the call that starts here.
    fn rounds_to_a_unit(&self) -> bool {
        let mut depth = 0_usize;
        for ahead in 1.. {
            match self.peek_at(ahead) {
                Lexeme::LParen | Lexeme::LBracket => depth += 1,
                Lexeme::RParen | Lexeme::RBracket => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return ahead > 2
                            && self.sees_at(ahead - 2, "TO")
                            && !matches!(self.peek_at(ahead - 3), Lexeme::LParen);
                    }
                }
                Lexeme::EOF | Lexeme::SemiColon => return false,
                _ => {}
            }
        }
        false
    }

    fn trim(&mut self) -> Parsed<ExprKind> {
        self.open();
        let (side, named) = if self.accept("BOTH") {
            (TrimSide::Both, true)
        } else if self.accept("LEADING") {
            (TrimSide::Leading, true)
        } else if self.accept("TRAILING") {
            (TrimSide::Trailing, true)
        } else {
            (TrimSide::Both, false)
        };
        if named && self.accept("FROM") {
            return Ok(ExprKind::Trim { side, characters: None, operand: self.last_operand()? });
        }
        let first = Box::new(self.expr()?);
        if self.accept("FROM") {
            return Ok(ExprKind::Trim { side, characters: Some(first), operand: self.last_operand()? });
        }
        if named {
            return Err(self.unexpected("FROM"));
        }
        self.expect_symbol(&Lexeme::RParen, "")?;
        Ok(ExprKind::Trim { side, characters: None, operand: first })
    }

    /// `SUBSTRING(x FROM a FOR b)`, `POSITION(a IN b)`, `OVERLAY(x PLACING y FROM a FOR b)`, or the same with commas.
    fn worded_call(&mut self, word: &str) -> Parsed<Expr> {
        let start = self.span();
        let value = self.words(start);
        self.open();
        let words: &[&'static str] = match word {
            "SUBSTRING" => &["FROM", "FOR"],
            "POSITION" => &["IN"],
            _ => &["PLACING", "FROM", "FOR"],
        };
        // IN separates the operands of POSITION, so it is no operator in the first of them.
        let mut arguments = vec![self.argument_at(if word == "POSITION" { Level::Sum } else { Level::Or })?];
        let commas = word == "SUBSTRING" && self.sees_symbol(&Lexeme::Comma);
        for (index, separator) in words.iter().enumerate() {
            let optional = *separator == "FOR";
            let separated = if commas { self.accept_symbol(&Lexeme::Comma) } else { self.accept(separator) };
            if !separated {
                if optional || commas && index > 0 {
                    break;
                }
                return Err(self.unexpected(separator));
            }
            arguments.push(self.argument_at(Level::Or)?);
        }
        self.expect_symbol(&Lexeme::RParen, "behind the arguments")?;
        let name = vec![Ident { value, quoted: false, span: start }];
        Ok(Expr { kind: ExprKind::Call(Box::new(plain(name, start, arguments))), span: self.since(start) })
    }

    fn argument_at(&mut self, least: Level) -> Parsed<Argument> {
        let expr = self.expr_at(least)?;
        Ok(Argument { name: None, span: expr.span, value: ArgumentValue::Expr(expr) })
    }

    /// `TIMESTAMPADD(unit, n, t)` and `TIMESTAMPDIFF(unit, a, b)`.
    fn unit_call(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let value = self.words(start);
        self.open();
        let span = self.span();
        let unit = self.unit("a unit of time", false)?;
        let mut arguments = vec![unit_argument(unit, span)];
        while self.accept_symbol(&Lexeme::Comma) {
            arguments.push(self.argument_at(Level::Or)?);
        }
        self.expect_symbol(&Lexeme::RParen, "behind the arguments")?;
        let name = vec![Ident { value, quoted: false, span: start }];
        Ok(Expr { kind: ExprKind::Call(Box::new(plain(name, start, arguments))), span: self.since(start) })
    }

    /// `CURRENT_TIMESTAMP` and the like.
    pub(super) fn bare_call(&mut self, name: Vec<Ident>, start: Span) -> Expr {
        let call = FunctionCall { bare: true, ..plain(name, start, Vec::new()) };
        Expr { kind: ExprKind::Call(Box::new(call)), span: start }
    }

    /// A call from its opening parenthesis.
    pub(super) fn call(&mut self, name: Vec<Ident>, start: Span) -> Parsed<Expr> {
        let mut call = plain(name, self.since(start), Vec::new());
        let json = call.name.simple().is_some_and(|name| name.value.to_ascii_uppercase().starts_with("JSON_"));
        self.advance();
        call.distinct = self.accept("DISTINCT");
        if !call.distinct {
            self.accept("ALL");
        }
        let empty = self.sees_symbol(&Lexeme::RParen) || json && self.sees_json_clause();
        if !empty {
            call.arguments = self.arguments(json)?;
        }
        while json && !self.sees_symbol(&Lexeme::RParen) {
            call.json.push(self.json_clause()?);
        }
        if self.sees("ORDER") || self.sees("IGNORE") || self.sees("RESPECT") || self.sees("SEPARATOR") {
            let word = self.words(self.span()).to_ascii_uppercase();
            let message = format!("{word} inside the parentheses of a function is not supported");
            return Err(Diagnostic::error("unsupported", self.span(), message).into());
        }
        if !self.accept_symbol(&Lexeme::RParen) {
            return Err(self.unexpected("`,` or `)`"));
        }
        if self.accept_all(&["WITHIN", "GROUP"]) {
            self.expect_symbol(&Lexeme::LParen, "behind WITHIN GROUP")?;
            call.within_group = self.order_by()?;
            if call.within_group.is_empty() {
                return Err(self.unexpected("ORDER BY"));
            }
            self.expect_symbol(&Lexeme::RParen, "behind ORDER BY")?;
        }
        if self.accept("FILTER") {
            self.expect_symbol(&Lexeme::LParen, "behind FILTER")?;
            self.expect("WHERE")?;
            call.filter = Some(Box::new(self.expr()?));
            self.expect_symbol(&Lexeme::RParen, "behind the condition")?;
        }
        if self.sees_all(&["IGNORE", "NULLS"]) || self.sees_all(&["RESPECT", "NULLS"]) {
            let span = self.span();
            return Err(
                Diagnostic::error("unsupported", span, "IGNORE NULLS and RESPECT NULLS are not supported").into()
            );
        }
        if self.accept("OVER") {
            call.over = Some(if self.sees_symbol(&Lexeme::LParen) {
                Over::Window(self.over_window()?)
            } else {
                Over::Named(self.ident("a window")?)
            });
        }
        Ok(Expr { kind: ExprKind::Call(Box::new(call)), span: self.since(start) })
    }

    /// Arguments up to the closing parenthesis, which is left.
    fn arguments(&mut self, json: bool) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        loop {
            if json {
                // `KEY k VALUE v` and `k : v` give two arguments.
                let keyed =
                    self.sees("KEY") && !matches!(self.peek_at(1), Lexeme::Comma | Lexeme::RParen | Lexeme::Period);
                if keyed {
                    self.advance();
                }
            }
            arguments.push(self.argument()?);
            if json && (self.accept("VALUE") || self.accept_symbol(&Lexeme::Colon)) {
                arguments.push(self.argument()?);
            }
            if !self.accept_symbol(&Lexeme::Comma) {
                return Ok(arguments);
            }
            if self.sees_symbol(&Lexeme::RParen) {
                return Err(self.trailing_comma("an argument"));
            }
        }
    }

    /// One argument of a function of values or of tables.
    pub(super) fn argument(&mut self) -> Parsed<Argument> {
        let start = self.span();
        let named = matches!(self.peek(), Lexeme::Word(_)) && matches!(self.peek_at(1), Lexeme::RArrow);
        let name = if named {
            // The names of arguments may be reserved words.
            let Lexeme::Word(word) = self.peek() else { return Err(self.unexpected("the name of an argument")) };
            let name = Ident { value: word.value.clone(), quoted: word.quote_style.is_some(), span: start };
            self.open();
            Some(name)
        } else {
            None
        };
        let value = if self.accept_symbol(&Lexeme::Mul) {
            ArgumentValue::Star
        } else if self.sees("TABLE") || self.sees_query_in_parentheses() && self.table_argument_follows() {
            ArgumentValue::Table(self.table_argument()?)
        } else if self.sees("DESCRIPTOR") && matches!(self.peek_at(1), Lexeme::LParen) {
            self.advance();
            ArgumentValue::Descriptor(self.names("a column")?)
        } else if self.sees("DEFAULT") {
            self.advance();
            ArgumentValue::Default
        } else {
            ArgumentValue::Expr(self.expr()?)
        };
        Ok(Argument { name, value, span: self.since(start) })
    }

    /// Whether the parentheses that open here are followed by PARTITION BY or ORDER BY.
    fn table_argument_follows(&self) -> bool {
        let mut depth = 0_usize;
        for ahead in 0.. {
            match self.peek_at(ahead) {
                Lexeme::LParen => depth += 1,
                Lexeme::RParen => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return self.sees_at(ahead + 1, "PARTITION") || self.sees_at(ahead + 1, "ORDER");
                    }
                }
                Lexeme::EOF => return false,
                _ => {}
            }
        }
        false
    }

    /// `TABLE t` or `(SELECT ...)`, with PARTITION BY and ORDER BY.
    fn table_argument(&mut self) -> Parsed<TableArgument> {
        let start = self.span();
        let query = if self.accept("TABLE") {
            let name = self.table_name()?;
            super::query::of_body(QueryBody::Table(name), self.since(start))
        } else {
            self.query_in_parentheses()?
        };
        let mut argument =
            TableArgument { query: Box::new(query), partition_by: vec![], order_by: vec![], span: start };
        if self.accept_all(&["PARTITION", "BY"]) {
            argument.partition_by = if self.sees_symbol(&Lexeme::LParen) {
                self.tuple("a column", Self::expr)?
            } else {
                vec![self.expr()?]
            };
        }
        if self.accept_all(&["ORDER", "BY"]) {
            argument.order_by = if self.sees_symbol(&Lexeme::LParen) {
                self.tuple("a column", Self::order_item)?
            } else {
                vec![self.order_item()?]
            };
        }
        argument.span = self.since(start);
        Ok(argument)
    }

    fn sees_json_clause(&self) -> bool {
        self.sees_at(1, "ON") && (self.sees("NULL") || self.sees("ABSENT"))
    }

    /// A clause behind the arguments of a JSON function.
    fn json_clause(&mut self) -> Parsed<JsonClause> {
        let start = self.span();
        if self.accept("RETURNING") {
            return Ok(JsonClause::Returning(self.data_type()?));
        }
        let (mut words, mut default) = (Vec::new(), None);
        loop {
            let known = [
                "NULL",
                "ABSENT",
                "ERROR",
                "TRUE",
                "FALSE",
                "UNKNOWN",
                "EMPTY",
                "ARRAY",
                "OBJECT",
                "WITH",
                "WITHOUT",
                "CONDITIONAL",
                "UNCONDITIONAL",
                "WRAPPER",
                "DEFAULT",
                "ON",
            ];
            let Some(word) = known.into_iter().find(|word| self.sees(word)) else {
                return Err(self.unexpected(if words.is_empty() { "`,` or `)`" } else { "ON" }));
            };
            self.advance();
            words.push(word.to_owned());
            match word {
                "DEFAULT" => default = Some(Box::new(self.expr_at(Level::Sum)?)),
                "WRAPPER" => break,
                "ON" => {
                    let what = ["EMPTY", "ERROR", "NULL"].into_iter().find(|word| self.sees(word));
                    let Some(what) = what else { return Err(self.unexpected("EMPTY, ERROR or NULL")) };
                    self.advance();
                    words.push(what.to_owned());
                    break;
                }
                _ => {}
            }
        }
        Ok(JsonClause::Behaviour { words, default, span: self.since(start) })
    }

    /// `([name] [PARTITION BY ...] [ORDER BY ...] [ROWS|RANGE ...])`.
    pub(super) fn over_window(&mut self) -> Parsed<OverWindow> {
        let start = self.expect_symbol(&Lexeme::LParen, "before the window")?;
        let base = match self.word_at(0) {
            Some(word) if !matches!(word.as_str(), "PARTITION" | "ORDER" | "ROWS" | "RANGE") => {
                Some(self.ident("a window")?)
            }
            None if matches!(self.peek(), Lexeme::Word(_)) => Some(self.ident("a window")?),
            _ => None,
        };
        let partition_by = if self.accept_all(&["PARTITION", "BY"]) { self.exprs()? } else { Vec::new() };
        let order_by = self.order_by()?;
        let frame = self.frame()?;
        self.expect_symbol(&Lexeme::RParen, "behind the window")?;
        Ok(OverWindow { base, partition_by, order_by, frame, span: self.since(start) })
    }

    fn frame(&mut self) -> Parsed<Option<Frame>> {
        let start = self.span();
        let unit = if self.accept("ROWS") {
            FrameUnit::Rows
        } else if self.accept("RANGE") {
            FrameUnit::Range
        } else {
            return Ok(None);
        };
        let (first, end) = if self.accept("BETWEEN") {
            let first = self.frame_bound()?;
            self.expect("AND")?;
            (first, Some(self.frame_bound()?))
        } else {
            (self.frame_bound()?, None)
        };
        Ok(Some(Frame { unit, start: first, end, span: self.since(start) }))
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        if self.accept_all(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow);
        }
        let distance = if self.accept("UNBOUNDED") { None } else { Some(Box::new(self.expr_at(Level::Sum)?)) };
        Ok(if self.accept("PRECEDING") {
            distance.map_or(FrameBound::UnboundedPreceding, FrameBound::Preceding)
        } else {
            self.expect("FOLLOWING")?;
            distance.map_or(FrameBound::UnboundedFollowing, FrameBound::Following)
        })
    }
}

fn unit_argument(unit: TimeUnit, span: Span) -> Argument {
    let expr = Expr { kind: ExprKind::Unit(unit), span };
    Argument { name: None, value: ArgumentValue::Expr(expr), span }
}

fn plain(parts: Vec<Ident>, span: Span, arguments: Vec<Argument>) -> FunctionCall {
    FunctionCall {
        name: ObjectName { parts, span },
        arguments,
        bare: false,
        distinct: false,
        json: Vec::new(),
        filter: None,
        within_group: Vec::new(),
        over: None,
    }
}
