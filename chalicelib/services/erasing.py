"""Erasing: removes the bytes of versions that were unpublished; safe to repeat at any time."""

from chalicelib.services.npm.texts import Texts
from chalicelib.storage.parallel import at_once
from chalicelib.stores.artifacts import Artifacts


class Erasing:
    """Removes what only readers of a version need; its manifest stays, so that nobody else gets its number."""

    def __init__(self, artifacts: Artifacts, texts: Texts) -> None:
        self._artifacts = artifacts
        self._texts = texts

    def erase(self, name: str, version: str) -> None:
        """Erase a version."""
        at_once(
            lambda: self._artifacts.remove(name, version),
            lambda: self._texts.remove(name, version),
        )
