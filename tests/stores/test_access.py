"""Tokens, publishers and the audit log over a store: what is written is seen at once, and nothing is overwritten."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.errors import Busy
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.publishers import TrustedPublisher, TrustedPublishers
from chalicelib.domain.tokens import TokenNotFound, TokenRecord
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectExists
from chalicelib.storage.testing.wrappers import CountingStore
from chalicelib.stores import changing
from chalicelib.stores.access import AuditLog, Publishers, Tokens

AT = "2026-01-01T00:00:00.000Z"
KEYS = ObjectKeys()


def record(number: int = 1, **facts: object) -> TokenRecord:
    """Answer a token's record."""
    given = {
        "id": f"{number:012x}",
        "name": "ci",
        "scopes": ["read"],
        "created_at": AT,
        "created_by": "admin",
    }
    return TokenRecord.model_validate(given | {"sha256": "0" * 64} | facts)


def revoked(present: TokenRecord) -> TokenRecord:
    """Answer a record with its revocation."""
    return present.model_copy(update={"revoked_at": AT})


def trusting(name: str, present: TrustedPublishers) -> TrustedPublishers:
    """Answer a list with one more line."""
    return present.allowing(TrustedPublisher(name=name, allowed_at=AT, allowed_by="admin"))


def test_an_id_is_taken_once() -> None:
    tokens = Tokens(MemoryStore(), KEYS)

    assert tokens.create(record()) is True
    assert tokens.create(record(name="mallory")) is False
    assert tokens.get("0" * 11 + "1") == record()


def test_what_another_process_revoked_is_revoked_for_the_next_read() -> None:
    store = MemoryStore()
    warm, other = Tokens(store, KEYS), Tokens(store, KEYS)
    warm.create(record())
    before = warm.get(record().id)

    other.change(record().id, revoked)

    after = warm.get(record().id)
    assert before is not None
    assert before.revoked_at is None
    assert after is not None
    assert after.revoked_at == AT


def test_a_record_that_is_gone_is_gone_from_the_cache() -> None:
    store = MemoryStore()
    tokens = Tokens(store, KEYS)
    tokens.create(record())
    tokens.get(record().id)

    store.delete(KEYS.token(record().id))

    assert tokens.get(record().id) is None


def test_a_warm_read_asks_the_medium_and_moves_no_bytes() -> None:
    store = CountingStore(MemoryStore())
    tokens = Tokens(store, KEYS)
    tokens.create(record())
    tokens.get(record().id)
    store.reset()

    tokens.get(record().id)

    assert [(call.verb, call.bytes_out) for call in store.calls] == [("get", 0)]


@pytest.mark.parametrize(
    "token", ["0" * 12, "", "../publishers", "A" * 12], ids=["unknown", "empty", "path", "upper"]
)
def test_a_token_that_is_not_there_cannot_be_changed(token: str) -> None:
    store = CountingStore(MemoryStore())

    with pytest.raises(TokenNotFound):
        Tokens(store, KEYS).change(token, revoked)
    assert len(store.calls) == (token == "0" * 12)


def test_tokens_are_listed_by_id_in_pages() -> None:
    tokens = Tokens(MemoryStore(), KEYS)
    for number in (3, 1, 2):
        tokens.create(record(number))

    assert [found.id[-1] for found in tokens.page("", 2)] == ["1", "2"]
    assert [found.id[-1] for found in tokens.page(f"{2:012x}", 2)] == ["3"]


def test_changes_of_many_writers_at_once_are_all_kept() -> None:
    store = MemoryStore()
    names = [f"publisher-{number}" for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: Publishers(store, KEYS).change(lambda p: trusting(name, p)), names))

    assert [line.name for line in Publishers(store, KEYS).get().publishers] == names


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    store = CountingStore(MemoryStore())

    Publishers(store, KEYS).change(lambda _: None)

    assert [call.verb for call in store.calls] == ["get"]


def test_a_writer_who_never_gets_through_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    monkeypatch.setattr(changing, "LONGEST_PAUSE_SECONDS", 0.0)

    def overtaken(present: TrustedPublishers) -> TrustedPublishers:
        rival = f"rival-{len(present.publishers)}"
        Publishers(store, KEYS).change(lambda p: trusting(rival, p))
        return trusting("slow", present)

    with pytest.raises(Busy):
        Publishers(store, KEYS).change(overtaken)
    assert "slow" not in [line.name for line in Publishers(store, KEYS).get().publishers]


def test_the_log_is_read_the_newest_first_and_in_pages() -> None:
    log = AuditLog(MemoryStore(), KEYS)
    entries = [
        AuditEntry(
            id=f"{number:012x}",
            at=f"2026-01-0{number}T00:00:00.000Z",
            by="admin",
            action="token.create",
            subject="x",
        )
        for number in (2, 1, 3)
    ]
    for entry in entries:
        log.append(entry)

    first = log.page("", 2)

    assert [entry.id[-1] for entry in first] == ["3", "2"]
    assert [entry.id[-1] for entry in log.page(first[-1].place, 2)] == ["1"]


def test_an_entry_of_the_log_is_never_overwritten() -> None:
    log = AuditLog(MemoryStore(), KEYS)
    entry = AuditEntry(id="0" * 12, at=AT, by="admin", action="token.create", subject="x")
    log.append(entry)

    with pytest.raises(ObjectExists):
        log.append(entry.model_copy(update={"by": "mallory"}))
