#!/usr/bin/env python3
"""Kills an application that reads and writes streams, while their shards split and merge.

    tests/faults/kill_kinesis.py [--kills N] [--seed N] [--sqlc PATH | --app PATH] [--serve COMMAND | --endpoint URL]

Builds kill_kinesis.sql with `sqlc build` (or takes a built application) and starts a local Kinesis whose calls fail by
chance: throttled, refused in part, with lost answers, with expired iterators. Puts events into a stream while its
shards, and those of the streams that are written, split and merge at random places. Meanwhile kills the application
with SIGKILL N times (default 200), now and then pauses it with SIGSTOP, stops it with SIGTERM, or with a savepoint
and without the checkpoints from then on, or restarts the Kinesis under it, and starts it each time with another
parallelism. Then waits until everything is read, and compares with what this script computes from the events: files
must have every row exactly once; streams every row, only repeats besides, under the partition key that belongs to it.
Takes a second or two a kill. The exit code is 0 if all that holds.

A Kinesis that somebody else has started (--endpoint) is not restarted; its chance to fail is its own.
"""
import argparse
import base64
import collections
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import kill

FILES = ["passed", "counted", "visits"]
MOST_SHARDS = 8
BATCH = 400


class Kinesis:
    """What this script asks of the service. Its own calls do not fail: a repeated one would put events twice."""

    def __init__(self, endpoint):
        self.address = urllib.parse.urlsplit(endpoint).netloc

    def call(self, operation, **request):
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "X-Amz-Date": "20240101T000000Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20240101/us-east-1/kinesis/aws4_request, "
                             "SignedHeaders=host, Signature=00",
            "X-Local-Kinesis-Faults": "none",
        }
        connection = http.client.HTTPConnection(self.address, timeout=kill.PATIENCE)
        try:
            connection.request("POST", "/", json.dumps(request), headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {body.decode()}")
        return json.loads(body) if body else {}

    def shards(self, stream):
        """Every shard, closed ones included."""
        found, token = [], None
        while found == [] or token is not None:
            page = self.call("ListShards", NextToken=token) if token else self.call("ListShards", StreamName=stream)
            found += page["Shards"]
            token = page.get("NextToken")
        return found

    def open_shards(self, stream):
        """Those that take records, by what hashes they take."""
        is_open = [shard for shard in self.shards(stream)
                   if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return sorted(is_open, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))

    def wait_until_active(self, stream):
        deadline = time.monotonic() + kill.PATIENCE
        while True:
            summary = self.call("DescribeStreamSummary", StreamName=stream)["StreamDescriptionSummary"]
            if summary["StreamStatus"] == "ACTIVE":
                return
            if time.monotonic() > deadline:
                sys.exit(f"stream {stream} does not become active")
            time.sleep(0.002)

    def create(self, stream, shards):
        self.call("CreateStream", StreamName=stream, ShardCount=shards)
        self.wait_until_active(stream)

    def put(self, stream, entries):
        """Partition key, bytes and perhaps an explicit hash key; all of them at once."""
        records = [{"PartitionKey": key, "Data": base64.b64encode(data).decode()}
                   | ({"ExplicitHashKey": hash_key} if hash_key is not None else {})
                   for key, data, hash_key in entries]
        answer = self.call("PutRecords", StreamName=stream, Records=records)
        if answer["FailedRecordCount"] != 0:
            sys.exit(f"stream {stream} refused {answer['FailedRecordCount']} events")

    def reshard(self, stream, chance):
        """Splits a shard anywhere, or merges two neighbours; says which."""
        shards = self.open_shards(stream)
        if len(shards) > 1 and (len(shards) >= MOST_SHARDS or chance.random() < 0.45):
            number = chance.randrange(len(shards) - 1)
            first, second = shards[number], shards[number + 1]
            self.call("MergeShards", StreamName=stream, ShardToMerge=first["ShardId"],
                      AdjacentShardToMerge=second["ShardId"])
            done = "merge"
        else:
            shard = chance.choice(shards)
            start, end = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
            if end - start < 1 << 64:
                return None
            self.call("SplitShard", StreamName=stream, ShardToSplit=shard["ShardId"],
                      NewStartingHashKey=str(chance.randrange(start + 1, end)))
            done = "split"
        self.wait_until_active(stream)
        return done

    def records(self, stream):
        """Every record: shard, partition key and the row, in order within a shard."""
        for shard in self.shards(stream):
            iterator = self.call("GetShardIterator", StreamName=stream, ShardId=shard["ShardId"],
                                 ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while iterator is not None:
                answer = self.call("GetRecords", ShardIterator=iterator)
                for record in answer["Records"]:
                    yield shard["ShardId"], record["PartitionKey"], json.loads(base64.b64decode(record["Data"]))
                iterator = answer.get("NextShardIterator")
                if not answer["Records"] and answer.get("MillisBehindLatest", 0) == 0:
                    break


class Server:
    """A local Kinesis that this script starts, and whose streams survive its restarts."""

    def __init__(self, command, work, seed, percent):
        self.command = command
        self.environment = dict(os.environ, LOCAL_KINESIS_FOLDER=os.path.join(work, "streams"))
        if percent > 0:
            self.environment["LOCAL_KINESIS_FAULTS"] = f"{seed}:{percent}"
        self.port = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command + [str(self.port)], env=self.environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.endpoint = self.process.stdout.readline().strip()
        if not self.endpoint:
            sys.exit(f"{' '.join(self.command)} does not start")
        self.port = urllib.parse.urlsplit(self.endpoint).port

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def seen_in_streams(kinesis):
    """The rows of both streams, and what is wrong with their keys. Their order is not looked at: of the records of one
    call the service may refuse some and take later ones."""
    wrong = []
    copies, keys = collections.Counter(), {}
    for _, key, row in kinesis.records("copies"):
        copies[row["id"], row["device"]] += 1
        if keys.setdefault(row["id"], key) != key:
            wrong.append(f"copies: id {row['id']} has the partition keys {keys[row['id']]} and {key}")
    if len(set(keys.values())) != len(keys):
        wrong.append("copies: different records have one partition key")
    totals = collections.Counter()
    for _, key, row in kinesis.records("totals"):
        total = (row["device"], kill.time_of(row["window_start"]), row["events"], row["ids"])
        if key != row["device"]:
            wrong.append(f"totals: {total} has the partition key {key}")
        totals[total] += 1
    return copies, totals, wrong


class Run:
    def __init__(self, app, work, kinesis, server, chance):
        self.app, self.work, self.kinesis, self.server, self.chance = app, work, kinesis, server, chance
        self.events, self.millis, self.device = [], 0, 0
        self.done = collections.Counter()
        self.source = kill.events(chance, 1 << 60)

    def publish(self):
        batch = [next(self.source) for _ in range(self.chance.randrange(1, BATCH))]
        self.events += batch
        self.kinesis.put("events", [(event["device"], row(event), None) for event in batch])

    def publish_end(self):
        """One record much later in every shard, so that all windows of the others end."""
        millis = self.events[-1]["millis"] + 3_600_000
        event = {"id": -1, "device": "end", "millis": millis}
        starts = [shard["HashKeyRange"]["StartingHashKey"] for shard in self.kinesis.open_shards("events")]
        self.kinesis.put("events", [("end", row(event), start) for start in starts])

    def start(self, parallelism):
        options = ["execution.checkpointing.interval=50 ms"]
        options += [f"{table}.aws.endpoint=http://{self.kinesis.address}" for table in ["events", "copies", "totals"]]
        command = [self.app, "--parallelism", str(parallelism)]
        command += [word for option in options for word in ("--set", option)] + kill.restoring(self.app, self.work)
        log = open(os.path.join(self.work, "log"), "a")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.Popen(command, cwd=self.work, stderr=log, stdout=log, env=environment)

    def disturb(self, process):
        """What happens to one process until its end."""
        chance = self.chance
        deadline = time.monotonic() + chance.uniform(0.05, 1.0)
        while time.monotonic() < deadline:
            what = chance.random()
            if what < 0.25:
                self.publish()
            elif what < 0.3:
                stream = chance.choice(["events", "events", "copies", "totals"])
                self.done[f"{self.kinesis.reshard(stream, chance) or 'nothing'} of {stream}"] += 1
            elif what < 0.31 and self.server is not None and kill.has_checkpoint(self.app, self.work):
                # Whoever starts anew does not wait long for a Kinesis that is not there.
                self.server.stop()
                time.sleep(chance.uniform(0, 0.3))
                self.server.start()
                self.done["restart of the Kinesis"] += 1
            time.sleep(0.01)
        if process.poll() is not None:
            kill.give_up(self.work, f"the application ended by itself with exit status {process.returncode}")
        kind = chance.choices(["SIGKILL", "SIGSTOP and SIGKILL", "SIGTERM", "savepoint"], [16, 2, 2, 1])[0]
        if kind == "savepoint" and not kill.has_checkpoint(self.app, self.work):
            kind = "SIGTERM"
        self.done[kind] += 1
        if kind == "SIGSTOP and SIGKILL":
            process.send_signal(signal.SIGSTOP)
            self.publish()
            time.sleep(0.05)
            process.send_signal(signal.SIGCONT)
            time.sleep(chance.uniform(0, 0.1))
        if kind == "SIGTERM":
            kill.stop(self.work, process)
        elif kind == "savepoint":
            kill.stop_with_savepoint(self.app, self.work, process)
        else:
            process.kill()
            process.wait()

    def judge(self):
        """Whether files have every row once, and streams every row; prints what is not so."""
        wanted, found = kill.expected(self.events, self.events[-1]["millis"] + 20_000), kill.seen(self.work)
        copies, totals, wrong = seen_in_streams(self.kinesis)
        # The records that end everything.
        found[0].pop(-1, None)
        result = {name: (has, should, has - should) for name, has, should in zip(FILES, found, wanted)}
        should = collections.Counter((event["id"], event["device"]) for event in self.events if event["id"] % 3 == 1)
        for name, has, should in [("copies", copies, should), ("totals", totals, wanted[1])]:
            result[name] = (has, should, collections.Counter(row for row in has if row not in should))
        lost = {name: should - has for name, (has, should, _) in result.items()}
        return result, lost, wrong

    def finish(self):
        """Waits until the streams have all, and stops: then files show what they have."""
        process = self.start(2)
        deadline = time.monotonic() + kill.PATIENCE
        windows = sum(kill.expected(self.events, self.events[-1]["millis"] + 20_000)[1].values())
        rows = sum(event["id"] % 3 == 1 for event in self.events)
        while time.monotonic() < deadline and process.poll() is None:
            copies, totals, _ = seen_in_streams(self.kinesis)
            if len(copies) >= rows and len(totals) >= windows:
                break
            time.sleep(0.5)
        kill.stop(self.work, process)

    def go(self, kills):
        self.publish()
        for _ in range(kills):
            self.disturb(self.start(self.chance.choice([1, 2, 3])))
        self.publish_end()
        self.finish()
        result, lost, wrong = self.judge()
        failed = bool(wrong)
        for name, (has, should, extra) in result.items():
            failed |= bool(lost[name] or extra)
            repeats = sum(has.values()) - sum(should.values()) - sum(extra.values())
            said = f", {repeats} repeats" if name not in FILES and not lost[name] else ""
            kind = "doubled or wrong" if name in FILES else "wrong"
            print(f"{name}: {sum(should.values())} rows, {sum(lost[name].values())} lost, "
                  f"{sum(extra.values())} {kind}{said}")
            for title, rows in [("lost", lost[name]), ("not expected", extra)]:
                for one in list(rows)[:3]:
                    print(f"  {title}: {one}")
        for line in wrong[:10]:
            print(line)
        return not failed


def row(event):
    text = {"id": event["id"], "device": event["device"], "event_time": kill.moment(event["millis"])}
    return json.dumps(text).encode()


def serving():
    """Builds the example that serves a local Kinesis with faults."""
    features = ["-p", "sqlc-local-kinesis", "--features", "testing", "--example", "serve"]
    subprocess.run(["cargo", "build", "--quiet"] + features, cwd=kill.ROOT, check=True)
    return [os.path.join(kill.target(), "debug", "examples", "serve")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--percent", type=int, default=3, help="of a hundred calls to the Kinesis so many fail")
    parser.add_argument("--sqlc", help="a built sqlc; without it one is built")
    parser.add_argument("--app", help="the built application")
    parser.add_argument("--serve", help="a command that serves a local Kinesis on a port, until its input ends")
    parser.add_argument("--endpoint", help="the URL of a local Kinesis that is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sqlc-kill-", ignore_cleanup_errors=True) as work:
        app = options.app or kill.build("kill_kinesis", work, options.sqlc)
        server = None
        if options.endpoint is None:
            command = options.serve.split() if options.serve else serving()
            server = Server(command, work, options.seed, options.percent)
        kinesis = Kinesis(options.endpoint or server.endpoint)
        chance = random.Random(options.seed)
        kinesis.create("events", 2)
        kinesis.create("copies", 1)
        kinesis.create("totals", 2)
        run = Run(os.path.abspath(app), work, kinesis, server, chance)
        try:
            ok = run.go(options.kills)
        finally:
            if server is not None:
                server.stop()
        kinds = ", ".join(f"{count} x {kind}" for kind, count in sorted(run.done.items()))
        print(f"{'PASS' if ok else 'FAIL'} after {kinds} (--seed {options.seed})")
        if not ok:
            with open(os.path.join(work, "log")) as log:
                print("".join(log.readlines()[-20:]))
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
