//! Diagnostics as text: for people (the user's words underlined) and for programs (one JSON object a line).

use super::{Diagnostic, Label, Severity};
use crate::text::{CellId, Sources, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet, renderer::DecorStyle};
use serde_json::{Map, Value, json};

/// Whether escape sequences for colour may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Never,
    Always,
}

/// The diagnostics for a reader, each followed by an empty line.
///
/// `--> sensors.zpln, cell 3:2:14` is line 2, column 14 of the third cell as its user sees it.
pub fn render_human<'a>(
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
    sources: &Sources,
    colour: Colour,
) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&report(diagnostic, sources)));
        text.push_str("\n\n");
    }
    text
}

fn report<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.code));
    let mut labels = diagnostic.labels.iter().enumerate().peekable();
    while let Some((index, label)) = labels.next() {
        let cell = label.span.cell;
        let mut annotations = vec![annotation(index, label)];
        while let Some((index, next)) = labels.next_if(|(_, next)| next.span.cell == cell) {
            annotations.push(annotation(index, next));
        }
        let source = Snippet::source(sources.cell(cell).text.as_str()).path(place(cell, sources));
        group = group.element(source.annotations(annotations));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    let mut groups = Vec::new();
    for help in &diagnostic.help {
        match &help.replacement {
            None => group = group.element(Level::HELP.message(help.text.as_str())),
            Some((span, replacement)) => {
                let source: Snippet<'_, Patch<'_>> =
                    Snippet::source(sources.cell(span.cell).text.as_str()).path(place(span.cell, sources));
                let patch = source.patch(Patch::new(span.range(), replacement.as_str()));
                groups.push(Group::with_title(Level::HELP.secondary_title(help.text.as_str())).element(patch));
            }
        }
    }
    groups.insert(0, group);
    groups
}

fn annotation(index: usize, label: &Label) -> Annotation<'_> {
    let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
    let text = (!label.text.is_empty()).then_some(label.text.as_str());
    kind.span(label.span.range()).label(text)
}

fn place(cell: CellId, sources: &Sources) -> String {
    let cell = sources.cell(cell);
    let file = sources.file_name(cell.file);
    if cell.number == 0 { file.to_owned() } else { format!("{file}, cell {}", cell.number) }
}

/// The diagnostics for a program: one JSON object a line with `severity`, `code`, `message`, `file`, `cell`, `line`,
/// `column`, `end_line`, `end_column`, `label`, `related`, `notes`, `help`. `cell` is null for a place in the file itself;
/// the end is behind the last character. A `help` has `text` and, if something is to be replaced, `replacement` and its
/// place.
pub fn render_json<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>, sources: &Sources) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let mut object = Map::new();
        object.insert("severity".into(), diagnostic.severity.name().into());
        object.insert("code".into(), diagnostic.code.into());
        object.insert("message".into(), diagnostic.message.as_str().into());
        if let Some(label) = diagnostic.labels.first() {
            object.extend(position(label.span, sources));
            object.insert("label".into(), label.text.as_str().into());
        }
        let related = diagnostic.labels.iter().skip(1).map(|label| {
            let mut place = position(label.span, sources);
            place.insert("label".into(), label.text.as_str().into());
            Value::Object(place)
        });
        object.insert("related".into(), related.collect());
        object.insert("notes".into(), json!(diagnostic.notes));
        let help = diagnostic.help.iter().map(|help| {
            let mut entry = Map::new();
            entry.insert("text".into(), help.text.as_str().into());
            if let Some((span, replacement)) = &help.replacement {
                entry.insert("replacement".into(), replacement.as_str().into());
                entry.extend(position(*span, sources));
            }
            Value::Object(entry)
        });
        object.insert("help".into(), help.collect());
        text.push_str(&Value::Object(object).to_string());
        text.push('\n');
    }
    text
}

fn position(span: Span, sources: &Sources) -> Map<String, Value> {
    let (start, end) = (sources.origin(span), sources.end(span));
    let mut place = Map::new();
    place.insert("file".into(), sources.file_of(span).into());
    place.insert("cell".into(), if start.cell == 0 { Value::Null } else { start.cell.into() });
    place.insert("line".into(), start.line.into());
    place.insert("column".into(), start.column.into());
    place.insert("end_line".into(), end.line.into());
    place.insert("end_column".into(), end.column.into());
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn example() -> (Sources, Diagnostic) {
        let mut sources = Sources::new();
        let file = sources.add_file("sensors.zpln");
        let first = sources.add_cell(file, 1, "%flink.ssql\nCREATE TABLE t (\n  é INT, status STRING)");
        let second = sources.add_cell(file, 2, "%flink.ssql\nSELECT 'é', stauts FROM t");
        let span = |cell, word: &str| {
            let start = sources.cell(cell).text.find(word).unwrap();
            Span::new(cell, start, start + word.len())
        };
        let at = span(second, "stauts");
        let diagnostic = Diagnostic::error("unknown-column", at, "there is no column `stauts`")
            .labelled("not a column of `t`")
            .also(span(first, "status STRING"), "declared here")
            .with_note("names are case-sensitive")
            .help("write one of the columns of `t`")
            .suggest_nearest("stauts", at, ["status", "é"]);
        (sources, diagnostic)
    }

    #[test]
    fn people_see_their_own_words() {
        let (sources, diagnostic) = example();
        expect![[r#"
            error[unknown-column]: there is no column `stauts`
             --> sensors.zpln, cell 2:2:13
              |
            2 | SELECT 'é', stauts FROM t
              |             ^^^^^^ not a column of `t`
              |
             ::: sensors.zpln, cell 1:3:10
              |
            3 |   é INT, status STRING)
              |          ------------- declared here
              |
              = note: names are case-sensitive
              = help: write one of the columns of `t`
            help: did you mean `status`?
              |
            2 - SELECT 'é', stauts FROM t
            2 + SELECT 'é', status FROM t
              |

        "#]]
        .assert_eq(&render_human([&diagnostic], &sources, Colour::Never));
        assert!(render_human([&diagnostic], &sources, Colour::Always).contains("\u{1b}["));
    }

    #[test]
    fn programs_get_one_object_a_line() {
        let (sources, diagnostic) = example();
        expect![[r#"
            {"severity":"error","code":"unknown-column","message":"there is no column `stauts`","file":"sensors.zpln","cell":2,"line":2,"column":13,"end_line":2,"end_column":19,"label":"not a column of `t`","related":[{"file":"sensors.zpln","cell":1,"line":3,"column":10,"end_line":3,"end_column":23,"label":"declared here"}],"notes":["names are case-sensitive"],"help":[{"text":"write one of the columns of `t`"},{"text":"did you mean `status`?","replacement":"status","file":"sensors.zpln","cell":2,"line":2,"column":13,"end_line":2,"end_column":19}]}
        "#]].assert_eq(&render_json([&diagnostic], &sources));
    }
}
