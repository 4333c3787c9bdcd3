"""Erasing: removes the bytes of versions that were unpublished; safe to repeat at any time."""

from collections.abc import Iterator

from chalicelib.domain.head import Head
from chalicelib.services.npm.texts import Texts
from chalicelib.storage.parallel import at_once
from chalicelib.stores.artifacts import Artifacts

_BESIDE = frozenset({"tag", "untag"})
"""Events that may come with an unpublish."""


class Erasing:
    """Removes what only readers of a version need; its manifest stays, so that nobody else gets its number."""

    def __init__(self, artifacts: Artifacts, texts: Texts) -> None:
        self._artifacts = artifacts
        self._texts = texts

    def follow(self, head: Head) -> None:
        """Erase the versions that the newest events of a head have unpublished."""
        for version in just_unpublished(head):
            self._erase(head.name, version)

    def _erase(self, name: str, version: str) -> None:
        at_once(
            lambda: self._artifacts.remove(name, version),
            lambda: self._texts.remove(name, version),
        )


def just_unpublished(head: Head) -> Iterator[str]:
    """Answer the versions that were unpublished since anything else happened to a package."""
    for event in reversed(head.events):
        if event.type == "unpublish" and event.version in head.view.unpublished:
            yield event.version
        elif event.type not in _BESIDE:
            return
