"""What an event of S3 says: which objects were created, and by whom.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote_plus

from chalicelib import telemetry

Outcome = TypeVar("Outcome")

SOURCE: Final = "aws:s3"
CREATED: Final = "ObjectCreated:"

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.events")


class MalformedEvent(ValueError):
    """An event does not have the shape that S3 documents; the message says where."""


class CreatedObject(NamedTuple):
    """An object that was created in a bucket, under its key as it is.

    `sequencer` orders the events of one key, and `principal` is whose request created the object.
    """

    key: str
    bucket: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    principal: str | None = None


def handle_created(
    event: object, handle: Callable[[CreatedObject], Outcome], *, bucket: str | None = None
) -> dict[str, Outcome]:
    """Hand every object that an event says was created to a handler; answers what it answered, by key.

    Where a `bucket` is given, what was created in others is none of the handler's business.
    If any of them fails, raises the first failure after the others are done, so that the event comes again: what
    succeeded must be cheap to repeat.
    """
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []
    for record in records(event):
        # What is noted of one object is not said of the next.
        with telemetry.bind():
            try:
                created = created_object(record)
                if created is not None and bucket not in {None, created.bucket}:
                    _LOG.warning("announced of another bucket, ignored", extra={"bucket": created.bucket})
                elif created is not None:
                    telemetry.note(key=created.key, sequencer=created.sequencer)
                    outcomes[created.key] = handle(created)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other objects are handled
                _LOG.exception("announcement not handled, to come again")
                failures.append(error)
    if failures:
        raise failures[0]
    return outcomes


def records(event: object) -> list[Any]:
    """Answer the records of an event; S3's test event and events of others have none. Raises MalformedEvent."""
    if not isinstance(event, Mapping):
        raise MalformedEvent(f"the event is {type(event).__name__}, not an object")
    found = event.get("Records", [])
    if not isinstance(found, list):
        raise MalformedEvent(f"`Records` is {type(found).__name__}, not a list")
    return found


def created_object(record: object) -> CreatedObject | None:
    """Answer the object that a record says was created, or None if it says something else; raises MalformedEvent."""
    if not isinstance(record, Mapping):
        raise MalformedEvent(f"a record is {type(record).__name__}, not an object")
    name = str(record.get("eventName") or "").removeprefix("s3:")
    if record.get("eventSource") != SOURCE or not name.startswith(CREATED):
        return None
    key = _at(record, "s3", "object", "key")
    if not key:
        raise MalformedEvent("a record has no `s3.object.key`")
    return CreatedObject(
        # Encoded as forms are: a space is `+`, a plus `%2B`.
        key=unquote_plus(key),
        bucket=_at(record, "s3", "bucket", "name"),
        etag=(_at(record, "s3", "object", "eTag") or "").strip('"') or None,
        sequencer=_at(record, "s3", "object", "sequencer"),
        principal=_at(record, "userIdentity", "principalId"),
    )


def _at(value: object, *path: str) -> str | None:
    """Answer the text at a path, or None where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None
