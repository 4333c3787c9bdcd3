"""However requests overlap, come twice, late or in another order, an upload has the bytes that won their places."""

import random
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.storage.filesystem import FilesystemStore
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectStore
from tests.stores.uploads.racing import PROCESSES, Racing

INTERLEAVINGS = 10_000
PORTIONS = 10
IN_A_FOLDER = 60

processes = st.integers(0, PROCESSES - 1)
numbers = st.integers(0, 1 << 30)
chunks = st.binary(min_size=1, max_size=6)


class RacingMachine(RuleBasedStateMachine):
    """Whatever may happen to one upload, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.racing = Racing(MemoryStore())

    @rule(process=processes, data=chunks)
    def look(self, process: int, data: bytes) -> None:
        self.racing.look(process, data)

    @precondition(lambda self: self.racing.flights)
    @rule(number=numbers)
    def twice(self, number: int) -> None:
        self.racing.twice(number % len(self.racing.flights))

    @precondition(lambda self: self.racing.flights)
    @rule(number=numbers, is_answered=st.booleans())
    def write(self, number: int, is_answered: bool) -> None:
        self.racing.write(number % len(self.racing.flights), is_answered=is_answered)

    @rule(process=processes)
    def restart(self, process: int) -> None:
        self.racing.restart(process)

    @precondition(lambda self: len(self.racing.kept) > 12)
    @rule(process=processes)
    def end(self, process: int) -> None:
        self.racing.end(process)

    @precondition(lambda self: self.racing.is_done)
    @rule(process=processes)
    def tidy(self, process: int) -> None:
        self.racing.tidy(process)

    @precondition(lambda self: len(self.racing.kept) > 18)
    @rule(process=processes)
    def delete(self, process: int) -> None:
        self.racing.delete(process)

    @invariant()
    def offset_is_what_was_won(self) -> None:
        self.racing.ask(0)

    def teardown(self) -> None:
        self.racing.check()


RacingMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestRacing = RacingMachine.TestCase


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_ten_thousand_interleavings_end_as_the_model_says(portion: int) -> None:
    medium = MemoryStore()
    won = lost = 0

    for number in range(INTERLEAVINGS // PORTIONS):
        outcomes = interleaving(medium, number + 1, random.Random(portion * INTERLEAVINGS + number))
        won, lost = won + sum(outcomes), lost + len(outcomes) - sum(outcomes)

    # Both happen often, or nothing has raced.
    assert min(won, lost) > INTERLEAVINGS // PORTIONS


def test_interleavings_in_a_folder_end_as_the_model_says(tmp_path: Path) -> None:
    medium = FilesystemStore(tmp_path / "root")

    for number in range(IN_A_FOLDER):
        interleaving(medium, number + 1, random.Random(-number))


def interleaving(medium: ObjectStore, number: int, chance: random.Random) -> list[bool]:
    """Drive one upload through a few requests in some order; answers which of them were first at their places."""
    racing, outcomes = Racing(medium, number), []
    for _ in range(chance.randint(3, 6)):
        racing.look(chance.randrange(PROCESSES), chance.randbytes(chance.randint(1, 5)))
        if chance.random() < 0.4:
            racing.twice(chance.randrange(len(racing.flights)))
        while racing.flights and chance.random() < 0.4:
            outcomes.append(release(racing, chance))
        if chance.random() < 0.1:
            racing.restart(chance.randrange(PROCESSES))
    racing.ask(chance.randrange(PROCESSES))
    if chance.random() < 0.5:
        racing.end(chance.randrange(PROCESSES))
        if chance.random() < 0.3:
            racing.tidy(0)
    while racing.flights:
        outcomes.append(release(racing, chance))
    racing.check()
    return outcomes


def release(racing: Racing, chance: random.Random) -> bool:
    """Let any of the requests that are on their way write."""
    return racing.write(chance.randrange(len(racing.flights)), is_answered=chance.random() < 0.8)
