"""LocalStack in a container gets what LocalStack as a process gets; the hook is run by LocalStack itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployment.bucket import lifecycle_rules, notification_rules
from localstack import host, ports
from tests.emulators import S3Emulator
from tests.localstack.emulations import eventually

FOLDER = host.ROOT / "localstack"
PREFIX = "prism/"


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[S3Emulator]:
    """LocalStack as a process, with the container's hook where LocalStack looks for hooks."""
    (tmp_path / "etc" / "localstack").mkdir(parents=True)
    (tmp_path / "etc" / "localstack" / "init").symlink_to(FOLDER / "init")
    (tmp_path / "var").symlink_to(host.STATE / "var")
    monkeypatch.setattr(host, "STATE", tmp_path)
    port = ports.free_port()
    hooked = {"PRISM_ROOT": str(host.ROOT), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    monkeypatch.setattr(host, "VARIABLES", {**host.VARIABLES, **hooked})
    with host.running(tmp_path / "log", port=port) as emulator:
        yield S3Emulator(emulator.endpoint)


def test_the_hook_prepares_the_bucket_by_the_operators_rules(prepared: S3Emulator) -> None:
    s3 = prepared.client("s3")
    told = eventually(lambda: notifications(s3))
    rules = s3.get_bucket_lifecycle_configuration(Bucket="prism")["Rules"]
    s3.close()

    assert {(rule["Id"], rule["QueueArn"].rpartition(":")[2]) for rule in told} == {
        (rule.id, f"prism-{rule.function}") for rule in notification_rules(PREFIX)
    }
    assert {rule["ID"] for rule in rules} == {rule["ID"] for rule in lifecycle_rules(PREFIX)}


def notifications(s3: Any) -> list[dict[str, Any]] | None:
    """Answer the queues that the bucket tells, or None as long as it is not prepared."""
    if "prism" not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        return None
    told: dict[str, Any] = s3.get_bucket_notification_configuration(Bucket="prism")
    return told.get("QueueConfigurations")


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    """The container as the compose file describes it."""
    described: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
    only: dict[str, Any] = described["services"]["localstack"]
    return only


def test_the_container_is_the_release_that_runs_as_a_process(service: dict[str, Any]) -> None:
    version = service["image"].partition(":")[2]

    assert f'"localstack-core[base-runtime]=={version}"' in (host.ROOT / "Makefile").read_text()


def test_the_container_is_configured_as_the_process_is(service: dict[str, Any]) -> None:
    shared = host.VARIABLES.keys() & service["environment"].keys()

    assert shared >= {"SERVICES", "S3_SKIP_SIGNATURE_VALIDATION", "SQS_ENDPOINT_STRATEGY"}
    assert {name: service["environment"][name] for name in shared} == {
        name: host.VARIABLES[name] for name in shared
    }


def test_everything_the_hook_needs_is_mounted(service: dict[str, Any]) -> None:
    mounts = {
        target: FOLDER / source for source, target, _ in (mount.split(":") for mount in service["volumes"])
    }
    root = service["environment"]["PRISM_ROOT"]

    assert (mounts["/etc/localstack/init"] / "ready.d" / "prism.py").is_file()
    assert mounts[f"{root}/localstack/provision.py"].is_file()
    assert (mounts[f"{root}/deployment"] / "bucket.py").is_file()
