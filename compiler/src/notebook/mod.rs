//! Turns a file into cells: Zeppelin notes (`.zpln`), text with `%flink.ssql` marks (`.sql`) and Markdown.
//!
//! It leaves to others what the SQL in the cells says. Whatever a file holds, reading it gives a notebook and
//! diagnostics, never a failure.

mod magic;
mod markdown;
mod properties;
mod settings;
mod sql_text;
mod zeppelin;

#[cfg(test)]
mod tests;

pub use properties::{Properties, Property, ResultKind};
pub use settings::Setting;
pub use zeppelin::{Chart, ChartColumn};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::text::{CellId, FileId, Sources, Span};
use std::path::{Path, PathBuf};

/// A file as its cells, in order.
#[derive(Clone, Debug)]
pub struct Notebook {
    /// The note's own name, or else the file's without its extension.
    pub name: String,
    pub file: FileId,
    pub cells: Vec<Cell>,
}

/// One paragraph. Its text, the line of the magic included, is in [`Sources`] under `id`.
#[derive(Clone, Debug)]
pub struct Cell {
    pub id: CellId,
    /// From 1, all paragraphs counted, as the user sees them. Prose between the code blocks of Markdown has 0.
    pub number: u32,
    pub kind: CellKind,
    /// Where the magic (`%flink.ssql(type=update)`) is written, if it is.
    pub magic: Option<Span>,
    pub properties: Properties,
    /// What follows the magic: the SQL, the prose, the settings.
    pub body: Span,
    pub title: Option<String>,
    /// False for a paragraph that the user has switched off.
    pub enabled: bool,
    /// The settings of a `%flink.conf` cell.
    pub settings: Vec<Setting>,
    /// How Zeppelin shows the rows, if not as a table.
    pub chart: Option<Chart>,
}

/// What interprets a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// `%flink.ssql`, and text without a magic.
    StreamingSql,
    /// `%flink.bsql`.
    BatchSql,
    /// `%flink.conf`: one `key value` a line.
    Settings,
    /// `%md`.
    Prose,
    /// `%flink`.
    Scala,
    /// `%flink.pyflink`, `%flink.ipyflink`.
    Python,
    /// Another interpreter, by its name.
    Other(String),
}

impl Cell {
    fn new(id: CellId, number: u32, kind: CellKind, text: &str) -> Cell {
        Cell {
            id,
            number,
            kind,
            magic: None,
            properties: Properties::default(),
            body: Span::new(id, 0, text.len()),
            title: None,
            enabled: true,
            settings: Vec::new(),
            chart: None,
        }
    }
}

impl CellKind {
    fn of_interpreter(name: &str) -> CellKind {
        match name {
            "flink.ssql" => CellKind::StreamingSql,
            "flink.bsql" => CellKind::BatchSql,
            "flink.conf" => CellKind::Settings,
            "md" => CellKind::Prose,
            "flink" => CellKind::Scala,
            "flink.pyflink" | "flink.ipyflink" => CellKind::Python,
            other => CellKind::Other(other.to_owned()),
        }
    }
}

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Zeppelin,
    SqlText,
    Markdown,
}

impl Format {
    /// By the extension of the name, or else by whether the text looks like JSON.
    pub fn of(name: &str, text: &str) -> Format {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or("");
        match extension.to_ascii_lowercase().as_str() {
            "zpln" | "json" => Format::Zeppelin,
            "md" | "markdown" => Format::Markdown,
            "sql" => Format::SqlText,
            _ if text.trim_start().starts_with('{') => Format::Zeppelin,
            _ => Format::SqlText,
        }
    }
}

/// Reads the bytes of a file. `name` is shown in diagnostics, and its extension tells the format.
pub fn read(name: &str, bytes: &[u8], sources: &mut Sources, diagnostics: &mut Diagnostics) -> Notebook {
    let file = sources.add_file(name);
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name);
    let mut notebook = Notebook { name: stem.to_owned(), file, cells: Vec::new() };
    let Some(text) = decode(bytes, file, sources, diagnostics) else { return notebook };
    let mut reader = Reader { file, sources, diagnostics, cells: Vec::new() };
    match Format::of(name, text) {
        Format::Zeppelin => {
            if let Some(name) = zeppelin::read(text, &mut reader) {
                notebook.name = name;
            }
        }
        Format::SqlText => sql_text::read(text, &mut reader),
        Format::Markdown => markdown::read(text, &mut reader),
    }
    notebook.cells = reader.cells;
    notebook
}

/// Reads a file. One that cannot be read is a diagnostic and a notebook without cells.
pub fn read_file(path: &Path, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Notebook {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => read(&name, &bytes, sources, diagnostics),
        Err(error) => {
            diagnostics.push(unreadable(&name, &error.to_string(), sources));
            let file = sources.add_file(&name);
            Notebook { name, file, cells: Vec::new() }
        }
    }
}

/// Says that a file or folder cannot be read.
pub fn unreadable(name: &str, reason: &str, sources: &mut Sources) -> Diagnostic {
    let file = sources.add_file(name);
    let span = Span::new(sources.add_cell(file, 0, ""), 0, 0);
    Diagnostic::error("unreadable-file", span, format!("cannot read {name}: {reason}"))
}

/// The notebooks of a catalog folder, in the order of their names: every `.sql`, `.zpln` and `.md` file in it. A folder
/// that does not exist holds none.
pub fn catalog_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        if matches!(extension, "sql" | "zpln" | "md") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The text of a file: UTF-8, with or without a byte order mark.
fn decode<'a>(bytes: &'a [u8], file: FileId, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    let mut refuse = |text: String, at: usize, code, message: String, help: &str| {
        let cell = sources.add_cell(file, 0, text);
        diagnostics.push(Diagnostic::error(code, Span::new(cell, at, at), message).help(help));
        None
    };
    if u32::try_from(bytes.len()).is_err() {
        return refuse(String::new(), 0, "file-too-large", "the file is larger than 4 GB".into(), "split the notebook");
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let message = "the file is in UTF-16".to_owned();
        return refuse(String::new(), 0, "wrong-encoding", message, "save it as UTF-8");
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let at = error.valid_up_to();
            let valid = String::from_utf8_lossy(&bytes[..at]).into_owned();
            let message = format!("the file is not UTF-8: byte {at} is 0x{:02X}", bytes[at]);
            refuse(valid, at, "wrong-encoding", message, "save it as UTF-8")
        }
    }
}

/// What the readers of the formats share.
struct Reader<'a> {
    file: FileId,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    cells: Vec<Cell>,
}

impl Reader<'_> {
    /// Adds a cell from its text. `default` interprets a text without a magic.
    fn add(&mut self, number: u32, text: &str, default: CellKind) -> &mut Cell {
        let id = self.sources.add_cell(self.file, number, text);
        let mut cell = Cell::new(id, number, default, text);
        if let Some(magic) = magic::parse(id, text, self.diagnostics) {
            cell.kind = CellKind::of_interpreter(&magic.interpreter);
            cell.magic = Some(magic.span);
            cell.body = Span::new(id, magic.span.end as usize, text.len());
            cell.properties = magic.properties;
        }
        if cell.kind == CellKind::Settings {
            cell.settings = settings::parse(cell.body, text, self.diagnostics);
        }
        self.push(cell)
    }

    /// Adds prose that stands between cells. A percent sign in it is no magic.
    fn add_prose(&mut self, text: &str) {
        let id = self.sources.add_cell(self.file, 0, text);
        self.push(Cell::new(id, 0, CellKind::Prose, text));
    }

    fn push(&mut self, cell: Cell) -> &mut Cell {
        self.cells.push(cell);
        let last = self.cells.len() - 1;
        &mut self.cells[last]
    }

    /// Keeps the text of the file itself, to point into it.
    fn whole_file(&mut self, text: &str) -> CellId {
        self.sources.add_cell(self.file, 0, text)
    }
}
