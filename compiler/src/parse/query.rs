//! Reads queries.

use super::cursor::{Cursor, Parsed};
use super::token::{HINT_END, HINT_START};
use crate::diagnostic::Diagnostic;
use crate::syntax::{
    Cte, Distinctness, Expr, ExprKind, GroupItem, Hint, HintArgument, Ident, NamedWindow, ObjectName, OrderItem, Query,
    QueryBody, Select, SelectItem, SetOperation, SetOperator, TableOption, Values,
};
use crate::text::Span;
use sqlparser::tokenizer::Token as Lexeme;

/// A query that is nothing but its body.
pub(super) fn of_body(body: QueryBody, span: Span) -> Query {
    Query { with: Vec::new(), body, order_by: Vec::new(), limit: None, offset: None, span }
}

impl Cursor<'_> {
    /// Whether a query starts here.
    pub(super) fn sees_query(&self) -> bool {
        self.query_at(0)
    }

    fn query_at(&self, ahead: usize) -> bool {
        ["SELECT", "WITH", "VALUES"].into_iter().any(|word| self.sees_at(ahead, word))
            || self.sees_at(ahead, "TABLE") && !matches!(self.peek_at(ahead + 1), Lexeme::LParen)
    }

    /// Whether parentheses open here whose content is a query.
    pub(super) fn sees_query_in_parentheses(&self) -> bool {
        let mut ahead = 0;
        while matches!(self.peek_at(ahead), Lexeme::LParen) {
            ahead += 1;
        }
        // `((SELECT ...) UNION ...)` opens twice; but `((SELECT 1) + 1)` is an expression.
        match ahead {
            0 => false,
            1 => self.query_at(1),
            _ => self.query_at(ahead) && self.closes_as_query(ahead),
        }
    }

    /// Whether what follows the query inside of all but the first parentheses is more of a query.
    fn closes_as_query(&self, open: usize) -> bool {
        let mut depth = open;
        for ahead in open.. {
            match self.peek_at(ahead) {
                Lexeme::LParen => depth += 1,
                Lexeme::RParen => {
                    depth -= 1;
                    if depth < open {
                        let more = ["UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER", "LIMIT", "OFFSET", "FETCH"];
                        let next = ahead + 1;
                        if more.into_iter().any(|word| self.sees_at(next, word)) {
                            return true;
                        }
                        if depth == 0 || !matches!(self.peek_at(next), Lexeme::RParen) {
                            return depth == 0;
                        }
                    }
                }
                Lexeme::EOF | Lexeme::SemiColon => return true,
                _ => {}
            }
        }
        false
    }

    pub(super) fn query_in_parentheses(&mut self) -> Parsed<Query> {
        self.expect_symbol(&Lexeme::LParen, "before the query")?;
        let query = self.query()?;
        if !self.accept_symbol(&Lexeme::RParen) {
            return Err(self.unexpected("`)` behind the query"));
        }
        Ok(query)
    }

    pub fn query(&mut self) -> Parsed<Query> {
        self.nested(|cursor| {
            let start = cursor.span();
            let with = cursor.with()?;
            let body = cursor.body(0)?;
            let order_by = cursor.order_by()?;
            let mut query = Query { with, order_by, ..of_body(body, start) };
            cursor.limits(&mut query)?;
            query.span = cursor.since(start);
            Ok(query)
        })
    }

    fn with(&mut self) -> Parsed<Vec<Cte>> {
        if !self.accept("WITH") {
            return Ok(Vec::new());
        }
        if self.sees("RECURSIVE") {
            return Err(Diagnostic::error("unsupported", self.span(), "recursive queries are not supported").into());
        }
        let mut ctes = Vec::new();
        loop {
            let name = self.ident("the name of a query")?;
            let start = name.span;
            let columns = if self.sees_symbol(&Lexeme::LParen) { self.names("a column")? } else { Vec::new() };
            self.expect("AS")?;
            let query = self.query_in_parentheses()?;
            ctes.push(Cte { name, columns, query, span: self.since(start) });
            if !self.accept_symbol(&Lexeme::Comma) {
                return Ok(ctes);
            }
        }
    }

    /// LIMIT, OFFSET and FETCH, in the orders that Flink takes.
    fn limits(&mut self, query: &mut Query) -> Parsed<()> {
        loop {
            let start = self.span();
            if self.accept("LIMIT") {
                if self.accept("ALL") {
                    continue;
                }
                let limit = self.expr()?;
                if self.accept_symbol(&Lexeme::Comma) {
                    let message = "LIMIT takes one number";
                    return Err(Diagnostic::error("syntax", self.since(start), message)
                        .help("write `LIMIT count OFFSET start`")
                        .into());
                }
                self.once(query.limit.is_some(), start, "LIMIT")?;
                if query.offset.is_some() {
                    let message = "LIMIT stands before OFFSET";
                    return Err(Diagnostic::error("syntax", start, message)
                        .help("write `LIMIT count OFFSET start`")
                        .into());
                }
                query.limit = Some(limit);
            } else if self.accept("OFFSET") {
                self.once(query.offset.is_some(), start, "OFFSET")?;
                query.offset = Some(self.expr()?);
                if !self.accept("ROWS") {
                    self.accept("ROW");
                }
            } else if self.accept("FETCH") {
                if !self.accept("FIRST") {
                    self.expect("NEXT")?;
                }
                let limit = self.expr()?;
                if !self.accept("ROWS") {
                    self.expect("ROW")?;
                }
                self.expect("ONLY")?;
                self.once(query.limit.is_some(), start, "FETCH")?;
                query.limit = Some(limit);
            } else {
                return Ok(());
            }
        }
    }

    fn once(&self, given: bool, span: Span, what: &str) -> Parsed<()> {
        if given { Err(Diagnostic::error("syntax", span, format!("{what} is given twice")).into()) } else { Ok(()) }
    }

    /// SELECTs combined by UNION and EXCEPT, and more tightly by INTERSECT.
    fn body(&mut self, least: u8) -> Parsed<QueryBody> {
        let mut left = self.body_term()?;
        loop {
            let (operator, level) = if self.sees("UNION") {
                (SetOperator::Union, 0)
            } else if self.sees("EXCEPT") {
                (SetOperator::Except, 0)
            } else if self.sees("INTERSECT") {
                (SetOperator::Intersect, 1)
            } else if self.sees("MINUS") {
                let span = self.span();
                return Err(Diagnostic::error("syntax", span, "Flink has no MINUS")
                    .suggest("write EXCEPT", span, "EXCEPT")
                    .into());
            } else {
                return Ok(left);
            };
            if level < least {
                return Ok(left);
            }
            let start = self.advance();
            let all = self.accept("ALL");
            if !all {
                self.accept("DISTINCT");
            }
            let operator_span = self.since(start);
            let right = self.body(level + 1)?;
            let span = left.span().to(right.span());
            left = QueryBody::SetOperation(Box::new(SetOperation { operator, all, operator_span, left, right, span }));
            self.grow()?;
        }
    }

    fn body_term(&mut self) -> Parsed<QueryBody> {
        if self.sees_symbol(&Lexeme::LParen) {
            return Ok(QueryBody::Query(Box::new(self.query_in_parentheses()?)));
        }
        if self.sees("VALUES") {
            return Ok(QueryBody::Values(self.values()?));
        }
        if self.accept("TABLE") {
            return Ok(QueryBody::Table(self.table_name()?));
        }
        if self.sees("SELECT") {
            return Ok(QueryBody::Select(Box::new(self.nested(Self::select)?)));
        }
        Err(self.unexpected("SELECT or VALUES"))
    }

    fn values(&mut self) -> Parsed<Values> {
        let start = self.advance();
        let mut rows = Vec::new();
        loop {
            self.accept("ROW");
            let value = self.expr()?;
            rows.push(match value.kind {
                ExprKind::Row(items) => items,
                // A single value, with or without parentheses.
                _ => vec![value],
            });
            if !self.accept_symbol(&Lexeme::Comma) {
                return Ok(Values { rows, span: self.since(start) });
            }
        }
    }

    fn select(&mut self) -> Parsed<Select> {
        let start = self.advance();
        let hints = self.hints()?;
        if self.sees("STREAM") {
            let span = self.span();
            return Err(Diagnostic::error("syntax", span, "SELECT STREAM is not Flink's SQL")
                .suggest("every query here is a stream: remove the word", span, "")
                .into());
        }
        let distinct_span = self.span();
        let distinct = if self.accept("DISTINCT") {
            Distinctness::Distinct(distinct_span)
        } else {
            self.accept("ALL");
            Distinctness::All
        };
        let mut items = vec![self.select_item()?];
        while self.accept_symbol(&Lexeme::Comma) {
            items.push(self.select_item()?);
        }
        let mut from = Vec::new();
        if self.accept("FROM") {
            from.push(self.table_ref()?);
            while self.accept_symbol(&Lexeme::Comma) {
                from.push(self.table_ref()?);
            }
        }
        let filter = if self.accept("WHERE") { Some(self.expr()?) } else { None };
        let group_by = if self.sees("GROUP") {
            self.advance();
            self.expect("BY")?;
            Some(self.group_by()?)
        } else {
            None
        };
        let having = if self.accept("HAVING") { Some(self.expr()?) } else { None };
        let windows = self.windows()?;
        let qualify = if self.accept("QUALIFY") { Some(self.expr()?) } else { None };
        if self.sees("WHERE") && (group_by.is_some() || having.is_some()) {
            let message = "WHERE stands before GROUP BY";
            return Err(Diagnostic::error("syntax", self.span(), message)
                .help("a condition on the groups is written with HAVING")
                .into());
        }
        let span = self.since(start);
        Ok(Select { hints, distinct, items, from, filter, group_by, having, windows, qualify, span })
    }

    fn select_item(&mut self) -> Parsed<SelectItem> {
        let start = self.span();
        if self.accept_symbol(&Lexeme::Mul) {
            return Ok(SelectItem::Star { qualifier: None, span: start });
        }
        if let Some(parts) = self.parts_before_star() {
            let mut names = Vec::new();
            for _ in 0..parts {
                names.push(self.ident("the name of a table")?);
                self.advance();
            }
            let qualifier = ObjectName { span: start.to(names[names.len() - 1].span), parts: names };
            self.advance();
            return Ok(SelectItem::Star { qualifier: Some(qualifier), span: self.since(start) });
        }
        let expr = self.expr()?;
        let alias =
            self.alias("the name of a column", &["FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION"])?;
        Ok(SelectItem::Expr { expr, alias })
    }

    /// How many names stand before `.*`, if that is what stands here.
    fn parts_before_star(&self) -> Option<usize> {
        for parts in 1..=3 {
            let name = matches!(self.peek_at(2 * parts - 2), Lexeme::Word(_));
            if !name || !matches!(self.peek_at(2 * parts - 1), Lexeme::Period) {
                return None;
            }
            if matches!(self.peek_at(2 * parts), Lexeme::Mul) {
                return Some(parts);
            }
        }
        None
    }

    /// `AS name`, or just a name that is not reserved. The keywords are those that may follow.
    pub(super) fn alias(&mut self, what: &str, keywords: &[&'static str]) -> Parsed<Option<Ident>> {
        if self.accept("AS") {
            if let Lexeme::SingleQuotedString(text) = self.peek() {
                let (span, name) = (self.span(), format!("`{text}`"));
                let message = "a name cannot stand in single quotes";
                return Err(Diagnostic::error("syntax", span, message).suggest("use backquotes", span, name).into());
            }
            return self.ident(what).map(Some);
        }
        match self.peek() {
            Lexeme::Word(word) if word.quote_style.is_some() || !super::keyword::is_reserved(&word.value) => {
                let quoted = word.quote_style.is_some();
                let alias = self.ident(what)?;
                if !quoted {
                    self.suspect_alias(keywords);
                }
                Ok(Some(alias))
            }
            _ => Ok(None),
        }
    }

    fn group_by(&mut self) -> Parsed<Vec<GroupItem>> {
        if matches!((self.peek(), self.peek_at(1)), (Lexeme::LParen, Lexeme::RParen)) {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        let mut items = Vec::new();
        loop {
            let start = self.span();
            let sets = |cursor: &mut Self| cursor.tuple("a set of columns", Self::grouping_set);
            items.push(if self.accept_all(&["GROUPING", "SETS"]) {
                GroupItem::GroupingSets(sets(self)?, self.since(start))
            } else if self.sees("CUBE") {
                self.advance();
                GroupItem::Cube(sets(self)?, self.since(start))
            } else if self.sees("ROLLUP") {
                self.advance();
                GroupItem::Rollup(sets(self)?, self.since(start))
            } else {
                GroupItem::Expr(self.expr()?)
            });
            if !self.accept_symbol(&Lexeme::Comma) {
                return Ok(items);
            }
        }
    }

    /// `(a, b)`, `()` or `a`.
    fn grouping_set(&mut self) -> Parsed<Vec<Expr>> {
        if matches!((self.peek(), self.peek_at(1)), (Lexeme::LParen, Lexeme::RParen)) {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        let expr = self.expr()?;
        Ok(match expr.kind {
            ExprKind::Row(items) => items,
            _ => vec![expr],
        })
    }

    fn windows(&mut self) -> Parsed<Vec<NamedWindow>> {
        let mut windows = Vec::new();
        if self.accept("WINDOW") {
            loop {
                let name = self.ident("the name of a window")?;
                self.expect("AS")?;
                windows.push(NamedWindow { name, window: self.over_window()? });
                if !self.accept_symbol(&Lexeme::Comma) {
                    break;
                }
            }
        }
        Ok(windows)
    }

    /// `ORDER BY ...`; empty if it is not there.
    pub(super) fn order_by(&mut self) -> Parsed<Vec<OrderItem>> {
        let mut items = Vec::new();
        if self.accept("ORDER") {
            self.expect("BY")?;
            items.push(self.order_item()?);
            while self.accept_symbol(&Lexeme::Comma) {
                items.push(self.order_item()?);
            }
        }
        Ok(items)
    }

    pub(super) fn order_item(&mut self) -> Parsed<OrderItem> {
        let start = self.span();
        let expr = self.expr()?;
        let ascending = if self.accept("ASC") {
            Some(true)
        } else if self.accept("DESC") {
            Some(false)
        } else {
            None
        };
        let nulls_first = if self.accept("NULLS") {
            let first = self.accept("FIRST");
            if !first {
                self.expect("LAST")?;
            }
            Some(first)
        } else {
            None
        };
        Ok(OrderItem { expr, ascending, nulls_first, span: self.since(start) })
    }

    /// `/*+ NAME(...), NAME(...) */`; empty if it is not there.
    pub(super) fn hints(&mut self) -> Parsed<Vec<Hint>> {
        let mut hints = Vec::new();
        while matches!(self.peek(), Lexeme::CustomBinaryOperator(mark) if mark == HINT_START) {
            self.advance();
            loop {
                let name = self.ident("the name of a hint")?;
                let start = name.span;
                let arguments = if self.sees_symbol(&Lexeme::LParen) {
                    self.tuple("an option", Self::hint_argument)?
                } else {
                    Vec::new()
                };
                hints.push(Hint { name, arguments, span: self.since(start) });
                self.accept_symbol(&Lexeme::Comma);
                if matches!(self.peek(), Lexeme::CustomBinaryOperator(mark) if mark == HINT_END) {
                    self.advance();
                    break;
                }
            }
        }
        Ok(hints)
    }

    fn hint_argument(&mut self) -> Parsed<HintArgument> {
        if let Lexeme::Word(_) = self.peek() {
            return Ok(HintArgument::Name(self.ident("a name")?));
        }
        let key = self.string("the key of an option")?;
        if self.accept_symbol(&Lexeme::Eq) {
            let value = self.option_value()?;
            return Ok(HintArgument::Pair(TableOption { key, value }));
        }
        Ok(HintArgument::String(key))
    }
}
