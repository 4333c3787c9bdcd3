"""Uploads of any size, downloads and archives."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.publishing import PublishingServices

if TYPE_CHECKING:
    from chalicelib.domain.uploads.limits import UploadLimits
    from chalicelib.services.uploading import Uploading
    from chalicelib.services.uploading.finishing import Finishing
    from chalicelib.services.uploading.packages import Packages
    from chalicelib.stores.uploads import Uploads


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

        return Finishing(self.uploads, lambda: self.upload_packages, now=self._now)

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

        beginning = Beginning(
            self.uploads,
            lambda: self.upload_packages,
            limits=self.upload_limits,
            most_of_package=self.settings.limits.unpacked_size,
            now=self._now,
        )
        return Uploading(self.uploads, beginning, self.finishing, limits=self.upload_limits, now=self._now)
