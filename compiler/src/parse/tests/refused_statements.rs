//! Mistakes in other statements, and what is said of them.

use super::read;
use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&read(text).1);
}

#[test]
fn several_mistakes_are_told_at_once() {
    check(
        "SELECT a,, b FROM t;\nCREATE TABLE u (a INTT, b LONG, c DECIMAL(10, x));\nSELECT 1;\nINSERT INTO v\n  SELECT a FROM (SELECT b FROM w;\nSELECT 'x",
        expect![[r#"
            error[syntax]: expected an expression behind the comma, found `,`
             --> note.sql, cell 1:1:10
              |
            1 | SELECT a,, b FROM t;
              |          ^
              |
            help: remove the comma
              |
            1 - SELECT a,, b FROM t;
            1 + SELECT a, b FROM t;
              |

            error[unknown-type]: there is no type `INTT`
             --> note.sql, cell 1:2:19
              |
            2 | CREATE TABLE u (a INTT, b LONG, c DECIMAL(10, x));
              |                   ^^^^
              |
            help: did you mean `INT`?
              |
            2 - CREATE TABLE u (a INTT, b LONG, c DECIMAL(10, x));
            2 + CREATE TABLE u (a INT, b LONG, c DECIMAL(10, x));
              |

            error[unknown-type]: there is no type `LONG`
             --> note.sql, cell 1:2:27
              |
            2 | CREATE TABLE u (a INTT, b LONG, c DECIMAL(10, x));
              |                           ^^^^
              |
            help: did you mean `BIGINT`?
              |
            2 - CREATE TABLE u (a INTT, b LONG, c DECIMAL(10, x));
            2 + CREATE TABLE u (a INTT, b BIGINT, c DECIMAL(10, x));
              |

            error[syntax]: expected the digits of the fraction, found `x`
             --> note.sql, cell 1:2:47
              |
            2 | CREATE TABLE u (a INTT, b LONG, c DECIMAL(10, x));
              |                                               ^

            error[syntax]: expected `)` behind the query, found the end of the statement
             --> note.sql, cell 1:5:33
              |
            5 |   SELECT a FROM (SELECT b FROM w;
              |                                 ^

            error[unterminated-text]: the text is never closed
             --> note.sql, cell 1:6:8
              |
            6 | SELECT 'x
              |        ^ it starts here
              |
              = help: close it with `'`; a quote inside a text is written twice: `''`

        "#]],
    );
    check(
        "CREATE TABLE a (x INT) WITH ('connector' = 'print'\nCREATE TABLE b (y INT y)\nINSERT INTO b SELECT x FROM",
        expect![[r#"
            error[syntax]: expected `,` or `)`, found `CREATE`
             --> note.sql, cell 1:2:1
              |
            2 | CREATE TABLE b (y INT y)
              | ^^^^^^

            error[syntax]: expected `,` or `)`, found `y`
             --> note.sql, cell 1:2:23
              |
            2 | CREATE TABLE b (y INT y)
              |                       ^

            error[syntax]: expected the name of a table, found the end of the cell
             --> note.sql, cell 1:3:28
              |
            3 | INSERT INTO b SELECT x FROM
              |                            ^

        "#]],
    );
}

#[test]
fn a_paragraph_has_one_interpreter() {
    check(
        "SELECT 1;\n%flink.ssql\nSELECT 2",
        expect![[r#"
        error[syntax]: an interpreter is named once, at the start of a paragraph
         --> note.sql, cell 1:2:1
          |
        2 | %flink.ssql
          | ^
          |
          = help: start a paragraph of its own with it

    "#]],
    );
}

#[test]
fn lines_may_end_as_on_windows() {
    check(
        "SELECT 1;\r\n\tSELECT a\r\n  FORM t;\r\n",
        expect![[r#"
        error[syntax]: expected FROM, found `FORM`
         --> note.sql, cell 1:3:3
          |
        3 |   FORM t;
          |   ^^^^
          |
        help: did you mean `FROM`?
          |
        3 -   FORM t;
        3 +   FROM t;
          |

    "#]],
    );
}

#[test]
fn statements_need_semicolons() {
    check(
        "CREATE TABLE a (x INT) WITH ('connector' = 'datagen')\nINSERT INTO b SELECT x FROM a;",
        expect![[r#"
        error[missing-semicolon]: two statements without `;` between them
         --> note.sql, cell 1:2:1
          |
        2 | INSERT INTO b SELECT x FROM a;
          | ^^^^^^
          |
        help: end the first one
          |
        1 | CREATE TABLE a (x INT) WITH ('connector' = 'datagen');
          |                                                      +

    "#]],
    );
}

#[test]
fn types() {
    check(
        "CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))",
        expect![[r#"
        error[unknown-type]: there is no type `TEXT`
         --> note.sql, cell 1:1:19
          |
        1 | CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
          |                   ^^^^
          |
        help: did you mean `STRING`?
          |
        1 - CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
        1 + CREATE TABLE t (a STRING, b DATETIME, c FLOTA, d RAW('x', 'y'))
          |

        error[unknown-type]: there is no type `DATETIME`
         --> note.sql, cell 1:1:27
          |
        1 | CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
          |                           ^^^^^^^^
          |
        help: did you mean `TIMESTAMP(3)`?
          |
        1 - CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
        1 + CREATE TABLE t (a TEXT, b TIMESTAMP(3), c FLOTA, d RAW('x', 'y'))
          |

        error[unknown-type]: there is no type `FLOTA`
         --> note.sql, cell 1:1:39
          |
        1 | CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
          |                                       ^^^^^
          |
        help: did you mean `FLOAT`?
          |
        1 - CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
        1 + CREATE TABLE t (a TEXT, b DATETIME, c FLOAT, d RAW('x', 'y'))
          |

        error[unsupported-type]: the type RAW is not supported
         --> note.sql, cell 1:1:48
          |
        1 | CREATE TABLE t (a TEXT, b DATETIME, c FLOTA, d RAW('x', 'y'))
          |                                                ^^^
          |
          = help: declare the column as STRING or BYTES

    "#]],
    );
    check(
        "CREATE TABLE t (a TIMESTAMP(3) WITH TIME ZONE, b)",
        expect![[r#"
        error[unsupported-type]: TIMESTAMP WITH TIME ZONE is not supported
         --> note.sql, cell 1:1:30
          |
        1 | CREATE TABLE t (a TIMESTAMP(3) WITH TIME ZONE, b)
          |                              ^^^^^^^^^^^^^^^^
          |
          = help: TIMESTAMP_LTZ is an instant, TIMESTAMP a calendar and a clock

        error[syntax]: the column `b` has no type
         --> note.sql, cell 1:1:48
          |
        1 | CREATE TABLE t (a TIMESTAMP(3) WITH TIME ZONE, b)
          |                                                ^
          |
          = help: write a type behind the name

    "#]],
    );
    check(
        "SELECT CAST(a AS VARCHAR(x)) FROM t",
        expect![[r#"
        error[syntax]: expected a length, found `x`
         --> note.sql, cell 1:1:26
          |
        1 | SELECT CAST(a AS VARCHAR(x)) FROM t
          |                          ^

    "#]],
    );
}

#[test]
fn tables() {
    check(
        "CREATE TABLE t (a INT PRIMARY KEY)",
        expect![[r#"
        error[enforced-key]: Flink does not enforce primary keys
         --> note.sql, cell 1:1:23
          |
        1 | CREATE TABLE t (a INT PRIMARY KEY)
          |                       ^^^^^^^^^^^
          |
        help: say that you know
          |
        1 | CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED)
          |                                   ++++++++++++

    "#]],
    );
    check(
        "CREATE TABLE t (a INT, UNIQUE (a))",
        expect![[r#"
        error[unsupported]: Flink has no UNIQUE constraints
         --> note.sql, cell 1:1:24
          |
        1 | CREATE TABLE t (a INT, UNIQUE (a))
          |                        ^^^^^^
          |
          = help: the only constraints are `PRIMARY KEY (...) NOT ENFORCED` and `NOT NULL`

    "#]],
    );
    check(
        "CREATE TABLE t (a INT DEFAULT 1)",
        expect![[r#"
        error[unsupported]: Flink has no default values of columns
         --> note.sql, cell 1:1:23
          |
        1 | CREATE TABLE t (a INT DEFAULT 1)
          |                       ^^^^^^^
          |
          = help: use COALESCE where the column is read

    "#]],
    );
    check(
        "CREATE TABLE t (a INT) WITH (connector = 'print', 'rows' = 5)",
        expect![[r#"
        error[unquoted-option]: the key of an option is written in single quotes
         --> note.sql, cell 1:1:30
          |
        1 | CREATE TABLE t (a INT) WITH (connector = 'print', 'rows' = 5)
          |                              ^^^^^^^^^
          |
        help: quote it
          |
        1 - CREATE TABLE t (a INT) WITH (connector = 'print', 'rows' = 5)
        1 + CREATE TABLE t (a INT) WITH ('connector' = 'print', 'rows' = 5)
          |

        error[unquoted-option]: the value of an option is written in single quotes
         --> note.sql, cell 1:1:60
          |
        1 | CREATE TABLE t (a INT) WITH (connector = 'print', 'rows' = 5)
          |                                                            ^
          |
        help: quote it
          |
        1 - CREATE TABLE t (a INT) WITH (connector = 'print', 'rows' = 5)
        1 + CREATE TABLE t (a INT) WITH (connector = 'print', 'rows' = '5')
          |

    "#]],
    );
    check(
        "CREATE TABLE t (a INT) WITH ('connector' 'print')",
        expect![[r#"
        error[syntax]: expected `=` behind the key of the option, found a text
         --> note.sql, cell 1:1:42
          |
        1 | CREATE TABLE t (a INT) WITH ('connector' 'print')
          |                                          ^^^^^^^

    "#]],
    );
    check(
        "CREATE TABLE t (a INT) WITH ('a' = 'b') PARTITIONED BY (a)",
        expect![[r#"
        error[syntax]: PARTITIONED BY stands before WITH
         --> note.sql, cell 1:1:41
          |
        1 | CREATE TABLE t (a INT) WITH ('a' = 'b') PARTITIONED BY (a)
          |                                         ^^^^^^^^^^^
          |
          = help: the order is COMMENT, PARTITIONED BY, WITH, LIKE

    "#]],
    );
    check(
        "CREATE TABLE t (a INT) DISTRIBUTED BY HASH(a) INTO 4 BUCKETS",
        expect![[r#"
        error[unsupported]: DISTRIBUTED is not supported: no connector here has buckets
         --> note.sql, cell 1:1:24
          |
        1 | CREATE TABLE t (a INT) DISTRIBUTED BY HASH(a) INTO 4 BUCKETS
          |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: remove the clause

    "#]],
    );
    check(
        "CREATE TABLE t (a INT) LIKE u (INCLUDING OPTOINS)",
        expect![[r#"
        error[syntax]: expected ALL, CONSTRAINTS, GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS, found `OPTOINS`
         --> note.sql, cell 1:1:42
          |
        1 | CREATE TABLE t (a INT) LIKE u (INCLUDING OPTOINS)
          |                                          ^^^^^^^
          |
        help: did you mean `OPTIONS`?
          |
        1 - CREATE TABLE t (a INT) LIKE u (INCLUDING OPTOINS)
        1 + CREATE TABLE t (a INT) LIKE u (INCLUDING OPTIONS)
          |

    "#]],
    );
    check(
        "CREATE OR REPLACE TABLE t (a INT)",
        expect![[r#"
        error[unsupported]: CREATE OR REPLACE is not supported
         --> note.sql, cell 1:1:1
          |
        1 | CREATE OR REPLACE TABLE t (a INT)
          | ^^^^^^^^^
          |
          = help: write `DROP ... IF EXISTS` before it instead of OR REPLACE

    "#]],
    );
}

#[test]
fn what_flink_knows_and_an_application_cannot_hold() {
    check(
        "ALTER TABLE t RENAME TO u",
        expect![[r#"
        error[unsupported]: ALTER is not supported
         --> note.sql, cell 1:1:1
          |
        1 | ALTER TABLE t RENAME TO u
          | ^^^^^
          |
          = help: change the CREATE statement itself

    "#]],
    );
    check(
        "CREATE FUNCTION f AS 'com.example.F'",
        expect![[r#"
        error[unsupported]: CREATE FUNCTION is not supported
         --> note.sql, cell 1:1:1
          |
        1 | CREATE FUNCTION f AS 'com.example.F'
          | ^^^^^^^^^^^^^^^
          |
          = help: use the built-in functions; functions of Java, Scala or Python cannot be compiled

    "#]],
    );
    check(
        "CREATE CATALOG c WITH ('type' = 'hive')",
        expect![[r#"
        error[unsupported]: CREATE CATALOG is not supported
         --> note.sql, cell 1:1:1
          |
        1 | CREATE CATALOG c WITH ('type' = 'hive')
          | ^^^^^^^^^^^^^^
          |
          = help: tables come from the notebook and from the folder `catalog/` beside it

    "#]],
    );
    check(
        "SHOW TABLES",
        expect![[r#"
        warning[skipped-statement]: SHOW has no place in an application and is skipped
         --> note.sql, cell 1:1:1
          |
        1 | SHOW TABLES
          | ^^^^
          |
          = note: it only shows something

    "#]],
    );
    check(
        "EXPLAIN SELECT 1",
        expect![[r#"
        warning[skipped-statement]: EXPLAIN has no place in an application and is skipped
         --> note.sql, cell 1:1:1
          |
        1 | EXPLAIN SELECT 1
          | ^^^^^^^
          |
          = note: `sqlc explain` shows plans

    "#]],
    );
    check(
        "DELETE FROM t WHERE a = 1",
        expect![[r#"
        error[unsupported]: DELETE is not supported
         --> note.sql, cell 1:1:1
          |
        1 | DELETE FROM t WHERE a = 1
          | ^^^^^^
          |
          = help: rows of a stream are written with INSERT INTO; updates follow from the query and the PRIMARY KEY of the table

    "#]],
    );
    check(
        "USE MODULES core",
        expect![[r#"
        error[unsupported]: modules are not supported
         --> note.sql, cell 1:1:5
          |
        1 | USE MODULES core
          |     ^^^^^^^
          |
          = help: the built-in functions are always there

    "#]],
    );
    check(
        "SELECT * FROM t MATCH_RECOGNIZE (ORDER BY a)",
        expect![[r#"
        error[unsupported]: MATCH_RECOGNIZE is not supported
         --> note.sql, cell 1:1:17
          |
        1 | SELECT * FROM t MATCH_RECOGNIZE (ORDER BY a)
          |                 ^^^^^^^^^^^^^^^
          |
          = help: patterns over rows are not supported yet

    "#]],
    );
    check(
        "WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x",
        expect![[r#"
        error[unsupported]: recursive queries are not supported
         --> note.sql, cell 1:1:6
          |
        1 | WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x
          |      ^^^^^^^^^

    "#]],
    );
    check(
        "INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING",
        expect![[r#"
        error[unsupported]: ON CONFLICT is not supported
         --> note.sql, cell 1:1:24
          |
        1 | INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING
          |                        ^^
          |
          = help: declare the PRIMARY KEY of the table as the key of the query

    "#]],
    );
    check(
        "SET",
        expect![[r#"
        warning[skipped-statement]: SET without a key only lists settings; it is skipped
         --> note.sql, cell 1:1:1
          |
        1 | SET
          | ^^^

    "#]],
    );
}

#[test]
fn statement_sets() {
    check(
        "EXECUTE STATEMENT SET BEGIN\nINSERT INTO a SELECT 1;\nINSERT INTO SELECT 2;\nSELECT 3;\nEND;\nSELECT 4,",
        expect![[r#"
            error[syntax]: expected the name of a table, found SELECT
             --> note.sql, cell 1:3:13
              |
            3 | INSERT INTO SELECT 2;
              |             ^^^^^^

            error[syntax]: expected INSERT INTO or END, found SELECT
             --> note.sql, cell 1:4:1
              |
            4 | SELECT 3;
              | ^^^^^^

            error[syntax]: expected an expression, found the end of the cell
             --> note.sql, cell 1:6:10
              |
            6 | SELECT 4,
              |          ^

        "#]],
    );
    check(
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;",
        expect![[r#"
        error[syntax]: the statement set is never closed
         --> note.sql, cell 1:1:1
          |
        1 | EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;
          | ^^^^^^^
          |
          = help: write `END;` behind its last INSERT

    "#]],
    );
}
