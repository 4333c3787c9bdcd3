"""EventBridge's part in the emulation: tells the queue of a function, again and again, that its time has come."""

import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from localstack.provision import REGION

ACCOUNT: Final = "000000000000"

LOG: Final = logging.getLogger("prism.clock")


def strike(sqs: Any, name: str, url: str, seconds: float, stopped: threading.Event) -> None:
    """Send a function's queue the event of its schedule, every so many seconds until stopped.

    The first one is sent after as long, as EventBridge does it.
    """
    while not stopped.wait(seconds):
        try:
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps(scheduled_event(name)))
        except (BotoCoreError, ClientError):
            LOG.exception("schedule not kept", extra={"function": name})


def scheduled_event(name: str) -> dict[str, Any]:
    """Answer what EventBridge tells a function whose time has come.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/prism-{name}-event"],
        "detail": {},
    }
