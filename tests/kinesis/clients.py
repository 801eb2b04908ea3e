#!/usr/bin/env python3
"""Checks that boto3 and the AWS CLI can work with a local Kinesis.

    pip install boto3 awscli
    python3 tests/kinesis/clients.py http://127.0.0.1:4567
    python3 tests/kinesis/clients.py -- cargo run -q -p sqlc-local-kinesis --example serve

The second form starts a server of its own: a command that prints its endpoint and serves until its input
ends. Every check is made once with each client; the first failure ends the script.
"""

import json
import os
import subprocess
import sys
import time
import uuid

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def check(what, holds):
    print(("ok      " if holds else "FAILED  ") + what, flush=True)
    if not holds:
        sys.exit(1)


def with_boto3(endpoint):
    import boto3

    kinesis = boto3.client("kinesis", endpoint_url=endpoint, region_name="us-east-1")
    stream = f"boto3-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=stream, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    check("boto3: create_stream", summary["OpenShardCount"] == 2)

    put = kinesis.put_record(StreamName=stream, Data=b'{"n": 0}', PartitionKey="0")
    check("boto3: put_record", put["ShardId"].startswith("shardId-"))
    entries = [{"Data": json.dumps({"n": n}).encode(), "PartitionKey": str(n)} for n in range(1, 100)]
    check("boto3: put_records", kinesis.put_records(StreamName=stream, Records=entries)["FailedRecordCount"] == 0)
    large = [{"Data": b"x" * 900_000, "PartitionKey": str(n)} for n in range(5)]
    check("boto3: put_records of 4.5 MB", kinesis.put_records(StreamName=stream, Records=large)["FailedRecordCount"] == 0)

    by_name = kinesis.list_shards(StreamName=stream)["Shards"]
    by_arn = kinesis.list_shards(StreamARN=summary["StreamARN"])["Shards"]
    check("boto3: list_shards by name and by ARN", len(by_name) == 2 and by_name == by_arn)
    page = kinesis.list_shards(StreamName=stream, MaxResults=1)
    rest = kinesis.list_shards(NextToken=page["NextToken"])
    check("boto3: list_shards by pages", page["Shards"] + rest["Shards"] == by_name and "NextToken" not in rest)

    numbers = []
    for shard in by_name:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        answer = kinesis.get_records(ShardIterator=iterator)
        numbers += [json.loads(r["Data"])["n"] for r in answer["Records"] if len(r["Data"]) < 100]
    check("boto3: get_records", sorted(numbers) == list(range(100)))

    time.sleep(1)
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=by_name[0]["ShardId"], ShardIteratorType="AT_TIMESTAMP", Timestamp=time.time()
    )["ShardIterator"]
    check("boto3: AT_TIMESTAMP after the newest record", kinesis.get_records(ShardIterator=iterator)["Records"] == [])

    first, second = (shard["ShardId"] for shard in by_name)
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=first, ShardIteratorType="LATEST")["ShardIterator"]
    kinesis.merge_shards(StreamName=stream, ShardToMerge=first, AdjacentShardToMerge=second)
    children = []
    for _ in range(100):
        answer = kinesis.get_records(ShardIterator=iterator)
        iterator = answer.get("NextShardIterator")
        if iterator is None:
            children = answer.get("ChildShards", [])
            break
        time.sleep(0.05)
    check("boto3: ChildShards", [sorted(child["ParentShards"]) for child in children] == [sorted([first, second])])
    kinesis.delete_stream(StreamName=stream)


def with_cli(endpoint):
    def aws(*arguments):
        command = ["aws", "--endpoint-url", endpoint, "--output", "json", "kinesis", *arguments]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(output) if output.strip() else {}

    stream = f"cli-{uuid.uuid4().hex[:8]}"
    aws("create-stream", "--stream-name", stream, "--shard-count", "1")
    aws("wait", "stream-exists", "--stream-name", stream)
    check("aws: create-stream", stream in aws("list-streams")["StreamNames"])
    # The first version of the CLI takes text, the second base64 unless told otherwise.
    version = subprocess.run(["aws", "--version"], check=True, capture_output=True, text=True).stdout
    raw = ["--cli-binary-format", "raw-in-base64-out"] if version.startswith("aws-cli/2") else []
    put = aws("put-record", "--stream-name", stream, "--partition-key", "0", "--data", "zero", *raw)
    check("aws: put-record", put["ShardId"] == "shardId-000000000000")
    put = aws("put-records", "--stream-name", stream, "--records", "Data=one,PartitionKey=1", "Data=two,PartitionKey=2", *raw)
    check("aws: put-records", put["FailedRecordCount"] == 0)
    check("aws: list-shards", len(aws("list-shards", "--stream-name", stream)["Shards"]) == 1)
    iterator = aws(
        "get-shard-iterator", "--stream-name", stream, "--shard-id", put["Records"][0]["ShardId"],
        "--shard-iterator-type", "TRIM_HORIZON",
    )["ShardIterator"]
    records = aws("get-records", "--shard-iterator", iterator)["Records"]
    check("aws: get-records", [r["PartitionKey"] for r in records] == ["0", "1", "2"])
    aws("delete-stream", "--stream-name", stream)


def main():
    os.environ.update(ENVIRONMENT)
    match sys.argv[1:]:
        case ["--", *command] if command:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
                try:
                    check_all(server.stdout.readline().strip())
                finally:
                    server.stdin.close()
        case [endpoint]:
            check_all(endpoint)
        case _:
            sys.exit(__doc__)


def check_all(endpoint):
    with_boto3(endpoint)
    with_cli(endpoint)


if __name__ == "__main__":
    main()
