//! What an application has written, as readers see it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// How often each line is there, by table.
pub type Output = BTreeMap<String, BTreeMap<String, u64>>;

/// The lines in the part files of each folder that readers see.
pub fn read(folder: &Path) -> Output {
    let mut output = Output::new();
    for table in entries(folder) {
        let lines = output.entry(table.clone()).or_default();
        for file in entries(&folder.join(&table)).iter().filter(|name| !name.starts_with('.')) {
            let text = std::fs::read_to_string(folder.join(&table).join(file)).unwrap_or_default();
            for line in text.lines() {
                *lines.entry(line.to_owned()).or_default() += 1;
            }
        }
    }
    output
}

/// The names of what is in a folder, in order.
pub fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// What is different, a few lines of each table; empty if nothing is. In tables that `may_repeat` a line may be there more
/// often than expected.
pub fn difference(expected: &Output, found: &Output, may_repeat: impl Fn(&str) -> bool) -> String {
    let mut report = String::new();
    let nothing = BTreeMap::new();
    let tables = expected.keys().chain(found.keys().filter(|table| !expected.contains_key(*table)));
    for table in tables {
        let may_repeat = may_repeat(table);
        let (expected, found) = (expected.get(table).unwrap_or(&nothing), found.get(table).unwrap_or(&nothing));
        let count = |of: &BTreeMap<String, u64>, line: &String| of.get(line).copied().unwrap_or(0);
        let lost = expected.iter().filter(|(line, wanted)| count(found, line) < **wanted);
        let extra = found.iter().filter(|(line, has)| match may_repeat {
            true => !expected.contains_key(*line),
            false => count(expected, line) < **has,
        });
        for (line, wanted) in lost.take(5) {
            let _ = writeln!(report, "  {table}: lost ({} instead of {wanted}): {line}", count(found, line));
        }
        for (line, has) in extra.take(5) {
            let _ = writeln!(report, "  {table}: {has} instead of {}: {line}", count(expected, line));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(lines: &[(&str, u64)]) -> Output {
        let lines = lines.iter().map(|(line, count)| ((*line).to_owned(), *count)).collect();
        Output::from([("t".to_owned(), lines)])
    }

    #[test]
    fn what_is_lost_or_doubled_is_told() {
        let expected = output(&[("a", 1), ("b", 2)]);
        assert_eq!(difference(&expected, &expected, |_| false), "");
        assert_eq!(difference(&expected, &output(&[("a", 3), ("b", 2)]), |_| true), "");
        assert_eq!(difference(&expected, &output(&[("a", 3), ("b", 2)]), |_| false), "  t: 3 instead of 1: a\n");
        let found = output(&[("a", 1), ("b", 1), ("c", 1)]);
        assert_eq!(difference(&expected, &found, |_| true), "  t: lost (1 instead of 2): b\n  t: 1 instead of 0: c\n");
        assert_eq!(difference(&expected, &Output::new(), |_| false).lines().count(), 2);
    }
}
