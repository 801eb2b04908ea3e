//! Compares printed changes: applies them to a bag of rows, and shows where two lists of lines part.

use std::collections::BTreeMap;
use std::fmt::Write;

/// The rows left after applying a changelog, each as an insert, sorted by their text. A change that takes back
/// a row that is not there is an error.
pub fn final_rows(changes: &[String]) -> Result<Vec<String>, String> {
    let mut rows: BTreeMap<&str, i64> = BTreeMap::new();
    for change in changes {
        let (op, row) = change.split_at_checked(2).ok_or_else(|| format!("`{change}` is not a change"))?;
        *rows.entry(row).or_default() += match op {
            "+I" | "+U" => 1,
            "-U" | "-D" => -1,
            _ => return Err(format!("`{change}` is not a change")),
        };
    }
    let mut lines = Vec::new();
    for (row, count) in rows {
        if count < 0 {
            return Err(format!("{row} is taken back more often than it was sent"));
        }
        lines.extend((0..count).map(|_| format!("+I{row}")));
    }
    Ok(lines)
}

/// `None` when the lines are equal, else both merged: common lines indented, `-` before expected lines that are
/// missing, `+` before lines that were not expected.
pub fn difference(expected: &[String], found: &[String]) -> Option<String> {
    if expected == found {
        return None;
    }
    // The longest common subsequence: documents are short.
    let mut common = vec![vec![0usize; found.len() + 1]; expected.len() + 1];
    for i in (0..expected.len()).rev() {
        for j in (0..found.len()).rev() {
            common[i][j] =
                if expected[i] == found[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut text) = (0, 0, String::new());
    while i < expected.len() || j < found.len() {
        let (mark, line) = if i < expected.len() && j < found.len() && expected[i] == found[j] {
            i += 1;
            j += 1;
            (' ', &expected[i - 1])
        } else if i < expected.len() && (j == found.len() || common[i + 1][j] >= common[i][j + 1]) {
            i += 1;
            ('-', &expected[i - 1])
        } else {
            j += 1;
            ('+', &found[j - 1])
        };
        writeln!(text, "  {mark} {line}").expect("writing to a string does not fail");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn updates_replace_rows_and_equal_rows_count() {
        let changes = lines("+I[a] +I[b] +I[a] -U[b] +U[c] -D[a]");
        assert_eq!(final_rows(&changes).unwrap(), lines("+I[a] +I[c]"));
    }

    #[test]
    fn taking_back_what_is_not_there_is_an_error() {
        assert_eq!(final_rows(&lines("-D[a]")).unwrap_err(), "[a] is taken back more often than it was sent");
        assert!(final_rows(&lines("?")).is_err());
    }

    #[test]
    fn a_difference_shows_both_sides_in_order() {
        assert_eq!(difference(&lines("a b"), &lines("a b")), None);
        assert_eq!(difference(&lines("a b c"), &lines("a x c")).unwrap(), "    a\n  - b\n  + x\n    c\n");
        assert_eq!(difference(&[], &lines("x")).unwrap(), "  + x\n");
    }
}
