//! The rows of one SELECT as Zeppelin shows them: `type=update`, `type=append`, `type=single`.

use super::row::{Change, Row};
use super::table::{Column, Widths, printable};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Rows that are only ever added would fill the memory: the latest are kept.
const LATEST_ROWS: usize = 10_000;

/// One SELECT.
#[derive(Debug)]
pub struct Panel {
    /// As the application counts the statements.
    pub statement: u32,
    /// `cell 2`, with the cell's title.
    pub heading: String,
    pub columns: Vec<Column>,
    pub view: View,
    /// How long what is shown stays as it is.
    pub interval: Duration,
    /// How many changes have come.
    pub changes: u64,
    drawn: Option<Instant>,
    is_dirty: bool,
}

/// What is kept to be shown.
#[derive(Debug)]
pub enum View {
    /// The rows as they stand.
    Update(Bag),
    /// Rows that have not been written yet, and the widths of all so far.
    Append { fresh: Vec<Row>, widths: Widths, has_header: bool },
    /// The last row, through a template: `{0}` is the first column.
    Single { template: String, last: Option<Row> },
}

/// The rows of `type=update`.
#[derive(Debug)]
pub enum Bag {
    /// Rows come and go: how many there are of each. Sorted by the first column's text, NULL first.
    Changing(BTreeMap<Row, usize>),
    /// Rows only come: the latest, in order of arrival, and how many came before them.
    Growing(VecDeque<Row>, usize),
}

impl Panel {
    pub fn new(statement: u32, heading: String, columns: Vec<Column>, view: View, interval: Duration) -> Self {
        Panel { statement, heading, columns, view, interval, changes: 0, drawn: None, is_dirty: true }
    }

    /// Takes a change in.
    pub fn apply(&mut self, change: Change) {
        self.changes += 1;
        self.is_dirty = true;
        match &mut self.view {
            View::Update(bag) => bag.apply(change.row, change.comes),
            View::Append { fresh, widths, .. } => {
                widths.include(&change.row);
                fresh.push(change.row);
            }
            View::Single { last, .. } if change.comes => *last = Some(change.row),
            View::Single { .. } => {}
        }
    }

    /// When it is to be drawn again, if there is anything new.
    pub fn due(&self) -> Option<Instant> {
        let now = Instant::now();
        self.is_dirty.then(|| self.drawn.map_or(now, |drawn| drawn + self.interval))
    }

    pub fn has_been_drawn(&mut self, now: Instant) {
        self.drawn = Some(now);
        self.is_dirty = false;
    }

    /// The lines that show the rows as they stand, none wider than `width`, at most `height` of them.
    pub fn lines(&self, width: usize, height: usize) -> Vec<String> {
        match &self.view {
            View::Update(bag) => bag.lines(&self.columns, width, height),
            View::Single { template, last } => {
                let text = last.as_ref().map_or_else(|| "(no row yet)".to_owned(), |row| fill(template, row));
                text.lines().take(height).map(|line| super::table::cut(&printable(line), width)).collect()
            }
            View::Append { .. } => Vec::new(),
        }
    }

    /// The lines of rows that have come since the last call, to be written once.
    pub fn fresh_lines(&mut self, width: usize) -> Vec<String> {
        let View::Append { fresh, widths, has_header } = &mut self.view else { return Vec::new() };
        let fitted = widths.fit(width);
        let mut lines = Vec::new();
        if !*has_header && !fresh.is_empty() {
            lines.extend(fitted.header(&self.columns));
            *has_header = true;
        }
        lines.extend(fresh.drain(..).map(|row| fitted.row(&row, &self.columns)));
        lines
    }
}

impl Bag {
    fn apply(&mut self, row: Row, comes: bool) {
        match self {
            Bag::Growing(rows, earlier) => {
                if rows.len() == LATEST_ROWS {
                    rows.pop_front();
                    *earlier += 1;
                }
                rows.push_back(row);
            }
            Bag::Changing(rows) if comes => *rows.entry(row).or_default() += 1,
            Bag::Changing(rows) => {
                if let Some(count) = rows.get_mut(&row) {
                    *count -= 1;
                    if *count == 0 {
                        rows.remove(&row);
                    }
                }
            }
        }
    }

    /// How many rows there are, and how many of them are kept.
    fn len(&self) -> (usize, usize) {
        match self {
            Bag::Growing(rows, earlier) => (rows.len() + earlier, rows.len()),
            Bag::Changing(rows) => {
                let len = rows.values().sum();
                (len, len)
            }
        }
    }

    /// `count` rows, sorted: of rows that only come, the latest.
    fn rows(&self, count: usize) -> Vec<&Row> {
        match self {
            Bag::Changing(rows) => {
                rows.iter().flat_map(|(row, times)| std::iter::repeat_n(row, *times)).take(count).collect()
            }
            Bag::Growing(rows, _) => {
                let mut latest: Vec<&Row> = rows.iter().skip(rows.len().saturating_sub(count)).collect();
                // Rows with the same first column stay in the order in which they came.
                latest.sort_by(|left, right| left.first().cmp(&right.first()));
                latest
            }
        }
    }

    fn lines(&self, columns: &[Column], width: usize, height: usize) -> Vec<String> {
        let (total, kept) = self.len();
        // Two lines of header; one says what is left out.
        let room = height.saturating_sub(2);
        let count = if total > room { room.saturating_sub(1) } else { total }.min(kept);
        let rows = self.rows(count);
        let mut widths = Widths::of_header(columns);
        rows.iter().for_each(|row| widths.include(row));
        let fitted = widths.fit(width);
        let mut lines = fitted.header(columns).to_vec();
        lines.extend(rows.iter().map(|row| fitted.row(row, columns)));
        if total > count {
            let left_out = total - count;
            lines.push(match self {
                Bag::Changing(_) => format!(" … {left_out} more"),
                Bag::Growing(..) => format!(" … {left_out} earlier"),
            });
        } else if total == 0 {
            lines.push(" (no rows yet)".to_owned());
        }
        lines.truncate(height);
        lines.into_iter().map(|line| super::table::cut(&line, width)).collect()
    }
}

/// The template with the columns in place of `{0}`, `{1}`, ... Templates are HTML in Zeppelin: tags are left out.
fn fill(template: &str, row: &Row) -> String {
    let mut text = String::new();
    let mut rest = without_tags(template);
    while let Some(start) = rest.find('{') {
        let after = &rest[start + 1..];
        let value = after.find('}').and_then(|end| Some((end, row.get(after[..end].trim().parse::<usize>().ok()?)?)));
        text.push_str(&rest[..start]);
        match value {
            Some((end, value)) => {
                text.push_str(value.as_deref().unwrap_or("NULL"));
                rest = after[end + 1..].to_owned();
            }
            None => {
                text.push('{');
                rest = after.to_owned();
            }
        }
    }
    text + &rest
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let after = &rest[start + 1..];
        let is_tag = after.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
        text.push_str(&rest[..start]);
        match after.find('>') {
            Some(end) if is_tag => rest = &after[end + 1..],
            _ => {
                text.push('<');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn columns() -> Vec<Column> {
        let column = |name: &str, to_the_right| Column { name: name.to_owned(), to_the_right };
        vec![column("status", false), column("num", true)]
    }

    fn change(comes: bool, status: &str, num: &str) -> Change {
        Change { statement: 1, comes, row: vec![Some(status.to_owned()), Some(num.to_owned())] }
    }

    fn panel(view: View) -> Panel {
        Panel::new(1, "cell 2".to_owned(), columns(), view, Duration::ZERO)
    }

    fn text(lines: &[String]) -> String {
        lines.join("\n") + "\n"
    }

    #[test]
    fn a_changing_bag_is_sorted_and_forgets() {
        let mut panel = panel(View::Update(Bag::Changing(BTreeMap::new())));
        expect![[r#"
             status │ num
            ────────┼─────
             (no rows yet)
        "#]]
        .assert_eq(&text(&panel.lines(80, 20)));
        for (comes, status, num) in
            [(true, "WARN", "1"), (true, "OK", "1"), (false, "OK", "1"), (true, "OK", "2"), (true, "OK", "2")]
        {
            panel.apply(change(comes, status, num));
        }
        expect![[r#"
             status │ num
            ────────┼─────
             OK     │   2
             OK     │   2
             WARN   │   1
        "#]]
        .assert_eq(&text(&panel.lines(80, 20)));
        expect![[r#"
             status │ num
            ────────┼─────
             OK     │   2
             … 2 more
        "#]]
        .assert_eq(&text(&panel.lines(80, 4)));
        assert_eq!(panel.changes, 5);
    }

    #[test]
    fn a_growing_bag_shows_the_latest() {
        let mut panel = panel(View::Update(Bag::Growing(VecDeque::new(), 0)));
        for number in 0..LATEST_ROWS + 5 {
            panel.apply(change(true, if number % 2 == 0 { "b" } else { "a" }, &number.to_string()));
        }
        expect![[r#"
             status │   num
            ────────┼───────
             a      │ 10001
             a      │ 10003
             b      │ 10002
             b      │ 10004
             … 10001 earlier
        "#]]
        .assert_eq(&text(&panel.lines(80, 7)));
    }

    #[test]
    fn appended_rows_are_written_once() {
        let widths = Widths::of_header(&columns());
        let mut panel = panel(View::Append { fresh: Vec::new(), widths, has_header: false });
        assert!(panel.fresh_lines(80).is_empty());
        panel.apply(change(true, "CRITICAL", "1"));
        expect![[r#"
             status   │ num
            ──────────┼─────
             CRITICAL │   1
        "#]]
        .assert_eq(&text(&panel.fresh_lines(80)));
        panel.apply(change(true, "OK", "2"));
        assert_eq!(panel.fresh_lines(80), [" OK       │   2"]);
        assert!(panel.fresh_lines(80).is_empty());
    }

    #[test]
    fn a_single_row_goes_through_its_template() {
        let template = "<h1>{1} sensors are <b>{0}</b></h1>, {2} {x} 1 < 2".to_owned();
        let mut panel = panel(View::Single { template, last: None });
        assert_eq!(panel.lines(80, 5), ["(no row yet)"]);
        panel.apply(change(true, "OK", "7"));
        panel.apply(change(false, "OK", "7"));
        assert_eq!(panel.lines(80, 5), ["7 sensors are OK, {2} {x} 1 < 2"]);
        assert_eq!(panel.lines(10, 5), ["7 sensors…"]);
    }
}
