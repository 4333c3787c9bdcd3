"""Bodies as they arrive, and the values made of them."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from typing import Final, Literal
from urllib.parse import unquote

from pydantic import ConfigDict, Field, ValidationError

from chalicelib.api.queries import BaseUrlQuery, Payload, ResolveMode
from chalicelib.api.requests import Request
from chalicelib.domain.access import Caller, Scope
from chalicelib.domain.errors import InvalidPayload, TooManySpecs
from chalicelib.domain.manifest import ANONYMOUS, Claimed, Publisher
from chalicelib.domain.times import duration

MAX_SPECS: Final = 500
MAX_RESOLUTIONS: Final = 2000
"""They make an answer of about 2 MB; a function may answer with 6."""

PublishSource = Literal["cli", "api", "web"]


class PublisherPayload(Payload):
    """Who publishes, as they call themselves."""

    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=320)


class PublishPayload(Payload):
    """A tarball as JSON: its bytes in base64 and their SHA-256 in hex; `publisher` may be left out with a token."""

    tarball_base64: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    publisher: PublisherPayload | None = None
    source: PublishSource = "api"
    tag: str | None = None

    def publisher_for(self, caller: Caller) -> Publisher:
        """Answer who publishes; raises InvalidPayload where neither payload nor token says it."""
        if self.publisher is None and caller.name is None:
            raise InvalidPayload("`publisher`: say who publishes, as `name` and perhaps `email`")
        said = self.publisher
        return publisher_for(caller, Claimed(name=said.name, email=said.email) if said else Claimed())

    def tarball(self) -> bytes:
        """Answer the tarball's bytes; raises InvalidPayload."""
        try:
            return base64.b64decode(self.tarball_base64, validate=True)
        except ValueError as error:
            raise InvalidPayload(f"`tarballBase64` is not base64: {error}") from None


class PublishHeaders(Payload):
    """What the headers of a raw tarball say; names that are not ASCII are percent-encoded."""

    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    publisher: Claimed
    source: PublishSource = "api"
    tag: str | None = None

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> "PublishHeaders":
        """Read the `x-prism-…` headers; raises InvalidPayload."""
        given = {
            "sha256": _header(headers, "sha256"),
            "publisher": {
                "name": _header(headers, "publisher-name"),
                "email": _header(headers, "publisher-email"),
            },
            "source": _header(headers, "source") or "api",
            "tag": _header(headers, "tag"),
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            name = "-".join(str(part) for part in first["loc"])
            raise InvalidPayload(f"the header `x-prism-{name}`: {first['msg']}", header=name) from None

    def publisher_for(self, caller: Caller) -> Publisher:
        """Answer who publishes: the caller with what the headers claim, or whom they name, or `anonymous`."""
        return publisher_for(caller, self.publisher)


class ResolvePayload(BaseUrlQuery):
    """What to resolve: each spec on each runtime in each mode."""

    specs: list[str] = Field(min_length=1)
    runtimes: list[str] = Field(default=["node"], min_length=1)
    modes: list[ResolveMode] = Field(default=["import"], min_length=1)

    def questions(self) -> list[tuple[str, str, ResolveMode]]:
        """Answer the single questions: all of the first spec, then all of the next; raises TooManySpecs."""
        if len(self.specs) > MAX_SPECS:
            raise TooManySpecs("specs", MAX_SPECS, len(self.specs))
        count = len(self.specs) * len(self.runtimes) * len(self.modes)
        if count > MAX_RESOLUTIONS:
            raise TooManySpecs("resolutions", MAX_RESOLUTIONS, count)
        return list(product(self.specs, self.runtimes, self.modes))


class TagPayload(Payload):
    """The version that a tag is to name."""

    version: str


class DeprecationPayload(Payload):
    """A deprecation's text; empty takes the deprecation away."""

    message: str = Field(max_length=2000)


class YankPayload(Payload):
    """Whether a version is hidden from ranges, and why; a reason alone hides it. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    yanked: bool | None = None
    reason: str = Field(default="", max_length=2000)

    def wanted(self) -> str | None:
        """Answer the reason to hide the version for, or None to show it again; raises InvalidPayload."""
        if self.yanked is None and not self.reason:
            raise InvalidPayload("say `yanked`: true or false; with true, `reason` tells users why")
        return None if self.yanked is False else self.reason or "yanked"


class TokenPayload(Payload):
    """A token to be made: whom it speaks as, what it may do, for which packages and how long.

    Without `packages` it is for all, and without `expiresIn` (such as `90d`, `12h`) for ever. Misspelt fields are
    refused.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    scopes: list[Scope] = Field(default=["read"], max_length=10)
    packages: list[str] | None = None
    expires_in: str | None = None

    def lifetime(self) -> timedelta | None:
        """Answer how long the token is to be good, None for ever; raises InvalidPayload."""
        try:
            return None if self.expires_in is None else duration(self.expires_in)
        except ValueError as error:
            raise InvalidPayload(f"`expiresIn`: {error}") from None


class TrustPayload(Payload):
    """What a publisher is trusted with: all packages unless `packages` names some. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid")

    packages: list[str] | None = None


def actor(request: Request) -> str:
    """Answer who sends a request: by their token, or else as they call themselves."""
    return request.caller.name or PublishHeaders.read(request.headers).publisher.name or ANONYMOUS


def publisher_for(caller: Caller, claimed: Claimed) -> Publisher:
    """Answer who is recorded as publisher: the caller, with what they claimed, or else whom they claim to be."""
    if caller.name is None:
        return Publisher(name=claimed.name or ANONYMOUS, email=claimed.email)
    return Publisher(name=caller.name, claimed=claimed if claimed.name or claimed.email else None)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(f"x-prism-{name}")
    return unquote(value).strip() or None if value is not None else None
