%md
Lines of a log as they are.

%flink.ssql
CREATE TABLE log_lines (line STRING) WITH ('connector' = 'filesystem', 'path' = 'logs', 'format' = 'raw');
CREATE TABLE failures (line STRING) WITH ('connector' = 'filesystem', 'path' = 'failures', 'format' = 'raw');

%flink.ssql
INSERT INTO failures SELECT line FROM log_lines WHERE line LIKE '% ERROR %';
