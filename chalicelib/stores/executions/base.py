"""What the operations on executions share: reading many records at once, and telling of those that are none."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, Generic, TypeVar

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.executions.errors import Unreadable, UnreadableRecords
from chalicelib.domain.executions.identity import is_id
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.times import milliseconds
from chalicelib.storage.contending import pause
from chalicelib.storage.parallel import in_parallel
from chalicelib.storage.port import (
    NOT_MODIFIED,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    Prefix,
)
from chalicelib.stores.documents import JSON

SWAP_ATTEMPTS: Final = 40
LONGEST_PAUSE_SECONDS: Final = 0.1
NO_ID: Final = "the name is no id"

Parsed = TypeVar("Parsed")
Parsed_co = TypeVar("Parsed_co", covariant=True)
Parse = Callable[[bytes], Parsed]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found(Generic[Parsed_co]):
    """A record as it was read, and by which ETag it is replaced."""

    record: Parsed_co
    etag: str


class Part:
    """One group of operations; `now` is the clock, `sleep` how a writer waits who lost a swap."""

    def __init__(
        self,
        store: ObjectStore,
        keys: ObjectKeys,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = now
        self._sleep = sleep

    def _now(self) -> int:
        return milliseconds(self._clock())

    def _create(self, key: str, data: bytes, *, durable: bool = False) -> bool:
        """Write a record that nothing replaces; answers whether its key was free."""
        try:
            self._store.put(key, data, if_absent=True, content_type=JSON, durable=durable)
        except ObjectExists:
            return False
        return True

    def _find(self, key: str, parse: Parse[Parsed]) -> Found[Parsed] | None:
        """Read a record, or answer None where there is none; raises UnreadableRecords."""
        found = _look(self._store, key)
        if found is None:
            return None
        try:
            return Found(parse(found[0]), found[1])
        except UnreadableDocument as error:
            raise UnreadableRecords([Unreadable(key, str(error))]) from error

    def _gather(
        self, wanted: Sequence[tuple[str, Parse[Parsed]]], unreadable: Iterable[Unreadable] = ()
    ) -> "Gathered[Parsed]":
        """Read many records; those that are gone by now are left out, and those that are none are told."""
        gathered: Gathered[Parsed] = Gathered([], list(unreadable))
        for outcome in self._outcomes(wanted):
            if isinstance(outcome, Unreadable):
                gathered.unreadable.append(outcome)
            elif outcome is not None:
                gathered.records.append(outcome)
        return gathered

    def _outcomes(self, wanted: Sequence[tuple[str, Parse[Parsed]]]) -> list[Parsed | Unreadable | None]:
        """Read many records; answers each in its place, None for one that is gone."""
        return in_parallel(partial(_read, self._store), wanted)

    def _names(self, prefix: str, *, after: str | None = None, limit: int | None = None) -> Iterator[str]:
        """List the names below a prefix in order, those after one of them."""
        start = None if after is None else prefix + after
        for info in self._store.list(prefix, after=start, limit=limit):
            assert isinstance(info, ObjectInfo)
            yield info.key.removeprefix(prefix)

    def _ids(self, prefix: str, beginning: str = "") -> tuple[list[str], list[Unreadable]]:
        """List the ids that have something below them, and nothing of what that is; and names that are no ids."""
        listed = self._store.list(prefix + beginning, delimiter="/")
        folders = [entry for entry in listed if isinstance(entry, Prefix)]
        names = [folder.prefix.removeprefix(prefix).removesuffix("/") for folder in folders]
        strangers = [Unreadable(f"{prefix}{name}/", NO_ID) for name in names if not is_id(name)]
        return [name for name in names if is_id(name)], strangers

    def _pause(self) -> None:
        pause(LONGEST_PAUSE_SECONDS, sleep=self._sleep)


@dataclass(frozen=True, slots=True)
class Gathered(Generic[Parsed]):
    """Records that were read, and those that could not be."""

    records: list[Parsed]
    unreadable: list[Unreadable]

    def told(self, answer: Answer) -> Answer:
        """Answer what is to be answered; raises UnreadableRecords with it if that is not all there is."""
        if self.unreadable:
            raise UnreadableRecords(self.unreadable, answer)
        return answer


def _read(store: ObjectStore, wanted: tuple[str, Parse[Parsed]]) -> Parsed | Unreadable | None:
    key, parse = wanted
    found = _look(store, key)
    try:
        return parse(found[0]) if found else None
    except UnreadableDocument as error:
        return Unreadable(key, str(error))


def _look(store: ObjectStore, key: str) -> tuple[bytes, str] | None:
    try:
        found = store.get(key)
    except ObjectNotFound:
        return None
    assert found is not NOT_MODIFIED
    return found.data, found.info.etag
