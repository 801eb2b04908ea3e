//! Parses the magic at the start of a cell: `%name.sub(key=value, ...)`.

use super::properties::{Properties, Property};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::text::{CellId, Span};

/// The interpreters of a Studio notebook.
const INTERPRETERS: [&str; 7] =
    ["flink.ssql", "flink.bsql", "flink.conf", "flink", "flink.pyflink", "flink.ipyflink", "md"];

pub(super) struct Magic {
    /// Without the percent sign.
    pub interpreter: String,
    /// From the percent sign to the closing parenthesis.
    pub span: Span,
    pub properties: Properties,
}

/// Whether a line starts with a magic. White space before it is taken for that of `a\n  %b` in SQL, unless the name is
/// one that can only be meant as a magic.
pub(super) fn starts(line: &str) -> bool {
    let body = line.trim_start();
    let named = body.strip_prefix('%').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    named && (body.len() == line.len() || body.starts_with("%flink.") || body.starts_with("%md"))
}

/// The magic at the start of a text, if there is one. White space may stand before it.
pub(super) fn parse(cell: CellId, text: &str, diagnostics: &mut Diagnostics) -> Option<Magic> {
    let start = text.len() - text.trim_start().len();
    let name = text[start..].strip_prefix('%')?;
    let name_end = name
        .char_indices()
        .find(|&(index, c)| {
            let follows = |next: char| next.is_alphanumeric() || next == '_';
            !(follows(c) || c == '.' && name[index + 1..].starts_with(follows))
        })
        .map_or(name.len(), |(index, _)| index);
    let interpreter = name[..name_end].to_owned();
    let end = start + 1 + name_end;
    let span = Span::new(cell, start, end);
    if interpreter.is_empty() {
        let message = "a percent sign without the name of an interpreter";
        diagnostics.push(Diagnostic::error("unknown-interpreter", span, message).suggest(
            "write the interpreter of the cell",
            span,
            "%flink.ssql",
        ));
        return Some(Magic { interpreter: "flink.ssql".to_owned(), span, properties: Properties::default() });
    }
    let mut known = interpreter.clone();
    if !INTERPRETERS.contains(&interpreter.as_str())
        && let Some(near) = meant(&interpreter)
    {
        let message = format!("there is no interpreter `%{interpreter}`");
        let replacement = format!("%{near}");
        diagnostics.push(Diagnostic::error("unknown-interpreter", span, message).suggest(
            format!("did you mean `%{near}`?"),
            span,
            replacement,
        ));
        near.clone_into(&mut known);
    }
    let mut magic = Magic { interpreter: known, span, properties: Properties::default() };
    if text[end..].starts_with('(') {
        let (entries, close) = properties(cell, text, end, diagnostics);
        magic.span = Span::new(cell, start, close);
        magic.properties = Properties::check(entries, diagnostics);
    }
    Some(magic)
}

/// The interpreter that a name which is none of them was meant to be.
fn meant(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "sql" | "ssql" | "flink.sql" => Some("flink.ssql"),
        "bsql" => Some("flink.bsql"),
        "conf" => Some("flink.conf"),
        "pyflink" => Some("flink.pyflink"),
        _ => nearest(name, INTERPRETERS.into_iter().filter(|known| known.len() > 4)),
    }
}

/// The properties from the opening parenthesis at `open`, and the byte behind the closing one.
///
/// The grammar is Zeppelin's: values may be in double quotes, a backslash takes the next character as it is, and a key
/// without a value stands for itself if it is the last one.
fn properties(cell: CellId, text: &str, open: usize, diagnostics: &mut Diagnostics) -> (Vec<Property>, usize) {
    let mut entries = Vec::new();
    let mut piece = Piece::at(open + 1);
    let mut key: Option<Piece> = None;
    let mut chars = text[open + 1..].char_indices().map(|(index, c)| (open + 1 + index, c)).peekable();
    let mut quoted = false;
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped)) => piece.push(escaped),
                None => break,
            },
            '"' => {
                quoted = !quoted;
                piece.quoted = true;
            }
            _ if quoted => piece.push(c),
            '=' if key.is_none() => key = Some(std::mem::replace(&mut piece, Piece::at(index + 1))),
            ',' | ')' => {
                let value = std::mem::replace(&mut piece, Piece::at(index + 1));
                let start = key.as_ref().map_or(value.start, |key| key.start);
                let written = &text[start..index];
                let start = start + (written.len() - written.trim_start().len());
                let span = Span::new(cell, start, start + written.trim().len());
                let (name, value) = (key.take().map(Piece::text), value.text());
                match name {
                    Some(name) if name.is_empty() => {
                        let message = "a property without a name";
                        diagnostics.push(Diagnostic::error("broken-magic", span, message).help("write `name=value`"));
                    }
                    Some(key) => entries.push(Property { key, value, span }),
                    None if value.is_empty() && c == ')' => {}
                    None if c == ')' => entries.push(Property { key: value.clone(), value, span }),
                    None => {
                        let message = "a property without a value";
                        let help = "write `name=value`; only the last property may be a name alone";
                        diagnostics.push(Diagnostic::error("broken-magic", span, message).help(help));
                    }
                }
                if c == ')' {
                    return (entries, index + 1);
                }
            }
            // The body of the cell begins on the next line: a parenthesis there is not ours.
            '\n' => break,
            _ => piece.push(c),
        }
    }
    let line_end = text[open..].find('\n').map_or(text.len(), |index| open + index);
    let line_end = open + text[open..line_end].trim_end().len();
    let missing = Span::new(cell, line_end, line_end);
    diagnostics.push(
        Diagnostic::error("broken-magic", Span::new(cell, open, line_end), "the properties of the cell are not closed")
            .labelled(if quoted { "a `\"` is not closed" } else { "no `)` follows" })
            .suggest("close them", missing, if quoted { "\")" } else { ")" }),
    );
    (entries, line_end)
}

/// A key or a value as it is gathered.
struct Piece {
    start: usize,
    text: String,
    quoted: bool,
}

impl Piece {
    fn at(start: usize) -> Piece {
        Piece { start, text: String::new(), quoted: false }
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
    }

    fn text(self) -> String {
        if self.quoted { self.text } else { self.text.trim().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Colour, render_human};
    use crate::text::Sources;
    use expect_test::{Expect, expect};

    fn read(text: &str) -> (Option<Magic>, String) {
        let mut sources = Sources::new();
        let file = sources.add_file("note.zpln");
        let cell = sources.add_cell(file, 1, text);
        let mut diagnostics = Diagnostics::new();
        let magic = parse(cell, text, &mut diagnostics);
        (magic, render_human(diagnostics.iter(), &sources, Colour::Never))
    }

    fn good(text: &str) -> (String, Vec<(String, String)>, usize) {
        let (magic, errors) = read(text);
        assert_eq!(errors, "", "{text}");
        let magic = magic.unwrap();
        let entries = magic.properties.entries.into_iter().map(|entry| (entry.key, entry.value)).collect();
        (magic.interpreter, entries, magic.span.end as usize)
    }

    #[test]
    fn names_and_properties() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(good("%flink.ssql\nSELECT 1"), ("flink.ssql".into(), vec![], 11));
        assert_eq!(good("  %md # Title"), ("md".into(), vec![], 5));
        assert_eq!(good("%flink.ssql SELECT (1)"), ("flink.ssql".into(), vec![], 11));
        assert_eq!(good("%flink.ssql(type=update) SELECT"), ("flink.ssql".into(), vec![pair("type", "update")], 24));
        assert_eq!(
            good(r#"%flink.ssql( type = single , template="a, \"{0}\" (x)", runAsOne )"#).1,
            vec![pair("type", "single"), pair("template", "a, \"{0}\" (x)"), pair("runAsOne", "runAsOne")]
        );
        assert_eq!(good("%flink.ssql()").1, vec![]);
        assert!(read("SELECT 1").0.is_none());
    }

    fn refused(text: &str, expected: Expect) {
        expected.assert_eq(&read(text).1);
    }

    #[test]
    fn mistakes() {
        refused(
            "%flink.ssql(type=update\nSELECT COUNT(*)",
            expect![[r#"
            error[broken-magic]: the properties of the cell are not closed
             --> note.zpln, cell 1:1:12
              |
            1 | %flink.ssql(type=update
              |            ^^^^^^^^^^^^ no `)` follows
              |
            help: close them
              |
            1 | %flink.ssql(type=update)
              |                        +

        "#]],
        );
        refused(
            "%flink.ssql(template=\"{0}\nSELECT 1",
            expect![[r#"
            error[broken-magic]: the properties of the cell are not closed
             --> note.zpln, cell 1:1:12
              |
            1 | %flink.ssql(template="{0}
              |            ^^^^^^^^^^^^^^ a `"` is not closed
              |
            help: close them
              |
            1 | %flink.ssql(template="{0}")
              |                          ++

        "#]],
        );
        refused(
            "%flink.sqll\nSELECT 1",
            expect![[r#"
            error[unknown-interpreter]: there is no interpreter `%flink.sqll`
             --> note.zpln, cell 1:1:1
              |
            1 | %flink.sqll
              | ^^^^^^^^^^^
              |
            help: did you mean `%flink.ssql`?
              |
            1 - %flink.sqll
            1 + %flink.ssql
              |

        "#]],
        );
        refused(
            "%flink.ssql(type, runAsOne=true)",
            expect![[r#"
            error[broken-magic]: a property without a value
             --> note.zpln, cell 1:1:13
              |
            1 | %flink.ssql(type, runAsOne=true)
              |             ^^^^
              |
              = help: write `name=value`; only the last property may be a name alone

        "#]],
        );
        refused(
            "%flink.ssql(=update)",
            expect![[r#"
            error[broken-magic]: a property without a name
             --> note.zpln, cell 1:1:13
              |
            1 | %flink.ssql(=update)
              |             ^^^^^^^
              |
              = help: write `name=value`

        "#]],
        );
        refused(
            "% SELECT 1",
            expect![[r#"
            error[unknown-interpreter]: a percent sign without the name of an interpreter
             --> note.zpln, cell 1:1:1
              |
            1 | % SELECT 1
              | ^
              |
            help: write the interpreter of the cell
              |
            1 | %flink.ssql SELECT 1
              |  ++++++++++

        "#]],
        );
    }
}
