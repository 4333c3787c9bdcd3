"""Logins: a program asks for a token, a person approves it elsewhere, and the program collects the token.

A login begins with a secret that only the program knows; what the person is shown is made of the secret's digest, and
so is the key of what they leave. Until somebody approves, nothing is stored at all, and then nothing that is secret.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from pydantic import Field

from chalicelib.domain.access import SCOPES, Caller, Scope
from chalicelib.domain.document import Document
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.tokens import TokenRights, is_token_id

LIFETIME: Final = timedelta(minutes=10)
SECRET_BYTES: Final = 32

_CLOCKS_DIFFER: Final = timedelta(minutes=1)
_SECRET: Final = re.compile(r"[0-9a-f]{8}[0-9a-f]{64}")
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{40}")
_STARTED_DIGITS: Final = 8
_DIGEST_DIGITS: Final = 40


class LoginNotFound(NotFound):
    """No login has this address, or its time is over."""

    code = "login_not_found"
    title = "No such login"

    def __init__(self) -> None:
        super().__init__(
            f"no login waits here: one is open for {LIFETIME.seconds // 60} minutes; begin another with `npm login`"
        )


class LoginDone(Conflict):
    """The login was approved before, or its token has been handed over."""

    code = "login_done"
    title = "The login is done"

    def __init__(self) -> None:
        super().__init__("this login is done, and a login gives one token; begin another with `npm login`")


class UserNotFound(NotFound):
    """Nobody can have this name."""

    code = "user_not_found"
    title = "No such user"

    def __init__(self, name: str) -> None:
        super().__init__(f"nobody can be called `{name[:60]}` here", user=name[:60])


class Approval(Document):
    """What a login's token may do, and the id of the token by which it was approved; collected once."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    rights: TokenRights
    token: str | None = None
    approved_at: str
    collected_at: str | None = None

    def approver(self) -> Caller:
        """Answer who approved."""
        return Caller(self.rights.name, token=self.token)


def secret_of(started: datetime, random: bytes) -> str:
    """Answer the secret of a login that starts now, made of so many random bytes as SECRET_BYTES says."""
    return f"{int(started.timestamp()):08x}{random.hex()}"


def login_id(secret: str, now: datetime) -> str:
    """Answer the id of the login with a secret, as the person is shown it; raises LoginNotFound."""
    if not _SECRET.fullmatch(secret):
        raise LoginNotFound
    digest = hashlib.sha256(secret.encode()).hexdigest()[:_DIGEST_DIGITS]
    return open_login(f"{secret[:_STARTED_DIGITS]}-{digest}", now)


def open_login(text: str, now: datetime) -> str:
    """Answer the id of a login that may still be approved and collected; raises LoginNotFound.

    Whoever makes up another time for a login makes up another login.
    """
    if not _ID.fullmatch(text):
        raise LoginNotFound
    started = datetime.fromtimestamp(int(text[:_STARTED_DIGITS], 16), UTC)
    if not started - _CLOCKS_DIFFER <= now < started + LIFETIME:
        raise LoginNotFound
    return text


def own_rights(caller: Caller) -> TokenRights:
    """Answer the most that a token may do which a known caller makes for themselves: never what admins may."""
    assert caller.name is not None, "nobody unknown has rights of their own"
    every = caller.packages.include("*")
    return TokenRights(
        name=caller.name,
        scopes=[_highest(caller)],
        packages=None if every else list(caller.packages.texts),
        expires_at=caller.expires_at,
        stems_from=_origin(caller),
        open_only=caller.open_only or None,
    )


def _highest(caller: Caller) -> Scope:
    """Answer the scope that implies all that a caller has but for the admins'."""
    return max(caller.scopes - {"admin"}, key=SCOPES.index)


def _origin(caller: Caller) -> str | None:
    """Answer the token that an admin made and the caller's own stems from, so that revoking it ends them all."""
    if caller.stems_from or caller.open_only:
        return caller.stems_from
    return caller.token if caller.token and is_token_id(caller.token) else None
