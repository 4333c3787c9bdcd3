"""A publish with an attestation, whoever dies, repeats or comes in between: what is told is what is kept."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.domain.errors import NameMismatch
from chalicelib.domain.executions.records import Job
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.services.publishing import Published, PublishRequest
from chalicelib.storage.port import ObjectNotFound, StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.sigstore import SLSA, Sigstore, statement
from tests.worlds import ALICE, World, memory_world, package

NAME, OTHER, VERSION = PackageName("demo"), PackageName("other"), "1.0.0"
DATA = package(VERSION)
BOB = Publisher(name="Bob")
SIGSTORE = Sigstore()
KEPT = "prism/attestations/demo/1.0.0.json"
TEXT = "prism/npm/demo/versions/1.0.0.jsonl"
STAGED = "prism/staged/"
TOLD = {
    "url": "http://localhost:8000/npm/-/npm/v1/attestations/demo@1.0.0",
    "provenance": {"predicateType": SLSA},
}


def bundle_of(name: str = NAME) -> bytes:
    """Make an attestation of the tarball as a version of a package."""
    return json.dumps(SIGSTORE.bundle(statement(name, VERSION, hashlib.sha512(DATA).hexdigest()))).encode()


BUNDLE, ANOTHER, FOREIGN = bundle_of(), bundle_of(), bundle_of(OTHER)


@pytest.fixture
def world() -> World:
    return memory_world()


def send(
    container: Container,
    bundle: bytes | None = BUNDLE,
    *,
    publisher: Publisher = ALICE,
    name: PackageName = NAME,
) -> Published:
    """Publish the tarball, with an attestation that was accepted or without."""
    return container.publishing.publish(
        PublishRequest(publisher=publisher, source="npm", name=name, data=DATA, bundle=bundle), patience=0
    )


def died(world: World, send: Callable[[Container], object], within: str, at: int = 1) -> bool:
    """Do something in a process that dies at a call about some keys; tells whether it came to that."""
    process = world.fresh(FaultyStore(world.medium, Fault.DEATH_BEFORE, at=at, within=within))
    try:
        send(process)
    except Death:
        return True
    return False


def told(world: World) -> Any:
    """Answer what a packument of the registry tells of the version's attestations."""
    found = world.fresh().packuments.get(NAME, "full")
    assert found is not None
    version = json.loads(gzip.decompress(found.data))["versions"][VERSION]
    document = world.fresh().npm_reading.version(NAME, VERSION, base="http://localhost:8000/npm/")
    assert json.loads(document)["dist"] == version["dist"]
    return version["dist"].get("attestations")


def kept(world: World) -> Any:
    """Answer the bundle that is kept with the version, or None."""
    try:
        return json.loads(b"".join(world.medium.stream(KEPT)))["bundle"]
    except ObjectNotFound:
        return None


def staged(world: World) -> list[str]:
    """Answer what is staged."""
    return [key for key in world.stored() if key.startswith(STAGED)]


def assert_told(world: World, bundle: bytes = BUNDLE) -> None:
    """The version tells of an attestation, which is kept, and nothing is left over."""
    assert kept(world) == json.loads(bundle)
    assert told(world) == TOLD
    assert staged(world) == []


def job_of(world: World, publisher: Publisher = ALICE) -> Job:
    """Answer the one job of a publisher."""
    [job] = [job for job in world.fresh().executions.get_all_jobs() if job.publisher == publisher]
    return job


def test_what_came_with_a_version_is_kept_and_told(world: World) -> None:
    send(world.container)

    assert_told(world)


@pytest.mark.parametrize("at", range(1, 50))
def test_whoever_dies_at_any_call_leaves_work_that_ends_with_the_attestation_told(
    world: World, at: int
) -> None:
    if not died(world, send, "", at):
        assert at > 20
        return

    later = world.later()
    for job in later.executions.get_all_jobs():
        if job.is_open:
            later.publishing.work(job.id)
    if not later.executions.get_all_jobs():  # it was no job yet
        send(later)

    assert kept(world) == json.loads(BUNDLE)
    assert told(world) == TOLD


@pytest.mark.parametrize("within", ["/attestations/", "/versions/", "/metadata/", "/heads/"])
def test_a_repeat_with_a_new_attestation_tells_the_one_that_is_kept(world: World, within: str) -> None:
    assert died(world, send, within, at=2 if within == "/heads/" else 1)

    send(world.later(), ANOTHER)

    assert kept(world) in (json.loads(BUNDLE), json.loads(ANOTHER))
    assert told(world) == TOLD
    assert staged(world) == []


def test_a_repeat_without_an_attestation_keeps_what_came_the_first_time(world: World) -> None:
    assert died(world, send, "/metadata/")

    send(world.later(), None)

    assert_told(world)


@pytest.mark.parametrize("within", ["/metadata/", "/heads/"])
def test_an_attestation_that_comes_with_a_repeat_is_told(world: World, within: str) -> None:
    assert died(world, lambda process: send(process, None), within, at=2 if within == "/heads/" else 1)

    send(world.later())

    assert_told(world)


def test_whoever_carries_on_the_claim_of_another_keeps_what_that_one_sent(world: World) -> None:
    assert died(world, send, "/attestations/")

    send(world.later(), None, publisher=BOB)
    send(world.later())

    assert_told(world)


def test_whoever_carries_on_a_claim_without_an_attestation_adds_none(world: World) -> None:
    assert died(world, lambda process: send(process, None), "/metadata/")

    send(world.later(), publisher=BOB)

    assert kept(world) is None
    assert told(world) is None


def test_an_attestation_of_the_same_bytes_as_another_package_is_never_the_versions(world: World) -> None:
    assert died(world, lambda it: send(it, FOREIGN, publisher=BOB, name=OTHER), "/jobs/")

    send(world.fresh())

    assert_told_own(world)


@pytest.mark.parametrize("at", range(1, 8))
def test_not_even_where_the_same_publisher_sent_it(world: World, at: int) -> None:
    assert died(world, lambda it: send(it, FOREIGN, name=OTHER), "/jobs/", at)

    send(world.later(), None)

    assert kept(world) is None
    assert told(world) is None


def test_a_refused_publish_of_the_same_bytes_takes_nobodys_attestation_away(world: World) -> None:
    assert died(world, send, "/attestations/")

    with pytest.raises(NameMismatch):
        send(world.fresh(), FOREIGN, publisher=BOB, name=OTHER)
    world.later().publishing.work(job_of(world).id)

    assert kept(world) == json.loads(BUNDLE)
    assert told(world) == TOLD


def test_an_attestation_that_is_no_longer_staged_comes_from_whoever_sent_it(world: World) -> None:
    class Losing(FaultyStore):
        """Loses every staged bundle as soon as it is written."""

        def put(self, key: str, data: bytes, **told: Any) -> str:
            etag = super().put(key, data, **told)
            if key.endswith(".sigstore.json"):
                self.inner.delete(key)
            return etag

    send(world.fresh(Losing(world.medium, Fault.UNAVAILABLE, at=10_000)))

    assert_told(world)


def test_a_text_that_was_lost_tells_of_the_attestation_again(world: World) -> None:
    job = send(world.container).job
    before = b"".join(world.medium.stream(TEXT))
    world.medium.delete(TEXT)

    world.fresh().publishing.replay(job.id, "read")
    world.fresh().publishing.work(job.id)

    assert b"".join(world.medium.stream(TEXT)) == before


def test_another_publisher_of_a_version_that_is_visible_changes_nothing_of_it(world: World) -> None:
    send(world.container)

    send(world.fresh(), ANOTHER, publisher=BOB)
    send(world.fresh(), None, publisher=BOB)

    assert_told(world)


def test_a_failed_job_goes_on_with_its_attestation(world: World) -> None:
    for _ in range(5):
        with pytest.raises(StorageUnavailable):
            send(world.later(FaultyStore(world.medium, Fault.UNAVAILABLE, at=1, within="/manifests/")))
    assert job_of(world).state == "failed"

    world.later().publishing.replay(job_of(world).id, "read")
    world.later().publishing.work(job_of(world).id)

    assert_told(world)


def assert_told_own(world: World) -> None:
    """The version tells of its own attestation, whatever others have left lying."""
    assert kept(world) == json.loads(BUNDLE)
    assert told(world) == TOLD
