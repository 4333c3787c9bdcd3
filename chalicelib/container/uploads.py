"""Uploads of any size, downloads and archives."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.publishing import PublishingServices

if TYPE_CHECKING:
    from chalicelib.domain.access import Caller
    from chalicelib.domain.uploads.limits import UploadLimits
    from chalicelib.services.buckets import Buckets
    from chalicelib.services.buckets.downloading import Downloading
    from chalicelib.services.uploading import Admission, NewUpload, Uploading
    from chalicelib.services.uploading.finishing import Finishing
    from chalicelib.services.uploading.jobs import UploadJobs
    from chalicelib.services.uploading.packages import Packages
    from chalicelib.stores.buckets import Downloads
    from chalicelib.stores.uploads import Uploads
    from chalicelib.stores.uploads.reminders import Reminders


class UploadServices(PublishingServices):
    """The services of uploads, downloads and archives."""

    @cached_property
    def uploads(self) -> "Uploads":
        """The chunks and documents of uploads."""
        from chalicelib.stores.uploads import Uploads

        kind = self.settings.artifact_driver or self.settings.storage_driver
        return Uploads(self.artifact_store, self.artifact_keys, kind=kind, now=self._now)

    @cached_property
    def upload_limits(self) -> "UploadLimits":
        """What uploads may measure."""
        from chalicelib.domain.uploads.limits import GATEWAY_APPEND, UploadLimits

        append = self.settings.limits.payload
        return UploadLimits(
            size=self.settings.limits.upload,
            append=min(append, GATEWAY_APPEND) if self.settings.on_lambda else append,
        )

    @cached_property
    def finishing(self) -> "Finishing":
        """Finishes complete uploads."""
        from chalicelib.services.uploading.finishing import Finishing

        return Finishing(self.uploads, lambda: self.upload_packages, lambda: self.upload_jobs, now=self._now)

    @cached_property
    def upload_jobs(self) -> "UploadJobs":
        """Finishes what is too large for a request."""
        from chalicelib.services.executing import Limits
        from chalicelib.services.uploading.jobs import UploadJobs

        return UploadJobs(
            self.uploads,
            lambda: self.finishing,
            self.executions,
            now=self._now,
            limits=Limits(lease_ms=self.settings.lease_seconds * 1000, attempts=self.settings.attempts),
            announce=self.announce,
        )

    @cached_property
    def upload_packages(self) -> "Packages":
        """Publishes complete uploads."""
        from chalicelib.services.uploading.packages import Packages

        return Packages(self.publishing)

    @cached_property
    def uploading(self) -> "Uploading":
        """Takes uploads in."""
        from chalicelib.services.uploading import Uploading
        from chalicelib.services.uploading.beginning import Beginning

        def admit(new: "NewUpload", caller: "Caller") -> "Admission":
            from chalicelib.services.uploading import Admission

            assert new.sid is not None, "others are in no bucket"
            return Admission(*self.buckets.admit(new.sid, new.length, caller))

        beginning = Beginning(
            self.uploads,
            lambda: self.upload_packages,
            admit,
            limits=self.upload_limits,
            most_of_package=self.settings.limits.unpacked_size,
            now=self._now,
        )
        return Uploading(self.uploads, beginning, self.finishing, limits=self.upload_limits, now=self._now)

    @cached_property
    def downloads(self) -> "Downloads":
        """How often files were downloaded."""
        from chalicelib.stores.buckets import Downloads

        return Downloads(self.artifact_store, self.artifact_keys)

    @cached_property
    def bucket_endings(self) -> "Reminders":
        """When buckets and their files are to be removed."""
        from chalicelib.stores.uploads.reminders import Reminders

        return Reminders(self.artifact_store, self.artifact_keys.bucket_endings)

    @cached_property
    def buckets(self) -> "Buckets":
        """Keeps files together for a while."""
        from chalicelib.services.buckets import Buckets
        from chalicelib.stores.buckets import Buckets as BucketStore

        store = BucketStore(self.artifact_store, self.artifact_keys)
        return Buckets(store, self.bucket_endings, self.downloads, self.uploads, now=self._now)

    @cached_property
    def downloading(self) -> "Downloading":
        """Hands files out."""
        from chalicelib.services.buckets.downloading import Downloading

        return Downloading(self.uploads, self.downloads, self.bucket_endings, now=self._now)
