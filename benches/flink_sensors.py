"""Runs benches/sensors.sql on Flink: flink_sensors.py NOTEBOOK IN OUT. Needs PyPI's apache-flink and Java 17."""
import sys

from pyflink.table import EnvironmentSettings, TableEnvironment

notebook, data, out = sys.argv[1:]
environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
settings = {
    "parallelism.default": "1",
    "pipeline.object-reuse": "true",
    # One file, written once at the end, as ours.
    "execution.checkpointing.interval": "1 h",
}
for key, value in settings.items():
    environment.get_config().set(key, value)
with open(notebook) as file:
    text = "\n".join(line for line in file.read().splitlines() if not line.startswith("%"))
text = text.replace("'sensors.jsonl'", "'%s'" % data).replace("'sensor_state'", "'%s'" % out)
for statement in text.split(";"):
    if statement.strip():
        result = environment.execute_sql(statement)
        if statement.strip().startswith("INSERT"):
            result.wait()
