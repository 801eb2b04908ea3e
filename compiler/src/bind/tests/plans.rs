//! Plans of queries of every kind.

use super::in_one_cell;
use expect_test::{Expect, expect};

const BIDS: &str = "CREATE TABLE bids (
    auction BIGINT NOT NULL, price DECIMAL(10, 2), channel VARCHAR(10), item ROW<name STRING, sizes ARRAY<INT>>,
    tags MAP<STRING, INT>, bid_time TIMESTAMP(3), WATERMARK FOR bid_time AS bid_time
) WITH ('connector' = 'filesystem', 'path' = 'b', 'format' = 'json')";

/// The statements of the plan, without the tables.
fn check(statement: &str, expected: Expect) {
    let (plan, diagnostics) = in_one_cell(&format!("{BIDS};\n{statement}"));
    let errors: Vec<_> = diagnostics.iter().filter(|d| d.code != "constant-group").map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let printed = plan.to_string();
    let statements = printed.find("\nselect").or_else(|| printed.find("\ninsert")).expect("there is a statement");
    expected.assert_eq(&printed[statements + 1..]);
}

#[test]
fn a_projection_and_a_filter() {
    check(
        "SELECT auction, price * 2 AS twice FROM bids WHERE channel = 'app' AND price > 1",
        expect![[r#"
        select
          project auction#6 BIGINT NOT NULL = auction#0, twice#7 DECIMAL(21, 2) = (price#1 * 2)
            filter ((channel#2 = 'app') AND (price#1 > 1.00))
              scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
    "#]],
    );
}

#[test]
fn columns_as_they_are_need_no_projection() {
    check(
        "SELECT auction FROM (SELECT auction FROM bids)",
        expect![[r#"
        select
          project auction#6 BIGINT NOT NULL = auction#0
            scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
    "#]],
    );
}

#[test]
fn nested_values_are_reached() {
    check(
        "SELECT item.name, bids.item.sizes[1], tags['a'], CARDINALITY(tags) AS n FROM bids AS bids WHERE item.name IS NOT NULL",
        expect![[r#"
            select
              project name#6 STRING = item#3.name, EXPR$1#7 INT = item#3.sizes[1], EXPR$2#8 INT = tags#4['a'], n#9 INT = CARDINALITY(tags#4)
                filter (item#3.name IS NOT NULL)
                  scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn arguments_of_aggregates_are_computed_first() {
    check(
        "SELECT channel, SUM(price * 2) AS total, COUNT(DISTINCT auction) FILTER (WHERE price > 1) AS n, SUM(price * 2) / COUNT(*)
         FROM bids GROUP BY channel HAVING COUNT(*) > 10",
        expect![[r#"
            select
              project channel#11 VARCHAR(10) = channel#2, total#12 DECIMAL(38, 2) = sum#6, n#13 BIGINT NOT NULL = count#7, EXPR$3#14 DECIMAL(38, 6) = (sum#6 / CAST(count#8 AS DECIMAL(19, 0)))
                filter (count#8 > 10)
                  aggregate by (channel#2): sum#6 DECIMAL(38, 2) = SUM(argument#9), count#7 BIGINT NOT NULL = COUNT(DISTINCT auction#0) FILTER filter#10, count#8 BIGINT NOT NULL = COUNT(*)
                    project channel#2 VARCHAR(10), argument#9 DECIMAL(21, 2) = (price#1 * 2), auction#0 BIGINT NOT NULL, filter#10 BOOLEAN = (price#1 > 1.00)
                      scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn keys_may_be_expressions() {
    check(
        "SELECT auction % 10 + 1, COUNT(*) FROM bids GROUP BY auction % 10",
        expect![[r#"
        select
          project EXPR$0#8 INT NOT NULL = (key0#6 + 1), EXPR$1#9 BIGINT NOT NULL = count#7
            aggregate by (key0#6): count#7 BIGINT NOT NULL = COUNT(*)
              project key0#6 INT NOT NULL = CAST((auction#0 % 10) AS INT)
                scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
    "#]],
    );
}

#[test]
fn windows_in_from() {
    check(
        "SELECT window_start, window_end, channel, MAX(price) AS top
         FROM TABLE(HOP(TABLE bids, DESCRIPTOR(bid_time), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '1' SECOND))
         GROUP BY window_start, window_end, channel",
        expect![[r#"
            select
              project window_start#10 TIMESTAMP(3) NOT NULL = window_start#6, window_end#11 TIMESTAMP(3) NOT NULL = window_end#7, channel#12 VARCHAR(10) = channel#2, top#13 DECIMAL(10, 2) = max#9
                aggregate by (window_start#6, window_end#7, channel#2): max#9 DECIMAL(10, 2) = MAX(price#1)
                  window HOP(slide 5 s, size 10 s, offset 1 s) over bid_time#5 gives window_start#6 TIMESTAMP(3) NOT NULL, window_end#7 TIMESTAMP(3) NOT NULL, window_time#8 TIMESTAMP(3) NOT NULL
                    scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
    check(
        "SELECT * FROM TABLE(CUMULATE(DATA => TABLE bids, TIMECOL => DESCRIPTOR(bid_time), STEP => INTERVAL '1' MINUTE,
         SIZE => INTERVAL '1' HOUR))",
        expect![[r#"
            select
              window CUMULATE(step 1 min, size 1 h) over bid_time#5 gives window_start#6 TIMESTAMP(3) NOT NULL, window_end#7 TIMESTAMP(3) NOT NULL, window_time#8 TIMESTAMP(3) NOT NULL
                scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn windows_in_group_by() {
    check(
        "SELECT SESSION_START(bid_time, INTERVAL '1' MINUTE), SESSION_END(bid_time, INTERVAL '1' MINUTE) AS e, AVG(price)
         FROM bids GROUP BY channel, SESSION(bid_time, INTERVAL '1' MINUTE)",
        expect![[r#"
            select
              project EXPR$0#9 TIMESTAMP(3) NOT NULL = session_start#6, e#10 TIMESTAMP(3) NOT NULL = session_end#7, EXPR$2#11 DECIMAL(38, 6) = avg#8
                aggregate by (channel#2) and SESSION(gap 1 min) over bid_time#5, session_start#6 TIMESTAMP(3) NOT NULL = start, session_end#7 TIMESTAMP(3) NOT NULL = end: avg#8 DECIMAL(38, 6) = AVG(price#1)
                  scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn unions_and_values() {
    check(
        "SELECT auction, price FROM bids UNION ALL SELECT 1, 2.5 UNION ALL VALUES (3, 4), (5, 6)",
        expect![[r#"
            select
              union all auction#16 BIGINT NOT NULL, price#17 DECIMAL(12, 2) | auction#18, price#19 | EXPR$0#20, EXPR$1#21
                project auction#18 BIGINT NOT NULL = auction#10, price#19 DECIMAL(12, 2) = CAST(price#11 AS DECIMAL(12, 2))
                  union all auction#10 BIGINT NOT NULL, price#11 DECIMAL(10, 2) | auction#6, price#7 | EXPR$0#12, EXPR$1#13
                    project auction#6 BIGINT NOT NULL = auction#0, price#7 DECIMAL(10, 2) = price#1
                      scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
                    project EXPR$0#12 BIGINT NOT NULL = CAST(EXPR$0#8 AS BIGINT), EXPR$1#13 DECIMAL(10, 2) NOT NULL = CAST(EXPR$1#9 AS DECIMAL(10, 2))
                      project EXPR$0#8 INT NOT NULL = 1, EXPR$1#9 DECIMAL(2, 1) NOT NULL = 2.5
                        values 
                          ()
                project EXPR$0#20 BIGINT NOT NULL = CAST(EXPR$0#14 AS BIGINT), EXPR$1#21 DECIMAL(12, 2) NOT NULL = CAST(EXPR$1#15 AS DECIMAL(12, 2))
                  values EXPR$0#14 INT NOT NULL, EXPR$1#15 INT NOT NULL
                    (3, 4)
                    (5, 6)
        "#]],
    );
    check(
        "SELECT channel FROM bids UNION SELECT 'x'",
        expect![[r#"
        select
          aggregate by (channel#8)
            union all channel#8 VARCHAR(10) | channel#6 | EXPR$0#9
              project channel#6 VARCHAR(10) = channel#2
                scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
              project EXPR$0#9 VARCHAR(10) NOT NULL = CAST(EXPR$0#7 AS VARCHAR(10))
                project EXPR$0#7 CHAR(1) NOT NULL = 'x'
                  values 
                    ()
    "#]],
    );
    check(
        "SELECT DISTINCT channel, auction FROM bids",
        expect![[r#"
        select
          aggregate by (channel#6, auction#7)
            project channel#6 VARCHAR(10) = channel#2, auction#7 BIGINT NOT NULL = auction#0
              scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
    "#]],
    );
}

#[test]
fn views_and_common_tables() {
    check(
        "CREATE VIEW apps (id, p) AS SELECT auction, price FROM bids WHERE channel = 'app';
         WITH dear AS (SELECT id FROM apps WHERE p > 100) SELECT d.id, d.id FROM dear AS d",
        expect![[r#"
            select
              project id#22 BIGINT NOT NULL = id#21, id0#24 BIGINT NOT NULL = id#21
                project id#21 BIGINT NOT NULL = id#19
                  filter (p#20 > 100.00)
                    project id#19 BIGINT NOT NULL = auction#11, p#20 DECIMAL(10, 2) = price#12
                      filter (channel#13 = 'app')
                        scan bids: auction#11 BIGINT NOT NULL, price#12 DECIMAL(10, 2), channel#13 VARCHAR(10), item#14 ROW<name STRING, sizes ARRAY<INT>>, tags#15 MAP<STRING, INT>, bid_time#16 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn a_hint_makes_a_table_of_its_own() {
    let (plan, _) = in_one_cell(&format!(
        "{BIDS};\nSELECT auction FROM bids;\nSELECT auction FROM bids /*+ OPTIONS('path' = 'other') */;\n\
         SELECT price FROM bids;\nSELECT price FROM bids /*+ OPTIONS('path' = 'other') */"
    ));
    let paths: Vec<_> = plan.tables.iter().map(|table| table.option("path")).collect();
    assert_eq!(paths, [Some("b"), Some("other")]);
}

#[test]
fn inserts_cast_and_fill() {
    check(
        "CREATE TABLE out_ (a DOUBLE, b STRING NOT NULL, c DECIMAL(5, 0), d INT, e AS a * 2) WITH ('connector' = 'blackhole');
         INSERT INTO out_ (c, b, a) SELECT price, channel, auction FROM bids",
        expect![[r#"
            insert into out_
              project a#9 DOUBLE NOT NULL = CAST(auction#8 AS DOUBLE), b#10 STRING = CAST(channel#7 AS STRING), c#11 DECIMAL(5, 0) = CAST(price#6 AS DECIMAL(5, 0)), d#12 INT = NULL
                project price#6 DECIMAL(10, 2) = price#1, channel#7 VARCHAR(10) = channel#2, auction#8 BIGINT NOT NULL = auction#0
                  scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
    check(
        "CREATE TABLE parts (a BIGINT, k STRING) PARTITIONED BY (k)
         WITH ('connector' = 'kinesis', 'stream' = 'p', 'format' = 'json');
         INSERT INTO parts PARTITION (k = 'x') SELECT auction FROM bids",
        expect![[r#"
            insert into parts
              project a#7 BIGINT NOT NULL = auction#6, k#8 STRING NOT NULL = 'x'
                project auction#6 BIGINT NOT NULL = auction#0
                  scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn expressions_of_the_language() {
    check(
        "SELECT CASE channel WHEN 'a' THEN 1 WHEN 'b' THEN 2 END, COALESCE(price, 0), NULLIF(channel, ''), IF(price > 1, 1, 2),
         auction BETWEEN 1 AND 5, auction NOT IN (1, 2), channel IS DISTINCT FROM 'x', TRY_CAST(channel AS INT),
         bid_time + INTERVAL '1' DAY, INTERVAL '1' HOUR * 2, NOT (price IS NULL), -auction, bid_time > '2024-01-01 00:00:00',
         MOD(auction, 3), auction / 2.5, PROCTIME() FROM bids",
        expect![[r#"
            select
              project EXPR$0#6 INT = CASE WHEN (channel#2 = 'a') THEN 1 WHEN (channel#2 = 'b') THEN 2 ELSE NULL END, EXPR$1#7 DECIMAL(12, 2) NOT NULL = COALESCE(CAST(price#1 AS DECIMAL(12, 2)), 0.00), EXPR$2#8 VARCHAR(10) = CASE WHEN (channel#2 = '') THEN NULL ELSE channel#2 END, EXPR$3#9 INT = CASE WHEN (price#1 > 1.00) THEN 1 ELSE 2 END, EXPR$4#10 BOOLEAN NOT NULL = ((auction#0 >= 1) AND (auction#0 <= 5)), EXPR$5#11 BOOLEAN NOT NULL = (auction#0 NOT IN (1, 2)), EXPR$6#12 BOOLEAN NOT NULL = (channel#2 IS DISTINCT FROM 'x'), EXPR$7#13 INT = TRY_CAST(channel#2 AS INT), EXPR$8#14 TIMESTAMP(3) = (bid_time#5 + INTERVAL 1 d), EXPR$9#15 INTERVAL DAY TO SECOND NOT NULL = (INTERVAL 1 h * 2), EXPR$10#16 BOOLEAN NOT NULL = (NOT (price#1 IS NULL)), EXPR$11#17 BIGINT NOT NULL = (-auction#0), EXPR$12#18 BOOLEAN = (bid_time#5 > TIMESTAMP[1704067200000000]), EXPR$13#19 INT NOT NULL = CAST((auction#0 % 3) AS INT), EXPR$14#20 DECIMAL(26, 6) NOT NULL = (CAST(auction#0 AS DECIMAL(19, 0)) / 2.5), EXPR$15#21 TIMESTAMP_LTZ(3) NOT NULL = PROCTIME()
                scan bids: auction#0 BIGINT NOT NULL, price#1 DECIMAL(10, 2), channel#2 VARCHAR(10), item#3 ROW<name STRING, sizes ARRAY<INT>>, tags#4 MAP<STRING, INT>, bid_time#5 TIMESTAMP(3)
        "#]],
    );
}

#[test]
fn settings_stay_until_they_are_reset() {
    let (plan, _) = in_one_cell(&format!(
        "{BIDS};\nSET 'table.local-time-zone' = 'Europe/Berlin';\nSELECT auction FROM bids;\n\
         RESET 'table.local-time-zone';\nSELECT auction FROM bids"
    ));
    let zones: Vec<_> = plan.statements.iter().map(|s| s.settings.get("table.local-time-zone").cloned()).collect();
    assert_eq!(zones, [Some("Europe/Berlin".to_owned()), None]);
}

#[test]
fn a_table_like_another_keeps_its_expressions() {
    let (plan, diagnostics) = in_one_cell(
        "CREATE TABLE a (x STRING METADATA FROM 'timestamp', y INT, z AS y + 1, t TIMESTAMP(3), WATERMARK FOR t AS t)
            WITH ('connector' = 'kinesis', 'stream' = 's', 'format' = 'json');
         CREATE TABLE b (w AS y * 2) WITH ('format' = 'csv') LIKE a (EXCLUDING METADATA);
         SELECT * FROM b",
    );
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
    assert!(codes.is_empty(), "{codes:?}");
    expect![[r#"
        table b
          y INT
          z INT = (y + 1)
          t TIMESTAMP(3)
          w INT = (y * 2)
          watermark of t = t
          'connector' = 'kinesis'
          'stream' = 's'
          'format' = 'csv'

        select
          scan b: y#0 INT, z#1 INT, t#2 TIMESTAMP(3), w#3 INT
    "#]]
    .assert_eq(&plan.to_string());
}
