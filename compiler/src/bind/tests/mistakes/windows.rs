//! Windows.

use super::check;
use expect_test::expect;

#[test]
fn windows() {
    check(
        &[
            "SELECT COUNT(*) FROM sensors GROUP BY TUMBLE(id, INTERVAL '1' MINUTE)",
            "SELECT COUNT(*) FROM sensors GROUP BY TUMBLE(event_time, INTERVAL '1' MONTH)",
            "SELECT COUNT(*) FROM sensors GROUP BY HOP(event_time, INTERVAL '1' MINUTE)",
            "SELECT HOP_START(event_time, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE) FROM sensors \
             GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE)",
            "SELECT TUMBLE_END(event_time, INTERVAL '1' MINUTE) FROM sensors",
            "SELECT TUMBLE(event_time, INTERVAL '1' MINUTE) FROM sensors",
            "SELECT COUNT(*) FROM sensors GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE), SESSION(event_time, INTERVAL '1' MINUTE)",
            "SELECT COUNT(*) FROM sensors GROUP BY HOP(event_time, INTERVAL '2' MINUTE, INTERVAL '1' MINUTE)",
            "SELECT * FROM TABLE(TUMBLE(TABLE sensors, DESCRIPTOR(evnt_time), INTERVAL '1' MINUTE))",
            "SELECT * FROM TABLE(HOP(TABLE sensors, DESCRIPTOR(event_time), INTERVAL '2' MINUTE, INTERVAL '3' MINUTE))",
            "SELECT * FROM TABLE(TUMBLE(DATA => TABLE sensors, TIMECOL => DESCRIPTOR(event_time), SIZ => INTERVAL '1' MINUTE))",
            "SELECT * FROM TABLE(TUMBLE(TABLE sensors, DESCRIPTOR(event_time)))",
        ],
        expect![[r#"
            error[not-a-time]: a window is made over time, this is of type INT
             --> note.zpln, cell 3:1:46
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY TUMBLE(id, INTERVAL '1' MINUTE)
              |                                              ^^
              |
              = help: name the column that WATERMARK FOR names, or one that is PROCTIME()

            error[bad-window]: months and years have no fixed length: a window is measured in days or less
             --> note.zpln, cell 4:1:58
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY TUMBLE(event_time, INTERVAL '1' MONTH)
              |                                                          ^^^^^^^^^^^^^^^^^^
              |
              = help: write INTERVAL '30' DAY

            error[bad-arguments]: HOP in GROUP BY does not take these arguments
             --> note.zpln, cell 5:1:39
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY HOP(event_time, INTERVAL '1' MINUTE)
              |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: write HOP(time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE): the slide first, then the size

            error[other-window]: HOP_START speaks of another window than GROUP BY
             --> note.zpln, cell 6:1:8
              |
            1 | SELECT HOP_START(event_time, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE) FROM sensors GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE)
              |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^                       --------------------------------------- the window of this query
              |
              = help: use the same function, column and intervals

            error[misplaced-window]: TUMBLE_END has a meaning only beside GROUP BY TUMBLE(...)
             --> note.zpln, cell 7:1:8
              |
            1 | SELECT TUMBLE_END(event_time, INTERVAL '1' MINUTE) FROM sensors
              |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: a window table function gives window_start, window_end and window_time as columns

            error[misplaced-window]: TUMBLE makes windows, not values
             --> note.zpln, cell 8:1:8
              |
            1 | SELECT TUMBLE(event_time, INTERVAL '1' MINUTE) FROM sensors
              |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: group by it and select TUMBLE_START(...) or TUMBLE_END(...)
              = help: or read FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), ...))

            error[second-window]: a query groups by one window
             --> note.zpln, cell 9:1:80
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE), SESSION(event_time, INTERVAL '1' MINUTE)
              |                                       ---------------------------------------  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |                                       |
              |                                       the first one

            warning[window-with-gaps]: the slide of HOP is longer than its size: rows between windows are lost
             --> note.zpln, cell 10:1:55
              |
            1 | SELECT COUNT(*) FROM sensors GROUP BY HOP(event_time, INTERVAL '2' MINUTE, INTERVAL '1' MINUTE)
              |                                                       ^^^^^^^^^^^^^^^^^^^  ------------------- the size
              |
              = help: write HOP(time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE): the slide first, then the size

            error[unknown-column]: there is no column `evnt_time` here
             --> note.zpln, cell 11:1:54
              |
            1 | SELECT * FROM TABLE(TUMBLE(TABLE sensors, DESCRIPTOR(evnt_time), INTERVAL '1' MINUTE))
              |                                                      ^^^^^^^^^
              |
            help: did you mean `event_time`?
              |
            1 | SELECT * FROM TABLE(TUMBLE(TABLE sensors, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
              |                                                        +

            error[bad-window]: the size of this window is no multiple of its slide
             --> note.zpln, cell 12:1:15
              |
            1 | SELECT * FROM TABLE(HOP(TABLE sensors, DESCRIPTOR(event_time), INTERVAL '2' MINUTE, INTERVAL '3' MINUTE))
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: choose a size that the slide divides
              = help: mind the order: the slide comes before the size

            error[named-argument]: TUMBLE has no argument `SIZ`
             --> note.zpln, cell 13:1:86
              |
            1 | SELECT * FROM TABLE(TUMBLE(DATA => TABLE sensors, TIMECOL => DESCRIPTOR(event_time), SIZ => INTERVAL '1' MINUTE))
              |                                                                                      ^^^
              |
              = note: its arguments are DATA, TIMECOL, SIZE, OFFSET
            help: did you mean `SIZE`?
              |
            1 | SELECT * FROM TABLE(TUMBLE(DATA => TABLE sensors, TIMECOL => DESCRIPTOR(event_time), SIZE => INTERVAL '1' MINUTE))
              |                                                                                         +

            error[bad-arguments]: TUMBLE lacks an argument
             --> note.zpln, cell 14:1:15
              |
            1 | SELECT * FROM TABLE(TUMBLE(TABLE sensors, DESCRIPTOR(event_time)))
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: write TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE [, offset])

        "#]],
    );
}
