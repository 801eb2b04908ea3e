%flink.ssql
-- State that grows with its input: a key for every id, until the day is over.
CREATE TABLE readings (
  id BIGINT,
  taken TIMESTAMP(3),
  WATERMARK FOR taken AS taken
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');

CREATE TABLE days (id BIGINT, readings BIGINT) WITH ('connector' = 'filesystem', 'path' = 'days', 'format' = 'json');

%flink.ssql
INSERT INTO days
SELECT id, COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(taken), INTERVAL '1' DAY))
GROUP BY id, window_start, window_end;
