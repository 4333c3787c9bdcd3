"""The list of trusted publishers: who may publish what.

Until somebody is put on it, everybody is trusted; from then on only those on it are, even if nobody is left: taking
trust away never gives it to others.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from chalicelib.domain.access import Forbidden
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidPayload, NotFound
from chalicelib.domain.patterns import EVERYTHING, PackagePatterns, fits

MAX_PUBLISHERS: Final = 1000
MAX_NAME_LENGTH: Final = 200


class PublisherNotAllowed(Forbidden):
    """The registry lists trusted publishers, and this one is not listed for the package."""

    code = "publisher_not_allowed"
    title = "The publisher is not on the list"

    def __init__(self, publisher: str, name: str) -> None:
        super().__init__(
            f"`{publisher}` is not one of the publishers listed for `{name}`; ask an admin of this registry to "
            "allow them",
            publisher=publisher,
            name=name,
        )


class NotAnOwner(Forbidden):
    """The package has owners, and this is none of them."""

    code = "not_an_owner"
    title = "Only the package's owners may change it"

    def __init__(self, actor: str, name: str, owners: Sequence[str]) -> None:
        super().__init__(
            f"`{actor}` is not an owner of `{name}`; ask {', '.join(owners[:5])} to add them with `npm owner add`",
            actor=actor,
            name=name,
            owners=list(owners),
        )


def check_owner(actor: str, name: str, owners: Sequence[str]) -> None:
    """Let somebody change a package that has no owners, or has them among its owners; raises NotAnOwner."""
    if owners and actor not in owners:
        raise NotAnOwner(actor, name, owners)


class PublisherNotFound(NotFound):
    """The list has no such publisher."""

    code = "publisher_not_found"
    title = "No such publisher"

    def __init__(self, publisher: str) -> None:
        super().__init__(
            f"`{publisher[:60]}` is not on the list of publishers; `GET /v1/publishers` shows it",
            publisher=publisher[:60],
        )


class TrustedPublisher(Document):
    """One line of the list: publishers by name, where `*` stands for any characters, and their packages."""

    name: str
    packages: list[str] = Field(default_factory=lambda: [EVERYTHING])
    allowed_at: str
    allowed_by: str

    def trusts(self, publisher: str, name: str) -> bool:
        """Tell whether a publisher may publish a package by this line."""
        return fits(self.name, publisher) and PackagePatterns(tuple(self.packages)).match(name)


class TrustedPublishers(Document):
    """The whole list, ascending by name; `everybody` until somebody is put on it."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    everybody: bool = True
    publishers: list[TrustedPublisher] = Field(default_factory=list)

    def check(self, publisher: str, name: str) -> None:
        """Let a publisher publish a package; raises PublisherNotAllowed."""
        if self.everybody and not self.publishers:
            return
        if not any(line.trusts(publisher, name) for line in self.publishers):
            raise PublisherNotAllowed(publisher, name)

    def line(self, name: str) -> TrustedPublisher | None:
        """Answer the line of a name, or None."""
        return next((line for line in self.publishers if line.name == name), None)

    def allowing(self, line: TrustedPublisher) -> "TrustedPublishers":
        """Answer the list with one more line, in the place of the one with its name; raises InvalidPayload."""
        others = [known for known in self.publishers if known.name != line.name]
        if len(others) >= MAX_PUBLISHERS:
            raise InvalidPayload(f"the list has {len(others)} publishers, and no more are taken")
        lines = sorted([*others, line], key=lambda known: known.name)
        return self.model_copy(update={"publishers": lines, "everybody": False})

    def without(self, name: str) -> "TrustedPublishers":
        """Answer the list without a line; raises PublisherNotFound."""
        if self.line(name) is None:
            raise PublisherNotFound(name)
        return self.model_copy(update={"publishers": [line for line in self.publishers if line.name != name]})


def normal_name(text: str) -> str:
    """Answer a publisher's name in its one form, so that no two that look the same differ in how they are encoded."""
    return unicodedata.normalize("NFC", text.strip())


def publisher_name(text: str) -> str:
    """Answer whom a token may speak as; raises InvalidPayload."""
    if EVERYTHING in text:
        raise InvalidPayload("`name` holds `*`, which stands for other characters in the list of publishers")
    return publisher_pattern(text)


def publisher_pattern(text: str) -> str:
    """Answer the name of a line of the list; raises InvalidPayload."""
    name = normal_name(text)
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidPayload(
            f"`name` is to be 1 to {MAX_NAME_LENGTH} characters that can be printed, such as `alice` or `ci-acme`"
        )
    return name
