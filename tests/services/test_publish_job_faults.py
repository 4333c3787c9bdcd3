"""What a publish as a job withstands: wrong requests, lost trust, damaged records, removed bytes, many replays."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import Caller
from chalicelib.domain.errors import NameMismatch, PrismError, VersionExists
from chalicelib.domain.executions.names import lease_name, numbered_name
from chalicelib.domain.executions.records import Event, Job
from chalicelib.domain.head import Change
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.domain.publishers import NotAnOwner, PublisherNotAllowed
from chalicelib.services.publishing import STAGES, Published, PublishRequest
from chalicelib.storage.port import ObjectNotFound, StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.worlds import ALICE, World, memory_world, package, publish

NAME = PackageName("demo")
OTHER = PackageName("other")
BOB = Publisher(name="Bob")
ROOT = Caller(name="root")


@pytest.fixture
def world() -> World:
    return memory_world()


def job_of(world: World, publisher: Publisher = ALICE) -> Job:
    """Answer the one job of a publisher."""
    [job] = [job for job in world.fresh().executions.get_all_jobs() if job.publisher == publisher]
    return job


def queue(world: World, within: str = "/manifests/", *, tag: str | None = None) -> Job:
    """Publish up to a call that fails, and answer the job that waits for another attempt."""
    with pytest.raises(StorageUnavailable):
        publish(world.fresh(FaultyStore(world.medium, Fault.UNAVAILABLE, at=1, within=within)), tag=tag)
    return job_of(world)


def fail(world: World, within: str = "/manifests/") -> Job:
    """Publish until no attempt is left, and answer the job that has failed."""
    for _ in range(5):
        queue(world, within)
    return job_of(world)


def abandon(world: World, within: str = "/manifests/") -> Job:
    """Publish up to the death of the worker, and answer the job that it has left running."""
    with pytest.raises(Death):
        publish(world.fresh(FaultyStore(world.medium, Fault.DEATH_BEFORE, at=1, within=within)))
    return job_of(world)


def send(
    container: Container,
    *,
    publisher: Publisher = ALICE,
    name: PackageName | None = None,
    packages: PackagePatterns = EVERY_PACKAGE,
    tag: str | None = None,
) -> Published:
    """Send the bytes that `publish` sends, as a request says."""
    return container.publishing.publish(
        PublishRequest(
            publisher=publisher, source="cli", name=name, packages=packages, tag=tag, data=package()
        ),
        patience=0,
    )


def executed(world: World, job: Job) -> list[str]:
    """Answer the stages that the last run of a job has finished."""
    events: list[Event] = world.fresh().executions.page_events(job.id, job.run_id or "", limit=1000)
    return [(event.payload or {})["stage"] for event in events if event.type == "finishStage"]


class TestWrongRequests:
    """A request that is refused leaves a job that others wait for as it is."""

    @pytest.mark.parametrize("within", ["/manifests/", "/tarballs/", "/index/tail/"])
    def test_the_same_bytes_under_another_name_do_not_continue_a_job(self, world: World, within: str) -> None:
        queued = queue(world, within)

        with pytest.raises(NameMismatch):
            send(world.fresh(), name=OTHER)

        assert job_of(world) == queued
        assert world.fresh().publishing.work(queued.id).state == "completed"

    def test_the_same_bytes_under_another_name_do_not_rename_a_job_that_has_failed(
        self, world: World
    ) -> None:
        failed = fail(world)

        with pytest.raises(NameMismatch):
            send(world.fresh(), name=OTHER)

        assert job_of(world) == failed
        world.fresh().publishing.replay(failed.id, "read")
        assert world.fresh().publishing.work(failed.id).state == "completed"

    def test_a_refusal_leaves_the_bytes_to_others_who_publish_the_same(self, world: World) -> None:
        queued = queue(world, "/access/")

        with pytest.raises(NameMismatch):
            send(world.fresh(), publisher=BOB, name=OTHER)

        assert world.fresh().publishing.work(queued.id).state == "completed"

    def test_a_refusal_leaves_the_bytes_to_a_job_that_may_be_replayed(self, world: World) -> None:
        failed = fail(world)

        with pytest.raises(NameMismatch):
            send(world.fresh(), publisher=BOB, name=OTHER)

        world.fresh().publishing.replay(failed.id, "read")
        assert world.fresh().publishing.work(failed.id).state == "completed"


class TestTrust:
    """What was begun while somebody was trusted gives them nothing afterwards."""

    def test_who_may_publish_no_longer_does_not_go_on_where_a_failed_job_stopped(self, world: World) -> None:
        fail(world)
        world.container.granting.allow_publisher("Bob", None, by=ROOT)

        with pytest.raises(PublisherNotAllowed):
            send(world.fresh())

        assert world.fresh().heads.get(NAME) is None
        assert world.fresh().manifests.get(NAME, "1.0.0") is None

    def test_a_request_that_may_be_about_other_packages_only_does_not_go_on_with_a_failed_job(
        self, world: World
    ) -> None:
        fail(world)

        with pytest.raises(PrismError):
            send(world.fresh(), packages=PackagePatterns(("other",)))

        assert world.fresh().heads.get(NAME) is None

    def test_who_may_not_publish_a_package_does_not_replay_its_jobs(self, world: World) -> None:
        failed = fail(world)
        world.container.granting.allow_publisher(ALICE.name, None, by=ROOT)

        with pytest.raises(PublisherNotAllowed):
            world.fresh().publishing.replay(failed.id, "read", by="Bob")

        assert job_of(world) == failed
        assert world.fresh().publishing.replay(failed.id, "read", by=ALICE.name).state == "queued"


class TestDamage:
    """A record that cannot be read costs work done twice, and locks nobody out."""

    def damage(self, world: World, key: str, data: bytes = b"{") -> None:
        assert world.medium.head(key)
        world.medium.put(key, data)

    def test_a_lease_that_cannot_be_read_is_succeeded_in_the_same_run(self, world: World) -> None:
        abandoned = abandon(world)
        self.damage(world, world.container.keys.leases(abandoned.id) + lease_name(1))

        job = send(world.later()).job

        assert (job.state, job.run_id) == ("completed", abandoned.run_id)
        assert executed(world, job) == [stage.name for stage in STAGES]

    @pytest.mark.parametrize("data", [b"{", b"", b"{}"])
    def test_a_released_lease_that_cannot_be_read_does_not_stop_the_next_attempt(
        self, world: World, data: bytes
    ) -> None:
        queued = queue(world)
        self.damage(world, world.container.keys.leases(queued.id) + lease_name(2), data)

        assert send(world.later()).job.state == "completed"

    def test_all_leases_unreadable_do_not_stop_the_next_attempt(self, world: World) -> None:
        queued = queue(world)
        for number in (1, 2):
            self.damage(world, world.container.keys.leases(queued.id) + lease_name(number))

        assert send(world.later()).job.state == "completed"

    def test_a_last_event_that_cannot_be_read_does_not_stop_a_takeover(self, world: World) -> None:
        abandoned = abandon(world)
        log = world.container.keys.run_log(abandoned.id, abandoned.run_id or "")
        self.damage(world, log + numbered_name(3))

        assert send(world.later()).job.state == "completed"

    def test_a_run_setting_that_cannot_be_read_does_not_stop_a_takeover(self, world: World) -> None:
        abandoned = abandon(world)
        self.damage(world, world.container.keys.run_setting(abandoned.id, abandoned.run_id or ""))

        assert send(world.later()).job.state == "completed"

    @pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
    @pytest.mark.parametrize(
        "outputs",
        [
            {},
            {"name": 5, "documents": 5, "analyzers": 5},
            {"name": "..", "documents": {"manifest": "{"}, "analyzers": []},
        ],
        ids=["empty", "of-another-shape", "invalid"],
    )
    def test_a_checkpoint_that_this_code_does_not_understand_is_made_anew(
        self, world: World, stage: str, outputs: dict[str, object]
    ) -> None:
        queued = queue(world, "/index/tail/")
        work = world.fresh().executions
        for kept in work.get_checkpoints_by_job_id(queued.id):
            if kept.stage == stage:
                work.store_checkpoint(kept.changed(outputs=outputs))

        assert send(world.fresh()).job.state == "completed"

    def test_bytes_that_are_visible_are_answered_in_spite_of_a_damaged_checkpoint(self, world: World) -> None:
        job = publish(world.container).job
        [analyze] = [
            kept
            for kept in world.container.executions.get_checkpoints_by_job_id(job.id)
            if kept.stage == "analyze"
        ]
        self.damage(world, world.container.keys.checkpoint(job.id, analyze.id))

        again = send(world.fresh())

        assert (again.created, again.report) == (False, [])

    def test_bytes_whose_metadata_was_lost_are_published_again_in_full(self, world: World) -> None:
        publish(world.container)
        [key] = [key for key in world.stored() if "/metadata/" in key]
        data = b"".join(world.medium.stream(key))
        world.medium.delete(key)

        again = send(world.fresh())

        assert (again.created, again.job.state) == (False, "completed")
        assert b"".join(world.medium.stream(key)) == data


class TestEnds:
    """A job that has published stays completed, and what fails says why."""

    def test_a_version_that_was_unpublished_does_not_make_its_job_fail(self, world: World) -> None:
        job = publish(world.container).job
        world.fresh().heads.change(NAME, lambda _: Change(type="unpublish", version="1.0.0"), actor="root")

        with pytest.raises(VersionExists):
            send(world.fresh())

        assert job_of(world) == job

    def test_a_worker_that_is_done_and_cannot_say_so_does_not_make_the_job_fail(self, world: World) -> None:
        for _ in range(4):
            queue(world)
        store = FaultyStore(world.medium, Fault.UNAVAILABLE, at=1, within="/log/00000006")
        with pytest.raises(StorageUnavailable):
            publish(world.fresh(store))

        assert store.struck
        assert job_of(world).state == "completed"
        assert send(world.fresh()).job == job_of(world)

    def test_a_job_whose_bytes_are_gone_says_so(self, world: World) -> None:
        queued = queue(world, "/access/")
        for key in world.stored():
            if "/staged/" in key:
                world.medium.delete(key)

        with pytest.raises(ObjectNotFound):
            world.fresh().publishing.work(queued.id)

        error = job_of(world).error
        assert error is not None
        assert (error.code, error.is_retryable) == ("bytes_gone", True)
        assert "publish" in error.message

    def test_what_a_tarball_says_makes_no_long_record(self, world: World) -> None:
        with pytest.raises(PrismError):
            publish(world.container, "1." + 1_000_000 * "0")

        job = job_of(world)
        assert len(job.to_bytes()) < 10_000
        for event in world.fresh().executions.page_events(job.id, job.run_id or ""):
            assert len(event.to_bytes()) < 10_000

    def test_what_analyzers_quote_makes_no_long_record(self, world: World) -> None:
        published = publish(world.container, license=1_000_000 * "x")

        work, job = world.fresh().executions, published.job
        assert len(str(published.report)) < 10_000
        assert all(len(event.to_bytes()) < 10_000 for event in work.page_events(job.id, job.run_id or ""))
        [licence] = [record for record in published.metadata.analysis if record.name == "licence"]
        assert len(licence.verdict) > 1_000_000


class TestTags:
    """A tag that is asked for moves, whoever made the version visible."""

    def test_a_tag_that_is_asked_for_anew_moves_though_the_version_was_visible(self, world: World) -> None:
        queue(world, "/index/tail/")

        send(world.fresh(), tag="next")

        head = world.fresh().heads.get(NAME)
        assert head is not None
        assert head.view.tags == {"latest": "1.0.0", "next": "1.0.0"}

    def test_a_tag_that_was_asked_for_before_stays_where_it_was_moved_since(self, world: World) -> None:
        queue(world, "/index/tail/", tag="next")
        publish(world.fresh(), "1.1.0", tag="next")

        send(world.fresh(), tag="next")

        head = world.fresh().heads.get(NAME)
        assert head is not None
        assert head.view.tags["next"] == "1.1.0"


class TestCost:
    """What a job has been through makes it no dearer."""

    def test_a_job_that_was_replayed_often_costs_no_more(self, world: World) -> None:
        job = publish(world.container).job
        costs = []
        for _ in range(4):
            world.fresh().publishing.replay(job.id, "settle")
            world.store.reset()
            world.fresh().publishing.work(job.id)
            costs.append(len(world.store.calls))
            world.store.reset()
            send(world.fresh())
            costs.append(len(world.store.calls))

        assert costs[2:] == costs[2:4] * 3

    def test_a_job_that_is_begun_often_stands_once_in_each_list(self, world: World) -> None:
        rooms = world.container.keys.job_places("").rstrip("/")
        counts = []
        for _ in range(3):
            with pytest.raises(PrismError):
                send(world.fresh(), name=OTHER)
            counts.append(len(list(world.medium.list(rooms))))

        assert counts == [3, 3, 3]
        [job] = world.fresh().executions.page_jobs(package="other", state="failed").jobs
        assert job == job_of(world)

    def test_what_is_begun_anew_after_days_is_published_today(self, world: World) -> None:
        fail(world)
        later = datetime.now(UTC) + timedelta(days=4)

        published = send(Container(world.settings, store=world.store, now=lambda: later))

        assert published.manifest.manifest.claim.published_at > (later - timedelta(minutes=1)).isoformat()


def own(world: World, *owners: str) -> None:
    """Say who may change the package."""
    world.fresh().heads.change(NAME, lambda _: Change(type="own", owners=list(owners)), actor=BOB.name)


def test_a_job_is_not_carried_on_for_who_may_no_longer_change_the_package(world: World) -> None:
    publish(world.fresh(), "0.9.0", publisher=BOB)
    job = queue(world)
    own(world, BOB.name)

    ended = world.later().publishing.work(job.id)

    assert ended.state == "failed"
    assert ended.error is not None
    assert (ended.error.code, ended.error.stage) == ("not_an_owner", "claim")
    assert world.fresh().manifests.get(NAME, "1.0.0") is None
    assert publish(world.fresh(), "1.0.0", publisher=BOB).created


def test_a_repeat_is_refused_to_who_may_no_longer_change_the_package(world: World) -> None:
    publish(world.fresh(), "0.9.0", publisher=BOB)
    queue(world)
    own(world, BOB.name)

    with pytest.raises(NotAnOwner):
        publish(world.later())

    assert world.fresh().manifests.get(NAME, "1.0.0") is None
