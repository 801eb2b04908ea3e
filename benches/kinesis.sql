%flink.ssql
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
    'connector' = 'kinesis',
    'stream' = 'sensors',
    'aws.region' = 'us-east-1',
    'scan.stream.initpos' = 'TRIM_HORIZON',
    'scan.shard.getrecords.maxrecordcount' = '3600',
    'scan.shard.getrecords.intervalmillis' = '0',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE sensor_state (
    status VARCHAR(6),
    num BIGINT,
    avg_current_temperature DOUBLE,
    hop_time TIMESTAMP(3)
) WITH (
    'connector' = 'print'
);

%flink.ssql
INSERT INTO sensor_state
SELECT status, COUNT(*) AS num, AVG(current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), status;
