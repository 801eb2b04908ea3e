//! Reads SQL text. A line that starts with a magic (`%flink.ssql`) starts a cell; text without any is one cell.

use super::{CellKind, Reader, magic};

pub(super) fn read(text: &str, reader: &mut Reader<'_>) {
    let mut starts = vec![0];
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if offset > 0 && magic::starts(line) {
            starts.push(offset);
        }
        offset += line.len();
    }
    starts.push(text.len());
    let mut number = 0;
    for (index, range) in starts.windows(2).enumerate() {
        let cell = &text[range[0]..range[1]];
        // What stands before the first mark is a cell only if it says something; comments may head the file.
        let heads_the_file = index == 0 && starts.len() > 2 && !magic::starts(cell);
        if heads_the_file && says_nothing(cell) {
            continue;
        }
        number += 1;
        // The empty lines between two cells belong to neither, but a cell without marks keeps its text as it is.
        reader.add(number, cell.trim_end(), CellKind::StreamingSql);
    }
}

/// Whether a text holds only white space and comments.
fn says_nothing(text: &str) -> bool {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let behind = if rest.starts_with("--") {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if let Some(comment) = rest.strip_prefix("/*") {
            match comment.find("*/") {
                Some(end) => &comment[end + 2..],
                None => return false,
            }
        } else {
            return false;
        };
        rest = behind.trim_start();
    }
    true
}
