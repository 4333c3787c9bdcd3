"""What a graph is made of: what one package says about itself, what is wanted of another, and why it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, NamedTuple, Protocol

from chalicelib.domain.dependencies import classify_dependency
from chalicelib.domain.errors import InvalidName, InvalidRange, InvalidVersion, PrismError
from chalicelib.domain.names import PackageName
from chalicelib.domain.semver.grammar import SPACES
from chalicelib.domain.semver.ranges import satisfies
from chalicelib.domain.specs import ANYTHING, WantedKind, read_wanted

DependencyType = Literal["prod", "dev", "optional", "peer", "peerOptional"]

_ALIAS: Final = "npm:"


class Want(NamedTuple):
    """One version wanted of one package: by number, range or tag."""

    name: str
    kind: WantedKind
    wanted: str

    def __str__(self) -> str:
        return f"{self.name}@{self.wanted}"

    def allows(self, version: str) -> bool:
        """Tell whether a version that is there already will do; a tag takes what it finds."""
        if self.kind == "tag" or self.wanted in {ANYTHING, ""}:
            return True
        return _satisfied(version, self.wanted)


class Failure(NamedTuple):
    """Why a package cannot be had: a stable code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class GraphPackage:
    """A version as far as a graph needs it; the groups of dependencies map names to what was written for them."""

    name: str
    version: str
    integrity: str = ""
    dependencies: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    peers: Mapping[str, str] = field(default_factory=dict)
    optional_peers: frozenset[str] = frozenset()
    development: Mapping[str, str] = field(default_factory=dict)
    engines: Mapping[str, str] = field(default_factory=dict)
    os: Sequence[str] = ()
    cpu: Sequence[str] = ()
    libc: Sequence[str] = ()
    bundled: frozenset[str] = frozenset()

    def needs(self) -> list[tuple[str, str, DependencyType]]:
        """Answer name, text and type of every dependency but those for development; a later type replaces."""
        required = [item for item in self.peers.items() if item[0] not in self.optional_peers]
        perhaps = [item for item in self.peers.items() if item[0] in self.optional_peers]
        plain = [item for item in self.dependencies.items() if item[0] not in self.optional]
        groups: tuple[tuple[DependencyType, Sequence[tuple[str, str]]], ...] = (
            ("peer", required),
            ("peerOptional", perhaps),
            ("prod", plain),
            ("optional", list(self.optional.items())),
        )
        return [(name, text, kind) for kind, group in groups for name, text in group]


class Reader(Protocol):
    """Where versions come from."""

    def prepare(self, wants: Sequence[Want]) -> None:
        """Hear what will soon be asked for, so that it can be read at the same time."""

    def find(self, want: Want) -> GraphPackage | Failure:
        """Answer the version that is picked, or why none is."""


@cache
def read_want(name: str, text: str) -> Want | Failure:
    """Read what a package.json says behind a dependency's name."""
    kind = classify_dependency(text)
    if kind not in {"range", "tag", "alias"}:
        return Failure(
            "foreign_dependency", f"`{name}@{text}` is of the kind `{kind}`, which no registry holds"
        )
    target, wanted = name, text
    if kind == "alias":
        target, wanted = _behind_alias(text)
        if classify_dependency(wanted) not in {"range", "tag"}:
            return Failure("foreign_dependency", f"`{name}@{text}` leads to what no registry holds")
    try:
        return Want(PackageName.parse(target), *read_wanted(wanted))
    except (InvalidName, InvalidRange, InvalidVersion) as error:
        return failure_of(error)


def failure_of(error: PrismError) -> Failure:
    """Answer an error as the reason why a package cannot be had."""
    return Failure(error.code, error.detail)


def _behind_alias(text: str) -> tuple[str, str]:
    behind = text[len(_ALIAS) :].strip(SPACES)
    at = behind.find("@", 1)
    return (behind, ANYTHING) if at < 0 else (behind[:at], behind[at + 1 :])


@cache
def _satisfied(version: str, wanted: str) -> bool:
    return satisfies(version, wanted, loose=True)
