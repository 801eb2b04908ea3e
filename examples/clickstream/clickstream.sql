%md
# Clickstream

A small shop writes down which pages its visitors look at, one JSON object a line, and what they order, as CSV. This
notebook turns both into three feeds: visits, the traffic of every page, and revenue.

Run it here, in the folder that holds `data/`. Results are files below `out/`, JSON too.

%md
## Page views

`viewed_at` is the time of the event. Views arrive up to ten seconds out of order, so a window closes when a view ten
seconds younger than its end has come.

A view that cannot be read does not stop the application: its bytes go to `out/page_views.bad.jsonl`, with the reason.

%flink.ssql
CREATE TABLE page_views (
    visitor_id BIGINT,
    url STRING,
    duration_ms INT,
    viewed_at TIMESTAMP(3),
    -- The first part of the path: '/cart/checkout' is 'cart', '/' is ''.
    section AS SPLIT_INDEX(url, '/', 1),
    WATERMARK FOR viewed_at AS viewed_at - INTERVAL '10' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'data/page_views.jsonl',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'on-error' = 'dead-letter',
    'dead-letter.path' = 'out/page_views.bad.jsonl'
);

%md
Robots and the status page are nobody's visit.

%flink.ssql
CREATE VIEW shop_views AS
SELECT visitor_id, section, duration_ms, viewed_at
FROM page_views
WHERE visitor_id > 0 AND url NOT LIKE '/status%';

%md
## Visits

A visit ends when its visitor has not looked at anything for half an hour.

%flink.ssql
CREATE TABLE visits (
    visitor_id BIGINT,
    started_at TIMESTAMP(3),
    ended_at TIMESTAMP(3),
    pages_seen BIGINT,
    seconds DECIMAL(10, 3),
    reached_cart BOOLEAN
) WITH (
    'connector' = 'filesystem',
    'path' = 'out/visits',
    'format' = 'json'
);

%flink.ssql
INSERT INTO visits
SELECT
    visitor_id,
    SESSION_START(viewed_at, INTERVAL '30' MINUTE),
    SESSION_END(viewed_at, INTERVAL '30' MINUTE),
    COUNT(*) AS pages_seen,
    SUM(CAST(duration_ms AS DECIMAL(10, 3)) / 1000) AS seconds,
    COUNT(*) FILTER (WHERE section = 'cart') > 0 AS reached_cart
FROM shop_views
GROUP BY visitor_id, SESSION(viewed_at, INTERVAL '30' MINUTE);

%md
## Traffic

Every ten minutes, section by section.

%flink.ssql
CREATE TABLE traffic (
    section STRING,
    window_start TIMESTAMP(3),
    pages_seen BIGINT,
    visitors BIGINT,
    average_ms INT
) WITH (
    'connector' = 'filesystem',
    'path' = 'out/traffic',
    'format' = 'json'
);

%flink.ssql
INSERT INTO traffic
SELECT
    section,
    window_start,
    COUNT(*) AS pages_seen,
    COUNT(DISTINCT visitor_id) AS visitors,
    AVG(duration_ms) AS average_ms
FROM TABLE(TUMBLE(TABLE shop_views, DESCRIPTOR(viewed_at), INTERVAL '10' MINUTES))
GROUP BY section, window_start, window_end
HAVING COUNT(*) > 1;

%md
## Revenue

Orders are exact to the cent: DECIMAL from the CSV file to the JSON file, through the tax and the sum.

%flink.ssql
CREATE TABLE orders (
    order_id BIGINT,
    visitor_id BIGINT,
    unit_price DECIMAL(10, 2),
    quantity INT,
    coupon STRING,
    ordered_at TIMESTAMP(3),
    amount AS unit_price * quantity,
    WATERMARK FOR ordered_at AS ordered_at - INTERVAL '10' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'data/orders.csv',
    'format' = 'csv',
    'csv.ignore-parse-errors' = 'true',
    'csv.null-literal' = '-'
);

%flink.ssql
CREATE TABLE revenue (
    hour_of_day TIMESTAMP(3),
    orders BIGINT,
    with_coupon BIGINT,
    gross DECIMAL(18, 2),
    net DECIMAL(18, 2),
    largest DECIMAL(18, 2)
) WITH (
    'connector' = 'filesystem',
    'path' = 'out/revenue',
    'format' = 'json',
    'json.encode.decimal-as-plain-number' = 'true'
);

%flink.ssql
INSERT INTO revenue
SELECT
    TUMBLE_START(ordered_at, INTERVAL '1' HOUR),
    COUNT(*) AS orders,
    COUNT(coupon) AS with_coupon,
    SUM(amount) AS gross,
    CAST(SUM(amount) / 1.19 AS DECIMAL(18, 2)) AS net,
    MAX(amount) AS largest
FROM orders
GROUP BY TUMBLE(ordered_at, INTERVAL '1' HOUR);
