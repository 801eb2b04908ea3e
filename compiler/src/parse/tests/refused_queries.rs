//! Mistakes in queries, and what is said of them.

use super::read;
use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&read(text).1);
}

#[test]
fn commas_too_many() {
    check(
        "SELECT a, FROM t",
        expect![[r#"
        error[syntax]: expected an expression behind the comma, found FROM
         --> note.sql, cell 1:1:11
          |
        1 | SELECT a, FROM t
          |           ^^^^
          |
        help: remove the comma
          |
        1 - SELECT a, FROM t
        1 + SELECT a FROM t
          |

    "#]],
    );
    check(
        "CREATE TABLE t (a INT,)",
        expect![[r#"
        error[syntax]: expected a column behind the comma, found `)`
         --> note.sql, cell 1:1:23
          |
        1 | CREATE TABLE t (a INT,)
          |                       ^
          |
        help: remove the comma
          |
        1 - CREATE TABLE t (a INT,)
        1 + CREATE TABLE t (a INT)
          |

    "#]],
    );
    check(
        "CREATE TABLE t (a INT) WITH ('a' = 'b',)",
        expect![[r#"
        error[syntax]: expected an option behind the comma, found `)`
         --> note.sql, cell 1:1:40
          |
        1 | CREATE TABLE t (a INT) WITH ('a' = 'b',)
          |                                        ^
          |
        help: remove the comma
          |
        1 - CREATE TABLE t (a INT) WITH ('a' = 'b',)
        1 + CREATE TABLE t (a INT) WITH ('a' = 'b')
          |

    "#]],
    );
    check(
        "SELECT f(a,) FROM t",
        expect![[r#"
        error[syntax]: expected an argument behind the comma, found `)`
         --> note.sql, cell 1:1:12
          |
        1 | SELECT f(a,) FROM t
          |            ^
          |
        help: remove the comma
          |
        1 - SELECT f(a,) FROM t
        1 + SELECT f(a) FROM t
          |

    "#]],
    );
}

#[test]
fn operators_of_other_databases() {
    check(
        "SELECT a != b, c == d FROM t",
        expect![[r#"
        error[syntax]: `!=` is not an operator of Flink
         --> note.sql, cell 1:1:10
          |
        1 | SELECT a != b, c == d FROM t
          |          ^^
          |
        help: write `<>`
          |
        1 - SELECT a != b, c == d FROM t
        1 + SELECT a <> b, c == d FROM t
          |

        error[syntax]: `==` is not an operator of Flink
         --> note.sql, cell 1:1:18
          |
        1 | SELECT a != b, c == d FROM t
          |                  ^^
          |
        help: write `=`
          |
        1 - SELECT a != b, c == d FROM t
        1 + SELECT a != b, c = d FROM t
          |

    "#]],
    );
    check(
        "SELECT a::INT FROM t",
        expect![[r#"
        error[syntax]: `::` is not an operator of Flink
         --> note.sql, cell 1:1:9
          |
        1 | SELECT a::INT FROM t
          |         ^^
          |
          = help: write `CAST(value AS type)`

    "#]],
    );
    check(
        "SELECT a ILIKE 'x' FROM t",
        expect![[r#"
        error[unsupported]: ILIKE is not supported
         --> note.sql, cell 1:1:10
          |
        1 | SELECT a ILIKE 'x' FROM t
          |          ^^^^^
          |
          = help: write `LOWER(text) LIKE 'pattern in lower case'`

    "#]],
    );
    check(
        "SELECT a FROM t WHERE b = ANY (SELECT c FROM d)",
        expect![[r#"
        error[unsupported]: ANY is not supported
         --> note.sql, cell 1:1:27
          |
        1 | SELECT a FROM t WHERE b = ANY (SELECT c FROM d)
          |                           ^^^
          |
          = help: `= ANY` is `IN`; other comparisons are written with MIN or MAX in a subquery

    "#]],
    );
}

#[test]
fn intervals_and_units() {
    check(
        "SELECT INTERVAL '5' SECNOD",
        expect![[r#"
        error[syntax]: expected a unit of time, found `SECNOD`
         --> note.sql, cell 1:1:21
          |
        1 | SELECT INTERVAL '5' SECNOD
          |                     ^^^^^^
          |
        help: did you mean `SECOND`?
          |
        1 - SELECT INTERVAL '5' SECNOD
        1 + SELECT INTERVAL '5' SECOND
          |

    "#]],
    );
    check(
        "SELECT INTERVAL 'five' MINUTE, INTERVAL '100' DAY, INTERVAL '1:75' HOUR TO MINUTE",
        expect![[r#"
        error[invalid-interval]: 'five' is not an interval of the form '15' MINUTE
         --> note.sql, cell 1:1:8
          |
        1 | SELECT INTERVAL 'five' MINUTE, INTERVAL '100' DAY, INTERVAL '1:75' HOUR TO MINUTE
          |        ^^^^^^^^^^^^^^^^^^^^^^

        error[invalid-interval]: 100 has more digits than DAY takes; DAY(3) takes 3
         --> note.sql, cell 1:1:32
          |
        1 | SELECT INTERVAL 'five' MINUTE, INTERVAL '100' DAY, INTERVAL '1:75' HOUR TO MINUTE
          |                                ^^^^^^^^^^^^^^^^^^

        error[invalid-interval]: 75 is not a number of MINUTEs below 60
         --> note.sql, cell 1:1:52
          |
        1 | SELECT INTERVAL 'five' MINUTE, INTERVAL '100' DAY, INTERVAL '1:75' HOUR TO MINUTE
          |                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    "#]],
    );
    check(
        "SELECT EXTRACT(DAYS FROM a), FLOOR(a TO FORTNIGHT) FROM t",
        expect![[r#"
        error[syntax]: `DAYS` is not a unit here
         --> note.sql, cell 1:1:16
          |
        1 | SELECT EXTRACT(DAYS FROM a), FLOOR(a TO FORTNIGHT) FROM t
          |                ^^^^
          |
        help: only intervals take the plural; write
          |
        1 - SELECT EXTRACT(DAYS FROM a), FLOOR(a TO FORTNIGHT) FROM t
        1 + SELECT EXTRACT(DAY FROM a), FLOOR(a TO FORTNIGHT) FROM t
          |

        error[syntax]: expected a unit of time, found `FORTNIGHT`
         --> note.sql, cell 1:1:41
          |
        1 | SELECT EXTRACT(DAYS FROM a), FLOOR(a TO FORTNIGHT) FROM t
          |                                         ^^^^^^^^^

    "#]],
    );
}

#[test]
fn hints() {
    check(
        "SELECT * FROM t AS x /*+ OPTIONS('a' = 'b') */",
        expect![[r#"
        error[misplaced-hint]: a hint stands directly behind the name of the table
         --> note.sql, cell 1:1:22
          |
        1 | SELECT * FROM t AS x /*+ OPTIONS('a' = 'b') */
          |                      ^^^
          |
          = help: write `table /*+ OPTIONS('key' = 'value') */ AS alias`

    "#]],
    );
    check(
        "SELECT * FROM t /*+ OPTIONS('a' = 5, b = 'c') */",
        expect![[r#"
        error[unquoted-option]: the value of an option is written in single quotes
         --> note.sql, cell 1:1:35
          |
        1 | SELECT * FROM t /*+ OPTIONS('a' = 5, b = 'c') */
          |                                   ^
          |
        help: quote it
          |
        1 - SELECT * FROM t /*+ OPTIONS('a' = 5, b = 'c') */
        1 + SELECT * FROM t /*+ OPTIONS('a' = '5', b = 'c') */
          |

        error[syntax]: expected `,` or `)`, found `=`
         --> note.sql, cell 1:1:40
          |
        1 | SELECT * FROM t /*+ OPTIONS('a' = 5, b = 'c') */
          |                                        ^

    "#]],
    );
}

#[test]
fn joins() {
    check(
        "SELECT * FROM (t AS a)",
        expect![[r#"
        error[syntax]: only a query or a join stands in parentheses here
         --> note.sql, cell 1:1:16
          |
        1 | SELECT * FROM (t AS a)
          |                ^^^^^^
          |
          = help: remove the parentheses

    "#]],
    );
    check(
        "SELECT * FROM (t JOIN u ON a = b) AS x",
        expect![[r#"
        error[syntax]: a join has no name of its own
         --> note.sql, cell 1:1:38
          |
        1 | SELECT * FROM (t JOIN u ON a = b) AS x
          |                                      ^
          |
          = help: name the joined tables, or select from the join in a subquery

    "#]],
    );
    check(
        "SELECT a FROM t LEFT SEMI JOIN u ON a = b",
        expect![[r#"
        error[syntax]: Flink's SQL has no words for semi and anti joins
         --> note.sql, cell 1:1:22
          |
        1 | SELECT a FROM t LEFT SEMI JOIN u ON a = b
          |                      ^^^^
          |
          = help: write `WHERE EXISTS (...)` or `WHERE NOT EXISTS (...)`

    "#]],
    );
    check(
        "SELECT a FROM t INNER LEFT JOIN u ON a = b",
        expect![[r#"
        error[syntax]: expected JOIN, found LEFT
         --> note.sql, cell 1:1:23
          |
        1 | SELECT a FROM t INNER LEFT JOIN u ON a = b
          |                       ^^^^

    "#]],
    );
}

#[test]
fn the_order_of_clauses() {
    check(
        "SELECT a FROM t GROUP BY a WHERE b > 1",
        expect![[r#"
        error[syntax]: WHERE stands before GROUP BY
         --> note.sql, cell 1:1:28
          |
        1 | SELECT a FROM t GROUP BY a WHERE b > 1
          |                            ^^^^^
          |
          = help: a condition on the groups is written with HAVING

    "#]],
    );
    check(
        "SELECT a FROM t LIMIT 5, 10",
        expect![[r#"
        error[syntax]: LIMIT takes one number
         --> note.sql, cell 1:1:17
          |
        1 | SELECT a FROM t LIMIT 5, 10
          |                 ^^^^^^^^
          |
          = help: write `LIMIT count OFFSET start`

    "#]],
    );
    check(
        "SELECT a FROM t OFFSET 5 LIMIT 10",
        expect![[r#"
        error[syntax]: LIMIT stands before OFFSET
         --> note.sql, cell 1:1:26
          |
        1 | SELECT a FROM t OFFSET 5 LIMIT 10
          |                          ^^^^^
          |
          = help: write `LIMIT count OFFSET start`

    "#]],
    );
    check(
        "SELECT a FROM t WHERE",
        expect![[r#"
        error[syntax]: expected an expression, found the end of the cell
         --> note.sql, cell 1:1:22
          |
        1 | SELECT a FROM t WHERE
          |                      ^

    "#]],
    );
    check(
        "SELECT FROM t",
        expect![[r#"
        error[syntax]: expected an expression, found FROM
         --> note.sql, cell 1:1:8
          |
        1 | SELECT FROM t
          |        ^^^^

    "#]],
    );
    check(
        "SELECT (a + b FROM t",
        expect![[r#"
        error[syntax]: expected `,` or `)`, found FROM
         --> note.sql, cell 1:1:15
          |
        1 | SELECT (a + b FROM t
          |               ^^^^

    "#]],
    );
    check(
        "SELECT a) FROM t",
        expect![[r#"
        error[syntax]: `)` closes nothing
         --> note.sql, cell 1:1:9
          |
        1 | SELECT a) FROM t
          |         ^

    "#]],
    );
}
