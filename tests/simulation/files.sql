%flink.ssql
-- What the simulator runs over files: rows that pass, and every kind of window with state of several shapes.
CREATE TABLE events (
  id BIGINT,
  device STRING,
  kind STRING,
  amount DECIMAL(9, 2),
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = 'in',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true',
  'source.monitor-interval' = '100 ms'
);

CREATE TABLE passed (id BIGINT, device STRING, amount DECIMAL(9, 2))
WITH ('connector' = 'filesystem', 'path' = 'out/passed', 'format' = 'json', 'sink.rolling-policy.file-size' = '1 kb');

CREATE TABLE counted (device STRING, window_start TIMESTAMP(3), events BIGINT, ids BIGINT, kinds BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/counted', 'format' = 'json');

CREATE TABLE hopped (kind STRING, window_end TIMESTAMP(3), total DECIMAL(38, 2), average DOUBLE, latest STRING)
WITH ('connector' = 'filesystem', 'path' = 'out/hopped', 'format' = 'csv', 'sink.rolling-policy.file-size' = '2 kb');

CREATE TABLE grown (device STRING, window_end TIMESTAMP(3), events BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/grown', 'format' = 'json');

CREATE TABLE visits (device STRING, started_at TIMESTAMP(3), events BIGINT, least DECIMAL(9, 2))
WITH ('connector' = 'filesystem', 'path' = 'out/visits', 'format' = 'json');

%flink.ssql
INSERT INTO passed SELECT id, device, amount FROM events WHERE MOD(id, 3) = 0;

%flink.ssql
INSERT INTO counted
SELECT device, window_start, COUNT(*), SUM(id), COUNT(DISTINCT kind)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY device, window_start, window_end;

%flink.ssql
INSERT INTO hopped
SELECT kind, window_end, SUM(amount), AVG(CAST(id AS DOUBLE)), MAX(device)
FROM TABLE(HOP(TABLE events, DESCRIPTOR(event_time), INTERVAL '5' SECOND, INTERVAL '15' SECOND))
GROUP BY kind, window_start, window_end;

%flink.ssql
INSERT INTO grown
SELECT device, window_end, COUNT(*)
FROM TABLE(CUMULATE(TABLE events, DESCRIPTOR(event_time), INTERVAL '5' SECOND, INTERVAL '20' SECOND))
GROUP BY device, window_start, window_end;

%flink.ssql
INSERT INTO visits
SELECT device, SESSION_START(event_time, INTERVAL '3' SECOND), COUNT(*), MIN(amount)
FROM events
GROUP BY device, SESSION(event_time, INTERVAL '3' SECOND);
