-- cell 2
%flink.ssql
CREATE TABLE readings (
    sensor_id BIGINT,
    temperature FLOAT,
    shard VARCHAR(128) NOT NULL METADATA FROM 'shard-id' VIRTUAL,
    arrived TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    seen AS PROCTIME()
) WITH (
    'connector' = 'kinesis',
    'stream.arn' = 'arn:aws:kinesis:eu-west-1:123456789012:stream/readings',
    'source.init.position' = 'TRIM_HORIZON',
    'format' = 'json'
);

CREATE TABLE alarms (
    sensor_id BIGINT,
    shard STRING,
    readings BIGINT,
    hottest FLOAT,
    noticed TIMESTAMP_LTZ(3)
) PARTITIONED BY (sensor_id) WITH (
    'connector' = 'kinesis',
    'stream' = 'alarms',
    'aws.region' = 'eu-west-1',
    'format' = 'json'
);

CREATE TABLE archive (sensor_id BIGINT, temperature FLOAT, arrived TIMESTAMP_LTZ(3)) WITH (
    'connector' = 'filesystem',
    'path' = 'archive',
    'format' = 'csv'
);

-- cell 3
%flink.ssql
EXECUTE STATEMENT SET
BEGIN
INSERT INTO alarms
SELECT sensor_id, shard, COUNT(*), MAX(temperature), TUMBLE_END(seen, INTERVAL '1' MINUTE)
FROM readings
GROUP BY sensor_id, shard, TUMBLE(seen, INTERVAL '1' MINUTE)
HAVING MAX(temperature) > 100;

INSERT INTO archive SELECT sensor_id, temperature, arrived FROM readings WHERE temperature IS NOT NULL;
END;
