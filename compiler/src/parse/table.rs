//! Reads CREATE TABLE.

use super::cursor::{Cursor, Failure, Parsed};
use crate::diagnostic::Diagnostic;
use crate::syntax::{
    Column, ColumnKind, CreateTable, Ident, Like, LikeAction, LikeFeature, LikeOption, PrimaryKey, StringLiteral,
    TableOption, Watermark,
};
use crate::text::Span;
use sqlparser::tokenizer::Token as Lexeme;

impl Cursor<'_> {
    /// A table from the word behind TABLE.
    pub(super) fn create_table(&mut self, temporary: bool) -> Parsed<CreateTable> {
        let if_not_exists = self.accept_all(&["IF", "NOT", "EXISTS"]);
        let name = self.table_name()?;
        let mut table = CreateTable {
            temporary,
            if_not_exists,
            name,
            columns: Vec::new(),
            watermarks: Vec::new(),
            primary_keys: Vec::new(),
            comment: None,
            partitioned_by: Vec::new(),
            options: Vec::new(),
            like: None,
            query: None,
        };
        if self.sees_symbol(&Lexeme::LParen) {
            self.tuple("a column", |cursor| cursor.element(&mut table))?;
        }
        if self.accept("COMMENT") {
            table.comment = Some(self.string("a comment")?);
        }
        if self.sees("DISTRIBUTED") {
            self.distribution()?;
        }
        if self.accept("PARTITIONED") {
            self.expect("BY")?;
            table.partitioned_by = self.names("a column")?;
        }
        if self.accept("WITH") {
            table.options = self.table_options()?;
        }
        if self.sees("PARTITIONED") || self.sees("COMMENT") {
            let word = if self.sees("COMMENT") { "COMMENT" } else { "PARTITIONED BY" };
            let message = format!("{word} stands before WITH");
            return Err(Diagnostic::error("syntax", self.span(), message)
                .help("the order is COMMENT, PARTITIONED BY, WITH, LIKE")
                .into());
        }
        if self.sees("LIKE") {
            table.like = Some(self.like()?);
        }
        if self.accept("AS") {
            table.query = Some(Box::new(self.query()?));
        }
        Ok(table)
    }

    /// A column, a watermark or a key.
    fn element(&mut self, table: &mut CreateTable) -> Parsed<()> {
        let start = self.span();
        if self.sees("WATERMARK") {
            self.advance();
            self.expect("FOR")?;
            let column = self.object_name("a column", 16)?.parts;
            self.expect("AS")?;
            let expr = self.expr()?;
            table.watermarks.push(Watermark { column, expr, span: self.since(start) });
            return Ok(());
        }
        let name = if self.accept("CONSTRAINT") { Some(self.ident("the name of a constraint")?) } else { None };
        if self.accept("PRIMARY") {
            self.expect("KEY")?;
            let columns = self.names("a column")?;
            let span = self.since(start);
            self.not_enforced(span)?;
            table.primary_keys.push(PrimaryKey { name, columns, span: self.since(start) });
            return Ok(());
        }
        if self.sees("UNIQUE") || self.sees("CHECK") || self.sees("FOREIGN") {
            return Err(self.constraint_refused());
        }
        if name.is_some() {
            return Err(self.unexpected("PRIMARY KEY"));
        }
        self.column(table)
    }

    fn constraint_refused(&self) -> Failure {
        let word = self.words(self.span()).to_ascii_uppercase();
        Diagnostic::error("unsupported", self.span(), format!("Flink has no {word} constraints"))
            .help("the only constraints are `PRIMARY KEY (...) NOT ENFORCED` and `NOT NULL`")
            .into()
    }

    /// `name TYPE ...`, `name AS expression` or `name TYPE METADATA ...`.
    fn column(&mut self, table: &mut CreateTable) -> Parsed<()> {
        let name = self.ident("the name of a column")?;
        let start = name.span;
        if self.sees_symbol(&Lexeme::Comma) || self.sees_symbol(&Lexeme::RParen) {
            let message = format!("the column `{}` has no type", name.value);
            return Err(Diagnostic::error("syntax", start, message).help("write a type behind the name").into());
        }
        let kind = if self.accept("AS") {
            ColumnKind::Computed(self.expr()?)
        } else {
            let data_type = self.data_type()?;
            if self.accept("METADATA") {
                let key = if self.accept("FROM") { Some(self.string("the key of the metadata")?) } else { None };
                ColumnKind::Metadata { data_type, key, is_virtual: self.accept("VIRTUAL") }
            } else {
                self.column_constraints(&name, table)?;
                ColumnKind::Physical(data_type)
            }
        };
        let comment = if self.accept("COMMENT") { Some(self.string("a comment")?) } else { None };
        table.columns.push(Column { name, kind, comment, span: self.since(start) });
        Ok(())
    }

    fn column_constraints(&mut self, column: &Ident, table: &mut CreateTable) -> Parsed<()> {
        loop {
            let start = self.span();
            let name = if self.accept("CONSTRAINT") { Some(self.ident("the name of a constraint")?) } else { None };
            if self.accept("PRIMARY") {
                self.expect("KEY")?;
                let span = self.since(start);
                self.not_enforced(span)?;
                let columns = vec![column.clone()];
                table.primary_keys.push(PrimaryKey { name, columns, span: self.since(start) });
            } else if self.sees("UNIQUE") || self.sees("CHECK") || self.sees("REFERENCES") {
                return Err(self.constraint_refused());
            } else if self.sees("DEFAULT") {
                let message = "Flink has no default values of columns";
                return Err(Diagnostic::error("unsupported", self.span(), message)
                    .help("use COALESCE where the column is read")
                    .into());
            } else if name.is_some() {
                return Err(self.unexpected("PRIMARY KEY"));
            } else {
                return Ok(());
            }
        }
    }

    /// Flink does not check keys and wants that said.
    fn not_enforced(&mut self, key: Span) -> Parsed<()> {
        if self.accept_all(&["NOT", "ENFORCED"]) {
            return Ok(());
        }
        self.accept("ENFORCED");
        let message = "Flink does not enforce primary keys";
        let diagnostic = Diagnostic::error("enforced-key", self.since(key), message);
        let end = self.since(key).end_point();
        self.report(diagnostic.suggest("say that you know", end, " NOT ENFORCED"));
        Ok(())
    }

    /// `DISTRIBUTED [BY [HASH|RANGE] (...)] INTO n BUCKETS`: read and refused, so that the rest of the statement counts.
    fn distribution(&mut self) -> Parsed<()> {
        let start = self.advance();
        if self.accept("BY") {
            if !self.accept("HASH") {
                self.accept("RANGE");
            }
            self.names("a column")?;
        }
        if self.accept("INTO") {
            self.unsigned("the number of buckets")?;
            self.expect("BUCKETS")?;
        }
        let message = "DISTRIBUTED is not supported: no connector here has buckets";
        self.report(Diagnostic::error("unsupported", self.since(start), message).help("remove the clause"));
        Ok(())
    }

    /// `('key' = 'value', ...)`.
    pub(super) fn table_options(&mut self) -> Parsed<Vec<TableOption>> {
        if matches!((self.peek(), self.peek_at(1)), (Lexeme::LParen, Lexeme::RParen)) {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        self.tuple("an option", |cursor| {
            let key = cursor.option_key()?;
            if !cursor.accept_symbol(&Lexeme::Eq) {
                return Err(cursor.unexpected("`=` behind the key of the option"));
            }
            let value = cursor.option_value()?;
            Ok(TableOption { key, value })
        })
    }

    /// A key in quotes; one without is reported and taken.
    fn option_key(&mut self) -> Parsed<StringLiteral> {
        let Lexeme::Word(_) = self.peek() else { return self.string("the key of an option") };
        let start = self.span();
        while matches!(self.peek(), Lexeme::Word(_) | Lexeme::Period | Lexeme::Minus) {
            self.advance();
        }
        let span = self.since(start);
        let value = self.words(span).replace('`', "");
        let quoted = format!("'{value}'");
        self.report(
            Diagnostic::error("unquoted-option", span, "the key of an option is written in single quotes")
                .suggest("quote it", span, quoted),
        );
        Ok(StringLiteral { value, span })
    }

    /// A value in quotes; a bare number, word or text in double quotes is reported and taken.
    pub(super) fn option_value(&mut self) -> Parsed<StringLiteral> {
        let span = self.span();
        let value = match self.peek() {
            Lexeme::Number(..) => self.words(span),
            Lexeme::Word(word) => word.value.clone(),
            Lexeme::DoubleQuotedString(text) => text.clone(),
            _ => return self.string("the value of an option"),
        };
        self.advance();
        let quoted = format!("'{}'", value.replace('\'', "''"));
        self.report(
            Diagnostic::error("unquoted-option", span, "the value of an option is written in single quotes")
                .suggest("quote it", span, quoted),
        );
        Ok(StringLiteral { value, span })
    }

    fn like(&mut self) -> Parsed<Like> {
        let start = self.advance();
        let table = self.table_name()?;
        let mut options = Vec::new();
        if self.accept_symbol(&Lexeme::LParen) {
            while !self.accept_symbol(&Lexeme::RParen) {
                options.push(self.like_option()?);
                // Flink wants no commas; one is easily written and does no harm.
                self.accept_symbol(&Lexeme::Comma);
            }
        }
        Ok(Like { table, options, span: self.since(start) })
    }

    fn like_option(&mut self) -> Parsed<LikeOption> {
        let start = self.span();
        let action = if self.accept("INCLUDING") {
            LikeAction::Including
        } else if self.accept("EXCLUDING") {
            LikeAction::Excluding
        } else if self.accept("OVERWRITING") {
            LikeAction::Overwriting
        } else {
            return Err(self.unexpected("INCLUDING, EXCLUDING, OVERWRITING or `)`"));
        };
        let features = [
            LikeFeature::All,
            LikeFeature::Constraints,
            LikeFeature::Distribution,
            LikeFeature::Generated,
            LikeFeature::Metadata,
            LikeFeature::Options,
            LikeFeature::Partitions,
            LikeFeature::Watermarks,
        ];
        for feature in features {
            if self.accept(feature.keyword()) {
                return Ok(LikeOption { action, feature, span: self.since(start) });
            }
        }
        Err(self.unexpected("ALL, CONSTRAINTS, GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS"))
    }
}
