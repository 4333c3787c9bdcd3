"""What S3 announces is published once, whatever it announces how often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.container import installed
from chalicelib.domain.access import Caller
from chalicelib.domain.errors import Busy
from chalicelib.domain.names import PackageName
from chalicelib.domain.verdict import Verdict
from chalicelib.events.uploads import publish_uploads
from chalicelib.settings import Limits, S3Settings, Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.events.announcing import announced, created, drop, record, upload_key
from tests.worlds import World, memory_world, package, publish
from tests.worlds import world as new_world


@pytest.fixture
def world() -> Iterator[World]:
    world = memory_world()
    with installed(world.container):
        yield world


def versions(world: World, name: str = "demo") -> list[str]:
    """Answer a package's versions."""
    return world.container.browsing.head(PackageName(name)).view.ascending


def test_an_upload_is_published_and_its_verdict_recorded(world: World) -> None:
    key = drop(world, "u1", package("1.0.0"))

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict("u1")
    assert verdict is not None
    assert (verdict.status, verdict.name, verdict.version) == ("published", "demo", "1.0.0")
    assert versions(world) == ["1.0.0"]
    assert not list(world.medium.list("prism/incoming/"))


def test_several_records_in_one_event_are_all_handled(world: World) -> None:
    keys = [drop(world, f"u{number}", package(f"1.0.{number}")) for number in range(3)]

    publish_uploads(created(*keys))

    assert versions(world) == ["1.0.0", "1.0.1", "1.0.2"]


@pytest.mark.parametrize(
    "upload_id",
    [
        pytest.param("a b", id="a space"),
        pytest.param("a+b", id="a plus"),
        pytest.param("a%20b", id="a percent sign"),
        pytest.param("grüße", id="letters beyond ASCII"),
        pytest.param("team/x", id="a folder"),
        pytest.param("x.tgz", id="the suffix twice"),
        pytest.param("incoming/x", id="the folder twice"),
        pytest.param("i" * 1000, id="a thousand characters"),
        pytest.param("i" * 1004, id="as long as a verdict's key can be"),
    ],
)
def test_an_upload_may_have_any_id_that_can_be_a_key(world: World, upload_id: str) -> None:
    key = drop(world, upload_id, package())

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict(upload_id)
    assert verdict is not None
    assert (verdict.status, verdict.upload_id) == ("published", upload_id)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("prism/incoming/gone.tgz", id="an object that is gone"),
        pytest.param("prism/heads/demo.json", id="another prefix"),
        pytest.param("incoming/a.tgz", id="another registry's prefix"),
        pytest.param("prism/incoming/a.txt", id="another suffix"),
        pytest.param("prism/incoming/a.TGZ", id="the suffix in upper case"),
        pytest.param("prism/incoming/.tgz", id="an empty id"),
        pytest.param("prism/incoming/", id="the folder itself"),
        pytest.param("prism/incoming/a.tgz/", id="a slash at the end"),
        pytest.param("prism/incoming/../a.tgz", id="a key that climbs"),
        pytest.param("prism/incoming/a/../../heads/a.tgz", id="a key that climbs later"),
        pytest.param("prism/incoming/./a.tgz", id="a dot"),
        pytest.param("prism/incoming//a.tgz", id="an empty segment"),
        pytest.param("prism/incoming/a\nb.tgz", id="a line feed"),
        pytest.param("prism/incoming/a\0b.tgz", id="nul"),
        pytest.param("prism/incoming/\x7f.tgz", id="delete"),
        pytest.param(upload_key("i" * 1005), id="an id too long for its verdict"),
        pytest.param(upload_key("i" * 5000), id="an id longer than any key"),
    ],
)
def test_what_can_be_no_upload_is_ignored(world: World, key: str) -> None:
    assert publish_uploads(created(key)) == {"verdicts": {key: None}}
    assert list(world.medium.list("")) == []


def test_a_key_that_is_no_text_is_ignored(world: World) -> None:
    key = upload_key("\ud800")

    assert publish_uploads({"Records": [record(key)]}) == {"verdicts": {key: None}}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "truncated_gzip", id="nothing"),
        pytest.param(b"not a tarball", "not_gzip", id="no gzip"),
        pytest.param(package("one"), "invalid_package_version", id="no version"),
        pytest.param(package(name="../up"), "invalid_package_name", id="a name that climbs"),
        pytest.param(package()[:-9], "truncated_gzip", id="half of a tarball"),
    ],
)
def test_whatever_is_wrong_with_an_upload_is_its_verdict_and_no_failure(
    world: World, data: bytes, code: str
) -> None:
    key = drop(world, "bad", data)

    verdict = publish_uploads(created(key))["verdicts"][key]

    assert (verdict["status"], verdict["code"]) == ("refused", code)
    assert world.stored() == ["prism/verdicts/bad.json"]


def test_a_version_that_is_there_with_other_bytes_is_refused(world: World) -> None:
    publish(world.container)
    key = drop(world, "other", package(files={"index.js": "other"}))

    assert publish_uploads(created(key))["verdicts"][key]["code"] == "version_exists"


def test_an_upload_larger_than_any_package_is_not_even_read() -> None:
    small = new_world(Settings(storage_driver="memory", limits=Limits(unpacked_size=100)))
    key = drop(small, "large", b"x" * 101)

    with installed(small.container):
        verdict = publish_uploads(created(key))["verdicts"][key]

    assert (verdict["code"], verdict["facts"]) == ("upload_too_large", {"limit": 100, "size": 101})
    assert [call for call in small.store.calls if call.verb == "stream"] == []


@pytest.mark.parametrize(
    ("identity", "publisher"),
    [
        pytest.param({"principalId": "AWS:AROAEXAMPLE:session"}, "AROAEXAMPLE:session", id="a role"),
        pytest.param({"principalId": "AWS:AIDAEXAMPLE"}, "AIDAEXAMPLE", id="a user"),
        pytest.param({"principalId": "AIDAEXAMPLE"}, "AIDAEXAMPLE", id="a user, as it once was"),
        pytest.param({"principalId": "AWS:A:" + "s" * 300}, "A:" + "s" * 198, id="a long session"),
        pytest.param({"principalId": "AWS:A:a\nb\x00"}, "A:ab", id="control characters"),
        pytest.param({"principalId": "AWS:"}, "anonymous", id="nobody"),
        pytest.param({"principalId": 7}, "anonymous", id="a number"),
        pytest.param({}, "anonymous", id="nothing"),
        pytest.param(None, "anonymous", id="no identity"),
    ],
)
def test_the_publisher_is_whoever_s3_says_uploaded(
    world: World, identity: dict[str, object] | None, publisher: str
) -> None:
    key = drop(world, "u1", package())

    publish_uploads(created(key, userIdentity=identity))

    manifest = world.container.manifests.get("demo", "1.0.0")
    assert manifest is not None
    assert (manifest.manifest.claim.source, manifest.manifest.claim.publisher.name) == ("s3", publisher)


def test_an_announcement_that_comes_again_finds_the_verdict(world: World) -> None:
    key = drop(world, "u1", package())

    answers = [publish_uploads(created(key)) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert versions(world) == ["1.0.0"]


def test_a_refused_upload_is_recorded_with_its_reason(world: World) -> None:
    key = drop(world, "bad", b"not a tarball")

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict("bad")
    assert verdict is not None
    assert (verdict.status, verdict.code) == ("refused", "not_gzip")
    assert verdict.detail
    assert verdict.job_id in {job.id for job in world.container.executions.get_all_jobs()}
    assert world.stored() == ["prism/verdicts/bad.json"]


def test_what_could_not_be_handled_is_announced_again(world: World) -> None:
    key = drop(world, "u1", package())
    failing = world.fresh(FaultyStore(world.medium, Fault.UNAVAILABLE, at=5))

    with installed(failing), pytest.raises(StorageUnavailable):
        publish_uploads(created(key))
    publish_uploads(created(key))

    assert versions(world) == ["1.0.0"]


def test_an_upload_that_cannot_be_handled_does_not_keep_the_next_one_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [drop(world, "bad", package("1.0.0")), drop(world, "good", package("1.0.1"))]
    ingest = world.container.ingesting.ingest

    def failing(key: str, publisher: str | None, **told: Any) -> Any:
        if "bad" in key:
            raise RuntimeError("a bug")
        return ingest(key, publisher, **told)

    monkeypatch.setattr(world.container.ingesting, "ingest", failing)
    with pytest.raises(RuntimeError):
        publish_uploads(created(*keys))

    assert versions(world) == ["1.0.1"]


def test_another_object_under_the_same_id_is_another_upload(world: World) -> None:
    key = drop(world, "u1", package("1.0.0"))
    publish_uploads(created(key))
    drop(world, "u1", package("2.0.0"))

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict("u1")
    assert verdict is not None
    assert verdict.version == "2.0.0"
    assert versions(world) == ["1.0.0", "2.0.0"]


def test_an_object_that_took_an_uploads_place_is_not_removed_with_it(world: World) -> None:
    key = drop(world, "u1", package("1.0.0"))
    first = world.medium.head(key)
    drop(world, "u1", package("2.0.0"))

    world.container.incoming.remove(key, first.etag)

    assert world.medium.head(key).etag != first.etag


def test_twenty_announcements_at_once_publish_once_and_get_one_verdict(world: World) -> None:
    key = drop(world, "u1", package())

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: publish_uploads(created(key)), range(20)))

    assert answers == [answers[0]] * 20
    assert answers[0]["verdicts"][key]["status"] == "published"
    assert world.container.browsing.head(PackageName("demo")).seq == 1
    assert [key for key in world.stored() if "incoming/" in key or "staged/" in key] == []


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 1, 0, 2, 0]], ids=str)
def test_announcements_come_in_any_order(world: World, order: list[int]) -> None:
    keys = [drop(world, f"u{number}", package(f"1.0.{number}")) for number in range(3)]

    for number in order:
        publish_uploads(created(keys[number]))

    assert versions(world) == ["1.0.0", "1.0.1", "1.0.2"]


class Replacing(MemoryStore):
    """Replaces the upload between two reads of it, as often as it is told."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.reads = 0
        self._times = times

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        if "incoming/" in key:
            self.reads += 1
            if self.reads % 2 == 0 and self.reads <= 2 * self._times:
                self.put(key, package(f"1.0.{self.reads}"))
        return super().stream(key, start=start, end=end)


def test_an_upload_replaced_while_it_is_read_is_taken_up_as_it_is_then() -> None:
    registry = new_world(Settings(storage_driver="memory"), Replacing(1))
    key = drop(registry, "u1", package("1.0.0"))

    with installed(registry.container):
        verdict = publish_uploads(created(key))["verdicts"][key]
        assert versions(registry) == ["1.0.2"]

    assert (verdict["status"], verdict["version"]) == ("published", "1.0.2")


def test_an_upload_that_keeps_being_replaced_is_left_to_the_announcement_of_the_last() -> None:
    registry = new_world(Settings(storage_driver="memory"), Replacing(3))
    key = drop(registry, "u1", package("1.0.0"))

    with installed(registry.container):
        first = publish_uploads(created(key))["verdicts"][key]
        last = publish_uploads(created(key))["verdicts"][key]

    assert (first["status"], last["status"], last["version"]) == ("pending", "published", "1.0.6")


class TestAFailureOfOurs:
    """What failed is told to the sender until it succeeds."""

    def fail(self, world: World, key: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> Verdict:
        """Let one announcement fail, and answer what the sender is told then."""

        def publishing(request: object, *, patience: float) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(world.container.publishing, "publish", publishing)
            with pytest.raises(type(error)):
                publish_uploads(created(key))
        verdict = world.container.incoming.verdict("u1")
        assert verdict is not None
        return verdict

    @pytest.mark.parametrize(
        ("error", "code", "told"),
        [
            pytest.param(Busy("demo"), "busy", "too many writers", id="contention"),
            pytest.param(
                StorageUnavailable("secret-key", "secret reason", retryable=True),
                "storage_unavailable",
                "did not answer",
                id="storage",
            ),
            pytest.param(
                StorageUnavailable("secret-key", "secret reason", retryable=False),
                "storage_unavailable",
                "did not answer",
                id="storage that refuses",
            ),
            pytest.param(
                RuntimeError("a secret bug"), "internal_error", "failed to handle", id="an unexpected one"
            ),
        ],
    )
    def test_it_is_recorded_without_secrets(
        self, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, told: str
    ) -> None:
        key = drop(world, "u1", package())

        verdict = self.fail(world, key, error, monkeypatch)

        assert (verdict.status, verdict.code, verdict.attempts) == ("failing", code, 1)
        assert told in (verdict.detail or "")
        assert b"secret" not in verdict.to_bytes()
        assert world.medium.head(key).etag == verdict.etag

    def test_attempts_are_counted_until_one_succeeds(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = drop(world, "u1", package())
        attempts = [self.fail(world, key, Busy("demo"), monkeypatch).attempts for _ in range(3)]

        verdict = publish_uploads(created(key))["verdicts"][key]

        assert attempts == [1, 2, 3]
        assert (verdict["status"], "attempts" in verdict) == ("published", False)
        assert world.container.incoming.verdict("u1") == Verdict.model_validate(verdict)

    def test_another_upload_under_the_id_begins_to_count_anew(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = drop(world, "u1", package("1.0.0"))
        self.fail(world, key, Busy("demo"), monkeypatch)
        drop(world, "u1", package("2.0.0"))

        assert self.fail(world, key, Busy("demo"), monkeypatch).attempts == 1

    def test_it_never_takes_the_place_of_an_end(self, world: World) -> None:
        key = drop(world, "u1", package())
        found = world.container.incoming.find("u1")
        publish_uploads(created(key))
        end = world.container.incoming.verdict("u1")
        assert end is not None

        late = end.model_copy(update={"status": "failing"})

        assert not world.container.incoming.amend(found, late)
        assert world.container.incoming.verdict("u1") == end

    def test_an_end_takes_the_place_of_a_failure_noted_meanwhile(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = drop(world, "u1", package())
        found = world.container.incoming.find("u1")
        failing = self.fail(world, key, Busy("demo"), monkeypatch)

        end = failing.model_copy(update={"status": "published"})

        assert world.container.incoming.conclude(found, end) == end
        assert world.container.incoming.verdict("u1") == end

    def test_an_end_never_takes_the_place_of_the_end_of_what_came_after(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = drop(world, "u1", package("1.0.0"))
        found = world.container.incoming.find("u1")
        failing = self.fail(world, key, Busy("demo"), monkeypatch)

        class Overtaken(PassingStore):
            """Lets another upload come to its end after a verdict was read, once."""

            overtaken = False

            def get(self, key: str, **told: Any) -> Any:
                read = super().get(key, **told)
                if "verdicts/" in key and not self.overtaken:
                    self.overtaken = True
                    publish_uploads(created(drop(world, "u1", package("2.0.0"))))
                return read

        slow = world.fresh(Overtaken(world.medium)).incoming
        slow.conclude(found, failing.model_copy(update={"status": "published", "version": "1.0.0"}))

        verdict = world.container.incoming.verdict("u1")
        assert verdict is not None
        assert (verdict.status, verdict.version) == ("published", "2.0.0")

    def test_an_upload_that_its_sender_removed_meanwhile_is_given_up(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = drop(world, "u1", package())
        self.fail(world, key, Busy("demo"), monkeypatch)
        world.medium.delete(key)

        verdict = publish_uploads(created(key))["verdicts"][key]

        assert (verdict["status"], verdict["code"]) == ("refused", "upload_gone")
        assert publish_uploads(created(key))["verdicts"][key] == verdict


def test_an_upload_whose_staged_bytes_another_publisher_removed_is_published(world: World) -> None:
    class Removing(MemoryStore):
        """Loses the staged bytes once, just before they are read."""

        removed = False

        def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
            if "staged/" in key and not self.removed:
                self.removed = True
                self.delete(key)
            return super().stream(key, start=start, end=end)

    medium = Removing()
    key = "prism/incoming/u1.tgz"
    medium.put(key, package("1.0.0"))

    with installed(world.fresh(medium)):
        answer = publish_uploads(created(key))

    assert medium.removed
    assert answer["verdicts"][key]["status"] == "published"


class TestWhoseUploadItIs:
    """An announcement says who uploaded one object, and nothing about another one under the same key."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        """Only Ada may publish."""
        world = memory_world()
        world.container.granting.allow_publisher("ADA", by=Caller(name="admin"))
        with installed(world.container):
            yield world

    def test_what_has_taken_its_place_is_not_published_in_its_name(self, world: World) -> None:
        key = drop(world, "u1", package("1.0.0"))
        hers = announced(world, key, "AWS:ADA")
        drop(world, "u1", package("6.6.6"))
        his = announced(world, key, "AWS:MALLORY")

        first, last = (publish_uploads(event)["verdicts"][key] for event in (hers, his))

        assert first["status"] == "pending"
        assert (last["status"], last["code"]) == ("refused", "publisher_not_allowed")
        assert world.container.heads.get("demo") is None

    def test_what_takes_its_place_before_it_is_read_is_not_published_in_its_name(self, world: World) -> None:
        key = drop(world, "u1", package("1.0.0"))
        hers = announced(world, key, "AWS:ADA")

        class Replacing(PassingStore):
            """Has another upload in the place of the one that was described."""

            def stream(
                self, key: str, *, start: int | None = None, end: int | None = None
            ) -> Iterator[bytes]:
                self.put(key, package("6.6.6"))
                return super().stream(key, start=start, end=end)

        with installed(world.fresh(Replacing(world.medium))):
            verdict = publish_uploads(hers)["verdicts"][key]

        assert verdict["status"] == "pending"
        assert world.container.heads.get("demo") is None
        assert not [key for key in world.stored() if "staged/" in key]

    def test_the_announcement_of_what_is_there_now_publishes_it(self, world: World) -> None:
        key = drop(world, "u1", package("1.0.0"))
        early = announced(world, key, "AWS:ADA")
        drop(world, "u1", package("2.0.0"))
        late = announced(world, key, "AWS:ADA")

        statuses = [publish_uploads(event)["verdicts"][key]["status"] for event in (early, late, early, late)]

        assert statuses == ["pending", "published", "published", "published"]
        assert versions(world) == ["2.0.0"]

    def test_what_another_bucket_announces_is_not_published(self) -> None:
        settings = Settings(storage_driver="s3", s3=S3Settings(bucket="ours", region="us-east-1"))
        world = new_world(settings, MemoryStore())
        key = drop(world, "u1", package())

        with installed(world.container):
            assert publish_uploads(created(key)) == {"verdicts": {}}
            publish_uploads(created(key, s3={"bucket": {"name": "ours"}, "object": {"key": key}}))

        assert versions(world) == ["1.0.0"]


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_a_fault_at_any_storage_call_of_an_upload_loses_nothing(fault: Fault) -> None:
    for call in range(1, 60):
        world = memory_world()
        key = drop(world, "u1", package("1.0.0"))
        faulty = FaultyStore(world.medium, fault, at=call)
        with installed(world.fresh(faulty)), suppress(Death, StorageUnavailable):
            publish_uploads(created(key))

        with installed(world.later()):
            publish_uploads(created(key))

        verdict = world.fresh().incoming.verdict("u1")
        assert verdict is not None
        assert verdict.status == "published"
        assert versions(world) == ["1.0.0"]
        if not faulty.struck:
            return
    pytest.fail("the upload never came to its end")
