"""Publishing keeps its promises when many processes publish into one bucket at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock
from typing import TypeVar

import pytest

from chalicelib.domain.errors import VersionExists
from chalicelib.domain.names import PackageName
from chalicelib.services.publishing import Published
from chalicelib.storage.s3 import S3Store
from tests.emulators import S3Emulator
from tests.storage.proxy import Request, Response, refuse, running_proxy
from tests.worlds import World, publish, s3_world

NAME = PackageName("demo")

Outcome = TypeVar("Outcome")


@pytest.fixture
def registry(localstack: S3Emulator) -> Iterator[World]:
    registry = s3_world(localstack.endpoint, localstack.new_bucket())
    yield registry
    close(registry)


def close(registry: World) -> None:
    assert isinstance(registry.medium, S3Store)
    registry.medium.client.close()


def together(count: int, action: Callable[[int], Outcome]) -> list[Outcome]:
    """Run an action in so many threads and answer what each came to."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(action, range(count)))


def readable(registry: World) -> dict[str, bytes]:
    """Answer the tarball of every version that a new process sees."""
    reader = registry.fresh()
    versions = reader.browsing.head(NAME).view.ascending
    return {version: reader.artifacts.stored_tarball(NAME, version) for version in versions}


def test_fifty_writers_publish_fifty_versions_and_none_is_refused(registry: World) -> None:
    results = together(50, lambda number: publish(registry.fresh(), f"1.{number}.0"))

    assert all(published.created for published in results)
    assert list(readable(registry)) == [f"1.{number}.0" for number in range(50)]
    assert registry.fresh().browsing.page(NAME).seq == 50


def test_of_twenty_writers_of_the_same_bytes_all_succeed_and_one_creates(registry: World) -> None:
    results = together(20, lambda _: publish(registry.fresh()))

    assert sum(published.created for published in results) == 1
    assert len({published.metadata.to_bytes() for published in results}) == 1
    assert [key for key in registry.stored() if "staged/" in key] == []


def test_of_twenty_writers_of_different_bytes_one_wins(registry: World) -> None:
    def attempt(number: int) -> Published | None:
        try:
            return publish(registry.fresh(), files={"index.js": f"export default {number}\n"})
        except VersionExists:
            return None

    winners = [published for published in together(20, attempt) if published]

    assert len(winners) == 1
    assert (
        registry.fresh().browsing.tarball(NAME, "1.0.0").integrity == winners[0].manifest.manifest.integrity
    )
    assert len(readable(registry)) == 1


class EveryFirstConflicts:
    """Answers the first conditional write to each key as S3 does while another one is under way."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self._lock = Lock()

    def __call__(self, request: Request) -> Response | None:
        conditional = {"if-none-match", "if-match"} & request.headers.keys()
        with self._lock:
            if request.method != "PUT" or not conditional or request.target in self.refused:
                return None
            self.refused.add(request.target)
        return refuse(409, "ConditionalRequestConflict")(request, lambda _: Response(500))


def test_writers_whose_every_conditional_write_conflicts_once_all_succeed(localstack: S3Emulator) -> None:
    conflicts = EveryFirstConflicts()
    with ExitStack() as stack:
        proxy = stack.enter_context(running_proxy(localstack.endpoint))
        proxy.rules.append(conflicts)
        registry = s3_world(proxy.url, localstack.new_bucket())
        stack.callback(close, registry)

        results = together(4, lambda number: publish(registry.fresh(), f"1.{number}.0"))

        assert all(published.created for published in results)
        assert list(readable(registry)) == [f"1.{number}.0" for number in range(4)]
    kinds = {target.split("/")[3] for target in conflicts.refused}
    assert kinds == {"access", "staged", "manifests", "metadata", "files", "npm", "heads", "index", "jobs"}
