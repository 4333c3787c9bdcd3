"""A publish is a job: what it records, how it is continued, repeated and replayed."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import Caller
from chalicelib.domain.errors import DigestMismatch, InvalidQuery, NameMismatch, VersionExists
from chalicelib.domain.executions.errors import BytesGone, JobNotFound, JobUnfinished, RunHeld
from chalicelib.domain.executions.records import Event, Job
from chalicelib.domain.head import Head
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.publishers import PublisherNotAllowed
from chalicelib.domain.tarball.refusals import NotGzip
from chalicelib.services.executing.failures import AttemptsExhausted
from chalicelib.services.publishing import STAGES, PublishRequest
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.worlds import ALICE, World, memory_world, package, publish

NAME = PackageName("demo")
STAGE_NAMES = [stage.name for stage in STAGES]
BOB = Publisher(name="Bob")


@pytest.fixture
def world() -> World:
    return memory_world()


def events(container: Container, job: Job, run_id: str | None = None) -> list[Event]:
    """Answer the events of a run of a job, the last one unless another is named."""
    return container.executions.page_events(job.id, run_id or job.run_id or "", limit=1000)


def executed(container: Container, job: Job, run_id: str | None = None) -> list[str]:
    """Answer the stages that a run has finished, in order."""
    found = events(container, job, run_id)
    return [(event.payload or {})["stage"] for event in found if event.type == "finishStage"]


def data_of(world: World, key: str) -> bytes:
    """Answer the bytes under a key."""
    return b"".join(world.medium.stream(key))


def only_job(world: World) -> Job:
    """Answer the one job there is."""
    (job,) = world.fresh().executions.get_all_jobs()
    return job


def broken(world: World, within: str, fault: Fault = Fault.UNAVAILABLE) -> Container:
    """Answer a process that fails at its first call about some keys."""
    return world.fresh(FaultyStore(world.medium, fault, at=1, within=within))


def later(world: World) -> Container:
    """Answer a process that comes when the lease of a dead worker has ended."""
    return Container(world.settings, store=world.store, now=lambda: datetime.now(UTC) + timedelta(minutes=5))


def head(world: World) -> Head:
    found = world.fresh().heads.get(NAME)
    assert found is not None
    return found


def test_a_publish_names_its_job_which_is_completed_and_says_what_was_published(world: World) -> None:
    published = publish(world.container, tag="next")

    job = published.job
    assert job == only_job(world)
    assert (job.state, job.attempts, job.worker, job.error) == ("completed", 1, None, None)
    assert (job.type, job.name, job.version, job.tag) == ("publish", "demo", "1.0.0", "next")
    assert (job.digest, job.publisher) == (published.manifest.manifest.dist.sha256, ALICE)
    assert job.finished_at is not None
    assert job.finished_at >= job.started_at


def test_each_stage_leaves_a_checkpoint_with_what_went_in_and_came_out(world: World) -> None:
    job = publish(world.container).job

    checkpoints = world.container.executions.get_checkpoints_by_job_id(job.id)

    assert [found.stage for found in checkpoints] == STAGE_NAMES
    assert len({found.input_digest for found in checkpoints}) == len(STAGE_NAMES)
    assert all(found.worker and found.outputs and found.run_id == job.run_id for found in checkpoints)
    assert all(found.started_at is not None and found.duration_ms is not None for found in checkpoints)


def test_the_events_of_a_run_tell_each_stage_and_what_every_analyzer_did(world: World) -> None:
    job = publish(world.container).job

    told = events(world.container, job)

    assert [event.type for event in told] == ["claimRun", *["finishStage"] * len(STAGES), "completeRun"]
    assert executed(world.container, job) == STAGE_NAMES
    analyzers = (told[2].payload or {})["facts"]["analyzers"]
    assert {"name", "version", "status", "verdict", "durationMs", "bytes"} <= set(analyzers[0])
    assert any(found["bytes"] > 0 for found in analyzers)


def test_a_refused_publish_is_a_failed_job_that_no_retry_helps(world: World) -> None:
    with pytest.raises(NotGzip) as refused:
        world.container.publishing.publish(PublishRequest(publisher=ALICE, source="api", data=b"no tarball"))

    job = only_job(world)
    assert refused.value.facts["job_id"] == job.id
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error.code, job.error.stage, job.error.is_retryable) == (NotGzip.code, "read", False)
    assert job.error.message == refused.value.detail
    assert events(world.container, job)[-1].type == "stopRunByError"
    assert world.stored() == []


def test_what_is_refused_before_its_bytes_are_durable_is_no_job(world: World) -> None:
    request = PublishRequest(publisher=ALICE, source="api", data=package(), sha256="0" * 64)

    with pytest.raises(DigestMismatch):
        world.container.publishing.publish(request)

    assert world.fresh().executions.get_all_jobs() == []


@pytest.mark.parametrize(
    ("within", "before"),
    [
        ("/manifests/", ["read", "analyze"]),
        ("/tarballs/", ["read", "analyze", "claim"]),
        ("/heads/", ["read"]),
        ("/index/tail/", ["read", "analyze", "claim", "settle", "commit"]),
    ],
    ids=["claim", "settle", "analyze", "derive"],
)
def test_an_attempt_that_failed_is_continued_at_the_stage_it_failed_in(
    world: World, within: str, before: list[str]
) -> None:
    with pytest.raises(StorageUnavailable):
        publish(broken(world, within))
    queued = only_job(world)

    job = publish(world.fresh()).job

    assert (queued.state, queued.stage) == ("queued", STAGE_NAMES[len(before)])
    assert queued.error is not None
    assert (queued.error.code, queued.error.is_retryable) == ("storage_unavailable", True)
    assert (job.id, job.state, job.attempts, job.error) == (queued.id, "completed", 2, None)
    assert executed(world.container, job, queued.run_id) == before
    assert executed(world.container, job) == STAGE_NAMES[len(before) :]
    assert job.run_id != queued.run_id


def test_a_dead_worker_is_succeeded_in_its_run_once_its_lease_has_ended(world: World) -> None:
    with pytest.raises(Death):
        publish(broken(world, "/manifests/", Fault.DEATH_AFTER))
    abandoned = only_job(world)

    with pytest.raises(RunHeld):
        world.fresh().publishing.work(abandoned.id)
    job = later(world).publishing.work(abandoned.id)

    assert abandoned.state == "running"
    assert (job.state, job.attempts, job.run_id) == ("completed", 2, abandoned.run_id)
    assert executed(world.container, job) == STAGE_NAMES
    claims = [event.payload or {} for event in events(world.container, job) if event.type == "claimRun"]
    assert [(claim["stage"], claim["skipped"]) for claim in claims] == [
        ("read", []),
        ("claim", ["read", "analyze"]),
    ]


def test_what_was_not_there_any_more_is_made_again(world: World) -> None:
    with pytest.raises(StorageUnavailable):
        publish(broken(world, "/manifests/"))
    (pack,) = [key for key in world.stored() if key.endswith(".pack")]
    world.medium.delete(pack)

    job = publish(world.fresh()).job

    assert executed(world.container, job) == STAGE_NAMES


def test_after_five_attempts_a_job_has_failed_and_a_replay_brings_it_to_its_end(world: World) -> None:
    for _ in range(5):
        with pytest.raises(StorageUnavailable):
            publish(broken(world, "/manifests/"))
    failed = only_job(world)

    world.fresh().publishing.replay(failed.id, "claim")
    job = world.fresh().publishing.work(failed.id)

    assert (failed.state, failed.attempts) == ("failed", 5)
    assert failed.error is not None
    assert failed.error.is_retryable
    assert (job.state, job.attempts, job.replays) == ("completed", 1, 1)
    assert executed(world.container, job) == STAGE_NAMES[2:]


def test_a_job_whose_workers_all_die_fails_without_a_further_victim(world: World) -> None:
    store = FaultyStore(world.medium, Fault.DEATH_BEFORE, at=1, within="/manifests/")
    clock = datetime.now(UTC)
    for attempt in range(5):
        process = Container(world.settings, store=store, now=lambda: clock + timedelta(minutes=5 * attempt))  # noqa: B023 - called within the iteration
        with pytest.raises(Death):
            publish(process)
        store = FaultyStore(world.medium, Fault.DEATH_BEFORE, at=1, within="/manifests/")

    with pytest.raises(AttemptsExhausted):
        Container(world.settings, store=world.store, now=lambda: clock + timedelta(hours=1)).publishing.work(
            only_job(world).id
        )

    job = only_job(world)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error.code, job.error.stage) == ("attempts_exhausted", "claim")


def test_the_same_bytes_again_are_answered_by_the_job_that_published_them(world: World) -> None:
    first = publish(world.container)

    again = publish(world.fresh())

    assert (again.created, again.job) == (False, first.job)
    assert again.report == first.report
    assert again.metadata == first.metadata
    assert len(world.fresh().executions.get_all_runs()) == 1
    assert not [key for key in world.stored() if "/staged/" in key]


def test_the_same_bytes_again_move_the_tag_that_is_asked_for(world: World) -> None:
    publish(world.container)

    publish(world.fresh(), tag="stable")

    assert head(world).view.tags == {"latest": "1.0.0", "stable": "1.0.0"}
    assert [entry.tags for entry in world.fresh().index.all()] == [head(world).view.tags]


def test_the_same_bytes_under_another_name_are_refused_and_the_job_stays_as_it_is(world: World) -> None:
    job = publish(world.container).job
    request = PublishRequest(publisher=ALICE, source="api", name=PackageName("other"), data=package())

    with pytest.raises(NameMismatch):
        world.fresh().publishing.publish(request)

    assert only_job(world) == job


def test_another_publisher_of_the_same_bytes_has_a_job_of_their_own(world: World) -> None:
    mine = publish(world.container)

    theirs = publish(world.fresh(), publisher=BOB)

    assert mine.job.id != theirs.job.id
    assert (theirs.created, theirs.job.state) == (False, "completed")
    assert theirs.metadata.publisher == ALICE
    assert head(world).seq == 1


def test_who_may_publish_no_longer_does_not_finish_what_was_begun_before(world: World) -> None:
    with pytest.raises(StorageUnavailable):
        publish(broken(world, "/manifests/"))
    world.container.granting.allow_publisher("Bob", None, by=Caller(name="root"))

    job = world.fresh().publishing.work(only_job(world).id)

    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == PublisherNotAllowed.code
    assert world.fresh().heads.get(NAME) is None


def test_a_continued_job_does_not_move_a_tag_that_has_moved_on(world: World) -> None:
    with pytest.raises(StorageUnavailable):
        publish(broken(world, "/index/tail/"), tag="next")
    queued = only_job(world)
    publish(world.fresh(), "1.1.0", tag="next")

    world.fresh().publishing.work(queued.id)

    assert head(world).view.tags["next"] == "1.1.0"


@pytest.mark.parametrize("stage", STAGE_NAMES)
def test_a_replay_does_anew_what_follows_a_stage_and_keeps_the_record_of_the_run_before(
    world: World, stage: str
) -> None:
    job = publish(world.container, tag="next").job
    before = {key: data_of(world, key) for key in world.stored()}
    kept = events(world.container, job)

    queued = world.fresh().publishing.replay(job.id, stage)
    replayed = world.fresh().publishing.work(job.id)

    assert (queued.state, queued.attempts, queued.replays) == ("queued", 0, 1)
    assert (replayed.state, replayed.replays, replayed.replay_from) == ("completed", 1, stage)
    assert executed(world.container, replayed) == STAGE_NAMES[STAGE_NAMES.index(stage) :]
    assert events(world.container, job, job.run_id) == kept
    assert {key: data_of(world, key) for key in world.stored()} == before
    runs = [found.run_id for found in world.fresh().executions.get_all_runs()]
    assert set(runs) == {job.run_id, replayed.run_id}


def test_a_second_replay_does_not_take_the_first_one_for_its_own(world: World) -> None:
    job = publish(world.container).job
    for _ in range(2):
        world.fresh().publishing.replay(job.id, "settle")
        replayed = world.fresh().publishing.work(job.id)

    assert executed(world.container, replayed) == ["settle", "commit", "derive"]
    assert replayed.replays == 2


@pytest.mark.parametrize("lost", ["/metadata/", "/tarballs/", "/files/", "/index/tail/"])
def test_a_replay_restores_what_was_lost(world: World, lost: str) -> None:
    job = publish(world.container).job
    (key,) = [found for found in world.stored() if lost in found]
    data = data_of(world, key)
    if lost == "/tarballs/":
        world.medium.put(world.container.keys.staged(job.digest or ""), data)
    world.medium.delete(key)

    world.fresh().publishing.replay(job.id, "settle")
    world.fresh().publishing.work(job.id)

    assert data_of(world, key) == data


def test_a_replay_is_refused_where_it_could_do_nothing(world: World) -> None:
    job = publish(world.container).job
    with pytest.raises(NotGzip):
        world.container.publishing.publish(PublishRequest(publisher=BOB, source="api", data=b"no tarball"))
    refused = next(found for found in world.fresh().executions.get_all_jobs() if found.id != job.id)

    with pytest.raises(InvalidQuery):
        world.container.publishing.replay(job.id, "bake")
    with pytest.raises(JobNotFound):
        world.container.publishing.replay("publish-0", "read")
    with pytest.raises(BytesGone):
        world.container.publishing.replay(refused.id, "read")
    world.container.publishing.replay(job.id, "read")
    with pytest.raises(JobUnfinished):
        world.container.publishing.replay(job.id, "read")


def test_a_finished_job_is_not_worked_on_again(world: World) -> None:
    job = publish(world.container).job
    world.store.reset()

    assert world.fresh().publishing.work(job.id) == job

    assert [call.verb for call in world.store.calls] == ["get"]


def test_a_job_of_another_kind_is_left_to_whoever_knows_it(world: World) -> None:
    foreign = Job(id="perstack-1", started_at=0)
    world.container.executions.store_job(foreign)

    assert world.fresh().publishing.work("perstack-1") == foreign


def test_a_version_that_lost_its_number_meanwhile_is_refused_and_says_who_has_it(world: World) -> None:
    with pytest.raises(StorageUnavailable):
        publish(broken(world, "/manifests/"), files={"index.js": "1\n"})
    publish(world.fresh(), files={"index.js": "2\n"}, publisher=BOB)

    job = world.fresh().publishing.work(
        next(found.id for found in world.fresh().executions.get_all_jobs() if found.state == "queued")
    )

    assert job.error is not None
    assert (job.state, job.error.code) == ("failed", VersionExists.code)


def test_an_event_whose_answer_was_lost_does_not_make_a_worker_think_it_was_overtaken(world: World) -> None:
    store = FaultyStore(world.medium, Fault.LOST_RESPONSE, at=2, within="/log/")
    with pytest.raises(StorageUnavailable):
        publish(world.fresh(store))

    job = publish(world.fresh()).job

    assert store.struck
    assert (job.state, job.attempts) == ("completed", 2)


def test_a_job_that_cannot_be_read_is_written_anew(world: World) -> None:
    job = publish(world.container).job
    world.medium.put(world.container.keys.job(job.id), b"{")

    again = publish(world.fresh())

    assert again.job.state == "completed"
    assert only_job(world) == again.job
