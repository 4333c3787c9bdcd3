"""What an emulation tells of itself: to a script as JSON, to a newcomer as commands to try."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from localstack.provision import CREDENTIAL, REGION, Queue

USUAL_URL: Final = "http://127.0.0.1:8000"
"""Where the prism command looks for the registry by itself."""


@dataclass(frozen=True, slots=True)
class Emulation:
    """Where everything is: the API's address, the emulator's, the bucket, the logs, and the queues by function.

    `sweep_seconds` pass between two calls of the sweeper.
    """

    url: str
    endpoint: str
    bucket: str
    prefix: str
    logs: Path
    queues: Mapping[str, Queue]
    sweep_seconds: int

    @property
    def health_url(self) -> str:
        """The address that answers 200 when the API reaches the bucket."""
        return f"{self.url}/v1/health?deep=true"

    @property
    def incoming_url(self) -> str:
        """The address below which uploads are put, without signing anything."""
        return f"{self.endpoint}/{self.bucket}/{self.prefix}incoming"

    def to_json_value(self) -> dict[str, Any]:
        """Answer what a script needs."""
        return {
            "url": self.url,
            "endpoint": self.endpoint,
            "bucket": self.bucket,
            "prefix": self.prefix,
            "region": REGION,
            "accessKeyId": CREDENTIAL,
            "secretAccessKey": CREDENTIAL,
            "logs": str(self.logs),
            "sweepSeconds": self.sweep_seconds,
            "queues": {
                name: {"url": queue.url, "deadUrl": queue.dead_url} for name, queue in self.queues.items()
            },
        }


def greeting(emulation: Emulation) -> str:
    """Say where everything is, and commands to try."""
    at = emulation
    registry = "" if at.url == USUAL_URL else f"PRISM_REGISTRY_URL={at.url} "
    prism = f"{registry}{os.path.relpath(Path(sys.executable).with_name('prism'))}"
    account = f"AWS_ACCESS_KEY_ID={CREDENTIAL} AWS_SECRET_ACCESS_KEY={CREDENTIAL} AWS_DEFAULT_REGION={REGION}"
    incoming = f"s3://{at.bucket}/{at.prefix}incoming/first.tgz"
    return "\n".join(
        (
            "",
            f"Prism is at {at.url}, over the bucket `{at.bucket}` of an S3 emulator at {at.endpoint}.",
            "Ctrl-C stops both; nothing of it survives. Try, from another terminal:",
            "",
            "publish by dropping a tarball into the bucket, and see what became of it:",
            "  npm pack is-odd@3.0.1",
            f"  curl -T is-odd-3.0.1.tgz {at.incoming_url}/first.tgz",
            f"  {prism} verdict first.tgz --wait",
            f"  {prism} info is-odd",
            "the same with the aws command (or any SDK, with this endpoint and these credentials):",
            f"  {account} aws --endpoint-url {at.endpoint} s3 cp is-odd-3.0.1.tgz {incoming}",
            "whether all is well, and what was tried three times and given up:",
            f"  curl '{at.health_url}'",
            *(
                f"  curl -H 'Accept: application/json' '{at.endpoint}/_aws/sqs/messages?QueueUrl={queue.dead_url}'"
                for queue in at.queues.values()
            ),
            f"what is left undone is finished, and what is left over removed, every {at.sweep_seconds} s:",
            f"  grep sweep {os.path.relpath(at.logs)}/events.log",
            "what the emulator, the API and the functions say:",
            f"  tail -f {os.path.relpath(at.logs)}/*.log",
        )
    )
