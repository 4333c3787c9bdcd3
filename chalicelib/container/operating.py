"""What keeps the registry whole."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.reading import ReadingServices

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.services.diagnosing import Diagnosing
    from chalicelib.services.rebuilding import Rebuilding
    from chalicelib.services.sweeping import Sweeping
    from chalicelib.services.working import Kind, Working


class OperatingServices(ReadingServices):
    """The services that work on jobs, sweep, rebuild and diagnose."""

    @cached_property
    def working(self) -> "Working":
        """Brings jobs of every kind to their end."""
        from chalicelib.services.working import Working

        kinds: dict[str, Callable[[], Kind]] = {
            "publish": lambda: self.publishing,
            "archive": lambda: self.archive_building,
            "upload": lambda: self.upload_jobs,
        }
        return Working(kinds, self.executions)

    @cached_property
    def sweeping(self) -> "Sweeping":
        """Finishes what dead workers have begun, and removes what nothing needs."""
        from chalicelib.services.sweeping import Sweeping
        from chalicelib.services.sweeping.archives import OldArchives
        from chalicelib.services.sweeping.buckets import EndedBuckets
        from chalicelib.services.sweeping.derived import OverdueDerivations
        from chalicelib.services.sweeping.direct import UnfinishedUploads
        from chalicelib.services.sweeping.jobs import AbandonedJobs
        from chalicelib.services.sweeping.needs import Needs
        from chalicelib.services.sweeping.shards import UnnamedShards
        from chalicelib.services.sweeping.staged import UnneededBytes
        from chalicelib.services.sweeping.uploads import LeftUploads
        from chalicelib.stores.sweeping import Progress, Rooms

        rooms = Rooms(self.store, self.keys, self.artifact_store, self.artifact_keys)
        needs = Needs(rooms, self.executions, self.manifests, self.heads, now=self._now)
        return Sweeping(
            [
                AbandonedJobs(rooms, self.executions, self.working.work, now=self._now),
                OverdueDerivations(rooms, self.heads, self.index, self.deriving),
                UnfinishedUploads(
                    rooms, self.wishes, self.arriving, self.incoming, lambda: self.ingesting, now=self._now
                ),
                UnneededBytes(rooms, needs, now=self._now),
                UnnamedShards(rooms, self.index, now=self._now),
                LeftUploads(self.uploads, self.finishing, now=self._now),
                EndedBuckets(self.buckets, self.downloads, self.bucket_endings, now=self._now),
                OldArchives(rooms, days=self.settings.archive_days, now=self._now),
            ],
            Progress(self.store, self.keys),
            now=self._now,
        )

    @cached_property
    def rebuilding(self) -> "Rebuilding":
        """Makes everything derived again."""
        from chalicelib.services.rebuilding import Rebuilding
        from chalicelib.services.rebuilding.index import IndexObjects
        from chalicelib.services.rebuilding.jobs import JobListings
        from chalicelib.services.rebuilding.packages import Packages
        from chalicelib.stores.index_parts import IndexParts
        from chalicelib.stores.sweeping import Rooms

        parts = IndexParts(self.store, self.keys)
        rooms = Rooms(self.store, self.keys, self.artifact_store, self.artifact_keys)
        return Rebuilding(
            [
                IndexObjects(parts),
                Packages(self.workshop, self.rendering, rooms, parts, self.keys, self.artifact_keys),
                JobListings(self.executions),
            ]
        )

    @cached_property
    def diagnosing(self) -> "Diagnosing":
        """Looks for what is wrong with the registry."""
        from chalicelib.services.diagnosing import Diagnosing, Medium

        artifact_driver = self.settings.artifact_driver or self.settings.storage_driver
        return Diagnosing(
            self.settings,
            Medium(self.settings.storage_driver, self.medium, self.keys),
            Medium(artifact_driver, self.artifact_medium, self.artifact_keys),
        )
