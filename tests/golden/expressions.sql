%md
Expressions: NULL or not, exact or not, and what rows of VALUES look like.

%flink.ssql
CREATE TABLE samples (
    id INT NOT NULL,
    reading DOUBLE,
    price DECIMAL(10, 2) NOT NULL,
    label VARCHAR(20),
    taken TIMESTAMP(3),
    day_of AS CAST(taken AS DATE)
) WITH ('connector' = 'filesystem', 'path' = 'samples.jsonl', 'format' = 'json', 'on-error' = 'skip');

CREATE TABLE results (
    id BIGINT NOT NULL,
    grade STRING,
    net DECIMAL(12, 4),
    half INT,
    label VARCHAR(5),
    yesterday DATE,
    quarter_hour TIMESTAMP(0),
    is_odd BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'results', 'format' = 'csv');

%flink.ssql
INSERT INTO results
SELECT
    id,
    CASE WHEN reading >= 90 THEN 'hot' WHEN reading < 10 THEN 'cold' ELSE COALESCE(label, 'mild') END,
    price / 1.19,
    id / 2,
    CONCAT(UPPER(SUBSTRING(label, 1, 1)), '-', CAST(id AS STRING)),
    day_of - INTERVAL '1' DAY,
    CAST(taken + INTERVAL '15' MINUTE AS TIMESTAMP(0)),
    MOD(id, 2) = 1 OR label LIKE 'odd%'
FROM samples
WHERE (reading > 0 OR reading IS NULL) AND price BETWEEN 1 AND 99.5 AND label NOT IN ('test', 'trial');

%flink.ssql(type=single, template=There are <h1>{0}</h1> grades)
SELECT n, name FROM (VALUES (1, 'cold'), (2, 'mild'), (3, CAST(NULL AS STRING))) AS grades (n, name) WHERE n < 3;
