"""Each function may do what it does, and nothing else: held against every call that it was seen to make."""

import json
from itertools import product
from typing import Any, Final

import pytest

from app import app
from deployment.policies import Place, policy, policy_texts
from deployment.stage import API, EVENT_FUNCTIONS, FUNCTIONS, ROOT, Stage, read_stage, stage_names
from tests.deployment.driving import Recorder, route_name
from tests.deployment.iam import Call, Grant, Need, allowing, grants, needs

READ_BACK: Final = "a write whose answer was lost is read back, to see whether it was done"
LOST_STAGED: Final = (
    "a tarball of several parts, sent again because another publisher had cleaned up, and interrupted"
)
INTERRUPTED: Final = "an object of several parts whose sending was interrupted"
BY_LAMBDA: Final = "Lambda itself does it, in the function's name"
SIGNING: Final = "whoever publishes or derives signs versions, and makes the first key where there is none"
RING: Final = "access/signing/keys.json"

UNSEEN: Final[dict[str, dict[tuple[str, str], str]]] = {
    API: {
        ("s3:AbortMultipartUpload", "archives/*"): INTERRUPTED,
        ("s3:AbortMultipartUpload", "rendered/*"): INTERRUPTED,
        ("s3:AbortMultipartUpload", "uploads/*"): INTERRUPTED,
    },
    "publish_uploads": {
        ("s3:AbortMultipartUpload", "staged/*"): INTERRUPTED,
        ("s3:AbortMultipartUpload", "tarballs/*"): LOST_STAGED,
        ("s3:PutObject", RING): SIGNING,
        ("s3:GetObject", "packages/*"): READ_BACK,
        ("s3:GetObject", "tarballs/*"): READ_BACK,
        ("sqs:SendMessage", "dead-letters"): BY_LAMBDA,
    },
    "derive_packages": {
        ("s3:PutObject", RING): SIGNING,
        ("sqs:SendMessage", "dead-letters"): BY_LAMBDA,
    },
    "run_jobs": {
        ("s3:AbortMultipartUpload", "archives/*"): INTERRUPTED,
        ("s3:AbortMultipartUpload", "uploads/*"): INTERRUPTED,
        ("s3:PutObject", RING): SIGNING,
        ("s3:GetObject", "packages/*"): READ_BACK,
        ("sqs:SendMessage", "dead-letters"): BY_LAMBDA,
    },
    "sweep": {
        ("s3:AbortMultipartUpload", "archives/*"): INTERRUPTED,
        ("s3:AbortMultipartUpload", "uploads/*"): INTERRUPTED,
        ("s3:PutObject", RING): SIGNING,
        ("s3:GetObject", "packages/*"): READ_BACK,
        ("sqs:SendMessage", "dead-letters"): BY_LAMBDA,
    },
}
"""What no recorded call needed, and why it is allowed all the same; logs come on top."""

LOGS: Final = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.fixture
def stage() -> Stage:
    return read_stage("prod")


def said(stage: Stage, function: str, bucket: str = "bucket") -> dict[str, Any]:
    """Answer the policy of a function over a bucket."""
    return policy(stage, stage.functions[function], Place(bucket))


def room(stage: Stage, grant: Grant) -> str:
    """Answer what a resource is below the registry's prefix, or the end of its name."""
    return grant.resource.rpartition(f"/{stage.prefix}")[2] if "s3:::" in grant.resource else "dead-letters"


def test_policies_allow_what_functions_do_and_nothing_else(recorded: Recorder, stage: Stage) -> None:
    """One test, as what all functions do takes minutes to record, and would be recorded by every test process."""
    check_every_route_was_driven(recorded)
    check_what_was_driven_is_everything_a_function_can_do(recorded)
    for function in FUNCTIONS:
        check_everything_a_function_does_is_allowed(recorded, stage, function)
        check_everything_allowed_is_done_or_has_a_reason(recorded, stage, function)


def check_everything_a_function_does_is_allowed(recorded: Recorder, stage: Stage, function: str) -> None:
    """Show that no call of a function is denied."""
    policies = said(stage, function, recorded.bucket)

    denied = [
        (call, need)
        for call in recorded.calls[function]
        for need in needs(call)
        if not allowing(policies, need)
    ]

    assert denied == []


def check_everything_allowed_is_done_or_has_a_reason(recorded: Recorder, stage: Stage, function: str) -> None:
    """Show that what a function is allowed and never asks for is listed with its reason."""
    policies = said(stage, function, recorded.bucket)
    used = {
        grant
        for call in recorded.calls[function]
        for need in needs(call)
        for grant in allowing(policies, need)
    }

    unseen = {grant for grant in grants(policies) if grant not in used and grant.action not in LOGS}

    assert {(grant.action, room(stage, grant)) for grant in unseen} == set(UNSEEN[function])


def check_every_route_was_driven(recorded: Recorder) -> None:
    """Show that the recording is of every route, and of every kind of answer."""
    assert recorded.routes == {route_name(route) for route in app.router.routes}
    assert {answer.status for answer in recorded.answers} == {
        200,
        201,
        202,
        204,
        302,
        400,
        403,
        404,
        409,
        405,
        410,
        412,
        422,
    }


def check_what_was_driven_is_everything_a_function_can_do(recorded: Recorder) -> None:
    """Show that the recording has what functions seldom do."""
    seen = {function: {call.operation for call in recorded.calls[function]} for function in FUNCTIONS}

    assert {"CompleteMultipartUpload", "AbortMultipartUpload", "CopyObject"} <= seen[API]
    assert {"CompleteMultipartUpload", "AbortMultipartUpload", "CopyObject"} <= seen["publish_uploads"]
    assert {"CompleteMultipartUpload", "AbortMultipartUpload", "CopyObject"} <= seen["run_jobs"]
    assert {"CompleteMultipartUpload", "AbortMultipartUpload", "CopyObject"} <= seen["sweep"]
    assert {"PutObject", "DeleteObject", "ListObjectsV2"} <= seen["derive_packages"]


KEPT: Final = (
    "access",
    "advisories",
    "attestations",
    "heads",
    "jobs",
    "manifests",
    "metadata",
    "segments",
    "verdicts",
)
"""What must never go."""
ERASED: Final = ("files", "npm", "packages", "tarballs")
"""What goes when its version is unpublished."""
FORBIDDEN: Final = [
    *[pytest.param(f, "s3:DeleteObject", r, id=f"{f}-deletes-{r}") for f, r in product(FUNCTIONS, KEPT)],
    pytest.param(API, "s3:PutObject", "incoming", id="the-api-writes-uploads"),
    pytest.param(API, "s3:DeleteObject", "incoming", id="the-api-deletes-uploads"),
    pytest.param(API, "s3:PutObject", "verdicts", id="the-api-writes-verdicts"),
    pytest.param("publish_uploads", "s3:PutObject", "wishes", id="whoever-hears-of-uploads-wishes"),
    pytest.param("publish_uploads", "s3:DeleteObject", "wishes", id="whoever-hears-of-uploads-forgets"),
    *[pytest.param(f, "s3:PutObject", "access", id=f"{f}-writes-access") for f in EVENT_FUNCTIONS],
    *[pytest.param(f, "s3:PutObject", "advisories", id=f"{f}-writes-advisories") for f in EVENT_FUNCTIONS],
    *[pytest.param(f, "s3:GetObject", "access/tokens", id=f"{f}-reads-tokens") for f in EVENT_FUNCTIONS],
    *[
        pytest.param(f, f"s3:{action}Object", room, id=f"{f}-{action}s-{room}".lower())
        for f, action, room in product(
            ("run_jobs", "sweep"), ("Get", "Put", "Delete"), ("incoming", "verdicts")
        )
    ],
    *[
        pytest.param(
            "derive_packages", f"s3:{action}Object", "index/jobs", id=f"deriving-{action}s-jobs".lower()
        )
        for action in ("Get", "Put", "Delete")
    ],
    *[
        pytest.param(f, "s3:PutObject", "sweep", id=f"{f}-writes-how-far-sweeps-are")
        for f in ("publish_uploads", "derive_packages", "run_jobs")
    ],
    pytest.param("publish_uploads", "s3:PutObject", "incoming", id="uploads-announce-themselves"),
    *[
        pytest.param("derive_packages", "s3:PutObject", r, id=f"deriving-writes-{r}")
        for r in (*KEPT, "files", "packages", "tarballs", "incoming", "staged")
    ],
    pytest.param("derive_packages", "s3:GetObject", "incoming", id="deriving-reads-uploads"),
    *[pytest.param(f, "s3:PutBucketPolicy", "x", id=f"{f}-opens-the-bucket") for f in FUNCTIONS],
]


@pytest.mark.parametrize(("function", "action", "place"), FORBIDDEN)
def test_nothing_else_is_allowed(stage: Stage, function: str, action: str, place: str) -> None:
    need = Need(action, f"arn:aws:s3:::bucket/{stage.prefix}{place}/some/key.json")

    assert allowing(said(stage, function), need) == []


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "resource",
    [
        pytest.param("arn:aws:s3:::bucket/other/heads/demo.json", id="another-prefix"),
        pytest.param("arn:aws:s3:::bucket/prism/unknown/demo.json", id="an-unknown-room"),
        pytest.param("arn:aws:s3:::bucket-2/prism/heads/demo.json", id="another-bucket"),
    ],
)
def test_nothing_outside_of_the_registry_can_be_read(stage: Stage, function: str, resource: str) -> None:
    assert allowing(said(stage, function), Need("s3:GetObject", resource)) == []


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("prefix", ["", "prism/", "prism/head", "prism/unknown/", "other/"])
def test_only_what_is_read_can_be_listed(stage: Stage, function: str, prefix: str) -> None:
    need = Need("s3:ListBucket", "arn:aws:s3:::bucket", (("s3:prefix", prefix),))

    assert allowing(said(stage, function), need) == []


@pytest.mark.parametrize("function", EVENT_FUNCTIONS)
def test_tokens_and_audits_are_listed_by_the_api_alone(stage: Stage, function: str) -> None:
    for prefix in ("prism/access/", "prism/access/tokens/", "prism/access/audit/"):
        need = Need("s3:ListBucket", "arn:aws:s3:::bucket", (("s3:prefix", prefix),))
        assert allowing(said(stage, API), need)
        assert allowing(said(stage, function), need) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_missing_object_is_told_from_a_forbidden_one_wherever_a_function_reads(
    stage: Stage, function: str
) -> None:
    policies = said(stage, function)
    read = [grant.resource for grant in grants(policies) if grant.action == "s3:GetObject"]

    assert read
    for resource in read:
        key = resource.removeprefix("arn:aws:s3:::bucket/").replace("*", "missing.json")
        assert all(allowing(policies, need) for need in needs(Call("HeadObject", "bucket", key=key)))


@pytest.mark.parametrize(("name", "function"), list(product(stage_names(), FUNCTIONS)))
def test_no_statement_speaks_of_everything(name: str, function: str) -> None:
    for grant in grants(policy(read_stage(name), read_stage(name).functions[function])):
        assert grant.effect == "Allow"
        assert "*" not in grant.action
        assert grant.resource.count("*") <= (1 if "s3:::" in grant.resource else 3)
        assert grant.resource not in {"*", "arn:aws:s3:::*"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_to_its_own_group_only(stage: Stage, function: str) -> None:
    own = stage.functions[function].log_group
    allowed = [grant for grant in grants(said(stage, function)) if grant.action in LOGS]

    assert {grant.resource.removesuffix(":*").rpartition(":")[2] for grant in allowed} == {own}


@pytest.mark.parametrize("name", stage_names())
def test_the_files_that_chalice_reads_are_what_the_templates_say(name: str) -> None:
    for file, text in policy_texts(read_stage(name)).items():
        assert (ROOT / ".chalice" / file).read_text() == text, "run `python -m deployment policies`"


def test_every_policy_file_belongs_to_a_stage() -> None:
    wanted = {file for name in stage_names() for file in policy_texts(read_stage(name))}

    assert {path.name for path in (ROOT / ".chalice").glob("policy-*.json")} == wanted


def test_stages_differ_in_names_only() -> None:
    dev, prod = (policy_texts(read_stage(name)) for name in ("dev", "prod"))

    renamed = [
        text.replace("registry-dev", "registry-prod").replace("prism-dev", "prism-prod")
        for text in dev.values()
    ]

    assert renamed == list(prod.values())


def test_tracing_is_allowed_where_it_is_on(stage: Stage) -> None:
    import dataclasses

    traced = dataclasses.replace(stage, traced=True)
    actions = {grant.action for grant in grants(said(traced, API))}

    assert "xray:PutTraceSegments" in actions
    assert not any(grant.action.startswith("xray") for grant in grants(said(stage, API)))


@pytest.mark.parametrize(("name", "function"), list(product(stage_names(), FUNCTIONS)))
def test_a_policy_fits_into_a_role(name: str, function: str) -> None:
    text = json.dumps(policy(read_stage(name), read_stage(name).functions[function]), separators=(",", ":"))

    assert len(text) <= 10_240, "what IAM takes"
