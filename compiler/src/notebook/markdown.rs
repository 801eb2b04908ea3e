//! Reads Markdown. A fenced block marked `sql`, or with a magic in its first line, is a cell; the rest is prose.

use super::{CellKind, Reader};

pub(super) fn read(text: &str, reader: &mut Reader<'_>) {
    let mut number = 0;
    let mut offset = 0;
    let mut prose_start = 0;
    let mut open: Option<Fence> = None;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        match &open {
            None => {
                let Some(fence) = Fence::of(line, start) else { continue };
                if fence.is_cell {
                    prose(&text[prose_start..start], reader);
                }
                open = Some(fence);
            }
            Some(fence) if fence.closes(line) => {
                if fence.is_cell {
                    number += 1;
                    reader.add(number, text[fence.text_start..start].trim_end(), CellKind::StreamingSql);
                    prose_start = offset;
                }
                open = None;
            }
            Some(_) => {}
        }
    }
    match open {
        // As in Markdown itself, a block that is never closed ends with the file.
        Some(fence) if fence.is_cell => {
            reader.add(number + 1, text[fence.text_start..].trim_end(), CellKind::StreamingSql);
        }
        _ => prose(&text[prose_start..], reader),
    }
}

fn prose(text: &str, reader: &mut Reader<'_>) {
    let text = text.trim();
    if !text.is_empty() {
        reader.add_prose(text);
    }
}

/// The line that opens a fenced block.
struct Fence {
    mark: char,
    length: usize,
    is_cell: bool,
    /// Where the text of the cell starts: at the magic of the opening line, or on the next line.
    text_start: usize,
}

impl Fence {
    fn of(line: &str, start: usize) -> Option<Fence> {
        let body = line.trim_start_matches(' ');
        let indent = line.len() - body.len();
        let mark = body.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let length = body.len() - body.trim_start_matches(mark).len();
        if length < 3 || indent > 3 {
            return None;
        }
        let info = body[length..].trim();
        let language = info.split([' ', '\t', '{']).next().unwrap_or("").to_ascii_lowercase();
        let magic = info.find('%').filter(|&at| super::magic::starts(&info[at..]));
        let text_start = match magic {
            Some(at) => start + indent + length + (body[length..].len() - body[length..].trim_start().len()) + at,
            None => start + line.len(),
        };
        let is_cell = magic.is_some() || matches!(language.as_str(), "sql" | "flink" | "flinksql" | "flink-sql");
        Some(Fence { mark, length, is_cell, text_start })
    }

    fn closes(&self, line: &str) -> bool {
        let body = line.trim();
        body.len() >= self.length && body.chars().all(|c| c == self.mark)
    }
}
