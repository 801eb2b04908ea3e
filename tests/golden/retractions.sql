%md
A group aggregate over the changes of another one, with a retention.

%flink.ssql
SET 'table.exec.state.ttl' = '1 h';

CREATE TABLE votes (
    voter BIGINT,
    party STRING,
    weight DECIMAL(6, 2)
) WITH (
    'connector' = 'filesystem',
    'path' = 'votes.jsonl',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

%flink.ssql(type=update)
-- How many parties have so many voters.
SELECT voters, COUNT(*) AS parties, MIN(best) AS lightest, SUM(total) AS total
FROM (
    SELECT party, COUNT(DISTINCT voter) AS voters, MAX(weight) AS best, SUM(weight) AS total
    FROM votes
    GROUP BY party
)
GROUP BY voters
HAVING COUNT(*) > 1;
