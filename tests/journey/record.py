#!/usr/bin/env python3
"""Makes up readings of sensors and records what a real Apache Flink computes from them.

    record.py          writes readings.jsonl and flink.jsonl beside this script
    record.py --check  writes nothing, says whether they would be different

Readings are in the order of their event times, as `examples/sensors/producer.py` puts them; now and then one has no
fraction of a second. Temperatures are quarters of a degree, so that sums are exact in any order of addition. Needs what
`tests/README.md` says about recording.
"""

import datetime
import json
import os
import random
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
READINGS = 3000
SENSORS = 60

TABLES = """
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '{input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');

CREATE TABLE sensor_state (
    status VARCHAR(6),
    num INTEGER,
    avg_current_temperature DOUBLE,
    hop_time TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = '{output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')
"""

# As in the notebook, but for the cast: Flink does not put a BIGINT into an INTEGER by itself.
INSERT = """
INSERT INTO sensor_state
SELECT sensor_data.status, CAST(COUNT(*) AS INTEGER) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' second, INTERVAL '1' minute) as hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' second, INTERVAL '1' minute), sensor_data.status
"""


def readings():
    dice = random.Random(20210521)
    time = datetime.datetime(2021, 5, 21, 10, 21, 33, 123456)
    lines = []
    for _ in range(READINGS):
        time += datetime.timedelta(microseconds=dice.randint(1_000, 400_000))
        if dice.random() < 0.01:
            time = time.replace(microsecond=0) + datetime.timedelta(seconds=1)
        reading = {
            "sensor_id": dice.randint(1, SENSORS),
            "current_temperature": dice.randint(40, 600) / 4,
            "status": dice.choices(["OK", "WARN", "FAIL", None], [70, 20, 9, 1])[0],
            "event_time": time.isoformat(),
        }
        lines.append(json.dumps(reading))
    return lines


def flink(lines):
    from pyflink.table import EnvironmentSettings, TableEnvironment

    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "in.jsonl"), os.path.join(folder, "out")
        with open(source, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
        environment.get_config().set("parallelism.default", "1")
        for statement in TABLES.format(input=source, output=target).split(";"):
            environment.execute_sql(statement)
        environment.execute_sql(INSERT).wait()
        rows = []
        for parent, _, names in os.walk(target):
            for name in names:
                with open(os.path.join(parent, name), encoding="utf-8") as file:
                    rows += file.read().splitlines()
        # Windows that end at the same time have no order among them.
        return sorted(rows, key=lambda row: (json.loads(row)["hop_time"], row))


def main():
    made = readings()
    different = False
    for name, lines in [("readings.jsonl", made), ("flink.jsonl", flink(made))]:
        path = os.path.join(HERE, name)
        text = "\n".join(lines) + "\n"
        if "--check" in sys.argv[1:]:
            with open(path, encoding="utf-8") as file:
                if file.read() != text:
                    print(f"{name} would be different")
                    different = True
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            print(f"{name}: {len(lines)} lines")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
