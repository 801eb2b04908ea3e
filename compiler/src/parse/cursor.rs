//! Walks over the tokens, remembers which keywords were looked for, and says what was expected.

use super::keyword::{is_reserved, is_structural};
use super::token::{Token, double_quotes};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::syntax::{Ident, ObjectName, StringLiteral};
use crate::text::Span;
use sqlparser::tokenizer::Token as Lexeme;
use std::cell::RefCell;

/// A statement that cannot be read further, and why.
pub(super) struct Failure(pub Box<Diagnostic>);

pub(super) type Parsed<T> = Result<T, Failure>;

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure(Box::new(diagnostic))
    }
}

/// How deep statements may nest before the stack would: the parser's own, and that of everything behind it.
const MAXIMUM_NESTING: u32 = 48;
/// How many operators may stand on one path from an expression to its leaves.
const MAXIMUM_HEIGHT: u32 = 240;

pub(super) struct Cursor<'a> {
    tokens: Vec<Token>,
    at: usize,
    /// The text of the cell, for the user's own words.
    pub text: &'a str,
    pub diagnostics: &'a mut Diagnostics,
    nesting: u32,
    /// The height of the highest expression since the enclosing one began.
    pub height: u32,
    /// The keywords that were looked for at the current token.
    tried: RefCell<Vec<&'static str>>,
    /// The rest of the text could not be cut into tokens, which is reported.
    cut_off: bool,
    /// A name without AS that may have been meant as a keyword.
    suspect: Option<(usize, Span, &'static str)>,
}

impl<'a> Cursor<'a> {
    /// The last token must be the end. Not `whole`: the text went on, but nobody could read it, which is reported.
    pub fn new(tokens: Vec<Token>, whole: bool, text: &'a str, diagnostics: &'a mut Diagnostics) -> Self {
        Cursor {
            tokens,
            at: 0,
            text,
            diagnostics,
            nesting: 0,
            height: 0,
            tried: RefCell::default(),
            cut_off: !whole,
            suspect: None,
        }
    }

    fn token(&self, ahead: usize) -> &Token {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    pub fn peek(&self) -> &Lexeme {
        &self.token(0).lexeme
    }

    pub fn peek_at(&self, ahead: usize) -> &Lexeme {
        &self.token(ahead).lexeme
    }

    /// Where the current token is.
    pub fn span(&self) -> Span {
        self.token(0).span
    }

    /// Where the token before the current one is.
    pub fn previous_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// From `start` to the last token that was taken.
    pub fn since(&self, start: Span) -> Span {
        start.to(self.previous_span())
    }

    pub fn position(&self) -> usize {
        self.at
    }

    /// Takes the current token.
    pub fn advance(&mut self) -> Span {
        let span = self.span();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
            self.tried.borrow_mut().clear();
        }
        span
    }

    pub fn at_end(&self) -> bool {
        matches!(self.peek(), Lexeme::EOF)
    }

    /// Whether the current token starts its line.
    pub fn starts_line(&self) -> bool {
        let before = &self.text[..self.span().start as usize];
        before.rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
    }

    // Keywords.

    /// The word at a token in upper case, if it is an unquoted one.
    pub fn word_at(&self, ahead: usize) -> Option<String> {
        match self.peek_at(ahead) {
            Lexeme::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// Whether the token some places ahead is a keyword.
    pub fn sees_at(&self, ahead: usize, keyword: &str) -> bool {
        matches!(self.peek_at(ahead), Lexeme::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(keyword))
    }

    /// Whether the current token is a keyword.
    pub fn sees(&self, keyword: &'static str) -> bool {
        let sees = self.sees_at(0, keyword);
        if !sees {
            self.tried.borrow_mut().push(keyword);
        }
        sees
    }

    /// Whether a sequence of keywords stands here.
    pub fn sees_all(&self, keywords: &[&'static str]) -> bool {
        self.sees(keywords[0]) && keywords.iter().enumerate().all(|(ahead, keyword)| self.sees_at(ahead, keyword))
    }

    /// Takes a keyword if it stands here.
    pub fn accept(&mut self, keyword: &'static str) -> bool {
        let sees = self.sees(keyword);
        if sees {
            self.advance();
        }
        sees
    }

    /// Takes a sequence of keywords if all of it stands here.
    pub fn accept_all(&mut self, keywords: &[&'static str]) -> bool {
        let sees = self.sees_all(keywords);
        if sees {
            keywords.iter().for_each(|_| _ = self.advance());
        }
        sees
    }

    pub fn expect(&mut self, keyword: &'static str) -> Parsed<Span> {
        if self.sees(keyword) { Ok(self.advance()) } else { Err(self.unexpected(keyword)) }
    }

    // Symbols.

    pub fn sees_symbol(&self, symbol: &Lexeme) -> bool {
        self.peek() == symbol
    }

    pub fn accept_symbol(&mut self, symbol: &Lexeme) -> bool {
        let sees = self.sees_symbol(symbol);
        if sees {
            self.advance();
        }
        sees
    }

    pub fn expect_symbol(&mut self, symbol: &Lexeme, behind: &str) -> Parsed<Span> {
        if self.sees_symbol(symbol) {
            Ok(self.advance())
        } else {
            Err(self.unexpected(&format!("`{symbol}`{}{behind}", if behind.is_empty() { "" } else { " " })))
        }
    }

    /// `(item, item, ...)`, at least one item.
    pub fn tuple<T>(&mut self, what: &str, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect_symbol(&Lexeme::LParen, &format!("before {what}"))?;
        let mut items = Vec::new();
        loop {
            if self.sees_symbol(&Lexeme::RParen) && !items.is_empty() {
                return Err(self.trailing_comma(what));
            }
            items.push(item(self)?);
            if self.accept_symbol(&Lexeme::RParen) {
                return Ok(items);
            }
            if !self.accept_symbol(&Lexeme::Comma) {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    pub fn trailing_comma(&self, what: &str) -> Failure {
        let comma = self.previous_span();
        let message = format!("expected {what} behind the comma, found {}", self.found());
        Diagnostic::error("syntax", self.span(), message).suggest("remove the comma", comma, "").into()
    }

    // Names and texts.

    /// A name of one part; `what` says of what.
    pub fn ident(&mut self, what: &str) -> Parsed<Ident> {
        let span = self.span();
        match self.peek() {
            Lexeme::Word(word) => {
                let (value, quoted) = (word.value.clone(), word.quote_style.is_some());
                if !quoted && is_reserved(&value) {
                    if self.sees_structure() {
                        return Err(self.unexpected(what));
                    }
                    let failure = self.reserved(what);
                    if !self.reads_as_name() {
                        return Err(failure);
                    }
                    self.report(*failure.0);
                }
                if quoted && value.is_empty() {
                    return Err(Diagnostic::error("syntax", span, "a name cannot be empty").into());
                }
                self.advance();
                Ok(Ident { value, quoted, span })
            }
            Lexeme::DoubleQuotedString(text) => {
                let name = format!("`{text}`");
                Err(double_quotes(span).suggest(format!("{what} is written in backquotes"), span, name).into())
            }
            _ => Err(self.unexpected(what)),
        }
    }

    /// Whether the current word belongs to the frame of a statement. Some such words are names that users choose; they
    /// count only in their company: `ORDER BY`, `LIMIT 10`.
    pub fn sees_structure(&self) -> bool {
        let Some(word) = self.word_at(0) else { return false };
        let with = |words: &[&str]| words.iter().any(|word| self.sees_at(1, word));
        match word.as_str() {
            "ORDER" | "GROUP" | "PARTITION" => with(&["BY"]),
            "LEFT" | "RIGHT" | "FULL" => with(&["JOIN", "OUTER"]),
            "LIMIT" | "OFFSET" => matches!(self.peek_at(1), Lexeme::Number(..)),
            "SET" | "TO" => false,
            word => is_structural(word),
        }
    }

    /// Whether what follows the reserved word here would follow a name, so that the statement can be read on.
    fn reads_as_name(&self) -> bool {
        match self.peek_at(1) {
            Lexeme::LParen | Lexeme::SingleQuotedString(_) | Lexeme::Number(..) => false,
            // A type in a declaration, AS, FROM, AND.
            Lexeme::Word(word) => word.quote_style.is_none() && is_reserved(&word.value),
            _ => true,
        }
    }

    /// What to say of a reserved word that stands where a name should.
    pub fn reserved(&self, what: &str) -> Failure {
        let (span, word) = (self.span(), self.words(self.span()));
        let diagnostic = Diagnostic::error("reserved-word", span, format!("`{word}` is a reserved word"))
            .labelled(format!("expected {what}"));
        match self.keyword_near(&word) {
            Some(near) => diagnostic.suggest(format!("did you mean `{near}`?"), span, near),
            None => diagnostic.suggest("write it in backquotes to use it as a name", span, format!("`{word}`")),
        }
        .into()
    }

    /// A name of up to three parts, or of any number if `maximum` allows more.
    pub fn object_name(&mut self, what: &str, maximum: usize) -> Parsed<ObjectName> {
        let first = self.ident(what)?;
        let start = first.span;
        let mut parts = vec![first];
        while self.sees_symbol(&Lexeme::Period) {
            self.advance();
            parts.push(self.ident("a name behind the dot")?);
        }
        let span = self.since(start);
        if parts.len() > maximum {
            let message = format!("a name has at most {maximum} parts, this one has {}", parts.len());
            return Err(Diagnostic::error("syntax", span, message).help("write `catalog.database.name`").into());
        }
        Ok(ObjectName { parts, span })
    }

    /// The name of a table or a view.
    pub fn table_name(&mut self) -> Parsed<ObjectName> {
        self.object_name("the name of a table", 3)
    }

    /// `(name, name, ...)`.
    pub fn names(&mut self, what: &str) -> Parsed<Vec<Ident>> {
        self.tuple(what, |cursor| cursor.ident(what))
    }

    pub fn string(&mut self, what: &str) -> Parsed<StringLiteral> {
        let span = self.span();
        match self.peek() {
            Lexeme::SingleQuotedString(text) | Lexeme::UnicodeStringLiteral(text) => {
                let value = text.clone();
                self.advance();
                Ok(StringLiteral { value, span })
            }
            Lexeme::DoubleQuotedString(text) => {
                let quoted = format!("'{}'", text.replace('\'', "''"));
                Err(double_quotes(span).suggest(format!("{what} is written in single quotes"), span, quoted).into())
            }
            _ => Err(self.unexpected(&format!("{what} in single quotes"))),
        }
    }

    /// A number without a sign or a fraction.
    pub fn unsigned(&mut self, what: &str) -> Parsed<u32> {
        if let Lexeme::Number(digits, false) = self.peek()
            && let Ok(number) = digits.parse()
        {
            self.advance();
            return Ok(number);
        }
        Err(self.unexpected(what))
    }

    // Errors.

    /// The user's own words.
    pub fn words(&self, span: Span) -> String {
        self.text.get(span.range()).unwrap_or("").to_owned()
    }

    /// The current token for a message.
    pub fn found(&self) -> String {
        match self.peek() {
            Lexeme::EOF => "the end of the cell".to_owned(),
            Lexeme::SemiColon => "the end of the statement".to_owned(),
            Lexeme::SingleQuotedString(_) => "a text".to_owned(),
            Lexeme::Number(..) => format!("the number {}", self.words(self.span())),
            Lexeme::Word(word) if self.sees_structure() => word.value.to_ascii_uppercase(),
            _ => format!("`{}`", self.words(self.span()).replace('`', "")),
        }
    }

    /// The keyword that a word was meant to be, among those that could stand here.
    fn keyword_near(&self, word: &str) -> Option<&'static str> {
        // Two letters are near to every other two.
        if word.len() < 3 {
            None
        } else {
            nearest(word, self.tried.borrow().iter().copied().filter(|tried| tried.len() > 2))
        }
    }

    /// That something else was expected here.
    pub fn unexpected(&self, expected: &str) -> Failure {
        if let Some((position, span, near)) = self.suspect
            && position + 1 >= self.at
        {
            let word = self.words(span);
            return Diagnostic::error("syntax", span, format!("expected {near}, found `{word}`"))
                .suggest(format!("did you mean `{near}`?"), span, near)
                .into();
        }
        let mut span = self.span();
        if matches!(self.peek(), Lexeme::EOF) {
            // The end of the cell is often empty lines away: point behind the last word.
            span = self.previous_span().end_point();
        }
        let mut diagnostic = Diagnostic::error("syntax", span, format!("expected {expected}, found {}", self.found()));
        if let Lexeme::Word(word) = self.peek()
            && word.quote_style.is_none()
            && let Some(near) = self.keyword_near(&word.value)
            && !word.value.eq_ignore_ascii_case(near)
        {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), span, near);
        }
        diagnostic.into()
    }

    /// Remembers that the word just taken as an alias may have been meant as one of the keywords that were looked for.
    pub fn suspect_alias(&mut self, tried: &[&'static str]) {
        let (position, span) = (self.at, self.previous_span());
        let word = self.words(span);
        self.suspect = None;
        if word.len() > 2
            && let Some(near) = nearest(&word, tried.iter().copied())
        {
            self.suspect = Some((position, span, near));
        }
    }

    /// Says why a statement cannot be read further, unless that is only because its end is hidden.
    pub fn report_failure(&mut self, failure: Failure) {
        if !(self.cut_off && self.at_end()) {
            self.report(*failure.0);
        }
    }

    /// Says something without giving up the statement.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    // Limits.

    /// Goes one level deeper, unless it is too deep.
    pub fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAXIMUM_NESTING {
            return Err(self.too_deep());
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// Counts one more operator over what was read since the enclosing expression began.
    pub fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAXIMUM_HEIGHT { Err(self.too_deep()) } else { Ok(()) }
    }

    fn too_deep(&self) -> Failure {
        Diagnostic::error("too-deep", self.span(), "the statement is nested too deeply")
            .help("split it with a view, or write a long chain of comparisons as `IN (...)`")
            .into()
    }

    // Statements.

    /// Forgets what belongs to the statement before.
    pub fn begin_statement(&mut self) {
        (self.nesting, self.height, self.suspect) = (0, 0, None);
    }

    /// The name that stands some tokens ahead, if one does.
    pub fn name_ahead(&self, mut ahead: usize) -> Option<ObjectName> {
        let mut parts = Vec::new();
        loop {
            let Lexeme::Word(word) = self.peek_at(ahead) else { return None };
            let span = self.token(ahead).span;
            parts.push(Ident { value: word.value.clone(), quoted: word.quote_style.is_some(), span });
            if !matches!(self.peek_at(ahead + 1), Lexeme::Period) {
                let first = parts[0].span;
                return Some(ObjectName { span: first.to(span), parts });
            }
            ahead += 2;
        }
    }
}
