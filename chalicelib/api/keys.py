"""The registry's signing keys: which there are, and a new one."""

from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import Busy
from chalicelib.services.signing import KeyList

routes = Routes(tag="access")


@routes.get("/v1/keys", summary="Signing keys", answers={200: KeyList}, scope="admin")
def keys(request: Request) -> Answer:
    """List the keys that versions are signed with, without their secrets, the oldest first."""
    return json_answer(container().signing.keys(), cache=NO_STORE)


@routes.post(
    "/v1/keys", summary="Rotate the signing key", answers={200: KeyList}, raises=(Busy,), scope="admin"
)
def rotate_key(request: Request) -> Answer:
    """Make a key that signs what is published from five minutes later on, and let the present one expire then.

    What was published before stays signed as it is. While a new key waits to come into force, no other is made, so the
    request may be repeated.
    """
    return json_answer(container().signing.rotate(by=request.caller))
