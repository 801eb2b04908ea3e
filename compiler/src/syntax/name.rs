//! Names and texts as the user wrote them.

use crate::text::Span;

/// One part of a name. Case is kept: names in Flink are case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// Without the backquotes.
    pub value: String,
    /// Whether it was written in backquotes.
    pub quoted: bool,
    pub span: Span,
}

impl Ident {
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Whether this is the given keyword, in any case and without quotes.
    pub fn is_word(&self, keyword: &str) -> bool {
        !self.quoted && self.value.eq_ignore_ascii_case(keyword)
    }
}

/// A name of one to three parts: `table`, `database.table` or `catalog.database.table`. Names of functions too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// At least one.
    pub parts: Vec<Ident>,
    pub span: Span,
}

impl ObjectName {
    /// The last part: the name of the object itself.
    pub fn last(&self) -> &Ident {
        &self.parts[self.parts.len() - 1]
    }

    /// Catalog and database, as far as they were given.
    pub fn qualifiers(&self) -> &[Ident] {
        &self.parts[..self.parts.len() - 1]
    }

    /// The name if it has only one part.
    pub fn simple(&self) -> Option<&Ident> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The parts joined by dots, without quotes: for messages.
    pub fn text(&self) -> String {
        self.parts.iter().map(Ident::as_str).collect::<Vec<_>>().join(".")
    }
}

/// A text in single quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringLiteral {
    /// Without the quotes; doubled quotes are single.
    pub value: String,
    /// With the quotes.
    pub span: Span,
}
