"""Lambda's part in the emulation: hands what S3 and the clock tell the queues to the functions of `app`.

Runs as a process of its own, so that a function that breaks the process breaks nothing else, and its memory is its
own. The arguments are JSON: the queues' addresses by function, and the seconds between two calls of each function that
has a schedule. The address of the emulator is in PRISM_S3_ENDPOINT.
"""

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from localstack.clock import strike
from localstack.provision import ATTEMPTS, VISIBILITY_SECONDS, client

THREADS: Final = 2
"""How many events of one function are handled at the same time."""
POLL_SECONDS: Final = 5
HOLD_SECONDS: Final = VISIBILITY_SECONDS / 3
LAMBDA_SECONDS: Final = 900
RETRY_SECONDS: Final = 1
STOP_SECONDS: Final = 10
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
RECEIVED: Final = "ApproximateReceiveCount"

LOG: Final = logging.getLogger("prism.bridge")

Function = Callable[[Any, Any], Any]
Settle = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function of its invocation."""

    function_name: str
    aws_request_id: str
    deadline: float = field(default_factory=lambda: time.monotonic() + LAMBDA_SECONDS)

    def get_remaining_time_in_millis(self) -> int:
        """Answer how long the function may take; nobody ends it here."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class Bridge:
    """Polls queues and hands each message to the function it is for; safe to use from many threads."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self._stopping = False
        self._changed = threading.Condition()
        self._held: dict[str, str] = {}  # what is being handled: queues' addresses by receipt

    def poll(self, name: str, function: Function, url: str) -> None:
        """Hand over a queue's messages, one after the other, until this bridge finishes."""
        while not self._stopping:
            for message in self._received(url):
                with self._holding(url, message["ReceiptHandle"]):
                    settle = self._outcome(name, function, message)
                settle(url, message["ReceiptHandle"])

    def hold(self) -> None:
        """Keep what is being handled from being handed out again, until this bridge has finished.

        A message is held for a short time only, so that one whose process broke comes again soon.
        """
        while self._held or not self._stopping:
            time.sleep(HOLD_SECONDS)
            with self._changed:
                for receipt, url in self._held.items():
                    self._show_after(VISIBILITY_SECONDS, url, receipt)

    def finish(self, seconds: float) -> bool:
        """Take no more messages and wait for what is being handled; tells whether all of it was."""
        self._stopping = True
        with self._changed:
            return self._changed.wait_for(lambda: not self._held, timeout=seconds)

    def _received(self, url: str) -> list[dict[str, Any]]:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=POLL_SECONDS, MessageSystemAttributeNames=[RECEIVED]
            )
        except (BotoCoreError, ClientError):
            LOG.exception("queue not read", extra={"queue": url})
            time.sleep(RETRY_SECONDS)
            return []
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _outcome(self, name: str, function: Function, message: Mapping[str, Any]) -> Settle:
        """Hand a message over; answers what its queue is to be told."""
        attempt = int(message["Attributes"][RECEIVED])
        facts = {"function": name, "messageId": message["MessageId"], "attempt": attempt}
        began = time.monotonic()
        try:
            function(json.loads(message["Body"]), Context(name, message["MessageId"]))
        except (Exception, SystemExit):
            again = attempt < ATTEMPTS
            LOG.exception(
                "event fails, to come again" if again else "event becomes a dead letter", extra=facts
            )
            return partial(self._show_after, RETRY_SECONDS)
        LOG.info("event handled", extra={**facts, "seconds": round(time.monotonic() - began, 3)})
        return self._remove

    def _remove(self, url: str, receipt: str) -> None:
        self._tell(self._sqs.delete_message, url, receipt)

    def _show_after(self, seconds: int, url: str, receipt: str) -> None:
        self._tell(self._sqs.change_message_visibility, url, receipt, VisibilityTimeout=seconds)

    @staticmethod
    def _tell(call: Callable[..., Any], url: str, receipt: str, **arguments: int) -> None:
        try:
            call(QueueUrl=url, ReceiptHandle=receipt, **arguments)
        except (BotoCoreError, ClientError):
            LOG.exception("queue not told; the event may come again", extra={"queue": url})

    @contextlib.contextmanager
    def _holding(self, url: str, receipt: str) -> Iterator[None]:
        with self._changed:
            self._held[receipt] = url
        try:
            yield
        finally:
            with self._changed:
                del self._held[receipt]
                self._changed.notify_all()


def functions(names: list[str]) -> dict[str, Function]:
    """Answer functions by name, found as Lambda finds them: as variables of `app`."""
    app = import_module("app")
    return {name: getattr(app, name) for name in names}


def main() -> int:
    """Hand over events until told to stop; answers the exit status."""
    queues: dict[str, str] = json.loads(sys.argv[1])
    schedules: dict[str, float] = json.loads(sys.argv[2])
    found = functions(list(queues))
    signal.pthread_sigmask(
        signal.SIG_BLOCK, STOP_SIGNALS
    )  # in all threads, so that the one below waits for them
    # One client for all: a thread that waits for messages holds a connection.
    sqs = client("sqs", os.environ["PRISM_S3_ENDPOINT"], connections=2 * THREADS * len(queues) + 2)
    bridge = Bridge(sqs)
    stopped = threading.Event()
    _beside(bridge.hold)
    for name, url in queues.items():
        for _ in range(THREADS):
            _beside(bridge.poll, name, found[name], url)
    for name, seconds in schedules.items():
        _beside(strike, sqs, name, queues[name], seconds, stopped)
    signal.sigwait(STOP_SIGNALS)
    stopped.set()
    return 0 if bridge.finish(STOP_SECONDS) else 1


def _beside(work: Callable[..., None], *given: Any) -> None:
    """Do something in a thread of its own, which ends with the process."""
    threading.Thread(target=work, args=given, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
