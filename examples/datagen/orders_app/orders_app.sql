-- cell 3
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

-- cell 4
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

-- cell 6
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

-- cell 7
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

-- cell 9
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

-- cell 10
%flink.ssql
INSERT INTO minute_so_far
SELECT window_start, window_end, COUNT(*) AS orders, MIN(price) AS cheapest, MAX(price) AS dearest
FROM TABLE(CUMULATE(TABLE web_orders, DESCRIPTOR(ordered_at), INTERVAL '10' SECONDS, INTERVAL '1' MINUTE))
GROUP BY window_start, window_end;
