"""The bridge hands each event to its function once it can, and again when it must."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from deployment.stage import BUCKET_FUNCTIONS
from localstack import bridge
from localstack.bridge import Bridge, Context, Function
from localstack.provision import client
from tests.emulators import S3Emulator

VISIBILITY_SECONDS = 2


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "VISIBILITY_SECONDS", VISIBILITY_SECONDS)
    monkeypatch.setattr(bridge, "HOLD_SECONDS", VISIBILITY_SECONDS / 4)
    monkeypatch.setattr(bridge, "POLL_SECONDS", 1)


@pytest.fixture
def sqs(localstack: S3Emulator) -> Iterator[Any]:
    """A client of LocalStack's SQS."""
    with contextlib.closing(client("sqs", localstack.endpoint)) as found:
        yield found


@pytest.fixture
def queue(sqs: Any) -> str:
    """The address of an empty queue."""
    attributes = {"VisibilityTimeout": str(VISIBILITY_SECONDS)}
    return str(sqs.create_queue(QueueName=f"queue-{uuid4()}", Attributes=attributes)["QueueUrl"])


@contextlib.contextmanager
def bridging(sqs: Any, queue: str, function: Function) -> Iterator[None]:
    """Hand a queue's messages to a function, by two threads, while the block runs."""
    found = Bridge(sqs)
    threads = [threading.Thread(target=found.poll, args=("wanted", function, queue)) for _ in range(2)]
    threads.append(threading.Thread(target=found.hold))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        assert found.finish(10)
        for thread in threads:
            thread.join()


def waiting(sqs: Any, queue: str) -> int:
    """Count a queue's messages, handed out or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)


def test_an_event_arrives_unchanged_with_what_lambda_tells_of_it(sqs: Any, queue: str) -> None:
    came: list[tuple[Any, Context]] = []
    done = threading.Event()

    def note(event: Any, context: Context) -> None:
        came.append((event, context))
        done.set()

    sent = sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": [{"grün": "a%20b"}]}))

    with bridging(sqs, queue, note):
        assert done.wait(10)

    [(event, context)] = came
    assert event == {"Records": [{"grün": "a%20b"}]}
    assert (context.function_name, context.aws_request_id) == ("wanted", sent["MessageId"])
    assert 0 < context.get_remaining_time_in_millis() <= 900_000
    assert waiting(sqs, queue) == 0


def test_an_event_that_takes_long_is_not_handed_over_twice(sqs: Any, queue: str) -> None:
    began: list[float] = []
    done = threading.Event()

    def slow(event: Any, context: Any) -> None:
        began.append(time.monotonic())
        time.sleep(2 * VISIBILITY_SECONDS)
        done.set()

    sqs.send_message(QueueUrl=queue, MessageBody="{}")

    with bridging(sqs, queue, slow):
        assert done.wait(20)

    assert len(began) == 1
    assert waiting(sqs, queue) == 0


@pytest.mark.parametrize("failure", [ValueError("broken"), SystemExit(1)], ids=["raises", "exits"])
def test_an_event_that_fails_comes_again(sqs: Any, queue: str, failure: BaseException) -> None:
    calls: list[str] = []
    done = threading.Event()

    def flaky(event: Any, context: Context) -> None:
        calls.append(context.aws_request_id)
        if len(calls) == 1:
            raise failure
        done.set()

    sqs.send_message(QueueUrl=queue, MessageBody="{}")

    with bridging(sqs, queue, flaky):
        assert done.wait(20)

    assert calls == [calls[0]] * 2
    assert waiting(sqs, queue) == 0


def test_functions_are_found_by_name_in_the_app() -> None:
    found = bridge.functions(list(BUCKET_FUNCTIONS))

    assert {
        name: function({"Event": "s3:TestEvent"}, None) is not None for name, function in found.items()
    } == dict.fromkeys(BUCKET_FUNCTIONS, True)
