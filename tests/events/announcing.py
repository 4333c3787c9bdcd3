"""Uploads as clients make them and events as S3 sends them."""

from typing import Any
from urllib.parse import quote_plus

from tests.worlds import World


def upload_key(upload_id: str) -> str:
    """Answer the key of an upload."""
    return f"prism/incoming/{upload_id}.tgz"


def drop(world: World, upload_id: str, data: bytes) -> str:
    """Put an upload where clients put them, and answer its key."""
    world.medium.put(upload_key(upload_id), data)
    return upload_key(upload_id)


def record(encoded_key: str, **parts: Any) -> dict[str, Any]:
    """Answer what S3 says of one new object, its key encoded already; `parts` take the place of the usual ones.

    It is said of whatever lies under the key: no ETag holds it to an object, as `announced` does.
    """
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:session"},
        "s3": {
            "bucket": {"name": "bucket"},
            "object": {"key": encoded_key, "size": 1, "sequencer": "0055AED6DCD90281E5"},
        },
    } | parts


def created(*keys: str, **parts: Any) -> dict[str, Any]:
    """Answer the event that S3 sends of new objects."""
    return {"Records": [record(encoded(key), **parts) for key in keys]}


def announced(world: World, key: str, principal: str = "AWS:AIDAEXAMPLE") -> dict[str, Any]:
    """Answer the event that S3 sends of the object that lies under a key now, and of no other."""
    event = created(key, userIdentity={"principalId": principal})
    event["Records"][0]["s3"]["object"]["eTag"] = world.medium.head(key).etag
    return event


def encoded(key: str) -> str:
    """Answer a key as S3 encodes it in events."""
    return quote_plus(key, safe="/")
