"""Several calls of a medium at once."""

from contextvars import ContextVar
from functools import partial
from threading import Barrier, Lock
from time import sleep

import pytest

from chalicelib.storage.parallel import at_once, in_parallel

COUNTED: ContextVar[list[int]] = ContextVar("COUNTED")
PATIENCE_SECONDS = 30


def test_calls_are_made_at_the_same_time_and_answered_in_order() -> None:
    meeting = Barrier(3, timeout=PATIENCE_SECONDS)

    def call(number: int) -> int:
        meeting.wait()
        sleep(0.01 * (3 - number))
        return 10 * number

    assert in_parallel(call, [1, 2, 3]) == [10, 20, 30]
    assert in_parallel(str, {1: None}.keys()) == ["1"]
    assert in_parallel(str, []) == []


def test_no_more_calls_than_are_allowed_are_made_at_the_same_time() -> None:
    lock, present, seen = Lock(), [0], []

    def call(_: int) -> None:
        with lock:
            present[0] += 1
            seen.append(present[0])
        sleep(0.002)
        with lock:
            present[0] -= 1

    in_parallel(call, range(30), most=3)

    assert len(seen) == 30
    assert max(seen) <= 3


def test_every_call_counts_in_the_context_of_who_asked_for_it() -> None:
    counted: list[int] = []
    COUNTED.set(counted)

    in_parallel(lambda number: COUNTED.get().append(number), range(20))
    at_once(*(partial(lambda number: COUNTED.get().append(number), number) for number in range(20, 25)))

    assert sorted(counted) == list(range(25))


def test_a_failure_is_raised_and_what_has_not_begun_is_left_out() -> None:
    begun: list[int] = []

    def call(number: int) -> None:
        begun.append(number)
        sleep(0.001)
        raise ValueError(str(number))

    with pytest.raises(ValueError, match=r"^0$"):
        in_parallel(call, range(10_000), most=2)
    assert len(begun) < 10_000
