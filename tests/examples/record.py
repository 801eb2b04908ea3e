#!/usr/bin/env python3
"""Records what a real Apache Flink writes for the example `clickstream`, beside this script.

Needs what `tests/README.md` says about recording. Flink has no dead letters: it gets the views without those that
cannot be read.
"""

import json
import os
import re
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(HERE, "..", "..", "examples", "clickstream")


def statements(text, folder):
    text = re.sub(r"(?ms)^%md$.*?(?=^%|\Z)", "", text)
    text = re.sub(r"(?m)^%flink.*$", "", text)
    text = re.sub(r"(?m)--.*$", "", text)
    text = re.sub(r",\s*'on-error' = 'dead-letter',\s*'dead-letter.path' = '[^']*'", "", text)
    text = text.replace("'path' = 'data/page_views", f"'path' = '{folder}/page_views")
    text = text.replace("'path' = 'data/", f"'path' = '{os.path.abspath(EXAMPLE)}/data/")
    text = text.replace("'path' = 'out/", f"'path' = '{folder}/")
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def is_readable(line):
    try:
        return isinstance(json.loads(line)["duration_ms"], int)
    except ValueError:
        return False


def main():
    from pyflink.table import EnvironmentSettings, TableEnvironment

    with open(os.path.join(EXAMPLE, "clickstream.sql"), encoding="utf-8") as file:
        notebook = file.read()
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(EXAMPLE, "data", "page_views.jsonl"), encoding="utf-8") as file:
            views = [line for line in file if is_readable(line)]
        with open(os.path.join(folder, "page_views.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(views)
        environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
        environment.get_config().set("parallelism.default", "1")
        # A watermark after every row that raises it, so that what is late does not depend on a timer.
        environment.get_config().set("pipeline.auto-watermark-interval", "0 ms")
        for statement in statements(notebook, folder):
            result = environment.execute_sql(statement)
            if statement.upper().startswith("INSERT"):
                result.wait()
        for table in ("visits", "traffic", "revenue"):
            rows = []
            for parent, _, names in os.walk(os.path.join(folder, table)):
                for name in names:
                    with open(os.path.join(parent, name), encoding="utf-8") as file:
                        rows += file.read().splitlines()
            with open(os.path.join(HERE, f"{table}.jsonl"), "w", encoding="utf-8") as file:
                file.writelines(row + "\n" for row in sorted(rows))
            print(f"{table}: {len(rows)} rows")


if __name__ == "__main__":
    main()
