//! Reads what stands behind FROM: tables, subqueries, table functions and their joins.

use super::cursor::{Cursor, Parsed};
use crate::diagnostic::Diagnostic;
use crate::syntax::{Join, JoinConstraint, JoinKind, ObjectName, TableAlias, TableRef, TableRefKind};
use sqlparser::tokenizer::Token as Lexeme;

/// The words that may follow a table.
const BEHIND_TABLE: [&str; 12] =
    ["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "JOIN", "LEFT", "RIGHT", "INNER", "CROSS", "UNION", "WINDOW"];

impl Cursor<'_> {
    /// A table and everything that is joined to it.
    pub(super) fn table_ref(&mut self) -> Parsed<TableRef> {
        self.nested(|cursor| {
            let start = cursor.span();
            let mut left = cursor.table_operand()?;
            while let Some((kind, natural)) = cursor.join_kind()? {
                let operator_span = cursor.join_words()?;
                let right = cursor.table_operand()?;
                let constraint = if natural {
                    JoinConstraint::Natural
                } else if cursor.accept("ON") {
                    JoinConstraint::On(cursor.expr()?)
                } else if cursor.accept("USING") {
                    JoinConstraint::Using(cursor.names("a column")?)
                } else {
                    JoinConstraint::None
                };
                let join = Join { left, right, kind, constraint, operator_span };
                let span = cursor.since(start);
                left = TableRef { kind: TableRefKind::Join(Box::new(join)), alias: None, span };
                cursor.grow()?;
            }
            Ok(left)
        })
    }

    /// Which join starts here, if any; nothing is taken.
    fn join_kind(&self) -> Parsed<Option<(JoinKind, bool)>> {
        let natural = self.sees("NATURAL");
        let ahead = usize::from(natural);
        let word = self.word_at(ahead);
        let kind = match word.as_deref() {
            Some("JOIN" | "INNER") => JoinKind::Inner,
            Some("LEFT") => JoinKind::Left,
            Some("RIGHT") => JoinKind::Right,
            Some("FULL") => JoinKind::Full,
            Some("CROSS") => JoinKind::Cross,
            _ => {
                BEHIND_TABLE.iter().for_each(|word| _ = self.sees(word));
                return Ok(None);
            }
        };
        Ok(Some((kind, natural)))
    }

    /// Takes the words of a join up to JOIN.
    fn join_words(&mut self) -> Parsed<crate::text::Span> {
        let start = self.span();
        self.accept("NATURAL");
        let outer = ["LEFT", "RIGHT", "FULL"].into_iter().any(|word| self.accept(word));
        if outer {
            self.accept("OUTER");
        } else if !self.accept("INNER") {
            self.accept("CROSS");
        }
        if outer && (self.sees("SEMI") || self.sees("ANTI")) {
            let message = "Flink's SQL has no words for semi and anti joins";
            return Err(Diagnostic::error("syntax", self.span(), message)
                .help("write `WHERE EXISTS (...)` or `WHERE NOT EXISTS (...)`")
                .into());
        }
        self.expect("JOIN")?;
        Ok(self.since(start))
    }

    fn table_operand(&mut self) -> Parsed<TableRef> {
        let start = self.span();
        let lateral = self.accept("LATERAL");
        let mut joined = false;
        let kind = if self.sees("TABLE") && matches!(self.peek_at(1), Lexeme::LParen) {
            self.advance();
            self.advance();
            let name = self.function_name()?;
            let arguments = self.table_function_arguments()?;
            self.expect_symbol(&Lexeme::RParen, "behind the table function")?;
            TableRefKind::Function { name, arguments, lateral, hints: self.hints()? }
        } else if self.sees_query_in_parentheses() {
            TableRefKind::Query { query: Box::new(self.query_in_parentheses()?), lateral }
        } else if self.sees_symbol(&Lexeme::LParen) {
            self.advance();
            let inner = self.table_ref()?;
            if !self.accept_symbol(&Lexeme::RParen) {
                return Err(self.unexpected("`)` behind the joined tables"));
            }
            if !matches!(inner.kind, TableRefKind::Join(_)) {
                let message = "only a query or a join stands in parentheses here";
                return Err(Diagnostic::error("syntax", inner.span, message).help("remove the parentheses").into());
            }
            joined = true;
            inner.kind
        } else if self.sees("UNNEST") {
            self.advance();
            let operands = self.tuple("an array", Self::expr)?;
            let ordinality = self.accept_all(&["WITH", "ORDINALITY"]);
            TableRefKind::Unnest { operands, ordinality }
        } else if matches!(self.peek_at(1), Lexeme::LParen) && matches!(self.peek(), Lexeme::Word(_)) {
            let name = self.function_name()?;
            let arguments = self.table_function_arguments()?;
            TableRefKind::Function { name, arguments, lateral, hints: self.hints()? }
        } else {
            self.table()?
        };
        self.refuse_what_follows()?;
        let alias = self.table_alias()?;
        if let Some(alias) = alias.as_ref().filter(|_| joined) {
            let message = "a join has no name of its own";
            return Err(Diagnostic::error("syntax", alias.name.span, message)
                .help("name the joined tables, or select from the join in a subquery")
                .into());
        }
        self.refuse_what_follows()?;
        if self.sees_hint() {
            let message = "a hint stands directly behind the name of the table";
            return Err(Diagnostic::error("misplaced-hint", self.span(), message)
                .help("write `table /*+ OPTIONS('key' = 'value') */ AS alias`")
                .into());
        }
        Ok(TableRef { kind, alias, span: self.since(start) })
    }

    fn function_name(&mut self) -> Parsed<ObjectName> {
        // SESSION, TUMBLE, HOP and CUMULATE are no reserved words.
        self.object_name("the name of a table function", 3)
    }

    fn table_function_arguments(&mut self) -> Parsed<Vec<crate::syntax::Argument>> {
        self.expect_symbol(&Lexeme::LParen, "behind the name of the function")?;
        let mut arguments = Vec::new();
        if self.accept_symbol(&Lexeme::RParen) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument()?);
            if !self.accept_symbol(&Lexeme::Comma) {
                break;
            }
            if self.sees_symbol(&Lexeme::RParen) {
                return Err(self.trailing_comma("an argument"));
            }
        }
        if !self.accept_symbol(&Lexeme::RParen) {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(arguments)
    }

    fn table(&mut self) -> Parsed<TableRefKind> {
        let name = self.table_name()?;
        let hints = self.hints()?;
        let as_of = if self.accept_all(&["FOR", "SYSTEM_TIME"]) {
            self.expect("AS")?;
            self.expect("OF")?;
            Some(Box::new(self.expr()?))
        } else {
            None
        };
        Ok(TableRefKind::Table { name, hints, as_of })
    }

    fn sees_hint(&self) -> bool {
        matches!(self.peek(), Lexeme::CustomBinaryOperator(mark) if mark == super::token::HINT_START)
    }

    /// Clauses of a table that are known and not supported.
    fn refuse_what_follows(&self) -> Parsed<()> {
        let help = match self.word_at(0).as_deref() {
            Some("MATCH_RECOGNIZE") => "patterns over rows are not supported yet",
            Some("TABLESAMPLE") => "write a condition instead, for example `MOD(HASH_CODE(id), 100) = 0`",
            Some("PIVOT" | "UNPIVOT") => "write aggregates with `FILTER (WHERE ...)` instead",
            _ => return Ok(()),
        };
        let word = self.words(self.span()).to_ascii_uppercase();
        Err(Diagnostic::error("unsupported", self.span(), format!("{word} is not supported")).help(help).into())
    }

    fn table_alias(&mut self) -> Parsed<Option<TableAlias>> {
        let Some(name) = self.alias("the name of a table", &BEHIND_TABLE)? else { return Ok(None) };
        let columns = if self.sees_symbol(&Lexeme::LParen) { self.names("a column")? } else { Vec::new() };
        Ok(Some(TableAlias { name, columns }))
    }
}
