%flink.ssql
-- What tests/faults/kill_kinesis.py kills: rows that pass, windows and sessions of a stream whose shards split and
-- merge, into files, which have every row once, and into streams, which have every row and may have it again.
CREATE TABLE events (
  id BIGINT,
  device STRING,
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
  'connector' = 'kinesis',
  'stream' = 'events',
  'aws.region' = 'us-east-1',
  'format' = 'json',
  'scan.stream.initpos' = 'TRIM_HORIZON',
  'scan.shard.getrecords.intervalmillis' = '20',
  'scan.shard.discovery.intervalmillis' = '200',
  -- However long a shard is slow, it holds the watermark: no row is late.
  'scan.shard.idle.interval' = '-1'
);

CREATE TABLE passed (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out/passed', 'format' = 'json');

CREATE TABLE counted (device STRING, window_start TIMESTAMP(3), events BIGINT, ids BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/counted', 'format' = 'json');

CREATE TABLE visits (device STRING, started_at TIMESTAMP(3), events BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out/visits', 'format' = 'json');

-- Its partition keys follow from the records.
CREATE TABLE copies (id BIGINT, device STRING) WITH (
  'connector' = 'kinesis',
  'stream' = 'copies',
  'aws.region' = 'us-east-1',
  'format' = 'json',
  'sink.flush-buffer.timeout' = '50 ms'
);

CREATE TABLE totals (device STRING, window_start TIMESTAMP(3), events BIGINT, ids BIGINT)
PARTITIONED BY (device) WITH (
  'connector' = 'kinesis',
  'stream' = 'totals',
  'aws.region' = 'us-east-1',
  'format' = 'json',
  'sink.flush-buffer.timeout' = '50 ms'
);

CREATE VIEW windows AS
SELECT device, window_start, COUNT(*) AS events, SUM(id) AS ids
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY device, window_start, window_end;

%flink.ssql
INSERT INTO passed SELECT id FROM events WHERE MOD(id, 3) = 0;

%flink.ssql
INSERT INTO copies SELECT id, device FROM events WHERE MOD(id, 3) = 1;

%flink.ssql
INSERT INTO counted SELECT device, window_start, events, ids FROM windows;

%flink.ssql
INSERT INTO totals SELECT device, window_start, events, ids FROM windows;

%flink.ssql
INSERT INTO visits
SELECT device, SESSION_START(event_time, INTERVAL '3' SECOND), COUNT(*)
FROM events
GROUP BY device, SESSION(event_time, INTERVAL '3' SECOND);
