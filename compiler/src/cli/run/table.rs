//! Rows as lines of text in columns, fitted to a width.

use super::row::Row;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands between two columns.
const BORDER: &str = " │ ";
const BORDER_WIDTH: usize = 3;
/// What stands for what does not fit.
const ELLIPSIS: &str = "…";
/// A column is not squeezed to less than this.
const LEAST_WIDTH: usize = 4;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Numbers stand to the right.
    pub to_the_right: bool,
}

/// The width of every column, in terminal cells. They only grow, so that lines that have scrolled away stay in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths(Vec<usize>);

impl Widths {
    pub fn of_header(columns: &[Column]) -> Widths {
        Widths(columns.iter().map(|column| printable(&column.name).width()).collect())
    }

    /// Makes room for a row.
    pub fn include(&mut self, row: &Row) {
        for (width, value) in self.0.iter_mut().zip(row) {
            *width = (*width).max(shown(value).width());
        }
    }

    /// These widths, made smaller until all columns fit into `total`: the widest give first. Columns that still have no
    /// room are left out at the end.
    pub fn fit(&self, total: usize) -> Fitted {
        let mut count = self.0.len();
        loop {
            let borders = BORDER_WIDTH * count.saturating_sub(1) + 2;
            // What is left out is told by one more column.
            let rest = if count < self.0.len() { BORDER_WIDTH + 1 } else { 0 };
            let room = total.saturating_sub(borders + rest);
            let widths = &self.0[..count];
            if let Some(limit) = limit(widths, room) {
                let widths = widths.iter().map(|&width| width.min(limit)).collect();
                return Fitted { widths, is_cut: count < self.0.len() };
            }
            if count <= 1 {
                return Fitted { widths: vec![room.max(1); count], is_cut: count < self.0.len() };
            }
            count -= 1;
        }
    }
}

/// The largest width with which all columns have room; none if that is too small to show anything.
fn limit(widths: &[usize], room: usize) -> Option<usize> {
    let used = |limit: usize| widths.iter().map(|&width| width.min(limit)).sum::<usize>();
    let widest = widths.iter().copied().max().unwrap_or(0);
    if used(widest) <= room {
        return Some(widest);
    }
    (LEAST_WIDTH..widest).rev().find(|&limit| used(limit) <= room)
}

/// Widths with which a line fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    widths: Vec<usize>,
    is_cut: bool,
}

impl Fitted {
    /// The names of the columns and the line below them.
    pub fn header(&self, columns: &[Column]) -> [String; 2] {
        let names = columns.iter().map(|column| (printable(&column.name), column.to_the_right));
        let mut rule: Vec<String> = self.widths.iter().map(|width| "─".repeat(*width)).collect();
        if self.is_cut {
            rule.push("─".to_owned());
        }
        [self.line(names), format!("─{}─", rule.join("─┼─"))]
    }

    pub fn row(&self, row: &Row, columns: &[Column]) -> String {
        self.line(row.iter().zip(columns).map(|(value, column)| (shown(value), column.to_the_right)))
    }

    fn line(&self, values: impl Iterator<Item = (String, bool)>) -> String {
        let mut parts: Vec<String> = self
            .widths
            .iter()
            .zip(values)
            .map(|(width, (value, right))| pad(&cut(&value, *width), *width, right))
            .collect();
        if self.is_cut {
            parts.push(ELLIPSIS.to_owned());
        }
        format!(" {}", parts.join(BORDER)).trim_end().to_owned()
    }
}

/// A value as it is shown.
fn shown(value: &Option<String>) -> String {
    value.as_deref().map_or_else(|| "NULL".to_owned(), printable)
}

/// The text without characters that a terminal would obey.
pub fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    clean
}

/// The text, or as much of its beginning as fits with an ellipsis.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let mut kept = String::new();
    for character in text.chars() {
        let next = used + character.width().unwrap_or(0);
        // The ellipsis takes one cell.
        if next + 1 > width {
            break;
        }
        used = next;
        kept.push(character);
    }
    kept + ELLIPSIS
}

fn pad(text: &str, width: usize, to_the_right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    if to_the_right { space + text } else { text.to_owned() + &space }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn column(name: &str, to_the_right: bool) -> Column {
        Column { name: name.to_owned(), to_the_right }
    }

    fn row(values: &[&str]) -> Row {
        values.iter().map(|value| (*value != "-").then(|| (*value).to_owned())).collect()
    }

    fn check(width: usize, expected: &Expect) {
        let columns = [column("status", false), column("num", true), column("note", false), column("hop_time", false)];
        let rows = [
            row(&["OK", "12", "plain", "2021-05-21 10:21:39.999"]),
            row(&["温度計", "-", "two\nlines \u{1b}[31m", "2021-05-21 10:21:49.999"]),
            row(&["é", "1234567", "rather a long text that nobody wants to see whole", "-"]),
        ];
        let mut widths = Widths::of_header(&columns);
        rows.iter().for_each(|row| widths.include(row));
        let fitted = widths.fit(width);
        let mut lines = fitted.header(&columns).to_vec();
        lines.extend(rows.iter().map(|row| fitted.row(row, &columns)));
        for line in &lines {
            assert!(line.width() <= width, "{} cells: {line}", line.width());
        }
        expected.assert_eq(&(lines.join("\n") + "\n"));
    }

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        check(
            120,
            &expect![[r#"
             status │     num │ note                                              │ hop_time
            ────────┼─────────┼───────────────────────────────────────────────────┼─────────────────────────
             OK     │      12 │ plain                                             │ 2021-05-21 10:21:39.999
             温度計 │    NULL │ two\nlines \u{1b}[31m                             │ 2021-05-21 10:21:49.999
             é      │ 1234567 │ rather a long text that nobody wants to see whole │ NULL
        "#]],
        );
    }

    #[test]
    fn the_widest_columns_give_room() {
        check(
            60,
            &expect![[r#"
             status │     num │ note               │ hop_time
            ────────┼─────────┼────────────────────┼────────────────────
             OK     │      12 │ plain              │ 2021-05-21 10:21:…
             温度計 │    NULL │ two\nlines \u{1b}… │ 2021-05-21 10:21:…
             é      │ 1234567 │ rather a long tex… │ NULL
        "#]],
        );
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        check(
            20,
            &expect![[r#"
             stat… │   num │ …
            ───────┼───────┼───
             OK    │    12 │ …
             温度… │  NULL │ …
             é     │ 1234… │ …
        "#]],
        );
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("温度計", 6), "温度計");
        assert_eq!(cut("温度計", 5), "温度…");
        assert_eq!(cut("温度計", 4), "温…");
        assert_eq!(cut("abc", 1), "…");
        assert_eq!(cut("", 0), "");
    }
}
