%md
# Sensors that are not there

Feeds `my-input-stream` as twenty real sensors would:

    sqlc run examples/sensors/sensors.zpln --local --feed examples/sensors/generator.sql

The table `sensor_data` comes from the catalog beside this notebook.

%flink.ssql
-- What the readings are made of: a number that counts up, and three kinds of chance.
CREATE TABLE chance (
    tick BIGINT,
    sensor_id INTEGER,
    noise DOUBLE,
    luck INTEGER
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '100',
    'fields.tick.kind' = 'sequence',
    'fields.tick.start' = '0',
    'fields.tick.end' = '1000000000000',
    'fields.sensor_id.min' = '1',
    'fields.sensor_id.max' = '20',
    'fields.noise.min' = '-1.5',
    'fields.noise.max' = '1.5',
    'fields.luck.min' = '1',
    'fields.luck.max' = '100'
)

%flink.ssql
-- Temperatures rise and fall by ten degrees every few minutes, each sensor hangs a little higher than the one before, and
-- one that fails reads far too much.
INSERT INTO sensor_data
SELECT
    sensor_id,
    ROUND(60 + 10 * SIN(tick / 3000.0) + 0.5 * sensor_id + noise + CASE WHEN luck <= 2 THEN 50 ELSE 0 END, 2),
    CASE WHEN luck <= 2 THEN 'FAIL' WHEN luck <= 10 THEN 'WARN' ELSE 'OK' END,
    LOCALTIMESTAMP
FROM chance
