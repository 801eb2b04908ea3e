//! Reads types.

use super::cursor::{Cursor, Parsed};
use super::keyword::{is_reserved, is_structural};
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::{DataType, Ident, ObjectName, RowField, TimeUnit, TypeKind, Zone};
use sqlparser::tokenizer::Token as Lexeme;

/// The names of types that a misspelt one may have been meant as.
const NAMES: [&str; 26] = [
    "ARRAY",
    "BIGINT",
    "BINARY",
    "BOOLEAN",
    "BYTES",
    "CHAR",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INT",
    "INTEGER",
    "INTERVAL",
    "MAP",
    "MULTISET",
    "NUMERIC",
    "ROW",
    "SMALLINT",
    "STRING",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "TINYINT",
    "VARBINARY",
    "VARCHAR",
    "VARYING",
];

/// What other databases call a type of Flink.
const FOREIGN: [(&str, &str); 21] = [
    ("BLOB", "BYTES"),
    ("BOOL", "BOOLEAN"),
    ("BYTE", "TINYINT"),
    ("BYTEA", "BYTES"),
    ("CLOB", "STRING"),
    ("DATETIME", "TIMESTAMP(3)"),
    ("FLOAT4", "FLOAT"),
    ("FLOAT8", "DOUBLE"),
    ("INT2", "SMALLINT"),
    ("INT4", "INT"),
    ("INT64", "BIGINT"),
    ("INT8", "BIGINT"),
    ("JSON", "STRING"),
    ("LONG", "BIGINT"),
    ("NUMBER", "DECIMAL"),
    ("NVARCHAR", "VARCHAR"),
    ("REAL", "FLOAT"),
    ("SHORT", "SMALLINT"),
    ("TEXT", "STRING"),
    ("TIMESTAMPTZ", "TIMESTAMP_LTZ(3)"),
    ("UUID", "STRING"),
];

/// What stands behind INTERVAL, in a type or behind a text.
pub(super) struct IntervalUnits {
    pub from: TimeUnit,
    pub from_precision: Option<u32>,
    pub to: Option<TimeUnit>,
    pub to_precision: Option<u32>,
}

impl Cursor<'_> {
    pub fn data_type(&mut self) -> Parsed<DataType> {
        self.nested(|cursor| {
            let start = cursor.span();
            let mut kind = cursor.type_kind()?;
            // `INT ARRAY` and `INT MULTISET`.
            loop {
                let nullable = cursor.nullability();
                let span = cursor.since(start);
                let element = |kind| Box::new(DataType { kind, nullable, span });
                kind = if cursor.accept("ARRAY") {
                    TypeKind::Array(element(kind))
                } else if cursor.accept("MULTISET") {
                    TypeKind::Multiset(element(kind))
                } else {
                    return Ok(DataType { kind, nullable, span });
                };
                cursor.grow()?;
            }
        })
    }

    fn nullability(&mut self) -> Option<bool> {
        if self.accept_all(&["NOT", "NULL"]) {
            Some(false)
        } else if self.accept("NULL") {
            Some(true)
        } else {
            None
        }
    }

    fn type_kind(&mut self) -> Parsed<TypeKind> {
        let span = self.span();
        let Some(word) = self.word_at(0) else {
            return if matches!(self.peek(), Lexeme::Word(_)) {
                self.unknown_type()
            } else {
                Err(self.unexpected("a type"))
            };
        };
        let simple = match word.as_str() {
            "BOOLEAN" => Some(TypeKind::Boolean),
            "TINYINT" => Some(TypeKind::TinyInt),
            "SMALLINT" => Some(TypeKind::SmallInt),
            "INT" | "INTEGER" => Some(TypeKind::Int),
            "BIGINT" => Some(TypeKind::BigInt),
            "FLOAT" => Some(TypeKind::Float),
            "STRING" => Some(TypeKind::String),
            "BYTES" => Some(TypeKind::Bytes),
            "DATE" => Some(TypeKind::Date),
            _ => None,
        };
        if let Some(kind) = simple {
            self.advance();
            return Ok(kind);
        }
        match word.as_str() {
            "DOUBLE" => {
                self.advance();
                self.accept("PRECISION");
                Ok(TypeKind::Double)
            }
            "DECIMAL" | "DEC" | "NUMERIC" => {
                self.advance();
                if !self.accept_symbol(&Lexeme::LParen) {
                    return Ok(TypeKind::Decimal { precision: None, scale: None });
                }
                let precision = Some(self.unsigned("the number of digits")?);
                let scale = if self.accept_symbol(&Lexeme::Comma) {
                    Some(self.unsigned("the digits of the fraction")?)
                } else {
                    None
                };
                self.expect_symbol(&Lexeme::RParen, "behind the digits")?;
                Ok(TypeKind::Decimal { precision, scale })
            }
            "CHAR" | "CHARACTER" => {
                self.advance();
                let varying = self.accept("VARYING");
                let length = self.length()?;
                Ok(if varying { TypeKind::VarChar(length) } else { TypeKind::Char(length) })
            }
            "BINARY" => {
                self.advance();
                let varying = self.accept("VARYING");
                let length = self.length()?;
                Ok(if varying { TypeKind::VarBinary(length) } else { TypeKind::Binary(length) })
            }
            "VARCHAR" => {
                self.advance();
                Ok(TypeKind::VarChar(self.length()?))
            }
            "VARBINARY" => {
                self.advance();
                Ok(TypeKind::VarBinary(self.length()?))
            }
            "TIME" => {
                self.advance();
                let precision = self.length()?;
                if self.accept("WITHOUT") {
                    self.expect("TIME")?;
                    self.expect("ZONE")?;
                }
                Ok(TypeKind::Time(precision))
            }
            "TIMESTAMP" => {
                self.advance();
                let precision = self.length()?;
                let zone = self.zone()?;
                Ok(TypeKind::Timestamp { precision, zone })
            }
            "TIMESTAMP_LTZ" => {
                self.advance();
                Ok(TypeKind::Timestamp { precision: self.length()?, zone: Zone::Local })
            }
            "INTERVAL" => {
                self.advance();
                let IntervalUnits { from, from_precision, to, to_precision } = self.interval_units()?;
                Ok(TypeKind::Interval { from, from_precision, to, to_precision })
            }
            "ARRAY" => {
                self.advance();
                Ok(TypeKind::Array(Box::new(self.type_in_angles()?)))
            }
            "MULTISET" => {
                self.advance();
                Ok(TypeKind::Multiset(Box::new(self.type_in_angles()?)))
            }
            "MAP" => {
                self.advance();
                self.expect_symbol(&Lexeme::Lt, "behind MAP")?;
                let key = self.data_type()?;
                self.expect_symbol(&Lexeme::Comma, "between the types of key and value")?;
                let value = self.data_type()?;
                self.expect_symbol(&Lexeme::Gt, "behind the type of the values")?;
                Ok(TypeKind::Map(Box::new(key), Box::new(value)))
            }
            "ROW" => {
                self.advance();
                self.row_fields()
            }
            "RAW" | "VARIANT" | "BITMAP" => {
                let message = format!("the type {word} is not supported");
                Err(Diagnostic::error("unsupported-type", span, message)
                    .help("declare the column as STRING or BYTES")
                    .into())
            }
            _ => self.unknown_type(),
        }
    }

    /// Reports a name that is no type and goes on, so that the rest of the statement is read.
    fn unknown_type(&mut self) -> Parsed<TypeKind> {
        let start = self.span();
        let word = self.words(start);
        let reserved = is_reserved(&word) && !is_structural(&word);
        let name = if reserved {
            self.advance();
            ObjectName { span: start, parts: vec![Ident { value: word.clone(), quoted: false, span: start }] }
        } else {
            self.object_name("a type", 3)?
        };
        let mut diagnostic =
            Diagnostic::error("unknown-type", name.span, format!("there is no type `{}`", name.text()));
        let foreign = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(&word)).map(|(_, own)| *own);
        let near = foreign.or_else(|| nearest(&word, NAMES));
        diagnostic = match near {
            Some(near) if name.simple().is_some() => {
                diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near)
            }
            _ => diagnostic,
        };
        self.report(diagnostic);
        // Whatever stands in parentheses belongs to the unknown type.
        if self.accept_symbol(&Lexeme::LParen) {
            while matches!(self.peek(), Lexeme::Number(..) | Lexeme::Comma) {
                self.advance();
            }
            self.expect_symbol(&Lexeme::RParen, "behind the type")?;
        }
        Ok(TypeKind::Named(name))
    }

    /// `(n)`, if it is there.
    fn length(&mut self) -> Parsed<Option<u32>> {
        if !self.accept_symbol(&Lexeme::LParen) {
            return Ok(None);
        }
        let length = self.unsigned("a length")?;
        self.expect_symbol(&Lexeme::RParen, "behind the length")?;
        Ok(Some(length))
    }

    fn zone(&mut self) -> Parsed<Zone> {
        // Elsewhere WITH starts the options of a table.
        if self.sees_all(&["WITH", "LOCAL", "TIME", "ZONE"]) {
            (0..4).for_each(|_| _ = self.advance());
            Ok(Zone::Local)
        } else if self.sees_all(&["WITHOUT", "TIME", "ZONE"]) {
            (0..3).for_each(|_| _ = self.advance());
            Ok(Zone::Without)
        } else if self.sees_all(&["WITH", "TIME", "ZONE"]) {
            let start = self.previous_span();
            (0..3).for_each(|_| _ = self.advance());
            let span = self.since(start);
            let message = "TIMESTAMP WITH TIME ZONE is not supported";
            self.report(
                Diagnostic::error("unsupported-type", span, message)
                    .help("TIMESTAMP_LTZ is an instant, TIMESTAMP a calendar and a clock"),
            );
            Ok(Zone::With)
        } else {
            Ok(Zone::Without)
        }
    }

    fn type_in_angles(&mut self) -> Parsed<DataType> {
        self.expect_symbol(&Lexeme::Lt, "before the type of the elements")?;
        let element = self.data_type()?;
        self.expect_symbol(&Lexeme::Gt, "behind the type of the elements")?;
        Ok(element)
    }

    /// `<name TYPE ['comment'], ...>` or the same in parentheses.
    fn row_fields(&mut self) -> Parsed<TypeKind> {
        let close = if self.accept_symbol(&Lexeme::LParen) {
            Lexeme::RParen
        } else if self.accept_symbol(&Lexeme::Neq) {
            return Ok(TypeKind::Row(Vec::new()));
        } else {
            self.expect_symbol(&Lexeme::Lt, "behind ROW")?;
            Lexeme::Gt
        };
        let mut fields = Vec::new();
        if self.accept_symbol(&close) {
            return Ok(TypeKind::Row(fields));
        }
        loop {
            let name = self.ident("the name of a field")?;
            let data_type = self.data_type()?;
            let comment = match self.peek() {
                Lexeme::SingleQuotedString(_) => Some(self.string("a comment")?),
                _ => None,
            };
            fields.push(RowField { name, data_type, comment });
            if !self.accept_symbol(&Lexeme::Comma) {
                self.expect_symbol(&close, "behind the fields")?;
                return Ok(TypeKind::Row(fields));
            }
        }
    }

    /// `DAY(3) TO SECOND(3)` and the like.
    pub fn interval_units(&mut self) -> Parsed<IntervalUnits> {
        let from = self.unit("a unit of time", true)?;
        let (mut from_precision, mut to_precision) = (None, None);
        if self.accept_symbol(&Lexeme::LParen) {
            from_precision = Some(self.unsigned("the number of digits")?);
            if self.accept_symbol(&Lexeme::Comma) {
                to_precision = Some(self.unsigned("the digits of the fraction")?);
            }
            self.expect_symbol(&Lexeme::RParen, "behind the digits")?;
        }
        // `FLOOR(x TO DAY)` has a TO of its own; but it does not follow an interval's unit there.
        let to = if self.accept("TO") {
            let unit = self.unit("a unit of time", true)?;
            if to_precision.is_none() {
                to_precision = self.length()?;
            }
            Some(unit)
        } else {
            None
        };
        Ok(IntervalUnits { from, from_precision, to, to_precision })
    }

    /// A unit of time as keyword. Only intervals take the plural.
    pub fn unit(&mut self, what: &str, plural: bool) -> Parsed<TimeUnit> {
        let span = self.span();
        let Some(word) = self.word_at(0) else { return Err(self.unexpected(what)) };
        if let Some(unit) = TimeUnit::from_keyword(&word) {
            if !plural && word.strip_suffix('S') == Some(unit.keyword()) {
                let message = format!("`{}` is not a unit here", self.words(span));
                self.report(Diagnostic::error("syntax", span, message).suggest(
                    "only intervals take the plural; write",
                    span,
                    unit.keyword(),
                ));
            }
            self.advance();
            return Ok(unit);
        }
        let message = format!("expected {what}, found {}", self.found());
        let units = TimeUnit::ALL.map(TimeUnit::keyword);
        Err(Diagnostic::error("syntax", span, message).suggest_nearest(&word, span, units).into())
    }
}
