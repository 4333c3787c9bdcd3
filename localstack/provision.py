"""Everything a registry needs of an emulated account: the bucket, and a queue in place of each function.

S3 tells queues here what it tells functions in an account, by the same rules, and a clock tells one what a schedule
tells its function; whoever plays the functions reads the queues. What was handed out three times without being done
goes to a queue of dead letters, as it would after Lambda's first attempt and its two repeats. As a program this
prepares the emulator at AWS_ENDPOINT_URL.
"""

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import botocore.session
from botocore.config import Config

from deployment import bucket as buckets
from deployment.stage import EVENT_FUNCTIONS

DEFAULT_ENDPOINT: Final = "http://127.0.0.1:4566"
DEFAULT_BUCKET: Final = "prism"
DEFAULT_PREFIX: Final = "prism/"
REGION: Final = "us-east-1"
CREDENTIAL: Final = "test"
"""Access key and secret; URLs signed with any other are refused."""

ATTEMPTS: Final = 3
VISIBILITY_SECONDS: Final = 6
"""How long a message is its receiver's alone, unless that asks for more time."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue that a function's events arrive in, and the one where those end that it never handled."""

    url: str
    arn: str
    dead_url: str


def client(service: str, endpoint: str, *, connections: int = 10) -> Any:
    """Make a client of one of the emulator's services; the caller closes it."""
    s3 = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}} if service == "s3" else {}
    # No profile: whatever account the user works with otherwise is not meant here.
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return session.create_client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIAL,
        aws_secret_access_key=CREDENTIAL,
        config=Config(max_pool_connections=connections, **s3),
    )


def provision(endpoint: str, bucket: str, prefix: str) -> dict[str, Queue]:
    """Put bucket, lifecycle, queues and notifications in place; answers the queues by function.

    Repeating it changes nothing. S3 greets each queue with a test event.
    """
    with contextlib.closing(client("s3", endpoint)) as s3, contextlib.closing(client("sqs", endpoint)) as sqs:
        buckets.create_bucket(s3, bucket, REGION)
        queues = {function: _create_queue(sqs, f"{bucket}-{function}") for function in EVENT_FUNCTIONS}
        buckets.configure(s3, bucket, prefix, {function: queue.arn for function, queue in queues.items()})
    return queues


def _create_queue(sqs: Any, name: str) -> Queue:
    dead_url, dead_arn = _queue(sqs, f"{name}-dead", {})
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": ATTEMPTS}
    url, arn = _queue(
        sqs, name, {"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": json.dumps(redrive)}
    )
    return Queue(url, arn, dead_url)


def _queue(sqs: Any, name: str, attributes: Mapping[str, str]) -> tuple[str, str]:
    """Make a queue, or find it as it is; answers its URL and its ARN."""
    url = sqs.create_queue(QueueName=name, Attributes=dict(attributes))["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, told["QueueArn"]


def main() -> int:
    """Prepare the emulator that the environment names; answers the exit status."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT
    bucket = os.environ.get("PRISM_S3_BUCKET") or DEFAULT_BUCKET
    prefix = os.environ.get("PRISM_S3_PREFIX", DEFAULT_PREFIX)
    queues = provision(endpoint, bucket, prefix)
    print(f"bucket {bucket}; queues {', '.join(queue.url for queue in queues.values())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
