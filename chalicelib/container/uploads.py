"""Uploads of any size, downloads and archives."""

from chalicelib.container.publishing import PublishingServices


class UploadServices(PublishingServices):
    """The services of uploads, downloads and archives."""
