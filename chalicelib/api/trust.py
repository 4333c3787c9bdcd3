"""Whom attestations are to be signed by."""

from typing import Any

from pydantic import RootModel

from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.attestations import InvalidTrustedRoot
from chalicelib.domain.errors import Busy, InvalidPayload
from chalicelib.services.attesting import TrustFacts

routes = Routes(tag="access")


class TrustedRootPayload(RootModel[dict[str, Any]]):
    """A trusted root in Sigstore's format, `trusted_root.json`."""


@routes.get("/v1/trust", summary="The trusted root", answers={200: TrustFacts}, scope="admin")
def trusted(request: Request) -> Answer:
    """Show whom the attestations of packages are to be signed by, and since when."""
    return json_answer(container().attesting.trusted(), cache=NO_STORE)


@routes.put(
    "/v1/trust",
    summary="Trust a root",
    body=TrustedRootPayload,
    answers={200: TrustFacts},
    raises=(Busy, InvalidPayload, InvalidTrustedRoot),
    scope="admin",
)
def trust(request: Request) -> Answer:
    """Trust the root of a Sigstore instance, and no other, for what is published from now on."""
    root = request.body_as(TrustedRootPayload).root
    return json_answer(container().attesting.trust(root, by=request.caller))


@routes.delete(
    "/v1/trust", summary="Trust the default root", answers={200: TrustFacts}, raises=(Busy,), scope="admin"
)
def reset_trust(request: Request) -> Answer:
    """Trust Sigstore's public-good instance again, by the root that Prism brings."""
    return json_answer(container().attesting.reset_trust(by=request.caller))
