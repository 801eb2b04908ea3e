%md
Rows with the borders of their windows, nothing aggregated, and two statements that read one table.

%flink.ssql
CREATE TABLE bids (
    channel STRING,
    price BIGINT,
    bid_time TIMESTAMP(3),
    WATERMARK FOR bid_time AS bid_time
) WITH ('connector' = 'filesystem', 'path' = 'bids.jsonl', 'format' = 'json');

%flink.ssql(type=append)
SELECT window_start, window_end, UPPER(channel) AS channel, price
FROM TABLE(HOP(TABLE bids, DESCRIPTOR(bid_time), INTERVAL '5' SECONDS, INTERVAL '10' SECONDS))
WHERE price > 100;

%flink.ssql(type=append)
-- Windows of windows: the best minute of every hour.
SELECT TUMBLE_END(minute_time, INTERVAL '1' HOUR) AS hour_end, MAX(bids) AS best
FROM (
    SELECT TUMBLE_ROWTIME(bid_time, INTERVAL '1' MINUTE) AS minute_time, COUNT(*) AS bids
    FROM bids
    GROUP BY TUMBLE(bid_time, INTERVAL '1' MINUTE)
)
GROUP BY TUMBLE(minute_time, INTERVAL '1' HOUR);
