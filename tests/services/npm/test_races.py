"""npm's clients at work on one package at the same time: all succeed, and what they read tells of everything."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.npm.publications import read_publication
from chalicelib.services.publishing import PublishRequest
from chalicelib.settings import DEFAULT_REGISTRY_URL
from chalicelib.storage.s3 import S3Store
from tests.api.npm.clients import document_for
from tests.servers import serving
from tests.services.npm.faults import NAME, assert_followed, assert_nothing_left, document
from tests.services.npm.test_faults import read
from tests.worlds import ALICE, World, filesystem_world, memory_world, package, publish, s3_world

if TYPE_CHECKING:
    from chalicelib.container import Container
    from tests.emulators import S3Emulator

WRITERS: Final = 50
Outcome = TypeVar("Outcome")


@pytest.fixture(params=["memory", "filesystem", "localstack"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Give a registry on each kind of medium that has races."""
    if request.param == "memory":
        yield memory_world()
    elif request.param == "filesystem":
        yield filesystem_world(tmp_path)
    else:
        localstack: S3Emulator = request.getfixturevalue("localstack")
        world = s3_world(localstack.endpoint, localstack.new_bucket())
        yield world
        assert isinstance(world.medium, S3Store)
        world.medium.client.close()


def together(count: int, action: Callable[[int], Outcome]) -> list[Outcome]:
    """Run an action in so many threads and answer what each came to."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(action, range(count)))


def put(container: "Container", version: str, tag: str) -> float:
    """Publish what npm sends; answers how many seconds it took."""
    started = time.monotonic()
    sent = document_for(package(version), NAME, version, tag)
    publication = read_publication(NAME, sent)
    published = container.publishing.publish(
        PublishRequest(
            publisher=ALICE,
            source="npm",
            name=NAME,
            version=publication.version,
            tag=publication.tag,
            data=publication.tarball,
        )
    )
    assert published.created
    return time.monotonic() - started


def test_fifty_publish_fifty_versions_with_tags_of_their_own(registry: World) -> None:
    took = together(WRITERS, lambda number: put(registry.fresh(), f"1.{number}.0", f"tag-{number}"))

    print(f"p99 of {WRITERS} at once: {sorted(took)[int(0.99 * WRITERS)]:.2f} s")
    assert_followed(registry)
    for form in ("full", "abbreviated"):
        shown = document(registry, form)
        assert shown is not None
        assert set(shown["versions"]) == {f"1.{number}.0" for number in range(WRITERS)}
        tags = {tag: version for tag, version in shown["dist-tags"].items() if tag != "latest"}
        assert tags == {f"tag-{number}": f"1.{number}.0" for number in range(WRITERS)}
        assert shown["dist-tags"]["latest"] in shown["versions"]


def test_all_is_deprecated_while_twenty_publish(registry: World) -> None:
    for version in ("0.0.1", "0.0.2", "0.0.3"):
        publish(registry.container, version)

    def act(number: int) -> None:
        container = registry.fresh()
        if number:
            put(container, f"1.{number}.0", f"tag-{number}")
            return
        sent = read(container)
        for fields in sent["versions"].values():
            fields["deprecated"] = "old"
        container.npm_writing.deprecate(NAME, sent, actor="Alice")

    together(21, act)

    assert_followed(registry)
    shown = document(registry)
    assert shown is not None
    messages = {version: fields.get("deprecated") for version, fields in shown["versions"].items()}
    assert len(messages) == 23
    assert {messages[version] for version in ("0.0.1", "0.0.2", "0.0.3")} == {"old"}
    assert {tag for tag in shown["dist-tags"] if tag != "latest"} == {f"tag-{n}" for n in range(1, 21)}


def test_some_are_unpublished_while_others_publish(registry: World) -> None:
    for number in range(6):
        publish(registry.container, f"0.{number}.0")

    def act(number: int) -> None:
        container = registry.fresh()
        if number % 2:
            put(container, f"1.{number}.0", f"tag-{number}")
            return
        while True:
            sent = read(container)
            del sent["versions"][f"0.{number // 2}.0"]
            try:
                container.npm_writing.keep(NAME, sent["_rev"], sent, actor="Alice")
            except Conflict:
                continue
            return

    together(12, act)

    assert_followed(registry)
    assert_nothing_left(registry)
    shown = document(registry)
    assert shown is not None
    assert set(shown["versions"]) == {f"1.{number}.0" for number in range(1, 12, 2)}


def test_processes_that_share_a_folder_publish_what_clients_put(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving(tmp_path, PRISM_REGISTRY_URL=DEFAULT_REGISTRY_URL)) for _ in range(2)
        ]

        def act(number: int) -> int:
            version = f"1.{number}.0"
            sent = document_for(package(version), NAME, version, f"tag-{number}")
            return ask(servers[number % 2].url, "PUT", sent)[0]

        assert together(20, act) == [201] * 20
        for server in servers:
            _, shown = ask(server.url, "GET")
            assert len(shown["versions"]) == 20
            assert {f"tag-{number}" for number in range(20)} <= set(shown["dist-tags"])
    assert_followed(filesystem_world(tmp_path))


def ask(url: str, method: str, sent: object = None) -> tuple[int, dict[str, dict[str, object]]]:
    """Ask a server for the package, or tell it of it."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    body = None if sent is None else json.dumps(sent)
    connection.request(method, f"/npm/{NAME}", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    received = answer.status, json.loads(answer.read())
    connection.close()
    return received
