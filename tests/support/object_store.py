"""A real S3 server on the loopback: moto's, which checks signatures like the one it stands for."""

import json
import urllib.request
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "city"
_ANYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


class S3Server:
    """The server, running, with one bucket and one user who may use it."""

    def __init__(self) -> None:
        """Start it."""
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._client("s3").create_bucket(Bucket=BUCKET)
        users = self._client("iam")
        users.create_user(UserName="palika")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [_ANYTHING]})
        users.put_user_policy(UserName="palika", PolicyName="all", PolicyDocument=policy)
        made = users.create_access_key(UserName="palika")["AccessKey"]
        self.keys = {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        }
        # From here on every request must be signed by that user.
        self._checks_after(0)

    def content_type(self, name: str) -> str:
        """Of an object, as the server tells it."""
        s3 = self._client("s3", *self.keys.values())
        kind: str = s3.head_object(Bucket=BUCKET, Key=name)["ContentType"]
        return kind

    def close(self) -> None:
        """Stop it, and forget all: the next one in this process begins with nothing."""
        self._checks_after(10**9)
        self._post("reset", b"")
        self._server.stop()

    def _client(self, service: str, key: str = "anyone", secret: str = "anything") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    def _checks_after(self, requests: int) -> None:
        self._post("reset-auth", str(requests).encode())

    def _post(self, path: str, body: bytes) -> None:
        ask = urllib.request.Request(
            f"{self.endpoint}/moto-api/{path}",
            data=body,
            headers={"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(ask, timeout=20).close()
