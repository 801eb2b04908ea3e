//! Types.

use super::check;
use expect_test::expect;

#[test]
fn types() {
    check(
        &[
            "SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors",
            "SELECT * FROM sensors WHERE id = '5' OR status > 3 OR event_time = DATE '2024-01-01'",
            "SELECT * FROM sensors WHERE event_time > 'yesterday' AND id IN (1, 'x') AND NOT id",
            "SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), NULL FROM sensors",
            "SELECT CAST(event_time AS BIGINT), CAST(id AS TIMESTAMP(3)), CAST(id AS INTERVAL DAY) FROM sensors",
            "SELECT -status, status || id, 1 / 0, 99999999999999999999 FROM sensors",
            "SELECT DATE '2024-02-30', TIME '25:00:00', TIMESTAMP '2024-01-31T10:00:00' FROM sensors",
            "SELECT id FROM sensors UNION ALL SELECT status FROM sensors",
            "SELECT id FROM sensors UNION ALL SELECT id, status FROM sensors",
            "VALUES (1, 'a'), (2), (3, 4)",
            "SELECT * FROM sensors WHERE id",
        ],
        expect![[r#"
            error[type-mismatch]: INT + VARCHAR(6) is not defined
             --> note.zpln, cell 3:1:8
              |
            1 | SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
              |        ^^   ------ VARCHAR(6)
              |        |
              |        INT
              |
              = help: CAST the text to the type it stands for

            error[type-mismatch]: VARCHAR(6) + VARCHAR(6) is not defined
             --> note.zpln, cell 3:1:21
              |
            1 | SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
              |                     ^^^^^^   ------ VARCHAR(6)
              |                     |
              |                     VARCHAR(6)
              |
            help: texts are joined with ||
              |
            1 - SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
            1 + SELECT id + status, status || status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
              |

            error[type-mismatch]: TIMESTAMP(3) - TIMESTAMP(3) is not defined
             --> note.zpln, cell 3:1:38
              |
            1 | SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
              |                                      ^^^^^^^^^^   ---------- TIMESTAMP(3)
              |                                      |
              |                                      TIMESTAMP(3)
              |
              = help: write TIMESTAMPDIFF(SECOND, earlier, later) for the difference of two points in time

            error[type-mismatch]: TIMESTAMP(3) + INT is not defined
             --> note.zpln, cell 3:1:63
              |
            1 | SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
              |                                                               ^^^^^^^^^^   - INT
              |                                                               |
              |                                                               TIMESTAMP(3)
              |
              = help: add an interval: `+ INTERVAL '1' DAY`

            error[type-mismatch]: DOUBLE % INT is not defined
             --> note.zpln, cell 3:1:79
              |
            1 | SELECT id + status, status + status, event_time - event_time, event_time + 1, temperature % 2 FROM sensors
              |                                                                               ^^^^^^^^^^^   - INT
              |                                                                               |
              |                                                                               DOUBLE
              |
              = help: a remainder takes exact numbers: CAST to DECIMAL or an integer first

            error[type-mismatch]: INT cannot be compared with CHAR(1)
             --> note.zpln, cell 4:1:29
              |
            1 | SELECT * FROM sensors WHERE id = '5' OR status > 3 OR event_time = DATE '2024-01-01'
              |                             ^^   --- CHAR(1)
              |                             |
              |                             INT
              |
            help: write the number without quotes
              |
            1 - SELECT * FROM sensors WHERE id = '5' OR status > 3 OR event_time = DATE '2024-01-01'
            1 + SELECT * FROM sensors WHERE id = 5 OR status > 3 OR event_time = DATE '2024-01-01'
              |

            error[type-mismatch]: VARCHAR(6) cannot be compared with INT
             --> note.zpln, cell 4:1:41
              |
            1 | SELECT * FROM sensors WHERE id = '5' OR status > 3 OR event_time = DATE '2024-01-01'
              |                                         ^^^^^^   - INT
              |                                         |
              |                                         VARCHAR(6)
              |
              = help: CAST one side to the type of the other

            error[type-mismatch]: TIMESTAMP(3) cannot be compared with DATE
             --> note.zpln, cell 4:1:55
              |
            1 | SELECT * FROM sensors WHERE id = '5' OR status > 3 OR event_time = DATE '2024-01-01'
              |                                                       ^^^^^^^^^^   ----------------- DATE
              |                                                       |
              |                                                       TIMESTAMP(3)
              |
              = help: CAST the DATE to TIMESTAMP, or the TIMESTAMP to DATE

            error[bad-literal]: 'yesterday' is not a TIMESTAMP(3)
             --> note.zpln, cell 5:1:42
              |
            1 | SELECT * FROM sensors WHERE event_time > 'yesterday' AND id IN (1, 'x') AND NOT id
              |                                          ^^^^^^^^^^^ compared with a TIMESTAMP(3)

            error[type-mismatch]: INT cannot be compared with CHAR(1)
             --> note.zpln, cell 5:1:58
              |
            1 | SELECT * FROM sensors WHERE event_time > 'yesterday' AND id IN (1, 'x') AND NOT id
              |                                                          ^^ INT    --- CHAR(1)
              |
              = help: CAST one side to the type of the other

            error[type-mismatch]: NOT takes a BOOLEAN, not INT
             --> note.zpln, cell 5:1:81
              |
            1 | SELECT * FROM sensors WHERE event_time > 'yesterday' AND id IN (1, 'x') AND NOT id
              |                                                                                 ^^

            error[type-mismatch]: the results of CASE have no common type
             --> note.zpln, cell 6:1:39
              |
            1 | SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), NULL FROM sensors
              |                              ---      ^ INT
              |                              |
              |                              CHAR(1)
              |
              = help: CAST one of them to the type of the other

            error[not-a-condition]: IF needs a condition, this is of type INT
             --> note.zpln, cell 6:1:49
              |
            1 | SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), NULL FROM sensors
              |                                                 ^^ not BOOLEAN

            error[type-mismatch]: the arguments of COALESCE have no common type
             --> note.zpln, cell 6:1:73
              |
            1 | SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), NULL FROM sensors
              |                                                                     --  ^^^ CHAR(1)
              |                                                                     |
              |                                                                     INT
              |
              = help: CAST one of them to the type of the other

            error[untyped-null]: NULL has no type here
             --> note.zpln, cell 6:1:79
              |
            1 | SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), NULL FROM sensors
              |                                                                               ^^^^
              |
            help: say which type it is of
              |
            1 - SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), NULL FROM sensors
            1 + SELECT CASE WHEN id > 1 THEN 'a' ELSE 2 END, IF(id, 1, 2), COALESCE(id, 'x'), CAST(NULL AS STRING) FROM sensors
              |

            error[impossible-cast]: TIMESTAMP(3) cannot be cast to BIGINT
             --> note.zpln, cell 7:1:13
              |
            1 | SELECT CAST(event_time AS BIGINT), CAST(id AS TIMESTAMP(3)), CAST(id AS INTERVAL DAY) FROM sensors
              |             ^^^^^^^^^^    ------ to this
              |             |
              |             TIMESTAMP(3)
              |
              = help: write UNIX_TIMESTAMP(CAST(x AS STRING)) for seconds since 1970, or EXTRACT a part

            error[impossible-cast]: INT cannot be cast to TIMESTAMP(3)
             --> note.zpln, cell 7:1:41
              |
            1 | SELECT CAST(event_time AS BIGINT), CAST(id AS TIMESTAMP(3)), CAST(id AS INTERVAL DAY) FROM sensors
              |                                         ^^    ------------ to this
              |                                         |
              |                                         INT
              |
              = help: write TO_TIMESTAMP(FROM_UNIXTIME(seconds)) for seconds since 1970

            error[impossible-cast]: INT cannot be cast to INTERVAL DAY TO SECOND
             --> note.zpln, cell 7:1:67
              |
            1 | SELECT CAST(event_time AS BIGINT), CAST(id AS TIMESTAMP(3)), CAST(id AS INTERVAL DAY) FROM sensors
              |                                                                   ^^    ------------ to this
              |                                                                   |
              |                                                                   INT
              |
              = help: multiply an interval: `x * INTERVAL '1' DAY`

            error[type-mismatch]: - takes a number, not VARCHAR(6)
             --> note.zpln, cell 8:1:9
              |
            1 | SELECT -status, status || id, 1 / 0, 99999999999999999999 FROM sensors
              |         ^^^^^^

            error[type-mismatch]: || joins texts, this is of type INT
             --> note.zpln, cell 8:1:27
              |
            1 | SELECT -status, status || id, 1 / 0, 99999999999999999999 FROM sensors
              |                           ^^
              |
              = help: CAST it AS STRING

            error[division-by-zero]: this divides by zero
             --> note.zpln, cell 8:1:31
              |
            1 | SELECT -status, status || id, 1 / 0, 99999999999999999999 FROM sensors
              |                               ^^^^^
              |
              = note: division by zero of integers stops the application

            error[number-out-of-range]: 99999999999999999999 is out of range
             --> note.zpln, cell 8:1:38
              |
            1 | SELECT -status, status || id, 1 / 0, 99999999999999999999 FROM sensors
              |                                      ^^^^^^^^^^^^^^^^^^^^ larger than any BIGINT
              |
              = help: write CAST('99999999999999999999' AS DECIMAL(38, 0))

            error[bad-literal]: '2024-02-30' is not a DATE
             --> note.zpln, cell 9:1:13
              |
            1 | SELECT DATE '2024-02-30', TIME '25:00:00', TIMESTAMP '2024-01-31T10:00:00' FROM sensors
              |             ^^^^^^^^^^^^
              |
              = help: the form is yyyy-MM-dd, as in DATE '2024-01-31'

            error[bad-literal]: '25:00:00' is not a TIME
             --> note.zpln, cell 9:1:32
              |
            1 | SELECT DATE '2024-02-30', TIME '25:00:00', TIMESTAMP '2024-01-31T10:00:00' FROM sensors
              |                                ^^^^^^^^^^
              |
              = help: the form is HH:mm:ss, as in TIME '10:11:12'

            error[bad-literal]: '2024-01-31T10:00:00' is not a TIMESTAMP
             --> note.zpln, cell 9:1:54
              |
            1 | SELECT DATE '2024-02-30', TIME '25:00:00', TIMESTAMP '2024-01-31T10:00:00' FROM sensors
              |                                                      ^^^^^^^^^^^^^^^^^^^^^
              |
              = help: the form is yyyy-MM-dd HH:mm:ss, as in TIMESTAMP '2024-01-31 10:11:12'

            error[type-mismatch]: the columns `id` and `status` of UNION have no common type
             --> note.zpln, cell 10:1:41
              |
            1 | SELECT id FROM sensors UNION ALL SELECT status FROM sensors
              |        -- INT                           ^^^^^^ VARCHAR(6)
              |
              = help: CAST one of them to the type of the other

            error[column-count]: UNION needs as many columns on both sides: 2 columns here
             --> note.zpln, cell 11:1:34
              |
            1 | SELECT id FROM sensors UNION ALL SELECT id, status FROM sensors
              | ----------------------           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              | |
              | one column here

            error[column-count]: the first row of VALUES has 2 values, this one one value
             --> note.zpln, cell 12:1:18
              |
            1 | VALUES (1, 'a'), (2), (3, 4)
              |                  ^^^

            error[not-a-condition]: WHERE needs a condition, this is of type INT
             --> note.zpln, cell 13:1:29
              |
            1 | SELECT * FROM sensors WHERE id
              |                             ^^ not BOOLEAN
              |
              = help: compare it with something, as in `x <> 0`

        "#]],
    );
}
