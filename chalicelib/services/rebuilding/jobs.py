"""Listings of jobs: a job has its place in each of them, which follows from the job."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Final

from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.executions.errors import UnreadableRecords
from chalicelib.domain.executions.identity import is_id
from chalicelib.domain.rebuilding import RebuildFinding
from chalicelib.services.rebuilding.values import Unit
from chalicelib.storage.parallel import in_parallel
from chalicelib.stores.executions import Executions

BATCH: Final = 50
"""How many jobs are looked at together."""


class JobListings:
    """Writes the places that jobs lack; the records of the jobs themselves are only read."""

    name = "jobs"

    def __init__(self, executions: Executions) -> None:
        self._executions = executions

    def units(self, after: str | None, *, check: bool) -> Iterator[Unit]:
        """Look at all jobs, ascending by id."""
        if after is not None and not is_id(after):
            raise InvalidQuery(f"`{after[:100]}` in the cursor is no job", parameter="cursor")
        ids = self._executions.job_ids(after)
        while batch := list(islice(ids, BATCH)):
            found = in_parallel(partial(self._examine, check=check), batch)
            yield Unit(batch[-1], [finding for each in found for finding in each], {"jobs": len(batch)})

    def _examine(self, job_id: str, *, check: bool) -> list[RebuildFinding]:
        try:
            places = self._executions.examine_places(job_id)
            if not check and not all(places.values()):
                self._executions.index_job(job_id)
        except UnreadableRecords as error:
            return [
                RebuildFinding(kind="job", key=lost.key, outcome="lost", detail=lost.reason)
                for lost in error.unreadable
            ]
        return [
            RebuildFinding(kind="job", key=place, outcome="equal" if there else "missing")
            for place, there in places.items()
        ]
