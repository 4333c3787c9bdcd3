"""Who calls, and what they may do: scopes, callers, and the refusals of those who may not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from chalicelib.domain.errors import PrismError
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns

Scope = Literal["read", "publish", "admin"]

SCOPES: Final[tuple[Scope, ...]] = ("read", "publish", "admin")
"""Each implies those before it."""

_BEARER: Final = re.compile(r"bearer(?: +(.*))?", re.IGNORECASE | re.DOTALL)
_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class AuthenticationRequired(PrismError):
    """The route needs a token, and the request brings none."""

    code = "authentication_required"
    title = "A token is needed"

    def __init__(self) -> None:
        super().__init__(
            "this needs a token; send one of this registry's as `Authorization: Bearer <token>`, as the prism command "
            "does with the one in PRISM_TOKEN"
        )


class InvalidToken(AuthenticationRequired):
    """The token is not one of this registry's, or has expired, or was revoked."""

    code = "invalid_token"
    title = "The token is not valid"

    def __init__(self) -> None:
        PrismError.__init__(
            self,
            "the token is unknown here, has expired or was revoked; ask an admin of this registry for another",
        )


class LoginRefused(PrismError):
    """What was given to log in with is no token of this user, or nobody may log in by the name."""

    code = "login_refused"
    title = "The login is refused"


class Forbidden(PrismError):
    """The token is valid, and does not allow this."""

    code = "forbidden"
    title = "The token does not allow this"


class ScopeMissing(Forbidden):
    """The token lacks a scope."""

    def __init__(self, scope: Scope, scopes: Iterable[Scope]) -> None:
        had = sorted(scopes, key=SCOPES.index)
        super().__init__(
            f"this needs a token with the scope `{scope}`, and this one has {_listed(had)}; ask an admin of this "
            "registry for one",
            scope=scope,
            scopes=had,
        )


class PackageForbidden(Forbidden):
    """The token is for other packages."""

    def __init__(self, name: str, packages: PackagePatterns) -> None:
        super().__init__(
            f"this needs a token for `{name}`, and this one is for {_listed(packages.texts)}; ask an admin of this "
            "registry for one",
            scope="publish",
            name=name,
            packages=list(packages.texts),
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: without a `name` it is somebody unknown; `token` is an id, and `stems_from` another's.

    Of an `open_only` caller nothing is known but what they call themselves. A `bucket_key` is what came along to show
    that a bucket of files is theirs.
    """

    name: str | None = None
    scopes: frozenset[Scope] = frozenset()
    packages: PackagePatterns = EVERY_PACKAGE
    token: str | None = None
    expires_at: str | None = None
    stems_from: str | None = None
    open_only: bool = False
    bucket_key: str | None = field(default=None, repr=False)

    def may(self, scope: Scope) -> bool:
        """Tell whether the caller has a scope."""
        return scope in self.scopes

    def sees(self, name: str) -> bool:
        """Tell whether a package is one of those that the caller may see."""
        return self.packages.match(name)


def implied(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Answer scopes together with those that they imply."""
    highest = max((SCOPES.index(scope) for scope in scopes), default=-1)
    return frozenset(SCOPES[: highest + 1])


NOBODY: Final = Caller(packages=PackagePatterns(()))
"""May nothing and sees nothing; what a request has before it was let in."""

EVERYBODY: Final = Caller(scopes=implied(["publish"]))
"""Whoever calls an open registry without a token."""


def bearer(authorization: str | None) -> str | None:
    """Answer the token in an Authorization header, or None where it holds none (RFC 6750, 2.1).

    Raises InvalidToken for one of this scheme whose token is not written as tokens are.
    """
    found = _BEARER.fullmatch((authorization or "").strip())
    if found is None:
        return None
    text = found[1] or ""
    if not _CREDENTIAL.fullmatch(text):
        raise InvalidToken
    return text


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
