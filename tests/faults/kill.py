#!/usr/bin/env python3
"""Kills an application at random times, again and again, and looks whether a row is lost or doubled.

    tests/faults/kill.py [--kills N] [--seed N] [--sqlc PATH | --app PATH]

Builds kill.sql with `sqlc build` (or takes a built application), lets files with events appear in the folder that it
watches, and while they do kills it with SIGKILL N times (default 200), now and then pauses it with SIGSTOP, stops it
with SIGTERM, or with a savepoint and without the checkpoints from then on, and starts it each time with another
parallelism. Then waits until everything is read, stops it, and compares what is visible in the folders of its three sinks with what
this script computes from the events. Takes about a third of a second a kill. The exit code is 0 if every row is there
exactly once.
"""
import argparse
import collections
import datetime
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EPOCH = datetime.datetime(2024, 1, 1)
DEVICES = 40
# No condition takes this long, however busy the machine is.
PATIENCE = 240


def events(chance, count):
    """Events in order of time, each device with pauses that end its sessions."""
    millis = 0
    for number in range(count):
        millis += chance.randrange(1, 40)
        # Which devices are there changes every 8 seconds.
        device = (millis // 8_000 * 7 + chance.randrange(6)) % DEVICES
        yield {"id": number, "device": f"device-{device}", "millis": millis}


def moment(millis):
    return (EPOCH + datetime.timedelta(milliseconds=millis)).isoformat(sep=" ", timespec="milliseconds")


def expected(all_events, end):
    """What the three statements say of the events, for windows that are over at the watermark `end`."""
    passed = collections.Counter(event["id"] for event in all_events if event["id"] % 3 == 0)
    windows, visits, open_visits = {}, [], {}
    for event in all_events:
        window = windows.setdefault((event["device"], event["millis"] // 10_000 * 10_000), [0, 0])
        window[0] += 1
        window[1] += event["id"]
        visit = open_visits.get(event["device"])
        if visit is None or event["millis"] - visit[1] > 3_000:
            visit = [event["millis"], event["millis"], 0]
            open_visits[event["device"]] = visit
            visits.append((event["device"], visit))
        visit[1] = event["millis"]
        visit[2] += 1
    counted = collections.Counter(
        (device, moment(start), count, ids)
        for (device, start), (count, ids) in windows.items() if start + 10_000 - 1 <= end
    )
    over = [(device, visit) for device, visit in visits if visit[1] + 3_000 - 1 <= end]
    return passed, counted, collections.Counter((device, moment(start), count) for device, (start, _, count) in over)


def visible(folder):
    """The rows in the part files that readers see."""
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not name.startswith((".", "_")):
            with open(os.path.join(folder, name)) as file:
                for line in file:
                    yield json.loads(line)


def time_of(text):
    return datetime.datetime.fromisoformat(text).isoformat(sep=" ", timespec="milliseconds")


def seen(work):
    out = os.path.join(work, "out")
    passed = collections.Counter(row["id"] for row in visible(os.path.join(out, "passed")))
    counted = collections.Counter(
        (row["device"], time_of(row["window_start"]), row["events"], row["ids"])
        for row in visible(os.path.join(out, "counted"))
    )
    visits = collections.Counter(
        (row["device"], time_of(row["started_at"]), row["events"]) for row in visible(os.path.join(out, "visits"))
    )
    return passed, counted, visits


def has_checkpoint(app, work):
    folder = os.path.join(work, os.path.basename(app) + ".checkpoints")
    return any("manifest.json" in files for _, _, files in os.walk(folder))


def restoring(app, work):
    """What a start needs to go on from a savepoint, as long as it is all that there is."""
    saved = os.path.join(work, "saved")
    if not os.path.isdir(saved) or has_checkpoint(app, work):
        return []
    return ["--restore", os.path.join("saved", sorted(os.listdir(saved))[-1])]


def stop_with_savepoint(app, work, process):
    """Stops it with a savepoint elsewhere, and takes its checkpoints away, as if it moved to another machine."""
    shutil.rmtree(os.path.join(work, "saved"), ignore_errors=True)
    while process.poll() is None:
        # It may not listen yet.
        asked = subprocess.run([app, "stop", "--savepoint", "saved"], cwd=work, capture_output=True)
        if asked.returncode == 0:
            break
        time.sleep(0.01)
    if process.wait(timeout=PATIENCE) != 0:
        give_up(work, f"the application ended with exit status {process.returncode} when it was asked to stop")
    shutil.rmtree(os.path.join(work, os.path.basename(app) + ".checkpoints"))


def give_up(work, message):
    """Says what the application said last, and ends."""
    with open(os.path.join(work, "log")) as log:
        sys.exit("".join(log.readlines()[-20:]) + message)


def start(app, work, parallelism):
    options = ["execution.checkpointing.interval=30 ms", "table.exec.source.idle-timeout=100 ms"]
    command = [app, "--parallelism", str(parallelism)] + [word for option in options for word in ("--set", option)]
    command += restoring(app, work)
    log = open(os.path.join(work, "log"), "a")
    return subprocess.Popen(command, cwd=work, stderr=log, stdout=log)


def stop(work, process):
    process.send_signal(signal.SIGTERM)
    if process.wait(timeout=PATIENCE) != 0:
        give_up(work, f"the application ended with exit status {process.returncode} after SIGTERM")


def run(app, work, kills, seed):
    chance = random.Random(seed)
    batches = kills // 2 + 10
    all_events = list(events(chance, batches * 400))
    inbox = os.path.join(work, "in")
    os.mkdir(inbox)

    def publish(number):
        hidden = os.path.join(inbox, ".next")
        with open(hidden, "w") as file:
            for event in all_events[number * 400:(number + 1) * 400]:
                row = {"id": event["id"], "device": event["device"], "event_time": moment(event["millis"])}
                file.write(json.dumps(row) + "\n")
        os.rename(hidden, os.path.join(inbox, f"{number:06}.json"))

    published, done = 0, collections.Counter()
    publish(published)
    for number in range(kills):
        process = start(app, work, chance.choice([1, 2, 3]))
        deadline = time.monotonic() + chance.uniform(0.02, 0.5)
        while time.monotonic() < deadline:
            if published + 10 < batches and chance.random() < 0.1:
                published += 1
                publish(published)
            time.sleep(0.01)
        if process.poll() is not None:
            give_up(work, f"the application ended by itself with exit status {process.returncode} (--seed {seed})")
        kind = chance.choices(["kill", "pause and kill", "stop", "savepoint"], [16, 2, 2, 1])[0]
        if kind == "savepoint" and not has_checkpoint(app, work):
            # There are none yet, or they are elsewhere.
            kind = "stop"
        done[kind] += 1
        if kind == "pause and kill":
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.05)
            process.send_signal(signal.SIGCONT)
            time.sleep(chance.uniform(0, 0.05))
        if kind == "stop":
            stop(work, process)
        elif kind == "savepoint":
            stop_with_savepoint(app, work, process)
        else:
            process.kill()
            process.wait()
    while published + 1 < batches:
        published += 1
        publish(published)

    process = start(app, work, 2)
    end = all_events[-1]["millis"] - 2_000
    names, wanted = ["passed", "counted", "visits"], expected(all_events, end)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        # The file in progress is not visible yet: stopping shows it.
        time.sleep(2)
        stop(work, process)
        found = seen(work)
        if all(sum(found[i].values()) >= sum(wanted[i].values()) for i in range(3)):
            break
        process = start(app, work, chance.choice([1, 2, 3]))
    found, failed = seen(work), False
    for name, has, should in zip(names, found, wanted):
        lost, extra = should - has, has - should
        failed |= bool(lost or extra)
        print(f"{name}: {sum(should.values())} rows, {sum(lost.values())} lost, {sum(extra.values())} doubled or wrong")
        for row in list(lost)[:3]:
            print(f"  lost: {row}")
        for row in list(extra)[:3]:
            instead = [other for other in should if isinstance(row, tuple) and other[:2] == row[:2]]
            print(f"  not expected: {row}{f', but {instead}' if instead else ''}")
    kinds = ", ".join(f"{count} x {kind}" for kind, count in sorted(done.items()))
    print(f"{'FAIL' if failed else 'PASS'} after {kinds} (--seed {seed})")
    return not failed


def target():
    return os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))


def build(name, work, sqlc):
    """The application of a notebook beside this script; without `sqlc` one is built."""
    if sqlc is None:
        subprocess.run(["cargo", "build", "--quiet", "-p", "sqlc"], cwd=ROOT, check=True)
        sqlc = os.path.join(target(), "debug", "sqlc")
    folder = os.path.join(work, "app")
    subprocess.run([sqlc, "build", os.path.join(HERE, f"{name}.sql"), "-o", folder, "--name", name], check=True)
    return os.path.join(folder, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--sqlc", help="a built sqlc; without it one is built")
    parser.add_argument("--app", help="the built application")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sqlc-kill-", ignore_cleanup_errors=True) as work:
        app = options.app or build("kill", work, options.sqlc)
        ok = run(os.path.abspath(app), work, options.kills, options.seed)
        if not ok:
            with open(os.path.join(work, "log")) as log:
                print("".join(log.readlines()[-20:]))
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
