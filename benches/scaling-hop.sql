%flink.ssql
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'sensors',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE windows_by_sensor (
    sensor_id INTEGER,
    num BIGINT,
    avg_current_temperature DOUBLE,
    hop_time TIMESTAMP(3)
) WITH (
    'connector' = 'blackhole'
);

%flink.ssql
INSERT INTO windows_by_sensor
SELECT sensor_id, COUNT(*) AS num, AVG(current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), sensor_id;
