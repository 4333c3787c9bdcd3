"""Several calls of a medium at once."""

import os
from contextvars import ContextVar
from functools import partial
from threading import Barrier, Lock, get_ident
from time import sleep

import pytest

from chalicelib.storage.parallel import THREADS, at_once, begun, in_parallel

COUNTED: ContextVar[list[int]] = ContextVar("COUNTED")
PATIENCE_SECONDS = 30


def test_calls_are_made_at_the_same_time_in_threads_that_stay() -> None:
    seen: list[set[int]] = []
    for _ in range(3):
        meeting, threads = Barrier(4, timeout=PATIENCE_SECONDS), set[int]()

        def call(meeting: Barrier = meeting, threads: set[int] = threads) -> None:
            meeting.wait()
            threads.add(get_ident())

        at_once(call, call, call, call)
        seen.append(threads)

    assert [len(threads) for threads in seen] == [4, 4, 4]
    assert len(set.union(*seen)) <= THREADS + 1


def test_every_call_returns_before_the_failure_of_the_first_is_raised() -> None:
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        if number in {1, 2}:
            raise ValueError(str(number))

    with pytest.raises(ValueError, match=r"^1$"):
        at_once(*(partial(call, number) for number in range(5)))
    assert sorted(made) == [0, 1, 2, 3, 4]


def test_even_the_end_of_the_process_is_told_to_who_waits() -> None:
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        at_once(lambda: None, leave)


def test_every_call_counts_in_the_context_of_who_asked_for_it() -> None:
    counted: list[int] = []
    COUNTED.set(counted)

    at_once(*(partial(lambda number: COUNTED.get().append(number), number) for number in range(5)))

    assert sorted(counted) == list(range(5))


def test_calls_that_begin_calls_of_their_own_never_wait_for_a_free_thread() -> None:
    made: list[int] = []

    def branch(depth: int) -> None:
        made.append(depth)
        if depth:
            at_once(*(partial(branch, depth - 1) for _ in range(6)))

    branch(4)

    assert len(made) == 1 + 6 + 6**2 + 6**3 + 6**4


def test_what_was_begun_is_answered_to_who_asks_for_its_end() -> None:
    outcome = begun(lambda: 7)

    assert outcome() == 7


def test_each_call_is_answered_in_its_place() -> None:
    assert at_once() == []
    assert at_once(lambda: 1, lambda: "two", lambda: None) == [1, "two", None]


def test_a_process_that_was_forked_has_threads_of_its_own() -> None:
    at_once(get_ident, get_ident)
    read, written = os.pipe()
    child = os.fork()
    if not child:
        meeting = Barrier(2, timeout=5)
        at_once(meeting.wait, meeting.wait)
        os.write(written, b"met")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(written)

    assert os.read(read, 3) == b"met"
    os.close(read)


def test_many_calls_are_made_at_the_same_time_and_answered_in_order() -> None:
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


def test_every_one_of_many_calls_counts_in_the_context_of_who_asked_for_it() -> None:
    counted: list[int] = []
    COUNTED.set(counted)

    in_parallel(lambda number: COUNTED.get().append(number), range(20))
    at_once(*(partial(lambda number: COUNTED.get().append(number), number) for number in range(20, 25)))

    assert sorted(counted) == list(range(25))


def test_a_failure_is_raised_and_what_has_not_begun_is_left_out() -> None:
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        sleep(0.001)
        raise ValueError(str(number))

    with pytest.raises(ValueError, match=r"^0$"):
        in_parallel(call, range(10_000), most=2)
    assert len(made) < 10_000
