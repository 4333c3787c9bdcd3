"""S3 says that an object has been uploaded."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.container import container

LOG = logging.getLogger("prism.events")


def publish_uploads(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Publish every upload an event announces; answers the verdicts by key.

    Duplicates, test events and announcements of what is gone are harmless. If any upload could not be handled, raises
    after the others are done, so that the announcement is repeated.
    """
    verdicts: dict[str, Any] = {}
    failures: list[Exception] = []
    for key in created_keys(event):
        try:
            verdict = container().ingesting.ingest(key)
        except Exception as error:
            LOG.exception("upload not handled, to be announced again", extra={"key": key})
            failures.append(error)
        else:
            verdicts[key] = verdict.to_json_value() if verdict else None
            LOG.info("upload handled", extra={"key": key, "verdict": verdicts[key]})
    if failures:
        raise failures[0]
    return {"verdicts": verdicts}


def created_keys(event: Mapping[str, Any]) -> Iterator[str]:
    """Answer the keys that an event says were created, decoded once; none for S3's test event."""
    for record in event.get("Records", ()):
        if record.get("eventSource") == "aws:s3" and record.get("eventName", "").startswith("ObjectCreated:"):
            yield unquote_plus(record["s3"]["object"]["key"])
