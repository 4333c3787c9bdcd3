"""Two processes of the deployed functions, working on one bucket at the same time, agree on what was published."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.runtime.deployed import Deployed
from tests.runtime.function import UPLOADS_HANDLER, Function
from tests.worlds import package

ROUNDS = range(4)
Pair = tuple[Function, Function]


@pytest.fixture(scope="module")
def pair(deployed: Deployed) -> Pair:
    """Two processes that have published before, so that neither is late."""
    pair = deployed.start(), deployed.start()
    for number, function in enumerate(pair):
        assert deployed.publish(f"warm-{number}", package(name=f"warm-{number}"), to=function).status == 201
    return pair


@pytest.fixture(scope="module")
def handlers(deployed: Deployed) -> Pair:
    """Two processes that the bucket invokes, and that have published before."""
    pair = deployed.start(UPLOADS_HANDLER), deployed.start(UPLOADS_HANDLER)
    for number, function in enumerate(pair):
        deployed.announce(deployed.drop(f"early-{number}", package(name=f"early-{number}")), to=function)
    return pair


def together(*work: Callable[[], Any]) -> list[Any]:
    """Do everything at the same time, and answer the results in order."""
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(do) for do in work]]


@pytest.mark.parametrize("number", ROUNDS)
def test_of_different_bytes_for_one_version_exactly_one_wins(
    deployed: Deployed, pair: Pair, number: int
) -> None:
    name = f"rivals-{number}"
    tarballs = [package(name=name, files={"index.js": f"export default {side}\n"}) for side in (1, 2)]

    answers = together(
        *(
            lambda data=data, to=to: deployed.publish(name, data, to=to)
            for data, to in zip(tarballs, pair, strict=True)
        )
    )

    assert sorted(answer.status for answer in answers) == [201, 409]
    won = next(index for index, answer in enumerate(answers) if answer.status == 201)
    assert answers[1 - won].json["code"] == "version_exists"
    file = deployed.send("GET", f"/packages/{name}/1.0.0/index.js")
    assert file.body == f"export default {won + 1}\n".encode()


@pytest.mark.parametrize("number", ROUNDS)
def test_of_equal_bytes_both_succeed(deployed: Deployed, pair: Pair, number: int) -> None:
    name = f"twins-{number}"
    data = package(name=name)

    answers = together(*(lambda to=to: deployed.publish(name, data, to=to) for to in pair))

    assert {answer.status for answer in answers} <= {200, 201}
    assert deployed.send("GET", f"/v1/packages/{name}").json["versions"] == ["1.0.0"]


@pytest.mark.parametrize("number", ROUNDS)
def test_two_versions_published_at_once_are_both_visible(deployed: Deployed, pair: Pair, number: int) -> None:
    name = f"siblings-{number}"

    answers = together(
        *(
            lambda version=version, to=to: deployed.publish(name, package(version, name=name), to=to)
            for version, to in zip(("1.0.0", "1.1.0"), pair, strict=True)
        )
    )

    assert [answer.status for answer in answers] == [201, 201]
    page = deployed.send("GET", f"/v1/packages/{name}").json
    assert (page["versions"], page["latest"]) == (["1.0.0", "1.1.0"], "1.1.0")


@pytest.mark.parametrize("number", ROUNDS)
def test_two_changes_of_one_package_at_once_are_both_kept(
    deployed: Deployed, pair: Pair, number: int
) -> None:
    name = f"tagged-{number}"
    deployed.publish(name, package(name=name))
    body = json.dumps({"version": "1.0.0"}).encode()

    together(
        *(
            lambda tag=tag, to=to: deployed.send(
                "PUT",
                f"/v1/packages/{name}/dist-tags/{tag}",
                headers={"content-type": "application/json"},
                body=body,
                to=to,
            )
            for tag, to in zip(("left", "right"), pair, strict=True)
        )
    )

    tags = deployed.send("GET", f"/v1/packages/{name}").json["tags"]
    assert tags == {"latest": "1.0.0", "left": "1.0.0", "right": "1.0.0"}


@pytest.mark.parametrize("number", ROUNDS)
def test_an_event_that_two_processes_get_publishes_once_and_fails_in_neither(
    deployed: Deployed, handlers: Pair, number: int
) -> None:
    name = f"twice-{number}"
    key = deployed.drop(name, package(name=name))

    both = together(*(lambda to=to: deployed.announce(key, to=to) for to in handlers))

    assert [answer["verdicts"][key]["status"] for answer in both] == ["published"] * 2
    assert deployed.send("GET", f"/v1/packages/{name}").json["versions"] == ["1.0.0"]
