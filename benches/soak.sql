%flink.ssql
SET 'table.exec.state.ttl' = '20 s';

CREATE TABLE events (
    id BIGINT,
    account STRING,
    amount DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'events',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE windows (
    account STRING,
    num BIGINT,
    average DOUBLE,
    largest DOUBLE,
    window_end TIMESTAMP(3)
) WITH (
    'connector' = 'print'
);

CREATE TABLE sessions (
    id BIGINT,
    num BIGINT,
    total DOUBLE
) WITH (
    'connector' = 'print'
);

CREATE TABLE statuses (
    status VARCHAR(6),
    accounts BIGINT,
    window_end TIMESTAMP(3)
) WITH (
    'connector' = 'print'
);

CREATE TABLE totals (
    account STRING,
    num BIGINT,
    total DOUBLE
) WITH (
    'connector' = 'blackhole'
);

%flink.ssql
INSERT INTO windows
SELECT account, COUNT(*), AVG(amount), MAX(amount), window_end
FROM TABLE(HOP(TABLE events, DESCRIPTOR(event_time), INTERVAL '1' SECOND, INTERVAL '5' SECOND))
GROUP BY window_start, window_end, account;

%flink.ssql
INSERT INTO sessions
SELECT id, COUNT(*), SUM(amount)
FROM events
GROUP BY SESSION(event_time, INTERVAL '2' SECOND), id;

%flink.ssql
INSERT INTO statuses
SELECT status, COUNT(DISTINCT account), window_end
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '5' SECOND))
GROUP BY window_start, window_end, status;

%flink.ssql
INSERT INTO totals
SELECT account, COUNT(*), SUM(amount)
FROM events
GROUP BY account;
