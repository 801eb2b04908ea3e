//! Says what is wrong, where, and what to try: as data. [`render_human`] and [`render_json`] turn the data into text.
//!
//! It leaves to the stages to find what is wrong; it knows none of them.

mod nearest;
mod render;

pub use nearest::{did_you_mean, nearest};
pub use render::{Colour, render_human, render_json};

use crate::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing has to change.
    Note,
    /// Compiled, but perhaps not as meant.
    Warning,
    /// Nothing is built.
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place and what is to be said about it; the text may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// What to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    pub text: String,
    /// What to write, and in place of what.
    pub replacement: Option<(Span, String)>,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The kind of mistake in kebab case, for example `unknown-column`.
    pub code: &'static str,
    /// One sentence without a full stop, in the user's terms.
    pub message: String,
    /// The primary place first; only a diagnostic about no text at all has none.
    pub labels: Vec<Label>,
    /// Further facts that explain the message.
    pub notes: Vec<String>,
    pub help: Vec<Help>,
}

impl Diagnostic {
    pub fn new(severity: Severity, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            severity,
            code,
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    pub fn note(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, span, message)
    }

    /// Says something about the primary place, under its underline.
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Points to a second place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    pub fn with_note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to do instead.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(Help { text: text.into(), replacement: None });
        self
    }

    /// Says what to write in place of `span`.
    pub fn suggest(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.help.push(Help { text: text.into(), replacement: Some((span, replacement.into())) });
        self
    }

    /// Suggests the nearest of the candidates in place of the word at `span`, if one is near enough.
    pub fn suggest_nearest<'a>(self, word: &str, span: Span, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(word, candidates) {
            Some(near) => self.suggest(format!("did you mean `{near}`?"), span, near),
            None => self,
        }
    }

    /// The primary place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Gathers what all stages have to say about all cells.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, unless it says the same about the same place as one that is there, whatever the two propose.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let said = |other: &Diagnostic| other.message == diagnostic.message && other.labels == diagnostic.labels;
        if !self.list.iter().any(said) {
            self.list.push(diagnostic);
        }
    }

    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        other.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Puts them in the order in which a reader of the notebook meets them.
    pub fn sort(&mut self) {
        self.list.sort_by_key(Diagnostic::span);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
