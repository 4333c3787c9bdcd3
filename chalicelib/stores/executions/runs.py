"""The settings of runs: written once as given, but for their secrets; after that only their last use changes."""

from functools import partial

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import Busy
from chalicelib.domain.executions.errors import Unreadable
from chalicelib.domain.executions.identity import check_id
from chalicelib.domain.executions.run_settings import RunSetting
from chalicelib.storage.parallel import in_parallel
from chalicelib.storage.port import PreconditionFailed
from chalicelib.stores.documents import JSON
from chalicelib.stores.executions.base import SWAP_ATTEMPTS, Found, Parse, Part


class Runs(Part):
    """The settings of runs."""

    def store_run_setting(self, setting: RunSetting) -> None:
        """Write the setting of a run; if it has one, only its `updated_at` becomes now, and never earlier than it was.

        Secrets are not written. Raises Busy when too many writers contend for too long.
        """
        setting = setting.checked()
        key = self._keys.run_setting(setting.job_id, setting.run_id)
        if self._create(key, setting.to_bytes()):
            return
        now = self._now()
        for _ in range(SWAP_ATTEMPTS):
            found = self._find(key, partial(_parse, setting.job_id, setting.run_id))
            if found is not None and found.record.updated_at >= now:
                return
            if found is None and self._create(key, setting.to_bytes()):
                return
            if found is not None and self._touch(key, found, now):
                return
            self._pause()
        raise Busy(f"run {setting.run_id}")

    def get_all_runs(self) -> list[RunSetting]:
        """Answer the settings of all runs, the last used first; lists ids and nothing below them."""
        jobs, unreadable = self._ids(self._keys.jobs)
        wanted: list[tuple[str, Parse[RunSetting]]] = []
        for settings, strangers in in_parallel(self._settings_of, jobs):
            unreadable.extend(strangers)
            wanted.extend(settings)
        gathered = self._gather(wanted, unreadable)
        return gathered.told(
            sorted(gathered.records, key=lambda run: (-run.updated_at, run.job_id, run.run_id))
        )

    def runs_of(self, job_id: str) -> list[RunSetting]:
        """Answer the settings of one job's runs, the first begun first; lists the ids of its runs and nothing else."""
        gathered = self._gather(*self._settings_of(check_id(job_id, "job")))
        return gathered.told(sorted(gathered.records, key=lambda run: (run.started_at, run.run_id)))

    def _settings_of(self, job_id: str) -> tuple[list[tuple[str, Parse[RunSetting]]], list[Unreadable]]:
        """Answer where the settings of a job's runs are and how they are read, and names that are no runs'."""
        runs, strangers = self._ids(self._keys.runs(job_id))
        settings: list[tuple[str, Parse[RunSetting]]] = [
            (self._keys.run_setting(job_id, run), partial(_parse, job_id, run)) for run in runs
        ]
        return settings, strangers

    def _touch(self, key: str, found: Found[RunSetting], now: int) -> bool:
        touched = found.record.changed(updated_at=now)
        try:
            self._store.put(key, touched.to_bytes(), if_etag=found.etag, content_type=JSON, durable=False)
        except PreconditionFailed:
            return False
        return True


def _parse(job_id: str, run_id: str, data: bytes) -> RunSetting:
    setting = RunSetting.from_bytes(data)
    if (setting.job_id, setting.run_id) != (job_id, run_id):
        raise UnreadableDocument("RunSetting", f"it says that it is `{setting.run_id}` of `{setting.job_id}`")
    return setting
