%md
What the tests of faults run: one statement that hands rows on, one that keeps windows, and one that may fail on a value.

%flink.ssql
CREATE TABLE readings (
    id BIGINT,
    temperature DOUBLE,
    taken TIMESTAMP(3),
    WATERMARK FOR taken AS taken
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json',
    'late-data.path' = 'late.jsonl'
);

CREATE TABLE copies (id BIGINT, temperature DOUBLE) WITH (
    'connector' = 'filesystem',
    'path' = 'copies',
    'format' = 'json'
);

CREATE TABLE minutes (ends TIMESTAMP(3), readings BIGINT) WITH (
    'connector' = 'filesystem',
    'path' = 'minutes',
    'format' = 'json'
);

CREATE TABLE small (id TINYINT) WITH ('connector' = 'blackhole');

%flink.ssql
INSERT INTO copies SELECT id, temperature FROM readings;

%flink.ssql
INSERT INTO minutes
SELECT TUMBLE_END(taken, INTERVAL '1' MINUTE), COUNT(*)
FROM readings
GROUP BY TUMBLE(taken, INTERVAL '1' MINUTE);

%flink.ssql
INSERT INTO small
SELECT CAST(100 / (id - 13) AS TINYINT)
FROM readings;
