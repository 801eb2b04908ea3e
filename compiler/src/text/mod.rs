//! Turns byte ranges into the places a user sees: a file, the number of a cell, a line and a column.
//!
//! It leaves to others what the text means; it only keeps the text and counts in it.

use std::fmt;

/// A file whose text is known to a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A cell whose text is known to a [`Sources`]. Ids grow in the order in which cells were added.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(u32);

impl fmt::Debug for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A range of bytes in the text of one cell. The ends lie on character borders.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub cell: CellId,
    pub start: u32,
    pub end: u32,
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{:?}[{}..{}]", self.cell, self.start, self.end)
    }
}

impl Span {
    pub fn new(cell: CellId, start: usize, end: usize) -> Self {
        // A cell of 4 GB does not exist: `Sources::add_cell` refuses the text.
        Span { cell, start: start as u32, end: end as u32 }
    }

    /// The range from the start of this one to the end of `last`. Both must lie in one cell; if they do not, the
    /// first is returned.
    pub fn to(self, last: Span) -> Span {
        if self.cell != last.cell {
            return self;
        }
        Span { cell: self.cell, start: self.start.min(last.start), end: self.end.max(last.end) }
    }

    /// The empty range at the start.
    pub fn start_point(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty range just behind the end.
    pub fn end_point(self) -> Span {
        Span { start: self.end, ..self }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in a notebook as its user sees it: all counted from 1; columns count Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The number of the cell, or 0 if the place is in the file itself (a notebook that is not JSON).
    pub cell: u32,
    /// The line within the cell; the line of the magic (`%flink.ssql`) counts.
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cell > 0 {
            write!(f, "cell {}, ", self.cell)?;
        }
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The text of one cell, as typed.
#[derive(Clone, Debug)]
pub struct SourceCell {
    pub file: FileId,
    /// The number of the cell in its file, from 1; 0 for the text of the file itself.
    pub number: u32,
    pub text: String,
    line_starts: Vec<u32>,
}

impl SourceCell {
    /// The number of lines; at least one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// Line and column of a byte, both from 1. A byte behind the end counts as the end.
    pub fn line_column(&self, byte: usize) -> (u32, u32) {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.line_starts.partition_point(|&start| start as usize <= byte) - 1;
        let column = self.text[self.line_starts[line] as usize..byte].chars().count() + 1;
        (line as u32 + 1, column as u32)
    }

    /// The byte at a line and a column, both from 1 (what [`Self::line_column`] returns). Behind the end of a line it is
    /// the end of that line.
    pub fn byte(&self, line: u64, column: u64) -> usize {
        let Some(index) = (line as usize).checked_sub(1) else { return 0 };
        let Some(&start) = self.line_starts.get(index) else { return self.text.len() };
        let start = start as usize;
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        let skip = (column as usize).saturating_sub(1);
        self.text[start..end].char_indices().nth(skip).map_or(end, |(offset, _)| start + offset)
    }
}

/// All the text that a compilation reads. Spans are meaningful only beside the `Sources` that they came from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<String>,
    cells: Vec<SourceCell>,
}

impl Sources {
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a file; the name is shown in diagnostics as it is.
    pub fn add_file(&mut self, name: impl Into<String>) -> FileId {
        self.files.push(name.into());
        FileId(self.files.len() as u32 - 1)
    }

    /// Keeps the text of a cell. `number` counts from 1 in its file.
    ///
    /// # Panics
    /// If the text is larger than 4 GB, which the readers of files refuse before.
    pub fn add_cell(&mut self, file: FileId, number: u32, text: impl Into<String>) -> CellId {
        let text = text.into();
        assert!(u32::try_from(text.len()).is_ok(), "a cell larger than 4 GB");
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index as u32 + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        self.cells.push(SourceCell { file, number, text, line_starts });
        CellId(self.cells.len() as u32 - 1)
    }

    pub fn file_name(&self, file: FileId) -> &str {
        &self.files[file.0 as usize]
    }

    pub fn cell(&self, cell: CellId) -> &SourceCell {
        &self.cells[cell.0 as usize]
    }

    /// The name of the file that a span lies in.
    pub fn file_of(&self, span: Span) -> &str {
        self.file_name(self.cell(span.cell).file)
    }

    /// The user's own words.
    pub fn text(&self, span: Span) -> &str {
        self.cell(span.cell).text.get(span.range()).unwrap_or("")
    }

    /// Where a span starts.
    pub fn origin(&self, span: Span) -> Origin {
        self.place(span.cell, span.start)
    }

    /// Where a span ends: the column just behind its last character.
    pub fn end(&self, span: Span) -> Origin {
        self.place(span.cell, span.end)
    }

    fn place(&self, cell: CellId, byte: u32) -> Origin {
        let cell = self.cell(cell);
        let (line, column) = cell.line_column(byte as usize);
        Origin { cell: cell.number, line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let mut sources = Sources::new();
        let file = sources.add_file("a.sql");
        let cell = sources.add_cell(file, 3, "%flink.ssql\nSELECT 'é', x\n");
        let start = sources.cell(cell).text.find('x').unwrap();
        let origin = sources.origin(Span::new(cell, start, start + 1));
        assert_eq!(origin, Origin { cell: 3, line: 2, column: 13 });
        assert_eq!(origin.to_string(), "cell 3, line 2, column 13");
        assert_eq!(sources.cell(cell).byte(2, 13), start);
        assert_eq!(sources.cell(cell).byte(2, 99), sources.cell(cell).text.len());
        assert_eq!(sources.cell(cell).line_count(), 3);
    }

    #[test]
    fn places_outside_the_text_are_clamped() {
        let mut sources = Sources::new();
        let file = sources.add_file("a.sql");
        let cell = sources.add_cell(file, 1, "é");
        assert_eq!(sources.cell(cell).line_column(1), (1, 1));
        assert_eq!(sources.cell(cell).line_column(9), (1, 2));
        assert_eq!(sources.cell(cell).byte(0, 0), 0);
        assert_eq!(sources.cell(cell).byte(7, 1), 2);
    }
}
