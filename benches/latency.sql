%flink.ssql
CREATE TABLE events (
    k INT,
    v DOUBLE,
    ms BIGINT,
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '0.001' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'events',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE results (
    k INT,
    number BIGINT,
    earliest BIGINT
) WITH (
    'connector' = 'print'
);

%flink.ssql
INSERT INTO results
SELECT k, COUNT(v), MIN(ms)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '0.01' SECOND))
GROUP BY window_start, window_end, k;
