//! Compiles notebooks of Flink-dialect streaming SQL into readable Rust crates and standalone binaries.
//!
//! Text goes through nouns that hold data (`text`, `diagnostic`, `notebook`, `syntax`, `plan`, `stream`, ...) and verbs
//! that read one noun and write the next (`parse`, `bind`, `lower`, `emit`, `package`, `build`). Nouns never import
//! verbs, verbs never import each other.

pub mod bind;
pub mod build;
pub mod catalog;
mod describe;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod function;
pub mod lower;
pub mod notebook;
pub mod package;
pub mod parse;
pub mod plan;
pub mod stream;
pub mod syntax;
pub mod text;
pub mod types;

use diagnostic::Diagnostics;
use notebook::Notebook;
use package::Crate;
use plan::{Plan, Target};
use std::path::Path;
use stream::StreamPlan;
use text::Sources;

/// Which statements of a notebook are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only those of this cell.
    pub cell: Option<u32>,
    /// Not the SELECTs: an application for production has nobody to show rows to.
    pub inserts_only: bool,
}

/// A notebook and its catalog as far as they were understood.
#[derive(Debug)]
pub struct Analysis {
    pub sources: Sources,
    pub notebook: Notebook,
    /// What there is to say about any cell, in order. With errors among them the plans are not whole.
    pub diagnostics: Diagnostics,
    pub stream: StreamPlan,
    /// The relational plan, for `sqlc explain`.
    pub plan: Plan,
}

/// Reads a notebook and the catalog folder and works out what they ask for.
pub fn analyse(note: &Path, catalog: &Path, selection: Selection) -> Analysis {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let catalog = read_catalog(catalog, &mut sources, &mut diagnostics);
    let notebook = notebook::read_file(note, &mut sources, &mut diagnostics);
    let parsed = parse::parse(&notebook, &sources, &mut diagnostics);
    let catalog: Vec<bind::Cell<'_>> =
        catalog.iter().flat_map(|(notebook, parsed)| bindable(notebook, parsed)).collect();
    let mut plan = bind::bind(&catalog, &bindable(&notebook, &parsed), &mut diagnostics);
    select(&mut plan, selection, &sources);
    let stream = lower::lower(plan.clone(), &mut diagnostics);
    lower::check_shown(&notebook, &stream, &mut diagnostics);
    lower::check_endless(&stream, &mut diagnostics);
    lower::check_late(&stream, &mut diagnostics);
    diagnostics.sort();
    Analysis { sources, notebook, diagnostics, stream, plan }
}

/// Writes the crate `name` for a notebook without errors. `runtime` is where the runtime's sources are, seen from
/// the crate.
pub fn generate(analysis: &Analysis, name: &str, runtime: &str) -> Crate {
    let emitted = emit::emit(&analysis.stream, name, &analysis.sources, analysis.notebook.file);
    let origin = package::Origin {
        name,
        notebook: file_name(analysis.sources.file_name(analysis.notebook.file)),
        prose: analysis.prose(),
        sql: analysis.sql(),
        runtime,
        description: describe::describe(analysis, name, &emitted),
    };
    package::package(&emitted, &analysis.stream.tables, &origin)
}

/// What a notebook without errors remembers while it runs, for people.
pub fn remembered(analysis: &Analysis, name: &str) -> String {
    describe::report(analysis, name)
}

/// What the application `name` says about itself, as JSON: what it reads, does, remembers and writes.
pub fn describe(analysis: &Analysis, name: &str) -> String {
    let emitted = emit::emit(&analysis.stream, name, &analysis.sources, analysis.notebook.file);
    describe::describe(analysis, name, &emitted)
}

/// The files of the catalog folder, read and parsed.
fn read_catalog(
    folder: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<(Notebook, Vec<parse::ParsedCell>)> {
    let files = match notebook::catalog_files(folder) {
        Ok(files) => files,
        Err(error) => {
            diagnostics.push(notebook::unreadable(&folder.display().to_string(), &error.to_string(), sources));
            Vec::new()
        }
    };
    let mut read = |file: &std::path::PathBuf| {
        let notebook = notebook::read_file(file, sources, diagnostics);
        let parsed = parse::parse(&notebook, sources, diagnostics);
        (notebook, parsed)
    };
    files.iter().map(&mut read).collect()
}

/// The cells of a notebook as `bind` takes them, in order.
fn bindable<'a>(notebook: &'a Notebook, parsed: &'a [parse::ParsedCell]) -> Vec<bind::Cell<'a>> {
    let cell = |(index, cell): (usize, &'a notebook::Cell)| {
        let parsed = parsed.iter().find(|parsed| parsed.index == index);
        bind::Cell {
            settings: if cell.enabled { &cell.settings } else { &[] },
            statements: parsed.map_or(&[], |parsed| &parsed.statements),
            broken: parsed.map_or(&[], |parsed| &parsed.broken),
        }
    };
    notebook.cells.iter().enumerate().map(cell).collect()
}

fn select(plan: &mut Plan, selection: Selection, sources: &Sources) {
    plan.statements.retain(|statement| {
        let in_cell = selection.cell.is_none_or(|cell| sources.origin(statement.span).cell == cell);
        in_cell && !(selection.inserts_only && matches!(statement.target, Target::Select))
    });
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

impl Analysis {
    /// The texts of the cells of prose.
    fn prose(&self) -> Vec<String> {
        let cells = self.notebook.cells.iter().filter(|cell| cell.kind == notebook::CellKind::Prose && cell.enabled);
        cells.map(|cell| self.sources.text(cell.body).trim().to_owned()).filter(|text| !text.is_empty()).collect()
    }

    /// All cells that were compiled, each under a line that says its number.
    fn sql(&self) -> String {
        let mut text = String::new();
        for cell in
            self.notebook.cells.iter().filter(|cell| cell.kind == notebook::CellKind::StreamingSql && cell.enabled)
        {
            text.push_str(&format!("-- cell {}\n{}\n\n", cell.number, self.sources.cell(cell.id).text.trim_end()));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}
