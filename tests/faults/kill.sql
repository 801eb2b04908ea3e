%flink.ssql
-- What tests/faults/kill.py kills: rows that pass, windows, and sessions.
CREATE TABLE events (
  id BIGINT,
  device STRING,
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = 'in',
  'format' = 'json',
  'source.monitor-interval' = '20 ms'
);

CREATE TABLE passed (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out/passed', 'format' = 'json');

CREATE TABLE counted (device STRING, window_start TIMESTAMP(3), events BIGINT, ids BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/counted', 'format' = 'json');

CREATE TABLE visits (device STRING, started_at TIMESTAMP(3), events BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/visits', 'format' = 'json');

%flink.ssql
INSERT INTO passed SELECT id FROM events WHERE MOD(id, 3) = 0;

%flink.ssql
INSERT INTO counted
SELECT device, window_start, COUNT(*), SUM(id)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY device, window_start, window_end;

%flink.ssql
INSERT INTO visits
SELECT device, SESSION_START(event_time, INTERVAL '3' SECOND), COUNT(*)
FROM events
GROUP BY device, SESSION(event_time, INTERVAL '3' SECOND);
