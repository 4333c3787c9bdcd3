"""How a writer waits who was not first."""

from itertools import pairwise

from chalicelib.storage import contending
from chalicelib.storage.contending import Contention, attempts, pause


def test_pauses_are_drawn_from_up_to_a_length_that_doubles() -> None:
    slept: list[float] = []
    contention = Contention(3600, sleep=slept.append, first=0.25, least=1.0)

    assert all(contention.waits() for _ in range(4))

    assert slept == [0.25, 0.5, 1.0, 1.0]


def test_pauses_differ_from_one_writer_to_another() -> None:
    slept: list[float] = []
    for _ in range(8):
        Contention(3600, sleep=slept.append).waits()

    assert len(set(slept)) > 1
    assert all(0 <= seconds <= contending.FIRST_PAUSE_SECONDS for seconds in slept)


def test_who_waits_for_a_worker_waits_for_some_time_at_any_rate() -> None:
    slept: list[float] = []
    for _ in range(8):
        Contention(3600, sleep=slept.append, first=0.5, least=0.5).waits()

    assert all(0.25 <= seconds <= 0.5 for seconds in slept)


def test_nobody_waits_any_more_once_time_is_up() -> None:
    slept: list[float] = []

    assert not Contention(-1, sleep=slept.append).waits()
    assert slept == []


def test_so_many_attempts_are_made_and_no_more() -> None:
    assert len(list(attempts(3, longest=0.001))) == 3


def test_a_pause_is_as_long_as_is_allowed_at_most() -> None:
    slept: list[float] = []
    for _ in range(16):
        pause(0.5, sleep=slept.append)

    assert max(slept) <= 0.5
    assert any(before != after for before, after in pairwise(slept))
