"""An event's records are read as S3 writes them, and events of others are harmless."""

from typing import Any

import pytest

from chalicelib.events.records import CreatedObject, MalformedEvent, created_object, handle_created
from tests.events.announcing import created, record
from tests.events.conftest import Told


def test_a_record_tells_what_was_created_and_by_whom() -> None:
    told = record("prism/incoming/a.tgz")
    told["s3"]["object"]["eTag"] = "0" * 32

    assert created_object(told) == CreatedObject(
        key="prism/incoming/a.tgz",
        bucket="bucket",
        etag="0" * 32,
        sequencer="0055AED6DCD90281E5",
        principal="AWS:AROAEXAMPLE:session",
    )


@pytest.mark.parametrize(
    ("told", "etag"), [('"abc"', "abc"), ("abc-2", "abc-2"), ("", None), (7, None), (None, None)]
)
def test_an_etag_is_told_without_quotes(told: object, etag: str | None) -> None:
    found = created_object(record("a", s3={"object": {"key": "a", "eTag": told}}))

    assert found is not None
    assert found.etag == etag


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        pytest.param("a+b", "a b", id="a space as a plus"),
        pytest.param("a%20b", "a b", id="a space as a percent"),
        pytest.param("a%2Bb", "a+b", id="a plus"),
        pytest.param("a%252Bb", "a%2Bb", id="a percent sign"),
        pytest.param("a%2Fb", "a/b", id="a slash"),
        pytest.param("a/b", "a/b", id="a slash as it is"),
        pytest.param("gr%C3%BC%C3%9Fe", "grüße", id="letters beyond ASCII"),
        pytest.param("%F0%9F%98%80", "\U0001f600", id="beyond the basic plane"),
        pytest.param("日本", "日本", id="not encoded at all"),
    ],
)
def test_keys_are_decoded_once(encoded: str, key: str) -> None:
    found = created_object(record(encoded))

    assert found is not None
    assert found.key == key


def test_all_but_the_key_may_be_missing() -> None:
    found = created_object(record("", s3={"object": {"key": "a"}}, userIdentity=None))

    assert found == CreatedObject(key="a")


@pytest.mark.parametrize(
    "name", ["ObjectCreated:Put", "ObjectCreated:CompleteMultipartUpload", "s3:ObjectCreated:Copy"]
)
def test_objects_are_created_in_several_ways(name: str) -> None:
    assert created_object(record("a", eventName=name)) is not None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(record("a", eventName="ObjectRemoved:Delete"), id="a removal"),
        pytest.param(record("a", eventName="TestEvent"), id="an event without an object"),
        pytest.param(record("a", eventSource="aws:sqs"), id="another service"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_is_no_creation_is_ignored(other: dict[str, Any]) -> None:
    assert created_object(other) is None


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, id="the test event"),
        pytest.param({}, id="an empty one"),
        pytest.param({"Records": []}, id="no records"),
        pytest.param(
            {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, id="a schedule"
        ),
        pytest.param({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, id="another service"),
    ],
)
def test_events_of_others_are_harmless(event: dict[str, Any]) -> None:
    handled: list[CreatedObject] = []

    assert handle_created(event, handled.append) == {}
    assert handled == []


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"bucket": {"name": "others"}}, id="another one"),
        pytest.param({"bucket": {"name": "BUCKET"}}, id="in upper case"),
        pytest.param({"bucket": {}}, id="without a name"),
        pytest.param({}, id="none at all"),
    ],
)
def test_what_another_bucket_announces_is_not_acted_on(place: dict[str, Any], told: Told) -> None:
    handled: list[str] = []
    event = {"Records": [record("a", s3={**place, "object": {"key": "a"}}), record("b")]}

    handle_created(event, lambda object_: handled.append(object_.key), bucket="bucket")

    assert handled == ["b"]
    assert len(told("announced of another bucket, ignored")) == 1


@pytest.mark.parametrize(
    ("event", "message"),
    [
        pytest.param(None, "the event is NoneType", id="no event"),
        pytest.param([], "the event is list", id="a list"),
        pytest.param({"Records": {}}, "`Records` is dict", id="no list of records"),
        pytest.param({"Records": ["a"]}, "a record is str", id="a record that is text"),
        pytest.param({"Records": [record("")]}, "no `s3.object.key`", id="an empty key"),
        pytest.param({"Records": [record("a", s3={})]}, "no `s3.object.key`", id="no object"),
        pytest.param(
            {"Records": [record("a", s3={"object": {"key": 1}})]}, "no `s3.object.key`", id="a number"
        ),
    ],
)
def test_a_malformed_event_says_what_is_wrong(event: Any, message: str) -> None:
    with pytest.raises(MalformedEvent, match=message):
        handle_created(event, str)


def test_a_malformed_record_keeps_no_other_from_being_handled() -> None:
    handled: list[str] = []
    event = {"Records": [record("a", s3={}), record("b")]}

    with pytest.raises(MalformedEvent):
        handle_created(event, lambda object_: handled.append(object_.key))

    assert handled == ["b"]


def test_the_first_failure_is_raised_after_the_others_were_handled_and_all_are_logged(
    told: Told,
) -> None:
    handled: list[str] = []

    def handle(object_: CreatedObject) -> None:
        handled.append(object_.key)
        if object_.key != "c":
            raise ValueError(object_.key)

    with pytest.raises(ValueError, match="a"):
        handle_created(created("a", "b", "c"), handle)

    assert handled == ["a", "b", "c"]
    lines = told("announcement not handled, to come again")
    assert [(line["key"], line["level"]) for line in lines] == [("a", "ERROR"), ("b", "ERROR")]
    assert all("ValueError" in line["traceback"] for line in lines)
