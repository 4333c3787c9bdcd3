"""What this user has sent: a file for each bucket, with the key that makes it theirs."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed
from chalicelib.cli.folders import documents_in, read_private, remove, state_folder, write_private

KEY_HEADER: Final = "Prism-Owner-Key"


@dataclass(frozen=True, slots=True)
class Sent:
    """A bucket that was sent; whoever has `ownerKey` may change it, so nobody but the user reads these files."""

    registry: str
    sid: str
    url: str
    owner_key: str
    created: str
    expires: str
    files: int = 0
    size: int = 0
    comment: str | None = None

    @classmethod
    def recall(cls, env: Environment, registry: str, sid: str) -> Self | None:
        """Answer what was sent to a registry under an id, or None."""
        try:
            return cls._read(read_private(_path(env, registry, sid)) or {})
        except CommandFailed:
            return None

    @classmethod
    def every(cls, env: Environment) -> Iterator[Self]:
        """Answer all that was sent, the oldest first."""
        found = [cls._read(document) for _, document in documents_in(state_folder(env) / "sent")]
        yield from sorted((each for each in found if each), key=lambda each: (each.created, each.sid))

    @classmethod
    def find(cls, env: Environment, sid: str) -> Self | None:
        """Answer what was sent under an id to whatever registry, or None."""
        return next((each for each in cls.every(env) if each.sid == sid), None)

    @classmethod
    def _read(cls, document: dict[str, Any]) -> Self | None:
        try:
            return cls(**{name: document[name] for name in cls.__slots__ if name in document})
        except TypeError:
            return None

    def keep(self, env: Environment) -> None:
        """Write it down; raises CommandFailed."""
        write_private(_path(env, self.registry, self.sid), asdict(self))

    def forget(self, env: Environment) -> None:
        """Remove what was written down."""
        remove(_path(env, self.registry, self.sid))

    def headers(self) -> dict[str, str]:
        """Answer the header by which the registry knows the owner."""
        return {KEY_HEADER: self.owner_key}


def _path(env: Environment, registry: str, sid: str) -> Path:
    where = hashlib.sha256(registry.encode()).hexdigest()[:8]
    return state_folder(env) / "sent" / f"{sid}-{where}.json"
