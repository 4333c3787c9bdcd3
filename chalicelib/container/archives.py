"""Archives of packages and of buckets."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.uploads import UploadServices

if TYPE_CHECKING:
    from chalicelib.services.archiving import Archiving
    from chalicelib.services.archiving.buckets import ArchivedBuckets
    from chalicelib.services.archiving.building import ArchiveBuilding
    from chalicelib.stores.archives import Archives


class ArchiveServices(UploadServices):
    """The services that make archives."""

    @cached_property
    def archives(self) -> "Archives":
        """Archives, and what is in them."""
        from chalicelib.stores.archives import Archives

        kept = timedelta(days=self.settings.archive_days)
        return Archives(self.artifact_store, self.artifact_keys, kept=kept, now=self._now)

    @cached_property
    def archiving(self) -> "Archiving":
        """Answers archives."""
        from chalicelib.services.archiving import Archiving

        return Archiving(
            self.archives,
            self.executions,
            self.heads,
            self.manifests,
            self.archived_buckets,
            work=lambda job_id: self.archive_building.work(job_id),  # noqa: PLW0108 - made when a job is at hand
            announce=self.announce,
            limit=self.settings.max_archive_bytes,
            now=self._now,
        )

    @cached_property
    def archive_building(self) -> "ArchiveBuilding":
        """Makes archives."""
        from chalicelib.services.archiving.building import ArchiveBuilding
        from chalicelib.services.executing import Limits

        return ArchiveBuilding(
            self.archives,
            self.artifacts,
            self.archived_buckets,
            self.executions,
            limits=Limits(lease_ms=self.settings.lease_seconds * 1000, attempts=self.settings.attempts),
            announce=self.announce,
            now=self._now,
        )

    @cached_property
    def archived_buckets(self) -> "ArchivedBuckets":
        """What archives take out of buckets."""
        from chalicelib.services.archiving.buckets import ArchivedBuckets

        return ArchivedBuckets(self.buckets, self.uploads)
