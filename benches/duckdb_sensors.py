"""The sensors' HOP in DuckDB, on one thread: duckdb_sensors.py IN OUT. Needs PyPI's duckdb.

Batch SQL with the slices written out: totals by ten seconds first, of which each goes into six windows. Columns are
declared, so that nothing is guessed, and the one that nobody reads is left away.
"""
import sys

import duckdb

data, out = sys.argv[1:]
connection = duckdb.connect()
connection.execute("SET threads = 1")
connection.execute(
    """
COPY (
    WITH slices AS (
        SELECT status, time_bucket(INTERVAL 10 SECOND, event_time) AS slice,
               count(*) AS num, count(current_temperature) AS temperatures, sum(current_temperature) AS total
        FROM read_ndjson('%s', columns = {current_temperature: 'DOUBLE', status: 'VARCHAR', event_time: 'TIMESTAMP'})
        GROUP BY ALL
    )
    SELECT status, sum(num)::BIGINT AS num, sum(total) / sum(temperatures) AS avg_current_temperature,
           strftime(slice + to_seconds(10 + 10 * step) - INTERVAL 1 MILLISECOND, '%%Y-%%m-%%dT%%H:%%M:%%S.%%g') AS hop_time
    FROM slices, range(6) AS steps(step)
    GROUP BY status, hop_time
) TO '%s' (FORMAT json)
"""
    % (data, out)
)
