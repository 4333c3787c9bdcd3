"""The S3 driver keeps the port's promises, as far as an emulator can tell."""

from typing import Any

import pytest

from chalicelib.storage.s3 import S3Store
from tests.storage.buckets import BucketContract


class TestS3Store(BucketContract):
    """The contract, over S3 as the emulator knows it."""

    @pytest.fixture
    def store(self, direct: Any, bucket: str) -> S3Store:
        return S3Store(direct, bucket)

    def test_put_keeps_the_content_type(self, store: S3Store) -> None:
        store.put("a", b"{}", content_type="application/json")
        store.copy("a", "b")
        store.put_stream("c", [b"x" * (9 << 20)], content_type="application/gzip")

        found = [self.direct.head_object(Bucket=store.bucket, Key=key)["ContentType"] for key in "abc"]
        assert found == ["application/json", "application/json", "application/gzip"]

    def test_an_upload_that_breaks_off_is_aborted(self, store: S3Store) -> None:
        def broken() -> Any:
            yield b"x" * (9 << 20)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.put_stream("a", broken())

        assert "Uploads" not in self.direct.list_multipart_uploads(Bucket=store.bucket)
