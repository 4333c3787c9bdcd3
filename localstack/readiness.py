"""Whether an emulation works: asked of the API as a user would, and of the bucket by what it announces."""

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from localstack.greeting import Emulation
from localstack.parts import Part, PartFailed, wait_until
from localstack.provision import client

WAITING: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
ANSWER_SECONDS: Final = 10
GUARDED: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
"""What a registry answers that asks for tokens; it answers, and its health is told to who has one."""


def wait(emulation: Emulation, api: Part, bridge: Part) -> None:
    """Wait until the API reaches the bucket and the functions have handled S3's test events; raises PartFailed."""
    queues = [queue.url for queue in emulation.queues.values()]
    dead = [queue.dead_url for queue in emulation.queues.values()]
    with contextlib.closing(client("sqs", emulation.endpoint)) as sqs:
        given_up = _waiting(sqs, dead)  # an emulator that ran before may hold some
        wait_until(lambda: _answers(emulation.health_url), "the API", [bridge, api])
        wait_until(lambda: _waiting(sqs, queues) == 0, "a test event", [api, bridge])
        if _waiting(sqs, dead) > given_up:
            raise PartFailed(f"the functions cannot handle S3's test event; {bridge.last_words()}")


def _answers(url: str) -> bool:
    try:
        # The address was made here and is http.
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return bool(answer.status == HTTPStatus.OK)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code in GUARDED
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        pass
    return False


def _waiting(sqs: Any, urls: Iterable[str]) -> int:
    """Count the messages that are in queues or being handled."""
    told = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=WAITING)["Attributes"] for url in urls]
    return sum(int(attributes[name]) for attributes in told for name in WAITING)
