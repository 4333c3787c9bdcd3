"""Auditing: every change of who may do what, and of what is trusted, is written down before it is made."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.domain.access import Caller
from chalicelib.domain.audit import Action, AuditEntry
from chalicelib.domain.times import timestamp
from chalicelib.domain.tokens import ID_BYTES
from chalicelib.stores.access import AuditLog


class Auditing:
    """Writes orders into the log; `by` is the admin who gives them."""

    def __init__(
        self,
        log: AuditLog,
        *,
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._log = log
        self._now = now
        self._random_bytes = random_bytes

    def order(self, action: Action, subject: str, by: Caller, details: dict[str, Any] | None = None) -> None:
        """Write down what is about to be done; if that fails, it is not done."""
        self._log.append(
            AuditEntry(
                id=self._random_bytes(ID_BYTES).hex(),
                at=timestamp(self._now()),
                by=_name(by),
                token=by.token,
                action=action,
                subject=subject,
                details=details or {},
            )
        )


def _name(by: Caller) -> str:
    assert by.name is not None, "nobody unknown has the scope `admin`"
    return by.name
