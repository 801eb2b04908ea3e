//! Mistakes in words, and what is said of them.

use super::read;
use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&read(text).1);
}

#[test]
fn misspelt_keywords_are_recognised() {
    check(
        "SELECT a FORM t",
        expect![[r#"
        error[syntax]: expected FROM, found `FORM`
         --> note.sql, cell 1:1:10
          |
        1 | SELECT a FORM t
          |          ^^^^
          |
        help: did you mean `FROM`?
          |
        1 - SELECT a FORM t
        1 + SELECT a FROM t
          |

    "#]],
    );
    check(
        "INSERT INTO t SELECT a FROM u WEHRE b = 1",
        expect![[r#"
        error[syntax]: expected WHERE, found `WEHRE`
         --> note.sql, cell 1:1:31
          |
        1 | INSERT INTO t SELECT a FROM u WEHRE b = 1
          |                               ^^^^^
          |
        help: did you mean `WHERE`?
          |
        1 - INSERT INTO t SELECT a FROM u WEHRE b = 1
        1 + INSERT INTO t SELECT a FROM u WHERE b = 1
          |

    "#]],
    );
    check(
        "CREATE TABEL t (a INT)",
        expect![[r#"
        error[syntax]: expected TABLE or VIEW, found `TABEL`
         --> note.sql, cell 1:1:8
          |
        1 | CREATE TABEL t (a INT)
          |        ^^^^^
          |
        help: did you mean `TABLE`?
          |
        1 - CREATE TABEL t (a INT)
        1 + CREATE TABLE t (a INT)
          |

    "#]],
    );
    check(
        "SELCT a FROM t",
        expect![[r#"
        error[unknown-statement]: `SELCT` does not start a statement
         --> note.sql, cell 1:1:1
          |
        1 | SELCT a FROM t
          | ^^^^^
          |
        help: did you mean `SELECT`?
          |
        1 | SELECT a FROM t
          |    +

    "#]],
    );
    check(
        "SELECT a FROM t GRUOP BY a",
        expect![[r#"
        error[syntax]: expected GROUP, found `GRUOP`
         --> note.sql, cell 1:1:17
          |
        1 | SELECT a FROM t GRUOP BY a
          |                 ^^^^^
          |
        help: did you mean `GROUP`?
          |
        1 - SELECT a FROM t GRUOP BY a
        1 + SELECT a FROM t GROUP BY a
          |

    "#]],
    );
    check(
        "SELECT a FROM t ORDER BY a DECS",
        expect![[r#"
        error[syntax]: expected the end of the statement, found `DECS`
         --> note.sql, cell 1:1:28
          |
        1 | SELECT a FROM t ORDER BY a DECS
          |                            ^^^^
          |
        help: did you mean `DESC`?
          |
        1 - SELECT a FROM t ORDER BY a DECS
        1 + SELECT a FROM t ORDER BY a DESC
          |

    "#]],
    );
}

#[test]
fn reserved_words_are_quoted() {
    check(
        "SELECT value, `one`, t.day FROM t",
        expect![[r#"
        error[reserved-word]: `value` is a reserved word
         --> note.sql, cell 1:1:8
          |
        1 | SELECT value, `one`, t.day FROM t
          |        ^^^^^ expected an expression
          |
        help: write it in backquotes to use it as a name
          |
        1 - SELECT value, `one`, t.day FROM t
        1 + SELECT `value`, `one`, t.day FROM t
          |

        error[reserved-word]: `day` is a reserved word
         --> note.sql, cell 1:1:24
          |
        1 | SELECT value, `one`, t.day FROM t
          |                        ^^^ expected a name behind the dot
          |
        help: write it in backquotes to use it as a name
          |
        1 - SELECT value, `one`, t.day FROM t
        1 + SELECT value, `one`, t.`day` FROM t
          |

    "#]],
    );
    check(
        "CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)",
        expect![[r#"
        error[reserved-word]: `timestamp` is a reserved word
         --> note.sql, cell 1:1:17
          |
        1 | CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)
          |                 ^^^^^^^^^ expected the name of a column
          |
        help: write it in backquotes to use it as a name
          |
        1 - CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)
        1 + CREATE TABLE t (`timestamp` TIMESTAMP(3), user STRING, offset BIGINT METADATA)
          |

        error[reserved-word]: `user` is a reserved word
         --> note.sql, cell 1:1:41
          |
        1 | CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)
          |                                         ^^^^ expected the name of a column
          |
        help: write it in backquotes to use it as a name
          |
        1 - CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)
        1 + CREATE TABLE t (timestamp TIMESTAMP(3), `user` STRING, offset BIGINT METADATA)
          |

        error[reserved-word]: `offset` is a reserved word
         --> note.sql, cell 1:1:54
          |
        1 | CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)
          |                                                      ^^^^^^ expected the name of a column
          |
        help: write it in backquotes to use it as a name
          |
        1 - CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, offset BIGINT METADATA)
        1 + CREATE TABLE t (timestamp TIMESTAMP(3), user STRING, `offset` BIGINT METADATA)
          |

    "#]],
    );
    check(
        "SELECT COUNT(*) AS second FROM t GROUP BY order",
        expect![[r#"
        error[reserved-word]: `second` is a reserved word
         --> note.sql, cell 1:1:20
          |
        1 | SELECT COUNT(*) AS second FROM t GROUP BY order
          |                    ^^^^^^ expected the name of a column
          |
        help: write it in backquotes to use it as a name
          |
        1 - SELECT COUNT(*) AS second FROM t GROUP BY order
        1 + SELECT COUNT(*) AS `second` FROM t GROUP BY order
          |

        error[reserved-word]: `order` is a reserved word
         --> note.sql, cell 1:1:43
          |
        1 | SELECT COUNT(*) AS second FROM t GROUP BY order
          |                                           ^^^^^ expected an expression
          |
        help: write it in backquotes to use it as a name
          |
        1 - SELECT COUNT(*) AS second FROM t GROUP BY order
        1 + SELECT COUNT(*) AS second FROM t GROUP BY `order`
          |

    "#]],
    );
}

#[test]
fn texts_and_names() {
    check(
        "SELECT \"a\" FROM t",
        expect![[r#"
        error[double-quotes]: Flink has no double quotes
         --> note.sql, cell 1:1:8
          |
        1 | SELECT "a" FROM t
          |        ^^^
          |
          = help: a text is written in single quotes ('text'), a name in backquotes (`name`)
        help: write a text in single quotes
          |
        1 - SELECT "a" FROM t
        1 + SELECT 'a' FROM t
          |

    "#]],
    );
    check(
        "SELECT a AS 'x' FROM t",
        expect![[r#"
        error[syntax]: a name cannot stand in single quotes
         --> note.sql, cell 1:1:13
          |
        1 | SELECT a AS 'x' FROM t
          |             ^^^
          |
        help: use backquotes
          |
        1 - SELECT a AS 'x' FROM t
        1 + SELECT a AS `x` FROM t
          |

    "#]],
    );
    check(
        "SELECT 'abc FROM t",
        expect![[r#"
        error[unterminated-text]: the text is never closed
         --> note.sql, cell 1:1:8
          |
        1 | SELECT 'abc FROM t
          |        ^ it starts here
          |
          = help: close it with `'`; a quote inside a text is written twice: `''`

    "#]],
    );
    check(
        "SELECT `abc FROM t",
        expect![[r#"
        error[unterminated-name]: the name in backquotes is never closed
         --> note.sql, cell 1:1:8
          |
        1 | SELECT `abc FROM t
          |        ^
          |
          = help: close it with a backquote

    "#]],
    );
    check(
        "SELECT a /* b",
        expect![[r#"
        error[unterminated-comment]: the comment is never closed
         --> note.sql, cell 1:1:10
          |
        1 | SELECT a /* b
          |          ^^
          |
          = help: close it with `*/`

    "#]],
    );
    check(
        "SELECT 'it's' FROM t",
        expect![[r#"
        error[unterminated-text]: the text is never closed
         --> note.sql, cell 1:1:13
          |
        1 | SELECT 'it's' FROM t
          |             ^ it starts here
          |
          = help: close it with `'`; a quote inside a text is written twice: `''`

    "#]],
    );
    check(
        "SELECT U&'\\zz', 1",
        expect![[r#"
        error[syntax]: a wrong escape in the text
         --> note.sql, cell 1:1:8
          |
        1 | SELECT U&'\zz', 1
          |        ^^^^^^^
          |
          = help: `\` and four hexadecimal digits stand for a character: U&'\00E9'

    "#]],
    );
}
