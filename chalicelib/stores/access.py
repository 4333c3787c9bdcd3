"""Who may do what, over a store: tokens, logins, publishers, keys, trusted roots, and the log of changes to them."""

from collections.abc import Callable

from chalicelib.domain.attestations import TrustSetting
from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.logins import Approval
from chalicelib.domain.publishers import TrustedPublishers
from chalicelib.domain.signing import KeyRing
from chalicelib.domain.tokens import TokenNotFound, TokenRecord, is_token_id
from chalicelib.storage.parallel import in_parallel
from chalicelib.storage.port import NOT_MODIFIED, ObjectInfo, ObjectStore
from chalicelib.stores.changing import Changeable
from chalicelib.stores.documents import JSON


class Tokens:
    """The records of tokens; what is revoked is so for the very next read."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._records = Changeable(store, TokenRecord)

    def get(self, token_id: str) -> TokenRecord | None:
        """Answer a token's record, or None; one read."""
        return self._records.get(self._keys.token(token_id))

    def create(self, record: TokenRecord) -> bool:
        """Keep a new token; answers whether its id was free."""
        return self._records.create(self._keys.token(record.id), record)

    def change(self, token_id: str, decide: Callable[[TokenRecord], TokenRecord | None]) -> TokenRecord:
        """Replace a record by what `decide` makes of it, unless that is None; raises TokenNotFound."""

        def decided(record: TokenRecord | None) -> TokenRecord | None:
            if record is None:
                raise TokenNotFound(token_id)
            return decide(record)

        if not is_token_id(token_id):
            raise TokenNotFound(token_id)
        changed = self._records.change(self._keys.token(token_id), decided, name=f"token {token_id}")
        assert changed is not None, "what is not there is not found"
        return changed

    def page(self, after: str, limit: int) -> list[TokenRecord]:
        """Answer up to `limit` records whose id follows `after`, ascending by id."""
        prefix = self._keys.tokens
        start = self._keys.token(after) if after else None
        ids = [_stem(info.key, prefix) for info in _objects(self._store, prefix, start, limit)]
        return [record for record in in_parallel(self.get, ids) if record is not None]


class Approvals:
    """Logins that somebody has approved, each collected once."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._keys = keys
        self._approvals = Changeable(store, Approval)

    def create(self, login_id: str, approval: Approval) -> bool:
        """Keep an approval; answers whether it is the login's first."""
        return self._approvals.create(self._keys.login(login_id), approval)

    def change(self, login_id: str, decide: Callable[[Approval], Approval | None]) -> Approval | None:
        """Replace an approval by what `decide` makes of it, unless that is None; None where nobody approved yet."""
        return self._approvals.change(
            self._keys.login(login_id),
            lambda present: None if present is None else decide(present),
            name="login",
        )


class Publishers:
    """The list of trusted publishers."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._keys = keys
        self._lists = Changeable(store, TrustedPublishers)

    def get(self) -> TrustedPublishers:
        """Answer the list as it is now; one read."""
        return self._lists.get(self._keys.publishers) or TrustedPublishers()

    def change(self, decide: Callable[[TrustedPublishers], TrustedPublishers | None]) -> TrustedPublishers:
        """Replace the list by what `decide` makes of it, unless that is None; answers the list there is then."""
        changed = self._lists.change(
            self._keys.publishers, lambda present: decide(present or TrustedPublishers()), name="publishers"
        )
        return changed or TrustedPublishers()


class SigningKeys:
    """The ring of signing keys."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._key = keys.signing_keys
        self._rings = Changeable(store, KeyRing)

    def get(self) -> KeyRing | None:
        """Answer the ring as it is now, or None before the first key was made; one read."""
        return self._rings.get(self._key)

    def change(self, decide: Callable[[KeyRing | None], KeyRing | None]) -> KeyRing:
        """Replace the ring by what `decide` makes of it, unless that is None; answers the ring there is then."""
        changed = self._rings.change(self._key, decide, name="signing keys")
        assert changed is not None, "there is a ring, or one was made"
        return changed


class TrustSettings:
    """Whom attestations are to be signed by."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._key = keys.trusted_root
        self._settings = Changeable(store, TrustSetting)

    def get(self) -> TrustSetting | None:
        """Answer what was set last, or None where nothing ever was; one read."""
        return self._settings.get(self._key)

    def change(self, decide: Callable[[TrustSetting | None], TrustSetting | None]) -> TrustSetting | None:
        """Replace the setting by what `decide` makes of it, unless that is None; answers the one there is then."""
        return self._settings.change(self._key, decide, name="trusted root")


class AuditLog:
    """The log of changes, append-only."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def append(self, entry: AuditEntry) -> None:
        """Write an entry; when this returns, it stays."""
        key = self._keys.audit_entry(entry.place)
        self._store.put(key, entry.to_bytes(), if_absent=True, content_type=JSON)

    def page(self, after: str, limit: int) -> list[AuditEntry]:
        """Answer up to `limit` entries whose place follows `after`, the newest first."""
        start = self._keys.audit_entry(after) if after else None
        keys = [info.key for info in _objects(self._store, self._keys.audit, start, limit)]
        return in_parallel(self._read, keys)

    def _read(self, key: str) -> AuditEntry:
        found = self._store.get(key)
        assert found is not NOT_MODIFIED
        return AuditEntry.from_bytes(found.data)


def _objects(store: ObjectStore, prefix: str, after: str | None, limit: int) -> list[ObjectInfo]:
    listed = store.list(prefix, after=after, limit=limit)
    return [info for info in listed if isinstance(info, ObjectInfo)]


def _stem(key: str, prefix: str) -> str:
    return key.removeprefix(prefix).removesuffix(".json")
