"""The functions that S3 and the schedule invoke do what there is to do, once, whatever the key."""

import pytest

from localstack.clock import scheduled_event
from tests.runtime.deployed import Deployed
from tests.runtime.events import TEST_EVENT
from tests.runtime.function import JOBS_HANDLER, SWEEP_HANDLER, UPLOADS_HANDLER
from tests.runtime.runtime_api import FunctionError
from tests.worlds import package

QUEUED = "prism/index/jobs/state/queued/"


@pytest.mark.parametrize(
    "upload_id",
    [
        pytest.param("@scope/name@1.0.0", id="at"),
        pytest.param("a+b", id="plus"),
        pytest.param("a b", id="space"),
        pytest.param("a%2Bb", id="percent"),
        pytest.param("grüße/日本", id="letters-beyond-ascii"),
    ],
)
def test_an_upload_is_published_whatever_its_key(deployed: Deployed, upload_id: str) -> None:
    name = f"upload-{upload_id.encode().hex()}"
    key = deployed.drop(upload_id, package(name=name))

    verdict = deployed.announce(key)["verdicts"][key]

    assert (verdict["status"], verdict["name"], verdict["uploadId"]) == ("published", name, upload_id)
    assert deployed.send("GET", f"/v1/packages/{name}").json["versions"] == ["1.0.0"]


def test_the_test_event_of_s3_is_taken(deployed: Deployed) -> None:
    assert deployed.uploads.invoke(TEST_EVENT) == {"verdicts": {}}


def test_an_announcement_that_comes_again_finds_the_verdict(deployed: Deployed) -> None:
    key = deployed.drop("again", package(name="again"))

    answers = [deployed.announce(key) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]


def test_several_records_of_one_event_are_all_handled(deployed: Deployed) -> None:
    keys = [deployed.drop(f"several-{number}", package(name=f"several-{number}")) for number in range(3)]

    verdicts = deployed.announce(*keys)["verdicts"]

    assert [verdicts[key]["status"] for key in keys] == ["published"] * 3


def test_what_is_no_tarball_is_refused_and_says_why(deployed: Deployed) -> None:
    key = deployed.drop("bad", b"not a tarball")

    verdict = deployed.announce(key)["verdicts"][key]

    assert (verdict["status"], verdict["code"]) == ("refused", "not_gzip")


def test_an_object_that_is_gone_is_no_failure(deployed: Deployed) -> None:
    assert deployed.announce("prism/incoming/gone.tgz") == {"verdicts": {"prism/incoming/gone.tgz": None}}


def test_a_bucket_that_does_not_answer_fails_the_event_so_that_it_comes_again(deployed: Deployed) -> None:
    unreachable = deployed.start(UPLOADS_HANDLER, variables={"PRISM_S3_ENDPOINT": "http://127.0.0.1:9"})

    with pytest.raises(FunctionError, match="StorageUnavailable"):
        deployed.announce("prism/incoming/a.tgz", to=unreachable)


def test_a_job_that_is_queued_is_done_again_once(deployed: Deployed) -> None:
    deployed.publish("replayed", package(name="replayed"))
    (job,) = deployed.send("GET", "/v1/jobs?package=replayed").json["jobs"]
    function = deployed.start(JOBS_HANDLER)

    queued = deployed.send("POST", f"/v1/jobs/{job['id']}/replay?from=read")
    (place,) = deployed.keys(QUEUED)
    answers = [deployed.announce(place, to=function) for _ in range(2)]

    assert queued.status == 202
    assert answers == [{"jobs": {place: "completed"}}, {"jobs": {place: None}}]
    assert deployed.send("GET", f"/v1/jobs/{job['id']}").json["replays"] == 1


def test_the_test_event_of_s3_queues_no_job(deployed: Deployed) -> None:
    assert deployed.start(JOBS_HANDLER).invoke(TEST_EVENT) == {"jobs": {}}


def test_the_schedule_has_everything_swept(deployed: Deployed) -> None:
    report = deployed.start(SWEEP_HANDLER, timeout=60).invoke(scheduled_event("sweep"))

    assert report["complete"] is True
    assert {task["failed"] for task in report["tasks"]} == {0}
