%flink.ssql
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'sensors.jsonl',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE hot (
    sensor_id INTEGER,
    current_temperature DOUBLE
) WITH (
    'connector' = 'filesystem',
    'path' = 'hot',
    'format' = 'json'
);

%flink.ssql
INSERT INTO hot
SELECT sensor_id, current_temperature
FROM sensor_data
WHERE current_temperature > 169.5 AND status = 'FAIL';
