#!/usr/bin/env python3
"""Puts readings of sensors on a Kinesis stream, for ever.

    pip install boto3
    sqlc kinesis --port 4567                                     # in another terminal, or a real account instead
    AWS_ENDPOINT_URL=http://127.0.0.1:4567 python3 producer.py

Without AWS_ENDPOINT_URL the readings go to the real service. Arguments: --stream NAME, --count N to end after N
readings, --per-second N.
"""

import argparse
import json
import os
import random
import time
from datetime import datetime

import boto3


def reading():
    temperature = round(random.uniform(10, 150), 2)
    if temperature > 140:
        status = "FAIL"
    elif temperature > 120 or random.random() < 0.05:
        status = "WARN"
    else:
        status = "OK"
    return {
        "sensor_id": random.randint(1, 100),
        "current_temperature": temperature,
        "status": status,
        "event_time": datetime.now().isoformat(),
    }


def main():
    parser = argparse.ArgumentParser(description="Puts readings of sensors on a Kinesis stream")
    parser.add_argument("--stream", default="my-input-stream")
    parser.add_argument("--count", type=int, help="end after so many readings")
    parser.add_argument("--per-second", type=float, default=100)
    arguments = parser.parse_args()

    # A local Kinesis does not look at who asks, but boto3 wants to sign every request.
    local = {"aws_access_key_id": "local", "aws_secret_access_key": "local"} if "AWS_ENDPOINT_URL" in os.environ else {}
    kinesis = boto3.client(
        "kinesis",
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
        **local,
    )
    put = 0
    while arguments.count is None or put < arguments.count:
        data = reading()
        kinesis.put_record(
            StreamName=arguments.stream,
            Data=json.dumps(data),
            PartitionKey=str(data["sensor_id"]),
        )
        put += 1
        time.sleep(1 / arguments.per_second)
    print(f"{put} readings put on {arguments.stream}")


if __name__ == "__main__":
    main()
