"""Signing: every version is signed by the registry's key that was in force when it was published.

A new key is announced before it comes into force. So whoever has read the ring after a version was published knows
which key signs it, though the ring is being rotated at that moment, and a client that fetched the keys a moment ago
knows the new one when the first signature by it appears.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from chalicelib.domain.access import Caller
from chalicelib.domain.document import Document
from chalicelib.domain.manifest import Manifest
from chalicelib.domain.signing import KeyFacts, KeyPair, KeyRing, KeyState, Signature
from chalicelib.domain.times import moment, timestamp
from chalicelib.services.auditing import Auditing
from chalicelib.stores.access import SigningKeys

ANNOUNCED: Final = timedelta(minutes=5)
"""How long before it comes into force a key is known: longer than clocks differ and answers are cached."""


class ListedKey(KeyFacts):
    """A key, without its secret, and how it stands now."""

    state: KeyState


class KeyList(Document):
    """The signing keys, ascending by when they came into force."""

    keys: list[ListedKey]


class Signing:
    """Signs versions and keeps the keys; the first key is made when something is first signed."""

    def __init__(self, keys: SigningKeys, auditing: Auditing, *, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._auditing = auditing
        self._now = now
        self._known: tuple[KeyRing, datetime] | None = None

    def sign(self, name: str, version: str, integrity: str, at: str) -> Signature:
        """Answer the signature of a version that was published at a moment; the same whoever signs, and whenever.

        It costs at most one conditional read, and none for what was published before the keys were last read.
        Raises Busy where the first key is to be made and many make it at once.
        """
        from chalicelib.npm.signatures import sign, signed_text

        key = self._ring(at).in_force(at)
        return Signature(key.keyid, sign(key.private, signed_text(name, version, integrity)))

    def of(self, manifest: Manifest) -> list[dict[str, str]]:
        """Answer the signatures of a version as npm's `dist` tells them."""
        at = manifest.claim.published_at
        return [self.sign(manifest.name, manifest.version, manifest.integrity, at)._asdict()]

    def known_of(self, manifest: Manifest) -> list[dict[str, str]]:
        """Answer the same, and none where there is no key yet; writes nothing."""
        return self.of(manifest) if self._known or self._keys.get() else []

    def public_keys(self) -> list[KeyFacts]:
        """Answer what may be told of every key, the oldest first; none before anything was signed. One read."""
        ring = self._keys.get()
        return [key.facts() for key in ring.keys] if ring else []

    def keys(self) -> KeyList:
        """Answer every key and how it stands."""
        return self._listed(self.public_keys())

    def rotate(self, *, by: Caller) -> KeyList:
        """Let a new key follow the newest one shortly, and answer every key; raises Busy.

        While the newest one has yet to come into force, none is made.
        """

        @cache
        def ordered() -> KeyPair:
            pair = _new_pair()
            self._auditing.order("key.rotate", pair.keyid, by)
            return pair

        def rotated(ring: KeyRing | None) -> KeyRing | None:
            now = self._now()
            if ring is None:
                return KeyRing.beginning_with(ordered(), timestamp(now))
            if ring.newest.state_at(timestamp(now)) == "pending":
                return None
            return ring.followed_by(ordered(), timestamp(now + ANNOUNCED))

        return self._listed([key.facts() for key in self._keys.change(rotated).keys])

    def _ring(self, at: str) -> KeyRing:
        """Answer a ring that says which key was in force at a moment; it is made if there is none."""
        if self._known is not None and moment(at) <= self._known[1]:
            return self._known[0]
        read_at = self._now()
        ring = self._keys.get() or self._begun()
        self._known = ring, read_at
        return ring

    def _begun(self) -> KeyRing:
        """Make the first key, unless another process was faster; all of them go on with the same one."""
        pair = _new_pair()
        began = timestamp(self._now())
        return self._keys.change(lambda ring: None if ring else KeyRing.beginning_with(pair, began))

    def _listed(self, keys: list[KeyFacts]) -> KeyList:
        now = timestamp(self._now())
        return KeyList(keys=[ListedKey(**key.model_dump(), state=key.state_at(now)) for key in keys])


def _new_pair() -> KeyPair:
    from chalicelib.npm.signatures import new_pair

    return new_pair()
