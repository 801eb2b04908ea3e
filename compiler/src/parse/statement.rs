//! Reads statements, one by one; a broken one does not keep the next from being read.

use super::cursor::{Cursor, Parsed};
use super::other;
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::{
    CreateView, DropObject, Insert, ObjectKind, ObjectName, Reset, Set, Statement, StatementKind, StatementSet,
    StringLiteral, Use,
};
use crate::text::Span;
use sqlparser::tokenizer::Token as Lexeme;

/// The words that start a statement.
const STARTS: [&str; 12] =
    ["SELECT", "INSERT", "CREATE", "DROP", "SET", "RESET", "USE", "WITH", "VALUES", "EXECUTE", "BEGIN", "ALTER"];

impl Cursor<'_> {
    /// All statements of a cell, and the names of tables and views whose declarations could not be read.
    pub(super) fn statements(&mut self) -> (Vec<Statement>, Vec<ObjectName>) {
        let (mut statements, mut broken) = (Vec::new(), Vec::new());
        loop {
            while self.accept_symbol(&Lexeme::SemiColon) {}
            if self.at_end() {
                return (statements, broken);
            }
            let (start, first) = (self.span(), self.position());
            let declared = self.declared_name();
            self.begin_statement();
            let statement = self.statement().and_then(|kind| {
                let span = self.since(start);
                self.end_of_statement()?;
                Ok(kind.map(|kind| Statement { kind, span }))
            });
            match statement {
                Ok(statement) => statements.extend(statement),
                Err(failure) => {
                    self.report_failure(failure);
                    broken.extend(declared);
                    self.recover(first);
                }
            }
        }
    }

    /// The name behind `CREATE TABLE` or `CREATE VIEW`, looked up ahead so that it is known even if the rest is broken.
    fn declared_name(&self) -> Option<ObjectName> {
        if !self.sees_at(0, "CREATE") {
            return None;
        }
        let mut ahead = 1 + usize::from(self.sees_at(1, "TEMPORARY"));
        if !self.sees_at(ahead, "TABLE") && !self.sees_at(ahead, "VIEW") {
            return None;
        }
        ahead += 1;
        if self.sees_at(ahead, "IF") {
            ahead += 3;
        }
        self.name_ahead(ahead)
    }

    /// Goes from inside the statement that starts at token `first` to where the next may start: behind a semicolon, or at a line that starts like one.
    fn recover(&mut self, first: usize) {
        while !self.at_end() && !self.sees_symbol(&Lexeme::SemiColon) {
            // SELECT and WITH often start a line inside a statement; these do not.
            let next = ["CREATE", "INSERT", "DROP", "EXECUTE"].into_iter().any(|word| self.sees_at(0, word));
            if next && self.position() > first && self.starts_line() {
                break;
            }
            self.advance();
        }
    }

    fn end_of_statement(&mut self) -> Parsed<()> {
        if self.at_end() || self.accept_symbol(&Lexeme::SemiColon) {
            return Ok(());
        }
        if self.starts_line() && STARTS.into_iter().any(|word| self.sees_at(0, word)) {
            // The statement before is whole; say what is missing and go on with the next.
            let end = self.previous_span().end_point();
            let message = "two statements without `;` between them";
            let span = self.span();
            self.report(Diagnostic::error("missing-semicolon", span, message).suggest("end the first one", end, ";"));
            return Ok(());
        }
        match self.peek() {
            Lexeme::RParen => Err(Diagnostic::error("syntax", self.span(), "`)` closes nothing").into()),
            _ => Err(self.unexpected("the end of the statement")),
        }
    }

    /// `None` for a statement that is skipped with a warning.
    fn statement(&mut self) -> Parsed<Option<StatementKind>> {
        let span = self.span();
        let Some(word) = self.word_at(0) else {
            if self.sees_symbol(&Lexeme::LParen) && self.sees_query_in_parentheses() {
                return Ok(Some(StatementKind::Query(Box::new(self.query()?))));
            }
            if self.sees_symbol(&Lexeme::Mod) && self.starts_line() {
                let message = "an interpreter is named once, at the start of a paragraph";
                return Err(Diagnostic::error("syntax", span, message)
                    .help("start a paragraph of its own with it")
                    .into());
            }
            return Err(self.unexpected("a statement"));
        };
        Ok(Some(match word.as_str() {
            _ if self.sees_query() => StatementKind::Query(Box::new(self.query()?)),
            "CREATE" => return self.create().map(Some),
            "DROP" => self.drop_object()?,
            "INSERT" => StatementKind::Insert(Box::new(self.insert()?)),
            "SET" => return self.set(),
            "RESET" => self.reset()?,
            "USE" => self.use_name()?,
            "EXECUTE" if self.sees_at(1, "STATEMENT") => {
                self.accept_all(&["EXECUTE", "STATEMENT"]);
                self.expect("SET")?;
                self.expect("BEGIN")?;
                self.statement_set(span)?
            }
            "BEGIN" => {
                self.advance();
                self.expect("STATEMENT")?;
                self.expect("SET")?;
                self.accept_symbol(&Lexeme::SemiColon);
                self.statement_set(span)?
            }
            word => {
                if let Some(notice) = other::refusal(word, self) {
                    let error = notice.severity == crate::diagnostic::Severity::Error;
                    if error {
                        return Err(notice.into());
                    }
                    self.report(notice);
                    while !self.at_end() && !self.sees_symbol(&Lexeme::SemiColon) {
                        self.advance();
                    }
                    return Ok(None);
                }
                let found = self.words(span);
                let message = format!("`{found}` does not start a statement");
                let diagnostic = Diagnostic::error("unknown-statement", span, message);
                return Err(match nearest(&found, STARTS) {
                    Some(near) => diagnostic.suggest(format!("did you mean `{near}`?"), span, near),
                    None => diagnostic.help("a statement starts with CREATE, INSERT INTO, SELECT, DROP, SET or USE"),
                }
                .into());
            }
        }))
    }

    fn create(&mut self) -> Parsed<StatementKind> {
        let start = self.advance();
        let temporary = self.accept("TEMPORARY");
        if self.accept("TABLE") {
            return Ok(StatementKind::CreateTable(Box::new(self.create_table(temporary)?)));
        }
        if self.accept("VIEW") {
            return Ok(StatementKind::CreateView(Box::new(self.create_view(temporary)?)));
        }
        Err(match other::created(self, start) {
            Some(diagnostic) => diagnostic.into(),
            None => self.unexpected("TABLE or VIEW"),
        })
    }

    fn create_view(&mut self, temporary: bool) -> Parsed<CreateView> {
        let if_not_exists = self.accept_all(&["IF", "NOT", "EXISTS"]);
        let name = self.object_name("the name of a view", 3)?;
        let columns = if self.sees_symbol(&Lexeme::LParen) { self.names("a column")? } else { Vec::new() };
        let comment = if self.accept("COMMENT") { Some(self.string("a comment")?) } else { None };
        self.expect("AS")?;
        let query = self.query()?;
        Ok(CreateView { temporary, if_not_exists, name, columns, comment, query })
    }

    fn drop_object(&mut self) -> Parsed<StatementKind> {
        let start = self.advance();
        let temporary = self.accept("TEMPORARY");
        let kind = if self.accept("TABLE") {
            ObjectKind::Table
        } else if self.accept("VIEW") {
            ObjectKind::View
        } else {
            return Err(match other::created(self, start) {
                Some(diagnostic) => diagnostic.into(),
                None => self.unexpected("TABLE or VIEW"),
            });
        };
        let if_exists = self.accept_all(&["IF", "EXISTS"]);
        let name = self.table_name()?;
        Ok(StatementKind::Drop(DropObject { kind, temporary, if_exists, name }))
    }

    fn insert(&mut self) -> Parsed<Insert> {
        let start = self.advance();
        let overwrite_span = self.span();
        let overwrite = if self.accept("OVERWRITE") {
            Some(overwrite_span)
        } else if self.sees("INTO") {
            self.advance();
            None
        } else {
            return Err(self.unexpected("INTO"));
        };
        let target = self.table_name()?;
        let hints = self.hints()?;
        let partition = if self.accept("PARTITION") {
            self.tuple("a column", |cursor| {
                let column = cursor.ident("a column")?;
                cursor.expect_symbol(&Lexeme::Eq, "behind the column")?;
                Ok((column, cursor.expr()?))
            })?
        } else {
            Vec::new()
        };
        let columns = if self.sees_symbol(&Lexeme::LParen) && !self.sees_query_in_parentheses() {
            self.names("a column")?
        } else {
            Vec::new()
        };
        let query = self.query()?;
        if self.sees_all(&["ON", "CONFLICT"]) {
            let message = "ON CONFLICT is not supported";
            return Err(Diagnostic::error("unsupported", self.span(), message)
                .help("declare the PRIMARY KEY of the table as the key of the query")
                .into());
        }
        Ok(Insert { overwrite, target, hints, partition, columns, query, span: self.since(start) })
    }

    /// The INSERTs of a statement set, up to END. A broken one is reported; the others count.
    fn statement_set(&mut self, start: Span) -> Parsed<StatementKind> {
        let mut inserts = Vec::new();
        loop {
            while self.accept_symbol(&Lexeme::SemiColon) {}
            if self.accept("END") {
                break;
            }
            if self.at_end() {
                return Err(Diagnostic::error("syntax", start, "the statement set is never closed")
                    .help("write `END;` behind its last INSERT")
                    .into());
            }
            let from = self.position();
            let insert = if self.sees("INSERT") { self.insert() } else { Err(self.unexpected("INSERT INTO or END")) };
            let insert = insert.and_then(|insert| {
                if self.sees_symbol(&Lexeme::SemiColon) || self.sees("END") {
                    Ok(insert)
                } else {
                    Err(self.unexpected("`;` behind the INSERT"))
                }
            });
            match insert {
                Ok(insert) => inserts.push(insert),
                Err(failure) => {
                    self.report_failure(failure);
                    self.begin_statement();
                    while !self.at_end() && !self.sees_symbol(&Lexeme::SemiColon) {
                        // END at the start of a line closes the set; elsewhere it may be that of a CASE.
                        if self.sees_at(0, "END") && self.starts_line() && self.position() > from {
                            break;
                        }
                        self.advance();
                    }
                }
            }
        }
        Ok(StatementKind::StatementSet(StatementSet { inserts }))
    }

    /// `SET 'key' = 'value'` or `SET key = value`.
    fn set(&mut self) -> Parsed<Option<StatementKind>> {
        let start = self.advance();
        if self.at_end() || self.sees_symbol(&Lexeme::SemiColon) {
            let message = "SET without a key only lists settings; it is skipped";
            self.report(Diagnostic::warning("skipped-statement", start, message));
            return Ok(None);
        }
        let quoted = matches!(self.peek(), Lexeme::SingleQuotedString(_));
        let key = if quoted { self.string("the key of a setting")? } else { self.raw(true, "the key of a setting")? };
        if !self.accept_symbol(&Lexeme::Eq) {
            return Err(self.unexpected("`=` behind the key of the setting"));
        }
        let value = match self.peek() {
            Lexeme::SingleQuotedString(_) => self.string("a value")?,
            _ => self.raw(false, "a value")?,
        };
        Ok(Some(StatementKind::Set(Set { key, value })))
    }

    /// Text without quotes up to the end of the statement, of the line, or (for a key) to `=`.
    fn raw(&mut self, stop_at_equals: bool, what: &str) -> Parsed<StringLiteral> {
        let start = self.span();
        let first = self.position();
        while !self.at_end() && !self.sees_symbol(&Lexeme::SemiColon) {
            if stop_at_equals && self.sees_symbol(&Lexeme::Eq) || self.position() > first && self.starts_line() {
                break;
            }
            self.advance();
        }
        if self.position() == first {
            return Err(self.unexpected(what));
        }
        let span = self.since(start);
        Ok(StringLiteral { value: self.words(span), span })
    }

    fn reset(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let key = match self.peek() {
            Lexeme::EOF | Lexeme::SemiColon => None,
            Lexeme::SingleQuotedString(_) => Some(self.string("the key of a setting")?),
            _ => Some(self.raw(false, "the key of a setting")?),
        };
        Ok(StatementKind::Reset(Reset { key }))
    }

    fn use_name(&mut self) -> Parsed<StatementKind> {
        self.advance();
        if self.sees("MODULES") {
            return Err(Diagnostic::error("unsupported", self.span(), "modules are not supported")
                .help("the built-in functions are always there")
                .into());
        }
        let catalog = self.accept("CATALOG");
        let what = if catalog { "the name of a catalog" } else { "the name of a database" };
        Ok(StatementKind::Use(Use { catalog, name: self.object_name(what, if catalog { 1 } else { 2 })? }))
    }
}
