//! Options, settings, and what is inserted.

use super::check;
use expect_test::expect;

#[test]
fn options() {
    check(
        &[
            "CREATE TABLE a (x INT) WITH ('connector' = 'filesytem', 'path' = 'x', 'format' = 'json')",
            "CREATE TABLE b (x INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'jsn')",
            "CREATE TABLE c (x INT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json')",
            "CREATE TABLE d (x INT)",
            "CREATE TABLE e (x INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json', 'csv.null-literal' = 'n')",
            "CREATE TABLE f (x INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many', 'fields.y.min' = '1', \
             'fields.x.kind' = 'sequence')",
            "CREATE TABLE g (x INT) PARTITIONED BY (x) WITH ('connector' = 'kinesis', 'stream' = 's', 'format' = 'avro', \
             'sink.partitioner' = 'random')",
            "CREATE TABLE h (x INT, y INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'raw')",
            "SELECT * FROM sensors /*+ OPTIONS('json.ignore-parse-error' = 'true') */",
            "SELECT * FROM target",
            "SET 'table.local-time-zone' = 'Europe/Berln'",
            "SET 'table.exec.state.tll' = '1 h'",
            "SET 'execution.runtime-mode' = 'batch'",
            "SET 'execution.buffer-timeout' = '10 s'",
        ],
        expect![[r#"
            error[unknown-connector]: there is no connector 'filesytem'
             --> note.zpln, cell 3:1:30
              |
            1 | CREATE TABLE a (x INT) WITH ('connector' = 'filesytem', 'path' = 'x', 'format' = 'json')
              |                              ^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean 'filesystem'?

            error[missing-option]: connector 'filesystem' needs the option 'path'
             --> note.zpln, cell 4:1:30
              |
            1 | CREATE TABLE b (x INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'jsn')
              |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add 'path' = '...': a file, a folder, or a pattern such as logs/*.json

            error[unknown-option]: connector 'filesystem' has no option 'pth'
             --> note.zpln, cell 4:1:58
              |
            1 | CREATE TABLE b (x INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'jsn')
              |                                                          ^^^^^^^^^^^
              |
              = help: did you mean 'path'?

            error[unknown-format]: there is no format 'jsn'
             --> note.zpln, cell 4:1:71
              |
            1 | CREATE TABLE b (x INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'jsn')
              |                                                                       ^^^^^^^^^^^^^^^^
              |
              = help: did you mean 'json'?

            error[not-supported]: the connector 'kafka' is not supported yet
             --> note.zpln, cell 5:1:30
              |
            1 | CREATE TABLE c (x INT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json')
              |                              ^^^^^^^^^^^^^^^^^^^^^
              |
              = help: there are 'filesystem', 'datagen', 'print', 'blackhole', 'kinesis'

            error[missing-option]: `d` names no connector
             --> note.zpln, cell 6:1:14
              |
            1 | CREATE TABLE d (x INT)
              |              ^
              |
              = help: add WITH ('connector' = '...'): filesystem, datagen, print, blackhole, kinesis

            error[unknown-option]: option 'csv.null-literal' belongs to format 'csv', the format is 'json'
             --> note.zpln, cell 7:1:91
              |
            1 | CREATE TABLE e (x INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json', 'csv.null-literal' = 'n')
              |                                                                                           ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: leave it out, or change the format

            error[bad-option]: option 'rows-per-second' is a whole number, not 'many'
             --> note.zpln, cell 8:1:55
              |
            1 | CREATE TABLE f (x INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many', 'fields.y.min' = '1', 'fields.x.kind' = 'sequence')
              |                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[unknown-column]: option 'fields.y.min' speaks of a column `y` that `f` has not
             --> note.zpln, cell 8:1:83
              |
            1 | CREATE TABLE f (x INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many', 'fields.y.min' = '1', 'fields.x.kind' = 'sequence')
              |                                                                                   ^^^^^^^^^^^^^^^^^^^^

            error[missing-option]: a sequence needs the option 'fields.x.start'
             --> note.zpln, cell 8:1:105
              |
            1 | CREATE TABLE f (x INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many', 'fields.y.min' = '1', 'fields.x.kind' = 'sequence')
              |                                                                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[not-supported]: the format 'avro' is not supported yet
             --> note.zpln, cell 9:1:90
              |
            1 | CREATE TABLE g (x INT) PARTITIONED BY (x) WITH ('connector' = 'kinesis', 'stream' = 's', 'format' = 'avro', 'sink.partitioner' = 'ran...
              |                                                                                          ^^^^^^^^^^^^^^^^^
              |
              = help: there are 'json', 'csv', 'raw'

            error[bad-option]: a table that is PARTITIONED BY takes no 'sink.partitioner'
             --> note.zpln, cell 9:1:109
              |
            1 | ...' = 'kinesis', 'stream' = 's', 'format' = 'avro', 'sink.partitioner' = 'random')
              |                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: leave out the option or PARTITIONED BY

            error[bad-option]: format 'raw' is one column, `h` has 2
             --> note.zpln, cell 10:1:79
              |
            1 | CREATE TABLE h (x INT, y INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'raw')
              |                                                                               ^^^^^^^^^^^^^^^^

            error[unknown-option]: connector 'filesystem' has no option 'json.ignore-parse-error'
             --> note.zpln, cell 11:1:35
              |
            1 | SELECT * FROM sensors /*+ OPTIONS('json.ignore-parse-error' = 'true') */
              |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean 'json.ignore-parse-errors'?

            error[not-a-source]: connector 'print' of `target` cannot be read
             --> note.zpln, cell 12:1:15
              |
            1 | SELECT * FROM target
              |               ^^^^^^
              |
             ::: note.zpln, cell 2:5:9
              |
            5 | ) WITH ('connector' = 'print')
              |         --------------------- declared here

            error[bad-setting]: `table.local-time-zone` is a time zone such as 'Europe/Berlin', 'UTC' or 'GMT+02:00', not 'Europe/Berln'
             --> note.zpln, cell 13:1:31
              |
            1 | SET 'table.local-time-zone' = 'Europe/Berln'
              |                               ^^^^^^^^^^^^^^

            error[unknown-setting]: there is no setting `table.exec.state.tll`
             --> note.zpln, cell 14:1:5
              |
            1 | SET 'table.exec.state.tll' = '1 h'
              |     ^^^^^^^^^^^^^^^^^^^^^^
              |
            help: did you mean `table.exec.state.ttl`?
              |
            1 - SET 'table.exec.state.tll' = '1 h'
            1 + SET 'table.exec.state.ttl' = '1 h'
              |

            error[not-supported]: `execution.runtime-mode` = 'batch' would change results and is not supported yet
             --> note.zpln, cell 15:1:32
              |
            1 | SET 'execution.runtime-mode' = 'batch'
              |                                ^^^^^^^
              |
            help: 'STREAMING' is there
              |
            1 - SET 'execution.runtime-mode' = 'batch'
            1 + SET 'execution.runtime-mode' = 'STREAMING'
              |

            warning[setting-without-effect]: `execution.buffer-timeout` has no effect
             --> note.zpln, cell 16:1:5
              |
            1 | SET 'execution.buffer-timeout' = '10 s'
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: it tells Flink's cluster how to work and changes no result

        "#]],
    );
}

#[test]
fn inserts() {
    check(
        &[
            "INSERT INTO target SELECT id, status FROM sensors",
            "INSERT INTO target SELECT status FROM sensors",
            "INSERT INTO target (num) SELECT id FROM sensors",
            "INSERT INTO target (status, doubled, nmu, status) SELECT status, 1, 2, 'x' FROM sensors",
            "INSERT INTO nowhere SELECT 1",
            "CREATE TABLE small (n SMALLINT) WITH ('connector' = 'blackhole')",
            "INSERT INTO small SELECT id FROM sensors",
            "INSERT INTO small PARTITION (n = 1) SELECT id FROM sensors",
            "INSERT OVERWRITE small SELECT id FROM sensors",
            "CREATE VIEW v AS SELECT * FROM sensors",
            "INSERT INTO v SELECT * FROM sensors",
        ],
        expect![[r#"
            error[insert-type-mismatch]: `id` of type INT cannot be written to column `status` of type STRING
             --> note.zpln, cell 3:1:27
              |
            1 | INSERT INTO target SELECT id, status FROM sensors
              |                           ^^ INT
              |
             ::: note.zpln, cell 2:2:5
              |
            2 |     status STRING NOT NULL,
              |     ---------------------- STRING
              |
              = help: CAST(... AS STRING)

            error[insert-type-mismatch]: `status` of type VARCHAR(6) cannot be written to column `num` of type BIGINT
             --> note.zpln, cell 3:1:31
              |
            1 | INSERT INTO target SELECT id, status FROM sensors
              |                               ^^^^^^ VARCHAR(6)
              |
             ::: note.zpln, cell 2:3:5
              |
            3 |     num BIGINT,
              |     ---------- BIGINT
              |
              = help: CAST(... AS BIGINT)

            error[column-count]: `target` takes 2 columns, the query gives one column
             --> note.zpln, cell 4:1:20
              |
            1 | INSERT INTO target SELECT status FROM sensors
              |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: the columns to write are status, num
              = help: name the columns that the query gives: INSERT INTO target (...)

            error[missing-column]: column `status` of `target` is NOT NULL and gets no value
             --> note.zpln, cell 5:1:21
              |
            1 | INSERT INTO target (num) SELECT id FROM sensors
              |                     ^^^
              |
             ::: note.zpln, cell 2:2:5
              |
            2 |     status STRING NOT NULL,
              |     ---------------------- declared here
              |
              = help: add `status` to the list and a value for it to the query

            error[computed-column]: column `doubled` of `target` is computed and cannot be written
             --> note.zpln, cell 6:1:29
              |
            1 | INSERT INTO target (status, doubled, nmu, status) SELECT status, 1, 2, 'x' FROM sensors
              |                             ^^^^^^^
              |
             ::: note.zpln, cell 2:4:5
              |
            4 |     doubled AS num * 2
              |     ------------------ declared here
              |
              = help: leave it out

            error[unknown-column]: `target` has no column `nmu`
             --> note.zpln, cell 6:1:38
              |
            1 | INSERT INTO target (status, doubled, nmu, status) SELECT status, 1, 2, 'x' FROM sensors
              |                                      ^^^
              |
            help: did you mean `num`?
              |
            1 - INSERT INTO target (status, doubled, nmu, status) SELECT status, 1, 2, 'x' FROM sensors
            1 + INSERT INTO target (status, doubled, num, status) SELECT status, 1, 2, 'x' FROM sensors
              |

            error[duplicate-name]: column `status` is written twice
             --> note.zpln, cell 6:1:43
              |
            1 | INSERT INTO target (status, doubled, nmu, status) SELECT status, 1, 2, 'x' FROM sensors
              |                                           ^^^^^^

            error[unknown-table]: there is no table or view `nowhere`
             --> note.zpln, cell 7:1:13
              |
            1 | INSERT INTO nowhere SELECT 1
              |             ^^^^^^^
              |
              = help: declare it with CREATE TABLE in a cell above, or in the catalog folder

            warning[narrowing-insert]: `id` of type INT is narrowed to SMALLINT of column `n`
             --> note.zpln, cell 9:1:26
              |
            1 | INSERT INTO small SELECT id FROM sensors
              |                          ^^
              |
             ::: note.zpln, cell 8:1:21
              |
            1 | CREATE TABLE small (n SMALLINT) WITH ('connector' = 'blackhole')
              |                     ---------- the column
              |
              = note: a value that does not fit stops the application; Flink 2 refuses such an INSERT
              = help: declare `n` as INT, or CAST(... AS SMALLINT) to cut values silently

            error[unknown-column]: `small` is not partitioned by `n`
             --> note.zpln, cell 10:1:30
              |
            1 | INSERT INTO small PARTITION (n = 1) SELECT id FROM sensors
              |                              ^

            error[not-supported]: INSERT OVERWRITE is not supported yet
             --> note.zpln, cell 11:1:8
              |
            1 | INSERT OVERWRITE small SELECT id FROM sensors
              |        ^^^^^^^^^
              |
              = help: write INSERT INTO: a stream has no end after which something could be replaced

            error[not-a-table]: `v` is a view: nothing can be written to it
             --> note.zpln, cell 13:1:13
              |
            1 | INSERT INTO v SELECT * FROM sensors
              |             ^
              |
              = help: insert into a table

        "#]],
    );
}

#[test]
fn settings_of_checkpoints() {
    check(
        &[
            "SET 'execution.checkpointing.interval' = '30 s'",
            "SET 'state.checkpoints.dir' = 's3://bucket/path'",
            "SET 'execution.checkpointing.interval' = 'often'",
            "SET 'execution.checkpointing.timeout' = '0'",
            "SET 'execution.checkpointing.mode' = 'EXACTLY_TWICE'",
            "SET 'state.checkpoints.num-retained' = '0'",
            "SET 'execution.checkpointing.max-concurrent-checkpoints' = '2'",
            "SET 'execution.checkpointing.unaligned' = 'true'",
            "SET 'execution.checkpointing.unaligned.enabled' = 'false'",
            "SET 'execution.checkpointing.tolerable-failed-checkpoints' = '-1'",
            "SET 'execution.checkpointing.externalized-checkpoint-retention' = 'NO_EXTERNALIZED_CHECKPOINTS'",
            "SET 'execution.checkpointing.dir' = ''",
            "SET 'execution.checkpointing.intervall' = '1 s'",
            "SET 'execution.savepoint.path' = '/saved/1'",
            "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true'",
        ],
        expect![[r#"
            error[bad-setting]: `execution.checkpointing.interval` is a duration such as '10 s' or '250 ms', not 'often'
             --> note.zpln, cell 5:1:42
              |
            1 | SET 'execution.checkpointing.interval' = 'often'
              |                                          ^^^^^^^

            error[bad-setting]: `execution.checkpointing.timeout` is a duration above 0 such as '10 s', not '0'
             --> note.zpln, cell 6:1:41
              |
            1 | SET 'execution.checkpointing.timeout' = '0'
              |                                         ^^^

            error[bad-setting]: `execution.checkpointing.mode` is 'EXACTLY_ONCE' or 'AT_LEAST_ONCE', not 'EXACTLY_TWICE'
             --> note.zpln, cell 7:1:38
              |
            1 | SET 'execution.checkpointing.mode' = 'EXACTLY_TWICE'
              |                                      ^^^^^^^^^^^^^^^

            error[bad-setting]: `state.checkpoints.num-retained` is a whole number of at least 1, not '0'
             --> note.zpln, cell 8:1:40
              |
            1 | SET 'state.checkpoints.num-retained' = '0'
              |                                        ^^^

            error[not-supported]: `execution.checkpointing.max-concurrent-checkpoints` = '2' is not supported
             --> note.zpln, cell 9:1:60
              |
            1 | SET 'execution.checkpointing.max-concurrent-checkpoints' = '2'
              |                                                            ^^^
              |
              = note: checkpoints are taken one at a time
              = help: leave it out, or set it to '1'

            error[not-supported]: `execution.checkpointing.unaligned` = 'true' is not supported
             --> note.zpln, cell 10:1:43
              |
            1 | SET 'execution.checkpointing.unaligned' = 'true'
              |                                           ^^^^^^
              |
              = note: checkpoints are always aligned: rows do not wait long, so that they are quick
              = help: leave it out, or set it to 'false'

            error[bad-setting]: `execution.checkpointing.tolerable-failed-checkpoints` is a whole number, not '-1'
             --> note.zpln, cell 12:1:62
              |
            1 | SET 'execution.checkpointing.tolerable-failed-checkpoints' = '-1'
              |                                                              ^^^^

            error[bad-setting]: `execution.checkpointing.externalized-checkpoint-retention` is 'RETAIN_ON_CANCELLATION' or 'DELETE_ON_CANCELLATION', not 'NO_EXTERNALIZED_CHECKPOINTS'
             --> note.zpln, cell 13:1:67
              |
            1 | SET 'execution.checkpointing.externalized-checkpoint-retention' = 'NO_EXTERNALIZED_CHECKPOINTS'
              |                                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[bad-setting]: `execution.checkpointing.dir` is a folder, or a URL such as 's3://bucket/path', not ''
             --> note.zpln, cell 14:1:37
              |
            1 | SET 'execution.checkpointing.dir' = ''
              |                                     ^^

            error[unknown-setting]: there is no setting `execution.checkpointing.intervall`
             --> note.zpln, cell 15:1:5
              |
            1 | SET 'execution.checkpointing.intervall' = '1 s'
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
            help: did you mean `execution.checkpointing.interval`?
              |
            1 - SET 'execution.checkpointing.intervall' = '1 s'
            1 + SET 'execution.checkpointing.interval' = '1 s'
              |

            warning[setting-without-effect]: `execution.savepoint.path` has no effect in a notebook
             --> note.zpln, cell 16:1:5
              |
            1 | SET 'execution.savepoint.path' = '/saved/1'
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: say it to the application when it starts: --restore PATH

            warning[setting-without-effect]: `execution.state-recovery.ignore-unclaimed-state` has no effect in a notebook
             --> note.zpln, cell 17:1:5
              |
            1 | SET 'execution.state-recovery.ignore-unclaimed-state' = 'true'
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: say it to the application when it starts: --allow-non-restored-state

        "#]],
    );
}
