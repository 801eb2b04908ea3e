%md
Columns within columns.

%flink.ssql
CREATE TABLE events (
    `user` ROW<id BIGINT, name STRING, address ROW<city STRING, zip STRING>>,
    tags ARRAY<STRING>,
    counts MAP<STRING, INT>,
    payload BYTES
) WITH ('connector' = 'filesystem', 'path' = 'events', 'format' = 'json');

%flink.ssql
SELECT events.`user`.name, payload, events.`user`.address.city, tags[1] AS first_tag, CARDINALITY(tags) AS tags, counts['clicks'] AS clicks
FROM events
WHERE events.`user`.id IS NOT NULL;
