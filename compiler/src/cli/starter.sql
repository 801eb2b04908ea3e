%md
# A first notebook

Every cell starts with a mark: `%md` is prose like this, `%flink.ssql` is streaming SQL in Flink's dialect.
`sqlc run notebook.sql` shows the rows of the SELECTs; Ctrl-C ends it. `sqlc check notebook.sql` says what is wrong with
it, `sqlc build notebook.sql` makes a standalone binary of its INSERTs.

%flink.ssql
-- A source that makes its rows up: 50 a second, for ever. Other connectors are 'filesystem' and 'kinesis'.
CREATE TABLE readings (
    sensor_id INTEGER,
    temperature DOUBLE,
    -- Computed from the clock: when the reading was taken.
    event_time AS LOCALTIMESTAMP,
    -- Windows close when event time has passed their end by one second.
    WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '50',
    'fields.sensor_id.min' = '1',
    'fields.sensor_id.max' = '5',
    'fields.temperature.min' = '15',
    'fields.temperature.max' = '30'
);

%flink.ssql(type=update)
-- Every five seconds: how many readings a sensor gave, and their average temperature. type=update redraws the table in
-- place; type=append would let it scroll.
SELECT sensor_id, COUNT(*) AS readings, AVG(temperature) AS average, window_end
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '5' SECOND))
GROUP BY sensor_id, window_start, window_end;

%flink.ssql
-- Where an application would write: to a stream, to files, or, as here, to its standard output.
CREATE TABLE hot_readings (
    sensor_id INTEGER,
    temperature DOUBLE,
    event_time TIMESTAMP(3)
) WITH (
    'connector' = 'print'
);

%flink.ssql
-- An INSERT is what `sqlc build` makes an application of. Here it prints a reading of more than 29.5 degrees at once.
INSERT INTO hot_readings
SELECT sensor_id, temperature, event_time FROM readings WHERE temperature > 29.5;
