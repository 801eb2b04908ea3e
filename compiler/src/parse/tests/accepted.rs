//! Statements that Flink's own parser takes too, with the print that it reads as the same tree.

use super::canonical;

/// Written as they are printed.
const CANONICAL: [&str; 121] = [
    "SELECT a + b * c - d || 'x' = e AND NOT f OR g IS NOT NULL FROM t",
    "SELECT a FROM t UNION ALL SELECT b FROM u INTERSECT SELECT c FROM v ORDER BY 1 LIMIT 5",
    "SELECT COUNT(DISTINCT a) FILTER (WHERE b > 1), SUM(a) OVER (PARTITION BY b ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), ROW_NUMBER() OVER w FROM t WINDOW w AS (PARTITION BY a ORDER BY b DESC NULLS LAST)",
    r#"SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END, a BETWEEN 1 AND 2 AND b, a NOT BETWEEN SYMMETRIC 1 AND 2, a IN (1, 2), a NOT IN (SELECT b FROM u), EXISTS (SELECT 1), a LIKE 'x%' ESCAPE '\', a NOT SIMILAR TO 'b' FROM t"#,
    "SELECT CURRENT_TIMESTAMP, LOCALTIME, CURRENT_DATE, NOW(), PROCTIME(), YEAR(x), LEFT(a, 2), `value`, t.`one`",
    "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END",
    "SET 'table.local-time-zone' = 'UTC'",
    "RESET 'a'",
    "USE CATALOG c",
    "USE a.b",
    "DROP TABLE IF EXISTS t",
    "DROP TEMPORARY VIEW IF EXISTS a.v",
    "CREATE VIEW v (a, b) COMMENT 'x' AS SELECT 1, 2",
    "SELECT * FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts AS r ON o.c = r.c",
    "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')",
    "INSERT INTO t PARTITION (a = 1) SELECT 2",
    "INSERT OVERWRITE t SELECT 1",
    "SELECT a AS b FROM (SELECT 1 AS a) AS t (x) WHERE x > 1 ORDER BY x LIMIT 10 OFFSET 5",
    "SELECT 5 % 2, MOD(5, 2), a < b = c, a || b || c, a - (b - c), a - b - c, (a + b) * c, a / (b * c)",
    "CREATE TABLE t LIKE u",
    "CREATE TABLE t WITH ('a' = 'b') AS SELECT 1 AS x",
    "CREATE TABLE t (a AS b, c TIMESTAMP(3) METADATA)",
    "SELECT a FROM t WHERE a IS NOT DISTINCT FROM NULL AND b IS UNKNOWN",
    "SELECT IF(a, b, c), COALESCE(a, b), UPPER(x), CHAR_LENGTH(x), TO_TIMESTAMP_LTZ(x, 3), DATE_FORMAT(x, 'y'), CONVERT_TZ(a, b, c), TRUNCATE(1.5, 1), RAND()",
    "SELECT NOT a IS NULL, NOT a IN (1), a IS NULL IS TRUE, -a IS NULL, a AND b IS NULL",
    "SELECT a LIKE b || 'x', a BETWEEN b + 1 AND c - 1, a = b BETWEEN c AND d",
    "SELECT a = b LIKE c, a > b IN (1, 2)",
    "TABLE t",
    "SELECT t.f(1), `f`(x), db.f(x) FROM t",
    "SELECT $1, a$b FROM t",
    "SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)",
    "SELECT LISTAGG(a) WITHIN GROUP (ORDER BY b) FROM t",
    "SELECT f(a => 1, b => DEFAULT)",
    "SELECT CAST(a AS INTERVAL SECOND(3)), CAST(b AS INTERVAL DAY(3) TO HOUR)",
    "SELECT COUNT(*) FROM t GROUP BY ()",
    "CREATE TABLE t (name STRING, type STRING, data STRING, source STRING, state STRING, version INT, level INT, id INT, key STRING, label STRING)",
    "SELECT WEEK(d), QUARTER(d), DAYOFWEEK(d), HOUR(d), MINUTE(d), SECOND(d), MONTH(d), DAYOFMONTH(d)",
    "SELECT a FROM t AS x, u AS y WHERE x.a = y.b",
    "SELECT CEIL(a TO DAY), FLOOR(CAST(a AS TIMESTAMP) TO MONTH)",
    "SELECT UNIX_TIMESTAMP(), LOG(2, 3), E(), PI(), RAND_INTEGER(5)",
    "SELECT EXTRACT(DOW FROM d), EXTRACT(EPOCH FROM d), EXTRACT(MILLISECOND FROM d)",
    "SELECT a <> b, a <= b, a >= b, a < b, a > b",
    "SELECT (SELECT MAX(a) FROM t) AS m, b FROM u",
    "CREATE TABLE t (a INT NULL, b ROW<>, c ROW<a INT, b ROW<c STRING NOT NULL> NOT NULL>, d ARRAY<INT NOT NULL> NOT NULL, e MAP<STRING NOT NULL, BIGINT>)",
    "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b ASC) FROM t",
    "SELECT SUM(a) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW), SUM(a) OVER (w ROWS 3 PRECEDING) FROM t WINDOW w AS (PARTITION BY a)",
    "SELECT TIMESTAMPADD(NANOSECOND, 1, a), TIMESTAMPADD(MILLISECOND, 1, a), EXTRACT(ISODOW FROM a), EXTRACT(NANOSECOND FROM a)",
    "SELECT INTERVAL '1' WEEK, INTERVAL '1' QUARTER",
    "SELECT -INTERVAL '1' DAY, a - INTERVAL '1' DAY * 2",
    "SELECT a FROM t WHERE a = 1 OR b = 2 AND NOT c = 3",
    "SELECT a OVERLAPS b",
    "SELECT a IS NOT NULL IS NOT TRUE, a = b IS DISTINCT FROM c, NOT NOT a",
    "SELECT a NOT LIKE b ESCAPE c, a SIMILAR TO b",
    "SELECT t.*, u.a FROM t, u",
    "SELECT *, a FROM t",
    "CREATE TABLE t",
    "CREATE TABLE t (a INT, WATERMARK FOR a.b AS c)",
    "CREATE TABLE t (a INT METADATA FROM 'x' VIRTUAL COMMENT 'y')",
    "CREATE TABLE t (a AS b COMMENT 'y')",
    "CREATE TABLE t (a INT) LIKE u (INCLUDING ALL EXCLUDING GENERATED OVERWRITING METADATA)",
    "CREATE TEMPORARY VIEW IF NOT EXISTS v AS WITH x AS (SELECT 1) SELECT * FROM x",
    "RESET",
    "SELECT * FROM TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' DAY, SIZE => INTERVAL '2' DAY))",
    "SELECT * FROM TABLE(SESSION(DATA => TABLE t PARTITION BY (a, b), TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '1' DAY))",
    "SELECT * FROM TABLE(TUMBLE((SELECT * FROM t), DESCRIPTOR(ts), INTERVAL '1' DAY))",
    "SELECT * FROM TABLE(TUMBLE(TABLE a.b.c, DESCRIPTOR(`x y`), INTERVAL '1' DAY)) AS w (a, b)",
    "SELECT * FROM t NATURAL JOIN u",
    "SELECT * FROM t JOIN u",
    "SELECT * FROM t JOIN u ON a = b JOIN v ON c = d LEFT JOIN w ON e = f",
    "SELECT * FROM t, LATERAL (SELECT 1) AS x",
    "SELECT * FROM t JOIN u FOR SYSTEM_TIME AS OF t.p ON a = b",
    "SELECT * FROM t CROSS JOIN UNNEST(t.a) AS x (b)",
    "SELECT 1 UNION SELECT 2 UNION ALL SELECT 3 EXCEPT SELECT 4 INTERSECT ALL SELECT 5",
    "(SELECT 1 ORDER BY 1) UNION (SELECT 2)",
    "SELECT a FROM ((SELECT 1 AS a)) AS x",
    "SELECT SUM(a) FILTER (WHERE b) OVER w FROM t WINDOW w AS ()",
    "SELECT JSON_VALUE(a, 'lax $.b' DEFAULT 1 + 2 ON EMPTY DEFAULT 'x' ON ERROR), JSON_QUERY(a, '$' RETURNING ARRAY<STRING> WITHOUT WRAPPER EMPTY ARRAY ON EMPTY)",
    "SELECT JSON_STRING(a), JSON_QUOTE(a), JSON(a)",
    "SELECT t.a.b[1].c.d FROM t",
    "SELECT CURRENT_TIMESTAMP(), CURRENT_DATE, LOCALTIMESTAMP, CURRENT_TIMESTAMP(3), CURRENT_ROW_TIMESTAMP(), USER",
    "SELECT EXISTS (SELECT 1), NOT EXISTS (SELECT 2)",
    "SELECT 1.e5, 1., .5e-3, 1E+3, 00012, 12345678901234567890123",
    "SELECT a.b.c.d.e",
    "SELECT `a``b`, `select`",
    "SELECT a FROM t GROUP BY a, b HAVING c QUALIFY d = 1",
    "SELECT DATE_FORMAT(a, 'x') || 'y' LIKE 'z'",
    "SELECT a LIKE 'b' AND c LIKE 'd' OR e IN (1) AND NOT f BETWEEN 1 AND 2",
    "SELECT MOD(a, 2) = 0, a % 2 = 0, -a % 2, 2 * -a",
    "SELECT a || b + c, a + b || c, a * b || c",
    "SELECT plan, data, type, key, state, path, source, message_text, level, name, version, zone, week, quarter FROM t",
    "SELECT a[1]._x, _y, t._z, (a)._b",
    "SELECT TUMBLE_END(ts, INTERVAL '1' MINUTE), COUNT(DISTINCT user_id) FILTER (WHERE a IS NOT NULL) AS c FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)",
    "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1",
    "SELECT o.id, r.rate FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur",
    "CREATE TEMPORARY VIEW x AS SELECT CAST(JSON_VALUE(payload, '$.a.b') AS INT) AS a, payload LIKE '%x%' AS b FROM raw_events",
    "SELECT DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm') AS m, TO_TIMESTAMP(FROM_UNIXTIME(ts / 1000)), TIMESTAMPDIFF(MINUTE, a, b) FROM t",
    "SELECT a, CASE WHEN t > 30 THEN 'hot' WHEN t BETWEEN 10 AND 30 THEN 'mild' ELSE 'cold' END AS label FROM s",
    "SELECT SESSION_START(ts, INTERVAL '30' MINUTE), COUNT(*) FROM t GROUP BY user_id, SESSION(ts, INTERVAL '30' MINUTE)",
    "SELECT COLLECT(a), LISTAGG(a, ','), FIRST_VALUE(a), LAST_VALUE(a), STDDEV_POP(a), VAR_SAMP(a), APPROX_COUNT_DISTINCT(a) FROM t",
    "SELECT REGEXP_EXTRACT(a, '(.*)-(.*)', 1), SPLIT_INDEX(a, ',', 0), CONCAT(a, b), CONCAT_WS(',', a, b), LPAD(a, 5, '0'), REPLACE(a, 'x', 'y'), INITCAP(a), MD5(a), SHA256(a), TO_BASE64(a), UUID(), ROUND(a, 2), POWER(2, 3), SQRT(a), LN(a), LOG10(a), EXP(a), SIGN(a), GREATEST(a, b), LEAST(a, b), IFNULL(a, b), NULLIF(a, b), IS_DECIMAL(a) FROM t",
    "SELECT a.b.c, arr[1], m['x'], CARDINALITY(arr), ELEMENT(arr) FROM t",
    "SELECT id, tag FROM t CROSS JOIN UNNEST(tags) AS u (tag)",
    "SELECT a FROM t WHERE a IN ('x', 'y') AND b NOT IN (1) OR NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a)",
    "SELECT CURRENT_WATERMARK(ts), CURRENT_TIMESTAMP, CURRENT_TIME, LOCALTIME, LOCALTIMESTAMP, NOW(), CURRENT_DATE FROM t",
    "SELECT `a b`.`c``d`, `é`, ünïcode FROM `x y`",
    "SELECT a FROM db.`my-table` AS `t-1`",
    "SELECT 'ünï', '日本', '''', '' FROM t",
    "SELECT MIN(a) OVER (PARTITION BY b ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
    "SELECT AVG(a) OVER (PARTITION BY b ORDER BY ts ROWS BETWEEN 10 PRECEDING AND 1 FOLLOWING) FROM t",
    "SELECT TRY_CAST('x' AS INT), CAST('2024-01-01' AS DATE), CAST(a AS STRING), CAST(b AS BYTES), CAST(c AS VARCHAR(10)), CAST(d AS ROW<a INT, b MAP<STRING, INT>>) FROM t",
    "CREATE VIEW IF NOT EXISTS v AS SELECT * FROM a UNION ALL SELECT * FROM b UNION SELECT * FROM c",
    "SELECT a FROM t WHERE ts > TIMESTAMP '2024-01-01 00:00:00' - INTERVAL '1' DAY AND d = DATE '2024-01-01'",
    "INSERT INTO t SELECT * FROM (VALUES (1, 'a'), (2, CAST(NULL AS STRING))) AS v (id, name)",
    "INSERT INTO t WITH x AS (SELECT 1 AS a) SELECT a FROM x",
    "INSERT INTO t (SELECT 1)",
    "INSERT INTO t (a, b) (SELECT 1, 2)",
    "INSERT INTO t TABLE u",
    "SELECT * FROM t ORDER BY a ASC NULLS FIRST, b DESC LIMIT 10",
    "CREATE TABLE t (a INT COMMENT 'it''s', b STRING NULL)",
    "CREATE TABLE t (a ROW<b INT, c ROW<d STRING, e ARRAY<INT>>>, WATERMARK FOR a.b AS a.b)",
    "CREATE TABLE t (WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) LIKE base (EXCLUDING WATERMARKS INCLUDING OPTIONS)",
];

/// As written, and as printed.
const WRITTEN: [(&str, &str); 82] = [
    (
        "CREATE TABLE sensor_data (\n    sensor_id INTEGER,\n    current_temperature DOUBLE,\n    status VARCHAR(6),\n    event_time TIMESTAMP(3),\n    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND\n)\nPARTITIONED BY (sensor_id)\nWITH (\n    'connector' = 'kinesis',\n    'stream' = 'my-input-stream',\n    'json.timestamp-format.standard' = 'ISO-8601'\n)",
        "CREATE TABLE sensor_data (sensor_id INT, current_temperature DOUBLE, status VARCHAR(6), event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND) PARTITIONED BY (sensor_id) WITH ('connector' = 'kinesis', 'stream' = 'my-input-stream', 'json.timestamp-format.standard' = 'ISO-8601')",
    ),
    (
        "SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature,\n       HOP_ROWTIME(event_time, INTERVAL '10' second, INTERVAL '1' minute) as hop_time\nFROM sensor_data\nGROUP BY HOP(event_time, INTERVAL '10' second, INTERVAL '1' minute), sensor_data.status",
        "SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature, HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time FROM sensor_data GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), sensor_data.status",
    ),
    (
        "INSERT INTO sensor_state\nSELECT sensor_data.status, COUNT(*) AS num FROM sensor_data",
        "INSERT INTO sensor_state SELECT sensor_data.status, COUNT(*) AS num FROM sensor_data",
    ),
    (
        "CREATE TEMPORARY TABLE IF NOT EXISTS a.b.c (\n  id BIGINT NOT NULL PRIMARY KEY NOT ENFORCED COMMENT 'x',\n  pt AS PROCTIME(),\n  ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,\n  m MAP<STRING, ARRAY<ROW<a INT, b STRING 'c'>>>,\n  CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED\n) COMMENT 'c' PARTITIONED BY (id, `x y`) WITH ('a' = 'b') LIKE other (INCLUDING ALL OVERWRITING OPTIONS)",
        "CREATE TEMPORARY TABLE IF NOT EXISTS a.b.c (id BIGINT NOT NULL COMMENT 'x', pt AS PROCTIME(), ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, m MAP<STRING, ARRAY<ROW<a INT, b STRING 'c'>>>, PRIMARY KEY (id) NOT ENFORCED, CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED) COMMENT 'c' PARTITIONED BY (id, `x y`) WITH ('a' = 'b') LIKE other (INCLUDING ALL OVERWRITING OPTIONS)",
    ),
    (
        "SELECT NOT a = b, NOT (a AND b), -(-a), - 1, (a = b) IS TRUE, a IS DISTINCT FROM b, a = b IS NULL",
        "SELECT NOT a = b, NOT (a AND b), -(-a), -1, a = b IS TRUE, a IS DISTINCT FROM b, a = b IS NULL",
    ),
    (
        "SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '10' MINUTES))",
        "SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE))",
    ),
    (
        "SELECT * FROM TABLE(TUMBLE(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' MINUTES, `OFFSET` => INTERVAL '1' MINUTES))",
        "SELECT * FROM TABLE(TUMBLE(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' MINUTE, `OFFSET` => INTERVAL '1' MINUTE))",
    ),
    (
        "SELECT * FROM HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '10' MINUTES) AS x",
        "SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE)) AS x",
    ),
    (
        "SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5' MINUTES))",
        "SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5' MINUTE))",
    ),
    (
        "SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY a, DESCRIPTOR(ts), INTERVAL '5' MINUTES))",
        "SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY (a), DESCRIPTOR(ts), INTERVAL '5' MINUTE))",
    ),
    (
        "SELECT * FROM t /*+ OPTIONS('a'='b', 'c' = 'd') */ AS x",
        "SELECT * FROM t /*+ OPTIONS('a' = 'b', 'c' = 'd') */ AS x",
    ),
    (
        "SELECT /*+ STATE_TTL('a'='1d'), BROADCAST(t) */ * FROM t, u",
        "SELECT /*+ STATE_TTL('a' = '1d'), BROADCAST(t) */ * FROM t, u",
    ),
    (
        "WITH x AS (SELECT 1 AS a), y (b) AS (VALUES (1), (2)) SELECT * FROM x JOIN y ON x.a = y.b LEFT OUTER JOIN z USING (a)",
        "WITH x AS (SELECT 1 AS a), y (b) AS (VALUES (1), (2)) SELECT * FROM x JOIN y ON x.a = y.b LEFT JOIN z USING (a)",
    ),
    (
        "SELECT CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS ROW<a INT NOT NULL>), CAST(c AS INT ARRAY), CAST(d AS TIMESTAMP(3) WITH LOCAL TIME ZONE) FROM t",
        "SELECT CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS ROW<a INT NOT NULL>), CAST(c AS ARRAY<INT>), CAST(d AS TIMESTAMP_LTZ(3)) FROM t",
    ),
    (
        "SELECT EXTRACT(DAY FROM ts), FLOOR(ts TO HOUR), CEIL(x), CEILING(x), FLOOR(x), TRIM(a), TRIM(BOTH 'x' FROM a), TRIM(LEADING FROM a), TRIM('x' FROM a) FROM t",
        "SELECT EXTRACT(DAY FROM ts), FLOOR(ts TO HOUR), CEIL(x), CEILING(x), FLOOR(x), TRIM(a), TRIM(BOTH 'x' FROM a), TRIM(LEADING FROM a), TRIM(BOTH 'x' FROM a) FROM t",
    ),
    (
        "SELECT SUBSTRING(a FROM 1 FOR 2), SUBSTRING(a, 1, 2), SUBSTRING(a, 1), POSITION('a' IN b), OVERLAY(a PLACING b FROM 1 FOR 2), TIMESTAMPADD(DAY, 1, d), TIMESTAMPDIFF(SECOND, a, b) FROM t",
        "SELECT SUBSTRING(a, 1, 2), SUBSTRING(a, 1, 2), SUBSTRING(a, 1), POSITION('a' IN b), OVERLAY(a PLACING b FROM 1 FOR 2), TIMESTAMPADD(DAY, 1, d), TIMESTAMPDIFF(SECOND, a, b) FROM t",
    ),
    (
        "SELECT JSON_VALUE(a, '$.b' RETURNING INT NULL ON EMPTY ERROR ON ERROR), JSON_QUERY(a, '$' WITH CONDITIONAL ARRAY WRAPPER), JSON_EXISTS(a, '$' FALSE ON ERROR), JSON_OBJECT(KEY 'a' VALUE b ABSENT ON NULL), JSON_OBJECT('a' VALUE 1), JSON_ARRAY(1, 2 NULL ON NULL), a IS JSON OBJECT FROM t",
        "SELECT JSON_VALUE(a, '$.b' RETURNING INT NULL ON EMPTY ERROR ON ERROR), JSON_QUERY(a, '$' WITH CONDITIONAL ARRAY WRAPPER), JSON_EXISTS(a, '$' FALSE ON ERROR), JSON_OBJECT(KEY 'a' VALUE b ABSENT ON NULL), JSON_OBJECT(KEY 'a' VALUE 1), JSON_ARRAY(1, 2 NULL ON NULL), a IS JSON OBJECT FROM t",
    ),
    (
        r#"SELECT DATE '2024-01-01', TIME '10:00:00', TIMESTAMP '2024-01-01 00:00:00', INTERVAL '1:30' HOUR TO MINUTE, INTERVAL '1 10:00:00.123' DAY TO SECOND(3), INTERVAL -'1' DAY, X'0AFF', U&'\0041', 1e3, 1.5, .5, TRUE, NULL"#,
        "SELECT DATE '2024-01-01', TIME '10:00:00', TIMESTAMP '2024-01-01 00:00:00', INTERVAL '1:30' HOUR TO MINUTE, INTERVAL '1 10:00:00.123' DAY TO SECOND(3), INTERVAL -'1' DAY, X'0AFF', 'A', 1e3, 1.5, .5, TRUE, NULL",
    ),
    (
        "SELECT a[1].b, m['k'], f(x).c, (r).f, ROW(1, 'a'), (1, 2), ARRAY[1, 2], MAP['a', 1], ARRAY[ARRAY[1]] FROM t",
        "SELECT a[1].b, m['k'], (f(x)).c, (r).f, ROW(1, 'a'), ROW(1, 2), ARRAY[1, 2], MAP['a', 1], ARRAY[ARRAY[1]] FROM t",
    ),
    (
        "SELECT a, COUNT(*) FROM t GROUP BY GROUPING SETS ((a, b), (a), ()), CUBE (a, b), ROLLUP (a, (b, c)) HAVING COUNT(*) > 1",
        "SELECT a, COUNT(*) FROM t GROUP BY GROUPING SETS ((a, b), (a), ()), CUBE ((a), (b)), ROLLUP ((a), (b, c)) HAVING COUNT(*) > 1",
    ),
    (
        "SELECT * FROM a, LATERAL TABLE(f(x)) AS t(b) CROSS JOIN UNNEST(arr) WITH ORDINALITY AS u (c, d)",
        "SELECT * FROM a, LATERAL TABLE(f(x)) AS t (b) CROSS JOIN UNNEST(arr) WITH ORDINALITY AS u (c, d)",
    ),
    (
        "SELECT ((SELECT 1) + 1), ((SELECT 1) UNION (SELECT 2)) FROM t WHERE (a, b) IN ((1, 2), (3, 4))",
        "SELECT (SELECT 1) + 1, ((SELECT 1) UNION (SELECT 2)) FROM t WHERE ROW(a, b) IN (ROW(1, 2), ROW(3, 4))",
    ),
    (
        "(SELECT 1) UNION ALL (SELECT 2 LIMIT 3) OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY",
        "(SELECT 1) UNION ALL (SELECT 2 LIMIT 3) LIMIT 3 OFFSET 2",
    ),
    ("SELECT DISTINCT a FROM (VALUES (1), (2)) AS t(a)", "SELECT DISTINCT a FROM (VALUES (1), (2)) AS t (a)"),
    (
        "SELECT INTERVAL '10' DAYS, INTERVAL '5' SECONDS, INTERVAL '1' YEAR",
        "SELECT INTERVAL '10' DAY, INTERVAL '5' SECOND, INTERVAL '1' YEAR",
    ),
    ("SELECT INTERVAL 5 SECOND", "SELECT INTERVAL '5' SECOND"),
    ("SELECT a b, c AS `d e` FROM t u", "SELECT a AS b, c AS `d e` FROM t AS u"),
    ("SELECT a.* , b.c.* FROM a", "SELECT a.*, b.c.* FROM a"),
    ("SELECT * FROM t LIMIT ALL", "SELECT * FROM t"),
    ("SELECT a // comment\n FROM t", "SELECT a FROM t"),
    ("SELECT * FROM (t JOIN u ON a = b) JOIN v ON c = d", "SELECT * FROM t JOIN u ON a = b JOIN v ON c = d"),
    (
        "SELECT 1 AS `count`, 2 name, 3 type, 4 AS data FROM t",
        "SELECT 1 AS `count`, 2 AS name, 3 AS type, 4 AS data FROM t",
    ),
    ("SELECT a IS NOT JSON, a IS JSON VALUE FROM t", "SELECT a IS NOT JSON VALUE, a IS JSON VALUE FROM t"),
    (
        "SELECT * FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(bidtime), INTERVAL '2' MINUTES, INTERVAL '10' MINUTES, INTERVAL '1' MINUTE)) GROUP BY window_start",
        "SELECT * FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(bidtime), INTERVAL '2' MINUTE, INTERVAL '10' MINUTE, INTERVAL '1' MINUTE)) GROUP BY window_start",
    ),
    ("SELECT (a, b) = (c, d), ROW(a, b) = ROW(c, d)", "SELECT ROW(a, b) = ROW(c, d), ROW(a, b) = ROW(c, d)"),
    ("CREATE TABLE t (a INT NOT NULL ARRAY)", "CREATE TABLE t (a ARRAY<INT NOT NULL>)"),
    ("SELECT INTERVAL '1' WEEKS", "SELECT INTERVAL '1' WEEK"),
    ("SELECT (a, b) OVERLAPS (c, d)", "SELECT ROW(a, b) OVERLAPS ROW(c, d)"),
    ("SELECT +a, + -a, -+a", "SELECT +a, +(-a), -(+a)"),
    ("SELECT a BETWEEN ASYMMETRIC 1 AND 2", "SELECT a BETWEEN 1 AND 2"),
    ("INSERT INTO t /*+ OPTIONS('a'='b') */ SELECT 1", "INSERT INTO t /*+ OPTIONS('a' = 'b') */ SELECT 1"),
    ("CREATE TABLE t (a INT) WITH ()", "CREATE TABLE t (a INT)"),
    ("CREATE VIEW v AS SELECT 1;", "CREATE VIEW v AS SELECT 1"),
    (
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t; END;",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t; END",
    ),
    ("BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;", "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END"),
    (
        "SELECT * FROM f(TABLE t PARTITION BY a ORDER BY b)",
        "SELECT * FROM TABLE(f(TABLE t PARTITION BY (a) ORDER BY (b)))",
    ),
    ("SELECT * FROM t /*+ OPTIONS('x'='y') */ a", "SELECT * FROM t /*+ OPTIONS('x' = 'y') */ AS a"),
    (
        "SELECT * FROM t FULL OUTER JOIN u USING (a, b) CROSS JOIN v",
        "SELECT * FROM t FULL JOIN u USING (a, b) CROSS JOIN v",
    ),
    (
        "SELECT * FROM t LEFT JOIN LATERAL TABLE(f(a)) AS x(b) ON TRUE",
        "SELECT * FROM t LEFT JOIN LATERAL TABLE(f(a)) AS x (b) ON TRUE",
    ),
    ("VALUES 1, 2", "VALUES (1), (2)"),
    ("VALUES (1, 'a'), ROW(2, 'b')", "VALUES (1, 'a'), (2, 'b')"),
    (
        "SELECT a FROM (SELECT b FROM ((SELECT c FROM t) UNION ALL (SELECT d FROM u))) x",
        "SELECT a FROM (SELECT b FROM ((SELECT c FROM t) UNION ALL (SELECT d FROM u))) AS x",
    ),
    ("SELECT ((1)), (((a + b))), ((SELECT 1)), (((SELECT 1)) + 1)", "SELECT 1, a + b, ((SELECT 1)), ((SELECT 1)) + 1"),
    ("SELECT a IN ((SELECT 1)), a IN ((1), (2))", "SELECT a IN ((SELECT 1)), a IN (1, 2)"),
    ("SELECT CASE a WHEN 1, 2 THEN 3 END", "SELECT CASE a WHEN 1 THEN 3 WHEN 2 THEN 3 END"),
    (
        "SELECT COUNT(ALL a), COUNT(*), COUNT(DISTINCT a, b), f(*)",
        "SELECT COUNT(a), COUNT(*), COUNT(DISTINCT a, b), f(*)",
    ),
    (
        "SELECT JSON_OBJECT('a': 1, 'b': 2), JSON_OBJECT(), JSON_ARRAY(), JSON_ARRAYAGG(a), JSON_OBJECTAGG(KEY a VALUE b), JSON_OBJECTAGG('a' VALUE b NULL ON NULL)",
        "SELECT JSON_OBJECT(KEY 'a' VALUE 1, KEY 'b' VALUE 2), JSON_OBJECT(), JSON_ARRAY(), JSON_ARRAYAGG(a), JSON_OBJECTAGG(KEY a VALUE b), JSON_OBJECTAGG(KEY 'a' VALUE b NULL ON NULL)",
    ),
    (
        "SELECT a[1][2], a['x'].y[1], (a).b, f(a)[1], ARRAY[1,2][1], MAP[1,2][1], ROW(1,2).f",
        "SELECT a[1][2], a['x'].y[1], (a).b, (f(a))[1], ARRAY[1, 2][1], MAP[1, 2][1], (ROW(1, 2)).f",
    ),
    ("SELECT 'a'\n'b'", "SELECT 'ab'"),
    ("SELECT /* c */ 1 -- x\n, 2 /* y ; */", "SELECT 1, 2"),
    ("SELECT ';' ; SELECT 2", "SELECT ';';\nSELECT 2"),
    ("SELECT 1;;SELECT 2;", "SELECT 1;\nSELECT 2"),
    ("SELECT a FROM t LIMIT 10 OFFSET 5 ROWS", "SELECT a FROM t LIMIT 10 OFFSET 5"),
    ("SELECT a FROM t OFFSET 5 ROWS FETCH FIRST 10 ROWS ONLY", "SELECT a FROM t LIMIT 10 OFFSET 5"),
    ("SELECT ALL a FROM t", "SELECT a FROM t"),
    ("SELECT a // don't\n, 'x' FROM t // it's", "SELECT a, 'x' FROM t"),
    (
        "SELECT INTERVAL 100 SECOND, INTERVAL 1.5 SECOND, INTERVAL -5 DAY",
        "SELECT INTERVAL '100' SECOND(3), INTERVAL '1.5' SECOND(3), INTERVAL -'5' DAY",
    ),
    ("SELECT INTERVAL 100 SECOND, INTERVAL 5 DAY", "SELECT INTERVAL '100' SECOND(3), INTERVAL '5' DAY"),
    ("SELECT * FROM Orders WHERE amount > 10 -- comment", "SELECT * FROM Orders WHERE amount > 10"),
    (
        "CREATE TABLE clicks (\n  `user` STRING, url STRING, cTime TIMESTAMP(3),\n  WATERMARK FOR cTime AS cTime - INTERVAL '5' SECONDS\n) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'csv')",
        "CREATE TABLE clicks (`user` STRING, url STRING, cTime TIMESTAMP(3), WATERMARK FOR cTime AS cTime - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'csv')",
    ),
    (
        "SELECT window_start, window_end, supplier_id, SUM(price) AS total_price FROM TUMBLE(TABLE Bid, DESCRIPTOR(bidtime), INTERVAL '10' MINUTES) GROUP BY window_start, window_end, GROUPING SETS ((supplier_id), ())",
        "SELECT window_start, window_end, supplier_id, SUM(price) AS total_price FROM TABLE(TUMBLE(TABLE Bid, DESCRIPTOR(bidtime), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, GROUPING SETS ((supplier_id), ())",
    ),
    (
        "SELECT * FROM orders o, shipments s WHERE o.id = s.order_id AND o.ts BETWEEN s.ts - INTERVAL '4' HOUR AND s.ts",
        "SELECT * FROM orders AS o, shipments AS s WHERE o.id = s.order_id AND o.ts BETWEEN s.ts - INTERVAL '4' HOUR AND s.ts",
    ),
    (
        "CREATE TABLE k (\n  event_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',\n  `partition` BIGINT METADATA VIRTUAL,\n  `offset` BIGINT METADATA VIRTUAL,\n  user_id BIGINT, price DECIMAL(32, 2), q DOUBLE,\n  cost AS price * q,\n  PRIMARY KEY (user_id) NOT ENFORCED\n) WITH ('connector' = 'kafka')",
        "CREATE TABLE k (event_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', `partition` BIGINT METADATA VIRTUAL, `offset` BIGINT METADATA VIRTUAL, user_id BIGINT, price DECIMAL(32, 2), q DOUBLE, cost AS price * q, PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector' = 'kafka')",
    ),
    (
        "INSERT INTO sink SELECT a, b FROM src /*+ OPTIONS('scan.startup.mode'='earliest-offset') */ WHERE a IS NOT NULL AND (b > 1 OR c = 'x')",
        "INSERT INTO sink SELECT a, b FROM src /*+ OPTIONS('scan.startup.mode' = 'earliest-offset') */ WHERE a IS NOT NULL AND (b > 1 OR c = 'x')",
    ),
    (
        "SET 'execution.checkpointing.interval' = '10s';\nSET 'pipeline.name' = 'a';\nRESET 'pipeline.name';\nUSE CATALOG default_catalog;\nUSE default_database;",
        "SET 'execution.checkpointing.interval' = '10s';\nSET 'pipeline.name' = 'a';\nRESET 'pipeline.name';\nUSE CATALOG default_catalog;\nUSE default_database",
    ),
    ("SELECT -1, - 1, +1, 1 - -1, 2 - 1, a-b, a -1, a- -1", "SELECT -1, -1, +1, 1 - -1, 2 - 1, a - b, a - 1, a - -1"),
    ("SELECT a FROM t WHERE (a, b) IN (SELECT c, d FROM u)", "SELECT a FROM t WHERE ROW(a, b) IN (SELECT c, d FROM u)"),
    (
        "DROP VIEW IF EXISTS v; DROP TABLE t; DROP TEMPORARY TABLE IF EXISTS t",
        "DROP VIEW IF EXISTS v;\nDROP TABLE t;\nDROP TEMPORARY TABLE IF EXISTS t",
    ),
    (
        "SELECT COUNT(*) cnt, SUM(x) `sum`, AVG(y) av FROM t HAVING COUNT(*) > 1",
        "SELECT COUNT(*) AS cnt, SUM(x) AS `sum`, AVG(y) AS av FROM t HAVING COUNT(*) > 1",
    ),
    (
        "SELECT GROUPING(a), GROUPING_ID(a, b) FROM t GROUP BY CUBE (a, b)",
        "SELECT GROUPING(a), GROUPING_ID(a, b) FROM t GROUP BY CUBE ((a), (b))",
    ),
    (
        "CREATE TABLE IF NOT EXISTS `c`.`d`.`t` (`a` INT) COMMENT 'x' WITH ('connector'='print')",
        "CREATE TABLE IF NOT EXISTS `c`.`d`.`t` (`a` INT) COMMENT 'x' WITH ('connector' = 'print')",
    ),
    (
        "BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nEND;",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END",
    ),
];

/// What Flink's parser refuses and we read: the settings of older notebooks.
const OURS: [(&str, &str); 3] = [
    ("SET table.local-time-zone = UTC", "SET 'table.local-time-zone' = 'UTC'"),
    ("SET a = b c;", "SET 'a' = 'b c'"),
    ("RESET table.x", "RESET 'table.x'"),
];

#[test]
fn canonical_statements_print_as_written() {
    for text in CANONICAL {
        assert_eq!(canonical(text), text);
    }
}

#[test]
fn other_spellings_print_as_the_canonical_one() {
    for (text, printed) in WRITTEN {
        assert_eq!(canonical(text), printed);
    }
}

#[test]
fn settings_may_lack_their_quotes() {
    for (text, printed) in OURS {
        assert_eq!(canonical(text), printed);
    }
}
