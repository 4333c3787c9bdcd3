"""Jobs over HTTP: what is told of them, to whom, and how they are done again."""

from typing import Any

import pytest

from chalicelib.domain.access import Caller
from chalicelib.domain.executions.records import Job
from tests.api.callers import assert_problem
from tests.api.test_access import Guarded
from tests.api.test_registry import Client
from tests.stores.executions.builders import KEYS, NOON, checkpoint, job, setting
from tests.worlds import World, memory_world

RUN = "run-00000001"
ROOMS = ["", "/runs", "/checkpoints", f"/runs/{RUN}/events"]
FAILURE = {"name": "Busy", "code": "busy", "message": "m", "isRetryable": True, "stage": "commit"}


@pytest.fixture
def client() -> Client:
    return Client(memory_world())


def begin(world: World, job_id: str = "job-1", **fields: Any) -> None:
    """Begin a job, as a worker does, up to its first event."""
    work = world.container.executions
    lease = work.claim_run(job_id, "worker-1", facts=lambda _: {"stage": "read"}).lease
    work.store_job(job(job_id, attempts=1, stage="read", worker="worker-1", run_id=lease.run_id, **fields))
    work.store_run_setting(setting(lease.run_id, job_id, model=None, input={"from": "read", "attempt": 1}))


def finish(world: World, job_id: str = "job-1", **fields: Any) -> None:
    """End a job, and tell it in its run."""
    work = world.container.executions
    begin(world, job_id, **fields)
    work.append_event(job_id, RUN, 2, "completeRun", epoch=1, payload={"durationMs": 5})
    work.store_job(job(job_id, status="completed", finished_at=NOON + 5, attempts=1, run_id=RUN, **fields))


class TestReading:
    """What is told."""

    def test_jobs_are_listed_page_by_page_and_by_what_is_asked_for(self, client: Client) -> None:
        store = client.world.container.executions.store_job
        for number in range(5):
            store(job(f"job-{number}", name="widget", started_at=NOON + number, status="completed"))
        store(job("late", name="gadget", started_at=NOON + 60_000, attempts=0))

        first = client.get("/v1/jobs?limit=4&package=widget").json
        second = client.get(f"/v1/jobs?limit=4&package=widget&cursor={first['next']}").json
        queued = client.get("/v1/jobs?state=queued&since=2026-01-31T12:01:00Z").json
        early = client.get("/v1/jobs?until=2026-01-31T13:00:00.001%2B01:00").json

        assert [[one["id"] for one in page["jobs"]] for page in (first, second, queued, early)] == [
            ["job-4", "job-3", "job-2", "job-1"],
            ["job-0"],
            ["late"],
            ["job-0"],
        ]
        assert set(second) == set(queued) == {"jobs"}

    def test_a_job_is_told_with_where_it_is(self, client: Client) -> None:
        begin(client.world, name="widget", version="1.0.0")

        answer = client.get("/v1/jobs/job-1")

        assert (answer.status, answer.headers["retry-after"]) == (200, "2")
        told = answer.json
        assert (told["id"], told["state"], told["stage"], told["runId"]) == ("job-1", "running", "read", RUN)
        assert told["lease"]["worker"] == "worker-1"
        assert told["progress"]["seq"] == 1

    @pytest.mark.parametrize(
        ("fields", "state", "seconds"),
        [
            pytest.param({"attempts": 0}, "queued", "20", id="queued"),
            pytest.param({"attempts": 2, "error": FAILURE}, "queued", "20", id="between-two-attempts"),
            pytest.param({"status": "completed"}, "completed", None, id="completed"),
            pytest.param({"status": "stoppedByError", "error": FAILURE}, "failed", None, id="failed"),
        ],
    )
    def test_a_job_that_is_open_says_when_to_ask_again(
        self, client: Client, fields: dict[str, Any], state: str, seconds: str | None
    ) -> None:
        client.world.container.executions.store_job(job(**fields))

        answer = client.get("/v1/jobs/job-1")

        assert (answer.json["state"], answer.headers.get("retry-after")) == (state, seconds)
        assert answer.json.get("error") == fields.get("error")

    def test_runs_and_checkpoints_are_told(self, client: Client) -> None:
        finish(client.world)
        outputs = {"files": 3, "documents": {"metadata": "secret"}}
        client.world.container.executions.store_checkpoint(
            checkpoint("00000001-read", run_id=RUN, stage="read", status="completed", outputs=outputs)
        )

        runs, kept = client.get("/v1/jobs/job-1/runs"), client.get("/v1/jobs/job-1/checkpoints")

        [run], [read] = runs.json["runs"], kept.json["checkpoints"]
        assert (run["id"], run["state"], run["from"], run["attempt"]) == (RUN, "completed", "read", 1)
        assert (read["stage"], read["outputs"]) == ("read", {"files": 3})

    def test_events_are_followed_to_the_end(self, client: Client) -> None:
        finish(client.world)

        first = client.get(f"/v1/jobs/job-1/runs/{RUN}/events?limit=1")
        rest = client.get(f"/v1/jobs/job-1/runs/{RUN}/events?after={first.json['next']}&wait=20")

        assert [one["type"] for one in first.json["events"]] == ["claimRun"]
        assert first.json["events"][0]["payload"]["worker"] == "worker-1"
        assert (first.json["end"], first.headers["retry-after"]) == (False, "2")
        assert [one["type"] for one in rest.json["events"]] == ["completeRun"]
        assert rest.json["end"]
        assert "retry-after" not in rest.headers

    @pytest.mark.parametrize("room", ["", *(f"/job-1{room}" for room in ROOMS)])
    def test_whoever_has_the_latest_is_told_so(self, client: Client, room: str) -> None:
        finish(client.world)

        first = client.get(f"/v1/jobs{room}")
        again = client.get(f"/v1/jobs{room}", If_None_Match=first.headers["etag"])

        assert (first.status, first.headers["cache-control"]) == (200, "no-cache")
        assert (again.status, again.body) == (304, b"")
        client.world.container.executions.store_job(job(total_steps=1, version="2.0.0"))
        changed = client.get(f"/v1/jobs{room}", If_None_Match=first.headers["etag"])
        assert changed.status == (200 if room in {"", "/job-1"} else 304)

    @pytest.mark.parametrize(
        "query",
        [
            "state=done",
            "limit=0",
            "limit=101",
            "since=yesterday",
            "until=",
            "cursor=x",
        ],
    )
    def test_what_cannot_be_listed_is_refused(self, client: Client, query: str) -> None:
        assert_problem(client.get(f"/v1/jobs?{query}"), 400, "invalid_query")

    @pytest.mark.parametrize("query", ["after=-1", "after=100000000", "wait=21", "wait=nan", "limit=1001"])
    def test_events_that_cannot_be_asked_for_are_refused(self, client: Client, query: str) -> None:
        begin(client.world)

        assert_problem(client.get(f"/v1/jobs/job-1/runs/{RUN}/events?{query}"), 400, "invalid_query")

    def test_a_package_that_can_be_none_is_refused(self, client: Client) -> None:
        assert_problem(client.get("/v1/jobs?package=.."), 400, "invalid_name")

    @pytest.mark.parametrize("room", ROOMS)
    @pytest.mark.parametrize("job_id", ["job-2", "JOB-1", "j%C3%B6b", "x" * 300])
    def test_a_job_that_is_not_there_is_not_found(self, client: Client, job_id: str, room: str) -> None:
        begin(client.world)

        assert_problem(client.get(f"/v1/jobs/{job_id}{room}"), 404, "job_not_found")

    @pytest.mark.parametrize("run", ["run-00000002", "RUN", "%20"])
    def test_a_run_that_is_not_there_is_not_found(self, client: Client, run: str) -> None:
        begin(client.world)

        assert_problem(client.get(f"/v1/jobs/job-1/runs/{run}/events?wait=20"), 404, "run_not_found")

    def test_records_that_cannot_be_read_are_told_and_never_fail_a_read(self, client: Client) -> None:
        work, medium = client.world.container.executions, client.world.medium
        begin(client.world)
        work.store_checkpoint(checkpoint())
        work.store_job(job("job-2"))
        broken = {
            "/v1/jobs": KEYS.job("job-2"),
            "/v1/jobs/job-1": KEYS.leases("job-1") + "99999998.json",
            "/v1/jobs/job-1/runs": KEYS.run_setting("job-1", RUN),
            "/v1/jobs/job-1/checkpoints": KEYS.checkpoint("job-1", "c1"),
            f"/v1/jobs/job-1/runs/{RUN}/events": KEYS.run_log("job-1", RUN) + "00000001.json",
        }
        for address, key in broken.items():
            medium.put(key, b"{")
            answer = client.get(address)
            assert answer.status == 200
            assert [one["key"] for one in answer.json["unreadable"]] == [key]

        assert_problem(client.get("/v1/jobs/job-2"), 404, "job_not_found")
        assert "reason" in client.get("/v1/jobs/job-2").json


class TestWhoMayAsk:
    """Jobs are for publishers, and those of others are not there."""

    @pytest.mark.parametrize("room", ["", *(f"/job-1{room}" for room in ROOMS)])
    def test_publishers_may(self, room: str) -> None:
        client = Guarded()
        finish(client.world, name="@acme/widget")

        assert_problem(client.ask("GET", f"/v1/jobs{room}"), 401, "authentication_required")
        assert_problem(client.ask("GET", f"/v1/jobs{room}", client.token("read")), 403, "forbidden")
        answer = client.ask("GET", f"/v1/jobs{room}", client.token("publish", "@acme/*"))
        assert (answer.status, answer.headers["cache-control"]) == (200, "private, no-cache")

    @pytest.mark.parametrize(
        "name", [pytest.param("@acme/secret", id="of-others"), pytest.param(None, id="nameless")]
    )
    @pytest.mark.parametrize("room", ROOMS)
    def test_a_job_of_others_is_answered_as_one_that_never_was(self, room: str, name: str | None) -> None:
        client = Guarded()
        finish(client.world, name=name)
        others = client.token("publish", "@other/*")

        there, never = (client.ask("GET", f"/v1/jobs/{one}{room}", others) for one in ("job-1", "job-2"))

        assert_problem(there, 404, "job_not_found")
        assert there.body == never.body.replace(b"job-2", b"job-1")
        assert client.ask("GET", f"/v1/jobs/job-1{room}", client.token("publish")).status == 200

    def test_lists_hold_only_what_the_caller_may_see(self) -> None:
        client = Guarded()
        for number, name in enumerate(["@acme/secret", "@other/widget", None]):
            client.world.container.executions.store_job(job(f"job-{number}", name=name, status="completed"))
        others = client.token("publish", "@other/*")

        assert [one["id"] for one in client.ask("GET", "/v1/jobs", others).json["jobs"]] == ["job-1"]
        assert client.ask("GET", "/v1/jobs?package=@acme/secret", others).json == {"jobs": []}
        assert len(client.ask("GET", "/v1/jobs", client.token("publish")).json["jobs"]) == 3

    def test_a_job_of_others_cannot_be_done_again(self) -> None:
        client = Guarded()
        finish(client.world, name="@acme/secret")

        answer = client.ask("POST", "/v1/jobs/job-1/replay", client.token("publish", "@other/*"))

        assert_problem(answer, 404, "job_not_found")
        assert client.ask("GET", "/v1/jobs/job-1", client.token("publish")).json["state"] == "completed"

    def test_a_job_is_done_again_by_those_alone_who_may_publish_its_package(self) -> None:
        client = Guarded()
        assert client.put_package("widget").status == 201
        [found] = client.world.container.executions.page_jobs().jobs
        client.world.container.granting.allow_publisher("alice", ["widget"], by=Caller(name="root"))
        address = f"/v1/jobs/{found.id}/replay"

        refused = client.ask("POST", address, client.token("publish", name="bob"))

        assert_problem(refused, 403, "publisher_not_allowed")
        assert client.world.container.executions.retrieve_job(found.id) == found
        assert client.ask("POST", address, client.token("publish", name="alice")).status == 202


class TestReplaying:
    """Doing a job again."""

    @pytest.fixture
    def published(self, client: Client) -> Job:
        """Give the job of a package that was published."""
        client.publish()
        [found] = client.world.container.executions.page_jobs().jobs
        return found

    @pytest.mark.parametrize(("query", "first"), [("", "read"), ("?from=commit", "commit")])
    def test_a_job_that_has_ended_is_queued_again(
        self, client: Client, published: Job, query: str, first: str
    ) -> None:
        answer = client.call("POST", f"/v1/jobs/{published.id}/replay{query}")

        assert (answer.status, answer.headers["location"]) == (202, f"/v1/jobs/{published.id}")
        told = answer.json
        assert (told["id"], told["state"], told["replays"], told["replayFrom"]) == (
            published.id,
            "queued",
            1,
            first,
        )
        assert client.get(answer.headers["location"]).json == told
        assert answer.headers["retry-after"] == "20"

    def test_a_job_that_is_still_to_be_done_is_not(self, client: Client, published: Job) -> None:
        client.call("POST", f"/v1/jobs/{published.id}/replay")

        assert_problem(client.call("POST", f"/v1/jobs/{published.id}/replay"), 409, "job_unfinished")

    def test_a_stage_that_is_none_is_refused(self, client: Client, published: Job) -> None:
        assert_problem(client.call("POST", f"/v1/jobs/{published.id}/replay?from=cook"), 400, "invalid_query")

    def test_a_job_whose_bytes_are_gone_is_told(self, client: Client) -> None:
        finish(client.world, "publish-1", digest="0" * 64)

        assert_problem(client.call("POST", "/v1/jobs/publish-1/replay"), 404, "bytes_gone")

    def test_a_job_of_a_kind_that_nobody_here_knows_is_told(self, client: Client) -> None:
        finish(client.world)

        assert_problem(client.call("POST", "/v1/jobs/job-1/replay"), 409, "job_kind_unknown")

    def test_a_job_that_is_not_there_is_not_found(self, client: Client) -> None:
        assert_problem(client.call("POST", "/v1/jobs/job-1/replay"), 404, "job_not_found")

    def test_a_replayed_job_tells_both_of_its_runs(self, client: Client, published: Job) -> None:
        client.call("POST", f"/v1/jobs/{published.id}/replay?from=claim")
        client.world.container.publishing.work(published.id)

        job = client.get(f"/v1/jobs/{published.id}").json
        runs = client.get(f"/v1/jobs/{published.id}/runs").json["runs"]
        events = client.get(f"/v1/jobs/{published.id}/runs/{job['runId']}/events").json["events"]

        assert job["state"] == "completed"
        assert [(run["state"], run["from"]) for run in runs] == [
            ("completed", "read"),
            ("completed", "claim"),
        ]
        assert events[0]["payload"]["skipped"] == ["read", "analyze"]
