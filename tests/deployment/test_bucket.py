"""The bucket is private, swept and announces what arrives, whatever others keep in it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import botocore.session
import pytest
from botocore.stub import Stubber

from chalicelib.domain.keys import ObjectKeys
from chalicelib.services.sweeping.needs import REPLAYABLE
from chalicelib.storage.bucket.lifecycle import judge_lifecycle
from chalicelib.storage.bucket.notifications import unannounced
from chalicelib.storage.diagnosis import Expectations
from deployment.bucket import (
    EXPIRY_DAYS,
    TLS_ONLY,
    UnusableBucket,
    configure,
    create_bucket,
    lifecycle_rules,
    notification_rules,
    release,
    require_tls,
)
from deployment.stage import BUCKET_FUNCTIONS
from tests.deployment.aws import REGION

THEIR_RULE: Final = {
    "ID": "theirs",
    "Status": "Enabled",
    "Filter": {"Prefix": "backups/"},
    "Expiration": {"Days": 90},
}
PREFIX: Final = "prism/"

Clients = Callable[[str], Any]


@pytest.fixture
def s3(clients: Clients) -> Any:
    return clients("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{uuid4().hex}"
    create_bucket(s3, name, REGION)
    return name


@pytest.fixture
def queue(clients: Clients) -> str:
    sqs = clients("sqs")
    url = sqs.create_queue(QueueName=f"queue-{uuid4().hex}")["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def told(s3: Any, bucket: str) -> dict[str, Any]:
    """Answer the notifications and lifecycle rules of a bucket by id."""
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {item["Id"]: item for item in found.get("QueueConfigurations", [])} | {
        rule["ID"]: rule for rule in rules
    }


def test_a_bucket_is_created_once(s3: Any) -> None:
    name = f"bucket-{uuid4().hex}"

    assert create_bucket(s3, name, REGION)
    assert not create_bucket(s3, name, REGION)
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == REGION


def test_a_bucket_is_private_encrypted_and_owned(s3: Any, bucket: str) -> None:
    access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]

    assert set(access.values()) == {True}
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_a_bucket_refuses_requests_without_tls_beside_what_its_policy_said(s3: Any, bucket: str) -> None:
    theirs = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObjectAcl",
        "Resource": "*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]}))

    for _ in range(2):
        require_tls(s3, bucket)

    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert [statement["Sid"] for statement in statements] == ["Theirs", TLS_ONLY]
    with pytest.raises(s3.exceptions.ClientError, match="Forbidden"):
        s3.put_object(Bucket=bucket, Key="key", Body=b"sent without TLS")


def test_a_bucket_made_over_tls_requires_it_and_an_emulators_does_not() -> None:
    assert _statements_of("https://s3.example") == [TLS_ONLY]
    assert _statements_of("http://127.0.0.1:4566") == []


def _statements_of(endpoint: str) -> list[str]:
    """Answer the statements of the policy that a bucket gets at an endpoint."""
    client = botocore.session.get_session().create_client(
        "s3", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        for step in (
            "head_bucket",
            "put_public_access_block",
            "put_bucket_ownership_controls",
            "put_bucket_encryption",
        ):
            stubber.add_response(step, {})
        stubber.add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
        stubber.add_response("put_bucket_policy", {})
        put: list[str] = []
        client.meta.events.register(
            "provide-client-params.s3.PutBucketPolicy", lambda params, **_: put.append(params["Policy"])
        )
        create_bucket(client, "bucket", REGION)
    client.close()
    return [statement["Sid"] for policy in put for statement in json.loads(policy)["Statement"]]


def test_uploads_heads_and_queued_jobs_are_announced(s3: Any, bucket: str, queue: str) -> None:
    configure(s3, bucket, PREFIX, dict.fromkeys(BUCKET_FUNCTIONS, queue))

    found = told(s3, bucket)
    places = {
        tuple(part["Value"] for part in found[rule.id]["Filter"]["Key"]["FilterRules"])
        for rule in notification_rules(PREFIX)
    }
    assert places == {
        ("prism/incoming/", ".tgz"),
        ("prism/heads/", ".json"),
        ("prism/index/jobs/state/queued/", ".json"),
    }


def test_announcements_arrive(s3: Any, clients: Clients, bucket: str, queue: str) -> None:
    sqs = clients("sqs")
    configure(s3, bucket, PREFIX, {"publish_uploads": queue})
    url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)

    for key in ("prism/incoming/a.tgz", "prism/incoming/a.txt", "prism/staged/a.tgz"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")

    bodies = [
        json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    assert [body["Records"][0]["s3"]["object"]["key"] for body in bodies] == ["prism%2Fincoming%2Fa.tgz"]


def test_configuring_again_changes_nothing(s3: Any, bucket: str, queue: str) -> None:
    targets = dict.fromkeys(BUCKET_FUNCTIONS, queue)
    configure(s3, bucket, PREFIX, targets)
    before = told(s3, bucket)

    configure(s3, bucket, PREFIX, targets)

    assert told(s3, bucket) == before


def test_what_others_configured_stays_and_ours_goes(s3: Any, bucket: str, queue: str) -> None:
    theirs = {"Id": "theirs", "QueueArn": queue, "Events": ["s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [theirs]}
    )
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [THEIR_RULE]})

    configure(s3, bucket, PREFIX, {"publish_uploads": queue})
    both = set(told(s3, bucket))
    release(s3, bucket, PREFIX)

    assert {"theirs", "prism:publish_uploads:prism/incoming/"} < both
    assert set(told(s3, bucket)) == {"theirs"}


def test_releasing_an_unconfigured_bucket_changes_nothing(s3: Any, bucket: str) -> None:
    release(s3, bucket, PREFIX)

    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_two_registries_in_one_bucket_do_not_disturb_each_other(s3: Any, bucket: str, queue: str) -> None:
    configure(s3, bucket, "one/", {"publish_uploads": queue})
    configure(s3, bucket, "two/", {"publish_uploads": queue})

    release(s3, bucket, "one/")

    assert {rule_id.partition("two/")[1] for rule_id in told(s3, bucket)} == {"two/"}


def test_a_target_that_is_neither_function_nor_queue_is_refused(s3: Any, bucket: str) -> None:
    with pytest.raises(ValueError, match="neither a Lambda function nor an SQS queue"):
        configure(s3, bucket, PREFIX, {"publish_uploads": "arn:aws:sns:eu-central-1:1:topic"})


@pytest.mark.parametrize("prefix", ["", "prism/", "deep/er/"])
def test_the_registry_itself_finds_nothing_wrong_with_the_rules(prefix: str) -> None:
    keys = ObjectKeys(prefix)
    expected = Expectations(prefix, keys.announced, keys.swept, keys.kept)
    rules = [{"Events": rule.events, "Filter": rule.filter} for rule in notification_rules(prefix)]

    assert judge_lifecycle(lifecycle_rules(prefix), expected).status == "ok"
    assert unannounced({"LambdaFunctionConfigurations": rules}, keys.announced) == []


def test_staged_bytes_outlive_every_job_that_the_sweeper_keeps_them_for() -> None:
    """A job may stage its bytes some days before it fails, and its time begins at its end."""
    assert timedelta(days=EXPIRY_DAYS["staged"]) >= 2 * REPLAYABLE


def test_every_function_that_the_bucket_calls_hears_of_something() -> None:
    assert [rule.function for rule in notification_rules(PREFIX)] == list(BUCKET_FUNCTIONS)


def test_a_rule_that_another_way_of_deploying_left_is_replaced(s3: Any, bucket: str, queue: str) -> None:
    rule, *_ = notification_rules(PREFIX)
    left = {"Id": "a name that CloudFormation made up", "QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}
    removals = {**left, "Id": "theirs", "Events": ["s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [{**left, "Filter": rule.filter}, {**removals, "Filter": rule.filter}]
        },
    )

    configure(s3, bucket, PREFIX, dict.fromkeys(BUCKET_FUNCTIONS, queue))

    found = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert {item["Id"] for item in found} == {"theirs", *(rule.id for rule in notification_rules(PREFIX))}


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        pytest.param(403, {}, "`taken` is somebody else's", id="somebody else's"),
        pytest.param(200, {"BucketRegion": "us-west-2"}, "`taken` is in us-west-2", id="in another region"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_told(
    s3: Any, status: int, headers: dict[str, str], told: str
) -> None:
    with Stubber(s3) as stubber:
        if status == 200:
            stubber.add_response("head_bucket", headers)
        else:
            stubber.add_client_error("head_bucket", "403", http_status_code=status)

        with pytest.raises(UnusableBucket, match=told):
            create_bucket(s3, "taken", REGION)
