"""The attestations of versions, as npm asks for them."""

from collections.abc import Iterable
from typing import Any

from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.attestations import AttestationNotFound
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidSpec
from chalicelib.domain.names import PackageName

routes = Routes(tag="npm")


class NpmAttestation(Document):
    """What is stated, and the Sigstore bundle that states it."""

    predicate_type: str
    bundle: dict[str, Any]


class NpmAttestations(Document):
    """The attestations of a version."""

    attestations: list[NpmAttestation]


def _parted(request: Request) -> tuple[str, str]:
    """Answer the name and the version in `name@version`; the version is empty where there is none."""
    text = request.params["name"]
    place = text.find("@", 1)
    return (text, "") if place < 0 else (text[:place], text[place + 1 :])


def _named(request: Request) -> Iterable[str]:
    return (_parted(request)[0],)


@routes.get(
    "/npm/-/npm/v1/attestations/{name}",
    summary="The attestations of a version",
    answers={200: NpmAttestations},
    raises=(AttestationNotFound, InvalidSpec),
    packages=_named,
)
def attestations(request: Request) -> Answer:
    """Answer the Sigstore bundles that a version, `name@version`, was published with; each was verified then."""
    name, version = _parted(request)
    if not version:
        raise InvalidSpec(f"`{name[:200]}` names no version; ask for `{name[:200]}@1.0.0`, say")
    kept = container().attesting.attestations(PackageName.parse(name), version)
    told = [NpmAttestation(predicate_type=each.predicate_type, bundle=each.bundle) for each in kept]
    return json_answer(NpmAttestations(attestations=told))
