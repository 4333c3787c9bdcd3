"""S3 says that a package's head has been written."""

import logging
from typing import Any, Final

from chalicelib import telemetry
from chalicelib.container import Container, container
from chalicelib.events.records import CreatedObject, handle_created
from chalicelib.events.requests import request_id

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.events")


def derive_packages(event: object, context: object = None) -> dict[str, Any]:
    """Redo what is derived from every head that an event announces; answers the state of each by key.

    A publish derives by itself, so that its package is found at once; this finishes what died in between. It writes
    neither heads nor uploads, and so announces nothing to itself.
    """
    with telemetry.invocation("derive_packages", requestId=request_id(context)):
        services = container()
        derived = handle_created(event, lambda created: _derive(services, created), bucket=services.bucket)
        return {"derived": derived}


def _derive(services: Container, created: CreatedObject) -> int | None:
    name = services.keys.package_of(created.key)
    if name is None:
        _LOG.info("no head of a package")
        return None
    telemetry.note(package=name)
    seq = services.deriving.derive(name)
    _LOG.info("derived", extra={"seq": seq})
    return seq
