%flink.ssql
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3)
) WITH (
    'connector' = 'filesystem',
    'path' = 'sensors',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE sensor_totals (
    sensor_id INTEGER,
    num BIGINT,
    avg_current_temperature DOUBLE,
    PRIMARY KEY (sensor_id) NOT ENFORCED
) WITH (
    'connector' = 'blackhole'
);

%flink.ssql
INSERT INTO sensor_totals
SELECT sensor_id, COUNT(*) AS num, AVG(current_temperature) AS avg_current_temperature
FROM sensor_data
GROUP BY sensor_id;
