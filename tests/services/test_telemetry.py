"""What publishing and reading tell of themselves."""

from collections.abc import Iterator

import pytest

from chalicelib import telemetry
from chalicelib.container import Container
from chalicelib.domain.errors import DigestMismatch, PrismError
from chalicelib.domain.names import PackageName
from chalicelib.domain.specs import PackageSpec
from chalicelib.services.publishing import PublishRequest
from chalicelib.settings import Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.wrappers import MeasuredStore
from tests.telemetry.emf import Written, metrics_written
from tests.worlds import ALICE, package, publish


def registry(store: ObjectStore | None = None) -> Container:
    return Container(Settings(storage_driver="memory", metrics="emf"), store=store)


def totals(written: Written, name: str) -> dict[str, float]:
    """Answer the sum of a metric by the value of its only dimension, or by nothing where it has none."""
    return {
        (dimensions[0][1] if dimensions else ""): sum(values)
        for (metric, dimensions), values in written.series().items()
        if metric == name
    }


def test_a_publish_is_counted_once_and_its_repetition_is_not() -> None:
    container = registry()

    with metrics_written() as first, telemetry.invocation("event"):
        publish(container)
    with metrics_written() as again, telemetry.invocation("event"):
        publish(container)

    assert (totals(first, "Publishes"), totals(again, "Publishes")) == ({"": 1}, {})


def test_every_stage_of_a_publish_is_timed() -> None:
    with metrics_written() as written, telemetry.invocation("event"):
        publish(registry())

    assert list(totals(written, "StageDuration")) == [
        "stage",
        "read",
        "analyze",
        "claim",
        "settle",
        "commit",
        "derive",
    ]


def test_a_refusal_is_counted_by_its_code() -> None:
    container = registry()
    publish(container)

    with metrics_written() as written, telemetry.invocation("event"):
        with pytest.raises(PrismError):
            publish(container, files={"index.js": "other bytes"})
        with pytest.raises(DigestMismatch):
            container.publishing.publish(
                PublishRequest(publisher=ALICE, source="cli", data=package("2.0.0"), sha256="0" * 64)
            )

    assert totals(written, "Refusals") == {"version_exists": 1, "digest_mismatch": 1}


def test_a_resolution_of_a_package_that_has_not_changed_is_a_hit() -> None:
    container = registry()
    publish(container)
    fresh = registry(container.store)

    with metrics_written() as written, telemetry.invocation("GET"):
        for _ in range(3):
            fresh.resolving.resolve(PackageSpec.parse("demo"), runtime="node", mode="import", base="")
        fresh.browsing.page(PackageName("demo"))

    assert (totals(written, "ResolveCacheMisses"), totals(written, "ResolveCacheHits")) == ({"": 1}, {"": 2})


def test_storage_calls_are_counted_by_verb() -> None:
    container = registry()
    publish(container)

    with metrics_written() as written, telemetry.invocation("GET"):
        container.browsing.page(PackageName("demo"))
        list(container.store.list(""))
        b"".join(container.store.stream(container.artifact_keys.tarball("demo", "1.0.0")))

    assert totals(written, "StorageCalls")["list"] == totals(written, "StorageCalls")["stream"] == 1
    assert totals(written, "StorageMilliseconds").keys() == totals(written, "StorageCalls").keys()


def test_a_measured_store_closes_what_is_left_unread() -> None:
    closed: list[bool] = []

    class Watched(MemoryStore):
        def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
            try:
                yield b"1"
                yield b"2"
            finally:
                closed.append(True)

    pieces = MeasuredStore(Watched()).stream("a")
    assert next(pieces) == b"1"
    pieces.close()  # type: ignore[attr-defined]  # streams are generators

    assert closed == [True]


def test_without_metrics_and_traces_a_store_is_not_wrapped_at_all() -> None:
    assert type(Container(Settings(storage_driver="memory")).store) is MemoryStore


def test_what_was_published_and_by_which_job_is_known_to_every_line_after_it() -> None:
    with telemetry.invocation("event"):
        publish(registry())
        told = telemetry.fields()

    assert (told["package"], told["version"]) == ("demo", "1.0.0")
    assert str(told["jobId"]).startswith("publish-")
