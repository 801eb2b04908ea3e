//! Every specification under `specs/`: compiled, run, and compared with what stands in the document.
//!
//! `SPEC=windows/hop` runs the cases whose path or heading contains that text. `UPDATE=1` writes the `diagnostics` and
//! `error` blocks, and never a result, which is Flink's to say.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sqlc::Selection;
use sqlc::diagnostic::{Colour, render_human};
use sqlc_tests::changelog::difference;
use sqlc_tests::run::{self, Choice, Outcome};
use sqlc_tests::spec::{self, Case, Expected, ExpectedBlock, Spec};
use sqlc_tests::suite::{self, Built, Suite};

/// Which lines of a document are to be replaced, and by what.
type Bodies = Vec<(Range<usize>, Vec<String>)>;

/// One case of one document with what was found about it.
struct Job<'a> {
    spec: &'a Spec,
    case: &'a Case,
    /// What the compiler said, rendered.
    diagnostics: Vec<String>,
    /// The choices of statements that were compiled, with their modules.
    modules: BTreeMap<Choice, String>,
    failures: Vec<String>,
}

#[test]
fn specifications_hold() -> Result<()> {
    let specs = spec::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs"))?;
    let filter = std::env::var("SPEC").unwrap_or_default();
    let target = target_folder()?;
    let mut suite = Suite::new(&target.join("crate"));
    let mut jobs = Vec::new();
    for spec in &specs {
        for case in spec.cases.iter().filter(|case| wanted(spec, case, &filter)) {
            jobs.push(compile(spec, case, &mut suite)?);
        }
    }
    assert!(!jobs.is_empty(), "no case contains {filter:?}");
    let built = suite.build(&target)?;
    let update = std::env::var_os("UPDATE").is_some();
    let mut changes: BTreeMap<PathBuf, Bodies> = BTreeMap::new();
    for job in &mut jobs {
        let bodies = check(job, &built, update)?;
        changes.entry(job.spec.path.clone()).or_default().extend(bodies);
    }
    for spec in &specs {
        if let Some(bodies) = changes.remove(&spec.path).filter(|bodies| !bodies.is_empty()) {
            std::fs::write(&spec.path, spec.with_bodies(bodies))?;
        }
    }
    report(&jobs)
}

/// Where the crate of all cases is kept and built, so that the next run compiles only what changed.
fn target_folder() -> Result<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("specs");
    std::fs::create_dir_all(folder.join("crate"))?;
    let lock = folder.join("crate/Cargo.lock");
    if !lock.exists() {
        std::fs::copy(workspace().join("Cargo.lock"), &lock).context("cannot copy Cargo.lock")?;
    }
    Ok(folder)
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}

fn name(spec: &Spec) -> String {
    let path = spec.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&spec.path);
    path.strip_prefix("specs").unwrap_or(path).display().to_string()
}

fn wanted(spec: &Spec, case: &Case, filter: &str) -> bool {
    format!("{}::{}", name(spec), case.title).to_lowercase().contains(&filter.to_lowercase())
}

/// Compiles a case, once for each of the statements that its blocks tell apart.
fn compile<'a>(spec: &'a Spec, case: &'a Case, suite: &mut Suite) -> Result<Job<'a>> {
    let mut job = Job { spec, case, diagnostics: Vec::new(), modules: BTreeMap::new(), failures: Vec::new() };
    let folder = tempfile::tempdir()?;
    let note = folder.path().join("spec.sql");
    std::fs::write(&note, case.notebook())?;
    for block in &case.expected {
        let choice = run::choice(case, block);
        if job.modules.contains_key(&choice) {
            continue;
        }
        let cell = match choice {
            Choice::All => None,
            Choice::Cell(cell) => Some(u32::try_from(cell)?),
        };
        let selection = Selection { cell, inserts_only: false };
        let analysis = sqlc::analyse(&note, &folder.path().join("catalog"), selection);
        let rendered = render_human(analysis.diagnostics.iter(), &analysis.sources, Colour::Never);
        let rendered = rendered.replace(&format!("{}/", folder.path().display()), "");
        job.diagnostics = rendered.trim_end().lines().map(|line| line.trim_end().to_owned()).collect();
        if analysis.diagnostics.has_errors() || !runs(case) {
            continue;
        }
        let module = module_name(spec, case, cell);
        let runtime = workspace().join("runtime");
        let generated = sqlc::generate(&analysis, &module, &runtime.display().to_string());
        suite.add(&module, &generated.files);
        job.modules.insert(choice, module);
    }
    Ok(job)
}

/// A module's name that stays the same when other cases come and go, so that little is compiled again.
fn module_name(spec: &Spec, case: &Case, cell: Option<u32>) -> String {
    let words = format!("{} {} {}", name(spec).trim_end_matches(".md"), case.title, cell.unwrap_or_default());
    let letters = words.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    format!("case {}", letters.collect::<String>()).split_whitespace().collect::<Vec<_>>().join("_")
}

/// Whether a case says anything about a run.
fn runs(case: &Case) -> bool {
    case.expected.iter().any(|block| block.kind != Expected::Diagnostics)
}

/// Checks every block of a case; gives the bodies to be written instead.
fn check(job: &mut Job<'_>, built: &Built, update: bool) -> Result<Bodies> {
    let mut bodies = Vec::new();
    let mut outcomes = BTreeMap::new();
    if !job.case.expects(Expected::Diagnostics) && !job.diagnostics.is_empty() {
        job.failures.push(format!("the compiler says\n{}\n", job.diagnostics.join("\n")));
    }
    for block in &job.case.expected {
        let result = match block.kind {
            Expected::Diagnostics => {
                if update && block.lines != job.diagnostics {
                    bodies.push((block.body.clone(), job.diagnostics.clone()));
                }
                difference(&block.lines, &job.diagnostics)
            }
            _ => check_run(job, block, built, &mut outcomes, update, &mut bodies)?,
        };
        if let Some(text) = result.filter(|_| bodies.last().is_none_or(|(body, _)| *body != block.body)) {
            job.failures.push(format!("line {}, {}:\n{text}", block.line, block.kind));
        }
    }
    Ok(bodies)
}

fn check_run(
    job: &Job<'_>,
    block: &ExpectedBlock,
    built: &Built,
    outcomes: &mut BTreeMap<Choice, (tempfile::TempDir, Result<Outcome>)>,
    update: bool,
    bodies: &mut Bodies,
) -> Result<Option<String>> {
    let choice = run::choice(job.case, block);
    let Some(module) = job.modules.get(&choice) else {
        return Ok(job.failures.is_empty().then(|| "the compiler refuses this notebook\n".to_owned()));
    };
    if let Some(complaint) = built.refused.get(module) {
        return Ok(Some(format!("rustc refuses the generated code:\n{complaint}")));
    }
    if let std::collections::btree_map::Entry::Vacant(entry) = outcomes.entry(choice) {
        let folder = tempfile::tempdir()?;
        let outcome = run::run(job.case, &mut suite::command(&built.binary, module), folder.path());
        entry.insert((folder, outcome));
    }
    let (folder, outcome) = &outcomes[&choice];
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return Ok(Some(format!("{error:#}\n"))),
    };
    if update && block.kind == Expected::Error && outcome.failed() {
        let lines = outcome.error_lines(folder.path());
        if lines != block.lines {
            bodies.push((block.body.clone(), lines));
        }
        return Ok(None);
    }
    run::compare(job.case, block, outcome, folder.path())
}

fn report(jobs: &[Job<'_>]) -> Result<()> {
    let failed: Vec<_> = jobs.iter().filter(|job| !job.failures.is_empty()).collect();
    let mut text = String::new();
    for job in &failed {
        writeln!(text, "\nspecs/{}:{}: {}", name(job.spec).trim_start_matches('/'), job.case.line, job.case.title)?;
        for failure in &job.failures {
            writeln!(text, "{failure}")?;
        }
    }
    assert!(failed.is_empty(), "{text}\n{} of {} cases fail", failed.len(), jobs.len());
    Ok(())
}
