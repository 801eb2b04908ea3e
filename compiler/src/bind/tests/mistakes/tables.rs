//! Declarations.

use super::check;
use expect_test::expect;

#[test]
fn tables() {
    let with = "WITH ('connector' = 'datagen')";
    let statements = [
        format!("CREATE TABLE a (x INT, x STRING, y AS z + 1, PRIMARY KEY (w) NOT ENFORCED) PARTITIONED BY (v) {with}"),
        format!("CREATE TABLE b (x STRING, t TIMESTAMP, WATERMARK FOR x AS x) {with}"),
        format!("CREATE TABLE c (t TIMESTAMP, WATERMARK FOR t AS t) {with}"),
        format!("CREATE TABLE d (t TIMESTAMP(3), WATERMARK FOR t AS 5) {with}"),
        format!("CREATE TABLE e (p AS PROCTIME(), x INT, WATERMARK FOR p AS p) {with}"),
        format!("CREATE TABLE f (x DECIMAL(50), y TIMESTAMP(9), z MULTISET<INT>, w TIMESTAMP WITH TIME ZONE) {with}"),
        format!("CREATE TABLE sensors (x INT) {with}"),
        format!("CREATE TABLE g (x INT, y AS x + 1, w AS y + 1) {with}"),
        format!("CREATE TABLE h (x INT METADATA FROM 'offset', y INT) {with}"),
        "CREATE TABLE i (id INT) LIKE sensors".to_owned(),
        "CREATE TABLE j (WATERMARK FOR event_time AS event_time) LIKE sensors".to_owned(),
        "CREATE TABLE k LIKE sensors (INCLUDING ALL, OVERWRITING CONSTRAINTS)".to_owned(),
        "CREATE VIEW v AS SELECT id, id FROM sensors".to_owned(),
        "CREATE VIEW w (a) AS SELECT id, status FROM sensors".to_owned(),
        "SELECT * FROM a, w".to_owned(),
        "DROP VIEW sensors".to_owned(),
        "DROP TABLE sensor".to_owned(),
        "USE CATALOG hive".to_owned(),
    ];
    check(
        &statements.iter().map(String::as_str).collect::<Vec<_>>(),
        expect![[r#"
        error[duplicate-column]: `a` has two columns `x`
         --> note.zpln, cell 3:1:24
          |
        1 | CREATE TABLE a (x INT, x STRING, y AS z + 1, PRIMARY KEY (w) NOT ENFORCED) PARTITIONED BY (v) WITH ('connector' = 'datagen')
          |                 -----  ^
          |                 |
          |                 the first one

        error[unknown-column]: there is no column `z` here
         --> note.zpln, cell 3:1:39
          |
        1 | CREATE TABLE a (x INT, x STRING, y AS z + 1, PRIMARY KEY (w) NOT ENFORCED) PARTITIONED BY (v) WITH ('connector' = 'datagen')
          |                                       ^
          |
          = note: a computed column is made of columns that are not computed
          = note: the columns are `x`

        error[unknown-column]: there is no column `w` in `a`
         --> note.zpln, cell 3:1:59
          |
        1 | CREATE TABLE a (x INT, x STRING, y AS z + 1, PRIMARY KEY (w) NOT ENFORCED) PARTITIONED BY (v) WITH ('connector' = 'datagen')
          |                                                           ^

        error[unknown-column]: there is no column `v` in `a`
         --> note.zpln, cell 3:1:92
          |
        1 | CREATE TABLE a (x INT, x STRING, y AS z + 1, PRIMARY KEY (w) NOT ENFORCED) PARTITIONED BY (v) WITH ('connector' = 'datagen')
          |                                                                                            ^

        error[not-a-time]: a WATERMARK is made over TIMESTAMP(3) or TIMESTAMP_LTZ(3), `x` is of type STRING
         --> note.zpln, cell 4:1:54
          |
        1 | CREATE TABLE b (x STRING, t TIMESTAMP, WATERMARK FOR x AS x) WITH ('connector' = 'datagen')
          |                 -------- declared here               ^
          |
          = help: add a column `AS TO_TIMESTAMP(x)` and make the WATERMARK over it

        error[not-a-time]: a WATERMARK is made over TIMESTAMP(3) or TIMESTAMP_LTZ(3), `t` is of type TIMESTAMP(6)
         --> note.zpln, cell 5:1:44
          |
        1 | CREATE TABLE c (t TIMESTAMP, WATERMARK FOR t AS t) WITH ('connector' = 'datagen')
          |                 ----------- declared here  ^
          |
          = help: declare `t` as TIMESTAMP(3)

        error[type-mismatch]: the WATERMARK of `t` must be of its type TIMESTAMP(3), this is of type INT
         --> note.zpln, cell 6:1:52
          |
        1 | CREATE TABLE d (t TIMESTAMP(3), WATERMARK FOR t AS 5) WITH ('connector' = 'datagen')
          |                                                    ^
          |
          = help: write `t - INTERVAL '5' SECOND`

        error[not-a-time]: `p` is processing time, which needs no WATERMARK
         --> note.zpln, cell 7:1:55
          |
        1 | CREATE TABLE e (p AS PROCTIME(), x INT, WATERMARK FOR p AS p) WITH ('connector' = 'datagen')
          |                                                       ^
          |
          = help: leave the WATERMARK out

        error[bad-type]: the precision of DECIMAL is from 1 to 38, not 50
         --> note.zpln, cell 8:1:19
          |
        1 | CREATE TABLE f (x DECIMAL(50), y TIMESTAMP(9), z MULTISET<INT>, w TIMESTAMP WITH TIME ZONE) WITH ('connector' = 'datagen')
          |                   ^^^^^^^^^^^

        error[unsupported-type]: TIMESTAMP(9) is finer than what is kept
         --> note.zpln, cell 8:1:34
          |
        1 | CREATE TABLE f (x DECIMAL(50), y TIMESTAMP(9), z MULTISET<INT>, w TIMESTAMP WITH TIME ZONE) WITH ('connector' = 'datagen')
          |                                  ^^^^^^^^^^^^
          |
          = help: write TIMESTAMP(6): times are kept in microseconds

        error[unsupported-type]: a column cannot be a MULTISET yet
         --> note.zpln, cell 8:1:50
          |
        1 | CREATE TABLE f (x DECIMAL(50), y TIMESTAMP(9), z MULTISET<INT>, w TIMESTAMP WITH TIME ZONE) WITH ('connector' = 'datagen')
          |                                                  ^^^^^^^^^^^^^

        error[unsupported-type]: TIMESTAMP WITH TIME ZONE is not supported
         --> note.zpln, cell 8:1:67
          |
        1 | CREATE TABLE f (x DECIMAL(50), y TIMESTAMP(9), z MULTISET<INT>, w TIMESTAMP WITH TIME ZONE) WITH ('connector' = 'datagen')
          |                                                                   ^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: TIMESTAMP_LTZ is an instant, TIMESTAMP a calendar and a clock

        error[unsupported-type]: TIMESTAMP WITH TIME ZONE is not supported, by Flink neither
         --> note.zpln, cell 8:1:67
          |
        1 | CREATE TABLE f (x DECIMAL(50), y TIMESTAMP(9), z MULTISET<INT>, w TIMESTAMP WITH TIME ZONE) WITH ('connector' = 'datagen')
          |                                                                   ^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: write TIMESTAMP_LTZ for an instant, TIMESTAMP for a calendar and a clock

        error[already-declared]: a table `sensors` is already declared
         --> note.zpln, cell 9:1:14
          |
        1 | CREATE TABLE sensors (x INT) WITH ('connector' = 'datagen')
          |              ^^^^^^^
          |
         ::: note.zpln, cell 1:1:14
          |
        1 | CREATE TABLE sensors (
          |              ------- declared here first
          |
          = help: give the table another name, write IF NOT EXISTS to keep the first, or DROP TABLE sensors; before

        error[unknown-column]: there is no column `y` here
         --> note.zpln, cell 10:1:41
          |
        1 | CREATE TABLE g (x INT, y AS x + 1, w AS y + 1) WITH ('connector' = 'datagen')
          |                                         ^
          |
          = note: a computed column is made of columns that are not computed
          = note: the columns are `x`

        error[unknown-metadata]: connector 'datagen' has no metadata 'offset'
         --> note.zpln, cell 11:1:37
          |
        1 | CREATE TABLE h (x INT METADATA FROM 'offset', y INT) WITH ('connector' = 'datagen')
          |                                     ^^^^^^^^
          |
          = note: it offers none

        error[duplicate-column]: `i` has two columns `id`
         --> note.zpln, cell 12:1:17
          |
        1 | CREATE TABLE i (id INT) LIKE sensors
          |                 ^^
          |
         ::: note.zpln, cell 1:2:5
          |
        2 |     id INT NOT NULL,
          |     --------------- the first one

        error[second-watermark]: the table this one is LIKE has a WATERMARK already
         --> note.zpln, cell 13:1:17
          |
        1 | CREATE TABLE j (WATERMARK FOR event_time AS event_time) LIKE sensors
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
         ::: note.zpln, cell 1:8:5
          |
        8 |     WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
          |     ------------------------------------------------------------ the first one
          |
          = help: write LIKE ... (OVERWRITING WATERMARKS) or (EXCLUDING WATERMARKS)

        error[bad-like]: only GENERATED, METADATA, OPTIONS and WATERMARKS can be OVERWRITING
         --> note.zpln, cell 14:1:45
          |
        1 | CREATE TABLE k LIKE sensors (INCLUDING ALL, OVERWRITING CONSTRAINTS)
          |                                             ^^^^^^^^^^^^^^^^^^^^^^^

        error[duplicate-column]: the view would have two columns `id`
         --> note.zpln, cell 15:1:29
          |
        1 | CREATE VIEW v AS SELECT id, id FROM sensors
          |                             ^^
          |
          = help: give one of them another name with AS

        error[column-count]: `w` names one column, its query has 2 columns
         --> note.zpln, cell 16:1:16
          |
        1 | CREATE VIEW w (a) AS SELECT id, status FROM sensors
          |                ^

        error[not-supported]: a join of tables is not supported yet
         --> note.zpln, cell 17:1:15
          |
        1 | SELECT * FROM a, w
          |               ^^^^
          |
          = help: read each table in a statement of its own

        error[wrong-kind-of-object]: `sensors` is a table, not a view
         --> note.zpln, cell 18:1:1
          |
        1 | DROP VIEW sensors
          | ^^^^^^^^^^^^^^^^^
          |
         ::: note.zpln, cell 1:1:14
          |
        1 | CREATE TABLE sensors (
          |              ------- declared here
          |
          = help: write DROP TABLE sensors

        error[unknown-table]: there is no table `sensor` to drop
         --> note.zpln, cell 19:1:12
          |
        1 | DROP TABLE sensor
          |            ^^^^^^
          |
          = help: IF EXISTS makes it no mistake
        help: did you mean `sensors`?
          |
        1 | DROP TABLE sensors
          |                  +

        error[unknown-database]: there is no catalog or database `hive`
         --> note.zpln, cell 20:1:13
          |
        1 | USE CATALOG hive
          |             ^^^^
          |
          = note: all tables are in `default_catalog`.`default_database`
          = help: leave the qualifier out

    "#]],
    );
}
