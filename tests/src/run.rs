//! Runs a built case in a folder of its own and compares what it printed, wrote and said with the expected blocks.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::changelog::{difference, final_rows};
use crate::spec::{Case, Expected, ExpectedBlock};

/// No case takes nearly that long: one that does reads an unbounded source by mistake.
const LIMIT: Duration = Duration::from_secs(30);

/// Which SELECT or INSERT of a notebook is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// All of them; there is one SELECT at most.
    All,
    /// Those of one cell, counted from 1.
    Cell(usize),
}

/// The cell whose statement an expected block is about, if the notebook has more than one SELECT to tell apart.
pub fn choice(case: &Case, block: &ExpectedBlock) -> Choice {
    if let Some(cell) = block.argument.strip_prefix("cell ").and_then(|number| number.parse().ok()) {
        return Choice::Cell(cell);
    }
    let unnamed = |block: &&ExpectedBlock| {
        block.argument.is_empty() && matches!(block.kind, Expected::Changelog | Expected::Rows)
    };
    let mut same = case.expected.iter().filter(unnamed);
    match same.clone().count() {
        0 | 1 => Choice::All,
        _ => {
            let place = same.position(|other| other.line == block.line);
            let queries = (1..).zip(&case.cells).filter(|(_, cell)| holds_query(cell)).map(|(number, _)| number);
            place.and_then(|place| queries.clone().nth(place)).map_or(Choice::All, Choice::Cell)
        }
    }
}

/// Whether the last statement of a cell is a query.
fn holds_query(cell: &str) -> bool {
    let last = cell.trim_end().trim_end_matches(';').rsplit(";\n").next().unwrap_or_default();
    let word = last.lines().find(|line| !line.starts_with('%') && !line.starts_with("--") && !line.trim().is_empty());
    let word = word.unwrap_or_default().split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    ["SELECT", "WITH", "VALUES", "(SELECT"].contains(&word.as_str())
}

/// What a run printed and wrote.
pub struct Outcome {
    success: bool,
    /// Lines that no print table claims: those of the SELECT.
    selected: Vec<String>,
    printed: BTreeMap<String, Vec<String>>,
    error: String,
}

/// Runs a case's binary in `folder`, after writing the case's files there.
pub fn run(case: &Case, command: &mut Command, folder: &Path) -> Result<Outcome> {
    for (name, text) in &case.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text)?;
    }
    let tables = print_tables(&case.cells.join("\n"));
    for table in &tables {
        command.args(["--set", &format!("{table}.print-identifier={table}")]);
    }
    // What is late must not depend on a timer; a SET in the notebook says the same or more.
    command.args(["--set", "pipeline.auto-watermark-interval=0 ms"]);
    let output = limited(command.current_dir(folder))?;
    let mut outcome = Outcome {
        success: output.status.success(),
        selected: Vec::new(),
        printed: tables.iter().map(|table| (table.clone(), Vec::new())).collect(),
        error: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let claimed = line.split_once("> ").and_then(|(table, row)| Some((outcome.printed.get_mut(table)?, row)));
        match claimed {
            Some((lines, row)) => lines.push(row.to_owned()),
            None => outcome.selected.push(line.to_owned()),
        }
    }
    Ok(outcome)
}

/// `None` when the block says what happened, else what is different.
pub fn compare(case: &Case, block: &ExpectedBlock, outcome: &Outcome, folder: &Path) -> Result<Option<String>> {
    if block.kind == Expected::Error {
        return Ok(match outcome.success {
            true => Some("the run should fail, and did not\n".to_owned()),
            false => difference(&block.lines, &outcome.error_lines(folder)),
        });
    }
    if !outcome.success && !case.expects(Expected::Error) {
        return Ok(Some(format!("the run failed:\n{}", outcome.error)));
    }
    let found = match block.kind {
        Expected::Output => written(case, &block.argument, folder)?,
        Expected::File => std::fs::read_to_string(folder.join(&block.argument))
            .with_context(|| format!("there is no file {}", block.argument))?
            .lines()
            .map(without_timestamp)
            .collect(),
        _ => outcome.lines(&block.argument)?,
    };
    let found = match block.kind {
        Expected::Rows => match final_rows(&found) {
            Ok(rows) => rows,
            Err(complaint) => return Ok(Some(complaint + "\n")),
        },
        _ => found,
    };
    Ok(difference(&block.lines, &found))
}

impl Outcome {
    pub fn failed(&self) -> bool {
        !self.success
    }

    /// What the run said on stderr, without the name of its folder.
    pub fn error_lines(&self, folder: &Path) -> Vec<String> {
        let text = self.error.replace(&format!("{}/", folder.display()), "");
        text.lines().map(str::to_owned).collect()
    }

    fn lines(&self, argument: &str) -> Result<Vec<String>> {
        if argument.is_empty() || argument.starts_with("cell ") {
            return Ok(match self.printed.values().find(|lines| !lines.is_empty()) {
                Some(lines) if self.selected.is_empty() => lines.clone(),
                _ => self.selected.clone(),
            });
        }
        self.printed.get(argument).cloned().with_context(|| format!("there is no table {argument} that prints"))
    }
}

/// A line of JSON whose `timestamp`, the time of the run, is taken out.
fn without_timestamp(line: &str) -> String {
    const KEY: &str = "\"timestamp\":\"";
    let parts = line.split_once(KEY).and_then(|(before, after)| Some((before, after.split_once('"')?.1)));
    parts.map_or_else(|| line.to_owned(), |(before, after)| format!("{before}{KEY}...\"{after}"))
}

/// Waits for a command, and kills it when it takes too long.
fn limited(command: &mut Command) -> Result<Output> {
    // Files, unlike pipes, do not fill up while nobody reads them.
    let (stdout, stderr) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.reopen()?)
        .stderr(stderr.reopen()?)
        .spawn()
        .context("cannot start the binary of all cases")?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if start.elapsed() > LIMIT => {
                child.kill()?;
                child.wait()?;
                bail!("the run did not end within {LIMIT:?}");
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    Ok(Output { status, stdout: std::fs::read(stdout.path())?, stderr: std::fs::read(stderr.path())? })
}

/// The tables of a notebook that are written and whose connector prints.
fn print_tables(sql: &str) -> Vec<String> {
    let printing = sql.split(';').filter(|statement| statement.contains("'connector' = 'print'"));
    printing.filter_map(created).filter(|table| sql.contains(&format!("INSERT INTO {table}"))).collect()
}

fn created(statement: &str) -> Option<String> {
    let (_, rest) = statement.split_once("CREATE")?;
    let (_, rest) = rest.split_once("TABLE")?;
    let name = rest.split_whitespace().find(|word| !["IF", "NOT", "EXISTS"].contains(word))?;
    Some(name.trim_matches('`').to_owned())
}

/// The lines of the files that a filesystem table wrote.
fn written(case: &Case, table: &str, folder: &Path) -> Result<Vec<String>> {
    let sql = case.cells.join("\n");
    let statement = sql.split(';').find(|statement| created(statement).as_deref() == Some(table));
    let path = statement
        .and_then(|statement| statement.split_once("'path' = '")?.1.split_once('\''))
        .with_context(|| format!("there is no table {table} with a path"))?
        .0;
    let mut lines = String::new();
    collect(&folder.join(path), "", &mut lines)?;
    Ok(lines.lines().map(str::to_owned).collect())
}

fn collect(folder: &Path, prefix: &str, lines: &mut String) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort_by_key(|path| (path.is_dir(), path.clone()));
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), lines)?;
        } else {
            for line in std::fs::read_to_string(&path)?.lines() {
                match prefix {
                    "" => writeln!(lines, "{line}")?,
                    _ => writeln!(lines, "{prefix} {line}")?,
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn case(text: &str) -> Case {
        Spec::parse(Path::new("x.md"), text).unwrap().cases.remove(0)
    }

    const TWO: &str = "# a\n```sql\nCREATE TABLE t (a INT) WITH ('connector' = 'print');\nINSERT INTO t VALUES (1);\n\
                       ```\n```sql\nSET 'a' = 'b';\n\
                       SELECT 1;\n```\n```sql\n%flink.ssql\n-- x\nWITH x AS (SELECT 1) SELECT * FROM x\n```\n\
                       ```rows\n```\n```changelog\n```\n";

    #[test]
    fn unnamed_blocks_belong_to_the_queries_in_order() {
        let case = case(TWO);
        let choices: Vec<_> = case.expected.iter().map(|block| choice(&case, block)).collect();
        assert_eq!(choices, [Choice::Cell(2), Choice::Cell(3)]);
        assert_eq!(print_tables(&case.cells.join("\n")), ["t"]);
    }

    #[test]
    fn lines_are_told_apart_by_their_table() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(
            "# a\n```text in/x\n1\n```\n```sql\nCREATE TABLE t (a INT) WITH ('connector' = 'print');\nINSERT INTO t VALUES (2);\n```\n```rows t\n+I[2]\n```\n",
        );
        let mut command = Command::new("sh");
        command.args(["-c", "cat in/x; echo 't> +I[2]'; echo \"$2\"", "sh"]);
        let outcome = run(&case, &mut command, folder.path()).unwrap();
        assert_eq!(outcome.selected, ["1", "t.print-identifier=t"]);
        assert_eq!(compare(&case, &case.expected[0], &outcome, folder.path()).unwrap(), None);
    }

    #[test]
    fn the_time_of_the_run_is_taken_out() {
        assert_eq!(without_timestamp(r#"{"timestamp":"2024-01-01","a":1}"#), r#"{"timestamp":"...","a":1}"#);
        assert_eq!(without_timestamp("{}"), "{}");
    }

    #[test]
    fn files_of_partitions_carry_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(
            "# a\n```sql\nCREATE TABLE o (a INT)\nWITH ('connector' = 'filesystem', 'path' = 'out');\n```\n\
             ```output o\nk=1/ x\n```\n",
        );
        std::fs::create_dir_all(folder.path().join("out/k=1")).unwrap();
        std::fs::write(folder.path().join("out/k=1/part"), "x\n").unwrap();
        std::fs::write(folder.path().join("out/.hidden"), "y\n").unwrap();
        assert_eq!(written(&case, "o", folder.path()).unwrap(), ["k=1/ x"]);
    }
}
