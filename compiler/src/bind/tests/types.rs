//! Types compared with those of Flink 2.3, which were recorded once: an expression or query a line, the answer below.

use super::in_one_cell;
use crate::types::Type;

/// The table that the recorded expressions speak of.
pub(super) const TABLE: &str =
    "CREATE TABLE t (ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, p DECIMAL(10,2),
    q DECIMAL(5,0), w DECIMAL(38,10), bo BOOLEAN, c CHAR(5), v VARCHAR(6), s STRING, yb BYTES, vb VARBINARY(4),
    bi BINARY(3), dt DATE, tm TIME(0), ts TIMESTAMP(3), ts6 TIMESTAMP(6), lz TIMESTAMP_LTZ(3), i0 INT NOT NULL,
    b0 BIGINT NOT NULL, d0 DOUBLE NOT NULL, p0 DECIMAL(10,2) NOT NULL, bo0 BOOLEAN NOT NULL, c0 CHAR(3) NOT NULL,
    v0 VARCHAR(6) NOT NULL, s0 STRING NOT NULL, dt0 DATE NOT NULL, tm0 TIME(0) NOT NULL, ts0 TIMESTAMP(3) NOT NULL,
    lz0 TIMESTAMP_LTZ(3) NOT NULL, ar ARRAY<INT>, ar0 ARRAY<INT NOT NULL> NOT NULL, m MAP<STRING, INT>,
    m0 MAP<STRING NOT NULL, INT NOT NULL> NOT NULL, r ROW<a INT, z STRING NOT NULL, n ROW<x DOUBLE>>,
    r0 ROW<a INT NOT NULL, z STRING> NOT NULL)
    WITH ('connector'='filesystem', 'path'='/tmp/nothing.jsonl', 'format'='json')";

/// What is refused here though Flink takes it, or the other way round, each for a reason.
const DIFFERENT: &[(&str, &str)] = &[
    ("''", "only the recorder cannot print a text of no length"),
    ("TIMESTAMP '2024-01-31 10:11:12.1234567'", "times are kept in microseconds"),
    ("i IN ('1', '2')", "texts are not read as numbers, as in `i = '1'`"),
    ("i < '5'", "texts are not read as numbers, as in `i = '1'`"),
    ("i BETWEEN '1' AND '2'", "texts are not read as numbers, as in `i = '1'`"),
    ("bo < 'a'", "a literal that cannot be read is said at once"),
    ("CURRENT_WATERMARK(ts)", "what a time attribute is, `lower` knows"),
    ("r['a']", "a field is named with a dot"),
    ("CAST(i AS INTERVAL DAY)", "an interval is multiplied"),
    ("CAST(i AS INTERVAL MONTH)", "an interval is multiplied"),
    ("CAST(i AS DECIMAL(39, 0))", "Flink cuts it to 38 silently"),
    ("CAST(s AS TIMESTAMP(10))", "Flink cuts it to 9 silently"),
    ("SELECT * FROM (VALUES (1), (2.5), (1e0))", "a defect of Flink 2.3"),
];

/// The columns of the statement as Flink prints a schema, or the codes of the errors.
fn schema(line: &str) -> Result<String, Vec<&'static str>> {
    let is_query = ["SELECT ", "WITH ", "VALUES "].iter().any(|word| line.starts_with(word));
    let query = if is_query { line.to_owned() } else { format!("SELECT {line} AS x FROM t") };
    let (plan, diagnostics) = in_one_cell(&format!("{TABLE};\n{query}"));
    let errors: Vec<&'static str> =
        diagnostics.iter().filter(|d| d.severity == crate::diagnostic::Severity::Error).map(|d| d.code).collect();
    let [statement] = plan.statements.as_slice() else { return Err(errors) };
    if !errors.is_empty() {
        return Err(errors);
    }
    let named = |name: &str, ty: &Type| if is_query { format!("{name} {ty}") } else { ty.to_string() };
    let columns = statement.root.columns();
    let columns = columns.iter().map(|id| &statement.columns[id.0]).map(|column| named(&column.name, &column.ty));
    Ok(columns.collect::<Vec<_>>().join(", "))
}

#[test]
fn types_are_those_of_flink() {
    let mut lines = include_str!("types.txt").lines();
    let (mut right, mut unsupported) = (0, 0);
    let mut wrong = Vec::new();
    while let (Some(line), Some(answer)) = (lines.next(), lines.next()) {
        let expected = answer.trim();
        match (schema(line), expected) {
            (Ok(types), expected) if types == expected => right += 1,
            (Err(_), "refused") => right += 1,
            (Err(codes), _) if codes.iter().all(|code| ["not-supported", "unsupported-type"].contains(code)) => {
                unsupported += 1
            }
            _ if DIFFERENT.iter().any(|(other, _)| *other == line) => {}
            (ours, _) => wrong.push(format!("{line}\n    Flink: {expected}\n    ours:  {ours:?}")),
        }
    }
    assert!(wrong.is_empty(), "{right} right, {unsupported} not supported yet\n{}", wrong.join("\n"));
}

/// Statements that Flink refuses and we take, or the other way round, each for a reason.
const DIFFERENT_STATEMENTS: &[(&str, &str)] = &[
    ("CREATE TABLE k (a INT); INSERT INTO k SELECT b FROM t", "narrowed with a check and a warning"),
    ("CREATE TABLE k (a SMALLINT); INSERT INTO k SELECT 5 FROM t", "a constant that fits"),
    ("CREATE TABLE k (a TINYINT); INSERT INTO k SELECT i FROM t", "narrowed with a check and a warning"),
    (
        "CREATE TABLE k (a INT, b AS a + 1, c INT); INSERT INTO k (c, a) SELECT i, b FROM t",
        "narrowed with a check and a warning",
    ),
    ("CREATE TABLE k (a INT, b AS COUNT(a)); SELECT 1", "Flink says it when the table is read"),
    ("CREATE TABLE k (a INT, b INT) PARTITIONED BY (a, a); SELECT * FROM k", "a slip"),
    ("SET 'nope' = '1'; SELECT 1", "a slip"),
    (
        "CREATE TABLE k (b INT, a TIMESTAMP(3), WATERMARK FOR a AS a); \
         SELECT COUNT(*) FROM k GROUP BY TUMBLE(a + INTERVAL '1' SECOND, INTERVAL '2' SECOND)",
        "planned by Flink, and then no window fires in time",
    ),
];

#[test]
fn statements_are_refused_where_flink_refuses_them() {
    let options = "WITH ('connector'='filesystem', 'path'='/tmp/nothing.jsonl', 'format'='json')";
    let mut lines = include_str!("statements.txt").lines();
    let mut wrong = Vec::new();
    while let (Some(line), Some(answer)) = (lines.next(), lines.next()) {
        let accepted = answer.trim() == "accepted";
        // Tables of the recorded statements have the options of a file unless they say something else.
        let statements = line.split("; ").map(|statement| {
            let declares = statement.starts_with("CREATE TABLE") || statement.starts_with("CREATE TEMPORARY TABLE");
            let bare = declares && !statement.contains(" WITH (") && !statement.contains(" LIKE ");
            if bare { format!("{statement} {options}") } else { statement.to_owned() }
        });
        let text = format!("{TABLE};\n{}", statements.collect::<Vec<_>>().join(";\n"));
        let (_, diagnostics) = in_one_cell(&text);
        let errors: Vec<String> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error)
            .map(|diagnostic| format!("{}: {}", diagnostic.code, diagnostic.message))
            .collect();
        let unsupported = errors.iter().all(|error| error.starts_with("not-supported"));
        let right = if accepted { errors.is_empty() || unsupported } else { !errors.is_empty() };
        if !right && !DIFFERENT_STATEMENTS.iter().any(|(other, _)| *other == line) {
            wrong.push(format!("{line}\n    Flink: {}\n    ours:  {errors:?}", answer.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn statements_that_lack_a_word_are_data() {
    let lines = include_str!("types.txt").lines().step_by(2).chain(include_str!("statements.txt").lines().step_by(2));
    for (index, line) in lines.enumerate().filter(|(index, _)| index % 4 == 0) {
        let words: Vec<&str> = line.split_inclusive([' ', ',', '(', ')', '\'', '.']).collect();
        let gap = index / 4 % words.len();
        let text = words.iter().enumerate().filter(|(word, _)| *word != gap).map(|(_, word)| *word).collect::<String>();
        // Whatever comes out of it, it comes out without a panic.
        let _ = schema(&text);
        let _ = in_one_cell(&format!("{TABLE};\n{text}"));
    }
}
