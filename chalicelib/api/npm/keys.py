"""The keys that versions are signed with, as npm asks for them."""

from typing import Final

from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.document import Document
from chalicelib.domain.signing import KeyFacts

routes = Routes(tag="npm")

KEY_TYPE: Final = "ecdsa-sha2-nistp256"


class NpmKey(Document):
    """A public key (DER SubjectPublicKeyInfo in base64); `expires` is null for the one that came last."""

    expires: str | None
    keyid: str
    keytype: str = KEY_TYPE
    scheme: str = KEY_TYPE
    key: str

    @classmethod
    def of(cls, facts: KeyFacts) -> "NpmKey":
        """Answer a key in npm's form."""
        return cls(expires=facts.accepted_until, keyid=facts.keyid, key=facts.public)


class NpmKeys(Document):
    """All keys, ascending by when they came into force."""

    keys: list[NpmKey]


@routes.get("/npm/-/npm/v1/keys", summary="The keys that versions are signed with", answers={200: NpmKeys})
def keys(request: Request) -> Answer:
    """List the registry's public keys, as `npm audit signatures` wants them; none before anything was signed."""
    known = container().signing.public_keys()
    # npm reads `expires: null`, which a document would leave out.
    return json_answer({"keys": [NpmKey.of(facts).model_dump(mode="json") for facts in known]})
