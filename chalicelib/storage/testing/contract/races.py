"""What holds when sixteen threads do the same thing at the same moment.

Where the medium under test is not exact (`races` is False), the tests still run and still demand everything
that does not rest on the medium: nobody fails in another way, and somebody wins.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from time import sleep
from typing import TypeVar

from chalicelib.storage.port import ObjectExists, ObjectStore, PreconditionFailed, StorageUnavailable
from chalicelib.storage.testing.contract.base import ContractBase, names, read

WRITERS = 16

Outcome = TypeVar("Outcome")


def race(action: Callable[[int], Outcome]) -> list[Outcome]:
    """Run the action in sixteen threads, released together, and answer what each came to."""
    barrier = Barrier(WRITERS)

    def run(number: int) -> Outcome:
        barrier.wait()
        return action(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


class RacesContract(ContractBase):
    """What the conditions of put are for."""

    def test_one_of_sixteen_creators_wins(self, store: ObjectStore) -> None:
        for number in range(10 if self.races else 2):
            key = f"race/{number}"
            won = race(partial(self._creates, store, key))

            assert self.peek(store, key) in {b"%d" % writer for writer in range(WRITERS) if won[writer]}
            assert sum(won) == 1 or (not self.races and any(won))

    def test_one_of_sixteen_streaming_creators_wins(self, store: ObjectStore) -> None:
        won = race(lambda writer: self._wins(lambda: store.put_stream("a", [b"%d" % writer], if_absent=True)))

        assert self.peek(store, "a") in {b"%d" % writer for writer in range(WRITERS) if won[writer]}
        assert sum(won) == 1 or (not self.races and any(won))

    def test_no_increment_of_a_swapped_counter_is_lost(self, store: ObjectStore) -> None:
        each = 6 if self.races else 2
        store.put("counter", b"0")
        race(lambda _: self._increment(store, "counter", times=each))

        total = int(read(store, "counter").data)
        assert total == WRITERS * each or (not self.races and each <= total)

    def test_creators_and_removers_leave_a_whole_object_or_none(self, store: ObjectStore) -> None:
        def action(writer: int) -> None:
            for _ in range(5 if self.races else 1):
                self._creates(store, "deep/down/a", writer)
                store.put(f"deep/down/{writer}", b"")
                store.delete("deep/down/a")
                store.delete(f"deep/down/{writer}")

        race(action)

        assert self.peek(store, "deep/down/a") is None
        assert names(store.list("")) == []

    def test_a_reader_never_sees_half_an_object(self, store: ObjectStore) -> None:
        size = 1 << 18
        store.put("a", b"\0" * size)

        def action(number: int) -> set[tuple[int, int]]:
            if number < 4:
                for _ in range(5):
                    self._wins(lambda: store.put("a", bytes([number]) * size))
                return set()
            return {(len(data), len(set(data))) for _ in range(5) for data in [read(store, "a").data]}

        assert set().union(*race(action)) == {(size, 1)}

    def _creates(self, store: ObjectStore, key: str, writer: int) -> bool:
        return self._wins(lambda: store.put(key, b"%d" % writer, if_absent=True))

    def _increment(self, store: ObjectStore, key: str, *, times: int) -> None:
        while times:
            found = read(store, key)
            value = b"%d" % (int(found.data) + 1)
            # Long enough for others to read the same value.
            sleep(0.001)
            times -= self._wins(partial(store.put, key, value, if_etag=found.info.etag))

    def _wins(self, write: Callable[[], object]) -> bool:
        """Tell whether the write wins; it is repeated where the medium throttles."""
        while True:
            try:
                write()
            except (ObjectExists, PreconditionFailed):
                return False
            except StorageUnavailable as error:
                if not (self.throttles and error.retryable):
                    raise
            else:
                return True
