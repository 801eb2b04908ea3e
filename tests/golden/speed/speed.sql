-- cell 1
%flink.ssql
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE devices WITH ('path' = 'in') LIKE sensor_data;

CREATE TABLE whole_readings (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3)
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE half_readings LIKE whole_readings;

CREATE TABLE wide_readings (
    c01 INTEGER, c02 DOUBLE, c03 STRING, c04 INTEGER, c05 DOUBLE, c06 STRING, c07 INTEGER, c08 DOUBLE, c09 STRING,
    c10 INTEGER, c11 DOUBLE, c12 STRING, c13 INTEGER, c14 DOUBLE, c15 STRING, c16 INTEGER, c17 DOUBLE, c18 STRING,
    c19 INTEGER, c20 DOUBLE, c21 STRING, c22 INTEGER, c23 DOUBLE, c24 STRING
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json'
);

CREATE TABLE events (
    kind INTEGER,
    person ROW<id BIGINT, name STRING, city STRING>,
    auction ROW<id BIGINT, seller BIGINT, category STRING>,
    bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING>
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json'
);

CREATE TABLE csv_readings (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3)
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'csv'
);

CREATE TABLE sensor_state (
    status VARCHAR(6),
    num BIGINT,
    average DOUBLE,
    hop_time TIMESTAMP(3)
) WITH (
    'connector' = 'filesystem',
    'path' = 'out',
    'format' = 'json'
);

CREATE TABLE device_state (
    sensor_id INTEGER,
    num BIGINT,
    average DOUBLE,
    hop_time TIMESTAMP(3)
) WITH (
    'connector' = 'filesystem',
    'path' = 'out',
    'format' = 'csv'
);

CREATE TABLE readings_out WITH ('connector' = 'blackhole') LIKE whole_readings (EXCLUDING OPTIONS);
CREATE TABLE halves_out (sensor_id INTEGER, current_temperature DOUBLE) WITH ('connector' = 'blackhole');
CREATE TABLE wide_out (c02 DOUBLE, c12 STRING, c22 INTEGER) WITH ('connector' = 'blackhole');
CREATE TABLE bids_out (bidder BIGINT, price BIGINT, channel STRING) WITH ('connector' = 'blackhole');

-- cell 2
%flink.ssql
INSERT INTO sensor_state
SELECT status, COUNT(*), AVG(current_temperature),
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE)
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), status;

INSERT INTO device_state
SELECT sensor_id, COUNT(*), AVG(current_temperature),
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE)
FROM devices
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), sensor_id;

INSERT INTO readings_out SELECT sensor_id, current_temperature, status, event_time FROM whole_readings;
INSERT INTO halves_out SELECT sensor_id, current_temperature FROM half_readings;
INSERT INTO wide_out SELECT c02, c12, c22 FROM wide_readings;
INSERT INTO bids_out SELECT bid.bidder, bid.price, bid.channel FROM events WHERE kind = 2;
INSERT INTO readings_out SELECT sensor_id, current_temperature, status, event_time FROM csv_readings;
