"""What is wrong with a bucket or a folder is named, with what to do about it."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain.keys import ObjectKeys
from chalicelib.settings import S3Settings
from chalicelib.storage import folder
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.bucket.diagnosis import Diagnosis
from chalicelib.storage.diagnosis import Expectations, Finding, place_of
from chalicelib.storage.filesystem import FilesystemStore
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.r2 import R2Store
from chalicelib.storage.s3 import S3Store
from tests.storage.proxy import Proxy, Response, Step, refuse

KEYS = ObjectKeys()
EXPECTED = Expectations(KEYS.prefix, KEYS.announced, KEYS.swept, KEYS.kept)
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
CREATED = ["s3:ObjectCreated:*"]


def found(client: Any, bucket: str, **options: Any) -> dict[str, Finding]:
    """Answer what is found of a bucket, by name."""
    diagnosis = Diagnosis(client, bucket, "PRISM_S3", **options)
    return {finding.name: finding for finding in diagnosis.findings(EXPECTED)}


def rule(prefix: str, **rest: Any) -> dict[str, Any]:
    return {"ID": prefix or "all", "Status": "Enabled", "Filter": {"Prefix": prefix}, **rest}


def set_up(direct: Any, bucket: str, rules: list[dict[str, Any]]) -> None:
    direct.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


SWEEPING = [rule(prefix, Expiration={"Days": 7}) for prefix in KEYS.swept]
ABORTING = rule("", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2})


def refused(status: int, code: str, **headers: str) -> Step:
    """Refuse as the service does, with headers of its own."""

    def step(request: Any, forward: Any) -> Response:
        answer = refuse(status, code)(request, forward)
        return Response(answer.status, {**answer.headers, **headers}, answer.body)

    return step


class TestABucket:
    def test_a_bucket_that_is_set_up_is_all_right(self, client: Any, direct: Any, bucket: str) -> None:
        set_up(direct, bucket, [*SWEEPING, ABORTING])
        topics = [
            {"TopicArn": TOPIC, "Events": CREATED, "Filter": {"Key": {"FilterRules": _rules(*place)}}}
            for place in KEYS.announced
        ]
        direct.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"TopicConfigurations": topics}
        )

        assert {name: finding.status for name, finding in found(client, bucket).items()} == {
            "credentials": "ok",
            "bucket": "ok",
            "clock": "ok",
            "notifications": "ok",
            "lifecycle": "ok",
        }

    def test_a_bare_bucket_is_worth_two_warnings_that_say_what_is_missing(
        self, client: Any, bucket: str
    ) -> None:
        checks = found(client, bucket)

        assert [name for name, check in checks.items() if check.status == "warning"] == [
            "notifications",
            "lifecycle",
        ]
        assert "`prism/incoming/` and `prism/heads/`" in str(checks["notifications"].fix)
        assert "expire what lies below `prism/staged/`, `prism/uploads/`" in str(checks["lifecycle"].fix)
        assert "abort unfinished multipart uploads" in str(checks["lifecycle"].fix)

    @pytest.mark.parametrize(
        ("status", "code", "name", "fix"),
        [
            pytest.param(
                403, "InvalidAccessKeyId", "credentials", "PRISM_S3_ACCESS_KEY_ID", id="unknown-key"
            ),
            pytest.param(
                403, "SignatureDoesNotMatch", "credentials", "PRISM_S3_SECRET_ACCESS_KEY", id="wrong-secret"
            ),
            pytest.param(400, "ExpiredToken", "credentials", "role", id="expired"),
            pytest.param(403, "AccessDenied", "credentials", "s3:ListBucket", id="not-allowed"),
            pytest.param(403, "RequestTimeTooSkewed", "bucket", "clock", id="clock"),
            pytest.param(404, "NoSuchBucket", "bucket", "PRISM_S3_BUCKET", id="no-bucket"),
            pytest.param(500, "InternalError", "bucket", "PRISM_S3_ENDPOINT", id="anything-else"),
        ],
    )
    def test_a_refusal_is_explained_and_nothing_more_is_asked(
        self, client: Any, proxy: Proxy, bucket: str, status: int, code: str, name: str, fix: str
    ) -> None:
        proxy.plan("list-type", refuse(status, code))

        checks = found(client, bucket)

        assert (list(checks), checks[name].status) == ([name], "failed")
        assert fix in str(checks[name].fix)
        assert len(proxy.seen) == 1

    def test_a_bucket_in_another_region_is_told_where_it_is(
        self, client: Any, proxy: Proxy, bucket: str
    ) -> None:
        proxy.plan(
            "list-type", refused(400, "AuthorizationHeaderMalformed", **{"x-amz-bucket-region": "eu-west-3"})
        )

        assert found(client, bucket)["bucket"].fix == "set PRISM_S3_REGION to eu-west-3"

    def test_an_impossible_name_is_no_bucket(self, client: Any) -> None:
        check = found(client, "Not A Bucket!")["bucket"]

        assert (check.status, check.fix) == ("failed", "correct PRISM_S3_BUCKET")

    def test_an_address_where_nobody_answers_is_named(self, make_client: Callable[..., Any]) -> None:
        client = make_client("http://127.0.0.1:9")

        check = found(client, "bucket")["bucket"]

        assert check.status == "failed"
        assert "http://127.0.0.1:9" in check.detail
        client.close()

    def test_missing_credentials_are_missed(
        self, s3_endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
            monkeypatch.delenv(name, raising=False)
        for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "BOTO_CONFIG"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        client = connect(S3Settings(bucket, "us-east-1", endpoint=s3_endpoint, force_path_style=True))

        check = found(client, bucket)["credentials"]

        assert (check.status, check.detail) == ("failed", "there are no credentials")
        client.close()

    @pytest.mark.parametrize(
        ("seconds", "status", "told"),
        [
            (30, "ok", "within 60 s"),
            (120, "warning", "ahead of"),
            (-120, "warning", "behind"),
            (1000, "failed", "ahead of"),
        ],
    )
    def test_the_clocks_are_compared(
        self, client: Any, bucket: str, seconds: int, status: str, told: str
    ) -> None:
        check = found(client, bucket, now=lambda: datetime.now(UTC) + timedelta(seconds=seconds))["clock"]

        assert check.status == status
        assert told in check.detail

    @pytest.mark.parametrize(
        ("target", "name", "permission"),
        [
            ("notification", "notifications", "s3:GetBucketNotification"),
            ("lifecycle", "lifecycle", "s3:GetLifecycleConfiguration"),
        ],
    )
    def test_a_missing_permission_is_a_warning_that_names_it(
        self, client: Any, proxy: Proxy, bucket: str, target: str, name: str, permission: str
    ) -> None:
        proxy.plan(rf"GET .*\?{target}", refuse(403, "AccessDenied"))

        check = found(client, bucket)[name]

        assert check.status == "warning"
        assert permission in str(check.fix)

    def test_a_service_without_notifications_is_a_warning(
        self, client: Any, proxy: Proxy, bucket: str
    ) -> None:
        proxy.plan(r"GET .*\?notification", refuse(501, "NotImplemented"))

        assert "does not tell" in found(client, bucket)["notifications"].detail

    def test_a_rule_that_deletes_packages_is_a_failure(self, client: Any, direct: Any, bucket: str) -> None:
        set_up(direct, bucket, [rule("prism/", Expiration={"Days": 90})])

        check = found(client, bucket)["lifecycle"]

        assert check.status == "failed"
        assert "`prism/manifests/`" in check.detail

    def test_r2_is_not_asked_for_notifications(self, client: Any, bucket: str) -> None:
        checks = {finding.name: finding for finding in R2Store(client, bucket).diagnose(EXPECTED)}

        assert checks["notifications"].detail.startswith("not applicable")


def _rules(prefix: str, suffix: str) -> list[dict[str, str]]:
    return [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]


OTHERS = ["prism/heads/", "prism/index/jobs/state/queued/"]


@pytest.mark.parametrize(
    ("configuration", "missing"),
    [
        pytest.param({}, ["prism/incoming/", *OTHERS], id="nothing"),
        pytest.param({"EventBridgeConfiguration": {}}, [], id="everything-to-the-event-bus"),
        pytest.param({"QueueConfigurations": [{"Events": CREATED}]}, [], id="everything-to-a-queue"),
        pytest.param(
            {
                "QueueConfigurations": [
                    {"Events": CREATED, "Filter": {"Key": {"FilterRules": _rules("prism/", "")}}}
                ]
            },
            [],
            id="the-whole-prefix",
        ),
        pytest.param(
            {
                "QueueConfigurations": [
                    {"Events": CREATED, "Filter": {"Key": {"FilterRules": _rules("prism/", ".tgz")}}}
                ]
            },
            OTHERS,
            id="only-tarballs",
        ),
        pytest.param(
            {"QueueConfigurations": [{"Events": ["s3:ObjectRemoved:*"]}]},
            ["prism/incoming/", *OTHERS],
            id="removals-only",
        ),
        pytest.param(
            {"LambdaFunctionConfigurations": [{"Events": ["s3:ObjectCreated:Put"]}]},
            ["prism/incoming/", *OTHERS],
            id="some-creations-only",
        ),
    ],
)
def test_who_hears_of_what_is_read_from_every_kind_of_rule(
    configuration: dict[str, Any], missing: list[str]
) -> None:
    from chalicelib.storage.bucket.notifications import unannounced

    assert unannounced(configuration, KEYS.announced) == missing


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        pytest.param([*SWEEPING, ABORTING], "ok", id="all-there"),
        pytest.param([*SWEEPING], "warning", id="uploads-stay"),
        pytest.param([*SWEEPING[1:], ABORTING], "warning", id="one-prefix-missing"),
        pytest.param([*SWEEPING, {**ABORTING, "Status": "Disabled"}], "warning", id="disabled"),
        pytest.param(
            [*SWEEPING, rule("other/", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2})],
            "warning",
            id="elsewhere",
        ),
        pytest.param(
            [*SWEEPING, {**ABORTING, "Filter": {"And": {"Prefix": "", "Tags": []}}}],
            "warning",
            id="narrowed-by-tags",
        ),
        pytest.param(
            [*SWEEPING, ABORTING, rule("", Expiration={"Days": 1})], "failed", id="everything-expires"
        ),
        pytest.param(
            [*SWEEPING, ABORTING, rule("prism/heads/a", Expiration={"Days": 1})],
            "failed",
            id="some-packages-expire",
        ),
        pytest.param(
            [*SWEEPING, ABORTING, rule("", Expiration={"ExpiredObjectDeleteMarker": True})],
            "ok",
            id="old-markers",
        ),
        pytest.param(
            [*SWEEPING, ABORTING, rule("logs/", Expiration={"Days": 1})], "ok", id="others-in-the-bucket"
        ),
    ],
)
def test_lifecycles_are_judged(rules: list[dict[str, Any]], status: str) -> None:
    from chalicelib.storage.bucket.lifecycle import judge_lifecycle

    assert judge_lifecycle(rules, EXPECTED).status == status


def test_the_rules_that_a_deployment_makes_are_the_ones_expected() -> None:
    from chalicelib.storage.bucket.lifecycle import judge_lifecycle
    from deployment.bucket import lifecycle_rules, notification_rules

    assert judge_lifecycle(lifecycle_rules(KEYS.prefix), EXPECTED).status == "ok"
    assert [(made.prefix, made.suffix) for made in notification_rules(KEYS.prefix)] == list(KEYS.announced)


class TestAFolder:
    def findings(self, root: Path) -> dict[str, Finding]:
        return {finding.name: finding for finding in FilesystemStore(root).diagnose(EXPECTED)}

    def test_a_folder_that_can_be_written_to_is_all_right_and_left_as_it_was(self, tmp_path: Path) -> None:
        store = FilesystemStore(tmp_path)
        store.put("a", b"1")

        checks = {finding.name: finding.status for finding in store.diagnose(EXPECTED)}

        assert (checks["root"], checks["notifications"]) == ("ok", "ok")
        assert list((tmp_path / ".prism-store" / "drafts").iterdir()) == []

    def test_a_folder_without_links_is_of_no_use(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_links(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)

        check = self.findings(tmp_path)["root"]

        assert (check.status, "hard links" in str(check.fix)) == ("failed", True)

    def test_a_folder_that_cannot_be_written_to_is_of_no_use(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")

        [root, *_] = folder.findings(tmp_path, tmp_path / "file" / "drafts")

        assert (root.status, "STORAGE_ROOT" in str(root.fix)) == ("failed", True)

    @pytest.mark.parametrize(("free", "status"), [(2 << 30, "ok"), (1 << 20, "warning")])
    def test_little_room_is_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str
    ) -> None:
        usage = SimpleNamespace(total=10 << 30, used=0, free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

        assert self.findings(tmp_path)["space"].status == status


def test_a_store_tells_where_it_is_as_far_as_it_knows(client: Any, proxy: Proxy, tmp_path: Path) -> None:
    assert place_of(MemoryStore()) == {}
    assert place_of(FilesystemStore(tmp_path)) == {"root": str(tmp_path)}
    assert place_of(S3Store(client, "bucket")) == {"bucket": "bucket", "endpoint": proxy.url}


def test_without_an_endpoint_of_ones_own_the_regions_is_told() -> None:
    client = connect(S3Settings("bucket", "eu-central-1", access_key_id="a", secret_access_key="b"))

    assert place_of(S3Store(client, "bucket"))["endpoint"] == "https://s3.eu-central-1.amazonaws.com"
