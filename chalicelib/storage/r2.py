"""Objects in a Cloudflare R2 bucket: S3 with an endpoint made from the account, and rules of its own.

R2 takes multipart uploads only if all parts but the last are equal, so an object sent as a stream is at most
10,000 parts large: 80 GiB. It takes one write a second to a key and answers others with 429, which are
repeated like every throttling; the heads of packages are the only keys that are written so often.
"""

from typing import Any, ClassVar, Self

from chalicelib.settings import InvalidSettings, R2Settings, S3Settings, Settings
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.s3 import S3Store


class R2Store(S3Store):
    """A store over one R2 bucket; takes what `S3Store` takes, and always sends equal parts."""

    variables: ClassVar[str] = "PRISM_R2"
    announces: ClassVar[bool] = False

    def __init__(self, client: Any, bucket: str, **options: Any) -> None:
        super().__init__(client, bucket, **{**options, "equal_parts": True})

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Connect to the bucket that the PRISM_R2 variables name."""
        if settings.r2 is None:
            raise InvalidSettings("PRISM_R2_BUCKET is not set, and the r2 driver keeps everything in it")
        return cls(connect(as_s3(settings.r2)), settings.r2.bucket)


def as_s3(settings: R2Settings) -> S3Settings:
    """Answer how the bucket is reached as one of S3."""
    return S3Settings(
        bucket=settings.bucket,
        region="auto",
        prefix=settings.prefix,
        endpoint=settings.endpoint or f"https://{settings.account_id}.r2.cloudflarestorage.com",
        force_path_style=True,
        access_key_id=settings.access_key_id,
        secret_access_key=settings.secret_access_key,
    )
