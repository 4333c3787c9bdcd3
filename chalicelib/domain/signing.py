"""The registry's signing keys: one ring of them, each in force from a moment on until the next one is.

Which key signs a version follows from the ring and the moment the version was published alone, so that whoever makes a
signature again makes the same one.
"""

from datetime import timedelta
from typing import Final, Literal, NamedTuple

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.times import later_than, moment, timestamp

FINISHED_LATE: Final = timedelta(days=14)
"""How long after its version was signed a publish may still be finished: as long as staged bytes are kept."""

KeyState = Literal["pending", "in force", "expired"]


class KeyPair(NamedTuple):
    """A key that was just made: `public` is its DER SubjectPublicKeyInfo and `private` its PKCS #8, in base64."""

    keyid: str
    public: str
    private: str

    def __repr__(self) -> str:
        return f"KeyPair({self.keyid})"


class Signature(NamedTuple):
    """One line of npm's `dist.signatures`: which key signed, and an ECDSA signature in DER and base64."""

    keyid: str
    sig: str


class KeyFacts(Document):
    """What may be told of a key: it is in force from `createdAt` on, until it `expires`."""

    keyid: str
    created_at: str
    expires: str | None = None
    public: str

    @property
    def accepted_until(self) -> str | None:
        """Answer until when versions may appear that the key has signed: that is done before they are visible."""
        return None if self.expires is None else timestamp(moment(self.expires) + FINISHED_LATE)

    def state_at(self, at: str) -> KeyState:
        """Tell how the key stands at a moment."""
        if at < self.created_at:
            return "pending"
        return "in force" if self.expires is None or at < self.expires else "expired"


class SigningKey(KeyFacts):
    """A key with what it signs by, which never leaves the registry."""

    private: str = Field(repr=False)

    def facts(self) -> KeyFacts:
        """Answer the key without its secret."""
        return KeyFacts(
            keyid=self.keyid, created_at=self.created_at, expires=self.expires, public=self.public
        )


class KeyRing(Document):
    """Every key there ever was, ascending by when they came into force; each expires when the next one begins."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    keys: list[SigningKey] = Field(min_length=1)

    @classmethod
    def beginning_with(cls, pair: KeyPair, at: str) -> "KeyRing":
        """Answer a ring of one key."""
        return cls(keys=[SigningKey(created_at=at, **pair._asdict())])

    @property
    def newest(self) -> SigningKey:
        """The key that came last, which does not expire."""
        return self.keys[-1]

    def in_force(self, at: str) -> SigningKey:
        """Answer the key that signs what was published at a moment; the first one signs all that is older."""
        begun = [key for key in self.keys if moment(key.created_at) <= moment(at)]
        return begun[-1] if begun else self.keys[0]

    def followed_by(self, pair: KeyPair, at: str) -> "KeyRing":
        """Answer the ring with one more key, in force from a moment on, and later than the newest in any case."""
        begins = later_than(self.newest.created_at, moment(at))
        ending = self.newest.model_copy(update={"expires": begins})
        following = SigningKey(created_at=begins, **pair._asdict())
        return self.model_copy(update={"keys": [*self.keys[:-1], ending, following]})
