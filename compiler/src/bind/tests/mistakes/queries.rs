//! Names and grouping.

use super::check;
use expect_test::expect;

#[test]
fn names() {
    check(
        &[
            "SELECT temprature, place.lng, status.x, sensors.idd FROM sensors",
            "SELECT Status AS s FROM sensors WHERE s = 'OK'",
            "SELECT sensor.id FROM sensors",
            "SELECT sensors.id FROM sensors AS s",
            "SELECT status FROM (SELECT id AS status, status FROM sensors)",
            "SELECT * FROM sensor",
            "SELECT * FROM other.sensors",
            "SELECT id",
            "SELECT x.* FROM sensors",
            "WITH a AS (SELECT id FROM sensors), a AS (SELECT 1) SELECT * FROM a",
            "SELECT * FROM (SELECT id, status FROM sensors) AS t (a)",
            "SELECT place[1], tags[1], id[1] FROM sensors",
        ],
        expect![[r#"
            error[unknown-column]: there is no column `temprature` here
             --> note.zpln, cell 3:1:8
              |
            1 | SELECT temprature, place.lng, status.x, sensors.idd FROM sensors
              |        ^^^^^^^^^^
              |
            help: did you mean `temperature`?
              |
            1 | SELECT temperature, place.lng, status.x, sensors.idd FROM sensors
              |            +

            error[unknown-field]: there is no field `lng` in ROW<lat DOUBLE, lon DOUBLE>
             --> note.zpln, cell 3:1:26
              |
            1 | SELECT temprature, place.lng, status.x, sensors.idd FROM sensors
              |                          ^^^

            error[not-a-row]: `x` is of type VARCHAR(6) and has no fields
             --> note.zpln, cell 3:1:31
              |
            1 | SELECT temprature, place.lng, status.x, sensors.idd FROM sensors
              |                               ^^^^^^^^ only a ROW has fields
              |
              = help: write the name without what stands before the dot, or declare the column as ROW<...>

            error[unknown-column]: there is no column `idd` in `sensors`
             --> note.zpln, cell 3:1:49
              |
            1 | SELECT temprature, place.lng, status.x, sensors.idd FROM sensors
              |                                                 ^^^
              |
            help: did you mean `id`?
              |
            1 - SELECT temprature, place.lng, status.x, sensors.idd FROM sensors
            1 + SELECT temprature, place.lng, status.x, sensors.id FROM sensors
              |

            error[unknown-column]: there is no column `Status` here
             --> note.zpln, cell 4:1:8
              |
            1 | SELECT Status AS s FROM sensors WHERE s = 'OK'
              |        ^^^^^^
              |
            help: did you mean `status`?
              |
            1 - SELECT Status AS s FROM sensors WHERE s = 'OK'
            1 + SELECT status AS s FROM sensors WHERE s = 'OK'
              |

            error[unknown-column]: there is no column `s` here
             --> note.zpln, cell 4:1:39
              |
            1 | SELECT Status AS s FROM sensors WHERE s = 'OK'
              |                                       ^
              |
              = note: `s` is a name that SELECT gives, which its other clauses do not know
              = help: repeat the expression, or name it in a subquery in FROM

            error[unknown-table]: there is no table `sensor` in this FROM
             --> note.zpln, cell 5:1:8
              |
            1 | SELECT sensor.id FROM sensors
              |        ^^^^^^
              |
            help: did you mean `sensors`?
              |
            1 | SELECT sensors.id FROM sensors
              |              +

            error[unknown-table]: there is no table `sensors` in this FROM
             --> note.zpln, cell 6:1:8
              |
            1 | SELECT sensors.id FROM sensors AS s
              |        ^^^^^^^ not under this name
              |
            help: the table in FROM is called `s` here
              |
            1 - SELECT sensors.id FROM sensors AS s
            1 + SELECT s.id FROM sensors AS s
              |

            error[ambiguous-column]: `status` is ambiguous: there are several columns of that name
             --> note.zpln, cell 7:1:8
              |
            1 | SELECT status FROM (SELECT id AS status, status FROM sensors)
              |        ^^^^^^
              |
              = help: give the columns different names with AS

            error[unknown-table]: there is no table or view `sensor`
             --> note.zpln, cell 8:1:15
              |
            1 | SELECT * FROM sensor
              |               ^^^^^^
              |
            help: did you mean `sensors`?
              |
            1 | SELECT * FROM sensors
              |                     +

            error[unknown-database]: there is no catalog or database `other`
             --> note.zpln, cell 9:1:15
              |
            1 | SELECT * FROM other.sensors
              |               ^^^^^
              |
              = note: all tables are in `default_catalog`.`default_database`
              = help: leave the qualifier out

            error[unknown-column]: there is no column `id` here: the query has no FROM
             --> note.zpln, cell 10:1:8
              |
            1 | SELECT id
              |        ^^
              |
              = help: a text is written in single quotes, a column needs FROM and a table

            error[unknown-table]: there is no table `x` in this FROM
             --> note.zpln, cell 11:1:8
              |
            1 | SELECT x.* FROM sensors
              |        ^

            error[duplicate-name]: WITH names `a` twice
             --> note.zpln, cell 12:1:37
              |
            1 | WITH a AS (SELECT id FROM sensors), a AS (SELECT 1) SELECT * FROM a
              |                                     ^

            error[column-count]: `t` names one column, its query has 2 columns
             --> note.zpln, cell 13:1:54
              |
            1 | SELECT * FROM (SELECT id, status FROM sensors) AS t (a)
              |                                                      ^

            error[bad-index]: the fields of a ROW are named with a dot
             --> note.zpln, cell 14:1:8
              |
            1 | SELECT place[1], tags[1], id[1] FROM sensors
              |        ^^^^^^^^
              |
              = help: write it as in `row.lat`

            error[bad-index]: the keys of this MAP are of type STRING, not INT
             --> note.zpln, cell 14:1:23
              |
            1 | SELECT place[1], tags[1], id[1] FROM sensors
              |                       ^

            error[bad-index]: INT has no elements
             --> note.zpln, cell 14:1:27
              |
            1 | SELECT place[1], tags[1], id[1] FROM sensors
              |                           ^^ only an ARRAY or a MAP has elements

        "#]],
    );
}

#[test]
fn grouping() {
    check(
        &[
            "SELECT status, id, COUNT(*) FROM sensors GROUP BY status HAVING temperature > 1",
            "SELECT * FROM sensors GROUP BY status",
            "SELECT status FROM sensors WHERE COUNT(*) > 1",
            "SELECT SUM(MAX(id)), SUM(status), MAX(tags) FROM sensors",
            "SELECT COUNT(*) FROM sensors GROUP BY 1",
            "SELECT COUNT(id, status), COUNT(DISTINCT *), AVG() FROM sensors",
            "SELECT COUNT(*) FROM sensors GROUP BY ROLLUP (status), CUBE (id)",
            "SELECT LISTAGG(status), COUNT(*) FILTER (WHERE id) FROM sensors",
            "SELECT SUM(id) OVER (ORDER BY event_time) FROM sensors",
            "SELECT DISTINCT tags FROM sensors",
        ],
        expect![[r#"
            error[not-grouped]: column `id` is neither grouped nor aggregated
             --> note.zpln, cell 3:1:16
              |
            1 | SELECT status, id, COUNT(*) FROM sensors GROUP BY status HAVING temperature > 1
              |                ^^
              |
              = help: add `id` to GROUP BY, or aggregate it: MAX(id)

            error[not-grouped]: column `temperature` is neither grouped nor aggregated
             --> note.zpln, cell 3:1:65
              |
            1 | SELECT status, id, COUNT(*) FROM sensors GROUP BY status HAVING temperature > 1
              |                                                                 ^^^^^^^^^^^
              |
              = help: add `temperature` to GROUP BY, or aggregate it: MAX(temperature)

            error[not-grouped]: * holds columns that are neither grouped nor aggregated: `id`, `temperature`, `place`, `tags`, `event_time`
             --> note.zpln, cell 4:1:8
              |
            1 | SELECT * FROM sensors GROUP BY status
              |        ^
              |
              = help: name the columns of GROUP BY in its place

            error[misplaced-aggregate]: COUNT is an aggregate and cannot stand in WHERE
             --> note.zpln, cell 5:1:34
              |
            1 | SELECT status FROM sensors WHERE COUNT(*) > 1
              |                                  ^^^^^^^^
              |
              = help: HAVING, behind GROUP BY, filters by aggregates

            error[nested-aggregate]: an aggregate cannot hold another one
             --> note.zpln, cell 6:1:12
              |
            1 | SELECT SUM(MAX(id)), SUM(status), MAX(tags) FROM sensors
              |            ^^^^^^^
              |
              = help: aggregate in a subquery in FROM first

            error[bad-arguments]: SUM does not take VARCHAR(6)
             --> note.zpln, cell 6:1:26
              |
            1 | SELECT SUM(MAX(id)), SUM(status), MAX(tags) FROM sensors
              |                          ^^^^^^ VARCHAR(6)
              |
              = help: CAST the text to the number it stands for

            error[bad-arguments]: MAX does not take MAP<STRING, STRING>
             --> note.zpln, cell 6:1:39
              |
            1 | SELECT SUM(MAX(id)), SUM(status), MAX(tags) FROM sensors
              |                                       ^^^^ MAP<STRING, STRING>

            warning[constant-group]: GROUP BY a constant makes one group
             --> note.zpln, cell 7:1:39
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY 1
              |                                       ^
              |
              = help: name the column; Flink takes a number here for a constant, not for a position

            error[not-supported]: COUNT of several columns is not supported yet
             --> note.zpln, cell 8:1:8
              |
            1 | SELECT COUNT(id, status), COUNT(DISTINCT *), AVG() FROM sensors
              |        ^^^^^^^^^^^^^^^^^
              |
              = help: count one column, or a subquery that filters NULLs out

            error[bad-arguments]: COUNT(DISTINCT *) is not defined
             --> note.zpln, cell 8:1:42
              |
            1 | SELECT COUNT(id, status), COUNT(DISTINCT *), AVG() FROM sensors
              |                                          ^
              |
              = help: name a column

            error[bad-arguments]: AVG does not take no arguments
             --> note.zpln, cell 8:1:46
              |
            1 | SELECT COUNT(id, status), COUNT(DISTINCT *), AVG() FROM sensors
              |                                              ^^^^^
              |
              = help: it takes one value

            error[not-supported]: ROLLUP is not supported yet
             --> note.zpln, cell 9:1:39
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY ROLLUP (status), CUBE (id)
              |                                       ^^^^^^^^^^^^^^^
              |
              = help: write one SELECT for each set of keys and join them with UNION ALL

            error[not-supported]: CUBE is not supported yet
             --> note.zpln, cell 9:1:56
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY ROLLUP (status), CUBE (id)
              |                                                        ^^^^^^^^^
              |
              = help: write one SELECT for each set of keys and join them with UNION ALL

            error[not-supported]: the aggregate function LISTAGG is not supported yet
             --> note.zpln, cell 10:1:8
              |
            1 | SELECT LISTAGG(status), COUNT(*) FILTER (WHERE id) FROM sensors
              |        ^^^^^^^^^^^^^^^
              |
              = help: COUNT, SUM, AVG, MIN and MAX are there

            error[not-a-condition]: FILTER needs a condition, this is of type INT
             --> note.zpln, cell 10:1:48
              |
            1 | SELECT LISTAGG(status), COUNT(*) FILTER (WHERE id) FROM sensors
              |                                                ^^ not BOOLEAN
              |
              = help: compare it with something, as in `x <> 0`

            error[not-supported]: OVER is not supported yet
             --> note.zpln, cell 11:1:8
              |
            1 | SELECT SUM(id) OVER (ORDER BY event_time) FROM sensors
              |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: aggregate over a window with GROUP BY TUMBLE(...), or over a window table function

            error[not-supported]: telling rows apart by MAP<STRING, STRING> is not supported yet
             --> note.zpln, cell 12:1:17
              |
            1 | SELECT DISTINCT tags FROM sensors
              |                 ^^^^
              |
              = help: select its fields or elements

        "#]],
    );
}
