#!/usr/bin/env python3
"""A service that speaks S3 (moto), with the bucket `checkpoints` and one user who may use it.

    tests/faults/s3.py [--check]

Prints one line of JSON with the address and the user's keys. With --check signatures and permissions are checked (which
moto gets wrong where a query has a slash in it, so that only places without a path can be tried). Then answers each line
on stdin with one on stdout: `list`, with the keys of all objects as JSON. Ends when stdin does.
"""
import json
import logging
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"

    def client(service, key="anybody", secret="anything"):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=None,
        )

    client("s3").create_bucket(Bucket="checkpoints")
    iam = client("iam")
    iam.create_user(UserName="application")
    iam.put_user_policy(UserName="application", PolicyName="s3", PolicyDocument=json.dumps(POLICY))
    keys = iam.create_access_key(UserName="application")["AccessKey"]
    key, secret = keys["AccessKeyId"], keys["SecretAccessKey"]
    if "--check" in sys.argv[1:]:
        # From now on everybody is asked for a signature.
        headers = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset-auth", b"0", headers)).read()
    print(json.dumps({"address": f"{host}:{port}", "access_key": key, "secret_key": secret}), flush=True)
    s3 = client("s3", key, secret)
    for line in sys.stdin:
        if line.strip() == "list":
            found = s3.list_objects_v2(Bucket="checkpoints").get("Contents", [])
            print(json.dumps([each["Key"] for each in found]), flush=True)
    server.stop()


if __name__ == "__main__":
    main()
