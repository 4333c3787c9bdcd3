"""The costs in the guide follow from calls that are counted here."""

from collections.abc import Callable
from typing import Final

import pytest

from chalicelib.container import Container, installed
from chalicelib.domain.names import PackageName
from chalicelib.domain.specs import PackageSpec
from chalicelib.events.heads import derive_packages
from chalicelib.events.uploads import publish_uploads
from deployment.costs import CALL_PRICES, DERIVING, MEASURED, OPERATIONS, dollars, table
from tests.deployment.driving import created
from tests.worlds import World, memory_world, package, publish

NAME: Final = PackageName("demo")


@pytest.fixture
def world() -> World:
    world = memory_world()
    publish(world.container, "1.0.0")
    world.medium.put("prism/incoming/a.tgz", package("1.0.1"))
    return world


def upload(container: Container) -> None:
    with installed(container):
        publish_uploads(created("prism/incoming/a.tgz"))


def derive(container: Container) -> None:
    with installed(container):
        derive_packages(created("prism/heads/demo.json"))


def resolve(container: Container) -> None:
    container.resolving.resolve(PackageSpec.parse("demo"), runtime="node", mode="import", base="")


def read_file(container: Container) -> None:
    container.serving.read(container.serving.find(NAME, "1.0.0", "index.js"))


DONE: Final[dict[str, Callable[[Container], object]]] = {
    "publish over HTTP": lambda container: publish(container, "1.0.1"),
    "publish by upload": upload,
    "resolve, cold": resolve,
    "resolve, warm": resolve,
    "package page": lambda container: container.browsing.page(NAME),
    "version page, cold": lambda container: container.browsing.version_page(NAME, "1.0.0"),
    "file, warm": read_file,
    "packument": lambda container: container.npm_reading.packument(NAME, "full", base="", known=None),
    "npm version, cold": lambda container: container.npm_reading.version(NAME, "latest", base=""),
}


@pytest.mark.parametrize("name", MEASURED)
def test_an_operation_makes_the_calls_it_is_priced_by(world: World, name: str) -> None:
    process = world.fresh()
    if name.endswith("warm"):
        DONE[name](process)
    world.store.reset()

    DONE[name](process)

    # Some calls are made at the same time, in no order.
    assert sorted(call.verb for call in world.store.calls) == sorted(MEASURED[name])


def test_deriving_makes_the_calls_it_is_priced_by(world: World) -> None:
    world.store.reset()

    derive(world.fresh())

    assert sorted(call.verb for call in world.store.calls) == sorted(DERIVING)


def test_every_call_has_a_price() -> None:
    assert {call for operation in OPERATIONS for call in operation.calls} <= set(CALL_PRICES)


def test_a_million_warm_resolves_cost_what_their_parts_cost() -> None:
    warm = next(operation for operation in OPERATIONS if operation.name == "resolve, warm")

    storage, function, gateway = dollars(warm)

    assert storage == pytest.approx(2 * 0.40), "one read of the token, one of the head"
    assert function == pytest.approx(0.20 + 1_000_000 * 0.055 * 0.0000166667)
    assert gateway == pytest.approx(3.50)


def test_the_table_has_a_line_for_every_operation() -> None:
    assert [line.split("|")[1].strip() for line in table().splitlines()[2:]] == [o.name for o in OPERATIONS]
