"""Package names under npm's rules for new packages, with the leniency that real packages need.

The rules are those of npm's `validate-npm-package-name`, with three differences: names of Node's built-in
modules are allowed because real packages have them (`events`, `buffer`), upper case and surrounding white
space are normalised instead of refused, and a scope may hold no other characters than a name.
"""

import re
from typing import Final, Self

from chalicelib.domain.errors import InvalidName

MAX_LENGTH: Final = 214
RESERVED: Final = frozenset({"node_modules", "favicon.ico"})

_PART: Final = re.compile(r"[a-z0-9._-]+")
_ALLOWED: Final = "only the letters a-z, digits, `.`, `_` and `-` are"


class PackageName(str):
    """A valid package name in its one normal form: trimmed and in lower case."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Answer the name in its normal form; raises InvalidName with the rule that is broken."""
        name = _lower(text.strip(" \t\r\n"))
        broken = _broken_rule(name)
        if broken is not None:
            raise InvalidName(f"{_quoted(text)} is not a package name: {broken}", name=text[: MAX_LENGTH + 1])
        return cls(name)

    @property
    def scope(self) -> str | None:
        """The scope without its `@`: `acme` of `@acme/widget`, None for a name without one."""
        return self[1 : self.index("/")] if self.startswith("@") else None

    @property
    def bare(self) -> str:
        """The name without its scope: `widget` of `@acme/widget`."""
        return self.rpartition("/")[2]

    @property
    def flat(self) -> str:
        """The name as npm writes it into the name of one file: `acme-widget` of `@acme/widget`."""
        return self.removeprefix("@").replace("/", "-")

    def packed(self, version: str) -> str:
        """Answer what `npm pack` calls the tarball of a version: `acme-widget-1.0.0.tgz`."""
        return f"{self.flat}-{version}.tgz"

    def tarball(self, version: str) -> str:
        """Answer what a registry calls the tarball of a version, beside its package: `widget-1.0.0.tgz`."""
        return f"{self.bare}-{version}.tgz"


def _lower(text: str) -> str:
    # Some letters outside ASCII have an ASCII lower case (the Kelvin sign has `k`); they are refused.
    return text.lower() if text.isascii() else text


def _broken_rule(name: str) -> str | None:
    if not name:
        return "it is empty"
    if len(name) > MAX_LENGTH:
        return f"it has {len(name)} characters and at most {MAX_LENGTH} are allowed"
    if name in RESERVED:
        return "the name is reserved"
    if name.startswith("@"):
        return _broken_scoped_rule(name)
    if name[0] in "._-":
        return f"it cannot start with `{name[0]}`"
    return _broken_characters(name, "it")


def _broken_scoped_rule(name: str) -> str | None:
    scope, slash, bare = name[1:].partition("/")
    if not (scope and slash and bare):
        return "a scoped name is written `@scope/name`"
    if bare.startswith("."):
        return "the part after the scope cannot start with `.`"
    return _broken_characters(scope, "the scope") or _broken_characters(bare, "the part after the scope")


def _broken_characters(part: str, what: str) -> str | None:
    if _PART.fullmatch(part):
        return None
    stranger = next(character for character in part if not _PART.fullmatch(character))
    return f"{what} holds {_quoted(stranger)}, and {_ALLOWED} allowed"


def _quoted(text: str) -> str:
    shown = text if len(text) <= MAX_LENGTH else f"{text[:40]}…"
    return f"`{shown}`" if shown.isprintable() else ascii(shown)
