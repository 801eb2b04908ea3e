%md
Sessions by a text and a number, one of them nullable, from CSV.

%flink.ssql
CREATE TABLE calls (
    caller STRING NOT NULL,
    line SMALLINT,
    seconds DOUBLE,
    placed TIMESTAMP_LTZ(3),
    WATERMARK FOR placed AS placed - INTERVAL '1' MINUTE
) WITH (
    'connector' = 'filesystem',
    'path' = 'calls',
    'format' = 'csv',
    'csv.field-delimiter' = ';',
    'source.monitor-interval' = '5 s',
    'late-data.path' = 'late_calls.jsonl'
);

CREATE TABLE talks (
    caller STRING NOT NULL,
    line SMALLINT,
    opened TIMESTAMP_LTZ(3),
    closed TIMESTAMP_LTZ(3),
    calls BIGINT,
    longest DOUBLE,
    is_heavy BOOLEAN
) WITH ('connector' = 'blackhole');

%flink.ssql
INSERT INTO talks
SELECT
    caller,
    line,
    SESSION_START(placed, INTERVAL '15' MINUTE),
    SESSION_END(placed, INTERVAL '15' MINUTE),
    COUNT(*),
    MAX(seconds),
    SUM(seconds) > 3600
FROM calls
WHERE seconds > 0 AND line IS DISTINCT FROM 7
GROUP BY caller, line, SESSION(placed, INTERVAL '15' MINUTE);
