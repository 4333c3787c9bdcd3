"""What happens at fixed times."""

from typing import Any, Final

from chalicelib import telemetry
from chalicelib.container import container
from chalicelib.events.requests import request_id

SWEEP_SECONDS: Final = 240
"""Less than the five minutes that a function may have which is called every five."""


def sweep(event: object, context: object = None) -> dict[str, Any]:
    """Finish what dead workers have begun, and remove what nothing needs; answers what was done.

    What one call does not get to, the next one does.
    """
    with telemetry.invocation("sweep", requestId=request_id(context)):
        return container().sweeping.sweep(seconds=SWEEP_SECONDS).to_json_value()
