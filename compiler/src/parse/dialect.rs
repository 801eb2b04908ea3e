//! What the SQL library has to know about Flink's words.

use sqlparser::dialect::Dialect;

/// Flink's lexical rules: names in backquotes, texts in single quotes without escapes, `U&'...'` texts.
#[derive(Debug)]
pub(super) struct FlinkDialect;

impl Dialect for FlinkDialect {
    fn is_identifier_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_' || c == '$'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_' || c == '$'
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        c == '`'
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }
}
