"""S3 says that an object has been uploaded."""

import logging
from typing import Any, Final

from chalicelib import telemetry
from chalicelib.container import Container, container
from chalicelib.events.records import CreatedObject, handle_created
from chalicelib.events.requests import request_id

NAME_CHARACTERS: Final = 200
"""The most that a publisher's name may have."""

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.events")


def publish_uploads(event: object, context: object = None) -> dict[str, Any]:
    """Publish every upload an event announces; answers the verdicts by key.

    Duplicates, test events and announcements of what is gone are harmless. If any upload could not be handled for a
    reason of our own, raises after the others are done, so that the announcement is repeated.
    """
    with telemetry.invocation("publish_uploads", requestId=request_id(context)):
        services = container()
        verdicts = handle_created(
            event, lambda created: _publish(services, created), bucket=services.artifact_bucket
        )
        return {"verdicts": verdicts}


def _publish(services: Container, created: CreatedObject) -> dict[str, Any] | None:
    telemetry.note(uploadId=services.incoming.upload_id(created.key))
    verdict = services.ingesting.ingest(created.key, publisher_name(created.principal), etag=created.etag)
    if verdict is None:
        _LOG.info("nothing to publish")
        return None
    telemetry.note(outcome=verdict.status, code=verdict.code, package=verdict.name, version=verdict.version)
    telemetry.count("Uploads", Status=verdict.status)
    _LOG.info("upload %s", verdict.status)
    return verdict.to_json_value()


def publisher_name(principal: str | None) -> str | None:
    """Answer the publisher that S3's principal is: a role's or a user's id, and the session it was used in."""
    name = "".join(character for character in principal or "" if character.isprintable())
    return name.strip().removeprefix("AWS:").strip()[:NAME_CHARACTERS] or None
