//! Every document under `diff/`: two versions of a notebook, and what the new one does with the state of the old one.
//!
//! A section with a `diff` block is a case. Its versions are the cells ` ```sql `, which both have, and those of
//! ` ```sql old ` and ` ```sql new `, each after the cells of the sections above it. `DIFF=windows` looks only at what
//! contains that text; `UPDATE=1` writes the `diff` blocks.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sqlc::diagnostic::{Colour, render_human};
use sqlc::diff::{Difference, Version};
use sqlc::{Selection, analyse};

/// A section of a document: its depth, its cells with the versions they belong to, and what is expected.
#[derive(Default)]
struct Section {
    depth: usize,
    heading: String,
    cells: Vec<(String, String)>,
}

/// The cells of a case, and the lines of its `diff` block.
struct Case {
    heading: String,
    cells: Vec<(String, String)>,
    expected: std::ops::Range<usize>,
}

#[test]
fn changed_notebooks_keep_what_they_can() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diff");
    let mut documents: Vec<PathBuf> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.sort();
    let filter = std::env::var("DIFF").unwrap_or_default();
    let (mut failures, mut broken, mut count) = (String::new(), String::new(), 0);
    for path in &documents {
        let text = fs::read_to_string(path)?;
        let lines: Vec<&str> = text.lines().collect();
        let mut replaced: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        for case in cases(&lines).with_context(|| path.display().to_string())? {
            let name = format!("{}: {}", path.file_name().unwrap_or_default().display(), case.heading);
            if !name.contains(&filter) {
                continue;
            }
            count += 1;
            let expected = lines[case.expected.clone()].join("\n");
            let found = match difference(&case) {
                Ok(found) => found,
                Err(error) => {
                    writeln!(broken, "{name}\n{error:#}")?;
                    continue;
                }
            };
            if found.trim_end() != expected {
                writeln!(failures, "{name}\n--- expected\n{expected}\n--- found\n{found}")?;
                replaced.push((case.expected, found.trim_end().to_owned()));
            }
        }
        if std::env::var_os("UPDATE").is_some() && !replaced.is_empty() {
            fs::write(path, with(&lines, replaced))?;
        }
    }
    ensure!(count > 0, "no case contains {filter:?}");
    ensure!(broken.is_empty(), "{broken}");
    ensure!(failures.is_empty() || std::env::var_os("UPDATE").is_some(), "{failures}");
    Ok(())
}

/// What `sqlc diff` prints for the two versions.
fn difference(case: &Case) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let version = |name: &str| {
        let mut notebook = String::new();
        for (of, cell) in &case.cells {
            if of.is_empty() || of == name {
                write!(notebook, "%flink.ssql\n{cell}\n\n")?;
            }
        }
        let note = folder.path().join(format!("{name}.sql"));
        fs::write(&note, notebook)?;
        let analysis = analyse(&note, &folder.path().join("catalog"), Selection::default());
        if analysis.diagnostics.has_errors() {
            bail!("{}", render_human(analysis.diagnostics.iter(), &analysis.sources, Colour::Never));
        }
        Ok(Version::of_description(&serde_json::from_str(&sqlc::describe(&analysis, name))?))
    };
    let (old, new) = (version("old")?, version("new")?);
    ensure!(Difference::new(old.clone(), old.clone()).is_complete(), "a version goes on with its own state");
    Ok(Difference::new(old, new).table(Colour::Never))
}

fn cases(lines: &[&str]) -> Result<Vec<Case>> {
    let mut stack: Vec<Section> = vec![Section::default()];
    let mut cases = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index];
        index += 1;
        if let Some(info) = line.strip_prefix("```") {
            let end = index + lines[index..].iter().position(|line| *line == "```").context("a block is not closed")?;
            let body = index..end;
            index = end + 1;
            let section = stack.last_mut().context("the document is a section")?;
            match info.split_once(' ').unwrap_or((info, "")) {
                ("sql", of @ ("" | "old" | "new")) => section.cells.push((of.to_owned(), lines[body].join("\n"))),
                ("diff", "") => {
                    let heading = stack.last().map(|section| section.heading.clone()).unwrap_or_default();
                    let cells = stack.iter().flat_map(|section| section.cells.clone()).collect();
                    cases.push(Case { heading, cells, expected: body });
                }
                _ => bail!("a block is {info:?}"),
            }
        } else if line.starts_with('#') {
            let depth = line.chars().take_while(|character| *character == '#').count();
            stack.retain(|section| section.depth < depth);
            stack.push(Section { depth, heading: line[depth..].trim().to_owned(), ..Section::default() });
        }
    }
    Ok(cases)
}

/// The document with other lines in some places.
fn with(lines: &[&str], replaced: Vec<(std::ops::Range<usize>, String)>) -> String {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    for (range, text) in replaced.into_iter().rev() {
        lines.splice(range, text.lines().map(str::to_owned));
    }
    lines.join("\n") + "\n"
}
