"""What became of an upload that is a package: its job followed to the end, and told as a publish in one request is."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.cli.client import Answer, version_path
from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed, RegistryRefused
from chalicelib.cli.failures import failure_of
from chalicelib.cli.following import Follower
from chalicelib.cli.granting import segment
from chalicelib.cli.output import printable
from chalicelib.cli.problems import HINTS
from chalicelib.cli.stages import finished_stages
from chalicelib.cli.uploading.patience import Patience

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry

Json = Mapping[str, Any]


class Outcomes:
    """Finds out what is published, and by which job."""

    def __init__(self, registry: "Registry", env: Environment, patience: Patience, *, shows: bool) -> None:
        self._registry = registry
        self._base = urlsplit(registry.url).path
        self._env = env
        self._patience = patience
        self._shows = shows and env.stderr.isatty()

    def published_before(self, name: str, version: str, sha256: str) -> Answer | None:
        """Answer the version if these bytes are published as it; raises RegistryRefused where others are."""
        try:
            page = self._registry.get(version_path(name, version)).value
        except RegistryRefused:
            return None
        there = page.get("metadata", {}).get("checksum", {}).get("value")
        if there is None:
            return None
        if there != sha256:
            raise _exists(name, version)
        return _answer(page, self._job_of(name, version, sha256), [], self._base, created=False)

    def outcome(self, job_id: str) -> Answer:
        """Follow a job to its end and answer what it published; raises RegistryRefused where it failed."""
        job = self._followed(job_id)
        if job["state"] != "completed":
            raise failure_of(job)
        stages = self._registry.get(f"jobs/{segment(job_id, 'id')}/checkpoints").value["checkpoints"]
        facts = {kept["stage"]: kept.get("outputs") or {} for kept in finished_stages(job, stages)}
        page = self._registry.get(version_path(job["name"], job["version"])).value
        created = bool(facts.get("commit", {}).get("created", True))
        return _answer(page, job, facts.get("analyze", {}).get("analyzers", []), self._base, created=created)

    def _followed(self, job_id: str) -> Json:
        while True:
            try:
                job = self._registry.get(f"jobs/{segment(job_id, 'id')}").value
                followed = Follower(self._registry, self._env, self._show).follow(job)
            except CommandFailed as error:
                self._patience.bear(error)
            else:
                self._clear()
                return followed

    def _show(self, event: Json) -> None:
        payload = event.get("payload") or {}
        stage = payload.get("next") or payload.get("stage") or event.get("stage")
        self._patience.went()
        if self._shows and stage:
            self._env.stderr.write(f"\r{printable(str(stage))} …\x1b[K")
            self._env.stderr.flush()

    def _clear(self) -> None:
        if self._shows:
            self._env.stderr.write("\r\x1b[K")
            self._env.stderr.flush()

    def _job_of(self, name: str, version: str, sha256: str) -> Json | None:
        try:
            jobs = self._registry.get("jobs", package=name, state="completed", limit=100).value["jobs"]
        except RegistryRefused:
            return None
        return next(
            (job for job in jobs if (job.get("version"), job.get("digest")) == (version, sha256)), None
        )


def _answer(page: Json, job: Json | None, analysis: list[Json], base: str, *, created: bool) -> Answer:
    """Answer what a publish in one request answers; addresses are paths on the registry itself."""
    metadata = page["metadata"]
    name, version = (metadata["identifier"][part] for part in ("name", "version"))
    api = f"{base}/v1/packages/{name}/{version}"
    document = {
        "identifier": metadata["identifier"],
        "created": created,
        "analysis": analysis,
        "provenance": metadata.get("provenance"),
        "artifacts": {
            "tarball": f"{api}.tgz",
            "files": f"{base}/packages/{name}/{version}/",
            "version": api,
            "fileTree": f"{api}/files",
        },
        "job": job
        and {
            **{part: job[part] for part in ("id", "state", "runId") if part in job},
            "url": f"{base}/v1/jobs/{job['id']}",
        },
        "metadata": metadata,
        "manifest": page["manifest"],
    }
    told = {name: value for name, value in document.items() if value is not None}
    return Answer(201 if created else 200, json.dumps(told, ensure_ascii=False))


def _exists(name: str, version: str) -> RegistryRefused:
    """Answer the refusal that the registry would come to once it had all bytes."""
    return RegistryRefused(
        f"`{name}@{version}` is already published with other content",
        http_status=409,
        facts={"code": "version_exists"},
        hint=HINTS["version_exists"],
    )
