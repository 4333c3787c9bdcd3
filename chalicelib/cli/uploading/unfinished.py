"""What is remembered of an upload until it is finished, so that the next run of the command goes on with it."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.folders import cache_folder, documents_in, read_private, remove, write_private

KEPT_SECONDS: Final = 30 * 86_400
"""After that, no registry has what was sent."""


@dataclass(frozen=True, slots=True)
class What:
    """What is uploaded, and where to; the same bytes for another registry or name are another upload."""

    registry: str
    name: str
    sha256: str
    size: int

    def key(self) -> str:
        """Answer the name of its file."""
        told = f"{self.registry}\n{self.name}\n{self.sha256}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]


class Unfinished:
    """The memory of one upload: a small file in the user's cache."""

    def __init__(self, env: Environment, what: What) -> None:
        self._env = env
        self._what = what
        self._path = cache_folder(env) / "uploads" / f"{what.key()}.json"

    def recall(self) -> dict[str, Any] | None:
        """Answer what was remembered of this upload, or None."""
        found = read_private(self._path)
        if found is None or any(found.get(name) != value for name, value in asdict(self._what).items()):
            return None
        return found if isinstance(found.get("via"), str) and isinstance(found.get("upload"), str) else None

    def remember(self, via: str, upload: str, **more: Any) -> None:
        """Remember where an upload goes, and forget others that nobody came back for."""
        now = self._env.clock.unix()
        write_private(
            self._path, {**asdict(self._what), "via": via, "upload": upload, "startedAt": int(now), **more}
        )
        _forget_before(now - KEPT_SECONDS, self._path.parent)

    def forget(self) -> None:
        """Forget this upload, because it is finished or gone."""
        remove(self._path)


def _forget_before(moment: float, folder: Path) -> None:
    for path, document in documents_in(folder):
        if not isinstance(document.get("startedAt"), int) or document["startedAt"] < moment:
            remove(path)
