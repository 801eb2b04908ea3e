//! Cuts the text of a cell into tokens with byte ranges.
//!
//! The SQL library's tokenizer does the cutting. It stops at what it does not know and drops hints as comments: both
//! are put right here.

use super::dialect::FlinkDialect;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::text::{CellId, Span};
use sqlparser::tokenizer::{Location, Token as Lexeme, TokenWithSpan, Tokenizer, Whitespace};

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub lexeme: Lexeme,
    pub span: Span,
}

/// The start of a hint: `/*+`.
pub(super) const HINT_START: &str = "/*+";
/// The end of a hint.
pub(super) const HINT_END: &str = "*/";

/// The tokens of a range of a cell's text, an end token last, and whether they are all. What is no token is reported and
/// left out; a text or a comment that is never closed hides the rest.
pub(super) fn tokens(
    cell: CellId,
    text: &str,
    range: std::ops::Range<usize>,
    diagnostics: &mut Diagnostics,
) -> (Vec<Token>, bool) {
    let mut out = Vec::new();
    let end = range.end;
    let whole = cut(cell, text, range, diagnostics, &mut out);
    out.push(Token { lexeme: Lexeme::EOF, span: Span::new(cell, end, end) });
    (out, whole)
}

fn cut(
    cell: CellId,
    text: &str,
    range: std::ops::Range<usize>,
    diagnostics: &mut Diagnostics,
    out: &mut Vec<Token>,
) -> bool {
    let mut whole = true;
    for piece in between_slash_comments(&text[range.clone()]) {
        let piece = range.start + piece.start..range.start + piece.end;
        whole = cut_piece(cell, text, piece, diagnostics, out);
    }
    whole
}

/// The ranges of a text outside of comments that start with `//`, which Flink knows and the library does not.
fn between_slash_comments(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let until = |end: &str, from: usize| rest[from..].find(end).map_or(text.len(), |found| at + from + found);
        at = match rest.as_bytes() {
            [quote @ (b'\'' | b'`' | b'"'), ..] => until(char::from(*quote).encode_utf8(&mut [0; 4]), 1) + 1,
            [b'-', b'-', ..] => until("\n", 2),
            [b'/', b'*', ..] => until("*/", 2) + 2,
            [b'/', b'/', ..] => {
                pieces.push(start..at);
                start = until("\n", 2);
                start
            }
            _ => at + rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    pieces.push(start..text.len());
    pieces
}

fn cut_piece(
    cell: CellId,
    text: &str,
    range: std::ops::Range<usize>,
    diagnostics: &mut Diagnostics,
    out: &mut Vec<Token>,
) -> bool {
    let mut start = range.start;
    while start < range.end {
        let piece = &text[start..range.end];
        let mut found: Vec<TokenWithSpan> = Vec::new();
        let failure = Tokenizer::new(&FlinkDialect, piece).tokenize_with_location_into_buf(&mut found).err();
        let mut places = Places { text: piece, byte: 0, line: 1, column: 1 };
        let mut done = 0;
        for token in found {
            let from = places.byte(token.span.start);
            done = places.byte(token.span.end);
            push(cell, text, start + from..start + done, token.token, diagnostics, out);
        }
        let Some(failure) = failure else { return true };
        start += done;
        start = resume(cell, text, start, range.end, &failure.message, diagnostics, out);
        if start == range.end {
            return false;
        }
    }
    true
}

/// Says what is wrong with the token at `start` that the tokenizer could not read; where to go on.
fn resume(
    cell: CellId,
    text: &str,
    start: usize,
    end: usize,
    message: &str,
    diagnostics: &mut Diagnostics,
    out: &mut Vec<Token>,
) -> usize {
    let rest = &text[start..end];
    let first = rest.chars().next().map_or(0, char::len_utf8);
    if rest.starts_with('.') {
        // The library takes `._name` for a broken number unless a word stands before it.
        out.push(Token { lexeme: Lexeme::Period, span: Span::new(cell, start, start + 1) });
        return start + 1;
    }
    let span = Span::new(cell, start, start + first);
    let prefix = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '&');
    let diagnostic = if rest.starts_with("/*") {
        Diagnostic::error("unterminated-comment", Span::new(cell, start, start + 2), "the comment is never closed")
            .help("close it with `*/`")
    } else if prefix.starts_with('\'') && message.contains("hex") {
        // A wrong escape in `U&'...'`; the text ends at its quote.
        let length = rest.find('\'').map_or(0, |open| open + 1);
        let close = rest[length..].find('\'').map_or(rest.len(), |close| length + close + 1);
        let escape = Diagnostic::error("syntax", Span::new(cell, start, start + close), "a wrong escape in the text")
            .help("`\\` and four hexadecimal digits stand for a character: U&'\\00E9'");
        diagnostics.push(escape);
        let placeholder = Lexeme::SingleQuotedString(String::new());
        out.push(Token { lexeme: placeholder, span: Span::new(cell, start, start + close) });
        return start + close;
    } else if prefix.starts_with('\'') {
        Diagnostic::error("unterminated-text", span, "the text is never closed")
            .labelled("it starts here")
            .help("close it with `'`; a quote inside a text is written twice: `''`")
    } else if rest.starts_with('`') {
        Diagnostic::error("unterminated-name", span, "the name in backquotes is never closed")
            .help("close it with a backquote")
    } else if rest.starts_with('"') {
        double_quotes(Span::new(cell, start, start + 1))
    } else {
        let diagnostic = Diagnostic::error("syntax", span, format!("`{}` cannot stand here", &rest[..first]));
        diagnostics.push(diagnostic);
        return start + first.max(1);
    };
    diagnostics.push(diagnostic);
    end
}

pub(super) fn double_quotes(span: Span) -> Diagnostic {
    Diagnostic::error("double-quotes", span, "Flink has no double quotes")
        .help("a text is written in single quotes ('text'), a name in backquotes (`name`)")
}

fn push(
    cell: CellId,
    text: &str,
    range: std::ops::Range<usize>,
    lexeme: Lexeme,
    diagnostics: &mut Diagnostics,
    out: &mut Vec<Token>,
) {
    let span = Span::new(cell, range.start, range.end);
    match lexeme {
        Lexeme::Whitespace(Whitespace::MultiLineComment(comment)) if comment.starts_with('+') => {
            // A hint: its own tokens, between a start and an end.
            let inner = range.start + HINT_START.len()..range.end - HINT_END.len();
            let mark = |text: &str| Lexeme::CustomBinaryOperator(text.to_owned());
            out.push(Token { lexeme: mark(HINT_START), span: Span::new(cell, range.start, inner.start) });
            let close = Span::new(cell, inner.end, range.end);
            cut(cell, text, inner, diagnostics, out);
            out.push(Token { lexeme: mark(HINT_END), span: close });
        }
        Lexeme::Whitespace(_) => {}
        // Flink does not shift; two angle brackets close two types (`ARRAY<ARRAY<INT>>`).
        Lexeme::ShiftRight => {
            let middle = range.start + 1;
            out.push(Token { lexeme: Lexeme::Gt, span: Span::new(cell, range.start, middle) });
            out.push(Token { lexeme: Lexeme::Gt, span: Span::new(cell, middle, range.end) });
        }
        lexeme => out.push(Token { lexeme, span }),
    }
}

/// Turns the lines and columns of the tokenizer into bytes; asked in order, it walks the text once.
struct Places<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
    column: u64,
}

impl Places<'_> {
    fn byte(&mut self, location: Location) -> usize {
        for c in self.text[self.byte..].chars() {
            if (self.line, self.column) >= (location.line, location.column) {
                break;
            }
            self.byte += c.len_utf8();
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.byte
    }
}
