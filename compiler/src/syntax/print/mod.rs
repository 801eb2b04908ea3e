//! The tree as canonical SQL: keywords in upper case, one line, parentheses only where the grammar needs them, names in
//! backquotes only where they were or must be.
//!
//! What is printed parses to the same tree; how a person would lay it out is left to others.

mod expression;
mod name;
mod query;
mod statement;

use std::fmt::{self, Display, Formatter};

/// Items with `, ` between them.
pub(super) fn list<T: Display>(f: &mut Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// Items in parentheses.
pub(super) fn tuple<T: Display>(f: &mut Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    f.write_str("(")?;
    list(f, items)?;
    f.write_str(")")
}
