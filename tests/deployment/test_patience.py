"""What AWS does not know everywhere yet is asked for again."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from deployment.patience import DELAYS, patiently

REFUSAL = "Unable to validate the following destination configurations"


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give how long was waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr("deployment.patience.time.sleep", seconds.append)
    return seconds


def refused(times: int, message: str = REFUSAL) -> Callable[[], str]:
    """Make a call that is refused so many times."""
    left = [ClientError({"Error": {"Code": "InvalidArgument", "Message": message}}, "Put")] * times

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    return call


@pytest.mark.parametrize("times", [0, 1, len(DELAYS)])
def test_a_call_is_repeated_until_it_is_taken(times: int, waited: list[float]) -> None:
    assert patiently(refused(times), REFUSAL) == "done"

    assert waited == DELAYS[:times]


def test_patience_ends() -> None:
    with pytest.raises(ClientError, match=REFUSAL):
        patiently(refused(len(DELAYS) + 1), REFUSAL)


def test_another_refusal_is_final(waited: list[float]) -> None:
    with pytest.raises(ClientError, match="overlap"):
        patiently(refused(1, "Configurations overlap"), REFUSAL)

    assert waited == []
