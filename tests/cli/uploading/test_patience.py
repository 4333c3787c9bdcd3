"""Trying again: growing pauses, and an end."""

import io
from threading import Event

import pytest

from chalicelib.cli.environment import Clock, Environment
from chalicelib.cli.errors import CommandFailed, RegistryRefused, Unreachable
from chalicelib.cli.uploading.patience import Patience


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.waits.append(seconds)
        self.now += seconds


def _patience(seconds: float) -> tuple[Patience, Time, list[str]]:
    time, said = Time(), list[str]()
    env = Environment(stderr=io.StringIO(), clock=Clock(now=lambda: time.now, wait=time.wait))
    return Patience(env, seconds, said.append), time, said


def _refused(status: int) -> RegistryRefused:
    return RegistryRefused("no", http_status=status, facts={}, hint=None)


def test_pauses_grow_until_so_much_time_is_over() -> None:
    patience, time, said = _patience(100)

    with pytest.raises(Unreachable, match="nobody is there"):
        while True:
            patience.bear(Unreachable("nobody is there"))

    assert time.waits == [1, 2, 4, 8, 16, 30, 30, 9]
    assert said[0] == "nobody is there; trying again in 1 s"


def test_what_goes_well_gives_new_patience() -> None:
    patience, time, _ = _patience(5)

    for _round in range(3):
        patience.bear(Unreachable("gone"))
        patience.bear(Unreachable("gone"))
        patience.went()

    assert time.waits == [1, 2] * 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_registry_that_cannot_now_is_borne_with(status: int) -> None:
    patience, time, _ = _patience(5)

    patience.bear(_refused(status))

    assert time.waits == [1]


@pytest.mark.parametrize(
    "error", [_refused(400), _refused(403), _refused(404), _refused(413), CommandFailed("no")]
)
def test_what_will_not_pass_is_told_at_once(error: CommandFailed) -> None:
    patience, time, _ = _patience(5)

    with pytest.raises(CommandFailed, match="no"):
        patience.bear(error)

    assert time.waits == []


def test_without_patience_the_first_failure_is_the_end() -> None:
    patience, time, _ = _patience(0)

    with pytest.raises(Unreachable):
        patience.bear(Unreachable("gone"))

    assert time.waits == []


def test_who_is_stopped_waits_no_longer() -> None:
    time, stopped = Time(), Event()
    env = Environment(clock=Clock(now=lambda: time.now, wait=lambda _: stopped.set()))
    patience = Patience(env, 100, lambda _: None, stopped)

    with pytest.raises(CommandFailed, match="stopped"):
        while True:
            patience.bear(Unreachable("gone"))
