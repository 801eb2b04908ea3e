//! Why a record, or a column in it, cannot be read.

use crate::row::RecordError;

/// Why the value of a column cannot be read: it is of the wrong kind, or the record is broken there.
/// The columns it lies in are added on the way out.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldError(Box<Problem>);

#[derive(Debug, PartialEq, Eq)]
struct Problem {
    /// `location.lat`, as far as it is known.
    column: String,
    message: String,
}

impl FieldError {
    /// The record is not of the format, or a value is missing.
    #[cold]
    pub(super) fn syntax(message: impl Into<String>) -> Self {
        FieldError(Box::new(Problem { column: String::new(), message: message.into() }))
    }

    /// `text` is well-formed but not a value of the type: `"hot" is not a DOUBLE`.
    #[cold]
    pub(super) fn mismatch(text: &str, expected: &str) -> Self {
        FieldError::syntax(format!("{} is not {expected}", shorten(text)))
    }

    /// The same problem inside `column`.
    #[cold]
    pub fn inside(mut self, column: &str) -> Self {
        if self.0.column.is_empty() {
            column.clone_into(&mut self.0.column);
        } else {
            self.0.column = format!("{column}.{}", self.0.column);
        }
        self
    }
}

impl From<FieldError> for RecordError {
    #[cold]
    fn from(error: FieldError) -> RecordError {
        let Problem { column, message } = *error.0;
        RecordError { message: if column.is_empty() { message } else { format!("column {column}: {message}") } }
    }
}

/// At most 100 characters of the user's text, so that a message stays readable.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
