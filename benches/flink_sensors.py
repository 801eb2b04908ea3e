"""Runs benches/sensors.sql on Flink: flink_sensors.py NOTEBOOK IN OUT. Needs PyPI's apache-flink and Java 17.

Prints the CPU seconds and the peak bytes of the Java process, which nobody waits for, as JSON.
"""
import glob
import json
import os
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

java = {"cpu": 0.0, "peak": 0}
for path in glob.glob("/proc/[0-9]*/stat"):
    try:
        with open(path) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        with open(os.path.join(os.path.dirname(path), "status")) as status:
            peak = [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")]
    except OSError:
        continue
    if int(fields[1]) == os.getpid():
        java["cpu"] += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        java["peak"] = max([java["peak"]] + peak)
print(json.dumps(java))
