"""An admin may sweep by hand, and see what the last sweep did."""

import pytest

from chalicelib.services.sweeping import Sweeping
from tests.api.callers import assert_problem
from tests.api.test_access import ADMIN, Guarded
from tests.worlds import publish

TASKS = ["jobs", "derived", "direct", "staged", "shards", "uploads", "buckets", "archives"]


@pytest.fixture
def client() -> Guarded:
    return Guarded()


def lose(client: Guarded) -> None:
    """Publish a package that nobody can find."""
    publish(client.world.container)
    for info in list(client.world.medium.list("prism/index/")):
        client.world.medium.delete(getattr(info, "key", ""))


def test_a_sweep_answers_what_it_did(client: Guarded) -> None:
    lose(client)

    answer = client.ask("POST", "/v1/sweep", ADMIN)

    assert (answer.status, answer.json["complete"]) == (200, True)
    assert [task["name"] for task in answer.json["tasks"]] == TASKS
    derived = answer.json["tasks"][1]
    assert derived == {
        "name": "derived",
        "examined": 1,
        "done": 1,
        "failed": 0,
        "named": ["demo"],
        "failures": [],
    }
    assert answer.headers["cache-control"] == "no-store"


def test_the_last_report_and_the_progress_can_be_read(client: Guarded) -> None:
    lose(client)
    report = client.ask("POST", "/v1/sweep", ADMIN).json

    answer = client.ask("GET", "/v1/sweep", ADMIN)

    assert (answer.status, answer.json["report"]) == (200, report)
    assert sorted(answer.json["positions"]) == sorted(TASKS)
    assert answer.json["positions"]["derived"]["since"] == report["startedAt"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_registry_that_was_never_swept_says_so(client: Guarded) -> None:
    assert client.ask("GET", "/v1/sweep", ADMIN).json == {"schema": 1, "positions": {}}


@pytest.mark.parametrize(("query", "seconds"), [("", 20), ("?seconds=1", 1), ("?seconds=25", 25)])
def test_a_sweep_takes_as_long_as_is_wanted(
    client: Guarded, query: str, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    swept = Sweeping.sweep

    def sweep(sweeping: Sweeping, seconds: float) -> object:
        asked.append(seconds)
        return swept(sweeping, seconds)

    monkeypatch.setattr(Sweeping, "sweep", sweep)

    assert client.ask("POST", f"/v1/sweep{query}", ADMIN).status == 200
    assert asked == [seconds]


@pytest.mark.parametrize("seconds", ["0", "26", "-1", "soon", ""])
def test_longer_than_a_gateway_waits_is_refused(client: Guarded, seconds: str) -> None:
    assert_problem(client.ask("POST", f"/v1/sweep?seconds={seconds}", ADMIN), 400, "invalid_query")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_admins_sweep(client: Guarded, method: str) -> None:
    assert_problem(client.ask(method, "/v1/sweep"), 401, "authentication_required")
    assert_problem(client.ask(method, "/v1/sweep", client.token("publish")), 403, "forbidden")
    assert client.ask(method, "/v1/sweep", client.token("admin")).status == 200


def test_where_access_is_open_sweeping_still_takes_an_admin() -> None:
    client = Guarded(access="open")

    assert_problem(client.ask("POST", "/v1/sweep"), 401, "authentication_required")
