//! What is not supported yet, and what was right and is no longer.

use super::super::bound;
use super::{SENSORS, TARGET, check};
use expect_test::expect;

#[test]
fn what_is_not_there_yet() {
    check(
        &[
            "SELECT a.id FROM sensors AS a JOIN sensors AS b ON a.id = b.id",
            "SELECT id FROM sensors, target",
            "SELECT id FROM sensors ORDER BY event_time LIMIT 5",
            "SELECT id FROM sensors WHERE id IN (SELECT id FROM sensors)",
            "SELECT id FROM sensors WHERE EXISTS (SELECT id FROM sensors)",
            "SELECT id, (SELECT MAX(id) FROM sensors) FROM sensors",
            "SELECT id FROM sensors INTERSECT SELECT id FROM sensors",
            "SELECT ROW(id, status), ARRAY[id], MAP['a', id] FROM sensors",
            "SELECT * FROM sensors FOR SYSTEM_TIME AS OF event_time",
            "CREATE TABLE a WITH ('connector' = 'blackhole') AS SELECT id FROM sensors",
            "SELECT x FROM UNNEST(ARRAY[1, 2]) AS t (x)",
        ],
        expect![[r#"
            error[not-supported]: a join is not supported yet
             --> note.zpln, cell 3:1:31
              |
            1 | SELECT a.id FROM sensors AS a JOIN sensors AS b ON a.id = b.id
              |                               ^^^^
              |
              = help: read each table in a statement of its own

            error[not-supported]: a join of tables is not supported yet
             --> note.zpln, cell 4:1:16
              |
            1 | SELECT id FROM sensors, target
              |                ^^^^^^^^^^^^^^^
              |
              = help: read each table in a statement of its own

            error[not-supported]: ORDER BY is not supported yet
             --> note.zpln, cell 5:1:33
              |
            1 | SELECT id FROM sensors ORDER BY event_time LIMIT 5
              |                                 ^^^^^^^^^^
              |
              = help: leave it out; a table in the terminal is sorted by its first column

            error[not-supported]: LIMIT is not supported yet
             --> note.zpln, cell 5:1:50
              |
            1 | SELECT id FROM sensors ORDER BY event_time LIMIT 5
              |                                                  ^
              |
              = help: filter with WHERE

            error[not-supported]: IN with a query is not supported yet
             --> note.zpln, cell 6:1:30
              |
            1 | SELECT id FROM sensors WHERE id IN (SELECT id FROM sensors)
              |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: write the values out, or filter before the query is split

            error[not-supported]: EXISTS is not supported yet
             --> note.zpln, cell 7:1:30
              |
            1 | SELECT id FROM sensors WHERE EXISTS (SELECT id FROM sensors)
              |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: express the condition with columns of this FROM

            error[not-supported]: a query as a value is not supported yet
             --> note.zpln, cell 8:1:12
              |
            1 | SELECT id, (SELECT MAX(id) FROM sensors) FROM sensors
              |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: compute the value in a subquery in FROM

            error[not-supported]: INTERSECT is not supported yet
             --> note.zpln, cell 9:1:24
              |
            1 | SELECT id FROM sensors INTERSECT SELECT id FROM sensors
              |                        ^^^^^^^^^
              |
              = help: UNION and UNION ALL are there

            error[not-supported]: building a ROW is not supported yet
             --> note.zpln, cell 10:1:8
              |
            1 | SELECT ROW(id, status), ARRAY[id], MAP['a', id] FROM sensors
              |        ^^^^^^^^^^^^^^^
              |
              = help: select its fields as columns

            error[not-supported]: building an ARRAY is not supported yet
             --> note.zpln, cell 10:1:25
              |
            1 | SELECT ROW(id, status), ARRAY[id], MAP['a', id] FROM sensors
              |                         ^^^^^^^^^
              |
              = help: select its elements as columns

            error[not-supported]: building a MAP is not supported yet
             --> note.zpln, cell 10:1:36
              |
            1 | SELECT ROW(id, status), ARRAY[id], MAP['a', id] FROM sensors
              |                                    ^^^^^^^^^^^^
              |
              = help: select its values as columns

            error[not-supported]: FOR SYSTEM_TIME AS OF is not supported yet
             --> note.zpln, cell 11:1:45
              |
            1 | SELECT * FROM sensors FOR SYSTEM_TIME AS OF event_time
              |                                             ^^^^^^^^^^
              |
              = help: join on the key without a time

            error[not-supported]: CREATE TABLE ... AS SELECT is not supported yet
             --> note.zpln, cell 12:1:52
              |
            1 | CREATE TABLE a WITH ('connector' = 'blackhole') AS SELECT id FROM sensors
              |                                                    ^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: declare the columns, then write INSERT INTO

            error[not-supported]: UNNEST is not supported yet
             --> note.zpln, cell 13:1:15
              |
            1 | SELECT x FROM UNNEST(ARRAY[1, 2]) AS t (x)
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: select elements as columns: `items[1]`

        "#]],
    );
}

#[test]
fn a_view_that_no_longer_works_says_so_where_it_is_read() {
    check(
        &["CREATE VIEW v AS SELECT id FROM sensors", "DROP TABLE sensors", "SELECT * FROM v"],
        expect![[r#"
            error[broken-view]: the view `v` no longer works: there is no table or view `sensors`
             --> note.zpln, cell 5:1:15
              |
            1 | SELECT * FROM v
              |               ^
              |
             ::: note.zpln, cell 3:1:33
              |
            1 | CREATE VIEW v AS SELECT id FROM sensors
              |                                 ------- in its query

        "#]],
    );
}

#[test]
fn the_catalog_holds_declarations() {
    expect![[r#"
        error[statement-in-catalog]: the catalog folder holds declarations only
         --> catalog.sql, cell 2:1:1
          |
        1 | SELECT 1
          | ^^^^^^^^
          |
          = help: move the statement into the notebook

    "#]]
    .assert_eq(&bound(&[SENSORS, "SELECT 1"], &["SELECT * FROM sensors"]).1);
}

#[test]
fn the_note_that_filled_the_catalog_can_run_again() {
    let (plan, diagnostics) = bound(&[SENSORS, TARGET], &[SENSORS, "SELECT * FROM sensors"]);
    assert_eq!(diagnostics, "");
    assert_eq!(plan.statements.len(), 1);
}
