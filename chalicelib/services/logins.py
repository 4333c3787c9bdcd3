"""Logins: from a token that a person has to one of the program's own, which may do no more."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.access import EVERYBODY, Caller, InvalidToken, LoginRefused
from chalicelib.domain.logins import (
    SECRET_BYTES,
    Approval,
    LoginDone,
    login_id,
    open_login,
    own_rights,
    secret_of,
)
from chalicelib.domain.publishers import normal_name, publisher_name
from chalicelib.domain.times import timestamp
from chalicelib.domain.tokens import TokenRights, holds_token
from chalicelib.services.access import ADMIN, Access
from chalicelib.services.granting import Granting, NewToken
from chalicelib.stores.access import Approvals

LABEL: Final = "npm login"
"""What a token is called that was made by one."""


class Started(NamedTuple):
    """A login: its `id` is for the person, its `secret` for the program alone."""

    id: str
    secret: str


class Logins:
    """Gives users tokens of their own, in two ways: by approval of a person elsewhere, and by name and password.

    The password is a token. Where the registry is open any other will do: users are who they say they are, and their
    tokens are good only while that is so.
    """

    def __init__(
        self,
        approvals: Approvals,
        access: Access,
        granting: Granting,
        *,
        is_open: bool,
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._approvals = approvals
        self._access = access
        self._granting = granting
        self._is_open = is_open
        self._now = now
        self._random_bytes = random_bytes

    def start(self) -> Started:
        """Begin a login; nothing is stored."""
        now = self._now()
        secret = secret_of(now, self._random_bytes(SECRET_BYTES))
        return Started(login_id(secret, now), secret)

    def check(self, login: str) -> None:
        """Hold a login's id to one that may still be approved; asks no storage. Raises LoginNotFound."""
        open_login(login, self._now())

    def approve(self, login: str, answer: str) -> str:
        """Approve a login by a token, or in an open registry by a name too; answers who approved.

        Raises LoginNotFound, LoginDone, LoginRefused and InvalidPayload.
        """
        self.check(login)
        caller = self._known(answer) or self._self_named(answer)
        approval = Approval(rights=_rights(caller), token=caller.token, approved_at=timestamp(self._now()))
        if not self._approvals.create(login, approval):
            raise LoginDone
        return approval.rights.name

    def collect(self, secret: str) -> NewToken | None:
        """Make the token of a login when it has been approved, once; answers None until then.

        Raises LoginNotFound and LoginDone. A process that dies in between leaves no token, or one in the log and the
        lists whose text nobody was told.
        """
        login = login_id(secret, self._now())

        def collected(approval: Approval) -> Approval:
            if approval.collected_at is not None:
                raise LoginDone
            return approval.model_copy(update={"collected_at": timestamp(self._now())})

        approval = self._approvals.change(login, collected)
        return None if approval is None else self._granting.issue(approval.rights, by=approval.approver())

    def by_password(self, name: str, password: str) -> NewToken:
        """Make a token for whoever gives a name and, in place of a password, a token that speaks as it.

        Raises LoginRefused, and InvalidPayload for a name that nobody can have.
        """
        caller = self._known(password) or self._self_named(name)
        if normal_name(name) != caller.name:
            raise LoginRefused(
                f"the token given as the password speaks as `{caller.name}`; log in as `{caller.name}`, or give one "
                f"that speaks as `{normal_name(name)[:60]}`"
            )
        return self._granting.issue(_rights(caller), by=caller)

    def _known(self, text: str) -> Caller | None:
        """Answer whom a token speaks as, or None for a text that is no good token."""
        try:
            return self._access.authenticate(text.strip())
        except InvalidToken:
            return None

    def _self_named(self, name: str) -> Caller:
        """Answer somebody of whom nothing is known but a name; raises LoginRefused and InvalidPayload."""
        if not self._is_open:
            raise LoginRefused(
                "this is no token of this registry, or it has expired or was revoked; in place of a password give a "
                "token that an admin of this registry made for you"
            )
        if holds_token(name):
            raise LoginRefused(
                "this holds a token that is not good here; a name is kept, and no secret may be in it"
            )
        name = publisher_name(name)
        if name.casefold() == ADMIN.name:
            raise LoginRefused(
                f"`{ADMIN.name}` is whoever has the token of the settings; log in under another name"
            )
        return Caller(name, EVERYBODY.scopes, open_only=True)


def _rights(caller: Caller) -> TokenRights:
    return own_rights(caller).model_copy(update={"label": LABEL})
