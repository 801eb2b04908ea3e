%md
# Orders that nobody placed

A source that makes its rows up is the quickest way to try a statement. This notebook generates orders from two
shops and watches them from three sides. There is nothing to install and nothing to clean up: results are printed.

%md
## Two shops

The web shop gives twenty orders a second and the store five, each ends after a number of them. Products and prices are
random, order numbers count up.

%flink.ssql
CREATE TABLE web_orders (
    order_id BIGINT,
    product INT,
    price DOUBLE,
    ordered_at AS LOCALTIMESTAMP,
    WATERMARK FOR ordered_at AS ordered_at
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '20',
    'fields.order_id.kind' = 'sequence',
    'fields.order_id.start' = '1',
    'fields.order_id.end' = '200',
    'fields.product.min' = '1',
    'fields.product.max' = '5',
    'fields.price.min' = '1',
    'fields.price.max' = '100'
);

%flink.ssql
CREATE TABLE store_orders (
    product INT,
    price DOUBLE,
    paid_cash BOOLEAN
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '5',
    'number-of-rows' = '50',
    'fields.product.min' = '1',
    'fields.product.max' = '5',
    'fields.price.min' = '1',
    'fields.price.max' = '100'
);

%md
## What sells best

Both shops together, product by product, as it changes: each order takes back its product's last row (`-U`) and
prints the new one (`+U`).

%flink.ssql
CREATE TABLE product_sales (
    product INT,
    shops BIGINT,
    orders BIGINT,
    revenue DECIMAL(12, 2)
) WITH (
    'connector' = 'print',
    'print-identifier' = 'sales'
);

%flink.ssql
INSERT INTO product_sales
SELECT
    product,
    COUNT(DISTINCT shop) AS shops,
    COUNT(*) AS orders,
    CAST(SUM(price) AS DECIMAL(12, 2)) AS revenue
FROM (
    SELECT 'web' AS shop, product, price FROM web_orders
    UNION ALL
    SELECT 'store' AS shop, product, price FROM store_orders WHERE NOT paid_cash
)
GROUP BY product;

%md
## How the minute fills up

A cumulating window shows the minute so far every ten seconds, and starts again with the next minute.

%flink.ssql
CREATE TABLE minute_so_far (
    window_start TIMESTAMP(3),
    window_end TIMESTAMP(3),
    orders BIGINT,
    cheapest DOUBLE,
    dearest DOUBLE
) WITH (
    'connector' = 'print',
    'print-identifier' = 'minute'
);

%flink.ssql
INSERT INTO minute_so_far
SELECT window_start, window_end, COUNT(*) AS orders, MIN(price) AS cheapest, MAX(price) AS dearest
FROM TABLE(CUMULATE(TABLE web_orders, DESCRIPTOR(ordered_at), INTERVAL '10' SECONDS, INTERVAL '1' MINUTE))
GROUP BY window_start, window_end;
