"""A registry that processes share, and what must be true of it however they have ended."""

import gzip
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from chalicelib.container import Container
from chalicelib.domain.executions.records import Event, Job
from chalicelib.domain.head import Head
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import moment
from chalicelib.services.publishing import analyze
from chalicelib.services.publishing.wishes import job_id
from chalicelib.settings import Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectStore
from tests.builders import Content
from tests.services.executing.fates import Fate
from tests.services.executing.workers import Task, Worker, request
from tests.worlds import ALICE, World, package, world

NAME: Final = PackageName("demo")
VERSION: Final = "1.0.0"
FILES: Final = {
    "index.js": "export * from './lib/a.js'\n",
    "index.d.ts": "export declare const a: number\n",
    "lib/a.js": "export const a = 1\n",
}


@dataclass
class Registry:
    """What is to be published into one registry, and the workers who were begun over it."""

    environment: dict[str, str]
    medium: ObjectStore
    more: dict[str, Content] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    @cached_property
    def settings(self) -> Settings:
        """What the environment says."""
        return Settings.from_env(self.environment)

    @cached_property
    def world(self) -> World:
        """The registry as this process sees it."""
        return world(self.settings, self.medium)

    @cached_property
    def data(self) -> bytes:
        """The tarball."""
        return package(VERSION, files=FILES | self.more, types="index.d.ts")

    @property
    def job_id(self) -> str:
        """The id of the job of publishing it."""
        return job_id(hashlib.sha256(self.data).hexdigest(), ALICE.name)

    def begin(
        self, fate: Fate | None = None, *, taken_up: bool = False, later: float | None = None
    ) -> Worker:
        """Begin a worker who publishes the tarball, or takes up the job of doing so.

        Unless it is told how much later it is by its clock, all leases of those before have ended by then.
        """
        passed = 2.0 * self.settings.lease_seconds * len(self.workers) if later is None else later
        data = None if taken_up else self.data
        self.workers.append(Worker(Task(self.environment, data, self.job_id, fate or Fate(), passed)))
        return self.workers[-1]

    def close(self) -> None:
        """Make sure that all workers are gone."""
        for worker in self.workers:
            worker.close()

    def job(self) -> Job:
        """Answer the job."""
        job = self.world.fresh().executions.retrieve_job(self.job_id)
        assert job is not None
        return job

    def events(self) -> list[Event]:
        """Answer the events of all runs of the job, in order."""
        executions = self.world.fresh().executions
        runs = executions.runs_of(self.job_id)
        return [
            event for run in runs for event in executions.page_events(self.job_id, run.run_id, limit=1000)
        ]


def assert_published_as_if_undisturbed(registry: Registry) -> None:
    """Show that the version is there, and all that is stored of it is what a worker would have stored without trouble.

    That worker takes the number at the same moment, and signs with the same key. Of the head's event neither the id nor
    the moment is compared, in packuments no moment, and of the record of what was tried nothing, but that one job has
    come to its end.
    """
    reader, medium = registry.world.fresh(), MemoryStore()
    key = registry.world.container.keys.signing_keys
    medium.put(key, b"".join(registry.medium.stream(key)))
    at = moment(published_at(reader))
    alone = Container(registry.settings, store=medium, now=lambda: at)
    alone.publishing.publish(request(registry.data))

    assert contents(registry.world) == contents(World(registry.settings, medium, registry.world.store, alone))
    assert_readable(reader, registry.data)
    assert [job.state for job in reader.executions.get_all_jobs()] == ["completed"]


def assert_readable(reader: Container, data: bytes) -> None:
    """Show that a process can read all of the version."""
    assert reader.browsing.page(NAME).versions == [VERSION]
    assert reader.artifacts.stored_tarball(NAME, VERSION) == data
    for path, content in FILES.items():
        assert reader.serving.read(reader.serving.find(NAME, VERSION, path)) == content.encode()
    assert [line.name for line in reader.searching.packages(after="", limit=10).packages] == [NAME]


def assert_each_stage_begun_at_most_twice(registry: Registry) -> None:
    """Show it by what the events say, and by what the workers themselves have told."""
    assert max(told_begun(registry).values()) <= 2
    assert max(really_begun(registry).values()) <= 2


def contents(registry: World) -> dict[str, bytes]:
    """Answer the bytes of everything stored but executions and probes."""
    keys = registry.container.keys
    wanted = [key for key in registry.stored() if not key.startswith(keys.probes)]
    return {key: _timeless(b"".join(registry.medium.stream(key)), key, keys.heads) for key in wanted}


_MOMENT: Final = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")


def _timeless(data: bytes, key: str, heads: str) -> bytes:
    """Answer the bytes of an object: a head's without the ids and moments of its events, a packument's unpacked."""
    if key.endswith(".json.gz"):
        return _MOMENT.sub(b"at", gzip.decompress(data))
    if key.startswith(heads):
        for event in Head.from_bytes(data).events:
            data = data.replace(event.id.encode(), b"id").replace(event.at.encode(), b"at")
    return data


def published_at(reader: Container) -> str:
    """Answer the moment at which the number was taken."""
    manifest = reader.manifests.get(NAME, VERSION)
    assert manifest is not None
    return manifest.manifest.claim.published_at


def assert_the_first_analysis_counts(registry: Registry) -> None:
    """Show that the number was taken under the facts of the first analysis that was kept, whoever took it."""
    reader = registry.world.fresh()
    kept = reader.executions.get_checkpoints_by_job_id(registry.job_id)
    first = min((found for found in kept if found.stage == analyze.name), key=lambda found: found.id)
    assert published_at(reader) == (first.outputs or {})["publishedAt"]


def told_begun(registry: Registry) -> Counter[str]:
    """Count how often the events say that a stage begins."""
    told = [(event.type, event.payload or {}) for event in registry.events()]
    first = [payload["stage"] for kind, payload in told if kind == "claimRun"]
    return Counter([*first, *(payload["next"] for _, payload in told if "next" in payload)])


def really_begun(registry: Registry) -> Counter[str]:
    """Count how often the workers have told themselves that they begin a stage."""
    return Counter(stage for worker in registry.workers for stage in worker.stages)
