#!/usr/bin/env python3
"""Records what a real Apache Flink answers to the specifications.

    record.py [--check] [--verbose] [SPEC.md | FOLDER | SPEC.md::part of a heading]...

Without arguments every specification under `specs/` is run. The expected blocks `changelog`, `rows` and `output` are
written from Flink's answers; with `--check` nothing is written and differences are printed. A case with an `error` or
`diagnostics` block must fail, or be refused, in Flink too; the text of those blocks is sqlc's and is left alone.
Cases marked `flink: no` are skipped; those marked `flink: accepts` must be accepted by Flink and are otherwise left
alone.

Exit status: 0 when everything is as Flink says (or was written), 1 when something differs or a case failed.
"""

import argparse
import collections
import os
import re
import shutil
import sys
import tempfile
import threading

import spec as specs

HERE = os.path.dirname(os.path.abspath(__file__))
# No case takes nearly that long: a job beyond it reads an unbounded source by mistake.
LIMIT_S = 60


class Rejected(Exception):
    """Flink refuses a statement, or a job failed. `running` tells which."""

    def __init__(self, message, running):
        super().__init__(message)
        self.running = running


def cause(error):
    """The innermost Java message: the outer ones only say that something failed."""
    java = getattr(error, "java_exception", None)
    if java is None:
        return str(error).split("\n")[0]
    messages = []
    while java is not None:
        messages.append(f"{java.getClass().getSimpleName()}: {java.getMessage()}")
        java = java.getCause()
    return messages[-1].split("\n")[0]


class Flink:
    """One JVM for all cases; every case gets its own table environment."""

    def __init__(self):
        os.environ["TZ"] = "UTC"
        os.environ.setdefault("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Duser.timezone=UTC")
        from pyflink.java_gateway import get_gateway
        from pyflink.table import EnvironmentSettings, TableEnvironment

        gateway = get_gateway()
        self.java = gateway.jvm
        self.no_details = gateway.new_array(self.java.org.apache.flink.table.api.ExplainDetail, 0)
        zone = self.java.java.util.TimeZone
        zone.setDefault(zone.getTimeZone("UTC"))
        self.settings = EnvironmentSettings
        self.tables = TableEnvironment
        self.console = self.java.java.lang.System.out

    def environment(self):
        env = self.tables.create(self.settings.in_streaming_mode())._j_tenv
        for key, value in {
            "parallelism.default": "1",
            "table.local-time-zone": "UTC",
            # A watermark after every row that raises it, so that lateness does not depend on a timer.
            "pipeline.auto-watermark-interval": "0 ms",
        }.items():
            env.getConfig().set(key, value)
        return env

    def wait(self, result, read):
        """Calls `read` and stops the job when it takes too long."""
        job = result.getJobClient()
        timer = threading.Timer(LIMIT_S, lambda: job.isPresent() and job.get().cancel())
        timer.start()
        try:
            return read()
        finally:
            timer.cancel()

    def select(self, env, statement):
        result = self.attempt(lambda: env.executeSql(statement), False)

        def read():
            rows, lines = result.collect(), []
            while rows.hasNext():
                lines.append(rows.next().toString())
            return lines

        return self.attempt(lambda: self.wait(result, read), True)

    def insert(self, env, statement, scratch):
        """Runs an INSERT or a statement set; what `print` tables wrote comes back as table -> lines."""
        path = os.path.join(scratch, ".printed")
        stream = self.java.java.io.PrintStream(path, "UTF-8")
        self.java.java.lang.System.setOut(stream)
        try:
            result = self.attempt(lambda: env.executeSql(statement), False)
            self.attempt(lambda: self.wait(result, lambda: getattr(result, "await")()), True)
        finally:
            stream.close()
            self.java.java.lang.System.setOut(self.console)
        printed = collections.defaultdict(list)
        with open(path, encoding="utf-8") as file:
            for line in file.read().split("\n")[:-1]:
                table, _, row = line.partition("> ")
                printed[table].append(row)
        return printed

    @staticmethod
    def attempt(action, running):
        try:
            return action()
        except Exception as error:
            # PyFlink wraps Java's exceptions in classes of its own, some of them made on the fly.
            if type(error).__module__ in ("py4j.protocol", "pyflink.util.exceptions"):
                raise Rejected(cause(error), running) from error
            raise


def table_name(text):
    return text.replace("`", "").split(".")[-1]


def targets(cells):
    """The tables that INSERTs of the notebook write."""
    return {table_name(name) for cell in cells for name in re.findall(r"\bINSERT\s+INTO\s+([\w.`]+)", cell, re.I)}


def printing(statement, names):
    """A CREATE TABLE of one of `names`, its connector replaced by `print`."""
    match = re.match(r"\s*CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.`]+)", statement, re.I)
    if not match or table_name(match[1]) not in names:
        return statement
    options = f"WITH ('connector' = 'print', 'print-identifier' = '{table_name(match[1])}')"
    return re.sub(r"\bWITH\s*\((?:[^()']|'[^']*')*\)", lambda _: options, statement, flags=re.I)


def placed(statement, folder):
    """Relative paths of filesystem tables, made absolute."""
    return re.sub(r"('path'\s*=\s*')([^/:'][^']*')", lambda match: match[1] + folder + "/" + match[2], statement)


def written(statement, folder):
    """The lines under the folder a table wrote to; those in partition folders carry the folder before them."""
    path = re.search(r"'path'\s*=\s*'([^']*)'", statement)[1]
    lines = []
    for base, folders, names in os.walk(path):
        folders.sort()
        prefix = os.path.relpath(base, path)
        for name in sorted(names):
            if name[0] not in "._":
                with open(os.path.join(base, name), encoding="utf-8") as file:
                    text = file.read().split("\n")[:-1]
                lines += text if prefix == "." else [f"{prefix}/ {line}" for line in text]
    return lines


def final_rows(changelog):
    """What is left after applying a changelog, sorted by its text."""
    rows = collections.Counter()
    for line in changelog:
        op, row = line[:2], line[2:]
        rows[row] += 1 if op in ("+I", "+U") else -1
    return sorted("+I" + row for row, count in rows.items() for _ in range(count))


def run(flink, case, scratch):
    """Runs a case: (key -> lines), where a key is `cell N`, a table's name or the ordinal of the statement."""
    for name, text in case.files().items():
        path = os.path.join(scratch, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    kept = {block.argument for block in case.blocks if block.kind == "output"}
    cells = [specs.without_magic("\n".join(block.body)) for block in case.notebook()]
    names = targets(cells) - kept
    refused = is_refused(case)
    env = flink.environment()
    results, outputs, ordinal = {}, {}, 0
    for number, cell in enumerate(cells, 1):
        for statement in specs.statements(cell):
            statement = placed(printing(statement, set() if refused else names), scratch)
            first = re.search(r"\w+", re.sub(r"--[^\n]*|/\*.*?\*/", "", statement, flags=re.S))[0].upper()
            if first == "SET":
                key, value = re.search(r"'([^']*)'\s*=\s*'([^']*)'", statement).groups()
                env.getConfig().set(key, value)
                continue
            if first in ("SELECT", "WITH", "VALUES"):
                if refused:
                    flink.attempt(lambda: explain(flink, env, statement), False)
                    continue
                lines = flink.select(env, statement)
            elif first in ("INSERT", "EXECUTE"):
                if refused:
                    flink.attempt(lambda: explain(flink, env, statement), False)
                    continue
                printed = flink.insert(env, statement, scratch)
                results.update(printed)
                for name in targets([statement]):
                    results.setdefault(name, [])
                lines = next(iter(printed.values()), [])
            else:
                flink.attempt(lambda: env.executeSql(statement), False)
                match = re.match(r"CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(\S+)", statement, re.I)
                if match and table_name(match[1]) in kept:
                    outputs[table_name(match[1])] = statement
                continue
            ordinal += 1
            results[ordinal] = lines
            results[f"cell {number}"] = lines
    for name, statement in outputs.items():
        results[("output", name)] = written(statement, scratch)
    return results


def is_refused(case):
    """Whether the compiler refuses the notebook; diagnostics beside a result are warnings."""
    return {block.kind for block in case.expected()} == {"diagnostics"}


def explain(flink, env, statement):
    env.explainSql(statement, flink.java.org.apache.flink.table.api.ExplainFormat.TEXT, flink.no_details)


def answer(case, results):
    """The new bodies of the case's blocks."""
    changes, ordinal = [], 0
    for block in case.expected():
        if block.kind in ("changelog", "rows"):
            ordinal += 1
            key = block.argument or ordinal
            if key not in results:
                raise Rejected(f"there is no result for the block `{block.kind} {block.argument}`", False)
            lines = results[key]
            changes.append((block, final_rows(lines) if block.kind == "rows" else lines))
        elif block.kind == "output":
            changes.append((block, results[("output", block.argument)]))
    return changes


def record(flink, case, check):
    """(changes, complaint) of one case."""
    says = case.flink_says()
    if says == "no":
        return [], None
    kinds = {block.kind for block in case.expected()}
    scratch = tempfile.mkdtemp(prefix="spec-")
    try:
        results = run(flink, case, scratch)
        if says == "accepts":
            return [], None
        if is_refused(case):
            return [], "Flink accepts what this case refuses; write `flink: accepts, because ...` if that is meant"
        if "error" in kinds:
            return [], "Flink runs what fails in this case; write `flink: no, because ...` if that is meant"
        changes = answer(case, results)
    except Rejected as error:
        wanted = says != "accepts" and ("error" in kinds or is_refused(case) and not error.running)
        return [], ("" if wanted else "fails: ") + str(error)
    finally:
        shutil.rmtree(scratch)
    if not check:
        return changes, None
    different = [f"    {line}" for block, lines in changes if block.body != lines for line in lines]
    return changes, "\n".join(["differs; Flink says"] + different) if different else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", help="default: every specification")
    parser.add_argument("--check", action="store_true", help="write nothing, print differences")
    parser.add_argument("--verbose", action="store_true", help="name every case, and why Flink refuses one")
    arguments = parser.parse_args()
    flink, bad, count = Flink(), 0, 0
    for argument in arguments.paths or [os.path.join(HERE, "..", "specs")]:
        path, _, part = argument.partition("::")
        for file in specs.find(path) if os.path.isdir(path) else [path]:
            spec, changes = specs.Spec(file), []
            for case in spec.cases():
                if part.lower() not in case.title.lower():
                    continue
                count += 1
                new, complaint = record(flink, case, arguments.check)
                wanted = complaint is not None and not complaint.startswith(("fails: ", "differs", "Flink "))
                if complaint is not None and not wanted:
                    bad += 1
                if complaint is not None and not wanted or arguments.verbose:
                    print(f"{os.path.relpath(file)}:{case.line}: {case.title}: {complaint or 'ok'}", flush=True)
                changes += new
            if not arguments.check and spec.write(changes):
                print(f"{os.path.relpath(file)}: written", flush=True)
    print(f"{count} cases, {bad} with a complaint")
    return 1 if bad else 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # The gateway's threads would keep the process alive.
    os._exit(status)
