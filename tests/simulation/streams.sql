%flink.ssql
-- What the simulator runs over streams: shards that split and merge while they are read, and a stream that is written.
CREATE TABLE events (
  id BIGINT,
  device STRING,
  kind STRING,
  amount DECIMAL(9, 2),
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
  'connector' = 'kinesis',
  'stream' = 'events',
  'aws.region' = 'us-east-1',
  'source.init.position' = 'TRIM_HORIZON',
  'scan.watermark.idle-timeout' = '0 ms',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);

CREATE TABLE results (id BIGINT, device STRING, amount DECIMAL(9, 2))
WITH ('connector' = 'kinesis', 'stream' = 'results', 'aws.region' = 'us-east-1', 'format' = 'json');

CREATE TABLE counted (device STRING, window_start TIMESTAMP(3), events BIGINT, ids BIGINT, kinds BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/counted', 'format' = 'json');

CREATE TABLE visits (device STRING, started_at TIMESTAMP(3), events BIGINT, least DECIMAL(9, 2))
WITH ('connector' = 'filesystem', 'path' = 'out/visits', 'format' = 'json');

%flink.ssql
INSERT INTO results SELECT id, device, amount FROM events WHERE MOD(id, 3) = 0;

%flink.ssql
INSERT INTO counted
SELECT device, window_start, COUNT(*), SUM(id), COUNT(DISTINCT kind)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY device, window_start, window_end;

%flink.ssql
INSERT INTO visits
SELECT device, SESSION_START(event_time, INTERVAL '3' SECOND), COUNT(*), MIN(amount)
FROM events
GROUP BY device, SESSION(event_time, INTERVAL '3' SECOND);
