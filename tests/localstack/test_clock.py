"""The clock tells a queue what EventBridge tells a function on schedule."""

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from chalice.app import CloudWatchEvent

from localstack.clock import scheduled_event, strike
from localstack.provision import client
from tests.emulators import S3Emulator


@pytest.fixture
def sqs(localstack: S3Emulator) -> Iterator[Any]:
    """A client of LocalStack's SQS."""
    with contextlib.closing(client("sqs", localstack.endpoint)) as found:
        yield found


def test_a_queue_is_told_again_and_again_until_the_clock_stops(sqs: Any) -> None:
    queue = sqs.create_queue(QueueName=f"queue-{uuid4()}")["QueueUrl"]
    stopped = threading.Event()
    clock = threading.Thread(target=strike, args=(sqs, "sweep", queue, 0.1, stopped))
    clock.start()
    told: list[dict[str, Any]] = []

    while len(told) < 3:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)
        told.extend(json.loads(message["Body"]) for message in answer["Messages"])
    stopped.set()
    clock.join(10)

    assert not clock.is_alive()
    assert {event["detail-type"] for event in told} == {"Scheduled Event"}
    assert len({event["id"] for event in told}) == len(told)


def test_a_queue_that_is_not_there_stops_no_clock(sqs: Any, caplog: pytest.LogCaptureFixture) -> None:
    stopped = threading.Event()
    missing = sqs.create_queue(QueueName=f"queue-{uuid4()}")["QueueUrl"]
    sqs.delete_queue(QueueUrl=missing)
    clock = threading.Thread(target=strike, args=(sqs, "sweep", missing, 0.05, stopped))
    clock.start()

    while len(caplog.records) < 2:
        clock.join(0.05)
        assert clock.is_alive()
    stopped.set()
    clock.join(10)

    assert {record.message for record in caplog.records} == {"schedule not kept"}


def test_chalice_reads_the_event_as_that_of_a_schedule() -> None:
    event = CloudWatchEvent(scheduled_event("sweep"), None)

    assert (event.source, event.detail_type, event.detail) == ("aws.events", "Scheduled Event", {})
    assert event.resources[0].endswith(":rule/prism-sweep-event")
