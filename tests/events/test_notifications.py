"""The handlers take what S3 really sends: a bucket's own notifications, by way of a queue."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

import pytest

from chalicelib.container import installed
from chalicelib.domain.names import PackageName
from chalicelib.events.heads import derive_packages
from chalicelib.events.uploads import publish_uploads
from chalicelib.storage.s3 import S3Store
from tests.emulators import S3Emulator
from tests.events.announcing import upload_key
from tests.worlds import World, package, publish, s3_world

NUMBERS = count()
Handler = Callable[[object], dict[str, Any]]


@dataclass
class Announced:
    """A registry in a bucket that announces uploads and heads to a queue."""

    world: World
    s3: Any
    sqs: Any
    bucket: str
    queue: str

    def upload(self, upload_id: str, data: bytes) -> str:
        """Upload as a client would, and answer the key."""
        self.s3.put_object(Bucket=self.bucket, Key=upload_key(upload_id), Body=data)
        return upload_key(upload_id)

    def events(self, expected: int, *, seconds: int = 5) -> list[dict[str, Any]]:
        """Take so many events from the queue, or those that come in so many seconds."""
        deadline = time.monotonic() + seconds
        found: list[dict[str, Any]] = []
        while len(found) < expected and (left := int(deadline - time.monotonic() + 1)) > 0:
            answer = self.sqs.receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=left
            )
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def deliver(self, handler: Handler, expected: int) -> list[dict[str, Any]]:
        """Hand so many events to a handler, each in an invocation of its own."""
        return [handler(event) for event in self.events(expected)]


def bucket_that_announces(s3: Any, sqs: Any, bucket: str, prefix: str, suffix: str) -> str:
    """Let a bucket announce new objects to a new queue, and answer the queue's address."""
    queue = str(sqs.create_queue(QueueName=f"events-{next(NUMBERS)}-{bucket}")["QueueUrl"])
    described = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    rules = [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
    target = {
        "QueueArn": described["Attributes"]["QueueArn"],
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [target]}
    )
    return queue


@pytest.fixture(scope="module")
def clients(localstack: S3Emulator) -> Iterator[tuple[Any, Any]]:
    s3, sqs = localstack.client("s3"), localstack.client("sqs")
    yield s3, sqs
    s3.close()
    sqs.close()


@pytest.fixture
def announced(
    localstack: S3Emulator, clients: tuple[Any, Any], request: pytest.FixtureRequest
) -> Iterator[Announced]:
    """A registry whose bucket announces what the test's class or marker asks for, the first event already taken."""
    s3, sqs = clients
    bucket = localstack.new_bucket()
    world = s3_world(localstack.endpoint, bucket)
    rooms = dict(world.container.keys.announced)
    prefix = next(prefix for prefix in rooms if prefix.endswith(f"{request.cls.announces}/"))
    queue = bucket_that_announces(s3, sqs, bucket, prefix, rooms[prefix])
    with installed(world.container):
        yield Announced(world, s3, sqs, bucket, queue)
    assert isinstance(world.medium, S3Store)
    world.medium.client.close()


class TestUploads:
    """Uploads are published under whatever key they have."""

    announces = "incoming"

    @pytest.fixture(autouse=True)
    def _test_event(self, announced: Announced) -> None:
        [event] = announced.events(1)
        assert event["Event"] == "s3:TestEvent"
        assert publish_uploads(event) == {"verdicts": {}}

    def test_keys_arrive_as_they_were_given(self, announced: Announced) -> None:
        ids = ["a b", "a+b", "a%20b", "a%2Fb", "grüße/日本", "@acme/widget", "\U0001f600", "a&b=c?d#e"]
        keys = {announced.upload(upload_id, package(f"1.0.{number}")) for number, upload_id in enumerate(ids)}

        answers = announced.deliver(publish_uploads, len(ids))

        verdicts = {key: verdict for answer in answers for key, verdict in answer["verdicts"].items()}
        assert verdicts.keys() == keys
        assert {verdict["status"] for verdict in verdicts.values()} == {"published"}
        assert len(announced.world.fresh().browsing.head(PackageName("demo")).view.versions) == len(ids)

    def test_a_great_upload_in_parts_is_announced_once_it_is_whole(self, announced: Announced) -> None:
        data = package(files={"noise.bin": Random(1).randbytes(6 << 20)})
        medium = announced.world.medium
        assert isinstance(medium, S3Store)
        S3Store(medium.client, announced.bucket, part_bytes=5 << 20).put_stream(upload_key("parts"), [data])

        [answer] = announced.deliver(publish_uploads, 1)

        assert answer["verdicts"][upload_key("parts")]["status"] == "published"

    def test_twenty_deliveries_of_one_event_at_once_publish_once_and_agree(
        self, announced: Announced
    ) -> None:
        key = announced.upload("u1", package())
        [event] = announced.events(1)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(publish_uploads, [event] * 20))

        assert answers == [answers[0]] * 20
        assert answers[0]["verdicts"][key]["status"] == "published"
        assert announced.world.fresh().browsing.head(PackageName("demo")).seq == 1
        left = [key for key in announced.world.stored() if "/incoming/" in key or "/staged/" in key]
        assert left == []

    def test_events_may_come_in_reverse(self, announced: Announced) -> None:
        for version in ("1.0.0", "2.0.0"):
            announced.upload("u1", package(version))
        present = announced.s3.head_object(Bucket=announced.bucket, Key=upload_key("u1"))["ETag"].strip('"')
        # A queue gives them in no order; the event of what is there now is the later one.
        events = sorted(
            announced.events(2), key=lambda event: event["Records"][0]["s3"]["object"]["eTag"] != present
        )

        answers = [publish_uploads(event)["verdicts"][upload_key("u1")] for event in events]

        assert [answer["version"] for answer in answers] == ["2.0.0", "2.0.0"]

    def test_a_bucket_that_keeps_versions_is_none_the_worse(self, announced: Announced) -> None:
        announced.s3.put_bucket_versioning(
            Bucket=announced.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        key = announced.upload("u1", package())
        [event] = announced.events(1)
        first = publish_uploads(event)

        # What was removed is under a delete marker now.
        assert publish_uploads(event) == first
        assert first["verdicts"][key]["status"] == "published"
        assert announced.events(1, seconds=1) == []

    def test_the_same_bytes_sent_again_after_a_refusal_are_judged_again(self, announced: Announced) -> None:
        publish(announced.world.container, files={"index.js": "in the way"})
        key = announced.upload("u1", package())
        [refused] = announced.deliver(publish_uploads, 1)
        for other in announced.world.stored():
            if "verdicts/" not in other:
                announced.s3.delete_object(Bucket=announced.bucket, Key=other)
        time.sleep(1.1)  # a bucket knows the second in which an object was written
        announced.upload("u1", package())

        with installed(announced.world.fresh()):
            [accepted] = announced.deliver(publish_uploads, 1)

        assert refused["verdicts"][key]["code"] == "version_exists"
        assert accepted["verdicts"][key]["status"] == "published"
        assert accepted["verdicts"][key]["etag"] == refused["verdicts"][key]["etag"]


class TestHeads:
    """A head that is written is announced, and what is derived from it announces nothing."""

    announces = "heads"

    @pytest.mark.parametrize("name", ["demo", "@acme/widget"])
    def test_the_index_is_made_anew_from_an_announcement(self, announced: Announced, name: str) -> None:
        [event] = announced.events(1)
        assert derive_packages(event) == {"derived": {}}
        publish(announced.world.container, name=name)
        for key in announced.world.stored():
            if "/index/" in key:
                announced.world.medium.delete(key)

        [answer] = announced.deliver(derive_packages, 1)

        assert answer == {"derived": {f"prism/heads/{name}.json": 1}}
        page = announced.world.fresh().searching.packages(after="", limit=10)
        assert [line.name for line in page.packages] == [name]
        assert announced.events(1, seconds=1) == []
