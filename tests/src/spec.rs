//! The form of a specification: sections, their fenced blocks, and the cases they make.
//!
//! A case is a section that holds at least one expected block. It inherits the notebook cells and input files of the
//! sections above it that hold none, so that a document declares its tables once.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What an expected block says, after its opening fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The changes a statement emits, in order.
    Changelog,
    /// The rows left after applying the changes, in any order.
    Rows,
    /// The lines a filesystem table holds at the end.
    Output,
    /// The lines of a file that the run wrote, by its path.
    File,
    /// The message a run ends with.
    Error,
    /// What the compiler says, rendered.
    Diagnostics,
}

impl Expected {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "changelog" => Expected::Changelog,
            "rows" => Expected::Rows,
            "output" => Expected::Output,
            "file" => Expected::File,
            "error" => Expected::Error,
            "diagnostics" => Expected::Diagnostics,
            _ => return None,
        })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::Changelog => "changelog",
            Expected::Rows => "rows",
            Expected::Output => "output",
            Expected::File => "file",
            Expected::Error => "error",
            Expected::Diagnostics => "diagnostics",
        })
    }
}

/// An expected block: `argument` names the cell or table it is about, and is empty for the next statement in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedBlock {
    pub kind: Expected,
    pub argument: String,
    pub lines: Vec<String>,
    /// The line of the opening fence, counted from 1.
    pub line: usize,
    /// Which lines of the file are the body, counted from 0.
    pub body: Range<usize>,
}

/// A notebook and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The headings above the case and its own, joined by ` > `.
    pub title: String,
    /// The line of the heading, counted from 1.
    pub line: usize,
    pub cells: Vec<String>,
    /// Name and text of each input file.
    pub files: Vec<(String, String)>,
    pub expected: Vec<ExpectedBlock>,
}

impl Case {
    /// The notebook as one text with a mark before each cell.
    pub fn notebook(&self) -> String {
        let mut text = String::new();
        for cell in &self.cells {
            if !cell.trim_start().starts_with('%') {
                text.push_str("%flink.ssql\n");
            }
            text.push_str(cell);
            text.push_str("\n\n");
        }
        text
    }

    pub fn expects(&self, kind: Expected) -> bool {
        self.expected.iter().any(|block| block.kind == kind)
    }
}

/// A document with its cases.
#[derive(Clone, Debug)]
pub struct Spec {
    pub path: PathBuf,
    pub cases: Vec<Case>,
    lines: Vec<String>,
}

#[derive(Default)]
struct Section {
    title: String,
    level: usize,
    line: usize,
    cells: Vec<String>,
    files: Vec<(String, String)>,
    expected: Vec<ExpectedBlock>,
}

impl Spec {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(path, &text)
    }

    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let mut stack = vec![Section::default()];
        let mut cases = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            if let Some((level, title)) = heading(line) {
                cases.extend(case(&stack));
                while stack.last().is_some_and(|section| section.level >= level) {
                    stack.pop();
                }
                stack.push(Section { title: title.to_owned(), level, line: at + 1, ..Section::default() });
            } else if let Some((fence, kind, argument)) = fence(line) {
                let Some(length) = lines[at + 1..].iter().position(|line| line.trim_end() == fence) else {
                    bail!("{}:{}: this block is not closed", path.display(), at + 1);
                };
                let body = at + 1..at + 1 + length;
                let section = stack.last_mut().context("the stack holds the document itself")?;
                let block = &lines[body.clone()];
                if let Some(kind) = Expected::from_word(kind) {
                    section.expected.push(ExpectedBlock {
                        kind,
                        argument: argument.to_owned(),
                        lines: block.to_vec(),
                        line: at + 1,
                        body: body.clone(),
                    });
                } else if kind == "sql" {
                    section.cells.push(block.join("\n"));
                } else if !argument.is_empty() {
                    let text = block.iter().fold(String::new(), |text, line| text + line + "\n");
                    section.files.push((argument.to_owned(), text));
                }
                at = body.end;
            }
            at += 1;
        }
        cases.extend(case(&stack));
        Ok(Spec { path: path.to_owned(), cases, lines })
    }

    /// The document with the bodies of some blocks replaced.
    pub fn with_bodies(&self, mut changes: Vec<(Range<usize>, Vec<String>)>) -> String {
        let mut lines = self.lines.clone();
        changes.sort_by_key(|(body, _)| std::cmp::Reverse(body.start));
        for (body, text) in changes {
            lines.splice(body, text);
        }
        lines.join("\n")
    }
}

/// Every specification under a folder, in the order of their paths.
pub fn find(folder: &Path) -> Result<Vec<Spec>> {
    let mut specs = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                specs.push(Spec::read(&path)?);
            }
        }
    }
    specs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(specs)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line.get(level..)?.strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| (level, title.trim()))
}

/// The fence, the first word after it and the rest.
fn fence(line: &str) -> Option<(&str, &str, &str)> {
    let length = line.bytes().take_while(|byte| *byte == b'`').count();
    if length < 3 {
        return None;
    }
    let (fence, info) = line.split_at(length);
    let (kind, argument) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    Some((fence, kind, argument.trim()))
}

/// The case that the innermost section makes, if it expects anything.
fn case(stack: &[Section]) -> Option<Case> {
    let (section, above) = stack.split_last()?;
    if section.expected.is_empty() {
        return None;
    }
    let given = above.iter().filter(|section| section.expected.is_empty()).chain([section]);
    let titles: Vec<&str> =
        above.iter().chain([section]).map(|section| section.title.as_str()).filter(|title| !title.is_empty()).collect();
    Some(Case {
        title: titles.join(" > "),
        line: section.line,
        cells: given.clone().flat_map(|section| section.cells.iter().cloned()).collect(),
        files: given.flat_map(|section| section.files.iter().cloned()).collect(),
        expected: section.expected.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Sums

Prose with `code`.

```json in.jsonl
{\"a\": 1}
```

```sql
CREATE TABLE t (a INT);
```

## Of one row

```sql
%flink.ssql(type=update)
SELECT a FROM t;
```

```changelog
+I[1]
```

### Deeper

````sql
SELECT '```' FROM t;
````

```rows cell 2
+I[```]
```

## A mistake

```diagnostics
```
";

    fn parsed() -> Spec {
        Spec::parse(Path::new("sums.md"), DOCUMENT).unwrap()
    }

    #[test]
    fn a_case_inherits_what_stands_above_it() {
        let cases = parsed().cases;
        assert_eq!(cases.len(), 3);
        assert_eq!(cases[0].title, "Sums > Of one row");
        assert_eq!(cases[0].line, 13);
        assert_eq!(cases[0].cells, ["CREATE TABLE t (a INT);", "%flink.ssql(type=update)\nSELECT a FROM t;"]);
        assert_eq!(cases[0].files, [("in.jsonl".to_owned(), "{\"a\": 1}\n".to_owned())]);
    }

    #[test]
    fn a_case_does_not_inherit_from_another_case() {
        let cases = parsed().cases;
        assert_eq!(cases[1].title, "Sums > Of one row > Deeper");
        assert_eq!(cases[1].cells, ["CREATE TABLE t (a INT);", "SELECT '```' FROM t;"]);
        assert_eq!(cases[1].expected[0].kind, Expected::Rows);
        assert_eq!(cases[1].expected[0].argument, "cell 2");
        assert_eq!(cases[2].cells.len(), 1);
    }

    #[test]
    fn the_notebook_marks_cells_that_have_no_mark() {
        assert_eq!(
            parsed().cases[0].notebook(),
            "%flink.ssql\nCREATE TABLE t (a INT);\n\n%flink.ssql(type=update)\nSELECT a FROM t;\n\n"
        );
    }

    #[test]
    fn bodies_are_replaced_in_place() {
        let spec = parsed();
        let text = spec.with_bodies(vec![
            (spec.cases[0].expected[0].body.clone(), vec!["+I[2]".to_owned(), "+I[3]".to_owned()]),
            (spec.cases[2].expected[0].body.clone(), vec!["error".to_owned()]),
        ]);
        assert!(text.contains("```changelog\n+I[2]\n+I[3]\n```\n"));
        assert!(text.ends_with("```diagnostics\nerror\n```\n"));
    }

    #[test]
    fn a_block_that_is_not_closed_is_an_error() {
        let error = Spec::parse(Path::new("x.md"), "# a\n```sql\nSELECT 1").unwrap_err();
        assert_eq!(error.to_string(), "x.md:2: this block is not closed");
    }
}
